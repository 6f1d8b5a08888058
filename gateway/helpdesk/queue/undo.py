"""Takes back an outcome or a closing within a minute, and reopens what is over for a supervisor.

What was before travels in the page as a sealed token, bound to the callback and the person; the callback's revision
makes it good for one use, and only while nothing else has happened to the callback.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.queue_rules import DANGER
from gateway.domain.callbacks.states import HELD, OPEN, CallbackEvent, CallbackState, IllegalMove
from gateway.domain.contact_safety import VALID_FOR, When
from gateway.domain.permissions import AuditAct, Permission, check_permission
from gateway.helpdesk.errors import explain_refusal, find_callback
from gateway.helpdesk.requests import case_record
from gateway.storage import attempts, audit, callbacks, notes, outbox, retention
from gateway.storage.encryption import NotUnsealed, name_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx

UNDO_FOR = timedelta(minutes=1)
_INSTANTS = ("held_until", "due_at", "due_until", "escalate_at", "closed_at")
_PLAIN = ("holder_id", "attempts", "told", "reason")


class TooLate(Exception):
    """It cannot be undone: the minute is over, or something else has happened since."""


def seal_undo(
    tx: Tx,
    actor: Actor,
    before: Callback,
    after: Callback,
    now: datetime,
    *,
    attempt_id: str = "",
    outcome: str = "",
    form: Mapping[str, Any] | None = None,
    follow_up_id: str = "",
) -> str:
    """Return the token with which what was just done to a callback can be undone.

    Args:
        tx: the open transaction.
        actor: who did it, and alone may undo it.
        before: the callback before.
        after: the callback after; only this revision can be undone.
        now: the instant.
        attempt_id: the attempt whose outcome was recorded; empty for a closing.
        outcome: that outcome, by which it was counted.
        form: the monthly figures that were taken at the closing.
        follow_up_id: the request that was planned by it.
    """
    instants = {name: getattr(before, name) for name in _INSTANTS}
    value = {
        "at": now.isoformat(),
        "rev": after.rev,
        "state": before.state.value,
        "window": before.window.written if isinstance(before.window, When) else "",
        "attempt": attempt_id,
        "outcome": outcome,
        "form": dict(form or {}),
        "follow_up": follow_up_id,
        **{name: getattr(before, name) for name in _PLAIN},
        **{name: at.isoformat() if at else None for name, at in instants.items()},
    }
    sealed = tx.ring.seal_json(value, table="undo", column="token", row=name_row(before.id, actor.person_id))
    return base64.urlsafe_b64encode(sealed or b"").decode()


def undo_step(parts: Services, actor: Actor, callback_id: str, token: str) -> CallbackState:
    """Put a callback back to where it was before; return its state.

    An attempt stays an attempt, and her phone goes on resting after it: only its outcome is asked again.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        TooLate: the minute is over, the token is another's, or something has happened since.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()

    def work(tx: Tx) -> tuple[Callback, Mapping[str, Any]]:
        callback, kept = find_callback(tx, actor, callback_id), _open_token(tx, actor, callback_id, token)
        if callback.rev != kept["rev"] or now > datetime.fromisoformat(kept["at"]) + UNDO_FOR:
            raise TooLate
        state = CallbackState(kept["state"])
        _check_free(tx, callback, state)
        if kept["attempt"] and not attempts.reopen_attempt(tx, kept["attempt"], person_id=actor.person_id):
            raise TooLate
        if kept["follow_up"] and not retention.drop_untouched(tx, kept["follow_up"]):
            raise TooLate
        if kept["form"]:
            notes.save_record(tx, callback_id, kept["form"], now=now)
        outbox.cancel_of_callbacks(tx, [callback_id], reason=AuditAct.UNDONE, now=now, kinds=("ours",))
        callbacks.change_callback(tx, callback_id, now=now, state=state, **_read_values(kept))
        audit.add_entry(
            tx, now=now, person_id=actor.person_id, act=AuditAct.UNDONE, kind="callback", subject=callback_id
        )
        return callback, kept

    callback, kept = parts.store.run(work)
    done_at = datetime.fromisoformat(kept["at"])
    if kept["outcome"]:
        parts.count.add("outcome", kept["outcome"], n=-1, trial=callback.trial, at=done_at)
    if kept["form"]:
        case_record.count_form(parts, kept["form"], callback, times=-1, at=done_at)
    return CallbackState(kept["state"])


def reopen_callback(parts: Services, actor: Actor, callback_id: str) -> None:
    """Put a request that is over into review, so that a supervisor decides what follows; no phone rings by it.

    Raises:
        NotPermitted: the actor may not decide.
        IllegalMove: it is not over, was cancelled by her, ended too long ago, or she has another open request.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.DECIDE)
    now = parts.clock.now()

    def work(tx: Tx) -> None:
        callback = find_callback(tx, actor, callback_id)
        if _is_final(tx, callback, now):
            raise IllegalMove(callback.state, CallbackEvent.REOPEN)
        danger = callback.priority == DANGER
        moved = callbacks.step_callback(
            tx,
            callback_id,
            CallbackEvent.REOPEN,
            now=now,
            reason=AuditAct.REOPENED,
            holder_id=None,
            closed_at=None,
            escalate_at=queue_rules.plan_first_alert(
                CallbackState.REVIEW, danger=danger, due_at=None, now=now
            ),
        )
        if moved is None:
            raise explain_refusal(tx, actor, callback, CallbackEvent.REOPEN)
        audit.add_entry(
            tx,
            now=now,
            person_id=actor.person_id,
            act=AuditAct.REOPENED,
            kind="callback",
            subject=callback_id,
        )

    parts.store.run(work)


def _is_final(tx: Tx, callback: Callback, now: datetime) -> bool:
    """Say whether nothing can be reopened: erased or withheld, too long ago, or she has asked anew since."""
    old = (callback.closed_at or callback.changed_at) + VALID_FOR <= now
    taken = any(one.slot == callback.slot for one in callbacks.open_of(tx, callback.caller_id or ""))
    return callback.caller_id is None or bool(callback.withheld) or old or taken


def may_reopen(actor: Actor, callback: Callback, now: datetime) -> bool:
    """Return whether a page offers to reopen it; ``reopen_callback`` checks it again."""
    over = callback.state in REOPENABLE and callback.caller_id is not None and not callback.withheld
    return (
        over
        and actor.may(Permission.DECIDE)
        and now < (callback.closed_at or callback.changed_at) + VALID_FOR
    )


REOPENABLE = frozenset({CallbackState.CLOSED, CallbackState.GIVEN_UP, CallbackState.EXPIRED})


def _open_token(tx: Tx, actor: Actor, callback_id: str, token: str) -> Mapping[str, Any]:
    try:
        sealed = base64.urlsafe_b64decode(token.encode())
        row = name_row(callback_id, actor.person_id)
        kept: Mapping[str, Any] = tx.ring.open_json(sealed, table="undo", column="token", row=row)
    except (ValueError, NotUnsealed):
        raise TooLate from None
    return kept


def _check_free(tx: Tx, callback: Callback, state: CallbackState) -> None:
    """Raise TooLate where the callback cannot be open again: she asked anew meanwhile, or a call to her runs."""
    if state not in OPEN:
        return
    others = [one for one in callbacks.open_of(tx, callback.caller_id or "") if one.id != callback.id]
    if any(one.slot == callback.slot for one in others):
        raise TooLate
    if state in HELD and attempts.find_live_of_caller(tx, callback.caller_id or "") is not None:
        raise TooLate


def _read_values(kept: Mapping[str, Any]) -> dict[str, Any]:
    instants = {name: datetime.fromisoformat(kept[name]) if kept[name] else None for name in _INSTANTS}
    window = {"window": When.read(kept["window"])} if kept["window"] else {}
    return {**{name: kept[name] for name in _PLAIN}, **instants, **window}
