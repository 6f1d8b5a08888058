"""The provider's word that a session is over, or that a number wants no more texts."""

from gateway.desk import refusing
from gateway.engine.effects import RefuseCalls
from gateway.messages import Ended, OptOut
from gateway.numbers import to_e164
from gateway.parts import Parts
from gateway.store import callers
from gateway.store.engines import Unavailable


def take(parts: Parts, ended: Ended) -> bool:
    """Count how a session ended; nothing else hangs on this event, since it may never come."""
    parts.count.add("ended", channel=ended.channel, item=ended.status)
    return True


def opt_out(parts: Parts, event: OptOut) -> bool:
    """Stop every text to this number, and let a person decide on calls.

    Returns:
        False where it could not be written, so that the provider comes again.
    """
    number = to_e164(event.number, parts.line.regions)
    if number is None:
        return True
    now = parts.clock.now()
    try:
        with parts.store.write() as tx:
            caller = callers.upsert(tx, number, now=now, trial=parts.is_trial(event.channel))
            refusing.refuse_calls(
                parts, tx, caller=caller, effect=RefuseCalls(how="stop"), session=b"", now=now
            )
    except Unavailable:
        return False
    return True
