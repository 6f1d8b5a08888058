"""Builds the controls around the simulated phones: the test clock, simulated outages, and requests of a number."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from babel.dates import format_date

from gateway.foundation.fault_injection import KINDS, PROVIDER
from gateway.foundation.phone_numbers import to_e164
from gateway.storage import callbacks, callers, counts
from gateway.storage.database import Unavailable
from gateway.web.shared import languages
from gateway.web.shared.i18n import _
from gateway.web.shared.labels import find_word
from gateway.web.shared.languages import get_language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.foundation.fault_injection import Outages
    from gateway.foundation.services import Services
    from gateway.storage.callbacks import Callback

_MOST = 5


def gather_state(parts: Services, outages: Outages | None, line: str, number: str = "") -> Mapping[str, Any]:
    """Return the state shown around the phones as a JSON object, in the page's language."""
    here = _Here(parts)
    return {
        "clock": here.clock(),
        "outages": {kind: here.outage(outages, kind, line) for kind in KINDS} if outages else None,
        "requests": here.requests(number) if number else [],
    }


class _Here:
    """The helpline's time zone at one instant."""

    def __init__(self, parts: Services) -> None:
        self._parts = parts
        self._zone = ZoneInfo(parts.line.zone)
        self._now = self._local(parts.clock.now())

    def _local(self, instant: datetime) -> datetime:
        return instant.astimezone(self._zone)

    def clock(self) -> Mapping[str, Any]:
        moved = timedelta(minutes=round(self._parts.clock.moved_by / timedelta(minutes=1)))
        day = format_date(self._now, "EEE", locale=get_language())
        return {
            "says": f"{day} {languages.format_day(self._now, self._now - moved)}, {languages.format_clock(self._now)}",
            "at": f"{self._now:%Y-%m-%dT%H:%M}",
            "moved": _describe_shift(moved),
            "ahead": round(self._parts.clock.moved_by.total_seconds()),
            "movable": self._parts.clock.is_moved_by_tests,
        }

    def outage(self, outages: Outages, kind: str, line: str) -> Mapping[str, Any]:
        """Return whether an outage is simulated, and until when; a channel is retried a little after its end."""
        until = outages.until(kind, now=self._now)
        if until is not None:
            return {"on": True, "says": _("until %(time)s", time=languages.format_clock(self._local(until)))}
        pause = self._pause(line) if kind == PROVIDER else None
        words = (
            _("the line is tried again at %(time)s", time=f"{self._local(pause):%H:%M:%S}") if pause else ""
        )
        return {"on": False, "says": words}

    def _pause(self, line: str) -> datetime | None:
        try:
            with self._parts.store.read() as tx:
                bucket = counts.list_buckets(tx).get(line)
        except Unavailable:
            return None
        until = bucket.paused_until if bucket else None
        return until if until and until > self._now else None

    def requests(self, number: str) -> list[Mapping[str, str]] | None:
        """Return the newest requests of simulator phones with this number; None while SQL is away."""
        known = to_e164(number, self._parts.line.regions)
        try:
            with self._parts.store.read() as tx:
                caller = callers.find_caller(tx, known, trial=True) if known else None
                found = callbacks.list_of_caller(tx, caller.id, limit=_MOST) if caller else ()
        except Unavailable:
            return None
        return [{"code": one.code, "says": self._describe_request(one)} for one in found if one.trial]

    def _describe_request(self, one: Callback) -> str:
        window = (
            languages.format_window(self._local(one.due_at), self._local(one.due_until), self._now)
            if one.due_at and one.due_until and one.closed_at is None
            else languages.format_day_and_clock(self._local(one.changed_at), self._now)
        )
        return f"{find_word(one.state)} · {window}"


def _describe_shift(by: timedelta) -> str:
    if not by:
        return ""
    length = languages.format_span(abs(by))
    return _("%(span)s ahead", span=length) if by > timedelta() else _("%(span)s behind", span=length)


# The test clock: it can be moved an hour ahead, to the evening, to the next morning, or to any time.

FURTHEST = timedelta(days=400)
"""Largest offset of the test clock; farther away no menu or window looks different."""

_HOURS = {"evening": time(18, 5), "morning": time(6, 5)}
REAL = "real"


class NoSuchTime(ValueError):
    """The requested time is malformed or too far away."""


def find_wished(wish: str, written: str, *, now: datetime, real: datetime) -> datetime | None:
    """Return the requested instant; None for the real time.

    Args:
        wish: ``hour``, ``evening``, ``morning``, ``at`` or ``real``.
        written: for ``at``: a ``datetime-local`` value in the helpline's time zone.
        now: the test clock's time, in that zone.
        real: the real time.

    Raises:
        NoSuchTime: it is malformed or too far away.
    """
    if wish == REAL:
        return None
    found = (
        _hour_on(now)
        if wish == "hour"
        else _find_next(wish, now)
        if wish in _HOURS
        else _read_instant(wish, written, now)
    )
    if abs(found - real) > FURTHEST:
        raise NoSuchTime("too far away")
    return found


def _hour_on(now: datetime) -> datetime:
    return now + timedelta(hours=1)


def _find_next(wish: str, now: datetime) -> datetime:
    at = datetime.combine(now.date(), _HOURS[wish], tzinfo=now.tzinfo)
    return at if at > now else at + timedelta(days=1)


def _read_instant(wish: str, written: str, now: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(written) if wish == "at" else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        raise NoSuchTime("no date and time")
    return found.replace(tzinfo=now.tzinfo)


# Texts for the page's script, in the page's language.


def list_words() -> dict[str, str]:
    """Return key → text for the script, which fills placeholders such as {n}."""
    return _of_the_handset() | _of_our_texts() | _of_the_truth() | _of_deeds()


def _of_the_handset() -> dict[str, str]:
    return {
        "call": _("Call"),
        "clear": _("Clear"),
        "send": _("Send"),
        "cancel": _("Cancel"),
        "ok": _("OK"),
        "reply": _("Reply:"),
        "dial": _("Dial:"),
        "waiting": _("Please wait …"),
        "ended": _("Call ended"),
        "lost": _("Connection lost"),
        "timed_out": _("The network ended the session"),
        "gave_up": _("Connection problem or invalid code"),
        "no_gateway": _("No gateway answers at the webhook. Is it running?"),
        "refused": _("The webhook answered {status}: {words}"),
        "rang": _("Rang once"),
        "no_call": _("No call is open: press the green key first."),
        "in_a_call": _("This phone is in a call: hang up first."),
        "sent": _("Text sent"),
        "not_sent": _("Text not sent"),
    }


def _of_our_texts() -> dict[str, str]:
    return {
        "part": _("1 part of at most {most}"),
        "parts": _("{n} of at most {most} parts"),
        "cost": _("about {cost}"),
        "is_pending": _("waits to leave"),
        "is_sending": _("is leaving"),
        "is_failed": _("not sent"),
        "is_unclear": _("unclear"),
        "is_expired": _("not sent: it grew too old"),
        "no_time": _("Choose a date and a time within 400 days of today."),
        "not_done": _("This was not done. Load the page again."),
    }


def _of_the_truth() -> dict[str, str]:
    return {
        "gsm7": "GSM-7",
        "ucs2": "UCS-2",
        "goes_on": _("CON, goes on"),
        "ends": _("END, over"),
        "units": _("{n} of {limit}"),
        "page": _("{n} of {m}"),
        "time": _("{ms} ms of {limit} s"),
        "same": _("Sent again: the same answer, and nothing was done twice."),
        "other": _("Sent again: another answer came!"),
        "copied": _("Copied"),
        "passes": _("This test passes."),
        "fails": _("This test does not pass:"),
        "not_saved": _("The gateway could not write this down. Load the page again and walk once more."),
        "too_long": _("Longer than a page of this provider ({n} of {limit}): its own line cuts it."),
        "it": _("walks to {screen}"),
    }


def _of_deeds() -> dict[str, str]:
    return {
        "RequestCallback": _("asked for a callback"),
        "AmendCallback": _("added to the request"),
        "ChangeWindow": _("changed the time"),
        "CancelCallback": _("cancelled the request"),
        "RefuseCalls": _("refused to be called"),
        "LookUpCode": _("looked up a code"),
        "EraseEverything": _("erased everything about this number"),
        "ReportWrong": _("reported wrong information"),
    }
