"""Summarises the shift above the queue: new requests, danger and alerts, windows closing soon, missing languages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict, Unpack
from zoneinfo import ZoneInfo

from gateway.domain.callbacks.queue_rules import Needs, speaks_language
from gateway.domain.callbacks.queue_rules import find_spoken_language as language_of
from gateway.domain.permissions import Permission, check_permission
from gateway.helpdesk.errors import NoSuchCallback
from gateway.helpdesk.queue import queue
from gateway.helpdesk.staff.shifts import find_offers, is_big, list_on_duty, list_today
from gateway.storage import callbacks, outbox, people, queue_counts
from gateway.storage import queue as stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.helpdesk.queue.queue import Row
    from gateway.storage.database import Tx
    from gateway.storage.people import Person
    from gateway.storage.queue import QueueEntry

SOON = timedelta(hours=1)
FIRST_LOOK = timedelta(days=1)
"""What a person who never looked before counts as new."""

WRITTEN_AGAIN = timedelta(seconds=30)
"""An open page is recorded at most this often, which is enough for the "looking" marks of the queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The summary at the top of the queue, as data.

    Attributes:
        since: when this person last looked; None the first time.
        came: number of requests since then that still wait.
        danger: waiting danger requests.
        told: names of the people alerted about them.
        closes_soon: number of open windows that close within the hour.
        lacks: languages of callers due today that nobody on duty today speaks.
        nobody_today: nobody is on duty for the rest of the day.
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
    """What one shift hands to the next.

    Attributes:
        mine: callbacks that the leaving person still holds.
        promised: callbacks promised for the rest of the day.
        phones: (helpline number, name of the person who has it); unmasked, as these are staff phones.
        danger: waiting danger requests.
        big: the centre is big enough that claims are transferred by name.
        colleagues: (id, name) of the others who are on duty now, to whom claims can be passed.
    """

    mine: tuple[Row, ...]
    promised: tuple[Row, ...]
    phones: tuple[tuple[str, str], ...]
    danger: tuple[Row, ...]
    big: bool
    colleagues: tuple[tuple[str, str], ...]


def summarise_shift(parts: Services, actor: Actor) -> Opening:
    """Return the shift summary; reading it does not count as a look (see ``note_look``).

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()
    with parts.store.read() as tx:
        person = people.by_id(tx, actor.person_id)
        since = person.looked_at if person else None
        danger = stored.list_danger(tx, actor.team)
        return compose_summary(
            actor,
            now,
            since=since,
            came=queue_counts.count_new_since(tx, actor.team, since=since or now - FIRST_LOOK),
            planned=stored.list_planned(tx, actor.team, start=now, end=find_end_of_day(parts, now)),
            danger=danger,
            told=list_alerted(tx, danger),
            here=list_today(parts, tx, now, actor.team),
        )


def compose_summary(
    actor: Actor,
    now: datetime,
    *,
    planned: Sequence[QueueEntry],
    danger: Sequence[QueueEntry],
    here: Sequence[Person],
    **known: Unpack[_SummaryFacts],
) -> Opening:
    """Return the shift summary out of rows that were read before.

    Args:
        actor: who looks.
        now: the instant.
        planned: waiting callbacks whose window is open now or opens later today.
        danger: waiting danger requests.
        here: people on duty now or later today.
        known: the fields of ``Opening`` that are shown as they were read.
    """
    speakers = [find_offers(one) for one in here]
    unspoken = {
        language_of(one.callback.language)
        for one in planned
        if here and not any(speaks_language(_needs_of(one), each) for each in speakers)
    }
    return Opening(
        danger=tuple(queue.build_row(one, actor, now) for one in danger),
        closes_soon=sum(_closes_soon(one, now) for one in planned),
        lacks=tuple(sorted(unspoken)),
        nobody_today=not here,
        **known,
    )


class _SummaryFacts(TypedDict):
    since: datetime | None
    came: int
    told: tuple[str, ...]


def note_look(parts: Services, actor: Actor) -> None:
    """Record that the person looked at the queue; later requests count as new."""
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()
    parts.store.run(lambda tx: people.set_looked(tx, actor.person_id, now))


def hand_over(parts: Services, actor: Actor) -> HandOver:
    """Return what one shift hands to the next.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()
    with parts.store.read() as tx:
        own = stored.list_tab(tx, actor.team, stored.Tab.MINE, person_id=actor.person_id, now=now)
        promised = stored.list_planned(tx, actor.team, start=now, end=find_end_of_day(parts, now))
        return HandOver(
            mine=tuple(queue.build_row(one, actor, now) for one in own),
            promised=tuple(queue.build_row(one, actor, now) for one in promised),
            phones=tuple(
                (one.name, one.number) for one in people.list_people(tx, actor.team) if one.number is not None
            ),
            danger=tuple(queue.build_row(one, actor, now) for one in stored.list_danger(tx, actor.team)),
            big=is_big(tx, actor.team),
            colleagues=tuple(
                (one.id, one.name)
                for one in list_on_duty(parts, tx, now, actor.team)
                if one.id != actor.person_id
            ),
        )


def note_reader(parts: Services, actor: Actor, callback_id: str) -> tuple[str, ...]:
    """Record that the person has this page open, and return who else has; empty in a small centre.

    An open page polls, so a look younger than WRITTEN_AGAIN is not written again.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()
    with parts.store.read() as tx:
        callback = callbacks.by_id(tx, callback_id)
        if callback is None or callback.team != actor.team:
            raise NoSuchCallback(callback_id)
        if not is_big(tx, actor.team):
            return ()
        known = people.find_last_look(tx, callback_id, actor.person_id)
        others = people.list_lookers(tx, callback_id, since=now - queue.LOOKS, besides=actor.person_id)
    if known is None or known + WRITTEN_AGAIN <= now:
        parts.store.run(lambda tx: people.note_look(tx, callback_id, actor.person_id, now=now))
    return others


def list_alerted(tx: Tx, danger: Sequence[QueueEntry]) -> tuple[str, ...]:
    """Return the names of the people who were alerted about these callbacks, the first alerted first."""
    if not danger:
        return ()
    return outbox.list_alerted_names(tx, [one.callback.id for one in danger])


def _closes_soon(one: QueueEntry, now: datetime) -> bool:
    due_at, until = one.callback.due_at, one.callback.due_until
    return due_at is not None and until is not None and due_at <= now < until <= now + SOON


def _needs_of(one: QueueEntry) -> Needs:
    return Needs(language=one.callback.language, wants_woman=False)


def find_end_of_day(parts: Services, now: datetime) -> datetime:
    """Return the midnight that ends the local day."""
    zone = ZoneInfo(parts.line.zone)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)
