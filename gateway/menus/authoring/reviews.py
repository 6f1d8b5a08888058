"""Who read which text on which day, and from which words a translation was made: kept by hash beside the texts."""

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
    """Return the marks of a merged folder; what cannot be read was told of by the grammar."""
    marks: dict[str, dict[str, Mark]] = {}
    for tag, entries in get_pairs(root, "reviews"):
        for name, node in get_pairs(entries):
            mark = parse_mark(get_text(node))
            if mark is not None:
                marks.setdefault(tag.text, {})[name.text] = mark
    return marks


@dataclass(frozen=True, slots=True)
class Reviews:
    """The marks of a folder, asked about its texts; nothing in a language of ``drafts`` counts as read."""

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
        """Return the mark of this text as it stands; an edit takes it away."""
        mark = self.marks.get(passage.language, {}).get(passage.id)
        return mark if mark is not None and mark.words == passage.hash else None

    def is_read(self, passage: Passage) -> bool:
        """Say whether somebody read these words.

        The same words for the same source are the same text wherever they stand: a screen may be renamed or a label
        be used again without asking anybody anew.
        """
        if passage.language in self.drafts:
            return False
        mark = self.mark_of(passage)
        pair = (passage.hash, passage.source_hash)
        return bool(mark and mark.by) or pair in self._pairs.get(passage.language, ())

    def is_stale(self, passage: Passage) -> bool:
        """Say whether the words that this one was made from changed since."""
        mark = self.mark_of(passage)
        return bool(mark and mark.of and passage.source and mark.of != passage.source_hash)

    def is_unmarked(self, passage: Passage) -> bool:
        """Say whether nobody noted what this translation was made from."""
        return bool(passage.source) and self.mark_of(passage) is None


def find_waiting(menu: Menu, reviews: Reviews) -> dict[str, tuple[str, ...]]:
    """Return for each language the texts on its way to a callback that nobody has read, if there are any."""
    found = {tag: tuple(_list_waiting(menu, reviews, tag)) for tag in menu.languages}
    return {tag: names for tag, names in found.items() if names}


def _list_waiting(menu: Menu, reviews: Reviews, language: str) -> Iterator[str]:
    for passage in list_path_passages(menu, language):
        if not reviews.is_read(passage):
            yield passage.id if passage.language == language else f"{passage.id} ({passage.language})"


def mark_made(menu: Menu, reviews: Reviews) -> Marks:
    """Return the marks with one for each text that has none that fits: made from what its source says now.

    A text whose source changed keeps its mark, so that it goes on being told of.
    """
    marks: dict[str, dict[str, Mark]] = {}
    for passage in list_passages(menu):
        kept = reviews.mark_of(passage)
        if kept is not None:
            marks.setdefault(passage.language, {})[passage.id] = kept
        elif passage.source:
            marks.setdefault(passage.language, {})[passage.id] = Mark(passage.hash, passage.source_hash)
    return marks


def mark_read(marks: Marks, passages: Iterable[Passage], *, by: str, on: date) -> Marks:
    """Return the marks with these texts read by this person on this day, as they stand beside their source now."""
    found = {tag: dict(of_language) for tag, of_language in marks.items()}
    for passage in passages:
        found.setdefault(passage.language, {})[passage.id] = Mark(passage.hash, passage.source_hash, by, on)
    return found


# Writes the marks of one language as a file of the menu: a person can read it, a diff shows one line a
# text.

FOLDER = "reviews"
_HEAD = "# What each text in {language} was made from, and who read it when. Written by `gateway menus reviews`.\n"


def name_file(language: str) -> str:
    """Return the name of the file below the folder."""
    return f"{FOLDER}/{language}.yaml"


def write_marks(language: str, marks: Mapping[str, Mark]) -> str:
    """Return the text of the file, with the texts in the order given."""
    lines = [
        f"    {json.dumps(name)}: {json.dumps(str(mark), ensure_ascii=False)}\n"
        for name, mark in marks.items()
    ]
    return f"{_HEAD.format(language=language)}schema: 1\nreviews:\n  {language}:\n{''.join(lines)}"


def find_strays(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the names of other files that hold marks: what is written beside them would stand twice."""
    roots = {name: loaded.root for name, loaded in load_all(files).items()}
    return tuple(
        name
        for name, root in roots.items()
        if not name.startswith(f"{FOLDER}/") and isinstance(root, MapNode) and root.get("reviews")
    )
