"""Takes the provider's word on what became of a message; it comes twice, late, out of order, or early."""

from gateway.messages import Delivery
from gateway.outbox.states import forward
from gateway.parts import Parts
from gateway.store import deliveries, lines, outbox
from gateway.store.engines import Tx


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
    row = outbox.by_provider_id(tx, delivery.channel, delivery.provider_id)
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
    if row.state == "unclear" and delivery.state in {"delivered", "failed"}:
        state = "sent" if delivery.state == "delivered" else "failed"
        outbox.settle(tx, row.id, state=state, reason="delivery", now=now)
