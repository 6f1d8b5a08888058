"""When somebody is on duty and who: the one answer for promises, alerts, pages and doctor, and a copy for bad days."""

import json
import logging
from datetime import date, datetime
from pathlib import Path
from typing import Any

from gateway.access import WORKING
from gateway.callbacks.shifts import Away, Duty, Rota, Shift
from gateway.callbacks.shifts import hours as hours_by
from gateway.callbacks.windows import Hours, local_minute
from gateway.store import people, shifts
from gateway.store.engines import Store, Tx, Unavailable
from gateway.store.files import put

TEAM = "main"
_FORMAT = 1
_EVERY = 5
"""How many seconds go by between two looks at the shifts: what is promised is decided by SQL wherever it answers."""

_log = logging.getLogger(__name__)


def find_hours(tx: Tx, otherwise: Hours, zone: str, now: datetime, team: str = TEAM) -> Hours:
    """Return when somebody of a team is on duty in the next two weeks.

    Args:
        tx: a transaction to read in.
        otherwise: the opening hours of the settings, which count where no shifts exist.
        zone: the zone of the line.
        now: the instant from which it matters.
        team: the centre.
    """
    today, _ = local_minute(zone, now)
    return hours_by(shifts.rota(tx, team), otherwise, today)


def find_people(
    tx: Tx, otherwise: Hours, zone: str, now: datetime, team: str = TEAM, *, later_too: bool = False
) -> frozenset[str]:
    """Return the ids of those who are on duty now, and with ``later_too`` of those who will be later today."""
    rota = shifts.rota(tx, team)
    today, minute = local_minute(zone, now)
    working = [one for one in people.everybody(tx, team) if one.role in WORKING]
    duty = Duty(
        rota=rota,
        hours=hours_by(rota, otherwise, today),
        workers=frozenset(one.id for one in working),
        by_hand=frozenset(one.id for one in working if one.on_duty),
    )
    return duty.find_left_today(today, minute) if later_too else duty.find_present(today, minute)


class DutyHours:
    """Shifts, holidays and days away of this process, so that promises without SQL keep the rules that SQL holds.

    The file lies beside those of the live menus: a restart while SQL is away promises by it.
    """

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._file = folder / "duty"
        self._rota: Rota | None = None
        self._calls = 0

    def refresh(self) -> bool:
        """Read the shifts anew now and then; False where SQL could not be asked."""
        self._calls += 1
        if self._calls % _EVERY != 1:
            return True
        try:
            with self._store.read() as tx:
                rota = shifts.rota(tx, TEAM)
        except Unavailable:
            self._calls = 0  # the next second asks again
            return False
        if rota != self._rota:
            self._rota = rota
            self._keep(rota)
        return True

    def read_hours(self, otherwise: Hours, zone: str, now: datetime) -> Hours:
        """Return when somebody is on duty in the next two weeks, by what this process or its machine read last."""
        rota = self._rota if self._rota is not None else self._kept()
        today, _ = local_minute(zone, now)
        return otherwise if rota is None else hours_by(rota, otherwise, today)

    def _keep(self, rota: Rota) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            put(self._file, json.dumps(_plain(rota)).encode())
        except OSError:
            _log.warning("the shifts could not be kept as a file")

    def _kept(self) -> Rota | None:
        try:
            self._rota = _rota(json.loads(self._file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            _log.warning("the kept shifts cannot be read")
            return None
        return self._rota


def _plain(rota: Rota) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "shifts": [[one.person_id, one.day, one.start, one.end] for one in rota.shifts],
        "holidays": sorted(day.isoformat() for day in rota.holidays),
        "away": [[one.person_id, one.first.isoformat(), one.last.isoformat()] for one in rota.away],
    }


def _rota(kept: dict[str, Any]) -> Rota:
    if kept["format"] != _FORMAT:
        raise ValueError("shifts of another release")
    return Rota(
        shifts=tuple(
            Shift(person_id=person, day=day, start=start, end=end)
            for person, day, start, end in kept["shifts"]
        ),
        holidays=frozenset(map(date.fromisoformat, kept["holidays"])),
        away=tuple(
            Away(person_id=person, first=date.fromisoformat(first), last=date.fromisoformat(last))
            for person, first, last in kept["away"]
        ),
    )
