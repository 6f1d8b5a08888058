"""Lets a caller look up her request by its code, add answers, move it to another window, or cancel it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.outcomes import NOT_REACHED
from gateway.domain.callbacks.queue_rules import DANGER
from gateway.domain.callbacks.states import OPEN, CallbackEvent, CallbackState
from gateway.domain.callbacks.windows import find_next_window
from gateway.domain.contact_safety import VALID_FOR, PhoneSeen, When
from gateway.domain.permissions import AuditAct
from gateway.helpdesk.requests.intake_rules import (
    TOLD_AWAY,
    keep_promise,
    put_before_a_person,
    reopen_request,
)
from gateway.helpdesk.requests.planning import find_duty_hours, plan_window, resolve_window
from gateway.helpdesk.requests.refuse import lift_withheld
from gateway.menus.engine.effects import (
    CallbackCancelled,
    CallbackChanged,
    CallbackFound,
    CallbackRefused,
    CancelCallback,
    CodeWrong,
    Gone,
    Noted,
)
from gateway.storage import attempts, audit, callbacks, callers, counts

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.domain.callbacks.windows import Window
    from gateway.domain.contact_safety import SafeContact
    from gateway.foundation.services import Services
    from gateway.menus.engine.effects import AmendCallback, ChangeWindow, Receipt
    from gateway.storage.callbacks import Callback
    from gateway.storage.callers import Caller
    from gateway.storage.database import Tx

SLOTS_BACK = 5
PROMISED = "promised"
"""Placeholder id of a request that was promised while SQL was away."""

WRONG_CODES_A_DAY = 3
_DAY = timedelta(days=1)
_SETTLED = ("danger", "phone_seen", "when", "consent")
"""Answers given before the save; only a new request or the code changes them later."""


def find_by_code(_parts: Services, tx: Tx, *, caller: Caller, code: str, now: datetime) -> Receipt:
    """Look up the caller's request by its code; a wrong code is answered like a wrong key.

    So is every code after three wrong ones a day, so that codes cannot be guessed (OWASP Authentication Cheat Sheet).
    """
    scope = tx.ring.lookup("tries", "code", caller.id)
    if counts.find_tries(tx, scope, now=now, window=_DAY).n >= WRONG_CODES_A_DAY:
        return CodeWrong()
    requests = callbacks.open_of(tx, caller.id)
    further = callbacks.find_by_further_code(tx, [one.id for one in requests], code)
    matching = [one for one in requests if one.code == code or one.id in further]
    if len(matching) > 1:
        # One code was promised to two requests of a phone while SQL was away. Show neither: they may be of two callers.
        return CodeWrong()
    for one in matching:
        if one.due_at is not None and one.due_until is not None:
            return _make_found(one, one.due_at, one.due_until)
    for one in callbacks.list_of_caller(tx, caller.id, limit=SLOTS_BACK):
        recent = one.closed_at is not None and now < one.closed_at + VALID_FOR
        if (
            one.code == code
            and one.state is CallbackState.GIVEN_UP
            and recent
            and one.due_at
            and one.due_until
        ):
            return _make_found(one, one.due_at, one.due_until)
    counts.add_try(tx, scope, now, _DAY)
    return CodeWrong()


def _make_found(one: Callback, due_at: datetime, due_until: datetime) -> CallbackFound:
    """Return the planned window; after the last agreed attempt, that the caller was not reached."""
    not_reached = one.state is CallbackState.REVIEW and one.reason == NOT_REACHED
    return CallbackFound(
        callback=one.id,
        code=one.code,
        due_at=due_at,
        due_until=due_until,
        missed=not_reached or one.state is CallbackState.GIVEN_UP,
    )


def amend_request(
    _parts: Services, tx: Tx, *, caller: Caller, effect: AmendCallback, now: datetime, session: bytes = b""
) -> Receipt:
    """Add the answers given after the save; texts count as safe only if nobody else sees the phone."""
    request = _find_own_request(tx, caller, effect.callback, session)
    if request is None or request.contact is None:
        return Gone()
    answers = {name: value for name, value in effect.answers.items() if name not in _SETTLED}
    if request.contact.phone_seen is not PhoneSeen.NO:
        answers.pop("sms_safe", None)
    contact = request.contact
    if "sms_safe" in answers:
        contact = replace(contact, sms_safe=answers["sms_safe"] == "yes")
        _keep_contact(tx, caller, contact, now)
    callbacks.change_callback(
        tx,
        request.id,
        now=now,
        answers={**request.answers, **answers},
        contact=contact,
        wants_woman=answers["woman"] == "yes" if "woman" in answers else request.wants_woman,
    )
    _note_act(tx, request, AuditAct.ADDED_TO, now)
    return Noted()


def change_window(
    parts: Services,
    tx: Tx,
    *,
    caller: Caller,
    effect: ChangeWindow,
    now: datetime,
    session: bytes = b"",
    promised: Receipt | None = None,
) -> Receipt:
    """Move the request to the window that the caller chose; ``never`` cancels it.

    ``promised`` is the receipt shown while SQL was away: if the rules no longer allow it, or the request is closed, a
    person decides; a promised refusal stays one.
    """
    promise = promised if isinstance(promised, CallbackChanged) else None
    request = _find_own_request(tx, caller, effect.callback, session)
    if request is None and promise is not None:
        request = reopen_request(tx, caller, effect.callback, now=now)
    if request is None or request.contact is None:
        return Gone()
    when = resolve_window(effect.when, effect.hours)
    if when is When.NEVER:
        return cancel_request(parts, tx, caller=caller, effect=CancelCallback(callback=request.id), now=now)
    if isinstance(promised, CallbackRefused):
        return promised
    contact = replace(request.contact, when=when, said_at=now)
    window = plan_window(
        parts, when, attempts.list_past(tx, caller.id), now, hours=find_duty_hours(parts, tx, now)
    )
    if promise is not None:
        placed = keep_promise((promise.due_at, promise.due_until), window)
        _move_request(tx, caller, request, contact, placed or (promise.due_at, promise.due_until), now)
        if placed is None or not contact.may_ever_call(now) or request.reason == TOLD_AWAY:
            put_before_a_person(tx, request.id, now=parts.clock.now())
        return promise
    if window is None or not contact.may_ever_call(now):
        return CallbackRefused(reason="hours")
    _move_request(tx, caller, request, contact, window, now)
    return CallbackChanged(due_at=window[0], due_until=window[1], now=when is When.NOW)


def _move_request(
    tx: Tx, caller: Caller, request: Callback, contact: SafeContact, window: Window, now: datetime
) -> None:
    _keep_contact(tx, caller, contact, now)
    danger = request.priority == DANGER
    callbacks.change_callback(
        tx,
        request.id,
        now=now,
        contact=contact,
        answers={**request.answers, "when": contact.when.value},
        window=contact.when,
        last_asked_at=now,
        due_at=window[0],
        due_until=window[1],
        escalate_at=queue_rules.plan_first_alert(request.state, danger=danger, due_at=window[0], now=now),
    )
    if caller.refused_at is None or now >= caller.refused_at:
        lift_withheld(tx, replace(request, due_at=window[0]), now)
    _note_act(tx, request, AuditAct.MOVED, now)


def promise_change(parts: Services, *, effect: ChangeWindow, now: datetime) -> Receipt:
    """Return the receipt of a change that cannot be written now; its window is kept when it is written."""
    when = resolve_window(effect.when, effect.hours)
    if when is When.NEVER:
        return CallbackCancelled()
    hours = parts.duty.read_hours(parts.line.hours, parts.line.zone, now).keep_now()
    window = find_next_window(when, hours, parts.line.zone, now)
    if window is None:
        return CallbackRefused(reason="hours")
    return CallbackChanged(due_at=window[0], due_until=window[1], now=when is When.NOW)


def cancel_request(
    _parts: Services,
    tx: Tx,
    *,
    caller: Caller,
    effect: CancelCallback,
    now: datetime,
    session: bytes = b"",
) -> Receipt:
    """Cancel the request, even while a counsellor is about to call."""
    request = _find_own_request(tx, caller, effect.callback, session)
    if request is None:
        return Gone()
    callbacks.step_callback(
        tx, request.id, CallbackEvent.CANCEL, now=now,
        reason="by her", closed_at=now, held_until=None, escalate_at=None,
    )  # fmt: skip
    _note_act(tx, request, AuditAct.CANCELLED, now)
    return CallbackCancelled()


def _find_own_request(tx: Tx, caller: Caller, callback_id: str, session: bytes = b"") -> Callback | None:
    """Return the request, locked, if it is open and of this number.

    For a request promised while SQL was away it is the one of this ``session``.
    """
    if callback_id == PROMISED:
        callback_id = _of_session(tx, caller, session)
    found = callbacks.by_id(tx, callback_id, lock=True)
    if found is None or found.caller_id != caller.id or found.state not in OPEN:
        return None
    return found


def _of_session(tx: Tx, caller: Caller, session: bytes) -> str:
    """Return the id of the open request made in this session; empty if there is none."""
    return next((one.id for one in callbacks.open_of(tx, caller.id) if one.session == session), "")


def _keep_contact(tx: Tx, caller: Caller, contact: SafeContact, now: datetime) -> None:
    callers.set_contact(
        tx, caller.id, contact, language=caller.language, script=caller.script, zone=caller.zone, now=now
    )


def _note_act(tx: Tx, request: Callback, act: AuditAct, now: datetime) -> None:
    audit.add_entry(tx, now=now, person_id=None, act=act, kind="callback", subject=request.id)
