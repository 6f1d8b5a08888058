"""Sends staff alerts by SMS: one neutral text per person, in their language, through an open channel.

An alert never names a caller, a topic or a number, because the helpline phone may be seen by others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.domain.outbox import send_policy
from gateway.domain.outbox.send_policy import RouteWay
from gateway.domain.permissions import ROLES, AuditAct, Permission, Role, check_permission
from gateway.helpdesk.alerts import alert_answers, push_alerts
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.requests.planning import fill_message
from gateway.storage import audit, counts, outbox, people, queue_counts, settings
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
"""Limits on alerts about callback requests.

A person gets ALERTS_AN_HOUR single alerts per hour, and single alerts about ALERTS_A_CALLER_AND_DAY requests of one
caller per day. Above either limit they share one text per ten minutes."""

ROADS = "alert-roads"
"""Name of the setting that lists the channels for alerts, preferred first; when empty, the caller's channel leads."""

ANSWERABLE = frozenset({"asked", "urgent"})
"""Keys of the alerts that can be answered with a digit, because they report a request that waits to be claimed."""


PRESSING = frozenset({"urgent", "still", "texted"})
"""Keys of the alerts about danger, or about what stands still: by push they ring whatever rang just before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One person of the escalation list.

    Attributes:
        person: the staff member.
        tested: outbox state of the latest test message; empty if none was sent.
        tested_at: when that state was reached.
        road: name of the channel that an alert would use now; empty if there is none.
    """

    person: Person
    tested: str
    tested_at: datetime | None
    road: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRoute:
    """A channel that may carry alerts; ``closed`` is true while it is paused or silent."""

    name: str
    closed: bool


def fill_text(parts: Services, key: str, person: Person, **values: str) -> str:
    """Return the alert text ``staff_KEY`` in the language of the person's pages, with its placeholders filled."""
    return fill_message(parts, f"staff_{key}", (person.page_language,), **values)


def choose_channel(parts: Services, tx: Tx, first: str, number: str = "") -> str:
    """Choose the channel for an alert: the first candidate that is neither paused nor silent.

    Candidates, in order: the configured list, the channels whose prefixes match ``number`` and their fallbacks, then
    ``first``, the caller's channel. A simulator channel keeps its alerts to itself, and a real alert does not go to a
    simulator while a real channel is configured.
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
    """Return every channel that may carry alerts, in the order of the configuration."""
    closed = _is_closed(parts, tx)
    return tuple(AlertRoute(name=name, closed=name in closed) for name in _open_to(parts))


def list_contacts(parts: Services, tx: Tx, team: str) -> tuple[Contact, ...]:
    """Return the staff who may work the queue, with the state of their last test message and their current channel."""
    return tuple(
        replace(_contact(tx, person), road=choose_channel(parts, tx, "", person.number or ""))
        for person in people.list_people(tx, team)
        if Permission.WORK_QUEUE in ROLES[Role(person.role)]
    )


def _open_to(parts: Services) -> Mapping[str, Channel]:
    """Return the channels that may carry alerts: the real ones that carry texts, or all while none is real."""
    real = {name: each for name, each in parts.channels.items() if each.contract.real}
    return (
        {name: each for name, each in real.items() if each.contract.carries_texts} if real else parts.channels
    )


def _is_closed(parts: Services, tx: Tx) -> frozenset[str]:
    """Return the names of the channels that are paused or silent now."""
    now = parts.clock.now()
    paused = {
        name
        for name, one in counts.list_buckets(tx).items()
        if one.paused_until is not None and one.paused_until > now
    }
    return frozenset(paused | settings.list_silent(tx, parts.channels, now))


def add_alerts(
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
    """Add a push message and a text for each of these people, where they have them; a repeated call adds nothing.

    With ``join`` the alert is shared with all others of the same ten minutes.
    """
    now = parts.clock.now()
    for person in told:
        this_once = f"{once}:{row.callback_id}:{person.id}"
        push_alerts.add_pushes(
            parts, tx, person, this_once, urgent=key in PRESSING, callback_id=row.callback_id
        )
        if person.number is None or outbox.is_added(tx, this_once):
            continue
        this_once = _join_names(parts, tx, person, key, now, join=join) or this_once
        if outbox.is_added(tx, this_once):
            continue  # reference and link are single-use, so they are made only for a text that will be sent
        add_alert(
            tx, person, fill_text(parts, key, person), choose_channel(parts, tx, row.channel, person.number), now,
            once=this_once, priority=priority, callback_id=row.callback_id,
            link=_by_text(parts, tx, person, row.callback_id, key), presses=key in PRESSING,
        )  # fmt: skip


def is_frequent(parts: Services, tx: Tx, caller_id: str | None) -> bool:
    """Return whether a caller asked so often in the last 24 hours that alerts about her are joined.

    A phone that asks and cancels all day must not use up the alerts about other callers.
    """
    since = parts.clock.now() - timedelta(days=1)
    return caller_id is not None and queue_counts.count_asked(tx, caller_id, since) > ALERTS_A_CALLER_AND_DAY


def _join_names(parts: Services, tx: Tx, person: Person, key: str, now: datetime, *, join: bool) -> str:
    """Return the idempotency key of a shared alert; empty while this person is below the hourly limit.

    The queue still lists every request; only the repeated text is saved.
    """
    scope = parts.store.ring.lookup("budget", "alerts", key, person.id)
    joins = join or counts.spend_use(tx, scope, f"{now:%Y%m%d%H}", now=now) > ALERTS_AN_HOUR
    return f"joined:{key}:{person.id}:{now:%Y%m%d%H}{now.minute // JOINED_MINUTES}" if joins else ""


def tell_one(
    parts: Services, tx: Tx, person: Person, key: str, *, channel: str, callback_id: str, once: str
) -> str | None:
    """Add one alert about a callback; return its row, or None without a helpline phone or if it was added before."""
    if person.number is None:
        return None
    return add_alert(
        tx, person, fill_text(parts, key, person), choose_channel(parts, tx, channel, person.number), parts.clock.now(),
        once=once, callback_id=callback_id, link=_by_text(parts, tx, person, callback_id, key),
    )  # fmt: skip


def warn_one(parts: Services, tx: Tx, person: Person, key: str, *, once: str) -> str | None:
    """Add one alert that is not about a callback; return its row, or None as in ``tell_one``."""
    if person.number is None or outbox.is_added(tx, once):
        return None
    road_to = choose_channel(parts, tx, "", person.number)
    return add_alert(tx, person, fill_text(parts, key, person), road_to, parts.clock.now(), once=once)


def list_alerts(parts: Services, actor: Actor) -> tuple[Contact, ...]:
    """Return the escalation list in order, with the state of each person's last test message.

    Raises:
        NotPermitted: the actor lacks the permission to see duty.
    """
    check_permission(actor, Permission.SEE_DUTY)
    with parts.store.read() as tx:
        found = [people.by_id(tx, person_id) for person_id in stored.list_help_ids(tx, actor.team)]
        return tuple(_contact(tx, person) for person in found if person is not None)


def set_list(parts: Services, actor: Actor, person_ids: Sequence[str]) -> None:
    """Replace the escalation list.

    Raises:
        NotPermitted: the actor lacks the permission to see duty.
        Rejected: an id is not a person of the actor's team.
    """
    check_permission(actor, Permission.SEE_DUTY)
    order, now = list(dict.fromkeys(person_ids)), parts.clock.now()

    def work(tx: Tx) -> None:
        if not {one.id for one in people.list_people(tx, actor.team)}.issuperset(order):
            raise Rejected(Why.NOBODY)
        stored.save_help_list(tx, actor.team, order)
        audit.add_entry(
            tx, now=now, person_id=actor.person_id, act=AuditAct.HELP_LIST, kind="team", subject=actor.team
        )

    parts.store.run(work)


def send_test(parts: Services, actor: Actor, person_id: str) -> str | None:
    """Send a test message to this person; return its outbox row, or None if one was sent within the same minute.

    Raises:
        NotPermitted: the actor lacks the permission to see duty.
        Rejected: there is no such person, or no helpline phone is entered.
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
            tx, now=now, person_id=actor.person_id, act=AuditAct.PERSON_TEST, kind="person", subject=person_id
        )
        return add_alert(
            tx,
            person,
            fill_text(parts, "test", person),
            choose_channel(parts, tx, "", person.number),
            now,
            once=once,
        )

    row = parts.store.run(work)
    if row is not None:
        parts.nudge(row)
    return row


def _by_text(parts: Services, tx: Tx, person: Person, callback_id: str | None, key: str) -> str:
    """Return the reply digits and the one-tap link for staff who work by SMS only; empty for everyone else.

    A request in review gets no digits, since it needs a decision; without a public address there is no link.
    """
    if not person.by_text or callback_id is None:
        return ""
    mark = alert_answers.new_mark(parts, tx, person.number or "") if key in ANSWERABLE else 0
    link = alert_answers.make_link(parts, tx, person.id, callback_id, mark=mark)
    digits = alert_answers.describe_digits(parts, person, mark) if mark else ""
    return f"{digits} {link if parts.public_url else ''}".strip()


def _contact(tx: Tx, person: Person) -> Contact:
    last = outbox.find_latest_of_person(tx, person.id, once="test:")
    return Contact(
        person=person, tested=last.state if last else "", tested_at=last.changed_at if last else None
    )


def add_alert(
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
    presses: bool = False,
) -> str | None:
    """Add one message to a staff member; return its outbox row, or None if ``once`` was used before.

    ``link`` is appended to the text. ``answers`` is the provider's id of the inbound message that this one answers.
    ``lasts`` is how long it may wait before it expires; priority 0 is the most urgent. What ``presses`` has a lane of
    its own: it never waits behind a text that is being retried.
    """
    return outbox.add_row(
        tx,
        kind="alert",
        channel=channel,
        lane=f"person:{person.id}:urgent" if presses else f"person:{person.id}",
        due_at=now,
        expires_at=now + lasts,
        once=once,
        now=now,
        payload={"text": f"{text} {link}".strip(), "link": answers},
        priority=priority,
        person_id=person.id,
        callback_id=callback_id,
    )
