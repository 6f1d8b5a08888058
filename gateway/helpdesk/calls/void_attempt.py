"""Voids an attempt that certainly did not ring the caller's phone: queue position, window and tries are restored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.domain.audit_acts import AuditAct
from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.outcomes import NOT_DIALLED, Outcome
from gateway.domain.callbacks.queue_rules import DANGER
from gateway.domain.callbacks.states import CallbackEvent, CallbackState
from gateway.domain.contact_safety import When
from gateway.helpdesk.requests.planning import find_duty_hours, plan_on
from gateway.helpdesk.requests.refuse import REFUSED
from gateway.storage import attempts, audit, callbacks

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.domain.callbacks.windows import Window
    from gateway.foundation.services import Services
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx


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
