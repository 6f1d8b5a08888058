"""Starts bridged calls, and records conversations with callers who rang the helpline themselves.

In a bridged call the provider calls the counsellor, who hears the code and presses 1, and then the caller. Where a
caller rang, her request is reached, and no call to her is counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gateway.domain.callbacks.bridged_call import SUGGESTS, BridgeState, Result
from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.callbacks.states import HELD, OVER, CallbackEvent, CallbackState
from gateway.domain.outbox.states import CALL, KINDS
from gateway.domain.permissions import AuditAct, Permission, check_permission
from gateway.foundation.time_and_chance import new_id
from gateway.helpdesk.calls import attempts, call_limits
from gateway.helpdesk.calls.attempts import write_attempt
from gateway.helpdesk.errors import (
    AlreadyCalling,
    ClaimedByOther,
    NoBridge,
    explain_refusal,
    find_callback,
    name_of,
)
from gateway.storage import attempts as attempt_rows
from gateway.storage import audit, bridges, callbacks, outbox
from gateway.storage.attempts import INCOMING
from gateway.storage.bridges import ONCE, BridgeRow

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.helpdesk.calls.attempts import Begun
    from gateway.storage.bridges import SeenCall
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A bridged call as its counsellor sees it; it never holds the caller's number.

    Attributes:
        id: the bridge.
        callback_id: the callback.
        attempt_id: the recorded attempt.
        code: the four digits said to the counsellor, which the counsellor says first to the caller.
        state: asked, calling_you, press_one, calling_her, talking, ended or lost.
        since: when it entered this state.
        talking_since: when the caller answered; None before that.
        seconds: length of the conversation in seconds, once it is over.
        result: a value of ``bridged_call.Result``, once it is over.
        suggests: the outcome preset in the form; empty if the result suggests none.
        form: one-time id of the outcome form; empty if the caller's phone never rang, as no outcome is asked then.
    """

    id: str
    callback_id: str
    attempt_id: str
    code: str
    state: str
    since: datetime
    talking_since: datetime | None
    seconds: int
    result: str
    suggests: str
    form: str


def find_obstacle(parts: Services) -> str:
    """Return why no call can be bridged now: off, no_number, used_up or paused; empty if one can."""
    with parts.store.read() as tx:
        return call_limits.find_obstacle(parts, tx)


def begin_call(parts: Services, actor: Actor, callback_id: str, *, reason: str = "") -> Bridge:
    """Record an attempt and ask the provider for the call. A repeated request returns the running bridge.

    Args:
        parts: the services of this process.
        actor: who calls.
        callback_id: a callback that the actor claimed, or has reached and agreed to call once more.
        reason: why a supervisor calls for somebody else or outside the window; saved as a note.

    Raises:
        NoBridge: no channel can bridge now, or an earlier call of the actor has not ended.
        NotPermitted, NoPhone, ClockStopped, ClaimedByOther, AlreadyCalling, NotSafe, IllegalMove, NoSuchCallback: as
            ``attempts.begin``.
    """
    check_permission(actor, Permission.WORK_QUEUE)

    def work(tx: Tx) -> tuple[Bridge, str | None, attempts.Begun]:
        begun = attempts.start_attempt(parts, tx, actor, callback_id, reason=reason, how="bridge")
        if begun.is_new:
            row, row_id = _ask_for_call(parts, tx, actor, begun)
            return _show_bridge(row, begun.callback.code, begun.attempt.form), row_id, begun
        running = bridges.by_attempt(tx, begun.attempt.id)
        if running is None:
            raise AlreadyCalling(begun.attempt.who)  # the number is already shown for a call by hand
        return _show_bridge(running, begun.callback.code, begun.attempt.form), None, begun

    bridge, row_id, begun = parts.store.run(work)
    if row_id is not None:
        attempts.count_attempt(parts, begun, "bridge")
        parts.nudge(row_id)
    return bridge


def find_current_call(parts: Services, actor: Actor) -> Bridge | None:
    """Return this person's running bridge, or the newest finished one that still needs an outcome."""
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        row = bridges.find_standing(tx, actor.person_id)
        return _see_bridge(tx, row) if row is not None else None


def find_last_call(parts: Services, actor: Actor, callback_id: str) -> Bridge | None:
    """Return this person's newest bridge of a callback, running or not; it explains why the caller was not dialled."""
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        row = bridges.find_newest(tx, actor.person_id, callback_id)
        return _see_bridge(tx, row) if row is not None else None


def _ask_for_call(parts: Services, tx: Tx, actor: Actor, begun: Begun) -> tuple[BridgeRow, str | None]:
    """Add the bridge and the outbox row that calls the counsellor, and take one call from the daily budget.

    Raises:
        NoBridge: no channel can bridge now.
    """
    now, channel = parts.clock.now(), call_limits.spend_call(parts, tx)
    if begun.callback.trial and parts.channels[channel].contract.real:
        raise NoBridge("off")  # numbers in the simulator are made up, and may belong to somebody
    row = BridgeRow(
        id=new_id(now),
        callback_id=begun.callback.id,
        attempt_id=begun.attempt.id,
        person_id=actor.person_id,
        channel=channel,
        state=BridgeState.ASKED,
        at=now,
        since=now,
        heard_at=now,
    )
    if not bridges.add_bridge(tx, row):
        raise NoBridge("live")
    row_id = outbox.add_row(
        tx,
        kind=CALL,
        channel=channel,
        lane=f"call:{actor.person_id}",  # a lane of its own, so that it does not wait behind an alert to the same phone
        due_at=now,
        expires_at=now + KINDS[CALL].lasts,
        once=ONCE + row.id,
        now=now,
        priority=KINDS[CALL].priority,
        person_id=actor.person_id,
        callback_id=begun.callback.id,
    )
    return row, row_id


def compose_bridge(found: SeenCall | None) -> Bridge | None:
    """Return a call that was read for a page as its counsellor sees it; None where no provider dialled."""
    if found is None or found.bridge is None:
        return None
    return _show_bridge(found.bridge, found.code, "" if found.attempt.ended_at else found.attempt.form)


def _see_bridge(tx: Tx, row: BridgeRow) -> Bridge:
    callback = callbacks.by_id(tx, row.callback_id)
    attempt = attempt_rows.by_id(tx, row.attempt_id)
    asks = attempt is not None and attempt.ended_at is None
    return _show_bridge(row, callback.code if callback else "", attempt.form if attempt and asks else "")


def _show_bridge(row: BridgeRow, code: str, form: str) -> Bridge:
    suggested = SUGGESTS.get(Result(row.result)) if row.result else None
    return Bridge(
        id=row.id,
        callback_id=row.callback_id,
        attempt_id=row.attempt_id,
        code=code,
        state=row.state.value,
        since=row.since,
        talking_since=row.talking_at,
        seconds=row.seconds,
        result=row.result,
        suggests=suggested.value if suggested else "",
        form=form,
    )


def begin_talk(parts: Services, actor: Actor, callback_id: str) -> str:
    """Record that the actor is talking with this caller, who rang; return the request that the sheet is for.

    An open request becomes reached by the actor, so that nobody calls her for it. For one that is over, a new request
    with the same code is reached. It is an attempt that rang nobody: it uses up no try, but her phone rests after it.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        ClaimedByOther: a colleague has her request, or reached her.
        AlreadyCalling: a colleague's call to her number has no outcome yet.
        IllegalMove: she was erased.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()

    def work(tx: Tx) -> tuple[str, bool, bool]:
        callback = find_callback(tx, actor, callback_id)
        busy = callback.state in HELD | {CallbackState.REACHED}
        if busy and callback.holder_id != actor.person_id:
            raise ClaimedByOther(name_of(tx, callback.holder_id))
        if callback.state is CallbackState.REACHED:
            return callback_id, False, callback.trial
        if callback.caller_id is None:
            raise explain_refusal(tx, actor, callback, CallbackEvent.REACHED)
        talked = _follow_over(tx, actor, callback, now) if callback.state in OVER else callback
        if talked.state is not CallbackState.REACHED:
            _reach(tx, actor, talked, now)
        else:
            _write_talk(tx, actor, talked, now)
        audit.add_entry(
            tx, now=now, person_id=actor.person_id, act=AuditAct.TALKED, kind="callback", subject=talked.id
        )
        return talked.id, True, talked.trial

    talked_id, is_new, is_trial = parts.store.run(work)
    parts.count.add("incoming", AuditAct.TALKED, n=int(is_new), trial=is_trial)
    return talked_id


def note_ring(parts: Services, actor: Actor, callback_id: str) -> None:
    """Put on record that the caller rang while a colleague has her request.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()

    def work(tx: Tx) -> None:
        callback = find_callback(tx, actor, callback_id)
        audit.add_entry(
            tx, now=now, person_id=actor.person_id, act=AuditAct.RANG, kind="callback", subject=callback.id
        )
        callbacks.change_callback(tx, callback.id, now=now)  # so that the holder's open page tells it

    parts.store.run(work)


def _reach(tx: Tx, actor: Actor, callback: Callback, now: datetime) -> None:
    """Move an open request to reached by the actor, whatever of claim and call is still missing."""
    if callback.state in (CallbackState.WAITING, CallbackState.REVIEW):
        callbacks.step_callback(
            tx,
            callback.id,
            CallbackEvent.CLAIM,
            now=now,
            only=callbacks.match_team(actor.team, review=True),
            holder_id=actor.person_id,
            held_until=None,
            escalate_at=None,
            told=0,
        )
    running = attempt_rows.find_live_of_request(tx, callback.id)
    if callback.state is CallbackState.CALLING and running is not None:
        attempt_rows.finish_attempt(tx, running.id, outcome=Outcome.REACHED, now=now)
    else:
        _write_talk(tx, actor, callback, now)
        callbacks.step_callback(tx, callback.id, CallbackEvent.CALL, now=now)
    moved = callbacks.step_callback(
        tx, callback.id, CallbackEvent.REACHED, now=now, reason="", held_until=None, escalate_at=None
    )
    if moved is None:
        raise explain_refusal(tx, actor, callback, CallbackEvent.REACHED)


def _write_talk(tx: Tx, actor: Actor, callback: Callback, now: datetime) -> None:
    attempt = write_attempt(tx, actor, callback, window_from=now, now=now, how=INCOMING)
    attempt_rows.finish_attempt(tx, attempt.id, outcome=Outcome.REACHED, now=now)


def _follow_over(tx: Tx, actor: Actor, before: Callback, now: datetime) -> Callback:
    """Insert a request that follows one that is over, reached by the actor; a refusal of calls stays on it."""
    fresh = replace(
        before,
        id=new_id(now),
        state=CallbackState.REACHED,
        asked_at=now,
        last_asked_at=now,
        due_at=None,
        due_until=None,
        asks=1,
        attempts=0,
        follows=before.id,
        holder_id=actor.person_id,
        held_until=None,
        escalate_at=None,
        told=0,
        rev=0,
        changed_at=now,
        closed_at=None,
        reason="",
    )
    callbacks.insert_callback(tx, fresh)
    return fresh
