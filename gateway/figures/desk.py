"""The watch over the desk: how soon she is first tried, how often she is reached, and that nobody was rung unsafely."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gateway.access import Actor, Permission, permit
from gateway.callbacks.windows import open_between
from gateway.safe_contact import When
from gateway.store import line, watch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.parts import Parts
    from gateway.store.engines import Tx
    from gateway.store.watch import First

SPAN = timedelta(days=30)
_NINETY = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """A span in the middle, and the one that nine of ten stay below; None while there is nothing to measure."""

    median: timedelta | None = None
    ninety: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
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


def look(parts: Parts, actor: Actor) -> Watch:
    """Return the figures of the actor's centre.

    Raises:
        Refused: the actor may not see figures.
        Unavailable: SQL cannot be asked.
    """
    permit(actor, Permission.SEE_FIGURES)
    with parts.store.read() as tx:
        return measure(parts, tx, actor.team)


def measure(parts: Parts, tx: Tx, team: str = "main") -> Watch:
    """Return the figures of a centre, without asking who wants to know."""
    now = parts.clock.now()
    since = now - SPAN
    found = watch.firsts(tx, team, since=since)
    tried = [one for one in found if one.tried_at is not None]
    ended, spoke = watch.ended(tx, team, since=since)
    return Watch(
        since=since,
        asked=len(found),
        tried=len(tried),
        by_clock=_times([_by_clock(one) for one in tried]),
        in_windows=_times([_in_windows(parts, one) for one in tried]),
        ended=ended,
        spoke=spoke,
        oldest=line.oldest(tx, team),
        unsafe=watch.unsafe(tx, since=since),
        outcomes=watch.outcomes(tx, since=since),
    )


def _by_clock(one: First) -> timedelta:
    return (one.tried_at or one.callback.asked_at) - one.callback.asked_at


def _in_windows(parts: Parts, one: First) -> timedelta:
    """Return how long her phone might have rung before it did; *now* runs from her asking, like the clock."""
    window, asked = one.callback.window, one.callback.asked_at
    if one.tried_at is None or window in ("", When.NOW, When.NEVER):
        return _by_clock(one)
    return open_between(When(window), parts.line.zone, asked, one.tried_at)


def _times(spans: Sequence[timedelta]) -> Times:
    if not spans:
        return Times()
    ordered = sorted(spans)
    return Times(
        median=ordered[(len(ordered) - 1) // 2],
        ninety=ordered[min(int(len(ordered) * _NINETY), len(ordered) - 1)],
    )
