"""Runs ``gateway clock``: the periodic tasks (name, interval, function), the clock check and metrics.

It needs neither Redis nor the web process. One clock process at a time runs a task that is due.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.conversations import one_shot
from gateway.delivery import channel_status
from gateway.delivery.clock_guard import ClockWatch
from gateway.delivery.nudge import sweep_outbox
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import new_token
from gateway.helpdesk.alerts import announce, line_alerts
from gateway.helpdesk.calls import bridge_events
from gateway.helpdesk.queue import timers
from gateway.operations import maintenance
from gateway.storage import audit, migrate, settings
from gateway.storage.counts import EVERY
from gateway.storage.database import Unavailable
from workers import Stop

_log = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class Chore:
    """A periodic task.

    Attributes:
        name: its key in the database and in metrics.
        every: the interval from one start to the next.
        run: the function; its result is ignored.
        lease: how long a crashed process keeps others from taking over.
    """

    name: str
    every: timedelta
    run: Callable[[Services], object]
    lease: timedelta = LEASE


def _link_audit(parts: Services) -> None:
    with parts.store.write() as tx:
        audit.link_rows(tx, parts.clock.now())


def _part_trials(parts: Services) -> None:
    trial_lines = [name for name in parts.channels if parts.is_trial(name)]
    parts.store.run(lambda tx: migrate.part_trials(tx, trial_lines=trial_lines, now=parts.clock.now()))


TABLE: tuple[Chore, ...] = (
    # Safe to run in parallel, hence the short lease.
    Chore("sweep", timedelta(seconds=10), sweep_outbox, lease=timedelta(seconds=15)),
    Chore("watch_lines", timedelta(seconds=60), channel_status.look_at_channels),
    Chore("release_leases", timedelta(seconds=15), timers.release_leases),
    Chore("roll_calls", timedelta(seconds=15), bridge_events.roll_bridges),
    Chore("roll_windows", timedelta(seconds=30), timers.roll_windows),
    Chore("expire_requests", timedelta(minutes=5), timers.expire_requests),
    Chore("escalate", timedelta(seconds=60), timers.escalate_stalled),
    Chore("note_broken", timedelta(seconds=60), timers.note_broken_promises),
    Chore("tell_fact_ends", timedelta(hours=1), announce.tell_fact_ends),
    Chore("tell_stopped_lines", timedelta(minutes=1), line_alerts.tell_stopped_lines),
    Chore("move_texts", timedelta(minutes=1), line_alerts.move_waiting_texts),
    Chore("part_trials", timedelta(minutes=1), _part_trials),
    Chore("late_parts", timedelta(minutes=1), one_shot.answer_late_parts),
    Chore("link_audit", timedelta(seconds=30), _link_audit),
    Chore("retention", timedelta(hours=1), maintenance.purge_expired),
)


class Round:
    """Runs the due tasks of a table. Several clock processes may do so: each task is leased by its database row."""

    def __init__(self, parts: Services, table: Sequence[Chore]) -> None:
        names = [chore.name for chore in table]
        if len(set(names)) != len(names):
            raise ValueError("two chores bear one name")
        self._parts = parts
        self._table = table
        self._ask_at = dict.fromkeys(names, 0.0)

    def go(self, *, stopping: Callable[[], bool]) -> None:
        """Run each task that is due."""
        for chore in self._table:
            if stopping():
                return
            if self._parts.clock.monotonic() >= self._ask_at[chore.name]:
                # Checked well before it is due, so that a task of a crashed clock process is soon taken over.
                self._ask_at[chore.name] = self._parts.clock.monotonic() + min(
                    chore.every.total_seconds() / 2, 10.0
                )
                self._do(chore)

    def _do(self, chore: Chore) -> None:
        now, token = self._parts.clock.now(), new_token(16)
        try:
            with self._parts.store.write() as tx:
                taken = settings.lease_task(
                    tx, chore.name, token=token, now=now, every=chore.every, lease=chore.lease
                )
            if taken:
                fault = self._run(chore)
                self._give_back(chore, token, now, fault)
        except Unavailable as error:
            _log.warning("chore %s waits: %s", chore.name, error)

    def _run(self, chore: Chore) -> str:
        try:
            chore.run(self._parts)
        except Exception as error:  # noqa: BLE001 - an error in one task must not stop the others
            # Only the class is logged: the message may quote a row's content.
            _log.error("chore %s: %s", chore.name, type(error).__name__)
            self._parts.count.add("alarm", f"chore.{chore.name}")
            return type(error).__name__
        return ""

    def _give_back(self, chore: Chore, token: str, began: datetime, fault: str) -> None:
        now = self._parts.clock.now()
        with self._parts.store.write() as tx:
            settings.finish_task(
                tx, chore.name, token=token, due_at=began + chore.every, now=now, fault=fault
            )


TICK_SECONDS = 1.0


def run_clock(parts: Services, chores: Sequence[Chore], *, stop: Stop | None = None) -> None:
    """Run due tasks, check the system clock and flush metrics until SIGTERM or SIGINT.

    Args:
        parts: the services of this process.
        chores: the periodic tasks.
        stop: the stop flag; a new one by default.
    """
    stop = stop or Stop()
    round_, watch = Round(parts, chores), ClockWatch(parts)
    flush_at = 0.0
    with stop.on_signals():
        while not stop():
            _look_at(watch)
            round_.go(stopping=stop)
            if parts.clock.monotonic() >= flush_at:
                flush_at = parts.clock.monotonic() + EVERY.total_seconds()
                parts.count.flush(parts.store)
            stop.wait(TICK_SECONDS)
    parts.count.flush(parts.store)


def _look_at(watch: ClockWatch) -> None:
    try:
        watch.look()
    except Unavailable as error:
        _log.warning("the clock cannot be compared with the ledger: %s", error)
