"""List every text of a menu by language as a named passage with a hash, and record who reviewed it.

A review mark names the words and their source by hash, so it holds for exactly what was read: who reviewed a text,
and from which source a translation was made. Marks are kept in files beside the texts.
"""

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from gateway.foundation.bounded_table import keep_per_owner
from gateway.menus.authoring.graph import AuthoredText, list_texts, read_in, walk_to_callback
from gateway.menus.authoring.schema.conform import parse_day
from gateway.menus.authoring.yaml_loader import load_all
from gateway.menus.authoring.yaml_nodes import MapNode, get_pairs, get_text
from gateway.menus.engine.model import Menu
from gateway.menus.engine.text_breaks import SOFT_BREAK

# Review marks: hashes of a text and its source, reader and day.

HASH_LETTERS = 10
"""Hexadecimal digits of a hash (40 bits): enough to detect edits, short enough to read out on the phone."""

LONGEST_NAME = 40
_HASH = rf"[0-9a-f]{{{HASH_LETTERS}}}"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
MARK = rf"({_HASH})(?: of ({_HASH}))?(?:, read ({_DAY}) by (\S.{{0,{LONGEST_NAME - 1}}}))?"
"""Form of a mark: hash of the text, hash of its source, reader and day."""

EXAMPLE = "3fa2b41c07 of 91bc0d22e4, read 2026-12-01 by Noy"


@dataclass(frozen=True, slots=True)
class Mark:
    """The review mark of one text: hashes of its words and its source; ``by`` is empty for a draft."""

    words: str
    of: str = ""
    by: str = ""
    on: date | None = None

    def __str__(self) -> str:
        made = f" of {self.of}" if self.of else ""
        read = f", read {self.on} by {self.by}" if self.by else ""
        return f"{self.words}{made}{read}"


Marks = Mapping[str, Mapping[str, Mark]]
"""Language → id of the passage → its mark."""


def parse_mark(written: str) -> Mark | None:
    """Return the mark of this form; None for anything else, or a day that does not exist."""
    found = re.fullmatch(MARK, written)
    if found is None:
        return None
    words, of, day, by = found.groups(default="")
    on = parse_day(day) if day else None
    return None if day and on is None else Mark(words, of, by, on)


DANGER_WORDS = "keywords.danger"
"""Passage id of a language's danger words, which are reviewed as one text."""


class Passage(NamedTuple):
    """One text in one language.

    Attributes:
        id: its name: ``main`` for the text of a screen, ``main.key7`` for a label, ``messages.down``.
        language: tag of its words.
        words: the text, without the marks for cutting.
        source: the text it is translated from; empty for the source itself.
        path: path in the menu.
    """

    id: str
    language: str
    words: str
    source: str
    path: tuple[str, ...]

    @property
    def hash(self) -> str:
        """Hash of its words."""
        return hash_words(self.words)

    @property
    def source_hash(self) -> str:
        """Hash of its source; empty without one."""
        return hash_words(self.source) if self.source else ""


@lru_cache(maxsize=32_768)
def hash_words(words: str) -> str:
    """Return the first 10 hex digits of SHA-256 over the NFC form (UAX #15), without marks for cutting."""
    plain = unicodedata.normalize("NFC", words.replace(SOFT_BREAK, "")).strip()
    return hashlib.sha256(plain.encode()).hexdigest()[:HASH_LETTERS]


def find_source_language(menu: Menu) -> str:
    """Return the language that is translated from: the declared one, or one without a fallback."""
    if menu.source in menu.languages:
        return menu.source
    alone = [tag for tag in menu.languages if not menu.fallback.get(tag)]
    return "en" if "en" in alone else next(iter(alone or menu.languages), "")


@keep_per_owner
def list_passages(menu: Menu) -> tuple[Passage, ...]:
    """Return every text in every language it has, in the order of the menu."""
    source = find_source_language(menu)
    return tuple(
        passage for name, one in _name_texts(menu) for passage in _list_text_passages(source, name, one)
    )


def list_path_passages(menu: Menu, language: str) -> tuple[Passage, ...]:
    """Return what a caller of this language reads from the first screen through danger and the form to the end.

    All messages count too, since any can appear on the way. Where a fallback language is shown, its text is returned.
    """
    source = find_source_language(menu)
    names, met = set(walk_to_callback(menu)), read_in(menu)
    found: list[Passage] = []
    for name, one in _name_texts(menu):
        if one.screen not in names and one.path[0] != "messages":
            continue
        shown = next((tag for tag in (language, *menu.fallback.get(language, ())) if one.text.get(tag)), "")
        if shown and _is_met(menu, one, language, met):
            found.extend(each for each in _list_text_passages(source, name, one) if each.language == shown)
    return tuple(found)


def _is_met(menu: Menu, one: AuthoredText, language: str, met: frozenset[tuple[str, str]]) -> bool:
    return not one.screen or one.screen == menu.start or (one.screen, language) in met


@keep_per_owner
def _name_texts(menu: Menu) -> tuple[tuple[str, AuthoredText], ...]:
    """Return each text with a unique id; the second of a name is numbered."""
    return tuple(_number_names(menu))


def _number_names(menu: Menu) -> Iterator[tuple[str, AuthoredText]]:
    counts: Counter[str] = Counter()
    for one in (*list_texts(menu), _danger_words(menu)):
        name = _name_text(menu, one)
        counts[name] += 1
        yield name if counts[name] == 1 else f"{name}.{counts[name]}", one


def _name_text(menu: Menu, one: AuthoredText) -> str:
    match one.path:
        case ("screens", screen, "text"):
            return screen
        case ("screens", screen, "variants", number, _):
            return f"{screen}.variant{int(number) + 1}"
        case ("messages", message, "text"):
            return f"messages.{message}"
        case ("messages", message, "variants", number, _):
            return f"messages.{message}.variant{int(number) + 1}"
        case ("screens", screen, "choices", number, _):
            return f"{screen}.key{menu.screens[screen].choices[int(number)].key}"
        case ("facts", fact, _, what):
            return f"facts.{fact}.{what}"
        case _:
            return ".".join(one.path)


def _danger_words(menu: Menu) -> AuthoredText:
    found: dict[str, list[str]] = {}
    for keyword in menu.keywords:
        for tag, words in keyword.words.items() if keyword.danger else ():
            found.setdefault(tag, []).extend(words)
    return AuthoredText(("keywords", "danger"), {tag: "; ".join(words) for tag, words in found.items()})


def _list_text_passages(source: str, name: str, one: AuthoredText) -> Iterator[Passage]:
    for tag, words in one.text.items():
        if words.strip():
            yield Passage(
                id=name,
                language=tag,
                words=words.replace(SOFT_BREAK, ""),
                # Danger words are collected in each language, not translated.
                source="" if tag == source or name == DANGER_WORDS else one.text.get(source, ""),
                path=(*one.path, tag),
            )


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
        if passage.language in self.drafts or passage.language not in self.marks:
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
