"""Claims: one person has one callback, everybody else is told who, and what is forgotten becomes free again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.access import Permission, permit
from gateway.callbacks import escalation
from gateway.callbacks.model import Event, State, target
from gateway.callbacks.order import DANGER, Place, worth_handing_out
from gateway.callbacks.routing import Needs, Offers, fits
from gateway.desk.refusals import found, refusal
from gateway.store import audit, callbacks, line, people

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.access import Actor
    from gateway.parts import Parts
    from gateway.store.callbacks import Callback
    from gateway.store.engines import Tx

LEASE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """The callback is this person's until ``held_until``, which every act of theirs moves on."""

    callback_id: str
    code: str
    held_until: datetime


def claim(parts: Parts, actor: Actor, callback_id: str, *, take_over: bool = False) -> Claimed:
    """Take a callback. Whoever has it already keeps it and moves the lease on.

    Args:
        parts: the parts.
        actor: who takes it.
        callback_id: which one.
        take_over: take it from somebody who has claimed it; for supervisors. A call that is running is never taken.

    Raises:
        Refused: the actor does not work the queue, may not take over, or may not decide what stands in review.
        Held: somebody else has it.
        IllegalMove: it cannot be claimed any more.
        NoSuchCallback: there is none.
    """
    permit(actor, Permission.WORK_QUEUE)
    if take_over:
        permit(actor, Permission.TAKE_OVER)
    now = parts.clock.now()

    def work(tx: Tx) -> Claimed:
        if take_over:
            _take_from_holder(tx, actor, callback_id, now)
        return _claimed(tx, actor, callback_id, now)

    return parts.store.run(work)


def take_next(parts: Parts, actor: Actor) -> Claimed | None:
    """Take the callback that should be called first and that this person is fit to call; None while there is none.

    One whose window closes in a few minutes is not handed out: she would be rung in a hurry or outside of it.
    """
    permit(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()

    def work(tx: Tx) -> Claimed | None:
        for candidate in _in_turn(tx, actor, now):
            taken = _claim(tx, actor, candidate.id, now)
            if taken is not None:
                return taken
        return None

    return parts.store.run(work)


def release(parts: Parts, actor: Actor, callback_id: str) -> None:
    """Give a callback back; its place in the line is kept.

    Raises:
        Refused: the actor does not work the queue.
        Held: somebody else has it, and the actor may not take over.
        IllegalMove: nobody has claimed it.
        NoSuchCallback: there is none.
    """
    permit(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()

    def work(tx: Tx) -> None:
        callback = found(tx, actor, callback_id)
        own = callback.holder_id == actor.person_id or actor.may(Permission.TAKE_OVER)
        if callback.state is not State.CLAIMED or not own:
            raise refusal(tx, actor, callback, Event.RELEASE)
        give_back(tx, callback, now)
        audit.add(
            tx, now=now, person_id=actor.person_id, act="released", kind="callback", subject=callback_id
        )

    parts.store.run(work)


def renew(parts: Parts, actor: Actor, callback_id: str) -> datetime | None:
    """Move the lease of an own claim on, as an open page does; None where the actor does not have it any more."""
    until = parts.clock.now() + LEASE
    with parts.store.write() as tx:
        kept = callbacks.hold(tx, callback_id, holder_id=actor.person_id, until=until)
    return until if kept else None


def give_back(tx: Tx, callback: Callback, now: datetime) -> None:
    """Free a claimed callback: into the line, or into review where a person has still to decide."""
    event = Event.PUT_BACK if is_to_decide(callback) else Event.RELEASE
    danger = callback.priority == DANGER
    escalate_at = escalation.first(target(event), danger=danger, due_at=callback.due_at, now=now)
    callbacks.step(tx, callback.id, event, now=now, holder_id=None, held_until=None, escalate_at=escalate_at)


def is_to_decide(callback: Callback) -> bool:
    """Say whether a claimed callback came out of review, so that it may not be called before somebody decides."""
    return callback.state is State.CLAIMED and bool(callback.reason)


def _claimed(tx: Tx, actor: Actor, callback_id: str, now: datetime) -> Claimed:
    taken = _claim(tx, actor, callback_id, now)
    if taken is not None:
        return taken
    callback = found(tx, actor, callback_id)
    if callback.state is State.CLAIMED and callback.holder_id == actor.person_id:
        callbacks.hold(tx, callback_id, holder_id=actor.person_id, until=now + LEASE)
        return Claimed(callback_id=callback_id, code=callback.code, held_until=now + LEASE)
    if callback.state is State.REVIEW:
        permit(actor, Permission.DECIDE)
    raise refusal(tx, actor, callback, Event.CLAIM)


def _claim(tx: Tx, actor: Actor, callback_id: str, now: datetime) -> Claimed | None:
    until = now + LEASE
    callback = callbacks.step(
        tx,
        callback_id,
        Event.CLAIM,
        now=now,
        only=callbacks.in_team(actor.team, review=actor.may(Permission.DECIDE)),
        holder_id=actor.person_id,
        held_until=until,
        escalate_at=None,
    )
    if callback is None:
        return None
    audit.add(tx, now=now, person_id=actor.person_id, act="claimed", kind="callback", subject=callback_id)
    return Claimed(callback_id=callback_id, code=callback.code, held_until=until)


def _take_from_holder(tx: Tx, actor: Actor, callback_id: str, now: datetime) -> None:
    callback = found(tx, actor, callback_id)
    if callback.state is State.CLAIMED and callback.holder_id != actor.person_id:
        give_back(tx, callback, now)
        audit.add(
            tx, now=now, person_id=actor.person_id, act="taken over", kind="callback", subject=callback_id
        )


def _in_turn(tx: Tx, actor: Actor, now: datetime) -> list[Callback]:
    """Return what could be handed out: first what the person is fit to call, in the order of the line."""
    person = people.by_id(tx, actor.person_id)
    offers = Offers(languages=person.languages, gender=person.gender) if person else Offers()
    ready = [one.callback for one in line.ready(tx, actor.team, now=now)]
    worth = [one for one in ready if worth_handing_out(_place(one), now)]
    return sorted(worth, key=lambda one: not fits(_needs(one), offers))


def _place(one: Callback) -> Place:
    return Place(
        priority=one.priority,
        due_at=one.due_at or one.asked_at,
        due_until=one.due_until or one.asked_at,
        asked_at=one.asked_at,
        id=one.id,
    )


def _needs(one: Callback) -> Needs:
    return Needs(language=one.language, wants_woman=one.wants_woman)
