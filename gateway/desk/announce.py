"""Tells those on duty that somebody waits: one neutral text a person, without a number, a name or a topic."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.access import ROLES, Permission, Role
from gateway.callbacks.model import OPEN, State
from gateway.callbacks.order import DANGER
from gateway.callbacks.routing import Needs, Offers, fit_or_all
from gateway.outbox import routes
from gateway.outbox.routes import Way
from gateway.store import callbacks, life, lines, outbox, people

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.parts import Parts
    from gateway.store.callbacks import Callback
    from gateway.store.engines import Tx
    from gateway.store.outbox import OutboxRow
    from gateway.store.people import Person

ALERT_LASTS = timedelta(hours=1)
TEXTS = {
    "asked": "A request is waiting. Please look at the list.",
    "urgent": "An urgent request is waiting. Please look at the list.",
    "still": "A request needs a decision. Please look at the list.",
}


def announce(parts: Parts, tx: Tx, row: OutboxRow) -> None:
    """Tell whoever is on duty and fit to call her; where nobody is fit, everybody on duty."""
    callback = _open(tx, row)
    if callback is None:
        return
    on_duty = [
        (person, Offers(languages=person.languages, gender=person.gender))
        for person in people.on_duty(tx, callback.team, _holding(Permission.WORK_QUEUE))
    ]
    needs = Needs(language=callback.language, wants_woman=callback.wants_woman)
    text = TEXTS["urgent" if callback.priority == DANGER else "asked"]
    _tell(parts, tx, row, callback, fit_or_all(needs, on_duty), text, once="alert")


def escalate(parts: Parts, tx: Tx, row: OutboxRow) -> None:
    """Tell the supervisors on duty that a callback stands still."""
    callback = _open(tx, row)
    if callback is None or callback.state not in (State.REVIEW, State.WAITING):
        return
    supervisors = people.on_duty(tx, callback.team, _holding(Permission.DECIDE))
    text = TEXTS["still" if callback.state is State.REVIEW else "urgent"]
    _tell(parts, tx, row, callback, supervisors, text, once=row.id)


def _open(tx: Tx, row: OutboxRow) -> Callback | None:
    callback = callbacks.by_id(tx, row.callback_id) if row.callback_id else None
    return callback if callback is not None and callback.state in OPEN else None


def _holding(permission: Permission) -> tuple[str, ...]:
    return tuple(role.value for role in Role if permission in ROLES[role])


def _tell(
    parts: Parts, tx: Tx, row: OutboxRow, callback: Callback, told: Sequence[Person], text: str, *, once: str
) -> None:
    now = parts.clock.now()
    down = _down(parts, tx, now)
    for person in told:
        if person.number is None:
            continue
        outbox.add(
            tx,
            kind="alert",
            channel=_line_to(parts, person.number, row.channel, down),
            lane=f"person:{person.id}",
            due_at=now,
            expires_at=now + ALERT_LASTS,
            once=f"{once}:{callback.id}:{person.id}",
            now=now,
            payload={"text": text, "link": ""},
            priority=callback.priority,
            person_id=person.id,
            callback_id=callback.id,
        )


def _line_to(parts: Parts, number: str, hers: str, down: frozenset[str]) -> str:
    """Return the line by which one of our own people is told: by the number, and one that is up if there is any.

    A trial stays on its own line: nobody's real phone rings for it.
    """
    if hers not in parts.channels or not parts.channels[hers].contract.real:
        return hers
    ways = {
        name: Way(prefixes=channel.config.prefixes, fallback=channel.config.fallback)
        for name, channel in parts.channels.items()
        if channel.contract.real
    }
    return routes.choose(number, ways, otherwise=hers, down=down)


def _down(parts: Parts, tx: Tx, now: datetime) -> frozenset[str]:
    """Return the lines by which nothing leaves now: the silent, and those that could not be reached of late."""
    paused = {
        name for name, bucket in lines.all_of(tx).items() if bucket.paused_until and bucket.paused_until > now
    }
    return life.silent(tx, parts.channels, now) | paused
