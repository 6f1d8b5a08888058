"""Makes the message of a push row when it is sent, and drops a browser that its push service no longer knows."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.channels import web_push
from gateway.channels.contract import SendOutcome
from gateway.channels.web_push import GONE
from gateway.domain.events import OutgoingPush
from gateway.storage import outbox, people, queue_counts, staff_devices

if TYPE_CHECKING:
    from gateway.channels.contract import SendResult
    from gateway.domain.outbox.states import OutboxEvent
    from gateway.foundation.services import Services
    from gateway.storage.database import Tx
    from gateway.storage.outbox import OutboxRow

MOST = 99
_FIRST_LOOK = timedelta(days=1)
LANE = "push:"
"""Prefix of the lane of push rows; the id of the subscription follows, so that each browser has an order of its own."""


def is_reachable(tx: Tx, row: OutboxRow) -> bool:
    """Return whether the browser of this row still takes messages."""
    return staff_devices.has_subscription(tx, row.lane.removeprefix(LANE))


def make_push(parts: Services, tx: Tx, row: OutboxRow) -> OutgoingPush:
    """Return the message: how many are new, in which language that is said, and whether it presses; nothing else.

    Raises:
        ValueError: address or keys cannot be read.
    """
    address = staff_devices.open_address(tx, row.lane.removeprefix(LANE))
    signing_key = staff_devices.find_push_key(tx)
    if address is None or signing_key is None:
        raise ValueError("a push row without an address or a key")
    payload = outbox.open_row(tx, row).payload or {}
    said = {
        "n": _count_new(parts, tx, row),
        **{name: payload[name] for name in ("l", "u") if name in payload},
    }
    return OutgoingPush(
        endpoint=address.endpoint,
        public_key=web_push.read_base64(address.p256dh),
        auth=web_push.read_base64(address.auth),
        signing_key=signing_key,
        contact=parts.public_url if parts.public_url.startswith("https://") else "",
        text=json.dumps(said, separators=(",", ":")),
        valid_until=row.expires_at,
    )


def _count_new(parts: Services, tx: Tx, row: OutboxRow) -> int:
    """Return how many requests are new to the person now; at least the one that the row is about."""
    person = people.by_id(tx, row.person_id) if row.person_id else None
    if person is None:
        return 1
    since = person.looked_at or parts.clock.now() - _FIRST_LOOK
    return min(max(queue_counts.count_new_since(tx, person.team, since=since), 1), MOST)


def note_pushed(_parts: Services, tx: Tx, row: OutboxRow, result: SendResult, _event: OutboxEvent) -> None:
    """Drop the browser, in the transaction of the result, where the push service says that it is gone."""
    if result.outcome is SendOutcome.REFUSED and result.reason == GONE:
        staff_devices.drop_subscription(tx, row.lane.removeprefix(LANE))
