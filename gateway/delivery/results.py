"""Records delivery reports, queries providers about unclear rows, and lets a person settle the rest.

Delivery reports arrive repeatedly, late, out of order, or before the send's own response.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.channels.contract import SendOutcome, StatusQueryable
from gateway.domain.events import OPTED_OUT, Delivery
from gateway.domain.outbox.states import OutboxEvent, OutboxState, choose_further_word, find_next_state
from gateway.domain.permissions import Actor, AuditAct, Permission, check_permission
from gateway.foundation.services import Services
from gateway.storage import audit, counts, outbox, settings
from gateway.storage.database import Tx
from gateway.storage.outbox import OutboxRow

VERDICTS = {"delivered": "sent", "failed": "failed"}
"""How a report settles an unclear row; on a channel that uses our id, any report proves that it has the message."""


def record_delivery(parts: Services, delivery: Delivery) -> None:
    """Record a delivery report on its row, or park it until the row knows the provider's id.

    Raises:
        Unavailable: the database cannot be reached.
    """
    parts.store.run(lambda tx: _write_delivery(parts, tx, delivery))
    parts.count.add("delivery", delivery.state, channel=delivery.channel)


def _write_delivery(parts: Services, tx: Tx, delivery: Delivery) -> None:
    now = parts.clock.now()
    # Recording a send result locks the same bucket, so neither can miss what the other has just written.
    counts.hold_bucket(tx, delivery.channel)
    row = _find_row(parts, tx, delivery)
    if row is None:
        outbox.park_delivery(
            tx,
            channel=delivery.channel,
            provider_id=delivery.provider_id,
            status=delivery.status,
            state=delivery.state,
            reason=delivery.reason,
            now=now,
        )
        return
    further = choose_further_word(row.delivery, delivery.state)
    if further != row.delivery:
        outbox.set_delivery(tx, row.id, delivery=further, reason=delivery.reason, now=now)
        if delivery.reason == OPTED_OUT:
            parts.opted_out(parts, tx, row)
    verdict = VERDICTS.get(delivery.state, "sent" if _reports_our_id(parts, delivery.channel) else "")
    if row.state == "unclear" and verdict:
        outbox.settle_row(tx, row.id, state=verdict, reason="delivery", now=now)


def _find_row(parts: Services, tx: Tx, delivery: Delivery) -> OutboxRow | None:
    """Return the row by the provider's id, or by our own id on a channel that uses it."""
    row = outbox.by_provider_id(tx, delivery.channel, delivery.provider_id)
    if row is not None or not _reports_our_id(parts, delivery.channel):
        return row
    own = outbox.by_id(tx, delivery.provider_id)
    return own if own is not None and own.channel == delivery.channel else None


def _reports_our_id(parts: Services, name: str) -> bool:
    channel = parts.channels.get(name)
    return channel is not None and (channel.contract.takes_our_id or channel.contract.reports_our_id)


# Status queries: a channel that knows messages by our id is asked about unclear rows, so that no person has to decide.

AT_ONCE = 10
"""Queries per round, as a phone gateway is slow and the round has more to do."""

REST = timedelta(seconds=30)
"""A row that became unclear more recently may still be on its way to the provider."""


def ask_providers(parts: Services) -> int:
    """Query the channels about their oldest unclear rows; return how many were settled.

    Raises:
        Unavailable: the database cannot be reached.
    """
    now = parts.clock.now()
    with parts.store.read() as tx:
        down = settings.list_silent(tx, parts.channels, now)
        lines = [name for name, each in parts.channels.items() if each.contract.can_ask and name not in down]
        rows = outbox.list_unclear(tx, lines, before=now - REST, limit=AT_ONCE) if lines else ()
    return sum(_ask_about(parts, row.id, row.channel) for row in rows)


def _ask_about(parts: Services, row_id: str, name: str) -> bool:
    channel = parts.channels[name]
    now = parts.clock.now()
    answer = channel.ask(row_id, now=now) if isinstance(channel, StatusQueryable) else None
    if answer is None:
        return False
    state = "sent" if answer.outcome is SendOutcome.SENT else "failed"
    with parts.store.write() as tx:
        clear = outbox.settle_row(tx, row_id, state=state, reason=answer.reason or "asked", now=now)
    if clear:
        parts.count.add("outbox", f"settled.{state}", channel=name)
    return clear


# Listings of the outbox, without numbers and without texts.


def list_rows(parts: Services, *, state: str = "", limit: int = 200) -> list[dict[str, Any]]:
    """Return the newest rows in the shape of ``format_row``, optionally only those in one state."""
    with parts.store.read() as tx:
        return [format_row(row) for row in outbox.list_rows(tx, state=state, limit=limit)]


def list_newest(parts: Services, limit: int) -> tuple[OutboxRow, ...]:
    """Return the newest rows, for the pages."""
    with parts.store.read() as tx:
        return outbox.list_rows(tx, limit=limit)


def format_row(row: OutboxRow) -> dict[str, Any]:
    """Return one row in the public JSON shape of ``gateway outbox list --json``; instants are RFC 3339 in UTC."""
    return {
        "id": row.id,
        "kind": row.kind,
        "channel": row.channel,
        "state": row.state,
        "priority": row.priority,
        "attempts": row.attempts,
        "parts": row.parts,
        "at": _format_instant(row.at),
        "due_at": _format_instant(row.due_at),
        "expires_at": _format_instant(row.expires_at),
        "changed_at": _format_instant(row.changed_at),
        "delivery": row.delivery,
        "reason": row.reason,
        "provider_id": row.provider_id,
        "callback": row.callback_id,
    }


def _format_instant(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# A person's verdict on an unclear row. It is never resent automatically, because the recipient may have it already.

PERSON_VERDICTS = {"sent": OutboxEvent.SETTLE_SENT, "failed": OutboxEvent.SETTLE_FAILED}


class NotUnclear(Exception):
    """There is no unclear row of this id; the message names its state, if it exists."""


def settle_row(parts: Services, actor: Actor, row_id: str, verdict: str) -> None:
    """Record a person's verdict, ``sent`` or ``failed``; a send that still runs can no longer change the row.

    Raises:
        NotPermitted: the actor may not settle the outbox.
        NotUnclear: the row was settled already, or there is none.
        KeyError: the verdict is neither of the two.
    """
    check_permission(actor, Permission.SETTLE_OUTBOX)
    state = find_next_state(OutboxState.UNCLEAR, PERSON_VERDICTS[verdict])
    now = parts.clock.now()
    with parts.store.write() as tx:
        if not outbox.settle_row(tx, row_id, state=state.value, reason="person", now=now):
            row = outbox.by_id(tx, row_id)
            raise NotUnclear(
                f"row {row_id} is {row.state}, not unclear" if row else f"there is no row {row_id}"
            )
        audit.add_entry(
            tx,
            now=now,
            person_id=actor.person_id,
            act=AuditAct.OUTBOX_SETTLE,
            kind="outbox",
            subject=row_id,
            detail=verdict,
        )
    parts.count.add("outbox", f"settled.{verdict}")
