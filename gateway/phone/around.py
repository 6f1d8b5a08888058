"""What stands around the phones: the helpline's clock, what is out of order on purpose, the requests of a number."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from babel.dates import format_date

from gateway.numbers import to_e164
from gateway.outages import KINDS, PROVIDER
from gateway.store import callbacks, callers, lines
from gateway.store.engines import Unavailable
from gateway.web import times
from gateway.web.languages import language
from gateway.web.translate import _
from gateway.web.words import word

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gateway.outages import Outages
    from gateway.parts import Parts
    from gateway.store.callbacks import Callback

_MOST = 5


def state(parts: Parts, outages: Outages | None, line: str, number: str = "") -> Mapping[str, Any]:
    """Return what the page shows around its phones, in the page's language."""
    here = _Here(parts)
    return {
        "clock": here.clock(),
        "outages": {kind: here.outage(outages, kind, line) for kind in KINDS} if outages else None,
        "requests": here.requests(number) if number else [],
    }


class _Here:
    """The line's zone at one moment."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._zone = ZoneInfo(parts.line.zone)
        self._now = self._local(parts.clock.now())

    def _local(self, instant: datetime) -> datetime:
        return instant.astimezone(self._zone)

    def clock(self) -> Mapping[str, Any]:
        moved = timedelta(minutes=round(self._parts.clock.moved_by / timedelta(minutes=1)))
        day = format_date(self._now, "EEE", locale=language())
        return {
            "says": f"{day} {times.date(self._now, self._now - moved)}, {times.clock(self._now)}",
            "at": f"{self._now:%Y-%m-%dT%H:%M}",
            "moved": _moved(moved),
            "ahead": round(self._parts.clock.moved_by.total_seconds()),
            "movable": self._parts.clock.is_moved_by_tests,
        }

    def outage(self, outages: Outages, kind: str, line: str) -> Mapping[str, Any]:
        """Return whether it is put on, and in words until when; a line is tried again a little after its outage."""
        until = outages.until(kind, now=self._now)
        if until is not None:
            return {"on": True, "says": _("until %(time)s", time=times.clock(self._local(until)))}
        pause = self._pause(line) if kind == PROVIDER else None
        words = (
            _("the line is tried again at %(time)s", time=f"{self._local(pause):%H:%M:%S}") if pause else ""
        )
        return {"on": False, "says": words}

    def _pause(self, line: str) -> datetime | None:
        try:
            with self._parts.store.read() as tx:
                bucket = lines.all_of(tx).get(line)
        except Unavailable:
            return None
        until = bucket.paused_until if bucket else None
        return until if until and until > self._now else None

    def requests(self, number: str) -> list[Mapping[str, str]] | None:
        """Return the newest requests that trial phones of this number made; None while nobody can be asked."""
        known = to_e164(number, self._parts.line.regions)
        try:
            with self._parts.store.read() as tx:
                caller = callers.find(tx, known, trial=True) if known else None
                found = callbacks.of_caller(tx, caller.id, limit=_MOST) if caller else ()
        except Unavailable:
            return None
        return [{"code": one.code, "says": self._said(one)} for one in found if one.trial]

    def _said(self, one: Callback) -> str:
        window = (
            times.window(self._local(one.due_at), self._local(one.due_until), self._now)
            if one.due_at and one.due_until and one.closed_at is None
            else times.day_and_clock(self._local(one.changed_at), self._now)
        )
        return f"{word(one.state)} · {window}"


def _moved(by: timedelta) -> str:
    if not by:
        return ""
    length = times.span(abs(by))
    return _("%(span)s ahead", span=length) if by > timedelta() else _("%(span)s behind", span=length)
