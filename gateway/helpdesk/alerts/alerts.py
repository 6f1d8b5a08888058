"""Tells people of ours that they are needed: one neutral text each, in their language, by a road that is open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.domain.outbox import send_policy
from gateway.domain.outbox.send_policy import RouteWay
from gateway.domain.permissions import ROLES, Permission, Role, check_permission
from gateway.helpdesk.alerts import one_tap_link, sms_reply
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.requests.wordings import word_message
from gateway.storage import audit, callbacks, outbox, people, rate_limits, settings
from gateway.storage import duty as stored

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gateway.channels.contract import Channel
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.database import Tx
    from gateway.storage.outbox import OutboxRow
    from gateway.storage.people import Person

LASTS = timedelta(hours=1)
ALERTS_AN_HOUR = 12
ALERTS_A_CALLER_AND_DAY = 4
JOINED_MINUTES = 10
"""So many texts tell one person of requests in an hour, each by itself, and so many of one caller in a day; after them
one for all of ten minutes."""

ROADS = "alert-roads"
"""The setting that holds the lines by which people are told, the best first; else the line she used is the first."""

ANSWERABLE = frozenset({"asked", "urgent"})
"""The texts that a digit may answer: what they tell of waits to be taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One person on the list of those who are called for help.

    Attributes:
        person: who it is.
        tested: the state of the last test text, empty while there was none.
        tested_at: when that was.
        road: the line that a text to them would take now; empty while there is none.
    """

    person: Person
    tested: str
    tested_at: datetime | None
    road: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRoute:
    """One line that may tell people; ``closed`` says that it is paused or silent just now."""

    name: str
    closed: bool


def words(parts: Services, key: str, person: Person, **values: str) -> str:
    """Return a text in the language of the person's pages, filled."""
    return word_message(parts, f"staff_{key}", (person.page_language,), **values)


def road(parts: Services, tx: Tx, first: str, number: str = "") -> str:
    """Return the line by which one of us is told: the first of the order that is neither paused nor silent.

    The order is the one that was set, then the lines for this number and what they fall back to, then hers. A trial
    stays on its own line, and no real alert ends in the simulator while a line reaches real phones.
    """
    if first in parts.channels and not parts.channels[first].contract.real:
        return first
    open_to = _open_to(parts)
    ways = {
        name: RouteWay(prefixes=each.config.prefixes, fallback=each.config.fallback)
        for name, each in open_to.items()
    }
    order = [
        *settings.get_setting(tx, ROADS, []),
        *send_policy.order_routes(number, ways, otherwise=first),
        *open_to,
    ]
    order = [name for name in dict.fromkeys(order) if name in open_to]
    closed = _is_closed(parts, tx)
    return next((name for name in order if name not in closed), order[0] if order else first)


def find_route(parts: Services, tx: Tx) -> tuple[AlertRoute, ...]:
    """Return every line that may tell people, as configured."""
    closed = _is_closed(parts, tx)
    return tuple(AlertRoute(name=name, closed=name in closed) for name in _open_to(parts))


def contacts(parts: Services, tx: Tx, team: str) -> tuple[Contact, ...]:
    """Return who works the queue, with what became of the last test and the line that a text would take now."""
    return tuple(
        replace(_contact(tx, person), road=road(parts, tx, "", person.number or ""))
        for person in people.list_people(tx, team)
        if Permission.WORK_QUEUE in ROLES[Role(person.role)]
    )


def _open_to(parts: Services) -> Mapping[str, Channel]:
    """Return the lines by which people may be told: the real ones, and any while there is no real one."""
    return {name: each for name, each in parts.channels.items() if each.contract.real} or parts.channels


def _is_closed(parts: Services, tx: Tx) -> frozenset[str]:
    """Return the lines by which nothing leaves just now."""
    now = parts.clock.now()
    paused = {
        name
        for name, one in rate_limits.all_of(tx).items()
        if one.paused_until is not None and one.paused_until > now
    }
    return frozenset(paused | settings.list_silent(tx, parts.channels, now))


def tell(
    parts: Services,
    tx: Tx,
    row: OutboxRow,
    told: Sequence[Person],
    key: str,
    *,
    once: str,
    priority: int = 0,
    join: bool = False,
) -> None:
    """Add one text for each of these people who has a helpline phone entered; asked twice it is still one.

    With ``join`` it is the one text of these ten minutes.
    """
    now = parts.clock.now()
    for person in told:
        this_once = f"{once}:{row.callback_id}:{person.id}"
        if person.number is None or outbox.is_added(tx, this_once):
            continue
        this_once = _join_names(parts, tx, person, key, now, join=join) or this_once
        if outbox.is_added(tx, this_once):
            continue  # digits and link are made for a text that leaves, and for no other
        say(
            tx, person, words(parts, key, person), road(parts, tx, row.channel, person.number), now,
            once=this_once, priority=priority, callback_id=row.callback_id,
            link=_by_text(parts, tx, person, row.callback_id, key),
        )  # fmt: skip


def is_frequent(parts: Services, tx: Tx, caller_id: str | None) -> bool:
    """Say whether a caller asked so often in the last day that what tells of her joins the other alerts.

    One phone that asks and cancels all day must not use up what a person on duty is told of everybody else.
    """
    since = parts.clock.now() - timedelta(days=1)
    return caller_id is not None and callbacks.count_asked(tx, caller_id, since) > ALERTS_A_CALLER_AND_DAY


def _join_names(parts: Services, tx: Tx, person: Person, key: str, now: datetime, *, join: bool) -> str:
    """Return the name that alerts share once a person was told often in an hour; empty while each has its own.

    The list holds every request all the same; what is spared is the tenth text that says so.
    """
    scope = parts.store.ring.lookup("budget", "alerts", key, person.id)
    joins = join or rate_limits.spend_use(tx, scope, f"{now:%Y%m%d%H}", now=now) > ALERTS_AN_HOUR
    return f"joined:{key}:{person.id}:{now:%Y%m%d%H}{now.minute // JOINED_MINUTES}" if joins else ""


def tell_one(
    parts: Services, tx: Tx, person: Person, key: str, *, channel: str, callback_id: str, once: str
) -> str | None:
    """Add one text for this person about a callback; None where no helpline phone is entered, or it went before."""
    if person.number is None:
        return None
    return say(
        tx, person, words(parts, key, person), road(parts, tx, channel, person.number), parts.clock.now(),
        once=once, callback_id=callback_id, link=_by_text(parts, tx, person, callback_id, key),
    )  # fmt: skip


def warn_one(parts: Services, tx: Tx, person: Person, key: str, *, once: str) -> str | None:
    """Add one text for this person about no callback; None without a helpline phone, or where it went before."""
    if person.number is None or outbox.is_added(tx, once):
        return None
    road_to = road(parts, tx, "", person.number)
    return say(tx, person, words(parts, key, person), road_to, parts.clock.now(), once=once)


def list_alerts(parts: Services, actor: Actor) -> tuple[Contact, ...]:
    """Return the people who are called for help, in order, with what became of the last test.

    Raises:
        Refused: the actor does not set duty.
    """
    check_permission(actor, Permission.SEE_DUTY)
    with parts.store.read() as tx:
        found = [people.by_id(tx, person_id) for person_id in stored.list_help_ids(tx, actor.team)]
        return tuple(_contact(tx, person) for person in found if person is not None)


def set_list(parts: Services, actor: Actor, person_ids: Sequence[str]) -> None:
    """Write the list of people who are called for help anew.

    Raises:
        Refused: the actor does not set duty.
        Rejected: somebody on it does not work here.
    """
    check_permission(actor, Permission.SEE_DUTY)
    order, now = list(dict.fromkeys(person_ids)), parts.clock.now()

    def work(tx: Tx) -> None:
        if not {one.id for one in people.list_people(tx, actor.team)}.issuperset(order):
            raise Rejected(Why.NOBODY)
        stored.save_help_list(tx, actor.team, order)
        audit.add_entry(
            tx, now=now, person_id=actor.person_id, act="help list", kind="team", subject=actor.team
        )

    parts.store.run(work)


def send_test(parts: Services, actor: Actor, person_id: str) -> str | None:
    """Send this person a text that says it is a test; return the outbox row, None where one went just now.

    Raises:
        Refused: the actor does not set duty.
        Rejected: there is no such person, or no number of theirs.
    """
    check_permission(actor, Permission.SEE_DUTY)
    now = parts.clock.now()

    def work(tx: Tx) -> str | None:
        person = people.by_id(tx, person_id)
        if person is None or person.disabled or person.team != actor.team:
            raise Rejected(Why.NOBODY)
        if person.number is None:
            raise Rejected(Why.NUMBER)
        once = f"test:{person.id}:{int(now.timestamp()) // 60}"
        audit.add_entry(
            tx, now=now, person_id=actor.person_id, act="person.test", kind="person", subject=person_id
        )
        return say(
            tx, person, words(parts, "test", person), road(parts, tx, "", person.number), now, once=once
        )

    row = parts.store.run(work)
    if row is not None:
        parts.nudge(row)
    return row


def _by_text(parts: Services, tx: Tx, person: Person, callback_id: str | None, key: str) -> str:
    """Return what is added for whoever works by texts alone: the digits to answer with, and the one-tap link.

    What waits for a decision cannot be taken by a digit, and without a public address there can be no link.
    """
    if not person.by_text or callback_id is None:
        return ""
    mark = sms_reply.new_mark(parts, tx) if key in ANSWERABLE else 0
    link = one_tap_link.make(parts, tx, person.id, callback_id, mark=mark)
    digits = sms_reply.describe_digits(parts, person, mark) if mark else ""
    return f"{digits} {link if parts.public_url else ''}".strip()


def _contact(tx: Tx, person: Person) -> Contact:
    last = outbox.latest_of_person(tx, person.id, once="test:")
    return Contact(
        person=person, tested=last.state if last else "", tested_at=last.changed_at if last else None
    )


def say(
    tx: Tx,
    person: Person,
    text: str,
    channel: str,
    now: datetime,
    *,
    once: str,
    priority: int = 0,
    callback_id: str | None = None,
    link: str = "",
    answers: str = "",
    lasts: timedelta = LASTS,
) -> str | None:
    """Add one text to one of us by this line; asked twice it is still one. Return its row, None where it was there.

    ``link`` stands behind its words, ``answers`` is what the provider calls the text that this one answers, and
    ``lasts`` is how long it may wait to leave.
    """
    return outbox.add_row(
        tx,
        kind="alert",
        channel=channel,
        lane=f"person:{person.id}",
        due_at=now,
        expires_at=now + lasts,
        once=once,
        now=now,
        payload={"text": f"{text} {link}".strip(), "link": answers},
        priority=priority,
        person_id=person.id,
        callback_id=callback_id,
    )
