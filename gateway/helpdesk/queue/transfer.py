"""Transfers a claim to a named colleague who is on duty, has capacity and speaks the caller's language."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.domain.callbacks.queue_rules import Needs, can_call, speaks_language
from gateway.domain.callbacks.states import CallbackEvent, CallbackState
from gateway.domain.permissions import WORKING, AuditAct, Permission, check_permission
from gateway.foundation.time_and_chance import new_id
from gateway.helpdesk.alerts import alerts
from gateway.helpdesk.errors import NoSuchCallback, explain_refusal, find_callback
from gateway.helpdesk.queue.claim import LEASE, is_to_decide
from gateway.helpdesk.staff.shifts import DECIDING, FEW, find_offers, is_big, list_on_duty
from gateway.storage import audit, callbacks, callers, duty, notes, people, queue_counts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from gateway.domain.callbacks.windows import Rota
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.audit import AuditEntry
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx
    from gateway.storage.people import Person, TeamNow

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
    now = parts.clock.now()
    with parts.store.read() as tx:
        callback = callbacks.by_id(tx, callback_id)
        if callback is None or not may_pass(callback, actor):
            return None
        team = people.read_team(tx, actor.team, since=now)
        return (
            compose_colleagues(parts, callback, team, duty.find_rota(tx, actor.team))
            if has_many(team)
            else None
        )


def has_many(team: TeamNow) -> bool:
    """Return what ``shifts.is_big`` returns, out of people that were read before."""
    return sum(one.role in WORKING for one in team.people) > FEW


def compose_colleagues(
    parts: Services, callback: Callback, team: TeamNow, rota: Rota
) -> tuple[Colleague, ...]:
    """Return the possible recipients of a callback out of rows that were read before, fitting ones first."""
    now = parts.clock.now()
    present = duty.find_present(rota, team.people, parts.line.hours, parts.line.zone, now)
    listed = [
        Colleague(
            id=one.id,
            name=one.name,
            in_hand=team.in_hand[one.id],
            fits=can_call(_needs_of(callback), find_offers(one)),
        )
        for one in team.people
        if one.id in present
        and one.id != callback.holder_id
        and _find_unfitness(callback, one, present, in_hand=team.in_hand[one.id], big=True) is None
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
    return compose_transferred(actor, own, last)


def compose_transferred(
    actor: Actor, own: Mapping[str, str], last: Mapping[str, AuditEntry]
) -> tuple[TransferredCallback, ...]:
    """Return what ``list_passed_to`` returns: claimed id → code, and id → newest audit entry, were read before."""
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
    if not may_pass(callback, actor):
        raise explain_refusal(tx, actor, callback, CallbackEvent.RELEASE)
    colleague = people.by_id(tx, to)
    if colleague is None or colleague.team != actor.team:
        raise NoSuchCallback(to)
    why = _find_unfitness(
        callback,
        colleague,
        {one.id for one in list_on_duty(parts, tx, now, actor.team)},
        in_hand=queue_counts.count_in_hand(tx, colleague.id),
        big=is_big(tx, colleague.team),
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
    if not colleague.by_text or callers.is_sample(callback):
        return None
    return alerts.tell_one(
        parts, tx, colleague, "passed", channel=callback.channel, callback_id=callback.id,
        once=f"passed:{callback.id}:{callback.rev}",
    )  # fmt: skip


def may_pass(callback: Callback, actor: Actor) -> bool:
    """Return whether the actor may transfer the callback: its holder, or a supervisor."""
    own = callback.holder_id == actor.person_id or actor.may(Permission.TAKE_OVER)
    return callback.state is CallbackState.CLAIMED and own


def _find_unfitness(
    callback: Callback, colleague: Person, here: Collection[str], *, in_hand: int, big: bool
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
    full = colleague.capacity and in_hand >= colleague.capacity
    return UnfitReason.FULL if full and not has_it and big else None


def _needs_of(callback: Callback) -> Needs:
    return Needs(language=callback.language, wants_woman=callback.wants_woman)
