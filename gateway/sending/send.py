"""Sends one row, then whatever is due: a nudge may be lost, doubled or late and changes nothing."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from rq.timeouts import BaseTimeoutException

from gateway.channel import Calls, Channel, Outcome, SendResult
from gateway.messages import Outgoing, OutgoingCall
from gateway.outbox import retry
from gateway.outbox.kinds import CALL
from gateway.outbox.retry import Next
from gateway.outbox.states import Event
from gateway.parts import Parts
from gateway.sending import faults, inside
from gateway.sending.claim import Claimed, Nothing, claim
from gateway.sending.record import record
from gateway.store import claims
from gateway.store.engines import Unavailable

_log = logging.getLogger(__name__)

DRAIN_SECONDS = 20.0
LONGEST_WAIT = timedelta(seconds=1)
TOO_LATE = 60.0


def never() -> bool:
    """Say that nobody asked to stop."""
    return False


def drain(
    parts: Parts,
    *,
    first: str | None = None,
    seconds: float = DRAIN_SECONDS,
    stopping: Callable[[], bool] = never,
) -> int:
    """Handle the named row if it can be claimed, then whatever is due, for some seconds; return how many rows.

    Args:
        parts: the parts.
        first: the row that a nudge named.
        seconds: after these no further row is begun.
        stopping: asked before each row; True ends the drain.
    """
    until = parts.clock.monotonic() + seconds
    handled = 0
    named = first
    while not stopping() and parts.clock.monotonic() < until:
        try:
            wait = _one(parts, named)
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


def _one(parts: Parts, named: str | None) -> float | None:
    """Handle one row; return None, or where none could be had the seconds after which one may be (0: nobody knows)."""
    if inside.work(parts, named=named):
        return None
    claimed = claim(parts, named=named)
    if isinstance(claimed, Nothing):
        return claimed.wait.total_seconds() if claimed.wait else 0.0
    if isinstance(claimed, Claimed):
        _send(parts, claimed)
    return None


def _send(parts: Parts, claimed: Claimed) -> None:
    row = claimed.row
    if _too_late(parts, claimed):
        # The machine slept or was frozen since the claim: another may think that this row is in the open.
        with parts.store.write() as tx:
            now = parts.clock.now()
            claims.put_back(tx, row.id, claimed.token, due_at=now, now=now, reason="late", tried=False)
        return
    channel = parts.channels[row.channel]
    try:
        result = _left(channel, claimed.message, parts.clock.now())
    except BaseTimeoutException:
        # The job's time was over, or the worker is to stop: nobody knows whether the text left.
        result = SendResult(outcome=Outcome.UNCLEAR, reason="out-of-time")
    except Exception as error:  # noqa: BLE001 - whatever it was, nobody knows whether the text left
        # Without its traceback, which may hold the text.
        _log.error("outbox row %s: %s in the channel %s", row.id, type(error).__name__, row.channel)
        result = SendResult(outcome=Outcome.UNCLEAR, reason="fault", alarm=True)
    record(parts, claimed, result, _plan(parts, claimed, result))


def _left(channel: Channel, message: Outgoing | OutgoingCall, now: datetime) -> SendResult:
    if not isinstance(message, OutgoingCall):
        return channel.send(message, now=now)
    if isinstance(channel, Calls):
        return channel.place(message, now=now)
    return SendResult(outcome=Outcome.REFUSED, reason="no-calls")


def _too_late(parts: Parts, claimed: Claimed) -> bool:
    row = claimed.row
    asleep = (parts.clock.now() - (row.claimed_at or parts.clock.now())).total_seconds()
    frozen = parts.clock.monotonic() - claimed.began
    return max(asleep, frozen) > min(TOO_LATE, parts.lease_seconds / 2)


def _plan(parts: Parts, claimed: Claimed, result: SendResult) -> Next:
    row, now = claimed.row, parts.clock.now()
    repeatable = row.kind != CALL and parts.channels[row.channel].contract.takes_our_id
    match result.outcome:
        case Outcome.SENT:
            return Next(Event.SENT, result.reason)
        case Outcome.REFUSED:
            return Next(Event.FAIL, result.reason or "refused")
        case Outcome.UNCLEAR if not repeatable:
            return Next(Event.UNKNOWN, result.reason or "unclear")
        case Outcome.NOT_SENT if result.down and now < row.expires_at:
            return Next(
                Event.AGAIN, result.reason, row.due_at
            )  # it is not this text's fault: it keeps its place
        case Outcome.NOT_SENT | Outcome.UNCLEAR:
            then = retry.again(
                reason=result.reason,
                now=now,
                wait=faults.jittered(row.attempts),
                expires_at=row.expires_at,
                named=result.retry_at,
            )
            lost = result.outcome is Outcome.UNCLEAR and then.event is Event.FAIL
            return Next(Event.UNKNOWN, then.reason) if lost else then
