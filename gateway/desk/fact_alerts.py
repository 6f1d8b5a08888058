"""Tells administrators and supervisors by text that facts of the menu end: once a threshold, in daylight."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.access import ROLES, Permission, Role
from gateway.desk import alerts
from gateway.fact_ends import find_fact_ends
from gateway.sending import guard
from gateway.store import outbox, people, settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gateway.fact_ends import FactEnd
    from gateway.parts import Parts
    from gateway.store.engines import Tx
    from gateway.store.people import Person

TOLD = "facts_told"
"""The setting that holds, by menu and last day, the narrowest threshold that was told of."""

_KEEPS_MENUS = frozenset({Permission.PUBLISH_MENUS, Permission.APPROVE_MENUS})
_DAYLIGHT = range(9, 20)
_LASTS = timedelta(hours=20)
"""How long a text waits for its line: until the evening's end, as the day that it tells of stays the same."""


def tell_fact_ends(parts: Parts) -> int:
    """Add a text for each who keeps the menus if a threshold is newly reached; return how many were added.

    What was told stands in the ledger, in one transaction with the texts: it is told once however often this runs.
    Where nobody has a helpline phone, or no line is there, nothing counts as told.
    """
    ends = find_fact_ends(parts)
    now = parts.clock.now()
    if not ends or not parts.channels or now.astimezone(ZoneInfo(parts.line.zone)).hour not in _DAYLIGHT:
        return 0

    def work(tx: Tx) -> list[str]:
        told = settings.get(tx, TOLD, {})
        fresh = [each for each in ends if each.threshold < told.get(_key(each), each.threshold + 1)]
        if not fresh or not guard.is_trusted(parts, tx, now):
            return []
        added = _add_texts(parts, tx, ends, _name_round(fresh), now)
        if added:
            settings.put(tx, TOLD, _note_told(ends, told), by="clock", now=now)
        return added

    rows = parts.store.run(work)
    for row in rows:
        parts.nudge(row)
    return len(rows)


def _key(end: FactEnd) -> str:
    return f"{end.menu}:{end.last_day}"


def _note_told(ends: Sequence[FactEnd], told: Mapping[str, int]) -> dict[str, int]:
    """Return what was told by now; a day stays noted after its facts were mended, so that a rollback tells no more."""
    reached = {_key(end): end.threshold for end in ends}
    return {**told, **{key: min(reached[key], told.get(key, reached[key])) for key in reached}}


def _name_round(fresh: Sequence[FactEnd]) -> str:
    """Return what makes this round of texts unique: the menu, the last day and the threshold that come first."""
    first = fresh[0]
    return f"facts:{_key(first)}:{first.threshold}"


def _add_texts(parts: Parts, tx: Tx, ends: Sequence[FactEnd], once: str, now: datetime) -> list[str]:
    ended = sum(each.has_ended for each in ends)
    said = {"ended": str(ended), "soon": str(len(ends) - ended), "day": ends[0].last_day.isoformat()}
    added = []
    for person in _list_keepers(tx):
        this_once = f"{once}:{person.id}"
        if outbox.is_added(tx, this_once):
            continue
        road = alerts.road(parts, tx, "", person.number or "")
        text = alerts.words(parts, "facts", person, **said)
        added.append(alerts.say(tx, person, text, road, now, once=this_once, lasts=_LASTS))
    return [row for row in added if row is not None]


def _list_keepers(tx: Tx) -> list[Person]:
    """Return who publishes or approves menus and has a helpline phone entered."""
    return [
        person
        for person in people.everybody(tx, "main")
        if person.number is not None and ROLES[Role(person.role)] & _KEEPS_MENUS
    ]
