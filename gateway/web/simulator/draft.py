"""The phone of the page pinned to the menus folder: what callers would read once it is published, and nothing kept.

A hop is answered from all that was typed so far, by the pure talk alone: no session, no row, no webhook. So no caller
can come here, and there is nothing that a caller could meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway.conversations import simulator_facts
from gateway.conversations.ussd_session import SavedSession
from gateway.domain.events import USSD_LIMITS
from gateway.foundation.display_values import DisplayValues
from gateway.menus.authoring.problems import Level
from gateway.menus.engine.render import as_text, forget_notice
from gateway.operations.publishing.draft_talk import cut_draft, open_talk, read_line_values
from gateway.operations.publishing.publish import ask_house, check_files
from gateway.operations.publishing.stored import has_changed, read_whole_folder
from gateway.web.simulator.saved_walks import MOST_KEYS, MOST_LETTERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gateway.foundation.services import Services
    from gateway.menus.engine.model import Menu

VERSION = "draft"
"""Stands for the id of a version where a page leads to the lines that a screen was written in."""

_NAMED = 5


class NoDraft(LookupError):
    """The folder is no menu now, or what was typed leads nowhere in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The menus folder as it stands.

    Attributes:
        folder: where it lies, as whoever runs the server wrote it.
        files: its texts by name.
        menu: with its pages cut; None while the folder has errors.
        faults: the first of its errors, in words.
        is_live: it is what callers get already.
    """

    folder: str
    files: Mapping[str, str]
    menu: Menu | None
    faults: tuple[str, ...] = ()
    is_live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One page of a draft, with what is true of it."""

    text: str
    ends: bool
    screen: str
    facts: Mapping[str, Any]


class DraftFolder:
    """The folder of this server's menus, read again whenever one of its files was changed."""

    def __init__(self, parts: Services, folder: Path) -> None:
        self._parts = parts
        self._folder = folder
        self._read: tuple[Mapping[str, str], Menu | None, tuple[str, ...]] = ({}, None, ())

    def read(self) -> Draft:
        """Return the folder as it is now.

        Raises:
            Unavailable: SQL cannot be asked.
        """
        files = read_whole_folder(self._folder)
        if files != self._read[0] or not files:
            self._read = (files, *self._check(files))
        _, menu, faults = self._read
        is_live = menu is not None and not has_changed(self._parts, self._folder)
        return Draft(folder=str(self._folder), files=files, menu=menu, faults=faults, is_live=is_live)

    def answer(self, number: str, typed: Sequence[str]) -> Hop:
        """Return the page that a dial and these inputs lead to.

        Args:
            number: of the phone, with its country code.
            typed: all inputs of the session so far.

        Raises:
            NoDraft: the folder has errors, or more was typed than the session takes.
            Unavailable: SQL cannot be asked.
        """
        menu = self.read().menu
        if menu is None or len(typed) > MOST_KEYS or any(len(each) > MOST_LETTERS for each in typed):
            raise NoDraft("the folder is no menu, or this session took no such input")
        asked, now = ask_house(self._parts), self._parts.clock.now()
        talk = open_talk(menu, number, asked, now)
        moved = talk.move(None)
        for each in typed:
            moved = talk.move(each) if moved is not None and not moved.reply.ends else None
        if moved is None:
            raise NoDraft("the session is over")
        session, text = forget_notice(moved.session, moved.reply), as_text(moved.reply)
        held = SavedSession(
            version=VERSION, text="", session=session, reply=text, screen=moved.screen, ends=moved.reply.ends
        )
        line = DisplayValues(zone=asked.zone, values=read_line_values(asked))
        facts = simulator_facts.gather_facts(menu, held, moved.effects, line, USSD_LIMITS, now)
        return Hop(text=text, ends=moved.reply.ends, screen=moved.screen, facts=facts)

    def _check(self, files: Mapping[str, str]) -> tuple[Menu | None, tuple[str, ...]]:
        checked = check_files(self._parts, files, moves_keys=True)
        errors = [str(each) for each in checked.problems if each.level is Level.ERROR]
        if checked.menu is None:
            return None, tuple(errors[:_NAMED])
        return cut_draft(checked.menu, ask_house(self._parts)), ()
