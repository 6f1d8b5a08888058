"""Measures service quality, and serves ``/metrics`` in the Prometheus text format.

Quality is the time to the first attempt, the contact rate, and calls outside a safe window. Numbers are read from SQL
and not from the process's own memory, so every process gives the same; which parts are in order each sees for itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from gateway.domain.callbacks.states import BrokenPromise
from gateway.domain.callbacks.windows import measure_wait
from gateway.domain.contact_safety import When
from gateway.domain.permissions import Actor, Permission, check_permission
from gateway.foundation.services import Services
from gateway.menus.fact_expiry import count_by_threshold, find_fact_ends
from gateway.operations import health
from gateway.operations.reporting.periods import SMALLEST
from gateway.storage import broken_promises, counts, queue_counts, reports, settings
from gateway.storage.counts import OPERATIONAL
from gateway.storage.database import Tx, Unavailable

# The library, with a web server of its own, is imported when somebody first reads the page.
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from prometheus_client.core import GaugeMetricFamily, Metric
    from prometheus_client.registry import Collector

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
    at_once = [one for one in found if one.window == When.NOW]
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
    return (one.tried_at or one.asked_at) - one.asked_at


def _in_windows(parts: Services, one: First) -> timedelta:
    return measure_wait(one.window, parts.line.zone, one.asked_at, one.tried_at or one.asked_at)


def _summarise_times(spans: Sequence[timedelta]) -> Times:
    if not spans:
        return Times()
    ordered = sorted(spans)
    return Times(
        median=ordered[(len(ordered) - 1) // 2],
        ninety=ordered[min(int(len(ordered) * _NINETY), len(ordered) - 1)],
    )


UNTOLD = frozenset({"record", "record_by", "record_sum", "record_sum_of", "erased"})
"""Counters left out even as a sum: statistics forms and erasures."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def render_metrics(parts: Services) -> bytes:
    """Return the page in the Prometheus text exposition format."""
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry()
    registry.register(cast("Collector", _Ledger(parts)))
    return generate_latest(registry)


def _make_gauge(
    name: str, words: str, *, value: float | None = None, labels: Sequence[str] | None = None
) -> GaugeMetricFamily:
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(name, words, value=value, labels=labels)


class _Ledger:
    """Collects all metrics in one database snapshot; while SQL is away, only that fact and what else is wrong."""

    def __init__(self, parts: Services) -> None:
        self._parts = parts

    def describe(self) -> Iterator[Metric]:
        """Yield nothing, so that registering the collector does not query SQL."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Read all metrics from SQL."""
        try:
            with self._parts.store.read() as tx:
                found = [
                    *self._outbox(tx),
                    _count_callbacks(tx),
                    *self._lines(tx),
                    self._chores(tx),
                    _list_figures(tx),
                ]
                found += _list_quality(measure_quality(self._parts, tx), self._parts.clock.now())
        except Unavailable:
            yield _make_gauge("gateway_ledger_up", "1 while SQL can be asked", value=0)
            yield _check_parts(self._parts)
            return
        yield _make_gauge("gateway_ledger_up", "1 while SQL can be asked", value=1)
        yield _check_parts(self._parts)
        yield from found
        yield _count_facts(self._parts)

    def _outbox(self, tx: Tx) -> Iterator[Metric]:
        now = self._parts.clock.now()
        counted = reports.count_outbox(tx, now=now)
        rows = _make_gauge("gateway_outbox_rows", "Outbox rows", labels=("state", "channel"))
        for (state, channel), n in sorted(counted.by_state.items()):
            rows.add_metric((state, channel), n)
        yield rows
        waited = (now - counted.oldest_due).total_seconds() if counted.oldest_due else 0.0
        yield _make_gauge(
            "gateway_outbox_oldest_due_seconds", "How long the oldest due row has waited", value=waited
        )

    def _lines(self, tx: Tx) -> Iterator[Metric]:
        now = self._parts.clock.now()
        paused = _make_gauge("gateway_line_paused", "1 while a line sends nothing", labels=("channel",))
        faults = _make_gauge(
            "gateway_line_faults", "Sends in a row that did not go through", labels=("channel",)
        )
        for channel, bucket in sorted(counts.list_buckets(tx).items()):
            is_paused = bucket.paused_until is not None and bucket.paused_until > now
            paused.add_metric((channel,), float(is_paused))
            faults.add_metric((channel,), bucket.faults)
        yield from (paused, faults)

    def _chores(self, tx: Tx) -> Metric:
        now = self._parts.clock.now()
        age = _make_gauge(
            "gateway_chore_age_seconds", "Since a chore was last done without a fault", labels=("chore",)
        )
        for row in settings.list_tasks(tx):
            if row.ok_at is not None:
                age.add_metric((row.name,), (now - row.ok_at).total_seconds())
        return age


def _list_quality(seen: QualityWatch, now: datetime) -> Iterator[Metric]:
    """Yield the service-quality metrics; what cannot be measured yet is left out."""
    first = _make_gauge(
        "gateway_first_attempt_seconds",
        "From asking to the first attempt in the last 30 days",
        labels=("counted", "quantile"),
    )
    for counted, times in (("clock", seen.by_clock), ("windows", seen.in_windows)):
        for quantile, span in (("0.5", times.median), ("0.9", times.ninety)):
            if span is not None:
                first.add_metric((counted, quantile), span.total_seconds())
    yield first
    yield _make_gauge(
        "gateway_unsafe_contacts",
        "Calls outside her windows in the last 30 days; must be 0",
        value=seen.unsafe,
    )
    waited = (now - seen.oldest).total_seconds() if seen.oldest else 0.0
    yield _make_gauge(
        "gateway_callbacks_oldest_seconds", "How long the oldest request has waited", value=waited
    )
    if seen.contact_rate is not None:
        yield _make_gauge(
            "gateway_contact_rate", "Requests with a talk, of those that ended", value=seen.contact_rate
        )


def _check_parts(parts: Services) -> Metric:
    """Tell what ``gateway doctor`` finds in each part, without its words: they may name files and versions."""
    found = {one.part: one.ok for one in health.look_around(parts)}
    in_order = _make_gauge(
        "gateway_part_ok", "1 while a part is in order, 0 where gateway doctor finds fault", labels=("part",)
    )
    for part, is_ok in sorted(found.items()):
        in_order.add_metric((part,), float(is_ok))
    return in_order


def _count_facts(parts: Services) -> Metric:
    """Count the facts of the live menus that expired or expire soon; neither names nor values are shown."""
    ends = _make_gauge(
        "gateway_facts", "Facts of the live menus that ended, or end within so many days", labels=("ends",)
    )
    for state, n in count_by_threshold(find_fact_ends(parts)).items():
        ends.add_metric((state,), n)
    return ends


def _count_callbacks(tx: Tx) -> Metric:
    rows = _make_gauge("gateway_callbacks", "Requests for a call", labels=("state",))
    for state, n in sorted(reports.count_callbacks(tx).items()):
        rows.add_metric((state,), n)
    return rows


def _list_figures(tx: Tx) -> Metric:
    """Yield operational counters by item, and counters about people only as a sum.

    This page needs no sign-in, so a count of people below the smallest cell of the monthly report is left out.
    """
    from prometheus_client.core import CounterMetricFamily

    total = CounterMetricFamily(
        "gateway_events", "What was counted since the first day", labels=("what", "item", "channel")
    )
    of_people: Counter[tuple[str, str]] = Counter()
    for what, item, channel, n in reports.list_totals(tx):
        if what in OPERATIONAL:
            total.add_metric((what, item, channel), n)
        elif what not in UNTOLD:
            of_people[what, channel] += n
    for (what, channel), n in sorted(of_people.items()):
        if n >= SMALLEST:
            total.add_metric((what, "", channel), n)
    return total
