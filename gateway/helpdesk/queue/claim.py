"""Claims callbacks from the queue for one person, with a lease that is renewed while the person works on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.outcomes import AttemptAllowed, may_ring
from gateway.domain.callbacks.queue_rules import (
    DANGER,
    LONG_ENOUGH,
    Needs,
    Offers,
    QueuePlace,
    find_scarce_languages,
    find_spoken_language,
    is_worth_handing_out,
    may_be_given,
)
from gateway.domain.callbacks.states import CallbackEvent, CallbackState, find_target
from gateway.domain.permissions import AuditAct, Permission, check_permission
from gateway.helpdesk.errors import Full, explain_refusal, find_callback
from gateway.helpdesk.requests.planning import find_window_start
from gateway.helpdesk.staff.shifts import find_offers, is_big, list_on_duty
from gateway.storage import attempts, audit, callbacks, callers, people, queue, queue_counts

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
    """A claim; it lasts until ``held_until``, and every action of the holder renews it."""

    callback_id: str
    code: str
    held_until: datetime


def claim_callback(
    parts: Services, actor: Actor, callback_id: str, *, take_over: bool = False
) -> ClaimedCallback:
    """Claim a callback; if the actor holds it already, the lease is renewed.

    Args:
        parts: the services of this process.
        actor: who claims.
        callback_id: the callback.
        take_over: take a claim from its holder; for supervisors. A callback that is being called is never taken over.

    Raises:
        NotPermitted: the actor may not work the queue, take over, or decide a request in review.
        ClaimedByOther: somebody else holds it.
        Full: the actor holds as many as agreed; in big centres only.
        IllegalMove: its state does not accept a claim.
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
    """Claim a callback in an open transaction; raises before it writes anything.

    Raises:
        NotPermitted, ClaimedByOther, Full, IllegalMove, NoSuchCallback: as ``claim_callback``.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    return _claim_or_refuse(tx, actor, callback_id, now)


def take_next(parts: Services, actor: Actor) -> ClaimedCallback | None:
    """Claim the first callback that this person fits; None if there is none.

    Skipped: windows that close within minutes, languages the person does not speak, and numbers that must rest after an
    earlier call.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        Full: the actor holds as many as agreed; in big centres only.
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
    """Release a claim; the callback keeps its place in the queue.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        ClaimedByOther: somebody else holds it, and the actor may not take over.
        IllegalMove: it is not claimed.
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
            tx,
            now=now,
            person_id=actor.person_id,
            act=AuditAct.RELEASED,
            kind="callback",
            subject=callback_id,
        )

    parts.store.run(work)


def renew_claim(parts: Services, actor: Actor, callback_id: str) -> datetime | None:
    """Renew the lease of the actor's claim, as an open page does; None if the actor no longer holds it."""
    until = parts.clock.now() + LEASE
    with parts.store.write() as tx:
        is_renewed = callbacks.hold_claim(tx, callback_id, holder_id=actor.person_id, until=until)
    return until if is_renewed else None


def give_back(tx: Tx, callback: Callback, now: datetime) -> None:
    """Free a claimed callback: back to the queue, or to review if it still needs a decision."""
    event = CallbackEvent.PUT_BACK if is_to_decide(callback) else CallbackEvent.RELEASE
    danger = callback.priority == DANGER
    escalate_at = queue_rules.plan_first_alert(
        find_target(event), danger=danger, due_at=callback.due_at, now=now
    )
    callbacks.step_callback(
        tx, callback.id, event, now=now, holder_id=None, held_until=None, escalate_at=escalate_at
    )


def is_to_decide(callback: Callback) -> bool:
    """Return whether a claimed callback came out of review, so that it needs a decision before any call."""
    return callback.state is CallbackState.CLAIMED and bool(callback.reason)


def _claim_or_refuse(tx: Tx, actor: Actor, callback_id: str, now: datetime) -> ClaimedCallback:
    callback = callbacks.by_id(tx, callback_id)
    if callback is None or callback.holder_id != actor.person_id:
        _check_capacity(tx, actor)
    taken = _try_claim(tx, actor, callback_id, now)
    if taken is not None:
        return taken
    callback = find_callback(tx, actor, callback_id)
    taken = _try_claim(tx, actor, callback_id, now)  # it may have been released between the two reads
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
        only=callbacks.match_team(actor.team, review=actor.may(Permission.DECIDE)),
        holder_id=actor.person_id,
        held_until=until,
        escalate_at=None,
        told=0,
    )
    if callback is None:
        return None
    audit.add_entry(
        tx, now=now, person_id=actor.person_id, act=AuditAct.CLAIMED, kind="callback", subject=callback_id
    )
    return ClaimedCallback(callback_id=callback_id, code=callback.code, held_until=until)


def _take_from_holder(tx: Tx, actor: Actor, callback_id: str, now: datetime) -> None:
    callback = find_callback(tx, actor, callback_id)
    if callback.state is CallbackState.CLAIMED and callback.holder_id != actor.person_id:
        give_back(tx, callback, now)
        audit.add_entry(
            tx,
            now=now,
            person_id=actor.person_id,
            act=AuditAct.TAKEN_OVER,
            kind="callback",
            subject=callback_id,
        )


def _check_capacity(tx: Tx, actor: Actor) -> None:
    person = people.by_id(tx, actor.person_id)
    if person is not None:
        _check_room(tx, actor.team, person)


def _check_room(tx: Tx, team: str, person: Person) -> None:
    """Raise Full at the agreed capacity; small centres do not count."""
    if not person.capacity or queue_counts.count_in_hand(tx, person.id) < person.capacity:
        return
    if is_big(tx, team):
        raise Full(person.capacity)


def _in_turn(parts: Services, tx: Tx, actor: Actor, now: datetime) -> list[Callback]:
    """Return the callbacks that may be handed to this person, in queue order.

    In a big centre, languages that nobody else on duty speaks come first, after danger. Sample data comes last, so
    that nobody waits behind it.
    """
    person = people.by_id(tx, actor.person_id)
    own = find_offers(person) if person else Offers()
    here = list_on_duty(parts, tx, now, actor.team)
    others = [find_offers(one) for one in here if one.id != actor.person_id]
    tags = {find_spoken_language(tag) for tag in own.languages}
    ready = queue.list_ready(tx, actor.team, now=now, until=now + LONG_ENOUGH, languages=tags, limit=_AT_MOST)
    given = [one.callback for one in ready if may_be_given(_needs_of(one.callback), own, others)]
    worth = sorted((one for one in given if is_worth_handing_out(_place_of(one), now)), key=callers.is_sample)
    if not is_big(tx, actor.team):
        return worth
    rare = find_scarce_languages(own, [own, *others])
    return sorted(
        worth,
        key=lambda one: (
            callers.is_sample(one),
            one.priority,
            find_spoken_language(one.language) not in rare,
        ),
    )


def _may_ring(parts: Services, tx: Tx, one: Callback, now: datetime) -> bool:
    """Return whether the caller's number may ring now, given all earlier calls to it."""
    caller_id = one.caller_id or ""
    if attempts.find_live_of_caller(tx, caller_id) is not None:
        return False
    allowed = may_ring(attempts.list_past(tx, caller_id), find_window_start(parts, one), now)
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
