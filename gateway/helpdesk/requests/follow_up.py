"""Plans follow-up calls on an agreed day, and marks a caller who may be under 18."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.domain.audit_acts import AuditAct
from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.queue_rules import DANGER
from gateway.domain.callbacks.states import CallbackEvent, CallbackState
from gateway.domain.contact_safety import VALID_FOR, When
from gateway.domain.permissions import Permission, check_permission
from gateway.foundation.ids import new_id
from gateway.helpdesk.errors import (
    ClaimedByOther,
    NotSafe,
    explain_refusal,
    find_callback,
    name_of,
    refuse_odd_year,
)
from gateway.helpdesk.requests import case_record
from gateway.helpdesk.requests.accept import SLOTS
from gateway.helpdesk.requests.planning import find_duty_hours, plan_window
from gateway.storage import attempts, audit, callbacks, settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from typing import Any

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx

POLICY = "policy-under-18"
"""Name of the setting with the centre's policy for callers who may be under 18."""


def follow_up(parts: Services, actor: Actor, callback_id: str, *, on: date, when: When | None = None) -> str:
    """Close a reached callback and plan another one with the same code; return the new id.

    ``on`` is the first day on which to call, within the validity of the safety answers. ``when`` is the window
    that the caller named; None keeps the earlier one.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        ClaimedByOther: somebody else reached the caller.
        Rejected: the year is implausible.
        NotSafe: no window on or after that day lies within the validity of the safety answers.
        IllegalMove: the caller was not reached, or the callback is closed.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()
    refuse_odd_year(on, now)

    def work(tx: Tx) -> tuple[str, Callback, Mapping[str, Any]]:
        callback = find_callback(tx, actor, callback_id)
        fresh_id = follow_within(parts, tx, actor, callback, on=on, when=when)
        return fresh_id, callback, case_record.take_form(tx, callback_id)

    made, callback, form = parts.store.run(work)
    case_record.count_form(parts, form, callback)
    return made


def follow_within(
    parts: Services,
    tx: Tx,
    actor: Actor,
    callback: Callback,
    *,
    on: date,
    when: When | None = None,
    reason: str = "informed",
) -> str:
    """Close a reached callback and plan another one in an open transaction; return the new id.

    Raises:
        ClaimedByOther, NotSafe, IllegalMove: as ``follow_up``.
    """
    now = parts.clock.now()
    if callback.state is not CallbackState.REACHED:
        raise explain_refusal(tx, actor, callback, CallbackEvent.CLOSE)
    if callback.holder_id != actor.person_id:
        raise ClaimedByOther(name_of(tx, callback.holder_id))
    fresh = _plan_follow_up(parts, tx, callback, on, when)
    callbacks.step_callback(
        tx,
        callback.id,
        CallbackEvent.CLOSE,
        now=now,
        reason=reason,
        closed_at=now,
        held_until=None,
        escalate_at=None,
    )
    _insert(tx, fresh)
    for subject, act in ((callback.id, AuditAct.CLOSED), (fresh.id, AuditAct.FOLLOW_UP)):
        audit.add_entry(tx, now=now, person_id=actor.person_id, act=act, kind="callback", subject=subject)
    return fresh.id


def mark_minor(parts: Services, actor: Actor, callback_id: str, *, on: bool) -> str:
    """Record whether the caller may be under 18; return the centre's policy for that.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue, or the callback is somebody else's.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()

    def work(tx: Tx) -> str:
        callback = find_callback(tx, actor, callback_id)
        if callback.holder_id != actor.person_id:
            check_permission(actor, Permission.SEE_OTHERS)
        if callback.minor != on:
            callbacks.change_callback(tx, callback_id, now=now, minor=on)
            act = AuditAct.MAY_BE_MINOR if on else AuditAct.IS_OF_AGE
            audit.add_entry(
                tx, now=now, person_id=actor.person_id, act=act, kind="callback", subject=callback_id
            )
        return str(settings.get_setting(tx, POLICY, "")) if on else ""

    return parts.store.run(work)


def read_policy(parts: Services) -> str:
    """Return the centre's policy for callers who may be under 18; empty if none is written."""
    with parts.store.read() as tx:
        return str(settings.get_setting(tx, POLICY, ""))


def _plan_follow_up(parts: Services, tx: Tx, before: Callback, on: date, when: When | None) -> Callback:
    """Return the new request. The safety answers were just confirmed orally, so their age starts anew."""
    now, zone = parts.clock.now(), ZoneInfo(parts.line.zone)
    chosen = when or When(before.window)
    contact = replace(before.contact, when=chosen, said_at=now) if before.contact else None
    start = max(now + timedelta(hours=2), datetime(on.year, on.month, on.day, tzinfo=zone))
    hours = find_duty_hours(parts, tx, now, before.team)
    window = plan_window(parts, chosen, attempts.list_past(tx, before.caller_id or ""), start, hours=hours)
    fits = window is not None and window[0] < now + VALID_FOR
    if contact is None or before.withheld or window is None or not fits or not contact.may_ever_call(now):
        raise NotSafe(None)
    danger = before.priority == DANGER
    return replace(
        before,
        id=new_id(now),
        state=CallbackState.WAITING,
        contact=contact,
        window=chosen,
        answers={**before.answers, "when": chosen.value},
        asked_at=now,
        last_asked_at=now,
        due_at=window[0],
        due_until=window[1],
        asks=1,
        attempts=0,
        follows=before.id,
        holder_id=None,
        held_until=None,
        escalate_at=queue_rules.plan_first_alert(
            CallbackState.WAITING, danger=danger, due_at=window[0], now=now
        ),
        told=0,
        rev=0,
        changed_at=now,
        closed_at=None,
        reason="",
    )


def _insert(tx: Tx, fresh: Callback) -> None:
    """Add the request in a free slot of its number; without a free slot the caller's other requests stand."""
    for slot in range(SLOTS):
        if callbacks.insert_callback(tx, replace(fresh, slot=slot)):
            return
    raise NotSafe(None)
