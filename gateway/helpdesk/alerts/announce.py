"""Chooses who is alerted of what: staff on duty of new requests and danger, the escalation list while nothing happens.

Menu keepers are told of facts that expire soon. That requests wait is texted only where neither an open page nor a
push calls a person, and several go in one text: a text costs money and wears attention out, and among two dozen equal
ones danger drowns. Danger never comes that way: it is told at once, by every way, in a lane of its own
(``alerts.PRESSING``).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.delivery import clock_guard
from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.queue_rules import DANGER, Needs, fit_or_all
from gateway.domain.callbacks.states import OPEN, CallbackState
from gateway.domain.events import PUSH
from gateway.domain.permissions import ROLES, Permission, Role
from gateway.helpdesk.alerts import alerts, push_alerts
from gateway.helpdesk.alerts.alerts import add_alerts, is_frequent
from gateway.helpdesk.staff.shifts import DECIDING, find_offers, list_on_duty
from gateway.menus.fact_expiry import find_fact_ends
from gateway.storage import callbacks, callers, duty, outbox, people, queue_counts, settings, sign_ins

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.foundation.services import Services
    from gateway.menus.fact_expiry import FactEnd
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx
    from gateway.storage.outbox import OutboxRow
    from gateway.storage.people import Person


BUNDLE = "bundle"
"""Kind of the inside row that looks, at its time, whether the person still has to be told by text."""

HOLD = timedelta(minutes=3)
"""How long a text waits for a page or a push: longer than a push waits for others of its minute, and than a hidden page
takes to ask again and to be written down."""

TURN = timedelta(minutes=10)
"""A person gets one text in this time; what comes meanwhile is told together in the next."""

ATTENTION = timedelta(minutes=3)
"""How fresh the sign of an attentive page must be; it asks every ten seconds, and is written down once a minute."""

_TOLD_WITHIN = timedelta(hours=2)
_FIRST_LOOK = timedelta(days=1)


def add_waiting_text(parts: Services, tx: Tx, row: OutboxRow, person: Person, *, pushed: bool) -> None:
    """Tell one person of a request that waits: by text at once where nothing else calls them, else later and joined.

    Args:
        parts: the services of this process.
        tx: the transaction of the announcement.
        row: the announcement.
        person: who is told.
        pushed: a push message is on its way to them.
    """
    if person.number is None:
        return
    now = parts.clock.now()
    if pushed or sign_ins.has_attention(tx, person.id, since=now - ATTENTION):
        _plan_text(tx, row, person, now + HOLD, now)
    elif not _add_text(parts, tx, row.channel, person, 1, callback_id=row.callback_id):
        _plan_text(tx, row, person, _find_start(_find_turn(now) + 1), now)


def tell_bundle(parts: Services, tx: Tx, row: OutboxRow) -> None:
    """Text one person how many requests wait, unless a page or a push has called them, or nothing waits any more."""
    person, now = people.by_id(tx, row.person_id or ""), parts.clock.now()
    if person is None or person.disabled or person.number is None:
        return
    if person.id not in {one.id for one in list_on_duty(parts, tx, now, person.team)}:
        return
    # A page or a push called if it did so after the request came, and lately: others may have come since the first.
    called = sign_ins.has_attention(tx, person.id, since=max(row.at, now - ATTENTION))
    if called or outbox.has_result(tx, person.id, kind=PUSH, state="sent", since=max(row.at, now - 2 * HOLD)):
        return
    since = max(person.looked_at or now - _FIRST_LOOK, now - _FIRST_LOOK)
    count = queue_counts.count_new_since(tx, person.team, since=since)
    if count and not _add_text(parts, tx, row.channel, person, count):
        _plan_text(tx, row, person, _find_start(_find_turn(now) + 1), now)


def _add_text(
    parts: Services, tx: Tx, channel: str, person: Person, count: int, *, callback_id: str | None = None
) -> bool:
    """Add the text of this turn; False where the person had it."""
    now = parts.clock.now()
    key, values = ("asked", {}) if count == 1 else ("waiting", {"n": str(count)})
    return alerts.add_alert(
        tx, person, alerts.fill_text(parts, key, person, **values),
        alerts.choose_channel(parts, tx, channel, person.number or ""), now,
        once=f"waiting:{person.id}:{_find_turn(now)}", priority=1, callback_id=callback_id,
    ) is not None  # fmt: skip


def _plan_text(tx: Tx, row: OutboxRow, person: Person, at: datetime, now: datetime) -> None:
    """Plan one look at what waits then; one that is planned already will see this request too."""
    for due_at in (at, _find_start(_find_turn(at) + 1)):
        once = f"{BUNDLE}:{person.id}:{_find_turn(due_at)}"
        known = outbox.by_once(tx, once)
        if known is not None and known.state == "pending":
            return
        if known is None:
            outbox.add_row(
                tx, kind=BUNDLE, channel=row.channel, lane=f"{BUNDLE}:{person.id}", due_at=due_at,
                expires_at=due_at + _TOLD_WITHIN, once=once, now=now, person_id=person.id,
            )  # fmt: skip
            return


def _find_turn(at: datetime) -> int:
    return int(at.timestamp() // TURN.total_seconds())


def _find_start(turn: int) -> datetime:
    return datetime.fromtimestamp(turn * TURN.total_seconds(), UTC)


def announce_request(parts: Services, tx: Tx, row: OutboxRow) -> None:
    """Alert the staff on duty who fit the request (language, woman); if none fits, everyone on duty.

    A danger request that comes while nobody is on duty goes to the first person of the escalation list.
    """
    callback = _open(tx, row)
    if callback is None:
        return
    danger = callback.priority == DANGER
    here = [
        (person, find_offers(person)) for person in list_on_duty(parts, tx, parts.clock.now(), callback.team)
    ]
    needs = Needs(language=callback.language, wants_woman=callback.wants_woman)
    recipients = fit_or_all(needs, here)
    if not recipients and danger:
        recipients = queue_rules.choose_alerted(list_help_contacts(tx, callback.team), (), 0)
    by_text = [one for one in recipients if danger or one.by_text]  # whose text is what they answer
    frequent = is_frequent(parts, tx, callback.caller_id)
    add_alerts(
        parts, tx, row, by_text, "urgent" if danger else "asked",
        once="alert", priority=callback.priority, join=frequent,
    )  # fmt: skip
    for one in recipients:
        if one not in by_text:
            once = f"alert:{callback.id}:{one.id}"
            push_alerts.add_pushes(parts, tx, one, once, callback_id=callback.id)
            add_waiting_text(parts, tx, row, one, pushed=push_alerts.has_browser(parts, tx, one.id))


def escalate_request(parts: Services, tx: Tx, row: OutboxRow) -> None:
    """Alert the supervisors on duty, and one more person of the escalation list each time."""
    callback = _open(tx, row)
    if callback is None or callback.state not in (CallbackState.REVIEW, CallbackState.WAITING):
        return
    supervisors = list_on_duty(parts, tx, parts.clock.now(), callback.team, roles=DECIDING)
    recipients = queue_rules.choose_alerted(
        list_help_contacts(tx, callback.team), supervisors, max(callback.told - 1, 0)
    )
    key = "still" if callback.state is CallbackState.REVIEW else "urgent"
    add_alerts(parts, tx, row, recipients, key, once=row.id, priority=callback.priority)


def list_help_contacts(tx: Tx, team: str) -> tuple[people.Person, ...]:
    """Return the people of a team's escalation list, first to be alerted first."""
    found = [people.by_id(tx, person_id) for person_id in duty.list_help_ids(tx, team)]
    return tuple(person for person in found if person is not None)


def _open(tx: Tx, row: OutboxRow) -> Callback | None:
    """Return the request to tell of: an open one that is no sample data."""
    callback = callbacks.by_id(tx, row.callback_id) if row.callback_id else None
    is_told = callback is not None and callback.state in OPEN and not callers.is_sample(callback)
    return callback if is_told else None


# Danger words in a text. The alert holds neither the text nor the number, and it starts no call.

TEAM = "main"


def tell_of_danger(parts: Services, tx: Tx, row: OutboxRow) -> None:
    """Ask the staff on duty to read unmatched texts; if nobody is on duty, the first person of the escalation list."""
    caller = callers.by_id(tx, row.caller_id) if row.caller_id else None
    if caller is None:
        return  # the caller was erased in the meantime, so there is no text left to read
    here = list_on_duty(parts, tx, parts.clock.now(), TEAM)
    recipients = here or queue_rules.choose_alerted(list_help_contacts(tx, TEAM), (), 0)
    add_alerts(parts, tx, row, recipients, "texted", once=f"danger_text:{row.id}")


# Expiring menu facts. Administrators and supervisors get one text per threshold, in daytime only.

TOLD = "facts_told"
"""Name of the setting that maps "MENU:LAST_DAY" to the narrowest threshold, in days, that was already announced."""

_KEEPS_MENUS = frozenset({Permission.PUBLISH_MENUS, Permission.APPROVE_MENUS})
_DAYLIGHT = range(9, 20)
_LASTS = timedelta(hours=20)
"""How long such a text may wait: until the end of the evening, since the date it names stays true."""


def tell_fact_ends(parts: Services) -> int:
    """Add a text for each menu keeper when a threshold is newly reached; return the number of texts.

    The announced thresholds are saved in the transaction of the texts, so each is announced once however often this
    runs. They are not saved when no text could be added for lack of a helpline phone or a channel.
    """
    ends = find_fact_ends(parts)
    now = parts.clock.now()
    if not ends or not parts.channels or now.astimezone(ZoneInfo(parts.line.zone)).hour not in _DAYLIGHT:
        return 0

    def work(tx: Tx) -> list[str]:
        announced = settings.get_setting(tx, TOLD, {})
        fresh = [each for each in ends if each.threshold < announced.get(_make_key(each), each.threshold + 1)]
        if not fresh or not clock_guard.is_trusted(parts, tx, now):
            return []
        added = _add_texts(parts, tx, ends, _name_round(fresh), now)
        if added:
            settings.save_setting(tx, TOLD, _note_announced(ends, announced), by="clock", now=now)
        return added

    rows = parts.store.run(work)
    for row in rows:
        parts.nudge(row)
    return len(rows)


def _make_key(end: FactEnd) -> str:
    return f"{end.menu}:{end.last_day}"


def _note_announced(ends: Sequence[FactEnd], announced: Mapping[str, int]) -> dict[str, int]:
    """Return the announced thresholds.

    A day stays in it after its facts are fixed, so that a rollback announces nothing.
    """
    reached = {_make_key(end): end.threshold for end in ends}
    return {**announced, **{key: min(reached[key], announced.get(key, reached[key])) for key in reached}}


def _name_round(fresh: Sequence[FactEnd]) -> str:
    """Return the idempotency key of this round of texts, made of the earliest menu, last day and threshold."""
    first = fresh[0]
    return f"facts:{_make_key(first)}:{first.threshold}"


def _add_texts(parts: Services, tx: Tx, ends: Sequence[FactEnd], once: str, now: datetime) -> list[str]:
    ended = sum(each.has_ended for each in ends)
    values = {"ended": str(ended), "soon": str(len(ends) - ended), "day": ends[0].last_day.isoformat()}
    added = []
    for person in list_keepers(tx):
        this_once = f"{once}:{person.id}"
        if outbox.is_added(tx, this_once):
            continue
        road = alerts.choose_channel(parts, tx, "", person.number or "")
        text = alerts.fill_text(parts, "facts", person, **values)
        added.append(alerts.add_alert(tx, person, text, road, now, once=this_once, lasts=_LASTS))
    return [row for row in added if row is not None]


def list_keepers(tx: Tx) -> list[Person]:
    """Return the people who publish or approve menus and have a helpline phone."""
    return [
        person
        for person in people.list_people(tx, "main")
        if person.number is not None and ROLES[Role(person.role)] & _KEEPS_MENUS
    ]
