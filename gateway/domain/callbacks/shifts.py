"""Compute duty from weekly shifts, holidays and absences: the hours of the helpline, and who is on duty."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from gateway.domain.callbacks.windows import Hours, Span, join_spans

_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One weekly shift; Monday is 0, start and end are minutes of the local day."""

    person_id: str
    day: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """An absence of one person, both days included."""

    person_id: str
    first: date
    last: date

    def covers(self, day: date) -> bool:
        """Say whether the person is absent on this day."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """Shifts, holidays and absences of a team."""

    shifts: tuple[Shift, ...] = ()
    holidays: frozenset[date] = frozenset()
    away: tuple[Away, ...] = field(default=())

    def on(self, day: date) -> tuple[Shift, ...]:
        """Return the shifts of this date."""
        if day in self.holidays:
            return ()
        gone = {one.person_id for one in self.away if one.covers(day)}
        return tuple(one for one in self.shifts if one.day == day.weekday() and one.person_id not in gone)

    def there(self, day: date, minute: int) -> frozenset[str]:
        """Return the ids of people on shift at this minute."""
        return frozenset(one.person_id for one in self.on(day) if one.start <= minute < one.end)

    def left_today(self, day: date, minute: int) -> frozenset[str]:
        """Return the ids of people whose shift has not ended on this date."""
        return frozenset(one.person_id for one in self.on(day) if minute < one.end)


def find_duty_hours(rota: Rota, otherwise: Hours, today: date, *, days: int = 16) -> Hours:
    """Return the duty hours: from shifts where there are any, else the opening hours.

    Args:
        rota: shifts, holidays and absences.
        otherwise: opening hours of the settings.
        today: the first date.
        days: number of dates to check for exceptions.
    """
    week = _join_week(rota.shifts) if rota.shifts else otherwise.days
    ahead = [today + timedelta(days=offset) for offset in range(-1, days)]
    dates: dict[date, tuple[Span, ...]] = {day: () for day in ahead if day in rota.holidays}
    if rota.shifts:
        unlike = [day for day in ahead if day not in dates and any(one.covers(day) for one in rota.away)]
        dates |= {day: _list_spans(rota.on(day)) for day in unlike}
    return Hours(week, dates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Who is on duty, by the same hours that callers are promised.

    Shifts name the people. Without shifts, opening hours are covered by those who set themselves on duty, and if none
    did, by every worker who is not absent: an open helpline is always somebody's task.

    Attributes:
        rota: shifts, holidays and absences.
        hours: hours of the helpline, from ``find_duty_hours`` of this rota.
        workers: ids of everybody who works the queue.
        by_hand: ids of those who set themselves on duty.
    """

    rota: Rota
    hours: Hours
    workers: frozenset[str]
    by_hand: frozenset[str]

    def find_present(self, day: date, minute: int) -> frozenset[str]:
        """Return who is on duty at this minute of a local day."""
        is_open = any(start <= minute < end for start, end in self.hours.on(day))
        return (
            self.by_hand
            | (self.rota.there(day, minute) & self.workers)
            | self._by_hours(day, is_open=is_open)
        )

    def find_left_today(self, day: date, minute: int) -> frozenset[str]:
        """Return who is on duty now or later on this local day."""
        is_open = any(minute < end for _start, end in self.hours.on(day))
        still = self.rota.left_today(day, minute) & self.workers
        return self.by_hand | still | self._by_hours(day, is_open=is_open)

    def _by_hours(self, day: date, *, is_open: bool) -> frozenset[str]:
        if self.rota.shifts or self.by_hand or not is_open:
            return frozenset()
        return self.workers - {one.person_id for one in self.rota.away if one.covers(day)}


def _join_week(shifts: Sequence[Shift]) -> tuple[tuple[Span, ...], ...]:
    by_day: Mapping[int, list[Shift]] = _by_day(shifts)
    return tuple(_list_spans(by_day[day]) for day in range(_WEEK))


def _by_day(shifts: Sequence[Shift]) -> Mapping[int, list[Shift]]:
    found: defaultdict[int, list[Shift]] = defaultdict(list)
    for one in shifts:
        found[one.day].append(one)
    return found


def _list_spans(shifts: Sequence[Shift]) -> tuple[Span, ...]:
    return join_spans((one.start, one.end) for one in shifts)
