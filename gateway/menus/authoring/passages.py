"""Lists every text of a menu by language as one passage that can be named and reviewed, with its review."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from gateway.menus.authoring.graph import read_in, walk_to_callback
from gateway.menus.authoring.schema.conform import parse_day
from gateway.menus.authoring.texts import AuthoredText, list_texts
from gateway.menus.engine.model import Menu
from gateway.menus.engine.text_breaks import SOFT_BREAK

# The line in which a review is written: hashes of a text and of its source, who read it, and on which day.

HASH_LETTERS = 10
"""Forty bits: enough to see that a text changed, short enough to be read out on the phone."""

LONGEST_NAME = 40
_HASH = rf"[0-9a-f]{{{HASH_LETTERS}}}"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
MARK = rf"({_HASH})(?: of ({_HASH}))?(?:, read ({_DAY}) by (\S.{{0,{LONGEST_NAME - 1}}}))?"
"""A mark as it is written: the text, the text it was made from, and who read it when."""

EXAMPLE = "3fa2b41c07 of 91bc0d22e4, read 2026-12-01 by Noy"


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known of one text: hashes of its words and of those it was made from; ``by`` is empty for a draft."""

    words: str
    of: str = ""
    by: str = ""
    on: date | None = None

    def __str__(self) -> str:
        made = f" of {self.of}" if self.of else ""
        read = f", read {self.on} by {self.by}" if self.by else ""
        return f"{self.words}{made}{read}"


Marks = Mapping[str, Mapping[str, Mark]]
"""Language → id of the text → its mark."""


def parse_mark(written: str) -> Mark | None:
    """Return the mark that is written so; None where it is none, or names a day that does not exist."""
    found = re.fullmatch(MARK, written)
    if found is None:
        return None
    words, of, day, by = found.groups(default="")
    on = parse_day(day) if day else None
    return None if day and on is None else Mark(words, of, by, on)


DANGER_WORDS = "keywords.danger"
"""The id of the words of danger of a language: one list, read as one text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One text in one language.

    Attributes:
        id: how people name it: ``main`` for the text of a screen, ``main.key7`` for a label, ``messages.down``.
        language: the tag of its words.
        words: as they are written, without the marks for cutting.
        source: the words that it was translated from; empty where it is the source itself, or there is none.
        path: where it stands in the menu.
    """

    id: str
    language: str
    words: str
    source: str
    path: tuple[str, ...]

    @property
    def hash(self) -> str:
        """The short hash of its words."""
        return hash_words(self.words)

    @property
    def source_hash(self) -> str:
        """The short hash of the words that it is translated from; empty where there are none."""
        return hash_words(self.source) if self.source else ""


def hash_words(words: str) -> str:
    """Return a short hash of a text; how it is composed, and where it may be cut, makes no difference."""
    plain = unicodedata.normalize("NFC", words.replace(SOFT_BREAK, "")).strip()
    return hashlib.sha256(plain.encode()).hexdigest()[:HASH_LETTERS]


def find_source_language(menu: Menu) -> str:
    """Return the language from which the others are translated: the one named, or one without a stand-in."""
    if menu.source in menu.languages:
        return menu.source
    alone = [tag for tag in menu.languages if not menu.fallback.get(tag)]
    return "en" if "en" in alone else next(iter(alone or menu.languages), "")


def list_passages(menu: Menu) -> tuple[Passage, ...]:
    """Return every text in every language that it is written in, in the order of the menu."""
    return tuple(
        passage for name, one in _name_texts(menu) for passage in _list_text_passages(menu, name, one)
    )


def list_path_passages(menu: Menu, language: str) -> tuple[Passage, ...]:
    """Return what a caller in this language reads from the first screen over danger and the form to the end.

    The lines that belong to no screen count too, for every one of them can be met on the way. Where another language
    stands in, its words are what she reads.
    """
    names, met = set(walk_to_callback(menu)), read_in(menu)
    found: list[Passage] = []
    for name, one in _name_texts(menu):
        on_path = one.path[0] == "messages" or one.screen in names
        shown = next((tag for tag in (language, *menu.fallback.get(language, ())) if one.text.get(tag)), "")
        if on_path and shown and _is_met(menu, one, language, met):
            found.extend(each for each in _list_text_passages(menu, name, one) if each.language == shown)
    return tuple(found)


def _is_met(menu: Menu, one: AuthoredText, language: str, met: frozenset[tuple[str, str]]) -> bool:
    return not one.screen or one.screen == menu.start or (one.screen, language) in met


def _name_texts(menu: Menu) -> Iterator[tuple[str, AuthoredText]]:
    """Yield each text with an id of its own; the second of the same name is numbered."""
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


def _list_text_passages(menu: Menu, name: str, one: AuthoredText) -> Iterator[Passage]:
    source = find_source_language(menu)
    for tag, words in one.text.items():
        if words.strip():
            yield Passage(
                id=name,
                language=tag,
                words=words.replace(SOFT_BREAK, ""),
                # The words of danger are collected in each language, not translated.
                source="" if tag == source or name == DANGER_WORDS else one.text.get(source, ""),
                path=(*one.path, tag),
            )
