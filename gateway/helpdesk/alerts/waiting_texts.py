"""Texts staff that requests wait: only where neither an open page nor a push calls them, and several in one text.

A text costs money and wears attention out, and among two dozen equal ones danger drowns. Danger never comes this way:
it is told at once, by every way, in a lane of its own (``alerts.PRESSING``).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gateway.domain.events import PUSH
from gateway.helpdesk.alerts import alerts
from gateway.helpdesk.staff.shifts import list_on_duty
from gateway.storage import outbox, people, queue_counts, sign_ins

if TYPE_CHECKING:
    from gateway.foundation.services import Services
    from gateway.storage.database import Tx
    from gateway.storage.outbox import OutboxRow
    from gateway.storage.people import Person

BUNDLE = "bundle"
"""Kind of the inside row that looks, at its time, whether the person still has to be told by text."""

HOLD = timedelta(minutes=3)
"""How long a text waits for a page or a push: longer than a push waits for others of its minute, and than a hidden page
takes to ask again and to be written down."""

TURN = timedelta(minutes=10)
"""A person gets one text in this time; what comes meanwhile is told together in the next."""

ATTENTION = timedelta(minutes=3)
"""How fresh the sign of an attentive page must be; it asks every ten seconds, and is written down once a minute."""

_LASTS = timedelta(hours=2)
_FIRST_LOOK = timedelta(days=1)


def add_waiting_text(parts: Services, tx: Tx, row: OutboxRow, person: Person, *, pushed: bool) -> None:
    """Tell one person of a request that waits: by text at once where nothing else calls them, else later and joined.

    Args:
        parts: the services of this process.
        tx: the transaction of the announcement.
        row: the announcement.
        person: who is told.
        pushed: a push message is on its way to them.
    """
    if person.number is None:
        return
    now = parts.clock.now()
    if pushed or sign_ins.has_attention(tx, person.id, since=now - ATTENTION):
        _plan_text(tx, row, person, now + HOLD, now)
    elif not _add_text(parts, tx, row.channel, person, 1, callback_id=row.callback_id):
        _plan_text(tx, row, person, _find_start(_find_turn(now) + 1), now)


def tell_bundle(parts: Services, tx: Tx, row: OutboxRow) -> None:
    """Text one person how many requests wait, unless a page or a push has called them, or nothing waits any more."""
    person, now = people.by_id(tx, row.person_id or ""), parts.clock.now()
    if person is None or person.disabled or person.number is None:
        return
    if person.id not in {one.id for one in list_on_duty(parts, tx, now, person.team)}:
        return
    # A page or a push called if it did so after the request came, and lately: others may have come since the first.
    called = sign_ins.has_attention(tx, person.id, since=max(row.at, now - ATTENTION))
    if called or outbox.has_result(tx, person.id, kind=PUSH, state="sent", since=max(row.at, now - 2 * HOLD)):
        return
    since = max(person.looked_at or now - _FIRST_LOOK, now - _FIRST_LOOK)
    count = queue_counts.count_new_since(tx, person.team, since=since)
    if count and not _add_text(parts, tx, row.channel, person, count):
        _plan_text(tx, row, person, _find_start(_find_turn(now) + 1), now)


def _add_text(
    parts: Services, tx: Tx, channel: str, person: Person, count: int, *, callback_id: str | None = None
) -> bool:
    """Add the text of this turn; False where the person had it."""
    now = parts.clock.now()
    key, values = ("asked", {}) if count == 1 else ("waiting", {"n": str(count)})
    return alerts.add_alert(
        tx, person, alerts.fill_text(parts, key, person, **values),
        alerts.choose_channel(parts, tx, channel, person.number or ""), now,
        once=f"waiting:{person.id}:{_find_turn(now)}", priority=1, callback_id=callback_id,
    ) is not None  # fmt: skip


def _plan_text(tx: Tx, row: OutboxRow, person: Person, at: datetime, now: datetime) -> None:
    """Plan one look at what waits then; one that is planned already will see this request too."""
    for due_at in (at, _find_start(_find_turn(at) + 1)):
        once = f"{BUNDLE}:{person.id}:{_find_turn(due_at)}"
        known = outbox.by_once(tx, once)
        if known is not None and known.state == "pending":
            return
        if known is None:
            outbox.add_row(
                tx, kind=BUNDLE, channel=row.channel, lane=f"{BUNDLE}:{person.id}", due_at=due_at,
                expires_at=due_at + _LASTS, once=once, now=now, person_id=person.id,
            )  # fmt: skip
            return


def _find_turn(at: datetime) -> int:
    return int(at.timestamp() // TURN.total_seconds())


def _find_start(turn: int) -> datetime:
    return datetime.fromtimestamp(turn * TURN.total_seconds(), UTC)
