"""Applies a provider's events to a bridged call, returns the next call step, and voids attempts that never rang.

The caller's number is handed to the provider at most once, after the counsellor pressed 1. An attempt that certainly
did not ring the caller's phone gives back queue position, window and tries.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from gateway.channels.contract import SendOutcome
from gateway.delivery import clock_guard
from gateway.domain.callbacks import bridged_call as core
from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.bridged_call import BridgeEvent, BridgeState, NotNow
from gateway.domain.callbacks.outcomes import NOT_DIALLED, Outcome
from gateway.domain.callbacks.queue_rules import DANGER
from gateway.domain.callbacks.states import CallbackEvent, CallbackState
from gateway.domain.callbacks.states import CallbackState as Calling
from gateway.domain.contact_safety import PhoneSeen, When
from gateway.domain.events import AskOne, CallKind, Cause, DialCaller, Reject, SayGone, Silence
from gateway.domain.outbox.states import OutboxEvent as Sending
from gateway.domain.permissions import AuditAct
from gateway.helpdesk.calls import call_limits
from gateway.helpdesk.calls.attempts import OWN_CONTACT, is_open
from gateway.helpdesk.requests.planning import find_duty_hours, plan_on
from gateway.helpdesk.requests.refuse import REFUSED
from gateway.storage import attempts, audit, bridges, callbacks, callers, outbox, people, settings
from gateway.storage.bridges import ONCE

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.channels.contract import SendResult
    from gateway.domain.callbacks.windows import Window
    from gateway.domain.events import CallEvent, CallStep
    from gateway.foundation.services import Services
    from gateway.storage.bridges import BridgeRow
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx
    from gateway.storage.outbox import OutboxRow


def put_back(parts: Services, tx: Tx, callback: Callback, attempt_id: str, now: datetime) -> None:
    """End the attempt and return its request to the state before it; the caller of this function holds its lock.

    An attempt with an outcome stays as it is, and so does a request that is no longer in the calling state.
    """
    if not attempts.finish_attempt(tx, attempt_id, outcome=NOT_DIALLED, now=now):
        return
    audit.add_entry(
        tx, now=now, person_id=None, act=AuditAct.NOT_DIALLED, kind="callback", subject=callback.id
    )
    if callback.state is CallbackState.CALLING:
        event, changes = _find_way_back(parts, tx, callback, now)
        callbacks.step_callback(tx, callback.id, event, now=now, held_until=None, **changes)


def _find_way_back(
    parts: Services, tx: Tx, callback: Callback, now: datetime
) -> tuple[CallbackEvent, dict[str, Any]]:
    """Return the event and column values that undo the call: back to the queue, to review, or to reached.

    The mapping holds the changed columns: holder_id, due_at, due_until, escalate_at (instants in UTC), reason.
    """
    rung = [one for one in attempts.list_attempts(tx, callback.id) if one.outcome != NOT_DIALLED]
    if rung and rung[-1].outcome == Outcome.REACHED:
        return CallbackEvent.REACHED, {}
    if callback.withheld:
        danger = callback.priority == DANGER
        escalate_at = queue_rules.plan_first_alert(CallbackState.REVIEW, danger=danger, due_at=None, now=now)
        return CallbackEvent.RUN_OUT, {"holder_id": None, "reason": REFUSED, "escalate_at": escalate_at}
    due_at, due_until = _find_window(parts, tx, callback, now) or (callback.due_at, callback.due_until)
    danger = callback.priority == DANGER
    escalate_at = queue_rules.plan_first_alert(CallbackState.WAITING, danger=danger, due_at=due_at, now=now)
    return CallbackEvent.MISSED, {
        "holder_id": None,
        "due_at": due_at,
        "due_until": due_until,
        "escalate_at": escalate_at,
    }


def _find_window(parts: Services, tx: Tx, callback: Callback, now: datetime) -> Window | None:
    """Return the next window if the current one is over; a ``now`` request keeps its own and expires with it."""
    is_over = callback.due_until is None or callback.due_until <= now
    if not is_over or callback.window in ("", When.NOW):
        return None
    past, hours = (
        attempts.list_past(tx, callback.caller_id or ""),
        find_duty_hours(parts, tx, now, callback.team),
    )
    return plan_on(parts, callback, past, now, hours=hours)


ONE = "1"
SHORTEST_SILENCE = timedelta(minutes=3)
_EVENTS = {
    CallKind.ANSWERED: BridgeEvent.ANSWERED,
    CallKind.CONNECTED: BridgeEvent.CONNECTED,
    CallKind.DIAL_OVER: BridgeEvent.DIAL_OVER,
    CallKind.OVER: BridgeEvent.OVER,
}


def handle_call_event(parts: Services, event: CallEvent) -> CallStep:
    """Apply one provider event; unknown, late and repeated events change nothing.

    Raises:
        Unavailable: the database cannot be reached; nothing was done.
    """
    if event.kind is CallKind.RANG:
        return Reject()
    step, word = parts.store.run(lambda tx: _take_event(parts, tx, event))
    parts.count.add("bridge", word, channel=event.channel)
    return step


def note_placed_call(parts: Services, tx: Tx, row: OutboxRow, result: SendResult, then: Sending) -> None:
    """Record the result of asking the provider for the call, in the caller's transaction."""
    bridge = bridges.by_id(tx, row.once.removeprefix(ONCE))
    # Lock the request first and then the budget, as when a call is begun, so that two transactions cannot deadlock.
    callback = callbacks.by_id(tx, bridge.callback_id, lock=True) if bridge is not None else None
    call_limits.settle_call(parts, tx, row.channel, result)
    bridge = bridges.by_id(tx, bridge.id) if bridge is not None else None
    if bridge is None or callback is None:
        return
    if result.outcome is SendOutcome.SENT:
        if result.provider_id:
            bridges.note_session(tx, bridge.id, result.provider_id)
        _move_where_fitting(parts, tx, callback, bridge, BridgeEvent.PLACED)
    elif result.outcome is SendOutcome.UNCLEAR and bridge.state is not BridgeState.ASKED:
        _settle_call(tx, bridge, "sent", "heard", parts.clock.now())
    elif then is Sending.FAIL:
        _move_where_fitting(parts, tx, callback, bridge, BridgeEvent.REFUSED)


def roll_bridges(parts: Services) -> int:
    """End bridges whose call was never placed or that got no event for too long; return how many."""
    now = parts.clock.now()
    with parts.store.read() as tx:
        if not clock_guard.is_trusted(parts, tx, now):
            return 0
        left = bridges.list_never_left(tx)
        quiet = [
            one
            for one in bridges.list_live(tx, heard_before=now - SHORTEST_SILENCE)
            if _is_lost(parts, one, now)
        ]
    endings = [*((one, BridgeEvent.REFUSED) for one in left), *((one, BridgeEvent.SILENCE) for one in quiet)]
    return sum(
        parts.store.run(partial(_roll_bridge, parts, bridge, happened)) for bridge, happened in endings
    )


def _take_event(parts: Services, tx: Tx, event: CallEvent) -> tuple[CallStep, str]:
    bridge = _match_bridge(tx, event)
    if bridge is None:
        return Silence(), "stray"
    # Every change of a bridge locks its request first, so that changes are serialised.
    callback = callbacks.by_id(tx, bridge.callback_id, lock=True)
    bridge = bridges.by_id(tx, bridge.id)
    # The session id may have come with the provider's response since the first read; any other id is not this call.
    if callback is None or bridge is None or bridge.session not in (None, event.session):
        return Silence(), "stray"
    bridges.note_session(tx, bridge.id, event.session)
    # An event about the call proves that it was placed, whatever the provider's response said.
    _settle_call(tx, bridge, "sent", "heard", parts.clock.now())
    happened = _find_event(parts, tx, event, callback, bridge)
    moved = None
    if happened is not None:
        moved = _move_where_fitting(parts, tx, callback, bridge, happened, event)
    if happened is None or moved is None:
        return Silence(), "nothing"
    return _find_step(parts, tx, callback, happened, bridge.channel), moved.state.value


def _match_bridge(tx: Tx, event: CallEvent) -> BridgeRow | None:
    """Return the bridge of an event: by the provider's session id, by our id, or by the staff number that rings."""
    known = bridges.by_session(tx, event.channel, event.session)
    if known is not None:
        return known
    if event.own_id:
        named = bridges.by_id(tx, event.own_id)
        found = [named] if named is not None and named.channel == event.channel else []
    else:
        found = [one for one in bridges.list_unheard(tx, event.channel) if _does_ring(tx, one, event.number)]
    found = [one for one in found if one.session in (None, event.session)]
    return found[0] if len(found) == 1 else None


def _does_ring(tx: Tx, bridge: BridgeRow, number: str) -> bool:
    person = people.by_id(tx, bridge.person_id) if bridge.person_id else None
    return bool(number) and person is not None and person.number == number


def _settle_call(tx: Tx, bridge: BridgeRow, state: str, reason: str, now: datetime) -> None:
    """Resolve the outbox row of an unclear call, so that no person has to decide whether it was placed."""
    row = outbox.by_once(tx, ONCE + bridge.id)
    if row is not None:
        outbox.settle_row(tx, row.id, state=state, reason=reason, now=now)


def _find_event(
    parts: Services, tx: Tx, event: CallEvent, callback: Callback, bridge: BridgeRow
) -> BridgeEvent | None:
    if event.kind is not CallKind.KEY:
        return _EVENTS.get(event.kind)
    if event.digits != ONE:
        return BridgeEvent.OTHER_KEY
    return BridgeEvent.PRESSED if _still_wanted(parts, tx, callback, bridge) else BridgeEvent.WITHDRAWN


def _still_wanted(parts: Services, tx: Tx, callback: Callback, bridge: BridgeRow) -> bool:
    """Check just before dialling that the caller's phone may ring: consent, window or clock may have changed."""
    now = parts.clock.now()
    attempt = attempts.by_id(tx, bridge.attempt_id)
    person = people.by_id(tx, bridge.person_id) if bridge.person_id else None
    caller = callers.by_id(tx, callback.caller_id) if callback.caller_id else None
    if attempt is None or attempt.ended_at is not None or person is None or person.disabled:
        return False
    if caller is None or caller.number is None or callback.state is not Calling.CALLING or settings.is_on(tx):
        return False
    contact = callback.contact
    if contact is None or callback.withheld or not contact.may_ever_call(now):
        return False
    if attempt.how != "outside":
        return is_open(callback, now)
    in_touch = caller.contacted_at is not None and now < caller.contacted_at + OWN_CONTACT
    return in_touch and contact.phone_seen is not PhoneSeen.NOT_MINE and contact.when is not When.NEVER


def _find_step(parts: Services, tx: Tx, callback: Callback, happened: BridgeEvent, channel: str) -> CallStep:
    match happened:
        case BridgeEvent.ANSWERED | BridgeEvent.OTHER_KEY:
            return AskOne(callback.code, callback.language)
        case BridgeEvent.PRESSED:
            caller = callers.by_id(tx, callback.caller_id or "")
            number = caller.number if caller is not None else None
            return (
                DialCaller(number, int(_find_longest(parts, channel).total_seconds()))
                if number
                else Silence()
            )
        case BridgeEvent.WITHDRAWN:
            return SayGone()
        case _:
            return Silence()


def _move_where_fitting(
    parts: Services,
    tx: Tx,
    callback: Callback,
    bridge: BridgeRow,
    happened: BridgeEvent,
    event: CallEvent | None = None,
) -> BridgeRow | None:
    """Apply the event to the bridge if its state accepts it.

    A bridge that ends before the caller was dialled returns its request to the queue.
    """
    now = parts.clock.now()
    try:
        state = core.move_bridge(bridge.state, happened)
    except NotNow:
        return None
    moved = bridges.step_bridge(
        tx, bridge, state, now=now, **_gather_facts(bridge, state, happened, event, now)
    )
    if moved is not None and moved.ended_at is not None and moved.dialled_at is None:
        put_back(parts, tx, callback, moved.attempt_id, now)
    return moved


def _gather_facts(
    bridge: BridgeRow, state: BridgeState, happened: BridgeEvent, event: CallEvent | None, now: datetime
) -> dict[str, Any]:
    if state is BridgeState.CALLING_HER:
        return {"dialled_at": now}
    if state is BridgeState.TALKING:
        return {"talking_at": now}
    if state not in (BridgeState.ENDED, BridgeState.LOST):
        return {}
    seconds = event.seconds if event is not None else 0
    cause = event.cause if event is not None else Cause.UNKNOWN
    result = core.find_result(bridge.state, happened, cause, seconds)
    if not seconds and bridge.talking_at is not None and event is not None:
        seconds = int((now - bridge.talking_at).total_seconds())
    return {"ended_at": now, "result": result.value, "seconds": seconds}


def _is_lost(parts: Services, bridge: BridgeRow, now: datetime) -> bool:
    return now - bridge.heard_at >= core.find_silence_limit(
        bridge.state, _find_longest(parts, bridge.channel)
    )


def _find_longest(parts: Services, channel: str) -> timedelta:
    """Return the longest duration of a call on this channel; zero for a channel that is no longer configured."""
    bridging = call_limits.find_bridging(parts).get(channel)
    return timedelta(minutes=bridging.minutes if bridging is not None else 0)


def _roll_bridge(parts: Services, bridge: BridgeRow, happened: BridgeEvent, tx: Tx) -> bool:
    callback = callbacks.by_id(tx, bridge.callback_id, lock=True)
    current = bridges.by_id(tx, bridge.id)
    # An event that came between the read and the lock shows that the call still runs.
    if callback is None or current is None or current.heard_at != bridge.heard_at:
        return False
    _settle_call(tx, current, "failed", "silent", parts.clock.now())
    return _move_where_fitting(parts, tx, callback, current, happened) is not None
