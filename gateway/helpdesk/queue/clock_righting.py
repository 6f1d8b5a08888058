"""Corrects instants recorded under a wrong clock, once a person has confirmed the clock.

Otherwise requests and leases would expire because of the clock, and not because time passed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.queue_rules import DANGER
from gateway.domain.callbacks.states import OPEN, CallbackEvent, CallbackState
from gateway.domain.contact_safety import VALID_FOR, When
from gateway.domain.permissions import AuditAct
from gateway.foundation.time_and_chance import TOLERANCE
from gateway.helpdesk.calls.attempts import LEASE as CALL_LEASE
from gateway.helpdesk.queue.claim import LEASE
from gateway.helpdesk.requests.intake_rules import call_for_decision
from gateway.helpdesk.requests.planning import find_duty_hours, plan_on
from gateway.storage import attempts, audit, callbacks, settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.domain.callbacks.windows import Window
    from gateway.foundation.services import Services
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx

WRONG_CLOCK = "wrong_clock"
"""Reason of a request in review whose promised half hour passed while the clock was wrong."""


def set_right(parts: Services, tx: Tx, known: Mapping[str, Any], now: datetime) -> None:
    """Shift every instant recorded while the clock was wrong by what the monotonic clock counted.

    Args:
        parts: the services of this process.
        tx: the transaction that ends the clock alarm.
        known: what the clock guard recorded. ``runs``: boot id → (last instant seen as ISO 8601, seconds since boot);
            ``before``: the last trusted instant as ISO 8601, if any.
        now: the instant that a person has confirmed.
    """
    bases = find_bases(known, boot=parts.clock.boot(), steady=parts.clock.steady(), now=now)
    for one in settings.list_marked_requests(tx, bases):
        by = _find_offset(one.mark, one.last_asked_at, bases)
        if by:
            _move_request(parts, tx, one, by, now)
    for text in settings.list_marked_texts(tx, bases):
        if by := _find_offset(text.mark, text.at, bases):
            settings.move_text(tx, text.id, by, text.at)
    for row in settings.list_marked_rows(tx, bases):
        if by := _find_offset(row.mark, row.at, bases):
            settings.move_row(tx, row.id, by)
    _show_what_would_end(tx, now)
    settings.end_impossible(tx, now, held_until=now + LEASE, lease_until=now + CALL_LEASE)


def _show_what_would_end(tx: Tx, now: datetime) -> None:
    """Move requests that would expire now to review: their time passed while no call could be made.

    Safety answers keep their age, so that no phone rings because of answers that are too old.
    """
    for one in callbacks.list_asked_before(tx, before=now - VALID_FOR):
        _put_before_a_person(tx, one, now)
        callbacks.change_callback(tx, one.id, now=now, last_asked_at=now, mark=one.mark)
    for one in callbacks.list_waiting_past(tx, now=now):
        if one.window == When.NOW:
            _put_before_a_person(tx, one, now)


def _put_before_a_person(tx: Tx, one: Callback, now: datetime) -> None:
    callbacks.step_callback(tx, one.id, CallbackEvent.UNPLACED, now=now, reason=WRONG_CLOCK)
    found = callbacks.by_id(tx, one.id)
    if found is not None and found.state is CallbackState.REVIEW:
        call_for_decision(tx, found, now=now)


def find_bases(known: Mapping[str, Any], *, boot: str, steady: float, now: datetime) -> dict[str, datetime]:
    """Return the corrected instant at which each boot of the machine began, by boot id.

    The current boot is certain, as a person confirmed the clock. For an earlier boot the last instant seen
    counts if it is plausible: after the last trusted instant and before this boot. Otherwise it is taken to
    have ended when this boot began, so that nothing is made older than it is.
    """
    began = now - timedelta(seconds=steady)
    before = datetime.fromisoformat(known["before"]) if known.get("before") else None
    bases = {boot: began}
    for run, (seen_at, counted) in known.get("runs", {}).items():
        if run != boot:
            seen = datetime.fromisoformat(seen_at)
            can_be = seen <= began and (before is None or seen >= before - TOLERANCE)
            bases[run] = (seen if can_be else began) - timedelta(seconds=counted)
    return bases


def _find_offset(mark: str, at: datetime, bases: Mapping[str, datetime]) -> timedelta | None:
    """Return how far an instant must move; None if it is right within TOLERANCE."""
    boot, _, seconds = mark.partition(":")
    by = bases[boot] + timedelta(seconds=int(seconds)) - at
    return by if abs(by) > TOLERANCE else None


def _move_request(parts: Services, tx: Tx, one: Callback, by: timedelta, now: datetime) -> None:
    last = one.last_asked_at + by
    began_with_it = timedelta() <= one.last_asked_at - one.asked_at < abs(by) / 2
    asked_at = one.asked_at + by if began_with_it else min(one.asked_at, last)
    values: dict[str, Any] = {"asked_at": asked_at, "last_asked_at": last, "mark": one.mark}
    if one.closed_at is not None:
        values["closed_at"] = one.closed_at + by
    if one.contact is not None and abs(one.contact.said_at - one.last_asked_at) < TOLERANCE:
        values["contact"] = replace(one.contact, said_at=one.contact.said_at + by)
        if one.caller_id is not None:
            settings.keep_contact(tx, one.caller_id, values["contact"], contacted_at=last)
    callbacks.change_callback(tx, one.id, now=now, **values)
    if one.state in OPEN:
        _plan_anew(parts, tx, replace(one, last_asked_at=last), now)
    audit.add_entry(
        tx, now=now, person_id=None, act=AuditAct.CLOCK_SET_RIGHT, kind="callback", subject=one.id
    )


def _plan_anew(parts: Services, tx: Tx, one: Callback, now: datetime) -> None:
    """Plan the requested window from now on; a ``now`` request, whose half hour has passed, goes to review."""
    window = _find_window(parts, tx, one, now)
    if window is not None:
        danger = one.priority == DANGER
        escalate_at = queue_rules.plan_first_alert(one.state, danger=danger, due_at=window[0], now=now)
        callbacks.change_callback(
            tx, one.id, now=now, due_at=window[0], due_until=window[1], escalate_at=escalate_at
        )
        return
    _put_before_a_person(tx, one, now)


def _find_window(parts: Services, tx: Tx, one: Callback, now: datetime) -> Window | None:
    if one.window in ("", When.NOW):
        return None  # part of its half hour passed while no call could be made
    past = attempts.list_past(tx, one.caller_id or "")
    return plan_on(parts, one, past, now, hours=find_duty_hours(parts, tx, now, one.team))
