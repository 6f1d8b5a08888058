"""Sends claimed outbox rows through their channel and records the results under the claim's token.

A send without a certain result becomes unclear and is never repeated blindly: at most once, where the provider cannot
tell duplicates apart.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from rq.timeouts import BaseTimeoutException

from gateway.channels.contract import Calls, Channel, SendOutcome, SendResult
from gateway.delivery import claim
from gateway.delivery.claim import ClaimedRow, Nothing, claim_row
from gateway.domain.events import OPTED_OUT, Outgoing, OutgoingCall
from gateway.domain.outbox import rate_limit as buckets
from gateway.domain.outbox import states
from gateway.domain.outbox.kinds import CALL
from gateway.domain.outbox.states import Next, OutboxEvent, OutboxState, choose_further_word, find_next_state
from gateway.foundation.services import Services
from gateway.storage import outbox, outbox_claims, rate_limits
from gateway.storage.database import Tx, Unavailable
from gateway.storage.outbox import OutboxRow

# Results. They are written only under the token of their claim, so one that comes too late changes nothing.

# Seconds before the second and third try: a lost result must be settled by a person.
_TRIES = (0.5, 2.0)


def record_result(parts: Services, claimed: ClaimedRow, result: SendResult, then: Next) -> None:
    """Record the send result, update the channel's rate limit, and apply delivery reports that came before it.

    Raises:
        Unavailable: the database could not be reached for seconds; the lease will make the row unclear.
    """
    for pause in _TRIES:
        try:
            is_written = parts.store.run(lambda tx: _write_result(parts, tx, claimed, result, then))
            break
        except Unavailable:
            parts.clock.sleep(pause)
    else:
        is_written = parts.store.run(lambda tx: _write_result(parts, tx, claimed, result, then))
    _log_result(parts, claimed, result, then, is_written=is_written)


def _write_result(parts: Services, tx: Tx, claimed: ClaimedRow, result: SendResult, then: Next) -> bool:
    row, token, now = claimed.row, claimed.token, parts.clock.now()
    bucket = rate_limits.hold_bucket(tx, row.channel) if row.kind != CALL else None
    if bucket is not None:
        rate_limits.save_bucket(tx, row.channel, _settle_account(parts, bucket, result, row.parts))
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
        cost=result.cost,
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


def _settle_account(
    parts: Services, bucket: buckets.Bucket, result: SendResult, count: int
) -> buckets.Bucket:
    if result.outcome is SendOutcome.SENT:
        return buckets.note_success(bucket, cost=result.cost)
    if result.outcome is SendOutcome.REFUSED and not result.alarm:
        return bucket  # the recipient was refused, which says nothing about the channel
    return buckets.did_not(
        buckets.give_back(bucket, parts=count) if result.outcome is SendOutcome.NOT_SENT else bucket,
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
    handled = 0
    named = first
    while not stopping() and parts.clock.monotonic() < until:
        try:
            wait = _handle_one(parts, named)
        except Unavailable as error:
            _log.warning("sending stops: %s", error)
            break
        if wait is None:
            handled += 1
        elif named is None and not 0 < wait <= LONGEST_WAIT.total_seconds():
            break
        elif named is None:
            parts.clock.sleep(wait)
        named = None
    return handled


def _handle_one(parts: Services, named: str | None) -> float | None:
    """Handle one row and return None; without one, return the seconds until one may be claimed (0 if unknown)."""
    if claim.run_inside_row(parts, named=named):
        return None
    claimed = claim_row(parts, named=named)
    if isinstance(claimed, Nothing):
        return claimed.wait.total_seconds() if claimed.wait else 0.0
    if isinstance(claimed, ClaimedRow):
        _send_row(parts, claimed)
    return None


def _send_row(parts: Services, claimed: ClaimedRow) -> None:
    row = claimed.row
    if _too_late(parts, claimed):
        # The machine slept or was frozen since the claim, so another process may have ended the lease.
        with parts.store.write() as tx:
            now = parts.clock.now()
            outbox_claims.put_back(tx, row.id, claimed.token, due_at=now, now=now, reason="late", tried=False)
        return
    channel = parts.channels[row.channel]
    try:
        result = _send_message(channel, claimed.message, parts.clock.now())
    except BaseTimeoutException:
        # The job timed out or the worker must stop (RQ's death penalty): whether the message was sent is unknown.
        result = SendResult(outcome=SendOutcome.UNCLEAR, reason="out-of-time")
    except Exception as error:  # noqa: BLE001 - after any error it is unknown whether the message was sent
        # Without the traceback, which may quote the text (OWASP Logging Cheat Sheet).
        _log.error("outbox row %s: %s in the channel %s", row.id, type(error).__name__, row.channel)
        result = SendResult(outcome=SendOutcome.UNCLEAR, reason="fault", alarm=True)
    record_result(parts, claimed, result, _plan_next(parts, claimed, result))


def _send_message(channel: Channel, message: Outgoing | OutgoingCall, now: datetime) -> SendResult:
    if not isinstance(message, OutgoingCall):
        return channel.send(message, now=now)
    if isinstance(channel, Calls):
        return channel.place(message, now=now)
    return SendResult(outcome=SendOutcome.REFUSED, reason="no-calls")


def _too_late(parts: Services, claimed: ClaimedRow) -> bool:
    row = claimed.row
    asleep = (parts.clock.now() - (row.claimed_at or parts.clock.now())).total_seconds()
    frozen = parts.clock.monotonic() - claimed.began
    return max(asleep, frozen) > min(TOO_LATE, parts.lease_seconds / 2)


def _plan_next(parts: Services, claimed: ClaimedRow, result: SendResult) -> Next:
    row, now = claimed.row, parts.clock.now()
    repeatable = row.kind != CALL and parts.channels[row.channel].contract.takes_our_id
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
