"""The page ``/metrics``: read from SQL when it is asked for, so that it is right whichever process answers."""

import re
import threading
from collections import Counter
from collections.abc import Iterator
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
from gateway.operations.reporting.monthly_report import SMALLEST
from gateway.storage import rate_limits, reports, settings
from gateway.storage.database import Store, Tx, Unavailable

OPERATIONAL = frozenset(
    {
        "alarm", "bridge", "delivery", "ended", "fault", "lost", "not_a_number", "not_kept", "outbox",
        "over_budget", "replay_fault", "resumed", "spooled", "unsaved", "webhook_fault", "webhook_refused",
    }
)  # fmt: skip
"""Counts of what programs and providers did; whatever is not here is about people."""

UNTOLD = frozenset({"record", "record_by", "record_sum", "record_sum_of", "erased"})
"""Counts that not even their sum is told of: a person's record, and who was erased."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def render_metrics(parts: Services) -> bytes:
    """Return the page."""
    registry = CollectorRegistry()
    registry.register(_Ledger(parts))
    return generate_latest(registry)


class _Ledger(Collector):
    """Everything, in one snapshot; while SQL cannot be asked, only that."""

    def __init__(self, parts: Services) -> None:
        self._parts = parts

    def describe(self) -> Iterator[Metric]:
        """Say nothing beforehand, so that registering does not ask SQL."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Read the ledger."""
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
        counted = reports.of_outbox(tx, now=now)
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
        for channel, bucket in sorted(rate_limits.all_of(tx).items()):
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
    """Tell the watch over the desk; what cannot be measured yet is left out."""
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
    """Tell how many facts of the live menus ended or end soon; neither which nor what they say."""
    ends = GaugeMetricFamily(
        "gateway_facts", "Facts of the live menus that ended, or end within so many days", labels=("ends",)
    )
    for state, n in count_by_threshold(find_fact_ends(parts)).items():
        ends.add_metric((state,), n)
    return ends


def _count_callbacks(tx: Tx) -> Metric:
    rows = GaugeMetricFamily("gateway_callbacks", "Requests for a call", labels=("state",))
    for state, n in sorted(reports.of_callbacks(tx).items()):
        rows.add_metric((state,), n)
    return rows


def _list_figures(tx: Tx) -> Metric:
    """Tell what the machines did, by item; of people and of what they read or said only how much it was in all.

    Whoever reads this page has not signed in, so a count of people below the smallest cell of the report is left out.
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


# Counts in memory, without personal data, and adds to SQL now and then: a count must never cost a caller
# time.

# An item is a word of ours: the id of a screen, a state, a reason. A run of digits could be a number of hers.
_ITEM = re.compile(r"[A-Za-z@][\w.:@/-]{0,59}", re.ASCII)
_LONG_DIGITS = re.compile(r"\d{5}")
OTHER = "other"


class Key(NamedTuple):
    """What one count is filed under."""

    day: date
    hour: int
    channel: str
    language: str
    version: str
    what: str
    item: str


class Counters:
    """The counts of one process; any thread may add."""

    def __init__(self, clock: Clock, zone: str = "UTC") -> None:
        self._clock = clock
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
    ) -> None:
        """Add to a count of this hour.

        Args:
            what: the figure: ``shown``, ``sent``, ``alarm`` …
            item: which one: a screen's id, an outcome, a reason; what does not look like a word is counted as other.
            channel: the line.
            language: the caller's language, where it is known.
            version: the menu's version.
            n: how many.
        """
        local = self._clock.now().astimezone(self._zone)
        key = Key(local.date(), local.hour, channel, language, version, what, _clean_word(item))
        with self._lock:
            self._counts[key] += n

    def hear(self, channel: str) -> None:
        """Note that a channel posted something just now; what it posts is its sign of life."""
        self._heard[channel] = self._clock.now()

    def flush(self, store: Store) -> int:
        """Add everything counted so far to SQL; while it cannot be asked they stay here. Return how many went."""
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
                ):  # one order for every process, so that two of them never wait crosswise
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
