"""Adds a callback request by hand for a caller at the desk or on the phone, or for her family.

The same safety answers and consent are required as in the menu.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.domain.contact_safety import PhoneSeen, When
from gateway.domain.permissions import AuditAct, Permission, check_permission
from gateway.foundation.phone_numbers import may_be_called, to_e164
from gateway.helpdesk.errors import Rejected, Why, read_typed_number
from gateway.helpdesk.requests import accept, unmatched_texts
from gateway.helpdesk.requests.intake_rules import is_own_number
from gateway.menus.engine.effects import CallbackAccepted, RequestCallback
from gateway.storage import audit, callbacks, callers, conversations

if TYPE_CHECKING:
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.menus.engine.effects import Receipt
    from gateway.storage.callers import Caller
    from gateway.storage.database import Tx

CONSENT = "by voice"
"""Version stored for a consent that was asked for and given orally."""


class RequestOrigin(StrEnum):
    """How the request reached the centre."""

    VISITOR = "visitor"
    PHONED_IN = "phoned_in"
    FAMILY = "family"
    TEXTED = "texted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualRequest:
    """A request taken down by staff.

    Attributes:
        how: how it reached the centre.
        number: the caller's phone as typed; empty if only the family is to be called.
        family_number: phone of the family member who asks.
        agreed_herself: the caller agreed herself to be called; otherwise the family member is called.
        consented: the person to be called agreed that the number is stored.
        phone_seen: whether somebody else can hold or look at that phone.
        when: when it is safe to call.
        language: BCP 47 tag of the language they speak.
        topic: a topic of the menus.
        danger: somebody is in danger now.
        woman: a woman shall call.
        sms_safe: texts are safe; only if nobody else sees the phone.
        text_id: an unmatched text of the caller, whose sender is the number.
    """

    how: RequestOrigin
    number: str
    consented: bool
    phone_seen: PhoneSeen
    when: When
    language: str
    family_number: str = ""
    agreed_herself: bool = True
    topic: str = "other"
    danger: bool = False
    woman: bool = False
    sms_safe: bool = field(default=False)
    text_id: str = ""


def add_request(parts: Services, actor: Actor, asked: ManualRequest, *, form: str) -> Receipt:
    """Add the request; the same form sent twice is one request.

    Args:
        parts: the services of this process.
        actor: who took it down.
        asked: the request.
        form: one-time id of the page's form.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        Rejected: consent is missing, or the number cannot be called.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    number = _number_to_call(parts, asked)
    if not asked.consented:
        raise Rejected(Why.FIELD)
    key = hashlib.sha256(f"desk {actor.person_id} {form}".encode()).digest()
    accepted, is_trial = parts.store.run(lambda tx: _accept_added(parts, tx, actor, asked, number, key))
    for row in accepted.nudges:
        parts.nudge(row)
    if isinstance(accepted.receipt, CallbackAccepted) and accepted.nudges:
        parts.count.add("asked", asked.topic, language=asked.language, channel="desk", trial=is_trial)
    return accepted.receipt


def _accept_added(
    parts: Services, tx: Tx, actor: Actor, request: ManualRequest, number: str, key: bytes
) -> tuple[accept.Accepted, bool]:
    now = parts.clock.now()
    caller = _caller_asked(tx, request) or callers.upsert_caller(tx, number, now=now)
    before = _of_this_form(tx, caller.id, key)
    if before is not None:
        return accept.Accepted(receipt=before), caller.trial
    accepted = accept.accept_request(
        parts,
        tx,
        caller=caller,
        effect=_effect(request),
        turn_key=key,
        session=key,
        channel=_channel(parts),
        version="",
        now=now,
    )
    if isinstance(accepted.receipt, CallbackAccepted):
        audit.add_entry(
            tx,
            now=now,
            person_id=actor.person_id,
            act=AuditAct.ADDED,
            kind="callback",
            subject=accepted.receipt.callback,
            detail=request.how,
        )
        if request.text_id:
            unmatched_texts.take_off_list(tx, actor, request.text_id, AuditAct.ATTACHED, now)
    return accepted, caller.trial


def _caller_asked(tx: Tx, request: ManualRequest) -> Caller | None:
    """Return the sender of the text that the request is made from; it may be a simulator phone."""
    text = conversations.find_text(tx, request.text_id) if request.how is RequestOrigin.TEXTED else None
    return callers.by_id(tx, text.caller_id) if text is not None and text.caller_id else None


def _of_this_form(tx: Tx, caller_id: str, key: bytes) -> CallbackAccepted | None:
    for one in callbacks.open_of(tx, caller_id, lock=True):
        if one.session == key and one.due_at is not None and one.due_until is not None:
            now = one.window == When.NOW
            return CallbackAccepted(
                callback=one.id, code=one.code, due_at=one.due_at, due_until=one.due_until, now=now
            )
    return None


def _number_to_call(parts: Services, request: ManualRequest) -> str:
    """Return the number to call: the family member's, unless the caller agreed herself.

    Raises:
        Rejected: the number cannot be called, or is ambiguous.
    """
    if request.how is not RequestOrigin.TEXTED:
        family = request.how is RequestOrigin.FAMILY and not request.agreed_herself
        typed = read_typed_number(request.family_number if family else request.number, parts.line.regions)
        with parts.store.read() as tx:
            if is_own_number(parts, tx, typed):
                raise Rejected(Why.NUMBER)
        return typed
    with parts.store.read() as tx:
        text = conversations.find_text(tx, request.text_id)
    number = to_e164((text.number if text is not None else None) or "", parts.line.regions)
    if number is None or not may_be_called(number, parts.line.regions):
        raise Rejected(Why.NUMBER)
    return number


def _effect(request: ManualRequest) -> RequestCallback:
    answers = {
        "danger": "yes" if request.danger else "no",
        "phone_seen": request.phone_seen.value,
        "when": request.when.value,
        "consent": CONSENT,
        "sms_safe": "yes" if request.sms_safe else "no",
        "how": request.how.value,
    }
    if request.woman:
        answers["woman"] = "yes"
    if request.how is RequestOrigin.FAMILY:
        answers["family"] = "no" if request.agreed_herself else "yes"
    return RequestCallback(
        topic=request.topic,
        path=(),
        answers=answers,
        language=request.language,
        script=request.language,
        hours=request.when.rule,
    )


def _channel(parts: Services) -> str:
    """Return the channel for texts to the caller: the first of the configuration."""
    return next(iter(parts.channels), "desk")
