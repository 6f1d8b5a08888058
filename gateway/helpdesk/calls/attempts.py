"""Starts call attempts: records the attempt before the number is shown, and blocks other calls to that number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.domain.callbacks.outcomes import MOST_ATTEMPTS, NotYet, may_ring
from gateway.domain.callbacks.states import CallbackEvent, CallbackState, IllegalMove
from gateway.domain.callbacks.windows import find_wait_step, measure_wait
from gateway.domain.contact_safety import PhoneSeen, When
from gateway.domain.permissions import AuditAct, Permission, check_permission
from gateway.foundation.time_and_chance import new_id, new_token
from gateway.helpdesk.calls import call_limits
from gateway.helpdesk.errors import (
    AlreadyCalling,
    ClockStopped,
    NoPhone,
    NotSafe,
    TooManyShown,
    Withheld,
    explain_refusal,
    find_callback,
)
from gateway.helpdesk.queue.claim import is_to_decide
from gateway.helpdesk.requests.planning import find_window_start
from gateway.helpdesk.requests.refuse import has_unwritten_word
from gateway.storage import attempts, audit, bridges, callbacks, callers, notes, people, settings
from gateway.storage.attempts import Attempt

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.bridges import SeenCall
    from gateway.storage.callbacks import Callback
    from gateway.storage.callers import Caller
    from gateway.storage.database import Tx
    from gateway.storage.queue import QueueEntry

LEASE = timedelta(hours=2)
OWN_CONTACT = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What the person who calls may see: the number, what to say first, and the outcome form.

    Attributes:
        attempt_id: the recorded attempt.
        callback_id: the callback.
        number: the caller's number in E.164; empty once she refused.
        code: the four digits that the counsellor says first.
        form: one-time id of the outcome form.
        from_number: the helpline phone to call from, in E.164; it is the number that the caller sees.
        lease_until: when the outcome becomes unclear if none was recorded.
        due_until: end of the caller's window; None outside a window.
        outside: a supervisor calls outside the window, shortly after the caller's own contact.
        refused: the caller refused during the call: the number is hidden and only the outcome is asked.
    """

    attempt_id: str
    callback_id: str
    number: str
    code: str
    form: str
    from_number: str
    lease_until: datetime
    due_until: datetime | None
    outside: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A recorded attempt.

    ``is_new`` is False if it was already running; ``waited`` is how long the phone could have rung since the request,
    None if this is not its first attempt.
    """

    callback: Callback
    attempt: Attempt
    from_number: str
    outside: bool = False
    is_new: bool = True
    waited: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    """The window that an attempt uses, and its rank among the attempts of that window."""

    window_from: datetime
    window_until: datetime | None
    nth: int
    outside: bool = False
    is_first: bool = False


def begin_call(parts: Services, actor: Actor, callback_id: str, *, reason: str = "") -> Call:
    """Record an attempt and return the number. A repeated request by the same person returns the running attempt.

    Args:
        parts: the services of this process.
        actor: who calls.
        callback_id: a callback that the actor claimed, or has reached and agreed to call once more.
        reason: why a supervisor calls for somebody else or outside the window; saved as a note.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        NoPhone: no helpline phone is entered for the actor.
        ClockStopped: the clock was found wrong and no supervisor has confirmed it yet.
        ClaimedByOther: somebody else holds it.
        AlreadyCalling: a call to this number has no outcome yet.
        NotSafe: the caller's phone must not ring now.
        TooManyShown: the actor has been shown the hourly limit of numbers.
        IllegalMove, NoSuchCallback: it is not claimed or needs a decision; it does not exist.
    """
    check_permission(actor, Permission.WORK_QUEUE)

    def work(tx: Tx) -> tuple[Begun, Call]:
        begun = start_attempt(parts, tx, actor, callback_id, reason=reason)
        if bridges.by_attempt(tx, begun.attempt.id) is not None:
            raise AlreadyCalling(begun.attempt.who)  # the provider is already calling
        return begun, _call(tx, begun.callback, begun.attempt, begun.from_number, outside=begun.outside)

    try:
        begun, call = parts.store.run(work)
    except TooManyShown:
        call_limits.tell_of_many(parts, actor)
        raise
    count_attempt(parts, begun, "outside" if call.outside else "inside")
    return call


def count_attempt(parts: Services, begun: Begun, kind: str) -> None:
    """Count an attempt by its kind, and of a first one how long the caller waited for it."""
    parts.count.add("attempt", kind, trial=begun.callback.trial)
    if begun.waited is not None:
        parts.count.add("first_call", find_wait_step(begun.waited), trial=begun.callback.trial)


def start_attempt(
    parts: Services, tx: Tx, actor: Actor, callback_id: str, *, reason: str = "", how: str = "phone"
) -> Begun:
    """Record an attempt in this transaction, or return the actor's running one; raises what ``begin_call`` raises.

    ``how`` is stored with the attempt: "phone" shows the number, "bridge" lets a provider call.
    """
    now = parts.clock.now()
    if settings.is_on(tx):
        raise ClockStopped
    callback = find_callback(tx, actor, callback_id)
    from_number = _helpline_phone(tx, actor)
    running = attempts.find_live_of_request(tx, callback_id)
    if running is not None and _is_own(callback, running, actor):
        if _is_refused(callback):
            raise Withheld(callback.withheld or "plain")
        return Begun(callback=callback, attempt=running, from_number=from_number, is_new=False)
    _may_begin(tx, actor, callback, reason)
    if how == "phone" and not callers.is_sample(callback):  # no number of anybody
        call_limits.ask_for_room(parts, tx, actor)
    caller = _reachable(parts, tx, callback, now)
    slot = _slot(parts, tx, actor, callback, caller, reason)
    attempt = _write_attempt(tx, actor, callback, slot, how, now)
    _step(tx, actor, callback, now)
    _on_record(tx, actor, callback, slot, reason, how, now)
    waited = measure_wait(callback.window, parts.line.zone, callback.asked_at, now) if slot.is_first else None
    return Begun(
        callback=callback, attempt=attempt, from_number=from_number, outside=slot.outside, waited=waited
    )


def find_current_call(parts: Services, actor: Actor, callback_id: str) -> Call | None:
    """Return the actor's own running attempt, so that the page survives a reload; None if there is none.

    A call placed by a provider shows no number and is not returned: see ``bridged_calls``.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        callback = callbacks.by_id(tx, callback_id)
        running = attempts.find_live_of_request(tx, callback_id)
        person = people.by_id(tx, actor.person_id)
        if callback is None or running is None or person is None or not _is_own(callback, running, actor):
            return None
        if bridges.by_attempt(tx, running.id) is not None:
            return None
        return _call(tx, callback, running, person.number or "")


def compose_call(actor: Actor, one: QueueEntry, found: SeenCall | None, from_number: str) -> Call | None:
    """Return what ``find_current_call`` returns, out of rows that were read before."""
    if found is None or found.bridge is not None or not _is_own(one.callback, found.attempt, actor):
        return None
    return _show_call(one.callback, found.attempt, one.number, from_number)


def _is_own(callback: Callback, running: Attempt, actor: Actor) -> bool:
    # Without contact data the caller was erased.
    taken_back = callback.state is CallbackState.CANCELLED and callback.contact is not None
    return (callback.state is CallbackState.CALLING or taken_back) and running.person_id == actor.person_id


def _is_refused(callback: Callback) -> bool:
    """Return whether the caller refused or cancelled after the running call began."""
    return bool(callback.withheld) or callback.state is CallbackState.CANCELLED


def _helpline_phone(tx: Tx, actor: Actor) -> str:
    person = people.by_id(tx, actor.person_id)
    if person is None or not person.number:
        raise NoPhone
    return person.number


def _may_begin(tx: Tx, actor: Actor, callback: Callback, reason: str) -> None:
    """Pass the holder of the claim, and a supervisor who gives a reason; raise for everyone else."""
    if callback.state not in (CallbackState.CLAIMED, CallbackState.REACHED):
        raise explain_refusal(tx, actor, callback, CallbackEvent.CALL)
    if is_to_decide(callback):
        raise IllegalMove(CallbackState.REVIEW, CallbackEvent.CALL)
    if callback.holder_id != actor.person_id and not (reason and actor.may(Permission.REVEAL_ANY)):
        raise explain_refusal(tx, actor, callback, CallbackEvent.CALL)


def _reachable(parts: Services, tx: Tx, callback: Callback, now: datetime) -> Caller:
    """Return the caller with her number, if it may be called at all.

    "Never", "not my phone" (except now) and safety answers that are too old bind every role.
    """
    contact = callback.contact
    caller = callers.by_id(tx, callback.caller_id) if callback.caller_id else None
    if contact is None or caller is None or caller.number is None or not contact.may_ever_call(now):
        raise NotSafe(None)
    if callback.withheld:
        raise Withheld(callback.withheld)
    if has_unwritten_word(parts, caller):
        raise Withheld("unread")
    _alone(tx, caller)
    return caller


def _alone(tx: Tx, caller: Caller) -> None:
    running = attempts.find_live_of_caller(tx, caller.id)
    if running is not None:
        raise AlreadyCalling(running.who)


def _slot(parts: Services, tx: Tx, actor: Actor, callback: Callback, caller: Caller, reason: str) -> _Slot:
    now = parts.clock.now()
    agreed = callback.state is CallbackState.REACHED
    if not agreed and callback.attempts >= MOST_ATTEMPTS:
        raise NotSafe(None)
    inside = is_open(callback, now)
    if not inside and not _may_call_outside(actor, callback, caller, reason, now):
        raise NotSafe(callback.due_at if callback.due_at is not None and callback.due_at > now else None)
    window = find_window_start(parts, callback) if inside else caller.contacted_at or now
    past = attempts.list_past(tx, caller.id)
    allowed = may_ring(past, window, now, agreed=agreed)
    if isinstance(allowed, NotYet):
        _alone(tx, caller)  # an attempt that began since the first check gives a better answer, with a name
        raise NotSafe(allowed.until)
    until = callback.due_until if inside else None
    is_first = callback.follows is None and all(one.started_at < callback.asked_at for one in past)
    return _Slot(
        window_from=window, window_until=until, nth=allowed.nth, outside=not inside, is_first=is_first
    )


def is_open(callback: Callback, now: datetime) -> bool:
    """Return whether the caller's window is open."""
    return (
        callback.due_at is not None
        and callback.due_until is not None
        and callback.due_at <= now < callback.due_until
    )


def _may_call_outside(actor: Actor, callback: Callback, caller: Caller, reason: str, now: datetime) -> bool:
    """Return whether a supervisor may call outside the window because the caller was in contact within OWN_CONTACT."""
    contact = callback.contact
    return (
        bool(reason)
        and actor.may(Permission.CALL_OUTSIDE)
        and caller.contacted_at is not None
        and caller.contacted_at <= now < caller.contacted_at + OWN_CONTACT
        and contact is not None
        and contact.phone_seen is not PhoneSeen.NOT_MINE
        and contact.when is not When.NEVER
    )


def _write_attempt(tx: Tx, actor: Actor, callback: Callback, slot: _Slot, how: str, now: datetime) -> Attempt:
    return write_attempt(
        tx, actor, callback,
        window_from=slot.window_from, window_until=slot.window_until, nth=slot.nth, now=now,
        how="outside" if slot.outside else how,
    )  # fmt: skip


def write_attempt(
    tx: Tx,
    actor: Actor,
    callback: Callback,
    *,
    window_from: datetime,
    now: datetime,
    window_until: datetime | None = None,
    nth: int = 0,
    how: str = "phone",
) -> Attempt:
    """Add an attempt; unique indexes refuse a second live one per number and a second one per window.

    Raises:
        AlreadyCalling: a call to this number has no outcome yet.
        NotSafe: this window has had its attempt.
    """
    attempt = Attempt(
        id=new_id(now),
        callback_id=callback.id,
        caller_id=callback.caller_id,
        person_id=actor.person_id,
        how=how,
        started_at=now,
        window_from=window_from,
        window_until=window_until,
        nth=nth,
        lease_until=now + LEASE,
        form=new_token(16),
    )
    if attempts.add_attempt(tx, attempt):
        return attempt
    running = attempts.find_live_of_caller(tx, callback.caller_id or "")
    raise AlreadyCalling(running.who) if running is not None else NotSafe(None)


def _step(tx: Tx, actor: Actor, callback: Callback, now: datetime) -> None:
    """Move the callback to calling; a finished one gets a slot that no newer request of the same caller uses."""
    taken = {one.slot for one in callbacks.open_of(tx, callback.caller_id or "") if one.id != callback.id}
    slot = callback.slot
    while slot in taken:
        slot += 1
    moved = callbacks.step_callback(
        tx, callback.id, CallbackEvent.CALL, now=now,
        only=callbacks.is_free(),
        holder_id=actor.person_id, held_until=now + LEASE, escalate_at=None, slot=slot,
    )  # fmt: skip
    if moved is None:
        raise explain_refusal(tx, actor, callback, CallbackEvent.CALL)


def _on_record(
    tx: Tx, actor: Actor, callback: Callback, slot: _Slot, reason: str, how: str, now: datetime
) -> None:
    detail = "outside her window" if slot.outside else ""
    if callback.holder_id != actor.person_id:
        detail = f"held by another; {detail}" if detail else "held by another"
    audit.add_entry(
        tx,
        now=now,
        person_id=actor.person_id,
        act=AuditAct.REVEAL if how == "phone" else AuditAct(how),
        kind="callback",
        subject=callback.id,
        detail=detail,
    )
    if reason:
        notes.add_note(
            tx, note_id=new_id(now), callback_id=callback.id, person_id=actor.person_id, text=reason, now=now
        )


def _call(tx: Tx, callback: Callback, attempt: Attempt, from_number: str, *, outside: bool = False) -> Call:
    caller = callers.by_id(tx, callback.caller_id or "")
    return _show_call(callback, attempt, caller.number if caller else None, from_number, outside=outside)


def _show_call(
    callback: Callback, attempt: Attempt, number: str | None, from_number: str, *, outside: bool = False
) -> Call:
    if number is None:
        raise NotSafe(None)
    return Call(
        attempt_id=attempt.id,
        callback_id=callback.id,
        number="" if _is_refused(callback) else number,
        code=callback.code,
        form=attempt.form,
        from_number=from_number,
        lease_until=attempt.lease_until,
        due_until=None if outside else callback.due_until,
        outside=outside,
        refused=_is_refused(callback),
    )
