"""Claims the next due outbox row and a rate-limit token of its channel, and makes what is sent: text, call or push.

Whether a row may still be sent is checked in the same transaction. Rows that stay inside are worked here, internal
errors are recorded on their rows, and a browser that its push service no longer knows is dropped.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.channels import web_push
from gateway.channels.contract import Calls, Sender, SendOutcome
from gateway.channels.web_push import GONE
from gateway.delivery import clock_guard
from gateway.domain.callbacks.windows import ALWAYS, NOW_LASTS, find_next_window
from gateway.domain.contact_safety import SafeContact, When
from gateway.domain.events import Outgoing, OutgoingCall, OutgoingPush
from gateway.domain.outbox import send_policy, states
from gateway.domain.outbox.send_policy import Bucket, Cancel, Expire, Go, Later, RateLimits, Recipient, may_go
from gateway.domain.outbox.states import CALL, INSIDE, KINDS, OUTSIDE, PUSH, OutboxEvent, To
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import add_jitter, new_token
from gateway.storage import (
    callers,
    counts,
    outbox,
    outbox_claims,
    people,
    queue_counts,
    settings,
    staff_devices,
)
from gateway.storage.bridges import ONCE
from gateway.storage.callers import Caller
from gateway.storage.database import Tx, Unavailable
from gateway.storage.outbox import OutboxRow

if TYPE_CHECKING:
    from gateway.channels.contract import SendResult


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


# Internal errors: the row is retried a few times and then failed, so that it no longer blocks its recipient.

_log = logging.getLogger(__name__)


def find_jittered_delay(attempts: int) -> timedelta:
    """Return the delay before the next try, with random jitter to spread rows that failed together."""
    return timedelta(seconds=add_jitter(states.find_delay(attempts).total_seconds()))


def note_fault(parts: Services, row: OutboxRow, error: Exception) -> None:
    """Record an internal error on a row whose claim was rolled back.

    ``row`` is the claimed state, which counts this try.
    """
    now = parts.clock.now()
    then = states.plan_after_fault(
        attempts=row.attempts, now=now, wait=find_jittered_delay(row.attempts), expires_at=row.expires_at
    )
    failed = then.event is OutboxEvent.FAIL
    # Only the class is logged: the exception's message may quote the row's content (OWASP Logging Cheat Sheet).
    _log.error("outbox row %s (%s): %s in try %d", row.id, row.kind, type(error).__name__, row.attempts)
    with parts.store.write() as tx:
        outbox_claims.note_fault(
            tx,
            row.id,
            state="failed" if failed else "pending",
            attempts=row.attempts,
            due_at=then.due_at,
            now=now,
        )
    if failed:
        parts.count.add("outbox", "failed", channel=row.channel)
        parts.count.add("alarm", "fault", channel=row.channel)


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """A row to send now, with its message, claim token, and the monotonic second at which the claim began."""

    row: OutboxRow
    token: str
    message: Outgoing | OutgoingCall | OutgoingPush
    began: float


@dataclass(frozen=True, slots=True)
class Decided:
    """A row with nothing to send: worked inside, cancelled, expired, postponed or faulty."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No row can be claimed; ``wait`` is the time until a rate limit allows the next due row, None if none is due."""

    wait: timedelta | None = None


def get_limits(channel: Sender) -> RateLimits:
    """Return the configured limits of a channel: messages per second, parts and money per day; 0 for none."""
    config = channel.config
    return RateLimits(
        rate=config.rate,
        day=int(config.options.get("day_limit", "0")),
        spend=send_policy.read_price(config.day_spend),
    )


def find_cost(channel: Sender, reported: int, parts: int) -> int:
    """Return what a message cost: as the provider reported it, else by the configured price of its parts."""
    return reported or send_policy.read_price(channel.config.part_price) * parts


class LockedBuckets:
    """The channels' token buckets, filled as of now and locked until the transaction ends; each is saved once."""

    def __init__(self, parts: Services, tx: Tx, now: datetime) -> None:
        self._tx = tx
        self._of = _fill_buckets(parts, tx, now)
        self._changed: set[str] = set()

    def get_bucket(self, channel: str) -> Bucket:
        """Return a channel's bucket."""
        return self._of[channel]

    def set_bucket(self, channel: str, bucket: Bucket) -> None:
        """Replace a channel's bucket, to be written by ``save``."""
        if bucket != self._of[channel]:
            self._of[channel] = bucket
            self._changed.add(channel)

    def list_waits(self, parts: Services, now: datetime) -> dict[str, timedelta | None]:
        """Return channel → how long its next text has to wait: zero for not at all, None for longer than today."""
        limits = {name: get_limits(sender) for name, sender in parts.senders.items()}
        return {name: send_policy.find_wait(one, limits[name], now=now) for name, one in self._of.items()}

    def save(self) -> None:
        """Store the buckets that were replaced."""
        for channel in sorted(self._changed):
            counts.save_bucket(self._tx, channel, self._of[channel])


def claim_row(parts: Services, *, named: str | None = None) -> ClaimedRow | Decided | Nothing:
    """Work one inside row, or else claim one outside row: the named one, or else the best due one.

    Raises:
        Unavailable: the database cannot be reached.
    """
    found: list[OutboxRow] = []
    try:
        with parts.store.write() as tx:
            if _work_row(parts, tx, named, found):
                return Decided()
            found.clear()
            held = LockedBuckets(parts, tx, parts.clock.now())
            claimed = claim_within(parts, tx, held, found, named=named)
            held.save()
            return claimed
    except Unavailable:
        raise
    except Exception as error:  # a faulty row must not block the rows behind it
        if not found:
            raise
        note_fault(parts, found[0], error)
        return Decided()


def is_inside_due(parts: Services, tx: Tx) -> bool:
    """Return whether a row waits that is worked inside; such rows come before those that are sent."""
    return outbox_claims.has_due(tx, kinds=INSIDE, channels=None, now=parts.clock.now())


def claim_within(
    parts: Services, tx: Tx, held: LockedBuckets, found: list[OutboxRow], *, named: str | None = None
) -> ClaimedRow | Decided | Nothing:
    """Claim one outside row in a transaction that is open already, and take its token from ``held``.

    ``found`` receives the row as soon as it is claimed, so that an error after that can be recorded on it.
    """
    began, now = parts.clock.monotonic(), parts.clock.now()
    if not clock_guard.is_trusted(parts, tx, now):
        return Nothing()
    waits = held.list_waits(parts, now) | dict.fromkeys(settings.list_silent(tx, parts.channels, now))
    ready = [name for name, wait in waits.items() if wait == timedelta()]
    token = new_token(16)
    lease = timedelta(seconds=parts.lease_seconds)
    calling = [name for name, channel in parts.channels.items() if isinstance(channel, Calls)]
    row = outbox_claims.claim_due(
        tx, kinds=OUTSIDE, channels=ready, calling=calling, token=token, now=now, lease=lease, named=named
    )
    if row is None:
        return _make_nothing(tx, waits, now)
    found.append(row)
    recipient, number = _find_recipient(parts, tx, row, now)
    verdict = may_go(KINDS[row.kind], recipient, now=now, expires_at=row.expires_at)
    if not isinstance(verdict, Go):
        _decide_row(parts, tx, row, token, verdict)
        return Decided()
    message = make_push(parts, tx, row) if row.kind == PUSH else _make_message(tx, row, number)
    if row.kind != CALL:
        limits = get_limits(parts.senders[row.channel])
        bucket = send_policy.take_token(held.get_bucket(row.channel), limits, parts=row.parts)
        held.set_bucket(row.channel, bucket)
    return ClaimedRow(row, token, message, began)


def _fill_buckets(parts: Services, tx: Tx, now: datetime) -> dict[str, Bucket]:
    held = counts.hold_buckets(tx)
    missing = {
        name: send_policy.make_full_bucket(get_limits(sender), now)
        for name, sender in parts.senders.items()
        if name not in held
    }
    if missing:
        counts.ensure_buckets(tx, missing)
        held = counts.hold_buckets(tx)
    today = now.astimezone(ZoneInfo(parts.line.zone)).date()
    return {
        name: send_policy.fill_bucket(held[name], get_limits(sender), now=now, today=today)
        for name, sender in parts.senders.items()
    }


def _make_nothing(tx: Tx, waits: dict[str, timedelta | None], now: datetime) -> Nothing:
    dry = {name: wait for name, wait in waits.items() if wait}
    if dry and outbox_claims.has_due(tx, kinds=OUTSIDE, channels=list(dry), now=now):
        return Nothing(min(dry.values()))
    return Nothing()


def _find_recipient(parts: Services, tx: Tx, row: OutboxRow, now: datetime) -> tuple[Recipient, str]:
    """Return what the send policy needs to know, and the number, which is decrypted only here, just before sending."""
    if row.kind == PUSH:
        return Recipient(reachable=is_reachable(tx, row)), ""
    if KINDS[row.kind].to is To.PERSON:
        person = people.by_id(tx, row.person_id) if row.person_id else None
        number = person.number if person and not person.disabled else None
        return Recipient(reachable=bool(number)), number or ""
    caller = callers.by_id(tx, row.caller_id) if row.caller_id else None
    if caller is None:
        return Recipient(reachable=False), ""
    window = _find_window(caller.contact, caller.zone or parts.line.zone, now)
    known = Recipient(
        reachable=bool(caller.number), stopped=_is_stopped(caller, row), contact=caller.contact, window=window
    )
    return known, caller.number or ""


def _is_stopped(caller: Caller, row: OutboxRow) -> bool:
    """Return whether STOP applies to this text. An answer to a text written after STOP was asked for and is sent.

    With equal instants the order is unknown, and the text is not sent.
    """
    if caller.stopped_at is None:
        return False
    return KINDS[row.kind].ours or row.at <= caller.stopped_at


def _find_window(contact: SafeContact | None, zone: str, now: datetime) -> tuple[datetime, datetime] | None:
    """Return the span (UTC) in which the caller's phone may light up; a text needs nobody on duty."""
    if contact is None:
        return None
    if contact.when is When.NOW:
        span = contact.said_at, contact.said_at + NOW_LASTS
        return span if now < span[1] else None
    return find_next_window(contact.when, ALWAYS, zone, now, least=timedelta())


def _make_message(tx: Tx, row: OutboxRow, number: str) -> Outgoing | OutgoingCall:
    if row.kind == CALL:
        return OutgoingCall(own_id=row.once.removeprefix(ONCE), number=number)
    payload = outbox.open_row(tx, row).payload or {}
    return Outgoing(
        own_id=row.id,
        number=number,
        text=payload["text"],
        link=payload.get("link", ""),
        valid_until=row.expires_at,
    )


def _decide_row(
    parts: Services, tx: Tx, row: OutboxRow, token: str, verdict: Later | Cancel | Expire
) -> None:
    now = parts.clock.now()
    match verdict:
        case Later(at, reason):
            outbox_claims.put_back(tx, row.id, token, due_at=at, now=now, reason=reason, tried=False)
        case Cancel(reason):
            outbox_claims.finish_claim(tx, row.id, token, state="cancelled", reason=reason, now=now)
            parts.count.add("outbox", "cancelled", channel=row.channel)
        case Expire(reason):
            # A row tried before may have been sent all the same; a channel that can be queried will tell.
            tried = row.attempts > 1 and parts.senders[row.channel].contract.can_ask
            state = "unclear" if tried else "expired"
            outbox_claims.finish_claim(tx, row.id, token, state=state, reason=reason, now=now)
            parts.count.add("outbox", state, channel=row.channel)


# Inside rows, such as escalations: claim, work and result are one transaction, so they need no lease.


def _work_row(parts: Services, tx: Tx, named: str | None, found: list[OutboxRow]) -> bool:
    now, token = parts.clock.now(), new_token(16)
    lease = timedelta(seconds=parts.lease_seconds)
    row = outbox_claims.claim_due(
        tx, kinds=INSIDE, channels=None, token=token, now=now, lease=lease, named=named
    )
    if row is None:
        return False
    found.append(row)
    if now >= row.expires_at and not clock_guard.is_trusted(parts, tx, now):
        outbox_claims.put_back(tx, row.id, token, due_at=row.due_at, now=now, reason="clock", tried=False)
        return False
    if now >= row.expires_at:
        outbox_claims.finish_claim(tx, row.id, token, state="expired", reason="too_old", now=now)
        return True
    parts.inside[row.kind](parts, tx, outbox.open_row(tx, row))
    outbox_claims.finish_claim(tx, row.id, token, state="sent", now=now)
    return True
