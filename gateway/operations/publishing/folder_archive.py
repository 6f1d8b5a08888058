"""Writes the files of a menu as a zip archive, and reads one that somebody uploads, within bounds."""

import io
import stat
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from gateway.menus.authoring.yaml_events import MAX_BYTES
from gateway.operations.publishing.stored import TESTS
from gateway.storage.value_limits import is_text

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
