"""Reads the files of a menu from where they lie: versions in the database, folders on disk, archives that come in.

Versions are exported as folders; an archive is written, and one that somebody uploads is read, within bounds.
"""

import io
import stat
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gateway.foundation.services import Services
from gateway.menus.authoring.folder import read_folder, read_tests
from gateway.menus.authoring.yaml_nodes import MAX_BYTES
from gateway.menus.engine.model import Menu
from gateway.menus.engine.serialization import UnreadableMenu, load_menu
from gateway.storage import versions
from gateway.storage.database import Tx
from gateway.storage.value_limits import is_text
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


MOST_FILES = 300
MOST_BYTES = 4 * 1024 * 1024
"""Bytes of all files together, unpacked."""

_MADE = b"helpline menu"
"""Comment of our own archives: their names are kept as they are."""

_DAY = (1980, 1, 1, 0, 0, 0)
"""The oldest date that a zip file can have; the same files give the same bytes."""

_LONGEST_NAME = 200
_ENDINGS = (".yaml", ".yml")
_PACKED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1
_SCRAP = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
_OWN_FOLDERS = frozenset({TESTS.rstrip("/"), "reviews"})


class BadArchive(ValueError):
    """The upload is no archive of a menu; ``why`` is a code, ``file`` the file at fault."""

    def __init__(self, why: str, file: str = "") -> None:
        super().__init__(f"{why}: {file}" if file else why)
        self.why = why
        self.file = file


def write_archive(files: Mapping[str, str]) -> bytes:
    """Return a zip archive of the files, name → text."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = _MADE
        for name, text in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, text.encode("utf-8", "surrogateescape"))
    return buffer.getvalue()


def read_archive(content: bytes) -> dict[str, str]:
    """Return the files of an uploaded archive, name → text; a folder around all of them is left out.

    Sizes are counted while unpacking, never read from the archive's own words, so that a few bytes cannot unpack to
    fill the memory (OWASP File Upload Cheat Sheet; CWE-409, CWE-22).

    Raises:
        BadArchive: it is no zip file, is too large, or holds what is no file of a menu.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            ours = archive.comment == _MADE
            found = dict(_read_entries(archive))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError, RuntimeError) as error:
        raise error if isinstance(error, BadArchive) else BadArchive("no-zip") from None
    if not found:
        raise BadArchive("empty")
    return found if ours else _drop_folder(found)


def _read_entries(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise BadArchive("many")
    seen: set[str] = set()
    total = 0
    for entry in entries:
        if entry.is_dir() or _is_scrap(entry.filename):
            continue
        _refuse_entry(entry)
        if entry.filename.casefold() in seen:
            raise BadArchive("twice", entry.filename)
        seen.add(entry.filename.casefold())
        with archive.open(entry) as file:
            written = file.read(MAX_BYTES + 1)
        total += len(written)
        if len(written) > MAX_BYTES or total > MOST_BYTES:
            raise BadArchive("large", entry.filename)
        yield entry.filename, _decode_file(entry.filename, written)


def _is_scrap(name: str) -> bool:
    """Say whether a system wrote this file beside the menu; hidden files are no part of it either."""
    return any(part in _SCRAP or part.startswith(".") for part in name.split("/")) and ".." not in name.split(
        "/"
    )


def _refuse_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    path = PurePosixPath(name)
    plain = name.isprintable() and not set('\\:*?"<>|').intersection(name) and path.as_posix() == name
    if not plain or path.is_absolute() or ".." in path.parts or len(name) > _LONGEST_NAME:
        raise BadArchive("name", name[:_LONGEST_NAME])
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG} or entry.flag_bits & _ENCRYPTED or entry.compress_type not in _PACKED:
        raise BadArchive("kind", name)
    if path.suffix not in _ENDINGS:
        raise BadArchive("ending", name)


def _decode_file(name: str, written: bytes) -> str:
    try:
        text = written.decode()
    except UnicodeDecodeError:
        raise BadArchive("text", name) from None
    if not is_text(text):
        raise BadArchive("text", name)
    return text


def _drop_folder(files: Mapping[str, str]) -> dict[str, str]:
    """Leave out the folder that all files lie in, which packing a folder puts around them."""
    first = {name.split("/")[0] for name in files}
    if len(first) > 1 or any("/" not in name for name in files) or first & _OWN_FOLDERS:
        return dict(files)
    return {name.partition("/")[2]: text for name, text in files.items()}
