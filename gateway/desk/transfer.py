"""Passes a claim on by name: to a colleague who is there, has room, and speaks her language; who is told so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.access import WORKING, Permission, permit
from gateway.callbacks.model import Event, State
from gateway.callbacks.routing import Needs, fits, understands
from gateway.desk import alerts
from gateway.desk.claim import LEASE, is_to_decide
from gateway.desk.refusals import NoSuchCallback, found, refusal
from gateway.desk.shifts import DECIDING, is_big, offers, on_duty
from gateway.ids import new_id
from gateway.store import audit, callbacks, notes, people

if TYPE_CHECKING:
    from collections.abc import Collection

    from gateway.access import Actor
    from gateway.parts import Parts
    from gateway.store.callbacks import Callback
    from gateway.store.engines import Tx
    from gateway.store.people import Person

PASSED_ON = "handed over"
"""The act on record; its detail is the id of who got it."""

LONGEST_REASON = 200


class Unfit(StrEnum):
    """Why a colleague cannot be given a callback now."""

    NOT_WORKING = "not-working"  # does not work the queue
    DECIDES_NOT = "decides-not"  # it waits for a decision, which is not this colleague's to make
    AWAY = "away"
    LANGUAGE = "language"
    FULL = "full"


class NotPassed(Exception):
    """The colleague cannot be given it: ``why``, by whose ``name``, and where full the ``capacity`` agreed."""

    def __init__(self, why: Unfit, name: str, capacity: int = 0) -> None:
        super().__init__(f"{name}: {why}")
        self.why = why
        self.name = name
        self.capacity = capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """Somebody to whom a callback could be passed on; ``fits`` is false where she asked for a woman and it is none."""

    id: str
    name: str
    in_hand: int
    fits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A callback that was passed to this person and not touched since."""

    callback_id: str
    code: str
    by: str


def colleagues(parts: Parts, actor: Actor, callback_id: str) -> tuple[Colleague, ...] | None:
    """Return to whom a callback could be passed on now, the fit ones first.

    None where there is nothing to pass on, or the centre is so small that people just ask each other.

    Raises:
        Refused: the actor does not work the queue.
    """
    permit(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        callback = callbacks.by_id(tx, callback_id)
        if callback is None or not _may_pass(callback, actor) or not is_big(tx, actor.team):
            return None
        here = on_duty(parts, tx, parts.clock.now(), actor.team)
        able = [
            one
            for one in here
            if one.id != callback.holder_id and _unfit(tx, callback, one, {each.id for each in here}) is None
        ]
        listed = [
            Colleague(
                id=one.id,
                name=one.name,
                in_hand=callbacks.in_hand(tx, one.id),
                fits=fits(_needs(callback), offers(one)),
            )
            for one in able
        ]
        return tuple(sorted(listed, key=lambda one: (not one.fits, one.in_hand)))


def hand_over(parts: Parts, actor: Actor, callback_id: str, to: str, *, reason: str = "") -> None:
    """Pass a claim on to a colleague, who has it at once with a lease of its own, and may give it back like any other.

    Args:
        parts: the parts.
        actor: who has it, or a supervisor.
        callback_id: which one.
        to: the id of the colleague.
        reason: for the colleague to read; kept as a note.

    Raises:
        Refused: the actor does not work the queue.
        Held: somebody else has it, and the actor may not take over.
        NotPassed: the colleague is away, full, speaks another language, or does not work the queue.
        NoSuchCallback: there is no such callback, or nobody of that id here.
        IllegalMove: nobody has claimed it.
    """
    permit(actor, Permission.WORK_QUEUE)
    row = parts.store.run(lambda tx: _handed_over(parts, tx, actor, callback_id, to, reason.strip()))
    if row is not None:
        parts.nudge(row)


def passed_to(parts: Parts, actor: Actor) -> tuple[Passed, ...]:
    """Return what was passed to this person who has not touched it since.

    Raises:
        Refused: the actor does not work the queue.
    """
    permit(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        mine = callbacks.claimed_by(tx, actor.person_id)
        last = audit.last_about(tx, "callback", list(mine))
    return tuple(
        Passed(callback_id=one, code=code, by=last[one].who)
        for one, code in mine.items()
        if one in last and (last[one].act, last[one].detail) == (PASSED_ON, actor.person_id)
    )


def _handed_over(parts: Parts, tx: Tx, actor: Actor, callback_id: str, to: str, reason: str) -> str | None:
    """Let the colleague have it, on record and with the reason; return the text that tells it, if one does."""
    now, callback = parts.clock.now(), found(tx, actor, callback_id)
    if not _may_pass(callback, actor):
        raise refusal(tx, actor, callback, Event.RELEASE)
    colleague = people.by_id(tx, to)
    if colleague is None or colleague.team != actor.team:
        raise NoSuchCallback(to)
    why = _unfit(tx, callback, colleague, {one.id for one in on_duty(parts, tx, now, actor.team)})
    if why is not None:
        raise NotPassed(why, colleague.name, colleague.capacity)
    callbacks.hand_to(tx, callback_id, to=to, until=now + LEASE, now=now)
    audit.add(
        tx, now=now, person_id=actor.person_id, act=PASSED_ON, kind="callback", subject=callback_id, detail=to
    )
    if reason:
        notes.add(
            tx, note_id=new_id(now), callback_id=callback_id, person_id=actor.person_id,
            text=reason[:LONGEST_REASON], now=now,
        )  # fmt: skip
    return _told(parts, tx, callback, colleague)


def _told(parts: Parts, tx: Tx, callback: Callback, colleague: Person) -> str | None:
    """Tell whoever works without a computer by text; anybody else finds it on the pages that are open before them."""
    if not colleague.by_text:
        return None
    return alerts.tell_one(
        parts, tx, colleague, "passed", channel=callback.channel, callback_id=callback.id,
        once=f"passed:{callback.id}:{callback.rev}",
    )  # fmt: skip


def _may_pass(callback: Callback, actor: Actor) -> bool:
    own = callback.holder_id == actor.person_id or actor.may(Permission.TAKE_OVER)
    return callback.state is State.CLAIMED and own


def _unfit(tx: Tx, callback: Callback, colleague: Person, here: Collection[str]) -> Unfit | None:
    """Return what stands in the way; who asked for a woman may all the same be passed on to a man, who says so."""
    if colleague.disabled or colleague.role not in WORKING:
        return Unfit.NOT_WORKING
    if is_to_decide(callback) and colleague.role not in DECIDING:
        return Unfit.DECIDES_NOT
    if colleague.id not in here:
        return Unfit.AWAY
    if not understands(_needs(callback), offers(colleague)):
        return Unfit.LANGUAGE
    has_it = colleague.id == callback.holder_id
    full = colleague.capacity and callbacks.in_hand(tx, colleague.id) >= colleague.capacity
    return Unfit.FULL if full and not has_it and is_big(tx, colleague.team) else None


def _needs(callback: Callback) -> Needs:
    return Needs(language=callback.language, wants_woman=callback.wants_woman)
