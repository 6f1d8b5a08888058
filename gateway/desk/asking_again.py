"""What a new request does to what was said before on the same number: it lifts a refusal, and tightens what is open."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.callbacks import escalation
from gateway.callbacks.model import Event, State
from gateway.callbacks.order import DANGER
from gateway.desk.refusing import ANSWERS, REFUSED, withhold
from gateway.engine.effects import CallbackAccepted
from gateway.safe_contact import When, tighten
from gateway.store import callbacks, callers

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.engine.effects import Receipt
    from gateway.safe_contact import SafeContact
    from gateway.store.callbacks import Callback
    from gateway.store.callers import Caller
    from gateway.store.engines import Tx


def settle_refusals(
    tx: Tx, caller: Caller, receipt: Receipt, contact: SafeContact, now: datetime, *, by_form: bool
) -> None:
    """Lift the refusals of a number that asks again by the form, and let her newest answers bind all that is open.

    A ring, and a request told before the refusal and written after it, lift nothing: they wait for a person. One that
    could not be taken lifts nothing either, and what she answered binds all the same.
    """
    if not isinstance(receipt, CallbackAccepted):
        tighten_open(tx, caller, contact, now, besides="")
        return
    asked = callbacks.by_id(tx, receipt.callback)
    if asked is None:
        return
    if caller.refused_at is not None and (not by_form or now < caller.refused_at):
        withhold(tx, asked, caller.refused, now)
        return
    if not by_form:
        return
    _lift(tx, caller, asked, now)
    tighten_open(tx, caller, contact, now, besides=asked.id)


def tighten_open(tx: Tx, caller: Caller, newest: SafeContact, now: datetime, *, besides: str) -> None:
    """Bind whatever her number could still be rung for by her newest answers, ``besides`` the request they are of."""
    for other in callbacks.callable_of(tx, caller.id):
        if other.id != besides:
            _tighten(tx, other, newest, now)


def lift_withheld(tx: Tx, one: Callback, now: datetime) -> None:
    """Let a request be called again that only a refusal or newer answers kept from it: she asked for it herself."""
    if not one.withheld:
        return
    callbacks.change(tx, one.id, now=now, withheld="")
    if one.state is State.REVIEW and one.reason == REFUSED:
        danger = one.priority == DANGER
        escalate_at = escalation.first(State.WAITING, danger=danger, due_at=one.due_at, now=now)
        callbacks.step(
            tx, one.id, Event.TRY_AGAIN, now=now, reason="", holder_id=None, escalate_at=escalate_at
        )


def _lift(tx: Tx, caller: Caller, asked: Callback, now: datetime) -> None:
    lift_withheld(tx, asked, now)
    if caller.refused_at is not None:
        callers.set_refused(tx, caller.id, how="", refused_at=None, now=now)
    if caller.stopped:
        callers.set_stopped(tx, caller.id, stopped_at=None, now=now)


def _tighten(tx: Tx, other: Callback, newest: SafeContact, now: datetime) -> None:
    """Bind another request of the number by her newest answers; where they name another time, a person decides."""
    is_over = other.window == When.NOW.value and other.due_until is not None and other.due_until <= now
    if other.contact is None or is_over:
        return
    tighter = tighten(other.contact, newest)
    if tighter == other.contact:
        return
    callbacks.change(tx, other.id, now=now, contact=tighter, answers=_answers(other, tighter))
    if tighter.when != other.contact.when or not tighter.may_ever_call(now):
        callbacks.change(tx, other.id, now=now, window=tighter.when)
        withhold(tx, replace(other, contact=tighter), other.withheld or ANSWERS, now)


def _answers(other: Callback, contact: SafeContact) -> dict[str, str]:
    return {
        **other.answers,
        "phone_seen": contact.phone_seen.value,
        "when": contact.when.value,
        "sms_safe": "yes" if contact.sms_safe else "no",
    }
