"""Measures service quality: time to the first attempt, contact rate, and calls outside a safe window."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gateway.domain.callbacks.states import BrokenPromise
from gateway.domain.callbacks.windows import open_between
from gateway.domain.contact_safety import When
from gateway.domain.permissions import Actor, Permission, check_permission
from gateway.storage import broken_promises, queue_counts, reports

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.foundation.services import Services
    from gateway.storage.database import Tx
    from gateway.storage.reports import First

SPAN = timedelta(days=30)
_NINETY = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Median and 90th percentile; None while there is nothing to measure."""

    median: timedelta | None = None
    ninety: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityWatch:
    """The last thirty days.

    Attributes:
        since: start of the period.
        asked: number of requests in it.
        tried: how many of them had at least one attempt.
        by_clock: time from the request to its first attempt.
        in_windows: the same, counting only hours in which the caller's phone could ring.
        ended: requests that ended in the period.
        spoke: how many of those reached the caller.
        oldest: when the longest-waiting open request was made; None if none waits.
        unsafe: calls outside the window without the caller's own contact just before. Must be 0; each is
            investigated.
        outcomes: number of attempts by outcome.
        asked_now: requests to be called at once.
        called_now: how many of those were called.
        broken: broken promises by kind, callers only.
        broken_trials: number of broken promises to trial phones, which count nowhere else.
        talks: conversations that callers began by ringing the helpline.
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
    asked_now: int = 0
    called_now: int = 0
    broken: Mapping[BrokenPromise, int] = field(default_factory=dict)
    broken_trials: int = 0
    talks: int = 0

    @property
    def contact_rate(self) -> float | None:
        """Share of ended requests that reached the caller, from 0 to 1; None while none has ended."""
        return self.spoke / self.ended if self.ended else None


def show_quality(parts: Services, actor: Actor) -> QualityWatch:
    """Return the service quality of the actor's centre.

    Raises:
        NotPermitted: the actor may not see metrics.
        Unavailable: the database cannot be reached.
    """
    check_permission(actor, Permission.SEE_FIGURES)
    with parts.store.read() as tx:
        return measure_quality(parts, tx, actor.team)


def measure_quality(parts: Services, tx: Tx, team: str = "main") -> QualityWatch:
    """Return the service quality of a centre, without a permission check."""
    now = parts.clock.now()
    since = now - SPAN
    found = reports.list_firsts(tx, team, since=since)
    tried = [one for one in found if one.tried_at is not None]
    at_once = [one for one in found if one.callback.window == When.NOW]
    ended, spoke = reports.count_ended(tx, team, since=since)
    return QualityWatch(
        since=since,
        asked=len(found),
        tried=len(tried),
        by_clock=_summarise_times([_by_clock(one) for one in tried]),
        in_windows=_summarise_times([_in_windows(parts, one) for one in tried]),
        ended=ended,
        spoke=spoke,
        oldest=queue_counts.find_oldest(tx, team),
        unsafe=reports.count_unsafe(tx, since=since),
        outcomes=reports.count_outcomes(tx, since=since),
        asked_now=len(at_once),
        called_now=sum(one.tried_at is not None for one in at_once),
        broken=broken_promises.count_broken(tx, team, since=since),
        broken_trials=sum(broken_promises.count_broken(tx, team, since=since, trial=True).values()),
        talks=reports.count_talks(tx, since=since),
    )


def _by_clock(one: First) -> timedelta:
    return (one.tried_at or one.callback.asked_at) - one.callback.asked_at


def _in_windows(parts: Services, one: First) -> timedelta:
    """Return how long the phone could have rung before it did; a ``now`` request counts from when it was made."""
    window, asked_at = one.callback.window, one.callback.asked_at
    if one.tried_at is None or window in ("", When.NOW, When.NEVER):
        return _by_clock(one)
    return open_between(When(window), parts.line.zone, asked_at, one.tried_at)


def _summarise_times(spans: Sequence[timedelta]) -> Times:
    if not spans:
        return Times()
    ordered = sorted(spans)
    return Times(
        median=ordered[(len(ordered) - 1) // 2],
        ninety=ordered[min(int(len(ordered) * _NINETY), len(ordered) - 1)],
    )
