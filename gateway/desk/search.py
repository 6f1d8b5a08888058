"""Finds callbacks by a code or a whole number, and says what may be said to whoever phones us."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.access import Permission, permit
from gateway.callbacks.model import OPEN
from gateway.desk import line
from gateway.engine.keys import CODE_DIGITS, is_code
from gateway.numbers import masked, possible_readings
from gateway.safe_contact import PhoneSeen
from gateway.store import attempts, audit, callbacks, callers, search
from gateway.store import line as stored

if TYPE_CHECKING:
    from gateway.access import Actor
    from gateway.desk.line import Row
    from gateway.parts import Parts
    from gateway.store.callbacks import Callback


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringing:
    """What is known of a number that phones us just now, and what may be said.

    Attributes:
        phone: the number as dots; empty where what was typed is no number.
        rows: her callbacks that the actor may see, open ones first.
        language: what she speaks, where it is known.
        alone: she said that nobody else sees this phone. Even then whoever phones says the code first.
        calling: who made the call to this number that has no outcome yet, or empty.
    """

    phone: str
    rows: tuple[Row, ...] = ()
    language: str = ""
    alone: bool = False
    calling: str = ""

    @property
    def known(self) -> bool:
        """Say whether there is anything to be said beyond a neutral greeting, once the code was told."""
        return bool(self.rows)


def find(parts: Parts, actor: Actor, written: str) -> tuple[Row, ...]:
    """Return the callbacks with this code, or of this whole number, that the actor may see; open ones first.

    Raises:
        Refused: the actor does not work the queue.
    """
    digits = _digits(written)
    found = by_code(parts, actor, digits) if is_code(digits) else ()
    return found if found or len(digits) == CODE_DIGITS else by_number(parts, actor, written)


def by_code(parts: Parts, actor: Actor, written: str) -> tuple[Row, ...]:
    """Return the callbacks with this code that the actor may see, open ones first.

    Raises:
        Refused: the actor does not work the queue.
    """
    permit(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        found = stored.with_ids(tx, search.ids_with_code(tx, actor.team, _digits(written)))
    return line.seen_by(actor, found, parts.clock.now())


def by_number(parts: Parts, actor: Actor, written: str) -> tuple[Row, ...]:
    """Return the callbacks of this whole number that the actor may see, open ones first; the search is on record.

    Raises:
        Refused: the actor does not work the queue.
    """
    permit(actor, Permission.WORK_QUEUE)
    numbers, now = possible_readings(written, parts.line.regions), parts.clock.now()
    if not numbers:
        return ()
    found: list[str] = []
    with parts.store.write() as tx:
        for caller in filter(None, (callers.find(tx, number) for number in numbers)):
            audit.add(
                tx, now=now, person_id=actor.person_id, act="searched", kind="caller", subject=caller.id
            )
            found += search.ids_of_caller(tx, actor.team, caller.id)
        rows = stored.with_ids(tx, found)
    return line.seen_by(actor, rows, now)


def ringing(parts: Parts, actor: Actor, written: str) -> Ringing:
    """Say what is known of a number that phones us: typed from the display, before anything is said.

    Raises:
        Refused: the actor does not work the queue.
    """
    rows = by_number(parts, actor, written)
    numbers = possible_readings(written, parts.line.regions)
    if not numbers:
        return Ringing(phone="")
    with parts.store.read() as tx:
        known = {number: callers.find(tx, number) for number in numbers}
        number = next((number for number, caller in known.items() if caller), numbers[0])
        caller = known[number]
        hers = callbacks.of_caller(tx, caller.id, limit=1) if caller else ()
        live = attempts.live_of(tx, caller.id) if caller else None
    return Ringing(
        phone=masked(number),
        rows=rows,
        language=hers[0].language if hers and rows else "",
        alone=bool(rows) and any(_alone(one) for one in hers),
        calling=live.who if live else "",
    )


def earlier(parts: Parts, actor: Actor, callback_id: str) -> tuple[Row, ...]:
    """Return the other callbacks of the same number that the actor may see, the newest first.

    Raises:
        Refused: the actor does not work the queue.
        NoSuchCallback: there is none.
    """
    shown = line.show(parts, actor, callback_id)
    if shown.only_row:
        return ()
    with parts.store.read() as tx:
        callback = callbacks.by_id(tx, callback_id)
        if callback is None or callback.caller_id is None:
            return ()
        ids = search.ids_of_caller(tx, actor.team, callback.caller_id)
        found = stored.with_ids(tx, [one for one in ids if one != callback_id])
    return line.seen_by(actor, found, parts.clock.now())


def _alone(callback: Callback) -> bool:
    contact = callback.contact
    return callback.state in OPEN and contact is not None and contact.phone_seen is PhoneSeen.NO


def _digits(written: str) -> str:
    return "".join(str(unicodedata.digit(c)) for c in written if c.isdigit())
