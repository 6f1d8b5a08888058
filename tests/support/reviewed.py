"""Menus that a test's reviewer has read: only such a menu reaches the real phones of a test."""

import shutil
from collections.abc import Collection, Mapping
from datetime import date
from functools import cache
from pathlib import Path

from gateway.menus.authoring.check import build_unchecked
from gateway.menus.authoring.folder import read_folder
from gateway.menus.authoring.passages import list_passages, mark_made, mark_read, name_file, write_marks

READER = "A reviewer of the tests"
READ_ON = date(2026, 11, 24)


def reviewed(files: Mapping[str, bytes], languages: Collection[str] = ()) -> dict[str, bytes]:
    """Return the files with every text of these languages, or of all, read as it stands."""
    checked = build_unchecked(files)
    assert checked.built is not None, checked.problems
    passages = [one for one in list_passages(checked.built) if not languages or one.language in languages]
    marks = mark_read(mark_made(checked.built, checked.reviews), passages, by=READER, on=READ_ON)
    return {**files, **{name_file(tag): write_marks(tag, of_tag).encode() for tag, of_tag in marks.items()}}


def reviewed_copy(source: Path, target: Path, languages: Collection[str] = ()) -> Path:
    """Copy a menu's folder, its conversations too, with its texts read; return where it is."""
    if target.exists():
        return target
    shutil.copytree(source, target)
    for name, content in _reviewed_once(source, tuple(languages)).items():
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_bytes(content)
    return target


def review_folder(folder: Path, languages: Collection[str] = ()) -> Path:
    """Read every text of a folder as it stands now; return the folder."""
    for name, content in reviewed(read_folder(folder), languages).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@cache
def _reviewed_once(source: Path, languages: tuple[str, ...]) -> dict[str, bytes]:
    return reviewed(read_folder(source), languages)
