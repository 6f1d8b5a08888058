"""Accepts a callback request in the transaction of its turn: adds or merges it, with its code, window and slot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gateway.domain.callbacks.queue_rules import DANGER, NORMAL, plan_first_alert
from gateway.domain.callbacks.states import OPEN, CallbackEvent, CallbackState
from gateway.domain.callbacks.windows import find_next_window
from gateway.domain.contact_safety import PhoneSeen, SafeContact, When
from gateway.domain.permissions import AuditAct
from gateway.foundation.phone_numbers import may_be_called
from gateway.foundation.time_and_chance import new_id
from gateway.helpdesk.requests import refuse
from gateway.helpdesk.requests.intake_rules import (
    TOLD_AWAY,
    call_for_decision,
    choose_code,
    is_line_number,
    is_own_number,
    keep_promise,
)
from gateway.helpdesk.requests.planning import plan_window, resolve_window
from gateway.helpdesk.requests.refuse import erase_caller
from gateway.helpdesk.requests.self_service import (
    PROMISED,
    amend_request,
    cancel_request,
    change_window,
    find_by_code,
)
from gateway.menus.engine.effects import CallbackAccepted, CallbackRefused
from gateway.storage import attempts, audit, callbacks, callers, outbox
from gateway.storage.callbacks import Callback

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from gateway.domain.callbacks.windows import Window
    from gateway.foundation.services import Services
    from gateway.menus.engine.effects import Receipt, RequestCallback
    from gateway.storage.callers import Caller
    from gateway.storage.database import Tx

__all__ = [
    "Accepted",
    "accept_request",
    "amend_request",
    "cancel_request",
    "change_window",
    "erase_caller",
    "find_by_code",
    "promise_request",
]

SLOTS = 3
_LASTS = timedelta(days=14)
_FORM = ("danger", "phone_seen", "when", "consent", "sms_safe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The receipt of a request, and the outbox rows to nudge once the transaction is committed.

    ``request`` is the request that was added or merged; None where none was taken.
    """

    receipt: Receipt
    nudges: tuple[str, ...] = ()
    request: Callback | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Intake:
    caller: Caller
    effect: RequestCallback
    contact: SafeContact
    window: Window | None
    session: bytes
    channel: str
    version: str
    now: datetime
    promise: CallbackAccepted | None = None
    is_new: bool = False
    undecided: bool = False
    """What was promised to the caller no longer fits the rules: a person decides, and the request is not refused."""

    @property
    def danger(self) -> bool:
        return self.effect.answers.get("danger") == "yes"


def accept_request(
    parts: Services,
    tx: Tx,
    *,
    caller: Caller,
    effect: RequestCallback,
    turn_key: bytes,
    session: bytes,
    channel: str,
    version: str,
    now: datetime,
    promised: Receipt | None = None,
    before: SafeContact | None = None,
    is_new: bool = False,
) -> Accepted:
    """Add a callback request, or merge it with an open one of the same caller, whose row the calling code has locked.

    ``promised`` is the receipt shown to the caller while SQL was away. A promised code and window always become a row:
    in review, with an escalation, if the rules refuse it by now. A promised refusal only tightens an open request.
    ``before`` holds the safety answers of an earlier request if this one brings none: they keep their age, nothing new
    is remembered, and an open request only records the new asking. ``is_new``: nothing of this caller is on record.
    """
    promise = promised if isinstance(promised, CallbackAccepted) else None
    contact = before or _read_contact(effect, now, stopped=caller.stopped)
    allowed = contact is not None and _may_be_rung(parts, tx, caller)
    if promise is None and not allowed:
        return Accepted(receipt=CallbackRefused(reason="number"))
    contact = contact or _read_answers(effect, now, stopped=caller.stopped)
    past = () if is_new else attempts.list_past(tx, caller.id)
    hours = parts.duty.find_planned(tx, parts.line.hours, parts.line.zone, now)
    new = _apply_promise(_Intake(
        caller=caller, effect=effect, contact=contact, session=session, channel=channel, version=version,
        now=now, promise=promise, is_new=is_new, window=plan_window(parts, contact.when, past, now, hours=hours),
    ), allowed=allowed)  # fmt: skip
    rings = () if is_new else callbacks.lock_callable(tx, caller.id)
    if (known := _list_open(rings)) and before is not None:
        return _again(tx, new, known[0])
    if isinstance(promised, CallbackRefused):
        return _keep_refused(tx, new, known, promised)
    return _write_request(parts, tx, new, rings, turn_key, is_fresh=before is None)


def _list_open(rings: tuple[Callback, ...]) -> tuple[Callback, ...]:
    return tuple(one for one in rings if one.state in OPEN)


def _may_be_rung(parts: Services, tx: Tx, caller: Caller) -> bool:
    number = caller.number
    if number is None or not may_be_called(number, parts.line.regions):
        return False
    return not is_own_number(parts, tx, number, trial=caller.trial)


def _write_request(
    parts: Services, tx: Tx, new: _Intake, rings: tuple[Callback, ...], turn_key: bytes, *, is_fresh: bool
) -> Accepted:
    """Merge the request with one that is certainly the same caller's, or add it under the code of its turn.

    ``rings`` holds the requests for which the number can be called, locked before: open ones and reached ones.
    """
    known, caller = _list_open(rings), new.caller
    prior = _find_same(known, new)
    if prior is not None:
        _remember(parts, tx, new)
        accepted = _merge_request(parts, tx, new, prior)
    else:
        code = new.promise.code if new.promise else choose_code(parts, turn_key, caller.number or "", tx=tx)
        accepted = _add_request(parts, tx, new, code, taken={one.slot for one in known}, is_fresh=is_fresh)
    refuse.settle_refusals(tx, caller, accepted.request, new.contact, new.now, by_form=is_fresh, rings=rings)
    return accepted


def _apply_promise(new: _Intake, *, allowed: bool) -> _Intake:
    promise = new.promise
    if promise is None:
        return new
    placed = keep_promise((promise.due_at, promise.due_until), new.window)
    undecided = placed is None or not allowed
    return replace(new, window=placed or (promise.due_at, promise.due_until), undecided=undecided)


def _keep_refused(tx: Tx, new: _Intake, known: tuple[Callback, ...], promised: CallbackRefused) -> Accepted:
    """Apply a promised refusal: no window is planned, but the newest safety answers still count."""
    prior = _find_same(known, new)
    if prior is not None:
        _merge_refused(tx, new, prior)
    refuse.tighten_open(tx, new.caller, new.contact, new.now, besides=prior.id if prior else "")
    return Accepted(receipt=promised)


def _add_request(
    parts: Services, tx: Tx, new: _Intake, code: str, *, taken: set[int], is_fresh: bool
) -> Accepted:
    """Add the request in the first free slot of its number; a promised one may exceed the limit of slots by one."""
    window = new.window
    if window is None:
        return Accepted(receipt=CallbackRefused(reason="hours"))
    free = sorted(set(range(SLOTS)) - taken)
    if new.promise is not None and not free:
        new, free = replace(new, undecided=True), [max(taken) + 1]
    for slot in free:
        made = _make_callback(parts, new, slot, code, window)
        if callbacks.insert_callback(tx, made, is_first=new.is_new):
            if is_fresh:
                _remember(parts, tx, new)
            return _make_accepted(tx, new, made, AuditAct.ASKED)
    return Accepted(receipt=CallbackRefused(reason="full"))


def promise_request(
    parts: Services,
    *,
    effect: RequestCallback,
    turn_key: bytes,
    number: str,
    now: datetime,
    besides: Collection[str] = (),
) -> Receipt:
    """Return the receipt of a request that cannot be written now; its code and window are kept when it is written.

    The rules are those of ``accept_request``, with the shifts and holidays that this machine read last. ``besides``
    holds the codes already promised to this number for other spooled requests.
    """
    contact = _read_contact(effect, now, stopped=False)
    if contact is None or not may_be_called(number, parts.line.regions) or is_line_number(parts, number):
        return CallbackRefused(reason="number")
    hours = parts.duty.read_hours(parts.line.hours, parts.line.zone, now).keep_now()
    window = find_next_window(contact.when, hours, parts.line.zone, now)
    if window is None:
        return CallbackRefused(reason="hours")
    code = choose_code(parts, turn_key, number, tx=None, besides=besides)
    return CallbackAccepted(
        callback=PROMISED, code=code, due_at=window[0], due_until=window[1], now=contact.when is When.NOW
    )


def _read_contact(effect: RequestCallback, now: datetime, *, stopped: bool) -> SafeContact | None:
    """Read the safety answers; None if they, or missing consent, leave no way to call."""
    answers = effect.answers
    if not answers.get("consent") or answers["consent"] == "no":
        return None
    contact = _read_answers(effect, now, stopped=stopped)
    return contact if contact.may_ever_call(now) else None


def _read_answers(effect: RequestCallback, now: datetime, *, stopped: bool) -> SafeContact:
    """Read the safety answers as given; a missing one is read as the safest value."""
    answers = effect.answers
    seen = PhoneSeen(answers.get("phone_seen", PhoneSeen.NOT_MINE))
    return SafeContact(
        phone_seen=seen,
        when=resolve_window(answers.get("when", When.NEVER), effect.hours),
        said_at=now,
        sms_safe=seen is PhoneSeen.NO and answers.get("sms_safe") == "yes",
        stopped=stopped,
    )


def _find_same(known: tuple[Callback, ...], new: _Intake) -> Callback | None:
    """Return the open request that is certainly the same caller's.

    Of this session, or of a phone that nobody else sees.
    """
    for one in known:
        alone = one.contact is not None and one.contact.phone_seen is PhoneSeen.NO
        if one.session == new.session or (alone and new.contact.phone_seen is PhoneSeen.NO):
            return one
    return None


def _make_callback(parts: Services, new: _Intake, slot: int, code: str, window: Window) -> Callback:
    effect, now = new.effect, new.now
    return Callback(
        id=new_id(now),
        caller_id=new.caller.id,
        slot=slot,
        session=new.session,
        state=CallbackState.REVIEW if new.undecided else CallbackState.WAITING,
        reason=TOLD_AWAY if new.undecided else "",
        priority=DANGER if new.danger else NORMAL,
        topic=effect.topic or "other",
        language=effect.language,
        script=effect.script,
        channel=new.channel,
        zone=parts.line.zone,
        version=new.version,
        asked_at=now,
        last_asked_at=parts.clock.now() if new.undecided else now,  # the time to decide counts from now
        due_at=window[0],
        due_until=window[1],
        code=code,
        window=new.contact.when,
        contact=new.contact,
        answers=_answers(new, {}),
        path=effect.path,
        wants_woman=effect.answers.get("woman") == "yes",
        escalate_at=plan_first_alert(CallbackState.WAITING, danger=new.danger, due_at=window[0], now=now),
        changed_at=now,
        trial=new.caller.trial,
    )


def _merge_request(parts: Services, tx: Tx, new: _Intake, prior: Callback) -> Accepted:
    """Merge: the newest answers win; the place in the queue stays, and so does danger.

    If another code was promised while SQL was away, the newest is the code and the earlier one remains valid.
    If the new time cannot be kept, none is promised, and the old time no longer holds either.
    """
    if new.window is None:
        return _merge_refused(tx, new, prior)
    promise, now = new.promise, new.now
    changes = _newest(new, prior, new.window)
    if promise is not None and promise.code != prior.code:
        changes["code"] = promise.code
        callbacks.add_code(tx, prior.id, prior.code, now=now)
    callbacks.change_callback(tx, prior.id, now=now, **changes)
    if new.undecided:
        callbacks.step_callback(tx, prior.id, CallbackEvent.UNPLACED, now=parts.clock.now(), reason=TOLD_AWAY)
    merged = callbacks.by_id(tx, prior.id)
    return _make_accepted(tx, new, merged or prior, AuditAct.ASKED_AGAIN)


def _merge_refused(tx: Tx, new: _Intake, prior: Callback) -> Accepted:
    callbacks.change_callback(tx, prior.id, now=new.now, **_newest(new, prior, (new.now, new.now)))
    return Accepted(receipt=CallbackRefused(reason="hours"))


def _newest(new: _Intake, prior: Callback, window: Window) -> dict[str, Any]:
    """Return the columns that the newest turn changes in the open request."""
    effect, now = new.effect, new.now
    danger = new.danger or prior.priority == DANGER
    return {
        "asks": prior.asks + 1,
        "last_asked_at": now,
        "priority": DANGER if danger else NORMAL,
        "contact": new.contact,
        "answers": _answers(new, prior.answers),
        "window": new.contact.when,
        "due_at": window[0],
        "due_until": window[1],
        "language": effect.language,
        "script": effect.script,
        "session": new.session,
        "wants_woman": prior.wants_woman or effect.answers.get("woman") == "yes",
        "escalate_at": plan_first_alert(prior.state, danger=danger, due_at=window[0], now=now),
    }


def _again(tx: Tx, new: _Intake, prior: Callback) -> Accepted:
    """Record that the caller asked again without new answers: window, place and answers stay."""
    callbacks.change_callback(tx, prior.id, now=new.now, asks=prior.asks + 1, last_asked_at=new.now)
    found = callbacks.by_id(tx, prior.id) or prior
    window = (found.due_at, found.due_until) if found.due_at and found.due_until else None
    return _make_accepted(tx, replace(new, window=window), found, AuditAct.ASKED_AGAIN)


def _answers(new: _Intake, before: object) -> dict[str, str]:
    before_answers = dict(before) if isinstance(before, dict) else {}
    danger = "yes" if new.danger or before_answers.get("danger") == "yes" else "no"
    given = {name: value for name, value in new.effect.answers.items() if name not in _FORM}
    form = {name: new.effect.answers[name] for name in _FORM if name in new.effect.answers}
    agreed_at = given.get("consent_at", new.now.isoformat())
    return {**before_answers, **form, **given, "danger": danger, "consent_at": agreed_at}


def _remember(parts: Services, tx: Tx, new: _Intake) -> None:
    """Save what the caller allowed to be remembered; the language only if nobody else sees the phone."""
    alone = new.contact.phone_seen is PhoneSeen.NO
    callers.set_contact(
        tx, new.caller.id, new.contact, now=new.now, consent_version=new.effect.answers["consent"],
        language=new.effect.language if alone else "", script=new.effect.script if alone else "",
        zone=parts.line.zone if alone else "",
    )  # fmt: skip


def _make_accepted(tx: Tx, new: _Intake, callback: Callback, act: AuditAct) -> Accepted:
    audit.add_entry(tx, now=new.now, person_id=None, act=act, kind="callback", subject=callback.id)
    receipt = _receipt(new, callback)
    if callback.state is CallbackState.REVIEW and new.undecided:
        row = call_for_decision(tx, callback, now=new.now)
        return Accepted(receipt=receipt, nudges=(row,) if row else (), request=callback)
    row = outbox.add_row(
        tx, kind="announce", channel=new.channel, lane=f"callback:{callback.id}", priority=0,
        now=new.now, due_at=new.now, expires_at=new.now + _LASTS,
        once=f"announce:{callback.id}:{callback.asks}", caller_id=new.caller.id, callback_id=callback.id,
        is_first=act is AuditAct.ASKED,
    )  # fmt: skip
    return Accepted(receipt=receipt, nudges=(row,) if row else (), request=callback)


def _receipt(new: _Intake, callback: Callback) -> Receipt:
    if new.promise is not None:
        return replace(new.promise, callback=callback.id)
    due_at, due_until = new.window or (new.now, new.now)
    return CallbackAccepted(
        callback=callback.id,
        code=callback.code,
        due_at=due_at,
        due_until=due_until,
        now=new.contact.when is When.NOW,
    )
