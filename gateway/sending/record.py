"""Writes what came of a send, under the token of its claim; a result that comes too late changes nothing."""

import logging

from gateway.channel import Outcome, SendResult
from gateway.messages import OPTED_OUT
from gateway.outbox import bucket as buckets
from gateway.outbox.kinds import CALL
from gateway.outbox.retry import Next
from gateway.outbox.states import Event, State, after, forward
from gateway.parts import Parts
from gateway.sending.claim import Claimed
from gateway.store import claims, deliveries, lines, outbox
from gateway.store.engines import Tx, Unavailable
from gateway.store.outbox import OutboxRow

_log = logging.getLogger(__name__)

_TRIES = (
    0.5,
    2.0,
)  # seconds before the second and the third try: a result that is lost makes work for a person


def record(parts: Parts, claimed: Claimed, result: SendResult, then: Next) -> None:
    """Write the result, the line's account, and what deliveries came before it.

    Raises:
        Unavailable: SQL could not be asked for seconds; the lease will make the row unclear.
    """
    for pause in _TRIES:
        try:
            kept = parts.store.run(lambda tx: _write(parts, tx, claimed, result, then))
            break
        except Unavailable:
            parts.clock.sleep(pause)
    else:
        kept = parts.store.run(lambda tx: _write(parts, tx, claimed, result, then))
    _tell(parts, claimed, result, then, kept=kept)


def _write(parts: Parts, tx: Tx, claimed: Claimed, result: SendResult, then: Next) -> bool:
    row, token, now = claimed.row, claimed.token, parts.clock.now()
    bucket = lines.held(tx, row.channel) if row.kind != CALL else None
    if bucket is not None:
        lines.put(tx, row.channel, _account(parts, bucket, result, row.parts))
    if then.event is Event.AGAIN:
        due_at = then.due_at or now
        return claims.put_back(
            tx, row.id, token, due_at=due_at, now=now, reason=then.reason, tried=not result.down
        )
    kept = _finished(parts, tx, claimed, result, then)
    if kept and result.provider_id:
        _match(tx, parts, row, result.provider_id)
    if kept and result.reason == OPTED_OUT:
        parts.opted_out(parts, tx, row)
    if kept and row.kind in parts.after:
        parts.after[row.kind](parts, tx, row, result, then.event)
    return kept


def _finished(parts: Parts, tx: Tx, claimed: Claimed, result: SendResult, then: Next) -> bool:
    row, token, now = claimed.row, claimed.token, parts.clock.now()
    return claims.finish(
        tx,
        row.id,
        token,
        state=after(State.SENDING, then.event),
        now=now,
        reason=then.reason,
        provider_id=result.provider_id or None,
        cost=result.cost,
    )


def _match(tx: Tx, parts: Parts, row: OutboxRow, provider_id: str) -> None:
    delivery, reason = "", ""
    for parked in deliveries.unpark(tx, row.channel, provider_id):
        further = forward(delivery, parked.state)
        if further != delivery:
            delivery, reason = further, parked.reason
    if delivery:
        outbox.set_delivery(tx, row.id, delivery=delivery, reason=reason, now=parts.clock.now())

    if reason == OPTED_OUT:
        parts.opted_out(parts, tx, row)


def _account(parts: Parts, bucket: buckets.Bucket, result: SendResult, count: int) -> buckets.Bucket:
    if result.outcome is Outcome.SENT:
        return buckets.went_through(bucket, cost=result.cost)
    if result.outcome is Outcome.REFUSED and not result.alarm:
        return bucket  # the recipient was refused, not the line
    return buckets.did_not(
        buckets.give_back(bucket, parts=count) if result.outcome is Outcome.NOT_SENT else bucket,
        now=parts.clock.now(),
        reason=result.reason,
        alarm=result.alarm,
        down=result.down,
        named=result.retry_at,
    )


def _tell(parts: Parts, claimed: Claimed, result: SendResult, then: Next, *, kept: bool) -> None:
    row = claimed.row
    if not kept:
        _log.warning("outbox row %s: its result came too late and was not taken", row.id)
        return
    word = "retried" if then.event is Event.AGAIN else after(State.SENDING, then.event).value
    parts.count.add("outbox", word, channel=row.channel)
    if then.event is not Event.SENT:
        _log.info("outbox row %s: %s (%s)", row.id, word, then.reason)
    if result.alarm:
        parts.count.add("alarm", then.reason, channel=row.channel)
        _log.error("line %s needs somebody: %s", row.channel, then.reason)
