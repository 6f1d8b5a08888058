"""What whoever opens the line must know first: what came, danger and who was told, what closes, what lacks hands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.access import Permission, permit
from gateway.callbacks.routing import Needs, understands
from gateway.callbacks.routing import spoken as language_of
from gateway.desk import line
from gateway.desk.refusals import NoSuchCallback
from gateway.desk.shifts import is_big, offers, still_today
from gateway.store import callbacks, looking, outbox, people
from gateway.store import line as stored

if TYPE_CHECKING:
    from gateway.access import Actor
    from gateway.desk.line import Row
    from gateway.parts import Parts
    from gateway.store.engines import Tx
    from gateway.store.line import Standing

SOON = timedelta(hours=1)
WRITTEN_AGAIN = timedelta(seconds=30)
"""An open page is written down so often, which is often enough for those who see it in the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The sentence at the top of the line, as data.

    Attributes:
        since: when this person last looked; None the first time.
        came: how many asked since then and still wait.
        danger: what is in danger and waits for somebody.
        told: the names of those who were told of it.
        closes_soon: how many windows that are open close within the hour.
        lacks: languages of callers due today which nobody speaks who is on duty today.
        nobody_today: nobody is on duty any more today.
    """

    since: datetime | None
    came: int
    danger: tuple[Row, ...]
    told: tuple[str, ...]
    closes_soon: int
    lacks: tuple[str, ...]
    nobody_today: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """What one shift tells the next.

    Attributes:
        mine: what the one who leaves still has in hand.
        promised: what was promised for the rest of the day.
        phones: who has which helpline phone, by name; numbers as they are, for they are ours.
        danger: what is in danger and waits for somebody.
        big: the centre is so big that claims are passed on by name.
    """

    mine: tuple[Row, ...]
    promised: tuple[Row, ...]
    phones: tuple[tuple[str, str], ...]
    danger: tuple[Row, ...]
    big: bool


def opening(parts: Parts, actor: Actor) -> Opening:
    """Return what the person must know first. It does not count as having looked: that is ``looked``.

    Raises:
        Refused: the actor does not work the queue.
    """
    permit(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()
    with parts.store.read() as tx:
        person = people.by_id(tx, actor.person_id)
        since = person.looked_at if person else None
        today = stored.planned(tx, actor.team, start=now, end=_end_of_day(parts, now))
        danger = stored.danger(tx, actor.team)
        here = still_today(parts, tx, now, actor.team)
        speakers = [offers(one) for one in here]
        return Opening(
            since=since,
            came=stored.came_since(tx, actor.team, since=since or now - timedelta(days=1)),
            danger=tuple(line.row_of(one, actor, now) for one in danger),
            told=_told(tx, danger),
            closes_soon=sum(_closes_soon(one, now) for one in today),
            lacks=tuple(
                sorted(
                    {
                        language_of(one.callback.language)
                        for one in today
                        if here and not any(understands(_needs(one), each) for each in speakers)
                    }
                )
            ),
            nobody_today=not here,
        )


def looked(parts: Parts, actor: Actor) -> None:
    """Write that the person has looked at the line; what comes from now on is new."""
    permit(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()
    parts.store.run(lambda tx: people.set_looked(tx, actor.person_id, now))


def hand_over(parts: Parts, actor: Actor) -> HandOver:
    """Return what one shift tells the next.

    Raises:
        Refused: the actor does not work the queue.
    """
    permit(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()
    with parts.store.read() as tx:
        mine = stored.standing(tx, actor.team, stored.Tab.MINE, person_id=actor.person_id, now=now)
        promised = stored.planned(tx, actor.team, start=now, end=_end_of_day(parts, now))
        return HandOver(
            mine=tuple(line.row_of(one, actor, now) for one in mine),
            promised=tuple(line.row_of(one, actor, now) for one in promised),
            phones=tuple(
                (one.name, one.number) for one in people.everybody(tx, actor.team) if one.number is not None
            ),
            danger=tuple(line.row_of(one, actor, now) for one in stored.danger(tx, actor.team)),
            big=is_big(tx, actor.team),
        )


def looks_at(parts: Parts, actor: Actor, callback_id: str) -> tuple[str, ...]:
    """Write that the person has this page open, and return who else has; in a small centre nobody is told.

    An open page asks again and again, so what was written a moment ago is not written anew.

    Raises:
        Refused: the actor does not work the queue.
        NoSuchCallback: there is none.
    """
    permit(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()
    with parts.store.read() as tx:
        callback = callbacks.by_id(tx, callback_id)
        if callback is None or callback.team != actor.team:
            raise NoSuchCallback(callback_id)
        if not is_big(tx, actor.team):
            return ()
        known = looking.last(tx, callback_id, actor.person_id)
        others = looking.at(tx, callback_id, since=now - line.LOOKS, besides=actor.person_id)
    if known is None or known + WRITTEN_AGAIN <= now:
        parts.store.run(lambda tx: looking.note(tx, callback_id, actor.person_id, now=now))
    return others


def _told(tx: Tx, danger: tuple[Standing, ...]) -> tuple[str, ...]:
    ids = dict.fromkeys(person for _, person, _ in outbox.told_of(tx, [one.callback.id for one in danger]))
    found = [people.by_id(tx, person_id) for person_id in ids]
    return tuple(person.name for person in found if person is not None)


def _closes_soon(one: Standing, now: datetime) -> bool:
    due_at, until = one.callback.due_at, one.callback.due_until
    return due_at is not None and until is not None and due_at <= now < until <= now + SOON


def _needs(one: Standing) -> Needs:
    return Needs(language=one.callback.language, wants_woman=False)


def _end_of_day(parts: Parts, now: datetime) -> datetime:
    zone = ZoneInfo(parts.line.zone)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)
