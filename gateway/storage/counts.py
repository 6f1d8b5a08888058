"""Count what happens and limit use: counters of events, budgets, token buckets, failed tries; all are rows in the end.

Events are counted in memory, without personal data, and added to SQL every few seconds, so that counting never delays
a caller. Every other counter is written at once, so that all processes share one limit and a restart does not reset
it. ``read_channels`` gives a page each channel's bucket, waiting messages and heartbeat in one statement.
"""

import re
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, case, delete, func, literal, select, union_all, update

from gateway.domain.outbox.send_policy import Bucket
from gateway.foundation.time_and_chance import Clock
from gateway.storage import reports
from gateway.storage import settings as stored_settings
from gateway.storage.database import Store, Tx, Unavailable, insert_into
from gateway.storage.outbox import build_waiting
from gateway.storage.settings import PREFIX, Life, get_setting, read_life
from gateway.storage.tables import budgets, lines, settings, tries
from gateway.storage.value_limits import CompiledStatement, build_insert


def spend_use(tx: Tx, scope: bytes, window: str, *, now: datetime) -> int:
    """Count one more use of this scope in this window, and return the new count."""
    values = {"scope": scope, "window": window, "n": 1, "at": now}
    return int(tx.execute(_build_spend(tx.dialect), values).scalar_one())


@cache
def _build_spend(dialect: str) -> CompiledStatement:
    first = build_insert(dialect, budgets)
    once_more = {"n": budgets.c.n + 1, "at": first.excluded.at}
    statement = first.on_conflict_do_update(index_elements=["scope", "window"], set_=once_more)
    return CompiledStatement(statement.returning(budgets.c.n))


# Token buckets: one row a channel, shared by all workers.

_NAMES = ("tokens", "filled_at", "paused_until", "why", "faults", "day", "sent", "spent")
_HOLD_ALL = CompiledStatement(
    select(lines).order_by(lines.c.channel).with_for_update()
)  # no lock on SQLite, where one writes
_HOLD_ONE = CompiledStatement(select(lines).where(lines.c.channel == bindparam("_channel")).with_for_update())
_SAVE = CompiledStatement(update(lines).where(lines.c.channel == bindparam("_channel")))


def ensure_buckets(tx: Tx, fresh: Mapping[str, Bucket]) -> None:
    """Insert the rows of channels that have none yet."""
    for channel in sorted(fresh):
        values = {"channel": channel, **asdict(fresh[channel])}
        tx.execute(insert_into(tx, lines).values(values).on_conflict_do_nothing(index_elements=["channel"]))


def hold_buckets(tx: Tx) -> dict[str, Bucket]:
    """Return channel → bucket, locked until this transaction ends.

    The lock serialises claims; it makes "one in flight per lane" true on PostgreSQL, where writers run concurrently.
    """
    return {row.channel: read_bucket(row._asdict()) for row in tx.execute(_HOLD_ALL)}


def list_buckets(tx: Tx) -> dict[str, Bucket]:
    """Return channel → bucket, without a lock."""
    return {row.channel: read_bucket(row._asdict()) for row in tx.execute(select(lines))}


def hold_bucket(tx: Tx, channel: str) -> Bucket | None:
    """Return one channel's bucket, locked until this transaction ends."""
    row = tx.execute(_HOLD_ONE, {"_channel": channel}).first()
    return read_bucket(row._asdict()) if row is not None else None


def save_bucket(tx: Tx, channel: str, bucket: Bucket) -> None:
    """Store the bucket of a channel that this transaction has locked."""
    tx.execute(_SAVE, {"_channel": channel} | {name: getattr(bucket, name) for name in _NAMES})


def read_bucket(row: Mapping[str, Any]) -> Bucket:
    """Return the bucket of these column values."""
    return Bucket(**{name: row[name] for name in _NAMES})


# Failed tries of names, passwords and codes (rate limiting: NIST SP 800-63B, section 5.2.2).


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """Number of tries in the window, the first and the last instant; zero and None where there are none."""

    n: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


def find_tries(
    tx: Tx, scope: bytes, *, now: datetime | None = None, window: timedelta | None = None
) -> Tries:
    """Return the tries of this scope; with a window, none once it has passed since the first."""
    row = tx.execute(select(tries).where(tries.c.scope == scope)).first()
    if row is None or (now is not None and window is not None and row.first_at + window <= now):
        return Tries()
    return Tries(n=row.n, first_at=row.first_at, last_at=row.last_at)


def add_try(tx: Tx, scope: bytes, now: datetime, window: timedelta) -> Tries:
    """Count one more try; the count restarts when the window has passed since the first."""
    passed = tries.c.first_at <= now - window
    insert = insert_into(tx, tries).values(scope=scope, n=1, first_at=now, last_at=now)
    row = tx.execute(
        insert.on_conflict_do_update(
            index_elements=["scope"],
            set_={
                "n": case((passed, 1), else_=tries.c.n + 1),
                "first_at": case((passed, insert.excluded.first_at), else_=tries.c.first_at),
                "last_at": now,
            },
        ).returning(*tries.c)
    ).one()
    return Tries(n=row.n, first_at=row.first_at, last_at=row.last_at)


def clear_tries(tx: Tx, scope: bytes) -> None:
    """Delete the tries of this scope after a success."""
    tx.execute(delete(tries).where(tries.c.scope == scope))


def purge_tries(tx: Tx, before: datetime) -> None:
    """Delete what was last tried before this instant."""
    tx.execute(delete(tries).where(tries.c.last_at < before))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRows:
    """What is stored by channel.

    Attributes:
        buckets: account → rate-limit bucket; a channel's calls have an account of their own.
        waiting: channel → number of messages that wait.
        lives: channel → last heartbeat.
        setting: value of the setting that was asked for beside them; None where it is not set.
    """

    buckets: Mapping[str, Bucket]
    waiting: Mapping[str, int]
    lives: Mapping[str, Life]
    setting: Any = None


def read_channels(
    tx: Tx, names: Collection[str], *, accounts: Collection[str] = (), setting: str = ""
) -> ChannelRows:
    """Return the rows of these channels and further accounts, and one setting beside them, in one statement."""
    every = sorted({*names, *accounts})
    if not every:
        only = get_setting(tx, setting) if setting else None
        return ChannelRows(buckets={}, waiting={}, lives={}, setting=only)
    asked = union_all(*(select(literal(name).label("name")) for name in every)).subquery("asked")
    waiting = build_waiting().subquery("waiting")
    beside = settings.alias("beside")
    query = (
        select(
            asked.c.name,
            lines,
            func.coalesce(waiting.c.n, 0).label("waits"),
            settings.c.value.label("life"),
            select(beside.c.value).where(beside.c.name == setting).scalar_subquery().label("setting"),
        )
        .join_from(asked, lines, lines.c.channel == asked.c.name, isouter=True)
        .join(waiting, waiting.c.channel == asked.c.name, isouter=True)
        .join(settings, settings.c.name == literal(PREFIX) + asked.c.name, isouter=True)
    )
    rows = tx.execute(query).all()
    return ChannelRows(
        buckets={row.name: read_bucket(row._asdict()) for row in rows if row.channel is not None},
        waiting={row.name: int(row.waits) for row in rows},
        lives={row.name: read_life(row.life or {}) for row in rows},
        setting=rows[0].setting,
    )


OPERATIONAL = frozenset(
    {
        "alarm", "bridge", "delivery", "ended", "fault", "late_parts", "lost", "not_a_number", "not_kept", "notice",
        "outbox", "over_budget", "replay_fault", "resumed", "spooled", "trial", "unsaved", "webhook_fault",
        "webhook_refused",
    }
)  # fmt: skip
"""Counters about programs and providers; all others are about people."""


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


class CountedRow(NamedTuple):
    """One of several counters that are added to at once; its fields are those of ``Counters.add``."""

    what: str
    item: str
    language: str
    n: int = 1


_MINUTE = timedelta(minutes=1)


class Counters:
    """The counters of one process; thread-safe."""

    def __init__(self, clock: Clock, zone: str = "UTC", trial_lines: frozenset[str] = frozenset()) -> None:
        self._clock = clock
        self._trial_lines = trial_lines
        self._zone = ZoneInfo(zone)
        self._counts: Counter[Key] = Counter()
        self._together: Counter[tuple[date, int, str, str, tuple[CountedRow, ...]]] = Counter()
        self._heard: dict[str, datetime] = {}
        self._lock = threading.Lock()
        self._hour: tuple[datetime, date, int] | None = None

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
        at: datetime | None = None,
    ) -> None:
        """Add to a counter of this hour, or of the hour of ``at``.

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
            at: when it happened; what is taken back after midnight is taken from the day that counted it.
        """
        what, item = self._name_counter(what, item, trial=trial or channel in self._trial_lines)
        day, hour = self._find_hour(at or self._clock.now())
        key = Key(day, hour, channel, language, version, what, item)
        with self._lock:
            self._counts[key] += n

    def add_all(self, rows: "tuple[CountedRow, ...]", *, channel: str, version: str, at: datetime) -> None:
        """Add to several counters at once, which are told apart when they are written: a hop waits for one only."""
        key = (*self._find_hour(at), channel, version, rows)
        with self._lock:
            self._together[key] += 1

    @staticmethod
    def _name_counter(what: str, item: str, *, trial: bool) -> tuple[str, str]:
        of_people = what not in OPERATIONAL and not what.startswith(reports.FACT)
        return (TRIAL, _clean_word(what)) if of_people and trial else (what, _clean_word(item))

    def take_counts(self) -> Counter[Key]:
        """Return all counts, and begin anew."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
            together, self._together = self._together, Counter()
        for (day, hour, channel, version, rows), times in together.items():
            for row in rows:
                what, item = self._name_counter(row.what, row.item, trial=channel in self._trial_lines)
                counts[Key(day, hour, channel, row.language, version, what, item)] += row.n * times
        return counts

    def _find_hour(self, now: datetime) -> tuple[date, int]:
        """Return the local date and hour, which no zone changes within a minute: a hop counts several things."""
        known = self._hour
        if known is None or not known[0] <= now < known[0] + _MINUTE:
            local = now.astimezone(self._zone)
            known = self._hour = now.replace(second=0, microsecond=0), local.date(), local.hour
        return known[1], known[2]

    def add_facts(
        self, facts: Iterable[str], screen: str, *, channel: str, language: str, version: str
    ) -> None:
        """Count each fact of a page or text, in case one turns out wrong; its value follows from version and day."""
        for name in facts:
            self.add(f"{reports.FACT}{name}", screen, channel=channel, language=language, version=version)

    def hear(self, channel: str, at: datetime | None = None) -> None:
        """Record that a channel just made a webhook request, which counts as its heartbeat."""
        self._heard[channel] = at or self._clock.now()

    def flush(self, store: Store) -> int:
        """Add all counts to SQL and return how many keys were written; they stay in memory while SQL is away."""
        counts = self.take_counts()
        with self._lock:
            heard, self._heard = self._heard, {}
        if not counts and not heard:
            return 0
        try:
            with store.write() as tx:
                for channel in sorted(heard):
                    stored_settings.touch_heartbeat(tx, channel, heard[channel])
                reports.add_counts(tx, counts)
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
