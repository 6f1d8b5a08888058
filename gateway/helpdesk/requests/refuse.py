"""Applies what a caller refuses: no calls, no texts, or that anything is kept of her.

A refusal cancels or withholds the open requests of the number and stops pending texts. An erasure takes open requests
out of the queue and deletes all personal data; anonymous counts stay.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.queue_rules import DANGER
from gateway.domain.callbacks.states import OPEN, CallbackEvent, CallbackState
from gateway.domain.contact_safety import PhoneSeen, When, tighten_contact
from gateway.domain.permissions import AuditAct
from gateway.foundation.phone_numbers import list_possible_readings
from gateway.helpdesk.errors import AmbiguousNumber
from gateway.helpdesk.queue.claim import is_to_decide
from gateway.menus.engine.effects import Erased, Noted, RefuseCalls
from gateway.storage import audit, callbacks, callers, conversations, notes, outbox, sign_ins

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.domain.contact_safety import SafeContact
    from gateway.foundation.services import Services
    from gateway.menus.engine.effects import Receipt
    from gateway.storage.callbacks import Callback
    from gateway.storage.callers import Caller
    from gateway.storage.database import Tx
    from gateway.storage.outbox import OutboxRow


def erase_caller(parts: Services, tx: Tx, *, caller: Caller, now: datetime) -> Receipt:
    """Erase everything about this caller in the transaction of her turn; the caller's row is deleted last."""
    sign_ins.drop_forms_about(tx, caller.id, caller.number)
    callbacks.forget_codes(tx, caller.id)
    callbacks.empty_callbacks(tx, caller.id, now=now)
    notes.empty_notes(tx, caller.id)
    notes.empty_records(tx, caller.id)
    notes.drop_made_referrals(tx, caller.id)
    outbox.cancel_of_caller(tx, caller.id, reason="erased", now=now)
    outbox.empty_of_caller(tx, caller.id)
    conversations.forget_texts(tx, caller.id)
    conversations.drop_threads(tx, caller.id)
    conversations.forget_receipts(tx, caller.id)
    callers.drop_caller(tx, caller.id)
    audit.add_entry(tx, now=now, person_id=None, act=AuditAct.ERASED, kind="caller", subject=caller.id)
    parts.count.add("erased")
    return Erased()


def forget_number(parts: Services, number: str) -> bool:
    """Erase a number at the operator's request; False if it is no number or not known.

    Raises:
        AmbiguousNumber: it is valid in several countries of the helpline; nothing was erased.
    """
    readings = list_possible_readings(number, parts.line.regions)
    if len(readings) > 1:
        raise AmbiguousNumber(readings)
    if not readings:
        return False
    e164, now = readings[0], parts.clock.now()

    def work(tx: Tx) -> bool:
        found = [one for trial in (False, True) if (one := callers.find_caller(tx, e164, trial=trial))]
        for caller in found:
            erase_caller(parts, tx, caller=caller, now=now)
        return bool(found)

    spooled = forget_spooled(parts, e164)
    done = parts.store.run(work)
    asking = parts.sessions.ask()
    for channel in parts.channels:
        asking.drop(channel, e164)
    return done or spooled > 0


def forget_spooled(
    parts: Services, number: str, *, trial: bool | None = None, until: datetime | None = None
) -> int:
    """Drop this number's entries from the local spool, which would restore the caller; return how many.

    ``trial`` limits it to entries of simulator phones (True) or real ones (False), since a simulator phone may
    use the number of a real caller. ``until`` spares later entries: a request made after the erasure is a new
    one.
    """
    entries = list_spooled(parts, number, trial=trial, until=until)
    for key in entries:
        parts.spool.drop(key)
    return len(entries)


def list_spooled(
    parts: Services, number: str, *, trial: bool | None = None, until: datetime | None = None
) -> Mapping[bytes, Mapping[str, Any]]:
    """Return this number's entries in the local spool by their key, including those that could not be applied.

    An entry is the stored inbound event: ``at`` (ISO 8601), ``mark``, and the turn or the provider's fields.
    """
    keys = [*parts.spool.list(), *parts.spool.failed()]
    entries = {key: parts.spool.load(key) or {} for key in keys}
    return {
        key: entry
        for key, entry in entries.items()
        if _number_in(entry) == number
        and (trial is None or _is_trial(parts, entry) == trial)
        and (until is None or _find_arrival(parts, entry) <= until)
    }


def _is_trial(parts: Services, entry: Mapping[str, Any]) -> bool:
    """Return whether a simulator phone left this entry: a turn says so, a text or a missed call names its channel."""
    event: Mapping[str, Any] | None = entry.get("event")
    return parts.is_trial(event["channel"]) if event else bool(entry.get("trial"))


def _find_arrival(parts: Services, entry: Mapping[str, Any]) -> datetime:
    instant = entry.get("at") or entry["record"]["at"]
    return parts.clock.set_right(datetime.fromisoformat(instant), entry.get("mark", ""))


def _number_in(entry: Mapping[str, Any]) -> str | None:
    """Return the number of an entry: a turn holds it, a text or missed call has it in the provider's fields."""
    fields: Mapping[str, Any] = entry.get("event") or entry
    return fields.get("number")


PLAIN, STOP = "plain", "stop"
ANSWERS = "answers"
"""Withheld because newer answers of the same number name another time, not because the caller refused."""

REFUSED = "refused"
"""Reason of a request in review whose caller refused since; a person decides what it means for this request."""

_ON_ITS_WAY = ("alert", "announce", "escalate", "call", "ours")
_TEXTS_WE_START = ("ours",)
_TEXTS = ("answer", "ours")


def refuse_calls(
    parts: Services, tx: Tx, *, caller: Caller, effect: RefuseCalls, session: bytes, now: datetime
) -> Receipt:
    """End the requests of this number, in the transaction of the turn that refuses.

    On a phone that nobody else sees, a plain refusal cancels. On a shared phone it cancels the requests that
    this session made or opened by code. If none can be identified, if the refusal was inferred from a sentence,
    or if STOP may mean texts only, every request of the number goes to review. A running call is not cut off:
    the counsellor sees the refusal at once and records the outcome.
    """
    if effect.how == STOP:
        stop_texts(tx, caller, now)
    known = callbacks.lock_callable(tx, caller.id)
    own = [one for one in known if one.session == session or one.id == effect.callback]
    if effect.how != PLAIN:
        _withhold_number(tx, caller, known, effect, now)
    elif _is_alone(known, effect):
        _note_on_number(tx, caller, effect, now)
        _end_requests(tx, known, now)
    elif own:
        _end_requests(tx, own, now)
    else:
        _withhold_number(tx, caller, known, effect, now)
    parts.count.add("refused", effect.how, trial=caller.trial)
    return Noted()


def refuse_late(tx: Tx, *, caller: Caller, callback_id: str, now: datetime) -> None:
    """Withhold a request that was promised before the refusal and is written only now."""
    found = callbacks.by_id(tx, callback_id)
    if found is not None:
        _put_in_review(tx, found, caller.refused, now)


def withhold_request(tx: Tx, callback: Callback, how: str, now: datetime) -> None:
    """Take a request out of the queue until the caller asks again or a person decides, and cancel its pending texts."""
    _put_in_review(tx, callback, how, now)
    _stop_texts(tx, [callback], now)


def take_opt_out(parts: Services, tx: Tx, row: OutboxRow) -> None:
    """Apply a provider's or operator's opt-out, once, with an audit entry.

    The first opt-out acts like STOP. A repeated one says nothing about requests made since, because the
    provider reports the same blocked number again.
    """
    caller = callers.by_id(tx, row.caller_id) if row.caller_id else None
    if caller is None or caller.stopped:
        return
    now = parts.clock.now()
    is_known = any(entry.act == AuditAct.STOPPED for entry in audit.list_about(tx, "caller", caller.id))
    stop_texts(tx, caller, now, by="provider")
    if not is_known:
        stopped = replace(caller, stopped_at=now)
        refuse_calls(parts, tx, caller=stopped, effect=RefuseCalls(how="stop"), session=b"", now=now)


def has_unwritten_word(parts: Services, caller: Caller) -> bool:
    """Return whether a spooled event of this number waits to be applied.

    It may be a refusal, so no call is made before.
    """
    try:
        waiting = list_spooled(parts, caller.number or "", trial=caller.trial)
    except OSError:
        return False
    return any(entry.get("kind") != "ring" for entry in waiting.values())


def stop_texts(tx: Tx, caller: Caller, now: datetime, *, by: str = "her") -> None:
    """Record that this number wants no texts, and cancel its pending ones, including answers.

    The latest STOP counts, also against an answer that would be retried; it is audited once.
    """
    outbox.cancel_of_caller(tx, caller.id, reason="stopped", now=now, kinds=_TEXTS)
    if caller.stopped_at is None or caller.stopped_at < now:
        callers.set_stopped(tx, caller.id, stopped_at=now, now=now)
    if not caller.stopped:
        audit.add_entry(
            tx, now=now, person_id=None, act=AuditAct.STOPPED, kind="caller", subject=caller.id, detail=by
        )


def _is_alone(known: Sequence[Callback], effect: RefuseCalls) -> bool:
    """Return whether every answer ever given says that nobody else sees this phone."""
    seen = {one.contact.phone_seen for one in known if one.contact is not None}
    return effect.phone_seen in ("", PhoneSeen.NO) and seen <= {PhoneSeen.NO}


def _withhold_number(
    tx: Tx, caller: Caller, known: Sequence[Callback], effect: RefuseCalls, now: datetime
) -> None:
    _note_on_number(tx, caller, effect, now)
    for one in known:
        _put_in_review(tx, one, effect.how, now)
    _stop_texts(tx, known, now)


def _note_on_number(tx: Tx, caller: Caller, effect: RefuseCalls, now: datetime) -> None:
    callers.set_refused(tx, caller.id, how=effect.how, refused_at=now, now=now)
    callers.set_texts_unsafe(tx, caller, now=now)
    outbox.cancel_of_caller(tx, caller.id, reason=REFUSED, now=now, kinds=_TEXTS_WE_START)


def _end_requests(tx: Tx, known: Sequence[Callback], now: datetime) -> None:
    """Cancel the open requests; one already reached is not open, and is only marked never to be called again."""
    for one in known:
        if one.state in OPEN:
            callbacks.step_callback(
                tx, one.id, CallbackEvent.CANCEL, now=now,
                reason=REFUSED, closed_at=now, held_until=None, escalate_at=None, withheld=PLAIN,
            )  # fmt: skip
        else:
            callbacks.change_callback(tx, one.id, now=now, withheld=PLAIN)
        _on_record(tx, one, PLAIN, now)
    _stop_texts(tx, known, now)


def _put_in_review(tx: Tx, one: Callback, how: str, now: datetime) -> None:
    """Move a request that is not being called to review; a running call and a reached request are only marked."""
    contact = replace(one.contact, sms_safe=False) if one.contact is not None else None
    if one.state in OPEN and one.state is not CallbackState.CALLING:
        keeps_reason = one.state is CallbackState.REVIEW or is_to_decide(one)
        danger = one.priority == DANGER
        callbacks.step_callback(
            tx,
            one.id,
            CallbackEvent.WITHHOLD,
            now=now,
            reason=one.reason if keeps_reason and one.reason else REFUSED,
            holder_id=None,
            held_until=None,
            escalate_at=queue_rules.plan_first_alert(
                CallbackState.REVIEW, danger=danger, due_at=None, now=now
            ),
            withheld=how,
            contact=contact,
        )
    else:
        callbacks.change_callback(tx, one.id, now=now, withheld=how, contact=contact)
    _on_record(tx, one, how, now)


def _stop_texts(tx: Tx, known: Sequence[Callback], now: datetime) -> None:
    outbox.cancel_of_callbacks(tx, [one.id for one in known], reason=REFUSED, now=now, kinds=_ON_ITS_WAY)


def _on_record(tx: Tx, one: Callback, how: str, now: datetime) -> None:
    act = f"{how} while called" if one.state is CallbackState.CALLING else how
    audit.add_entry(
        tx, now=now, person_id=None, act=AuditAct.REFUSED, kind="callback", subject=one.id, detail=act
    )


# Effect of a new request on earlier ones of the number: it lifts a refusal, and its answers bind the open ones.


def settle_refusals(
    tx: Tx,
    caller: Caller,
    request: Callback | None,
    contact: SafeContact,
    now: datetime,
    *,
    by_form: bool,
    rings: Sequence[Callback],
) -> None:
    """Lift the refusals of a number that asks again by the form, and apply its newest answers to all open requests.

    A missed call lifts nothing, nor does a request promised before the refusal and written after it: they wait for a
    person. A request that could not be taken (None) lifts nothing either, but its answers still bind; what it was to be
    merged with may have changed, so the requests are read again. ``rings`` holds what ``lock_callable`` returned in
    this transaction, of which only ``request`` has changed since.
    """
    if request is None:
        tighten_open(tx, caller, contact, now, besides="")
        return
    if caller.refused_at is not None and (not by_form or now < caller.refused_at):
        withhold_request(tx, request, caller.refused, now)
        return
    if not by_form:
        return
    _lift(tx, caller, request, now)
    for other in rings:
        if other.id != request.id:
            _tighten(tx, other, contact, now)


def tighten_open(tx: Tx, caller: Caller, newest: SafeContact, now: datetime, *, besides: str) -> None:
    """Apply the newest answers to every other request for which the number may still ring."""
    for other in callbacks.lock_callable(tx, caller.id, besides=besides):
        _tighten(tx, other, newest, now)


def lift_withheld(tx: Tx, one: Callback, now: datetime) -> None:
    """Allow calls again for a request withheld only by a refusal or newer answers: its caller asked for it herself."""
    if not one.withheld:
        return
    callbacks.change_callback(tx, one.id, now=now, withheld="")
    if one.state is CallbackState.REVIEW and one.reason == REFUSED:
        danger = one.priority == DANGER
        escalate_at = queue_rules.plan_first_alert(
            CallbackState.WAITING, danger=danger, due_at=one.due_at, now=now
        )
        callbacks.step_callback(
            tx, one.id, CallbackEvent.TRY_AGAIN, now=now, reason="", holder_id=None, escalate_at=escalate_at
        )


def _lift(tx: Tx, caller: Caller, request: Callback, now: datetime) -> None:
    lift_withheld(tx, request, now)
    if caller.refused_at is not None:
        callers.set_refused(tx, caller.id, how="", refused_at=None, now=now)
    if caller.stopped:
        callers.set_stopped(tx, caller.id, stopped_at=None, now=now)


def _tighten(tx: Tx, other: Callback, newest: SafeContact, now: datetime) -> None:
    """Apply the newest answers to another request of the number; if they name another time, a person decides."""
    is_over = other.window == When.NOW.value and other.due_until is not None and other.due_until <= now
    if other.contact is None or is_over:
        return
    tighter = tighten_contact(other.contact, newest)
    if tighter == other.contact:
        return
    callbacks.change_callback(tx, other.id, now=now, contact=tighter, answers=_answers(other, tighter))
    if tighter.when != other.contact.when or not tighter.may_ever_call(now):
        callbacks.change_callback(tx, other.id, now=now, window=tighter.when)
        withhold_request(tx, replace(other, contact=tighter), other.withheld or ANSWERS, now)


def _answers(other: Callback, contact: SafeContact) -> dict[str, str]:
    return {
        **other.answers,
        "phone_seen": contact.phone_seen.value,
        "when": contact.when.value,
        "sms_safe": "yes" if contact.sms_safe else "no",
    }
