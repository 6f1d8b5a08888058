"""Sends claimed outbox rows through their channel and records the results under the claim's token.

A send without a certain result becomes unclear and is never repeated blindly: at most once, where the provider cannot
tell duplicates apart.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta

from rq.timeouts import BaseTimeoutException

from gateway.channels.contract import Calls, SendOutcome, SendResult
from gateway.delivery import claim
from gateway.delivery.claim import ClaimedRow, Decided, LockedBuckets, Nothing, claim_row
from gateway.domain.events import OPTED_OUT, Outgoing, OutgoingCall, OutgoingPush
from gateway.domain.outbox import send_policy, states
from gateway.domain.outbox.states import (
    CALL,
    PUSH,
    Next,
    OutboxEvent,
    OutboxState,
    choose_further_word,
    find_next_state,
)
from gateway.foundation.services import Services
from gateway.storage import outbox, outbox_claims
from gateway.storage.database import Tx, Unavailable
from gateway.storage.outbox import OutboxRow

# Results. They are written only under the token of their claim, so one that comes too late changes nothing.

# Seconds before the second and third try: a lost result must be settled by a person.
_TRIES = (0.5, 2.0)

Found = ClaimedRow | Decided | Nothing
"""What a claim brings."""


def record_result(
    parts: Services, claimed: ClaimedRow, result: SendResult, then: Next, *, more: Callable[[], bool]
) -> Found | None:
    """Record the send result, update the channel's rate limit, and apply delivery reports that came before it.

    Where ``more`` says that a further row may be begun, it is claimed in the same transaction: one commit a message
    instead of two. Whatever hinders that claim leaves the result to be recorded alone.

    Returns:
        What the claim brought; None where none was made.

    Raises:
        Unavailable: the database could not be reached for seconds; the lease will make the row unclear.
    """
    faulty: list[tuple[OutboxRow, Exception]] = []
    try:
        is_written, found = _record_and_claim(parts, claimed, result, then, faulty, more=more)
    except _NotTogether as apart:
        pauses = _TRIES if isinstance(apart.__cause__, Unavailable) else (0.0, *_TRIES)
        is_written, found = _record_alone(parts, claimed, result, then, pauses), None
    _log_result(parts, claimed, result, then, is_written=is_written)
    for row, error in faulty:
        claim.note_fault(parts, row, error)
        found = Decided()
    return found


class _NotTogether(Exception):
    """Result and next claim could not be written in one transaction; nothing of it was kept."""


def _record_and_claim(
    parts: Services,
    claimed: ClaimedRow,
    result: SendResult,
    then: Next,
    faulty: list[tuple[OutboxRow, Exception]],
    *,
    more: Callable[[], bool],
) -> tuple[bool, Found | None]:
    """Return whether the result was taken, and the next claim; a row that broke its claim is put into ``faulty``."""
    touched: list[OutboxRow] = []
    try:
        with parts.store.write() as tx:
            # All buckets are locked before anything else, in the order in which every claim locks them.
            held = LockedBuckets(parts, tx, parts.clock.now())
            is_written = _write_result(parts, tx, held, claimed, result, then)
            found = None
            if more() and not claim.is_inside_due(parts, tx):
                found = claim.claim_within(parts, tx, held, touched)
            held.save()
    except Exception as error:
        if not isinstance(error, Unavailable | BaseTimeoutException):
            faulty += [(row, error) for row in touched]
        raise _NotTogether from error
    return is_written, found


def _record_alone(
    parts: Services, claimed: ClaimedRow, result: SendResult, then: Next, pauses: Sequence[float]
) -> bool:
    """Record the result in a transaction of its own; each try comes after its pause, in seconds."""

    def work(tx: Tx) -> bool:
        held = LockedBuckets(parts, tx, parts.clock.now())
        is_written = _write_result(parts, tx, held, claimed, result, then)
        held.save()
        return is_written

    for pause in pauses[:-1]:
        parts.clock.sleep(pause)
        with suppress(Unavailable):
            return parts.store.run(work)
    parts.clock.sleep(pauses[-1])
    return parts.store.run(work)


def _write_result(
    parts: Services, tx: Tx, held: LockedBuckets, claimed: ClaimedRow, result: SendResult, then: Next
) -> bool:
    row, token, now = claimed.row, claimed.token, parts.clock.now()
    if row.kind not in (CALL, PUSH):  # a push service answers for one browser, not for all as a channel does
        bucket = held.get_bucket(row.channel)
        held.set_bucket(row.channel, _settle_account(parts, bucket, result, row))
    if then.event is OutboxEvent.AGAIN:
        due_at = then.due_at or now
        return outbox_claims.put_back(
            tx, row.id, token, due_at=due_at, now=now, reason=then.reason, tried=not result.down
        )
    is_written = _finish_row(parts, tx, claimed, result, then)
    if is_written and result.provider_id:
        _match_deliveries(tx, parts, row, result.provider_id)
    if is_written and result.reason == OPTED_OUT:
        parts.opted_out(parts, tx, row)
    if is_written and row.kind in parts.after:
        parts.after[row.kind](parts, tx, row, result, then.event)
    return is_written


def _finish_row(parts: Services, tx: Tx, claimed: ClaimedRow, result: SendResult, then: Next) -> bool:
    row, token, now = claimed.row, claimed.token, parts.clock.now()
    return outbox_claims.finish_claim(
        tx,
        row.id,
        token,
        state=find_next_state(OutboxState.SENDING, then.event),
        now=now,
        reason=then.reason,
        provider_id=result.provider_id or None,
        cost=_find_cost(parts, row, result),
    )


def _match_deliveries(tx: Tx, parts: Services, row: OutboxRow, provider_id: str) -> None:
    delivery, reason = "", ""
    for parked in outbox.unpark_deliveries(tx, row.channel, provider_id):
        further = choose_further_word(delivery, parked.state)
        if further != delivery:
            delivery, reason = further, parked.reason
    if delivery:
        outbox.set_delivery(tx, row.id, delivery=delivery, reason=reason, now=parts.clock.now())

    if reason == OPTED_OUT:
        parts.opted_out(parts, tx, row)


def _find_cost(parts: Services, row: OutboxRow, result: SendResult) -> int:
    is_text = row.kind not in (CALL, PUSH) and result.outcome is SendOutcome.SENT
    return claim.find_cost(parts.senders[row.channel], result.cost, row.parts) if is_text else result.cost


def _settle_account(
    parts: Services, bucket: send_policy.Bucket, result: SendResult, row: OutboxRow
) -> send_policy.Bucket:
    if result.outcome is SendOutcome.SENT:
        return send_policy.note_success(bucket, cost=_find_cost(parts, row, result))
    if result.outcome is SendOutcome.REFUSED and not result.alarm:
        return bucket  # the recipient was refused, which says nothing about the channel
    return send_policy.did_not(
        send_policy.give_back(bucket, parts=row.parts) if result.outcome is SendOutcome.NOT_SENT else bucket,
        now=parts.clock.now(),
        reason=result.reason,
        alarm=result.alarm,
        down=result.down,
        named=result.retry_at,
    )


def _log_result(
    parts: Services, claimed: ClaimedRow, result: SendResult, then: Next, *, is_written: bool
) -> None:
    row = claimed.row
    if not is_written:
        _log.warning("outbox row %s: its result came too late and was not taken", row.id)
        return
    word = (
        "retried"
        if then.event is OutboxEvent.AGAIN
        else find_next_state(OutboxState.SENDING, then.event).value
    )
    parts.count.add("outbox", word, channel=row.channel)
    if then.event is not OutboxEvent.SENT:
        _log.info("outbox row %s: %s (%s)", row.id, word, then.reason)
    if result.alarm:
        parts.count.add("alarm", then.reason, channel=row.channel)
        _log.error("line %s needs somebody: %s", row.channel, then.reason)


_log = logging.getLogger(__name__)

DRAIN_SECONDS = 20.0
LONGEST_WAIT = timedelta(seconds=1)
TOO_LATE = 60.0


def keep_going() -> bool:
    """Return False: the default for ``stopping``."""
    return False


def drain_outbox(
    parts: Services,
    *,
    first: str | None = None,
    seconds: float = DRAIN_SECONDS,
    stopping: Callable[[], bool] = keep_going,
) -> int:
    """Handle the named row if it can be claimed, then due rows until the time is over; return the number of rows.

    Args:
        parts: the services of this process.
        first: id of the row that a nudge named.
        seconds: no further row is begun after this time.
        stopping: called before each row; True ends the drain.
    """
    until = parts.clock.monotonic() + seconds

    def more() -> bool:
        return not stopping() and parts.clock.monotonic() < until

    handled, named = 0, first
    while more():
        try:
            rows, found = _send_in_turn(parts, claim_row(parts, named=named), more)
        except Unavailable as error:
            _log.warning("sending stops: %s", error)
            break
        handled += rows
        wait = _find_pause(found) if named is None else 0.0
        if wait is None:
            break
        if wait:
            parts.clock.sleep(wait)
        named = None
    return handled


def _send_in_turn(parts: Services, found: Found | None, more: Callable[[], bool]) -> tuple[int, Found | None]:
    """Send claimed rows, each of which brings the next, and return their number and what ended them."""
    handled = 0
    while isinstance(found, ClaimedRow):
        handled += 1
        found = _send_row(parts, found, more)
    return handled + isinstance(found, Decided), found


def _find_pause(found: Found | None) -> float | None:
    """Return the seconds to wait before the next claim; None where the drain is over."""
    if not isinstance(found, Nothing):
        return 0.0
    wait = found.wait or timedelta()
    return wait.total_seconds() if timedelta() < wait <= LONGEST_WAIT else None


def _send_row(parts: Services, claimed: ClaimedRow, more: Callable[[], bool]) -> Found | None:
    row = claimed.row
    if _too_late(parts, claimed):
        # The machine slept or was frozen since the claim, so another process may have ended the lease.
        with parts.store.write() as tx:
            now = parts.clock.now()
            outbox_claims.put_back(tx, row.id, claimed.token, due_at=now, now=now, reason="late", tried=False)
        return None
    try:
        result = _send_message(parts, row.channel, claimed.message)
    except BaseTimeoutException:
        # The job timed out or the worker must stop (RQ's death penalty): whether the message was sent is unknown.
        result = SendResult(outcome=SendOutcome.UNCLEAR, reason="out-of-time")
    except Exception as error:  # noqa: BLE001 - after any error it is unknown whether the message was sent
        # Without the traceback, which may quote the text (OWASP Logging Cheat Sheet).
        _log.error("outbox row %s: %s in the channel %s", row.id, type(error).__name__, row.channel)
        result = SendResult(outcome=SendOutcome.UNCLEAR, reason="fault", alarm=True)
    return record_result(parts, claimed, result, _plan_next(parts, claimed, result), more=more)


def _send_message(parts: Services, name: str, message: Outgoing | OutgoingCall | OutgoingPush) -> SendResult:
    now = parts.clock.now()
    match message:
        case OutgoingPush():
            if parts.push is None:
                return SendResult(outcome=SendOutcome.REFUSED, reason="no-push")
            return parts.push.push(message, now=now)
        case OutgoingCall():
            channel = parts.channels[name]
            if isinstance(channel, Calls):
                return channel.place(message, now=now)
            return SendResult(outcome=SendOutcome.REFUSED, reason="no-calls")
        case Outgoing():
            return parts.channels[name].send(message, now=now)


def _too_late(parts: Services, claimed: ClaimedRow) -> bool:
    row = claimed.row
    asleep = (parts.clock.now() - (row.claimed_at or parts.clock.now())).total_seconds()
    frozen = parts.clock.monotonic() - claimed.began
    return max(asleep, frozen) > min(TOO_LATE, parts.lease_seconds / 2)


def _plan_next(parts: Services, claimed: ClaimedRow, result: SendResult) -> Next:
    row, now = claimed.row, parts.clock.now()
    repeatable = row.kind != CALL and parts.senders[row.channel].contract.takes_our_id
    match result.outcome:
        case SendOutcome.SENT:
            return Next(OutboxEvent.SENT, result.reason)
        case SendOutcome.REFUSED:
            return Next(OutboxEvent.FAIL, result.reason or "refused")
        case SendOutcome.UNCLEAR if not repeatable:
            return Next(OutboxEvent.UNKNOWN, result.reason or "unclear")
        case SendOutcome.NOT_SENT if result.down and now < row.expires_at:
            # The channel is down, which is not this row's fault, so it keeps its place.
            return Next(OutboxEvent.AGAIN, result.reason, row.due_at)
        case SendOutcome.NOT_SENT | SendOutcome.UNCLEAR:
            then = states.plan_retry(
                reason=result.reason,
                now=now,
                wait=claim.find_jittered_delay(row.attempts),
                expires_at=row.expires_at,
                named=result.retry_at,
            )
            lost = result.outcome is SendOutcome.UNCLEAR and then.event is OutboxEvent.FAIL
            return Next(OutboxEvent.UNKNOWN, then.reason) if lost else then
