"""Simulates a phone on the unpublished menus folder; nothing is stored.

A hop is computed from all keys typed so far, without a session, a database row or a webhook, so no caller can
get here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway.conversations import simulator_facts
from gateway.conversations.ussd_session import SavedSession
from gateway.domain.events import USSD_LIMITS
from gateway.menus.authoring.problems import Level
from gateway.menus.engine.render import forget_notice
from gateway.operations.publishing.draft_talk import cut_draft, open_talk
from gateway.operations.publishing.publish import check_files, make_check_context
from gateway.operations.publishing.stored import has_changed, read_whole_folder
from gateway.web.simulator.saved_walks import MOST_KEYS, MOST_LETTERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gateway.foundation.services import Services
    from gateway.menus.engine.model import Menu

VERSION = "draft"
"""Version id of the draft in links to the source of a screen."""

_NAMED = 5


class NoDraft(LookupError):
    """The folder has errors, or the typed keys lead nowhere in its menu."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The menus folder at one moment.

    Attributes:
        folder: its path as the operator wrote it.
        files: file name → text.
        menu: the menu with its pages cut; None while the folder has errors.
        faults: the first errors, as text.
        is_live: it equals the live version.
    """

    folder: str
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

    def answer(self, number: str, typed: Sequence[str]) -> Hop:
        """Return the page to which a dial and these inputs lead.

        Args:
            number: the phone's number in E.164.
            typed: all inputs of the session so far.

        Raises:
            NoDraft: the folder has errors, or there are more inputs than a session allows.
            Unavailable: the database cannot be reached.
        """
        menu = self.read().menu
        if menu is None or len(typed) > MOST_KEYS or any(len(each) > MOST_LETTERS for each in typed):
            raise NoDraft("the folder is no menu, or this session took no such input")
        context, now = make_check_context(self._parts), self._parts.clock.now()
        talk = open_talk(menu, number, context, now)
        moved = talk.move(None)
        for each in typed:
            moved = talk.move(each) if moved is not None and not moved.reply.ends else None
        if moved is None:
            raise NoDraft("the session is over")
        session = forget_notice(moved.session, moved.reply)
        held = SavedSession(version=VERSION, inputs="", session=session, reply=moved.reply)
        facts = simulator_facts.gather_facts(held, moved.effects, USSD_LIMITS)
        return Hop(text=moved.reply.text, ends=moved.reply.ends, screen=moved.screen, facts=facts)

    def _check(self, files: Mapping[str, str]) -> tuple[Menu | None, tuple[str, ...]]:
        checked = check_files(self._parts, files, moves_keys=True)
        errors = [str(each) for each in checked.problems if each.level is Level.ERROR]
        if checked.menu is None:
            return None, tuple(errors[:_NAMED])
        return cut_draft(checked.menu, make_check_context(self._parts)), ()
