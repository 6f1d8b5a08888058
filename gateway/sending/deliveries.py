"""Takes the provider's word on what became of a message; it comes twice, late, out of order, or early."""

from gateway.messages import OPTED_OUT, Delivery
from gateway.outbox.states import forward
from gateway.parts import Parts
from gateway.store import deliveries, lines, outbox
from gateway.store.engines import Tx
from gateway.store.outbox import OutboxRow

VERDICTS = {"delivered": "sent", "failed": "failed"}
"""What a word settles of an unclear row; whatever a line says of a text under our id proves that it has it."""


def take(parts: Parts, delivery: Delivery) -> None:
    """Write a delivery on its row, or park it until the row knows the provider's id.

    Raises:
        Unavailable: SQL cannot be asked.
    """
    parts.store.run(lambda tx: _take(parts, tx, delivery))
    parts.count.add("delivery", delivery.state, channel=delivery.channel)


def _take(parts: Parts, tx: Tx, delivery: Delivery) -> None:
    now = parts.clock.now()
    # A record of the same line holds this row too: neither can miss what the other has just written.
    lines.held(tx, delivery.channel)
    row = _row(parts, tx, delivery)
    if row is None:
        deliveries.park(
            tx,
            channel=delivery.channel,
            provider_id=delivery.provider_id,
            status=delivery.status,
            state=delivery.state,
            reason=delivery.reason,
            now=now,
        )
        return
    further = forward(row.delivery, delivery.state)
    if further != row.delivery:
        outbox.set_delivery(tx, row.id, delivery=further, reason=delivery.reason, now=now)
        if delivery.reason == OPTED_OUT:
            parts.opted_out(parts, tx, row)
    verdict = VERDICTS.get(delivery.state, "sent" if _takes_our_id(parts, delivery.channel) else "")
    if row.state == "unclear" and verdict:
        outbox.settle(tx, row.id, state=verdict, reason="delivery", now=now)


def _row(parts: Parts, tx: Tx, delivery: Delivery) -> OutboxRow | None:
    """Return the row by the provider's id; on a line that takes our id this is ours, known before any answer."""
    row = outbox.by_provider_id(tx, delivery.channel, delivery.provider_id)
    if row is not None or not _takes_our_id(parts, delivery.channel):
        return row
    ours = outbox.by_id(tx, delivery.provider_id)
    return ours if ours is not None and ours.channel == delivery.channel else None


def _takes_our_id(parts: Parts, name: str) -> bool:
    channel = parts.channels.get(name)
    return channel is not None and channel.contract.takes_our_id
