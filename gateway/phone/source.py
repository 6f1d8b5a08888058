"""Finds the lines of YAML in which a screen of a version was written."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from gateway.catalogue.load import load
from gateway.catalogue.nodes import pairs_in
from gateway.parts import Parts
from gateway.store import versions


@dataclass(frozen=True, slots=True)
class Written:
    """The file that holds a screen, its lines, and the number of the line on which the screen begins."""

    file: str
    lines: tuple[str, ...]
    line: int


def written(parts: Parts, version: str, screen: str) -> Written | None:
    """Return where a screen was written; None for an unknown one, or a version without files.

    Raises:
        Unavailable: SQL cannot be asked.
    """
    with parts.store.read() as tx:
        files = versions.source(tx, version) or {}
    return find_written(files, screen)


def find_written(files: Mapping[str, str], screen: str) -> Written | None:
    """Return where a screen of these files was written; None for an unknown one."""
    found = _places(tuple(sorted(files.items()))).get(screen)
    if found is None:
        return None
    file, line = found
    return Written(file, tuple(files[file].splitlines()), line)


@lru_cache(maxsize=2)
def _places(files: tuple[tuple[str, str], ...]) -> Mapping[str, tuple[str, int]]:
    """Return screen → file and line; kept, for reading a whole menu takes as long as a person notices."""
    places: dict[str, tuple[str, int]] = {}
    for name, text in files:
        root = load(name, text.encode("utf-8", "surrogateescape")).root
        places |= {key.text: (name, key.place.line) for key, _ in pairs_in(root, "screens")}
    return places
