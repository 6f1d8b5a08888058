"""List what simulator phones were sent: outbox rows that never reached a provider."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select

from gateway.channels.contract import KEPT
from gateway.domain.events import ThreadAsked
from gateway.storage import callers, people
from gateway.storage.database import Store, Tx
from gateway.storage.tables import outbox

MOST = 50
SENT = "sent"
_NOT_SENT = ("pending", "sending", "unclear", "failed", "expired")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentText:
    """One text as it would have reached the phone.

    Attributes:
        id: id of the row.
        channel: the channel it was to be sent through.
        text: its text.
        at: when it was sent; before that, when it was added.
        state: of the row; only ``sent`` has reached the phone.
        facts: size and cost, as ``simulator_facts.list_texts`` adds them.
    """

    id: str
    channel: str
    text: str
    at: datetime
    state: str = SENT
    facts: Mapping[str, Any] = field(default_factory=dict)


def list_thread(store: Store, asked: ThreadAsked, *, lines: Collection[str] = ()) -> tuple[SentText, ...]:
    """Return the texts to a number, oldest first; empty for an unknown number.

    A staff phone's alerts are included. With ``lines``, the simulator channels, also texts not sent yet.
    """
    with store.read() as tx:
        caller, staff_ids = (
            callers.find_caller(tx, asked.number, trial=True),
            people.find_ids_by_number(tx, asked.number),
        )
        whose = or_(outbox.c.caller_id == caller.id if caller else false(), outbox.c.person_id.in_(staff_ids))
        return _list_sent(tx, whose, since=asked.since, lines=lines) if caller or staff_ids else ()


def _list_sent(
    tx: Tx, whose: ColumnElement[bool], *, since: datetime | None, lines: Collection[str]
) -> tuple[SentText, ...]:
    """Return the newest of these texts, oldest first, without erased ones."""
    query = (
        select(
            outbox.c.id, outbox.c.channel, outbox.c.payload, outbox.c.at, outbox.c.changed_at, outbox.c.state
        )
        .where(whose, _of_trials(lines))
        .order_by(outbox.c.id.desc())
        .limit(MOST)
    )
    if since is not None:
        query = query.where(outbox.c.changed_at >= since)
    found = []
    for row in tx.execute(query):
        payload = tx.ring.open_json(row.payload, table="outbox", column="payload", row=row.id)
        if payload is not None:
            at = row.changed_at if row.state == SENT else row.at
            found.append(
                SentText(id=row.id, channel=row.channel, text=payload["text"], at=at, state=row.state)
            )
    return tuple(reversed(found))


def _of_trials(lines: Collection[str]) -> ColumnElement[bool]:
    sent_ones = and_(outbox.c.state == SENT, outbox.c.provider_id.startswith(KEPT, autoescape=True))
    if not lines:
        return sent_ones
    return or_(sent_ones, and_(outbox.c.state.in_(_NOT_SENT), outbox.c.channel.in_(lines)))
