"""Record who reviewed which text and from which source a translation was made, by hash, in files beside the texts."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from gateway.menus.authoring.passages import (
    Mark,
    Marks,
    Passage,
    list_passages,
    list_path_passages,
    parse_mark,
)
from gateway.menus.authoring.yaml_loader import load_all
from gateway.menus.authoring.yaml_nodes import MapNode, get_pairs, get_text
from gateway.menus.engine.model import Menu


def read_marks(root: MapNode) -> Marks:
    """Return the marks of a merged folder; unreadable ones are reported by the grammar."""
    marks: dict[str, dict[str, Mark]] = {}
    for tag, entries in get_pairs(root, "reviews"):
        for name, node in get_pairs(entries):
            mark = parse_mark(get_text(node))
            if mark is not None:
                marks.setdefault(tag.text, {})[name.text] = mark
    return marks


@dataclass(frozen=True, slots=True)
class Reviews:
    """The marks of a folder; nothing in a language of ``drafts`` counts as reviewed."""

    marks: Marks = field(default_factory=dict)
    drafts: frozenset[str] = frozenset()
    _pairs: Mapping[str, frozenset[tuple[str, str]]] = field(init=False)

    def __post_init__(self) -> None:
        pairs = {
            tag: frozenset((mark.words, mark.of) for mark in marks.values() if mark.by)
            for tag, marks in self.marks.items()
        }
        object.__setattr__(self, "_pairs", pairs)

    def mark_of(self, passage: Passage) -> Mark | None:
        """Return the mark of this text as it is now; an edit invalidates it."""
        mark = self.marks.get(passage.language, {}).get(passage.id)
        return mark if mark is not None and mark.words == passage.hash else None

    def is_read(self, passage: Passage) -> bool:
        """Say whether this text was reviewed.

        Equal words with an equal source count as the same text anywhere, so that renamed screens and reused labels
        need no new review.
        """
        if passage.language in self.drafts:
            return False
        mark = self.mark_of(passage)
        pair = (passage.hash, passage.source_hash)
        return bool(mark and mark.by) or pair in self._pairs.get(passage.language, ())

    def is_stale(self, passage: Passage) -> bool:
        """Say whether the source of this translation has changed since."""
        mark = self.mark_of(passage)
        return bool(mark and mark.of and passage.source and mark.of != passage.source_hash)

    def is_unmarked(self, passage: Passage) -> bool:
        """Say whether this translation has no record of its source."""
        return bool(passage.source) and self.mark_of(passage) is None


def find_waiting(menu: Menu, reviews: Reviews) -> dict[str, tuple[str, ...]]:
    """Return language → names of unreviewed texts on the way to a callback, where there are any."""
    found = {tag: tuple(_list_waiting(menu, reviews, tag)) for tag in menu.languages}
    return {tag: names for tag, names in found.items() if names}


def _list_waiting(menu: Menu, reviews: Reviews, language: str) -> Iterator[str]:
    for passage in list_path_passages(menu, language):
        if not reviews.is_read(passage):
            yield passage.id if passage.language == language else f"{passage.id} ({passage.language})"


def mark_made(menu: Menu, reviews: Reviews) -> Marks:
    """Return the marks, with a new one for each text without a valid one: made from its current source.

    A text whose source changed keeps its mark, so that it is still reported.
    """
    marks: dict[str, dict[str, Mark]] = {}
    for passage in list_passages(menu):
        mark = reviews.mark_of(passage)
        if mark is not None:
            marks.setdefault(passage.language, {})[passage.id] = mark
        elif passage.source:
            marks.setdefault(passage.language, {})[passage.id] = Mark(passage.hash, passage.source_hash)
    return marks


def mark_read(marks: Marks, passages: Iterable[Passage], *, by: str, on: date) -> Marks:
    """Return the marks with these texts reviewed by this person on this day."""
    found = {tag: dict(of_language) for tag, of_language in marks.items()}
    for passage in passages:
        found.setdefault(passage.language, {})[passage.id] = Mark(passage.hash, passage.source_hash, by, on)
    return found


# Files of marks, one line a text, so that diffs are readable.

FOLDER = "reviews"
_HEAD = "# What each text in {language} was made from, and who read it when. Written by `gateway menus reviews`.\n"


def name_file(language: str) -> str:
    """Return the file's path in the folder."""
    return f"{FOLDER}/{language}.yaml"


def write_marks(language: str, marks: Mapping[str, Mark]) -> str:
    """Return the content of the file, in the given order of texts."""
    lines = [
        f"    {json.dumps(name)}: {json.dumps(str(mark), ensure_ascii=False)}\n"
        for name, mark in marks.items()
    ]
    return f"{_HEAD.format(language=language)}schema: 1\nreviews:\n  {language}:\n{''.join(lines)}"


def find_strays(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the names of other files with marks, which would be duplicated."""
    roots = {name: loaded.root for name, loaded in load_all(files).items()}
    return tuple(
        name
        for name, root in roots.items()
        if not name.startswith(f"{FOLDER}/") and isinstance(root, MapNode) and root.get("reviews")
    )
