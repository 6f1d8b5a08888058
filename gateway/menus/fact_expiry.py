"""Compute when the facts of live menus expire; used by the doctor, first pages, metrics and texts to administrators."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from gateway.foundation.services import Services
from gateway.menus.engine.model import Fact

THRESHOLDS = (60, 30, 7, 0)
"""Days before the last day on which staff are alerted, largest first; 0 is the last day itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactEnd:
    """The last day on which one fact of a live menu may be relied on.

    ``days`` is the number of days left; negative once it has expired, when callers read ``when_old`` instead.
    """

    menu: str
    fact: str
    last_day: date
    days: int

    @property
    def has_ended(self) -> bool:
        """Whether the fact has expired."""
        return self.days < 0

    @property
    def threshold(self) -> int:
        """The smallest of ``THRESHOLDS`` that is reached; the largest while none is."""
        return min((each for each in THRESHOLDS if self.days <= each), default=THRESHOLDS[0])


def find_fact_ends(parts: Services, *, within: int = THRESHOLDS[0]) -> tuple[FactEnd, ...]:
    """Return the facts that have expired or expire within these days, earliest first; without I/O."""
    found = (each for each in _list_ends(parts) if each.days <= within)
    return tuple(sorted(found, key=lambda each: (each.last_day, each.fact, each.menu)))


def find_last_day(fact: Fact, today: date) -> date:
    """Return until when the fact is valid without a gap; a newer value that begins in time extends it."""
    last = fact.on(today).expires_on
    for value in fact.values:
        if today < value.valid_from <= last + timedelta(days=1):
            last = value.expires_on
    return last


def count_by_threshold(ends: tuple[FactEnd, ...]) -> dict[str, int]:
    """Return how many have expired, and how many more expire within each threshold."""
    counted = {"ended": sum(each.has_ended for each in ends)}
    for days in THRESHOLDS:
        counted[f"within {days} days"] = sum(0 <= each.days <= days for each in ends)
    return counted


def _list_ends(parts: Services) -> Iterator[FactEnd]:
    today = parts.clock.now().astimezone(ZoneInfo(parts.line.zone)).date()
    for name in parts.versions.loaded():
        _, menu = parts.versions.live(name)
        for fact_name, fact in menu.facts.items():
            last = find_last_day(fact, today)
            yield FactEnd(menu=name, fact=fact_name, last_day=last, days=(last - today).days)
