"""Reads an author's folder: its YAML files by name, without the conversations in ``tests``."""

from pathlib import Path

from gateway.catalogue.load import MAX_BYTES


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the bytes of each YAML file by its path below the folder; of one that is too large only the beginning.

    Raises:
        OSError: the folder cannot be read.
    """
    if folder.is_file():
        return {folder.name: _beginning(folder)}
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    paths = sorted(
        path for path in folder.rglob("*.y*ml") if path.suffix in {".yaml", ".yml"} and path.is_file()
    )
    below = {path.relative_to(folder): path for path in paths}
    return {
        name.as_posix(): _beginning(path)
        for name, path in below.items()
        if name.parts[0] != "tests" and not any(part.startswith(".") for part in name.parts)
    }


def read_tests(folder: Path) -> dict[str, bytes]:
    """Return the bytes of each file of conversations, by its path below the folder."""
    paths = sorted((folder / "tests").rglob("*.yaml"))
    return {path.relative_to(folder).as_posix(): _beginning(path) for path in paths}


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
