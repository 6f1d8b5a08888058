"""Simulates a phone on an unpublished menu, and reads a walk that is to be saved as a conversation test.

The menu is the menus folder or a draft of the database. A hop is computed from all keys typed so far, without a
session, a database row or a webhook, so no caller can get here, and nothing is stored.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from gateway.conversations import simulator_facts
from gateway.conversations.ussd_session import SavedSession
from gateway.domain.events import USSD_LIMITS
from gateway.foundation.services import Services
from gateway.menus.authoring.conversation_writer import Walk
from gateway.menus.authoring.problems import Level
from gateway.menus.authoring.yaml_loader import load
from gateway.menus.authoring.yaml_nodes import get_pairs
from gateway.menus.engine.render import forget_notice
from gateway.operations.publishing.draft_checks import cut_draft, open_talk
from gateway.operations.publishing.publish import check_files, make_check_context
from gateway.operations.publishing.stored import has_changed, read_whole_folder
from gateway.storage import versions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from gateway.menus.authoring.check import Checked
    from gateway.menus.engine.model import Menu
    from gateway.operations.publishing.draft_checks import CheckedDrafts
    from gateway.operations.publishing.menu_drafts import OpenedDraft


_WINDOW = re.compile(r"[a-z][a-z0-9_]{0,30}")
MOST_KEYS = 100
MOST_LETTERS = 182
"""Longest input in characters: 182 GSM 7-bit characters of a USSD string (3GPP TS 23.038, 3GPP TS 24.090)."""


class NotAWalk(ValueError):
    """The request cannot be read as a walk."""


def read_walk(written: str, *, at: datetime) -> Walk:
    """Return the walk.

    Raises:
        NotAWalk: it is malformed; the message repeats nothing of it.
    """
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        raise NotAWalk("no JSON") from None
    if not isinstance(found, dict):
        raise NotAWalk("no object")
    offered = _read_texts(found, "offers")
    return Walk(
        it=_read_text(found, "it"),
        number=_read_text(found, "number"),
        at=at,
        dial=_read_text(found, "dial"),
        keys=_read_texts(found, "keys"),
        seen=_read_texts(found, "seen"),
        language=_read_text(found, "language"),
        script=_read_text(found, "script"),
        offers=tuple(
            sorted((each for each in offered if _WINDOW.fullmatch(each)), key=lambda each: each == "now")
        ),
    )


def _read_text(found: dict[str, Any], name: str) -> str:
    return _check_value(found.get(name, ""), name)


def _read_texts(found: dict[str, Any], name: str) -> tuple[str, ...]:
    items = found.get(name, [])
    if not isinstance(items, list) or len(items) > MOST_KEYS + 1:
        raise NotAWalk(f"{name} is no list of at most {MOST_KEYS}")
    return tuple(_read_each(items, name))


def _read_each(items: Iterable[object], name: str) -> Iterable[str]:
    return (_check_value(item, name) for item in items)


def _check_value(value: object, name: str) -> str:
    # JSON can escape a lone surrogate (RFC 8259, 8.2), which UTF-8 cannot encode.
    if (
        not isinstance(value, str)
        or len(value) > MOST_LETTERS
        or any("\ud800" <= each <= "\udfff" for each in value)
    ):
        raise NotAWalk(f"{name} is no text of at most {MOST_LETTERS} letters")
    return value


# Source of a screen: its lines in the YAML files.


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """The file that holds a screen, its lines, and the line number at which the screen begins."""

    file: str
    lines: tuple[str, ...]
    line: int


def find_source(parts: Services, version: str, screen: str) -> SourcePlace | None:
    """Return where a screen of a version is written; None if it is unknown or the version has no files.

    Raises:
        Unavailable: the database cannot be reached.
    """
    with parts.store.read() as tx:
        files = versions.find_source(tx, version) or {}
    return find_written(files, screen)


def find_written(files: Mapping[str, str], screen: str) -> SourcePlace | None:
    """Return where a screen of these files is written; None if it is unknown."""
    found = _list_places(tuple(sorted(files.items()))).get(screen)
    if found is None:
        return None
    file, line = found
    return SourcePlace(file, tuple(files[file].splitlines()), line)


@lru_cache(maxsize=2)
def _list_places(files: tuple[tuple[str, str], ...]) -> Mapping[str, tuple[str, int]]:
    """Return screen id → file and line; cached, because reading a whole menu takes a noticeable time."""
    places: dict[str, tuple[str, int]] = {}
    for name, text in files:
        root = load(name, text.encode("utf-8", "surrogateescape")).root
        places |= {key.text: (name, key.place.line) for key, _ in get_pairs(root, "screens")}
    return places


VERSION = "draft"
"""Version id of the draft in links to the source of a screen."""

_NAMED = 5
_CUT = 6
"""Drafts of the database whose cut menu is remembered; cutting the sample takes most of a second."""


class NoDraft(LookupError):
    """The folder has errors, or the typed keys lead nowhere in its menu."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An unpublished menu at one moment.

    Attributes:
        folder: the path of the menus folder as the operator wrote it; empty for a draft of the database.
        name: what a draft of the database is called.
        files: file name → text.
        menu: the menu with its pages cut; None while the folder has errors.
        faults: the first errors, as text.
        is_live: it equals the live version.
    """

    folder: str = ""
    name: str = ""
    files: Mapping[str, str]
    menu: Menu | None
    faults: tuple[str, ...] = ()
    is_live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One page of a draft, and its properties."""

    text: str
    ends: bool
    screen: str
    facts: Mapping[str, Any]


class DraftFolder:
    """The menus folder of this server, read again when a file changed."""

    def __init__(self, parts: Services, folder: Path) -> None:
        self._parts = parts
        self._folder = folder
        self._read: tuple[Mapping[str, str], Menu | None, tuple[str, ...]] = ({}, None, ())

    def read(self) -> Draft:
        """Return the folder's current state.

        Raises:
            Unavailable: the database cannot be reached.
        """
        files = read_whole_folder(self._folder)
        if files != self._read[0] or not files:
            self._read = (files, *self._check(files))
        _, menu, faults = self._read
        is_live = menu is not None and not has_changed(self._parts, self._folder)
        return Draft(folder=str(self._folder), files=files, menu=menu, faults=faults, is_live=is_live)

    def _check(self, files: Mapping[str, str]) -> tuple[Menu | None, tuple[str, ...]]:
        checked = check_files(self._parts, files, moves_keys=True)
        return _cut_checked(self._parts, checked)


class StoredDrafts:
    """The drafts of the database, each checked and cut once for every state that is dialled."""

    def __init__(self, parts: Services, checks: CheckedDrafts) -> None:
        self._parts = parts
        self._checks = checks
        self._cut: OrderedDict[str, tuple[Checked, Menu | None, tuple[str, ...]]] = OrderedDict()

    def show(self, opened: OpenedDraft) -> Draft:
        """Return a draft of the database as a menu that can be dialled, or its errors.

        Raises:
            Unavailable: the database cannot be reached.
        """
        checked = self._checks.check(opened.files)
        found = self._cut.get(opened.draft.id)
        if found is None or found[0] is not checked:
            found = (checked, *_cut_checked(self._parts, checked))
            self._cut[opened.draft.id] = found
            while len(self._cut) > _CUT:
                self._cut.popitem(last=False)
        return Draft(name=opened.draft.name, files=opened.files, menu=found[1], faults=found[2])


def _cut_checked(parts: Services, checked: Checked) -> tuple[Menu | None, tuple[str, ...]]:
    """Return a checked menu with its pages cut, or its first errors."""
    if checked.menu is None:
        errors = [str(each) for each in checked.problems if each.level is Level.ERROR]
        return None, tuple(errors[:_NAMED])
    return cut_draft(checked.menu, make_check_context(parts)), ()


def answer_draft(
    parts: Services, draft: Draft, number: str, typed: Sequence[str], *, day: date | None = None
) -> Hop:
    """Return the page of a draft to which a dial and these inputs lead.

    Args:
        parts: the services of this process.
        draft: the draft.
        number: the phone's number in E.164.
        typed: all inputs of the session so far.
        day: the day on which it is dialled, at this hour; None for today.

    Raises:
        NoDraft: the draft has errors, or there are more inputs than a session allows.
        Unavailable: the database cannot be reached.
    """
    if draft.menu is None or len(typed) > MOST_KEYS or any(len(each) > MOST_LETTERS for each in typed):
        raise NoDraft("the draft is no menu, or this session took no such input")
    now = parts.clock.now()
    if day is not None:
        zone = ZoneInfo(parts.line.zone)
        now = datetime.combine(day, now.astimezone(zone).time(), zone).astimezone(UTC)
    talk = open_talk(draft.menu, number, make_check_context(parts), now)
    moved = talk.move(None)
    for each in typed:
        moved = talk.move(each) if moved is not None and not moved.reply.ends else None
    if moved is None:
        raise NoDraft("the session is over")
    session = forget_notice(moved.session, moved.reply)
    held = SavedSession(version=VERSION, inputs="", session=session, reply=moved.reply)
    facts = simulator_facts.gather_facts(held, moved.effects, USSD_LIMITS)
    return Hop(text=moved.reply.text, ends=moved.reply.ends, screen=moved.screen, facts=facts)
