"""The watch over the desk: how soon she is first tried, how often she is reached, and that nobody was rung unsafely."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gateway.domain.callbacks.windows import open_between
from gateway.domain.contact_safety import When
from gateway.domain.permissions import Actor, Permission, check_permission
from gateway.storage import queue, reports

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.foundation.services import Services
    from gateway.storage.database import Tx
    from gateway.storage.reports import First

SPAN = timedelta(days=30)
_NINETY = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """A span in the middle, and the one that nine of ten stay below; None while there is nothing to measure."""

    median: timedelta | None = None
    ninety: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityWatch:
    """The figures of the last thirty days.

    Attributes:
        since: from when on.
        asked: requests in that time.
        tried: how many of them were tried at least once.
        by_clock: from her asking to the first attempt, by the clock.
        in_windows: the same, counting only the hours in which her phone might have rung.
        ended: requests that ended in that time.
        spoke: with how many of those somebody spoke.
        oldest: when the one that waits longest asked; None while nobody waits.
        unsafe: calls outside her window without her own contact just before. It must be 0; each one is looked into.
        outcomes: attempts by what came of them.
    """

    since: datetime
    asked: int
    tried: int
    by_clock: Times
    in_windows: Times
    ended: int
    spoke: int
    oldest: datetime | None
    unsafe: int
    outcomes: Mapping[str, int]

    @property
    def contact_rate(self) -> float | None:
        """The part of those that ended with whom somebody spoke; None while none has ended."""
        return self.spoke / self.ended if self.ended else None


def show_quality(parts: Services, actor: Actor) -> QualityWatch:
    """Return the figures of the actor's centre.

    Raises:
        NotPermitted: the actor may not see figures.
        Unavailable: SQL cannot be asked.
    """
    check_permission(actor, Permission.SEE_FIGURES)
    with parts.store.read() as tx:
        return measure_quality(parts, tx, actor.team)


def measure_quality(parts: Services, tx: Tx, team: str = "main") -> QualityWatch:
    """Return the figures of a centre, without asking who wants to know."""
    now = parts.clock.now()
    since = now - SPAN
    found = reports.list_firsts(tx, team, since=since)
    tried = [one for one in found if one.tried_at is not None]
    ended, spoke = reports.count_ended(tx, team, since=since)
    return QualityWatch(
        since=since,
        asked=len(found),
        tried=len(tried),
        by_clock=_summarise_times([_by_clock(one) for one in tried]),
        in_windows=_summarise_times([_in_windows(parts, one) for one in tried]),
        ended=ended,
        spoke=spoke,
        oldest=queue.find_oldest(tx, team),
        unsafe=reports.count_unsafe(tx, since=since),
        outcomes=reports.count_outcomes(tx, since=since),
    )


def _by_clock(one: First) -> timedelta:
    return (one.tried_at or one.callback.asked_at) - one.callback.asked_at


def _in_windows(parts: Services, one: First) -> timedelta:
    """Return how long her phone might have rung before it did; *now* runs from her asking, like the clock."""
    window, asked = one.callback.window, one.callback.asked_at
    if one.tried_at is None or window in ("", When.NOW, When.NEVER):
        return _by_clock(one)
    return open_between(When(window), parts.line.zone, asked, one.tried_at)


def _summarise_times(spans: Sequence[timedelta]) -> Times:
    if not spans:
        return Times()
    ordered = sorted(spans)
    return Times(
        median=ordered[(len(ordered) - 1) // 2],
        ninety=ordered[min(int(len(ordered) * _NINETY), len(ordered) - 1)],
    )
