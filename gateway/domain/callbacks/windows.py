"""Compute when a caller's phone may ring: the chosen window, limited to the hours in which staff are on duty.

Duty comes from weekly shifts, holidays and absences, or from the opening hours where no shift is entered.

All arithmetic is in the helpline's IANA time zone; results are instants in UTC.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.domain.callbacks.queue_rules import LONG_ENOUGH
from gateway.domain.contact_safety import DAYS, BadSpan, Span, When, read_span

__all__ = ["DAYS", "BadHours", "Hours", "Span", "Window", "find_next_window", "list_offered_windows"]

NOW_LASTS = timedelta(minutes=30)
_HOUR_MINUTES = 60
_DAY_MINUTES = 24 * _HOUR_MINUTES
_LOOK_AHEAD = 15
_SHORTEST = timedelta(seconds=1)

Window = tuple[datetime, datetime]
"""Start and end, as instants."""


class BadHours(ValueError):
    """Opening hours that cannot be read; the message names the day and the text."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Duty hours: for each weekday, Monday first, ordered spans that do not touch.

    ``dates`` holds the dates that differ from their weekday: holidays and absences. ``now`` says whether a call within
    half an hour can be had (True, False), or that the hours say so (None).
    """

    days: tuple[tuple[Span, ...], ...] = ((),) * 7
    dates: Mapping[date, tuple[Span, ...]] = field(default_factory=dict, hash=False)
    now: bool | None = None

    @classmethod
    def parse(cls, written: Mapping[str, Sequence[str]]) -> "Hours":
        """Read the settings' form: day → spans such as ``08:00-12:00``.

        Raises:
            BadHours: an unknown day, or an invalid span.
        """
        for day in written:
            if day not in DAYS:
                raise BadHours(f"hours: there is no day {day!r}; days are {', '.join(DAYS)}")
        return cls(tuple(join_spans([_parse_span(day, s) for s in written.get(day, ())]) for day in DAYS))

    def on(self, day: date) -> tuple[Span, ...]:
        """Return the spans of this local date."""
        return self.dates.get(day, self.days[day.weekday()])

    def keep_now(self) -> "Hours":
        """Return the hours for what was offered before: a *now* that nobody opens any more is kept while they run."""
        return self if self.now is not False else replace(self, now=None)


ALWAYS = Hours((((0, _DAY_MINUTES),),) * 7)


def find_next_window(
    when: When,
    hours: Hours,
    zone: str,
    now: datetime,
    *,
    not_before: datetime | None = None,
    least: timedelta = LONG_ENOUGH,
) -> Window | None:
    """Return the next period, within two weeks, in which the phone may ring and staff are on duty; else None.

    Periods shorter than ``least`` are skipped, because such a request is not handed out any more. A period that has
    begun starts at ``now``, or at ``not_before`` where that is later. ``now`` covers the next 30 minutes only;
    ``never`` has no window.
    """
    earliest = max(now, not_before or now)
    for start, end in _list_stretches(when, hours, ZoneInfo(zone), now, earliest):
        if end - max(start, earliest) >= max(least, _SHORTEST):
            return max(start, earliest).astimezone(UTC), end.astimezone(UTC)
    return None


def list_offered_windows(windows: Iterable[When], hours: Hours, zone: str, now: datetime) -> tuple[str, ...]:
    """Return the words of the windows that duty covers within two weeks, and *now* while on duty."""
    names = [when.value for when in windows if find_next_window(when, hours, zone, now) is not None]
    if find_next_window(When.NOW, hours, zone, now) is not None:
        names.append(When.NOW.value)
    return tuple(names)


def list_promises(
    windows: Iterable[When], hours: Hours, zone: str, now: datetime
) -> tuple[tuple[str, ...], str]:
    """Return the words of the windows on offer, and the next start of duty in ISO 8601, empty where none is near."""
    opens = find_opening(hours, zone, now)
    return list_offered_windows(windows, hours, zone, now), opens.isoformat() if opens else ""


def find_opening(hours: Hours, zone: str, now: datetime) -> datetime | None:
    """Return when duty next begins for long enough to make a call, within two weeks; else None."""
    first = now.astimezone(ZoneInfo(zone)).date()
    for offset in range(_LOOK_AHEAD):
        day = first + timedelta(days=offset)
        for start, end in hours.on(day):
            opens = _find_instant(day, start, ZoneInfo(zone))
            if opens > now and _find_instant(day, end, ZoneInfo(zone)) - opens >= LONG_ENOUGH:
                return opens
    return None


def is_on_duty(hours: Hours, zone: str, now: datetime) -> bool:
    """Say whether the helpline is open at this instant."""
    day, minute = find_local_minute(zone, now)
    return any(start <= minute < end for start, end in hours.on(day))


def find_natural_start(when: When, zone: str, instant: datetime) -> datetime | None:
    """Return when the window around this instant began, regardless of duty hours; None outside of it.

    It identifies a window: all attempts of one evening share it, however often the request was planned anew.
    """
    if not when.days:
        return None
    local = instant.astimezone(ZoneInfo(zone))
    start, end = (_find_instant(local.date(), minute, ZoneInfo(zone)) for minute in when.span)
    inside = local.weekday() in when.days and start <= instant < end
    return start.astimezone(UTC) if inside else None


def _list_stretches(
    when: When, hours: Hours, zone: ZoneInfo, now: datetime, earliest: datetime
) -> Iterator[Window]:
    if when is When.NOW:
        yield from _from_now(hours, zone, now)
        return
    if not when.days:
        return
    first = earliest.astimezone(zone).date()
    for offset in range(_LOOK_AHEAD):
        day = first + timedelta(days=offset)
        if day.weekday() in when.days:
            for start, end in filter(None, (_find_common(when.span, duty) for duty in hours.on(day))):
                yield _find_instant(day, start, zone), _find_instant(day, end, zone)


def _from_now(hours: Hours, zone: ZoneInfo, now: datetime) -> Iterator[Window]:
    """Yield the current period of duty, for at most 30 minutes; duty may continue past midnight."""
    if hours.now is not None:
        yield from [(now, now + NOW_LASTS)] if hours.now else ()
        return
    until = now
    limit = now + NOW_LASTS
    today = now.astimezone(zone).date()
    for day in (today, today + timedelta(days=1)):
        for start, end in hours.on(day):
            if _find_instant(day, start, zone) <= until < _find_instant(day, end, zone):
                until = min(_find_instant(day, end, zone), limit)
    if until > now:
        yield now, until


def find_local_minute(zone: str, instant: datetime) -> tuple[date, int]:
    """Return the local date of an instant, and its minute of that day."""
    local = instant.astimezone(ZoneInfo(zone))
    return local.date(), local.hour * _HOUR_MINUTES + local.minute


def open_between(when: When, zone: str, start: datetime, end: datetime) -> timedelta:
    """Return for how long the phone might have rung in this span, regardless of duty."""
    total = timedelta()
    at = start
    while at < end:
        window = find_next_window(when, ALWAYS, zone, at, least=_SHORTEST)
        if window is None or window[0] >= end:
            break
        total += min(window[1], end) - window[0]
        if when is When.NOW:
            break
        at = window[1]
    return total


def measure_wait(window: str, zone: str, asked_at: datetime, tried_at: datetime) -> timedelta:
    """Return how long the phone could have rung before it did; a ``now`` request counts from when it was made."""
    if window in {"", When.NOW, When.NEVER}:
        return tried_at - asked_at
    return open_between(When(window), zone, asked_at, tried_at)


WAIT_STEPS = (15, 30, 60, 120, 180, 240, 360, 480, 720, 1440, 2880)
"""Minutes up to which waits are counted together, so that a figure of a wait outlives the request; above: ``more``."""

LONGER = "more"


def find_wait_step(wait: timedelta) -> str:
    """Return the name of the step that a wait is counted in: ``m60`` is above 30 and up to 60 minutes."""
    minutes = wait / timedelta(minutes=1)
    return next((f"m{step}" for step in WAIT_STEPS if minutes <= step), LONGER)


def _find_instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """Return the instant of a wall-clock minute; minute 1440 is midnight of the next day."""
    days, minute = divmod(minute, _DAY_MINUTES)
    local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
    return (local + timedelta(days=days)).astimezone(UTC)


def _find_common(one: Span, other: Span) -> Span | None:
    start, end = max(one[0], other[0]), min(one[1], other[1])
    return (start, end) if start < end else None


def join_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Sort spans and join those that touch, so that a window is not cut where duty continues."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def _parse_span(day: str, written: str) -> Span:
    try:
        return read_span(written)
    except BadSpan as error:
        raise BadHours(f"hours of {day}: {error}") from None


# Duty from shifts.

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
    """Shifts, holidays and absences of a team; ``ready`` are those who pressed *On duty* and are at page or phone."""

    shifts: tuple[Shift, ...] = ()
    holidays: frozenset[date] = frozenset()
    away: tuple[Away, ...] = field(default=())
    ready: frozenset[str] = frozenset()

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
    return Hours(week, dates, now=True if rota.ready else None)


def find_offered_hours(rota: Rota, otherwise: Hours, today: date) -> Hours:
    """Return the duty hours that a caller is offered times by: with shifts, *now* is opened by *On duty* alone.

    A shift says who should be there and not who is; a call within half an hour is promised only where somebody is.
    """
    hours = find_duty_hours(rota, otherwise, today)
    return replace(hours, now=False) if rota.shifts and not rota.ready else hours


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
