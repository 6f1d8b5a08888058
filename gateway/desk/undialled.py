"""Ends an attempt that surely never rang her phone, as if it had not been: place, window and tries are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.callbacks import escalation
from gateway.callbacks.model import Event, State
from gateway.callbacks.order import DANGER
from gateway.callbacks.outcomes import NOT_DIALLED, Outcome
from gateway.desk.refusing import REFUSED
from gateway.desk.windows import hours_of, plan_on
from gateway.safe_contact import When
from gateway.store import attempts, audit, callbacks

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.callbacks.windows import Window
    from gateway.parts import Parts
    from gateway.store.callbacks import Callback
    from gateway.store.engines import Tx


def put_back(parts: Parts, tx: Tx, callback: Callback, attempt_id: str, now: datetime) -> None:
    """End the attempt and let the request go back to where it came from; whoever calls this has locked it.

    An attempt that somebody said the outcome of stays as it is, and so does a request that is no longer being called.
    """
    if not attempts.finish(tx, attempt_id, outcome=NOT_DIALLED, now=now):
        return
    audit.add(tx, now=now, person_id=None, act=NOT_DIALLED, kind="callback", subject=callback.id)
    if callback.state is State.CALLING:
        event, changes = _back(parts, tx, callback, now)
        callbacks.step(tx, callback.id, event, now=now, held_until=None, **changes)


def _back(parts: Parts, tx: Tx, callback: Callback, now: datetime) -> tuple[Event, dict[str, Any]]:
    """Return the way back: into the line, or for one who was reached and agreed to one more call, to *reached*."""
    rung = [one for one in attempts.of(tx, callback.id) if one.outcome != NOT_DIALLED]
    if rung and rung[-1].outcome == Outcome.REACHED:
        return Event.REACHED, {}
    if callback.withheld:
        danger = callback.priority == DANGER
        escalate_at = escalation.first(State.REVIEW, danger=danger, due_at=None, now=now)
        return Event.RUN_OUT, {"holder_id": None, "reason": REFUSED, "escalate_at": escalate_at}
    due_at, due_until = _window(parts, tx, callback, now) or (callback.due_at, callback.due_until)
    danger = callback.priority == DANGER
    escalate_at = escalation.first(State.WAITING, danger=danger, due_at=due_at, now=now)
    return Event.MISSED, {
        "holder_id": None,
        "due_at": due_at,
        "due_until": due_until,
        "escalate_at": escalate_at,
    }


def _window(parts: Parts, tx: Tx, callback: Callback, now: datetime) -> Window | None:
    """Return the next window where hers is over; a request for *now* keeps its own, and expires with it."""
    is_over = callback.due_until is None or callback.due_until <= now
    if not is_over or callback.window in ("", When.NOW):
        return None
    past, hours = attempts.past(tx, callback.caller_id or ""), hours_of(parts, tx, now, callback.team)
    return plan_on(parts, callback, past, now, hours=hours)
