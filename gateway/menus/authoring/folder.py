"""Read an author's folder: its YAML files by name, the conversation tests separately, and files left unread."""

import re
from pathlib import Path

from gateway.menus.authoring.problems import Level, Place, Problem
from gateway.menus.authoring.yaml_events import MAX_BYTES

_ENDING = re.compile(r"\.ya?ml", re.IGNORECASE)
_HEAD = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:\s*#[^\n]*\n)*\s*schema\s*:", re.IGNORECASE)
_FIRST = 2000
"""Bytes in which a menu file must declare its schema, comments included."""


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return relative path → bytes of each YAML file without the tests; of a too large file only the beginning.

    Raises:
        OSError: the folder cannot be read.
    """
    if folder.is_file():
        return {folder.name: _read_beginning(folder)}
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    paths = sorted(
        path
        for path in folder.rglob("*.y*ml")
        if path.suffix in {".yaml", ".yml"} and path.is_file() and _lies_in(folder, path)
    )
    below = {path.relative_to(folder): path for path in paths}
    return {
        name.as_posix(): _read_beginning(path)
        for name, path in below.items()
        if name.parts[0] != "tests" and not any(part.startswith(".") for part in name.parts)
    }


def read_tests(folder: Path) -> dict[str, bytes]:
    """Return relative path → bytes of each file of conversation tests."""
    paths = sorted(path for path in (folder / "tests").rglob("*.yaml") if _lies_in(folder, path))
    return {path.relative_to(folder).as_posix(): _read_beginning(path) for path in paths}


def find_unread(folder: Path) -> tuple[Problem, ...]:
    """Report files that look like a part of the menu but are not read because of their name."""
    if not folder.is_dir():
        return ()
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder)
        if not _lies_in(folder, path):
            found.append(_report_elsewhere(name.as_posix()))
            continue
        hidden = any(part.startswith(".") for part in name.parts)
        in_tests = name.parts[0] == "tests"
        read = path.suffix == ".yaml" or (path.suffix == ".yml" and not in_tests)
        if not read and not hidden and _looks_like_a_menu(path):
            found.append(_report_unread(name.as_posix(), name.with_name(_plain_name(name.name)).as_posix()))
    return tuple(found)


def _lies_in(folder: Path, path: Path) -> bool:
    """Say whether a file is inside the folder: a symbolic link out of it could publish foreign files."""
    return path.resolve().is_relative_to(folder.resolve())


def _report_elsewhere(name: str) -> Problem:
    return Problem(
        code="file-not-read",
        place=Place(name, 1, 1),
        level=Level.WARNING,
        message=f"'{name}' is a link to a file outside of the folder, and is not read",
        hint="put a copy of the file into the folder",
    )


def _looks_like_a_menu(path: Path) -> bool:
    """Say whether the name contains a YAML ending anywhere, or the first lines are those of a menu."""
    return bool(_ENDING.search(path.name)) or _HEAD.search(_read_beginning(path)[:_FIRST]) is not None


def _plain_name(name: str) -> str:
    return f"{_ENDING.split(name)[0].split('.')[0].rstrip()}.yaml"


def _report_unread(name: str, plain: str) -> Problem:
    return Problem(
        code="file-not-read",
        place=Place(name, 1, 1),
        level=Level.WARNING,
        message=f"'{name}' looks like a part of the menu, and is not read",
        hint=f"give it the name {plain}, or move it out of the folder",
    )


def _read_beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
