"""Reads published versions from the database and menu folders from disk, and exports versions."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gateway.foundation.services import Services
from gateway.menus.authoring.folder import read_folder, read_tests
from gateway.menus.engine.model import Menu
from gateway.menus.engine.serialization import UnreadableMenu, load_menu
from gateway.storage import versions
from gateway.storage.database import Tx
from gateway.storage.versions import Version

TESTS = "tests/"
"""Prefix of the file names of conversation tests in a folder."""


class NoVersion(LookupError):
    """There is no such version."""


class FolderNotEmpty(Exception):
    """The target folder has files, which would be mixed with those of the version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The live version and its menu; both None if none is live."""

    version: Version | None = None
    menu: Menu | None = None


def read_live(parts: Services, menu: str) -> Live:
    """Return the live version of this menu.

    Raises:
        Unavailable: the database cannot be reached.
    """
    with parts.store.read() as tx:
        live = versions.find_live_id(tx, menu)
        if live is None:
            return Live()
        return Live(version=versions.get_version(tx, live), menu=read_menu(tx, live))


def read_live_menus(parts: Services) -> dict[str, Menu]:
    """Return menu name → live menu, without those that this release cannot read.

    Raises:
        Unavailable: the database cannot be reached.
    """
    with parts.store.read() as tx:
        found = {menu: read_menu(tx, version) for menu, version in versions.find_live_ids(tx).items()}
    return {name: menu for name, menu in found.items() if menu is not None}


def read_menu(tx: Tx, version_id: str) -> Menu | None:
    """Return the menu of a version; None if this release cannot read it."""
    compiled = versions.find_ever_compiled(tx, version_id)
    try:
        return load_menu(compiled) if compiled is not None else None
    except UnreadableMenu:
        return None


def read_folder_files(folder: Path) -> dict[str, str]:
    """Return file name → text of a menu's folder; empty if it cannot be read.

    Invalid UTF-8 is kept as surrogate escapes, for the menu check to report.
    """
    try:
        files = read_folder(folder)
    except OSError:
        return {}
    return {name: content.decode("utf-8", "surrogateescape") for name, content in files.items()}


def read_whole_folder(folder: Path) -> dict[str, str]:
    """Return the same with the conversation tests; tests in invalid UTF-8 are left out."""
    texts = read_folder_files(folder)
    for name, content in read_tests(folder).items() if texts and folder.is_dir() else ():
        words = content.decode("utf-8", "ignore")
        if words.encode() == content:
            texts[name] = words
    return texts


def drop_tests(files: Mapping[str, str]) -> dict[str, str]:
    """Return the files without the conversation tests."""
    return {name: text for name, text in files.items() if not name.startswith(TESTS)}


def has_changed(parts: Services, folder: Path) -> bool:
    """Return whether the folder differs from the source of every live version; False for an empty folder.

    Raises:
        Unavailable: the database cannot be reached.
    """
    files = read_whole_folder(folder)
    with parts.store.read() as tx:
        sources = [versions.find_source(tx, version) or {} for version in versions.find_live_ids(tx).values()]
    return bool(files) and not any(_is_same(files, source) for source in sources)


def _is_same(files: Mapping[str, str], source: Mapping[str, str]) -> bool:
    """Compare with the published source, which lacks conversation tests if an earlier release published it."""
    has_tests = any(name.startswith(TESTS) for name in source)
    return dict(source) == (dict(files) if has_tests else drop_tests(files))


def export_version(parts: Services, menu: str, number: int, folder: Path) -> tuple[str, ...]:
    """Write the files of a version, withdrawn or not, byte for byte into an empty folder; return their names.

    Raises:
        NoVersion: there is none of this number.
        FolderNotEmpty: the folder has files.
        OSError: a file cannot be written.
    """
    with parts.store.read() as tx:
        version = versions.find_numbered(tx, menu, number)
        source = versions.find_source(tx, version.id) if version else None
    if source is None:
        raise NoVersion(f"the menu {menu} has no version {number}")
    if folder.exists() and any(folder.iterdir()):
        raise FolderNotEmpty(f"{folder} is not empty; name a new folder")
    for name, text in source.items():
        parts_of_name = PurePosixPath(name).parts
        if ".." in parts_of_name or PurePosixPath(name).is_absolute():
            continue  # a folder cannot have such a name; refuse path traversal
        file = folder.joinpath(*parts_of_name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
    return tuple(source)
