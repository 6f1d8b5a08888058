"""Records a conversation with a caller who rang the helpline: her request is reached, and no call to her is counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.domain.audit_acts import AuditAct
from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.callbacks.states import HELD, OVER, CallbackEvent, CallbackState
from gateway.domain.permissions import Permission, check_permission
from gateway.foundation.ids import new_id
from gateway.helpdesk.calls.attempts import write_attempt
from gateway.helpdesk.errors import ClaimedByOther, explain_refusal, find_callback, name_of
from gateway.storage import attempts, audit, callbacks
from gateway.storage.attempts import INCOMING

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx


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
    running = attempts.find_live_of_request(tx, callback.id)
    if callback.state is CallbackState.CALLING and running is not None:
        attempts.finish_attempt(tx, running.id, outcome=Outcome.REACHED, now=now)
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
    attempts.finish_attempt(tx, attempt.id, outcome=Outcome.REACHED, now=now)


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
