"""Transfers a claim to a named colleague who is on duty, has capacity and speaks the caller's language."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.domain.audit_acts import AuditAct
from gateway.domain.callbacks.routing import Needs, can_call, speaks_language
from gateway.domain.callbacks.states import CallbackEvent, CallbackState
from gateway.domain.permissions import WORKING, Permission, check_permission
from gateway.foundation.ids import new_id
from gateway.helpdesk.alerts import alerts
from gateway.helpdesk.errors import NoSuchCallback, explain_refusal, find_callback
from gateway.helpdesk.queue.claim import LEASE, is_to_decide
from gateway.helpdesk.staff.shifts import DECIDING, find_offers, is_big, list_on_duty
from gateway.storage import audit, callbacks, notes, people

if TYPE_CHECKING:
    from collections.abc import Collection

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx
    from gateway.storage.people import Person

"""Audit act of a transfer; its detail is the recipient's person id."""

LONGEST_REASON = 200


class UnfitReason(StrEnum):
    """Why a colleague cannot be given a callback now."""

    NOT_WORKING = "not-working"  # may not work the queue
    DECIDES_NOT = "decides-not"  # it needs a decision that this colleague may not make
    AWAY = "away"
    LANGUAGE = "language"
    FULL = "full"


class NotPassed(Exception):
    """The transfer was refused: ``why``, the colleague's ``name``, and their ``capacity`` if they are full."""

    def __init__(self, why: UnfitReason, name: str, capacity: int = 0) -> None:
        super().__init__(f"{name}: {why}")
        self.why = why
        self.name = name
        self.capacity = capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """A possible recipient; ``fits`` is False if the caller asked for a woman and this is none."""

    id: str
    name: str
    in_hand: int
    fits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferredCallback:
    """A callback that was transferred to this person, who has not acted on it yet."""

    callback_id: str
    code: str
    by: str


def list_colleagues(parts: Services, actor: Actor, callback_id: str) -> tuple[Colleague, ...] | None:
    """Return the possible recipients, fitting ones first.

    None if there is nothing to transfer, or if the centre is so small that people just ask each other.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        callback = callbacks.by_id(tx, callback_id)
        if callback is None or not _may_pass(callback, actor) or not is_big(tx, actor.team):
            return None
        here = list_on_duty(parts, tx, parts.clock.now(), actor.team)
        able = [
            one
            for one in here
            if one.id != callback.holder_id
            and _find_unfitness(tx, callback, one, {each.id for each in here}) is None
        ]
        listed = [
            Colleague(
                id=one.id,
                name=one.name,
                in_hand=callbacks.count_in_hand(tx, one.id),
                fits=can_call(_needs_of(callback), find_offers(one)),
            )
            for one in able
        ]
        return tuple(sorted(listed, key=lambda one: (not one.fits, one.in_hand)))


def hand_over(parts: Services, actor: Actor, callback_id: str, to: str, *, reason: str = "") -> None:
    """Transfer a claim to a colleague, who gets a new lease at once and may release it like any other claim.

    Args:
        parts: the services of this process.
        actor: the holder, or a supervisor.
        callback_id: the callback.
        to: the colleague's person id.
        reason: for the colleague to read; saved as a note.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        ClaimedByOther: somebody else holds it, and the actor may not take over.
        NotPassed: the colleague is off duty, full, speaks another language, or may not work the queue.
        NoSuchCallback: there is no such callback, or no such person in the team.
        IllegalMove: it is not claimed.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    row = parts.store.run(lambda tx: _hand_over(parts, tx, actor, callback_id, to, reason.strip()))
    if row is not None:
        parts.nudge(row)


def list_passed_to(parts: Services, actor: Actor) -> tuple[TransferredCallback, ...]:
    """Return the callbacks transferred to this person that they have not acted on yet.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        own = callbacks.list_claimed_codes(tx, actor.person_id)
        last = audit.list_last_about(tx, "callback", list(own))
    return tuple(
        TransferredCallback(callback_id=one, code=code, by=last[one].who)
        for one, code in own.items()
        if one in last and (last[one].act, last[one].detail) == (AuditAct.HANDED_OVER, actor.person_id)
    )


def _hand_over(parts: Services, tx: Tx, actor: Actor, callback_id: str, to: str, reason: str) -> str | None:
    """Transfer the claim, audited and with the reason as a note.

    Return the outbox row of the alert, if there is one.
    """
    now, callback = parts.clock.now(), find_callback(tx, actor, callback_id)
    if not _may_pass(callback, actor):
        raise explain_refusal(tx, actor, callback, CallbackEvent.RELEASE)
    colleague = people.by_id(tx, to)
    if colleague is None or colleague.team != actor.team:
        raise NoSuchCallback(to)
    why = _find_unfitness(
        tx, callback, colleague, {one.id for one in list_on_duty(parts, tx, now, actor.team)}
    )
    if why is not None:
        raise NotPassed(why, colleague.name, colleague.capacity)
    callbacks.hand_to(tx, callback_id, to=to, until=now + LEASE, now=now)
    audit.add_entry(
        tx,
        now=now,
        person_id=actor.person_id,
        act=AuditAct.HANDED_OVER,
        kind="callback",
        subject=callback_id,
        detail=to,
    )
    if reason:
        notes.add_note(
            tx, note_id=new_id(now), callback_id=callback_id, person_id=actor.person_id,
            text=reason[:LONGEST_REASON], now=now,
        )  # fmt: skip
    return _tell_colleague(parts, tx, callback, colleague)


def _tell_colleague(parts: Services, tx: Tx, callback: Callback, colleague: Person) -> str | None:
    """Alert a colleague who works by SMS only; all others see the transfer on their open pages."""
    if not colleague.by_text:
        return None
    return alerts.tell_one(
        parts, tx, colleague, "passed", channel=callback.channel, callback_id=callback.id,
        once=f"passed:{callback.id}:{callback.rev}",
    )  # fmt: skip


def _may_pass(callback: Callback, actor: Actor) -> bool:
    own = callback.holder_id == actor.person_id or actor.may(Permission.TAKE_OVER)
    return callback.state is CallbackState.CLAIMED and own


def _find_unfitness(
    tx: Tx, callback: Callback, colleague: Person, here: Collection[str]
) -> UnfitReason | None:
    """Return why a colleague cannot get it. A request for a woman may go to a man, who must say so to the caller."""
    if colleague.disabled or colleague.role not in WORKING:
        return UnfitReason.NOT_WORKING
    if is_to_decide(callback) and colleague.role not in DECIDING:
        return UnfitReason.DECIDES_NOT
    if colleague.id not in here:
        return UnfitReason.AWAY
    if not speaks_language(_needs_of(callback), find_offers(colleague)):
        return UnfitReason.LANGUAGE
    has_it = colleague.id == callback.holder_id
    full = colleague.capacity and callbacks.count_in_hand(tx, colleague.id) >= colleague.capacity
    return UnfitReason.FULL if full and not has_it and is_big(tx, colleague.team) else None


def _needs_of(callback: Callback) -> Needs:
    return Needs(language=callback.language, wants_woman=callback.wants_woman)
