"""Counts in memory, without personal data, and adds to SQL now and then: a count must never cost a caller time."""

import re
import threading
from collections import Counter
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gateway.clock import Clock
from gateway.store import figures, life
from gateway.store.engines import Store, Unavailable

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
        key = Key(local.date(), local.hour, channel, language, version, what, _word(item))
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
                    life.touch(tx, channel, heard[channel])
                for key in sorted(
                    counts
                ):  # one order for every process, so that two of them never wait crosswise
                    figures.add(tx, *key, n=counts[key])
        except Unavailable:
            with self._lock:
                self._counts.update(counts)
                self._heard = heard | self._heard
            return 0
        return len(counts)


def _word(item: str) -> str:
    if not item:
        return ""
    return item if _ITEM.fullmatch(item) and not _LONG_DIGITS.search(item) else OTHER


EVERY = timedelta(seconds=10)
