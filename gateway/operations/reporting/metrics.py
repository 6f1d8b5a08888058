"""Serves ``/metrics`` from SQL in the Prometheus text format, and collects counters in memory for SQL.

Every process gives the same page, because it is read from SQL and not from the process's own memory.
"""

import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.foundation.clock import Clock
from gateway.foundation.services import Services
from gateway.menus.fact_expiry import count_by_threshold, find_fact_ends
from gateway.operations.reporting import service_quality
from gateway.operations.reporting.periods import SMALLEST
from gateway.storage import rate_limits, reports, settings
from gateway.storage.database import Store, Tx, Unavailable

OPERATIONAL = frozenset(
    {
        "alarm", "bridge", "delivery", "ended", "fault", "late_parts", "lost", "not_a_number", "not_kept", "notice",
        "outbox", "over_budget", "replay_fault", "resumed", "spooled", "trial", "unsaved", "webhook_fault",
        "webhook_refused",
    }
)  # fmt: skip
"""Counters about programs and providers; all others are about people."""

UNTOLD = frozenset({"record", "record_by", "record_sum", "record_sum_of", "erased"})
"""Counters left out even as a sum: statistics forms and erasures."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def render_metrics(parts: Services) -> bytes:
    """Return the page in the Prometheus text exposition format."""
    registry = CollectorRegistry()
    registry.register(_Ledger(parts))
    return generate_latest(registry)


class _Ledger(Collector):
    """Collects all metrics in one database snapshot; while SQL is away, only that fact."""

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
                found += _list_quality(
                    service_quality.measure_quality(self._parts, tx), self._parts.clock.now()
                )
        except Unavailable:
            yield GaugeMetricFamily("gateway_ledger_up", "1 while SQL can be asked", value=0)
            return
        yield GaugeMetricFamily("gateway_ledger_up", "1 while SQL can be asked", value=1)
        yield from found
        yield _count_facts(self._parts)

    def _outbox(self, tx: Tx) -> Iterator[Metric]:
        now = self._parts.clock.now()
        counted = reports.count_outbox(tx, now=now)
        rows = GaugeMetricFamily("gateway_outbox_rows", "Outbox rows", labels=("state", "channel"))
        for (state, channel), n in sorted(counted.by_state.items()):
            rows.add_metric((state, channel), n)
        yield rows
        waited = (now - counted.oldest_due).total_seconds() if counted.oldest_due else 0.0
        yield GaugeMetricFamily(
            "gateway_outbox_oldest_due_seconds", "How long the oldest due row has waited", value=waited
        )

    def _lines(self, tx: Tx) -> Iterator[Metric]:
        now = self._parts.clock.now()
        paused = GaugeMetricFamily("gateway_line_paused", "1 while a line sends nothing", labels=("channel",))
        faults = GaugeMetricFamily(
            "gateway_line_faults", "Sends in a row that did not go through", labels=("channel",)
        )
        for channel, bucket in sorted(rate_limits.list_buckets(tx).items()):
            is_paused = bucket.paused_until is not None and bucket.paused_until > now
            paused.add_metric((channel,), float(is_paused))
            faults.add_metric((channel,), bucket.faults)
        yield from (paused, faults)

    def _chores(self, tx: Tx) -> Metric:
        now = self._parts.clock.now()
        age = GaugeMetricFamily(
            "gateway_chore_age_seconds", "Since a chore was last done without a fault", labels=("chore",)
        )
        for row in settings.list_tasks(tx):
            if row.ok_at is not None:
                age.add_metric((row.name,), (now - row.ok_at).total_seconds())
        return age


def _list_quality(seen: service_quality.QualityWatch, now: datetime) -> Iterator[Metric]:
    """Yield the service-quality metrics; what cannot be measured yet is left out."""
    first = GaugeMetricFamily(
        "gateway_first_attempt_seconds",
        "From asking to the first attempt in the last 30 days",
        labels=("counted", "quantile"),
    )
    for counted, times in (("clock", seen.by_clock), ("windows", seen.in_windows)):
        for quantile, span in (("0.5", times.median), ("0.9", times.ninety)):
            if span is not None:
                first.add_metric((counted, quantile), span.total_seconds())
    yield first
    yield GaugeMetricFamily(
        "gateway_unsafe_contacts",
        "Calls outside her windows in the last 30 days; must be 0",
        value=seen.unsafe,
    )
    waited = (now - seen.oldest).total_seconds() if seen.oldest else 0.0
    yield GaugeMetricFamily(
        "gateway_callbacks_oldest_seconds", "How long the oldest request has waited", value=waited
    )
    if seen.contact_rate is not None:
        yield GaugeMetricFamily(
            "gateway_contact_rate", "Requests with a talk, of those that ended", value=seen.contact_rate
        )


def _count_facts(parts: Services) -> Metric:
    """Count the facts of the live menus that expired or expire soon; neither names nor values are shown."""
    ends = GaugeMetricFamily(
        "gateway_facts", "Facts of the live menus that ended, or end within so many days", labels=("ends",)
    )
    for state, n in count_by_threshold(find_fact_ends(parts)).items():
        ends.add_metric((state,), n)
    return ends


def _count_callbacks(tx: Tx) -> Metric:
    rows = GaugeMetricFamily("gateway_callbacks", "Requests for a call", labels=("state",))
    for state, n in sorted(reports.count_callbacks(tx).items()):
        rows.add_metric((state,), n)
    return rows


def _list_figures(tx: Tx) -> Metric:
    """Yield operational counters by item, and counters about people only as a sum.

    This page needs no sign-in, so a count of people below the smallest cell of the monthly report is left out.
    """
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


# In-memory counters without personal data, added to SQL every few seconds, so that counting never delays a caller.

# An item is an identifier of the product: a screen id, state or reason. A run of digits could be a phone number.
_ITEM = re.compile(r"[A-Za-z@][\w.:@/-]{0,59}", re.ASCII)
_LONG_DIGITS = re.compile(r"\d{5}")
OTHER = "other"
TRIAL = "trial"


class Key(NamedTuple):
    """The labels of one counter."""

    day: date
    hour: int
    channel: str
    language: str
    version: str
    what: str
    item: str


class Counters:
    """The counters of one process; thread-safe."""

    def __init__(self, clock: Clock, zone: str = "UTC", trial_lines: frozenset[str] = frozenset()) -> None:
        self._clock = clock
        self._trial_lines = trial_lines
        self._zone = ZoneInfo(zone)
        self._counts: Counter[Key] = Counter()
        self._heard: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def add(
        self,
        what: str,
        item: str = "",
        *,
        channel: str = "",
        language: str = "",
        version: str = "",
        n: int = 1,
        trial: bool = False,
    ) -> None:
        """Add to a counter of this hour.

        What people did on a trial phone is counted apart, as ``trial`` by its metric: a demonstration is no caller, and
        must not stand in a report. Readings of a fact stay what they are, as they name their channel.

        Args:
            what: the metric: ``shown``, ``sent``, ``alarm`` …
            item: a screen id, an outcome, a reason; anything that is no identifier is counted as "other".
            channel: the channel's name.
            language: the caller's language, if known.
            version: the menu version.
            n: the increment.
            trial: whether a simulator phone did it; a channel without real phones says so by itself.
        """
        of_people = what not in OPERATIONAL and not what.startswith(reports.FACT)
        if of_people and (trial or channel in self._trial_lines):
            what, item = TRIAL, what
        local = self._clock.now().astimezone(self._zone)
        key = Key(local.date(), local.hour, channel, language, version, what, _clean_word(item))
        with self._lock:
            self._counts[key] += n

    def add_facts(
        self, facts: Iterable[str], screen: str, *, channel: str, language: str, version: str
    ) -> None:
        """Count each fact of a page or text, in case one turns out wrong; its value follows from version and day."""
        for name in facts:
            self.add(f"{reports.FACT}{name}", screen, channel=channel, language=language, version=version)

    def hear(self, channel: str) -> None:
        """Record that a channel just made a webhook request, which counts as its heartbeat."""
        self._heard[channel] = self._clock.now()

    def flush(self, store: Store) -> int:
        """Add all counts to SQL and return how many keys were written; they stay in memory while SQL is away."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
            heard, self._heard = self._heard, {}
        if not counts and not heard:
            return 0
        try:
            with store.write() as tx:
                for channel in sorted(heard):
                    settings.touch_heartbeat(tx, channel, heard[channel])
                for key in sorted(
                    counts
                ):  # the same order in every process, so that two of them cannot deadlock
                    reports.add_count(tx, *key, n=counts[key])
        except Unavailable:
            with self._lock:
                self._counts.update(counts)
                self._heard = heard | self._heard
            return 0
        return len(counts)


def _clean_word(item: str) -> str:
    if not item:
        return ""
    return item if _ITEM.fullmatch(item) and not _LONG_DIGITS.search(item) else OTHER


EVERY = timedelta(seconds=10)
