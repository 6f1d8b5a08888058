"""Claims: one person has one callback, everybody else is told who, and what is forgotten becomes free again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.attempt_spacing import AttemptAllowed, may_ring
from gateway.domain.callbacks.queue_rules import DANGER, LONG_ENOUGH, QueuePlace, worth_handing_out
from gateway.domain.callbacks.routing import (
    Needs,
    Offers,
    find_scarce_languages,
    may_be_given,
    spoken_language,
)
from gateway.domain.callbacks.states import CallbackEvent, CallbackState, find_target
from gateway.domain.permissions import Permission, check_permission
from gateway.helpdesk.errors import Full, explain_refusal, find_callback
from gateway.helpdesk.requests.planning import window_from
from gateway.helpdesk.staff.shifts import find_offers, is_big, on_duty
from gateway.storage import attempts, audit, callbacks, people, queue

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx
    from gateway.storage.people import Person

LEASE = timedelta(minutes=15)
_AT_MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedCallback:
    """The callback is this person's until ``held_until``, which every act of theirs moves on."""

    callback_id: str
    code: str
    held_until: datetime


def claim_callback(
    parts: Services, actor: Actor, callback_id: str, *, take_over: bool = False
) -> ClaimedCallback:
    """Take a callback. Whoever has it already keeps it and moves the lease on.

    Args:
        parts: the parts.
        actor: who takes it.
        callback_id: which one.
        take_over: take it from somebody who has claimed it; for supervisors. A call that is running is never taken.

    Raises:
        Refused: the actor does not work the queue, may not take over, or may not decide what stands in review.
        Held: somebody else has it.
        Full: the person has as many in hand as were agreed; only in a bigger centre.
        IllegalMove: it cannot be claimed any more.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    if take_over:
        check_permission(actor, Permission.TAKE_OVER)
    now = parts.clock.now()

    def work(tx: Tx) -> ClaimedCallback:
        if take_over:
            _take_from_holder(tx, actor, callback_id, now)
        return _claim_or_refuse(tx, actor, callback_id, now)

    return parts.store.run(work)


def claim_within(tx: Tx, actor: Actor, callback_id: str, now: datetime) -> ClaimedCallback:
    """Take a callback in a transaction that does more; it raises before anything is written.

    Raises:
        Refused, Held, Full, IllegalMove, NoSuchCallback: as ``claim_callback``.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    return _claim_or_refuse(tx, actor, callback_id, now)


def take_next(parts: Services, actor: Actor) -> ClaimedCallback | None:
    """Take the callback that should be called first and that this person is fit to call; None while there is none.

    One whose window closes in a few minutes is not handed out: she would be rung in a hurry or outside of it.
    Nor is one in a language that this person does not speak, or whose number rests after an earlier call.

    Raises:
        Refused: the actor does not work the queue.
        Full: the person has as many in hand as were agreed; only in a bigger centre.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()

    def work(tx: Tx) -> ClaimedCallback | None:
        _check_capacity(tx, actor)
        for candidate in _in_turn(parts, tx, actor, now):
            taken = _try_claim(tx, actor, candidate.id, now) if _may_ring(parts, tx, candidate, now) else None
            if taken is not None:
                return taken
        return None

    return parts.store.run(work)


def release_callback(parts: Services, actor: Actor, callback_id: str) -> None:
    """Give a callback back; its place in the line is kept.

    Raises:
        Refused: the actor does not work the queue.
        Held: somebody else has it, and the actor may not take over.
        IllegalMove: nobody has claimed it.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()

    def work(tx: Tx) -> None:
        callback = find_callback(tx, actor, callback_id)
        own = callback.holder_id == actor.person_id or actor.may(Permission.TAKE_OVER)
        if callback.state is not CallbackState.CLAIMED or not own:
            raise explain_refusal(tx, actor, callback, CallbackEvent.RELEASE)
        give_back(tx, callback, now)
        audit.add_entry(
            tx, now=now, person_id=actor.person_id, act="released", kind="callback", subject=callback_id
        )

    parts.store.run(work)


def renew_claim(parts: Services, actor: Actor, callback_id: str) -> datetime | None:
    """Move the lease of an own claim on, as an open page does; None where the actor does not have it any more."""
    until = parts.clock.now() + LEASE
    with parts.store.write() as tx:
        kept = callbacks.hold_claim(tx, callback_id, holder_id=actor.person_id, until=until)
    return until if kept else None


def give_back(tx: Tx, callback: Callback, now: datetime) -> None:
    """Free a claimed callback: into the line, or into review where a person has still to decide."""
    event = CallbackEvent.PUT_BACK if is_to_decide(callback) else CallbackEvent.RELEASE
    danger = callback.priority == DANGER
    escalate_at = queue_rules.plan_first_alert(
        find_target(event), danger=danger, due_at=callback.due_at, now=now
    )
    callbacks.step_callback(
        tx, callback.id, event, now=now, holder_id=None, held_until=None, escalate_at=escalate_at
    )


def is_to_decide(callback: Callback) -> bool:
    """Say whether a claimed callback came out of review, so that it may not be called before somebody decides."""
    return callback.state is CallbackState.CLAIMED and bool(callback.reason)


def _claim_or_refuse(tx: Tx, actor: Actor, callback_id: str, now: datetime) -> ClaimedCallback:
    callback = callbacks.by_id(tx, callback_id)
    if callback is None or callback.holder_id != actor.person_id:
        _check_capacity(tx, actor)
    taken = _try_claim(tx, actor, callback_id, now)
    if taken is not None:
        return taken
    callback = find_callback(tx, actor, callback_id)
    taken = _try_claim(tx, actor, callback_id, now)  # it may have been given back between the two
    if taken is not None:
        return taken
    if callback.state is CallbackState.CLAIMED and callback.holder_id == actor.person_id:
        callbacks.hold_claim(tx, callback_id, holder_id=actor.person_id, until=now + LEASE)
        return ClaimedCallback(callback_id=callback_id, code=callback.code, held_until=now + LEASE)
    if callback.state is CallbackState.REVIEW:
        check_permission(actor, Permission.DECIDE)
    raise explain_refusal(tx, actor, callback, CallbackEvent.CLAIM)


def _try_claim(tx: Tx, actor: Actor, callback_id: str, now: datetime) -> ClaimedCallback | None:
    until = now + LEASE
    callback = callbacks.step_callback(
        tx,
        callback_id,
        CallbackEvent.CLAIM,
        now=now,
        only=callbacks.in_team(actor.team, review=actor.may(Permission.DECIDE)),
        holder_id=actor.person_id,
        held_until=until,
        escalate_at=None,
        told=0,
    )
    if callback is None:
        return None
    audit.add_entry(
        tx, now=now, person_id=actor.person_id, act="claimed", kind="callback", subject=callback_id
    )
    return ClaimedCallback(callback_id=callback_id, code=callback.code, held_until=until)


def _take_from_holder(tx: Tx, actor: Actor, callback_id: str, now: datetime) -> None:
    callback = find_callback(tx, actor, callback_id)
    if callback.state is CallbackState.CLAIMED and callback.holder_id != actor.person_id:
        give_back(tx, callback, now)
        audit.add_entry(
            tx, now=now, person_id=actor.person_id, act="taken over", kind="callback", subject=callback_id
        )


def _check_capacity(tx: Tx, actor: Actor) -> None:
    person = people.by_id(tx, actor.person_id)
    if person is not None:
        _check_room(tx, actor.team, person)


def _check_room(tx: Tx, team: str, person: Person) -> None:
    """Refuse one more than was agreed with this person; where few work, nobody keeps such a count."""
    if not person.capacity or callbacks.in_hand(tx, person.id) < person.capacity:
        return
    if is_big(tx, team):
        raise Full(person.capacity)


def _in_turn(parts: Services, tx: Tx, actor: Actor, now: datetime) -> list[Callback]:
    """Return what may be handed to this person, in the order of the line.

    In a bigger centre those come first, behind danger, in whose language nobody else on duty could call.
    """
    person = people.by_id(tx, actor.person_id)
    mine = find_offers(person) if person else Offers()
    here = on_duty(parts, tx, now, actor.team)
    others = [find_offers(one) for one in here if one.id != actor.person_id]
    tags = {spoken_language(tag) for tag in mine.languages}
    ready = queue.list_ready(tx, actor.team, now=now, until=now + LONG_ENOUGH, languages=tags, limit=_AT_MOST)
    given = [one.callback for one in ready if may_be_given(_needs_of(one.callback), mine, others)]
    worth = [one for one in given if worth_handing_out(_place_of(one), now)]
    if not is_big(tx, actor.team):
        return worth
    rare = find_scarce_languages(mine, [mine, *others])
    return sorted(worth, key=lambda one: (one.priority, spoken_language(one.language) not in rare))


def _may_ring(parts: Services, tx: Tx, one: Callback, now: datetime) -> bool:
    """Say whether her number may ring now, seen together with the calls that it has had."""
    caller_id = one.caller_id or ""
    if attempts.live_of(tx, caller_id) is not None:
        return False
    allowed = may_ring(attempts.list_past(tx, caller_id), window_from(parts, one), now)
    return isinstance(allowed, AttemptAllowed)


def _place_of(one: Callback) -> QueuePlace:
    return QueuePlace(
        priority=one.priority,
        due_at=one.due_at or one.asked_at,
        due_until=one.due_until or one.asked_at,
        asked_at=one.asked_at,
        id=one.id,
    )


def _needs_of(one: Callback) -> Needs:
    return Needs(language=one.language, wants_woman=one.wants_woman)
