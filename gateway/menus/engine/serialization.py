"""Write a menu as JSON and read it back, so that a published version is one stored value.

Shape: ``{"format": int, …}`` with the fields of ``Menu``; a screen also has ``kind``, a piece is
``[kind, text, key]``, dates are ISO 8601. Older formats stay readable, because published versions are kept.
"""

import json
from dataclasses import asdict, replace
from dataclasses import fields as dataclass_fields
from datetime import date
from hashlib import sha256
from typing import Any

from gateway.domain.contact_safety import When
from gateway.domain.events import Piece, PieceKind
from gateway.foundation.bounded_table import BoundedTable
from gateway.menus.engine.dates import Pattern
from gateway.menus.engine.model import (
    FORMAT,
    Choice,
    Deed,
    Fact,
    FactValue,
    Field,
    Keyword,
    Menu,
    Reaction,
    Screen,
    Speech,
    Variant,
)
from gateway.menus.engine.screens import SCREEN_KINDS

READABLE = frozenset({1, 2, FORMAT})
"""Formats that this release reads.

Format 1 has no date patterns and no texts for expired facts, format 2 no message variants and no reviews by text; all
default to empty. Neither has windows: those of the first release apply. A menu without ``speech`` recognises no
refusals and no courtesy until it is published again.
"""
_WINDOWS_BEFORE = ("morning", "noon", "evening", "sunday")

WHOLE_LANGUAGE = "all texts"
"""Entry of ``waiting`` for a language that an earlier format marked as a draft as a whole."""

_COMMON = tuple(each.name for each in dataclass_fields(Screen))
# A menu has thousands of pieces; calling the enumeration for each is slow.
_PIECES = {kind.value: kind for kind in PieceKind}


class UnreadableMenu(ValueError):
    """The compiled menu has a format that this release does not know, or is no menu."""


def dump_menu(menu: Menu) -> str:
    """Return the menu as JSON with its format number; equal menus give equal text."""
    # Three parts are written in shapes of their own, and copying them first took most of the time.
    fields = asdict(replace(menu, screens={}, windows={}, pages={}))
    fields["screens"] = {name: _screen_fields(screen) for name, screen in menu.screens.items()}
    fields["windows"] = {name: when.written for name, when in menu.windows.items()}
    fields["pages"] = {
        name: [[[piece.kind, piece.text, piece.key] for piece in page] for page in pages]
        for name, pages in menu.pages.items()
    }
    return json.dumps(
        {"format": FORMAT, **fields}, ensure_ascii=False, separators=(",", ":"), default=_write_plain
    )


def load_menu(text: str) -> Menu:
    """Read the JSON of ``dump_menu``; the last two are kept, because several parts of a process read one version.

    Raises:
        UnreadableMenu: an unknown format, or no menu.
    """
    # Not by the text itself, which is half as large as the menu and would be held as long.
    digest = sha256(text.encode("utf-8", "surrogatepass")).digest()
    found = KNOWN_MENUS.find_value(digest)
    if found is None:
        found = _read_text(text)
        KNOWN_MENUS.put_value(digest, found)
    return found


KNOWN_MENUS: BoundedTable[bytes, Menu] = BoundedTable(2)
"""Digest of its text → the menu."""


def _read_text(text: str) -> Menu:
    try:
        fields = json.loads(text)
        if fields.pop("format") not in READABLE:
            raise UnreadableMenu("another format")
        return _read_menu(fields)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UnreadableMenu("no menu of this release") from error


def _write_plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _screen_fields(screen: Screen) -> dict[str, Any]:
    return {"kind": screen.kind, **asdict(screen)}


def _read_waiting(fields: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Read the unreviewed texts; before format 3 a language was a draft as a whole or reviewed."""
    drafts = fields.pop("drafts", ())
    return {
        **dict.fromkeys(drafts, (WHOLE_LANGUAGE,)),
        **{tag: tuple(names) for tag, names in fields.pop("waiting", {}).items()},
    }


def _read_menu(fields: dict[str, Any]) -> Menu:
    waiting = _read_waiting(fields)
    return Menu(
        **{
            **fields,
            "fallback": {tag: tuple(chain) for tag, chain in fields["fallback"].items()},
            "screens": {name: _read_screen(screen) for name, screen in fields["screens"].items()},
            "message_variants": {
                name: tuple(map(_read_variant, variants))
                for name, variants in fields.get("message_variants", {}).items()
            },
            "keywords": tuple(_read_keyword(keyword) for keyword in fields["keywords"]),
            "speech": _read_speech(fields.get("speech", {})),
            "facts": {name: _read_fact(fact) for name, fact in fields["facts"].items()},
            "calendar": {tag: _read_pattern(row) for tag, row in fields.get("calendar", {}).items()},
            "topics": fields.get("topics", {}),
            "fields": {
                name: Field(label=row["label"], values=tuple(row["values"]))
                for name, row in fields.get("fields", {}).items()
            },
            "windows": {
                name: When.read(written)
                for name, written in fields.get(
                    "windows", dict(zip(_WINDOWS_BEFORE, _WINDOWS_BEFORE, strict=True))
                ).items()
            },
            "waiting": waiting,
            "pages": _read_pages(fields["pages"]),
        }
    )


def _read_pattern(fields: dict[str, Any]) -> Pattern:
    return Pattern(**{**fields, "days": tuple(fields["days"]), "months": tuple(fields["months"])})


def _read_screen(fields: dict[str, Any]) -> Screen:
    kind = SCREEN_KINDS[fields.pop("kind")]
    common = {name: fields.pop(name) for name in _COMMON if name in fields}
    common["variants"] = tuple(_read_variant(variant) for variant in common["variants"])
    common["choices"] = tuple(_read_choice(choice) for choice in common["choices"])
    common["rests_on"] = tuple(common.get("rests_on", ()))
    return kind(**common, **kind.load_fields(fields))


def _read_variant(fields: dict[str, Any]) -> Variant:
    return Variant(only_if=_read_condition(fields["only_if"]), text=fields["text"])


def _read_choice(fields: dict[str, Any]) -> Choice:
    does = None if fields["does"] is None else Deed(fields["does"])
    return Choice(**{**fields, "does": does, "only_if": _read_condition(fields["only_if"])})


def _read_condition(fields: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in fields.items()}


def _read_keyword(fields: dict[str, Any]) -> Keyword:
    words = {language: tuple(found) for language, found in fields["words"].items()}
    return Keyword(**{**fields, "words": words, "reaction": Reaction(fields["reaction"])})


def _read_speech(fields: dict[str, Any]) -> Speech:
    plain = {name: _read_condition(words) for name, words in fields.items() if name not in _NAMED_WORDS}
    answers, lists = (
        {name: _read_condition(words) for name, words in fields.get(part, {}).items()}
        for part in _NAMED_WORDS
    )
    return Speech(**plain, answers=answers, lists=lists)


_NAMED_WORDS = ("answers", "lists")


def _read_fact(fields: dict[str, Any]) -> Fact:
    return Fact(id=fields["id"], values=tuple(_read_dated(value) for value in fields["values"]))


def _read_dated(fields: dict[str, Any]) -> FactValue:
    days = {name: date.fromisoformat(fields[name]) for name in ("valid_from", "checked_on", "expires_on")}
    return FactValue(**{**fields, **days})


def _read_pages(pages: dict[str, list[list[list[str]]]]) -> dict[str, tuple[tuple[Piece, ...], ...]]:
    """Read the pages; of five pieces four stand on another page too, and are held once."""
    known: dict[tuple[str, ...], Piece] = {}

    def read_piece(kind: str, text: str, key: str) -> Piece:
        found = known.get((kind, text, key))
        if found is None:
            found = known[kind, text, key] = Piece(_PIECES[kind], text, key)
        return found

    return {
        name: tuple(tuple(read_piece(*piece) for piece in page) for page in cut)
        for name, cut in pages.items()
    }
