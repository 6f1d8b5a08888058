"""Remember where a key leads: the engine is pure, so a hop without effects is looked up by what it depends on.

It depends on the menu's version, the stored place, the key, the channel's limits, the line's settings and the time, of
which only the day and the distance to the next opening show (``find_span``). Most callers stand in the same few hundred
places. What is not remembered runs the engine, and both ways are counted, saved and answered alike.

Nothing that tells of one person may enter (``is_rememberable``): no code, no request, no result of one, and of what was
typed only a key of one or two digits. A place holds what the menu's own keys lead to, and no number.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from gateway.channels.contract import Contract
from gateway.conversations.ussd_session import SavedSession, StoredPlace
from gateway.domain.callbacks.windows import Hours
from gateway.domain.events import Inbound, Reply
from gateway.foundation.loop_turns import is_on_loop
from gateway.foundation.phone_numbers import find_region
from gateway.foundation.services import HelplineConfig, Services
from gateway.menus.engine.model import Menu
from gateway.menus.engine.navigation import INVALID, clean_key
from gateway.menus.engine.session import Known, Session
from gateway.menus.engine.wording import find_span
from gateway.storage import callers
from gateway.storage.callers import Caller
from gateway.storage.counts import CountedRow
from gateway.storage.database import Unavailable
from gateway.storage.live_menus import get_served
from gateway.storage.reports import FACT, SESSIONS

_KEY_LENGTH = 2
"""Longest key of a menu; codes and typed figures are longer."""


class MoveBasis(NamedTuple):
    """What a move was computed from beside its key; compared by identity, for a process builds each once.

    Attributes:
        menu: the version's menu as this channel's callers may see it.
        line: settings of the helpline, which texts may name.
        contract: facts about the provider, with the limits of a page.
    """

    menu: Menu
    line: HelplineConfig
    contract: Contract

    def is_same(self, other: "MoveBasis") -> bool:
        """Say whether these are the same objects."""
        return self.menu is other.menu and self.line is other.line and self.contract is other.contract


class LeftPage(NamedTuple):
    """The page on which an input was typed, as it is counted.

    Attributes:
        item: its screen, and behind a slash the key, if that led somewhere.
        language: the language that it was shown in.
        before: language tag of the session before the input; empty while none was chosen.
        after: the same after it.
    """

    item: str
    language: str
    before: str
    after: str


def describe_left(page: SavedSession, typed: str, after: Session) -> LeftPage:
    """Say which page an input left by which key; nothing else that was typed is named, for it may tell of a person."""
    before, key = page.session, clean_key(typed)
    is_wrong = after.notice == INVALID and after.screen == before.screen
    item = f"{before.screen}/{key}" if is_plain_key(key) and not is_wrong else before.screen
    return LeftPage(item, page.reply.language, before.script, after.script)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A page and the place behind it, valid from ``since`` until before ``until``.

    ``page`` does not say how it was reached: that is the caller's. ``counted`` is what is counted each time.
    """

    basis: MoveBasis
    since: datetime
    until: datetime
    page: SavedSession
    counted: tuple[CountedRow, ...]


class FoundMove(NamedTuple):
    """A remembered move, and where it brings one session."""

    place: StoredPlace
    move: Move


def list_left(left: LeftPage | None) -> tuple[CountedRow, ...]:
    """Return how a page is counted as answered, and the session in the language that was chosen on it, not in none."""
    if left is None:
        return ()
    answered = CountedRow("answered", left.item, left.language)
    if left.before == left.after:
        return (answered,)
    return answered, CountedRow(SESSIONS, "", left.before, -1), CountedRow(SESSIONS, "", left.after)


def list_begun(session: Session) -> tuple[CountedRow, ...]:
    """Return how a session is counted that begins: in its language, or in none while none was chosen."""
    return (CountedRow(SESSIONS, "", session.script),)


def list_shown(reply: Reply, facts: tuple[str, ...]) -> tuple[CountedRow, ...]:
    """Return how a page is counted as shown, its facts as read, and as finished if nothing can follow it."""
    screen, language = reply.screen, reply.language
    shown = [
        CountedRow("shown", screen, language),
        *(CountedRow(f"{FACT}{fact}", screen, language) for fact in facts),
    ]
    return (*shown, CountedRow("finished", screen, language)) if reply.ends else tuple(shown)


def is_rememberable(session: Session) -> bool:
    """Say whether a session holds nothing but what the menu's keys lead to."""
    return not session.values and not session.callback


class FirstPage(NamedTuple):
    """The name of a first page: what is known of a caller decides it, and no number is part of that."""

    channel: str
    version: str
    known: Known


class NextPage(NamedTuple):
    """The name of a page after one more key: where the caller stood, and the key as it was typed."""

    channel: str
    version: str
    place: str
    typed: str


def name_move(place: StoredPlace, inbound: Inbound, *, accumulates: bool) -> NextPage | None:
    """Return the name of the page that a post of this session leads to; None where it is not one key of a menu."""
    typed = place.find_new_input(inbound, accumulates=accumulates)
    if typed is None or not is_plain_key(typed):
        return None
    return NextPage(inbound.channel, place.version, place.place, typed)


def is_plain_key(typed: str) -> bool:
    """Say whether an input is a key as menus have them: one or two digits, as typed."""
    return len(typed) <= _KEY_LENGTH and typed.isascii() and typed.isdigit()


def may_recall(place: StoredPlace) -> bool:
    """Say whether a process may remember where one session stands: only keys of menus led there."""
    return not place.inputs or all(map(is_plain_key, place.inputs.split("*")))


class TurnMoves:
    """What this process remembers for one post, and adds to it."""

    def __init__(self, parts: Services, inbound: Inbound, now: datetime) -> None:
        self._parts = parts
        self._inbound = inbound
        self._contract = parts.channels[inbound.channel].contract
        self._now = now
        self._left: LeftPage | None = None

    def find_next(self, place: StoredPlace) -> FoundMove | None:
        """Return where one more key leads from this place, if that is remembered."""
        named = self._name_next(place)
        move = self._find_move(*named) if named is not None else None
        if named is None or move is None:
            return None
        further = place.go_on(move.page.place, self._inbound, named[0].typed, now=int(self._now.timestamp()))
        return FoundMove(further, move)

    def keep_next(self, place: StoredPlace, page: SavedSession, facts: tuple[str, ...]) -> None:
        """Remember the page after this post, where that was one key of a menu."""
        named = self._name_next(place)
        if named is not None:
            self._keep_move(*named, page, facts, list_left(self._left))

    def find_first(self, version: str, menu: Menu, known: Known) -> Move | None:
        """Return the first page for what is known of a caller, where it is remembered."""
        return self._find_move(FirstPage(self._inbound.channel, version, known), self._find_basis(menu))

    def keep_first(self, menu: Menu, known: Known, page: SavedSession, facts: tuple[str, ...]) -> None:
        """Remember a first page."""
        key = FirstPage(self._inbound.channel, page.version, known)
        self._keep_move(key, self._find_basis(menu), page, facts, list_begun(page.session))

    # A page that is left is counted beside the page that is shown, whichever way it was found.

    def note_left(self, page: SavedSession, typed: str, after: Session) -> None:
        """Note the page that the first input of a post left; further ones answer pages that nobody saw."""
        if self._left is None:
            self._left = describe_left(page, typed, after)

    def count_begun(self, version: str, session: Session) -> None:
        """Count a session that begins."""
        self.count_all(version, list_begun(session))

    def count_left(self, version: str) -> None:
        """Count the page that was noted as left."""
        self.count_all(version, list_left(self._left))

    def count_page(self, version: str, reply: Reply, facts: tuple[str, ...]) -> None:
        """Count a page as shown."""
        self.count_all(version, list_shown(reply, facts))

    def count_all(self, version: str, counted: tuple[CountedRow, ...]) -> None:
        """Count in this version's menu."""
        if counted:
            self._parts.count.add_all(counted, channel=self._inbound.channel, version=version, at=self._now)

    def _find_move(self, key: Hashable, basis: MoveBasis) -> Move | None:
        move: Move | None = self._parts.moves.find_value(key)
        return move if move and move.since <= self._now < move.until and move.basis.is_same(basis) else None

    def _keep_move(
        self,
        key: Hashable,
        basis: MoveBasis,
        page: SavedSession,
        facts: tuple[str, ...],
        before: tuple[CountedRow, ...],
    ) -> None:
        if is_rememberable(page.session):
            since, until = find_span(page.session, basis.line.zone, self._now)
            way = page.without_way()
            counted = (*before, *list_shown(page.reply, facts))
            move = Move(basis=basis, since=since, until=until, page=way, counted=counted)
            self._parts.moves.put_value(key, move)

    def _name_next(self, place: StoredPlace) -> tuple[NextPage, MoveBasis] | None:
        """Return what a move by one plain key is remembered by; None where the post is anything else."""
        key = name_move(place, self._inbound, accumulates=self._contract.accumulates)
        menu = get_served(self._parts, self._inbound.channel, key.version) if key else None
        return (key, self._find_basis(menu)) if key and menu else None

    def _find_basis(self, menu: Menu) -> MoveBasis:
        return MoveBasis(menu=menu, line=self._parts.line, contract=self._contract)


# Beginning a session: what is known of the caller is read once and kept until the session ends.


def find_known(
    parts: Services, menu: Menu, number: str, *, now: datetime, trial: bool, lost: bool = False
) -> Known:
    """Return what is known about this number; without SQL, only what follows from the number itself.

    Raises:
        NeedsThread: on an event loop, where it must be read from SQL.
    """
    caller, hours = _find_at_once(parts, number, now, trial=trial) if is_on_loop() else (None, None)
    if hours is None:
        try:
            with parts.store.read() as tx:
                caller = callers.find_caller(tx, number, trial=trial)
                hours = parts.duty.find_hours(tx, parts.line.hours, parts.line.zone, now)
        except Unavailable:
            caller, hours = None, parts.duty.read_hours(parts.line.hours, parts.line.zone, now)
    offers, opens = parts.duty.list_promises(menu.windows, hours, parts.line.zone, now)
    return Known(
        language=caller.language if caller else "",
        script=caller.script if caller else "",
        region=find_region(number),
        offers=offers,
        opens=opens,
        lost=lost,
    )


def _find_at_once(
    parts: Services, number: str, now: datetime, *, trial: bool
) -> tuple[Caller | None, Hours | None]:
    """Return that nobody is known by this number, and the hours, where neither must be waited for."""
    callers.refuse_known(parts.store, number, trial=trial)
    if not parts.duty.is_fresh:
        return None, None
    return None, parts.duty.read_hours(parts.line.hours, parts.line.zone, now)
