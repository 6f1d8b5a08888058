"""Finds callbacks by code or whole number, identifies a number that rings, and lists all in the public JSON shape.

The command line and the export list every callback; numbers are always masked.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from gateway.domain.callbacks.states import OPEN
from gateway.domain.contact_safety import PhoneSeen
from gateway.domain.permissions import AuditAct, Permission, check_permission
from gateway.foundation.phone_numbers import list_possible_readings, mask_number
from gateway.helpdesk.queue import queue
from gateway.helpdesk.queue.queue import build_row
from gateway.helpdesk.staff import two_factor
from gateway.helpdesk.staff.centre_policy import find_month_span
from gateway.menus.engine.navigation import CODE_DIGITS, is_code
from gateway.storage import attempts, audit, callbacks, callers, reports
from gateway.storage import queue as stored

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.helpdesk.queue.queue import CallbackView, Happening, Row
    from gateway.storage.callbacks import Callback
    from gateway.storage.queue import QueueEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringing:
    """What is known of a number that is calling the helpline, and what may be said to it.

    Attributes:
        phone: the number, masked; empty if the input is no number.
        rows: the number's callbacks of any state, open ones first.
        language: the caller's language, if known.
        alone: the caller said that nobody else sees this phone. The code must be given first all the same.
        calling: who made the call to this number that has no outcome yet; empty if none.
    """

    phone: str
    rows: tuple[Row, ...] = ()
    language: str = ""
    alone: bool = False
    calling: str = ""

    @property
    def known(self) -> bool:
        """Return whether more than a neutral greeting may be said once the code was given."""
        return bool(self.rows)


def find_callbacks(parts: Services, actor: Actor, written: str) -> tuple[Row, ...]:
    """Return the callbacks with this code or whole number of any state, open ones first.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    digits = _read_digits(written)
    found = find_by_code(parts, actor, digits) if is_code(digits) else ()
    return found if found or len(digits) == CODE_DIGITS else find_by_number(parts, actor, written)


def find_by_code(parts: Services, actor: Actor, written: str) -> tuple[Row, ...]:
    """Return the callbacks with this code of any state, open ones first.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        found = stored.list_by_ids(tx, reports.find_ids_by_code(tx, actor.team, _read_digits(written)))
    return list_rows(actor, found, parts.clock.now())


def find_by_number(parts: Services, actor: Actor, written: str) -> tuple[Row, ...]:
    """Return the callbacks of this whole number of any state, open ones first; the search is audited.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    numbers, now = list_possible_readings(written, parts.line.regions), parts.clock.now()
    if not numbers:
        return ()
    found: list[str] = []
    with parts.store.write() as tx:
        for caller in filter(None, (callers.find_caller(tx, number) for number in numbers)):
            audit.add_entry(
                tx,
                now=now,
                person_id=actor.person_id,
                act=AuditAct.SEARCHED,
                kind="caller",
                subject=caller.id,
            )
            found += reports.find_ids_of_caller(tx, actor.team, caller.id)
        rows = stored.list_by_ids(tx, found)
    return list_rows(actor, rows, now)


def list_rows(actor: Actor, found: Sequence[QueueEntry], now: datetime) -> tuple[Row, ...]:
    """Return the rows of callbacks of any state, open ones first.

    A row tells who has it and what became of it. Who may read more than the row is decided on its page; that a request
    does not exist is told only where it does not.
    """
    rows = (queue.build_row(one, actor, now) for one in found if one.callback.team == actor.team)
    return tuple(sorted(rows, key=lambda row: row.state not in OPEN))


def identify_ring(parts: Services, actor: Actor, written: str) -> Ringing:
    """Return what is known of a number that is calling, typed from the phone's display before anything is said.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    rows = find_by_number(parts, actor, written)
    numbers = list_possible_readings(written, parts.line.regions)
    if not numbers:
        return Ringing(phone="")
    with parts.store.read() as tx:
        known = {number: callers.find_caller(tx, number) for number in numbers}
        number = next((number for number, caller in known.items() if caller), numbers[0])
        caller = known[number]
        requests = callbacks.list_of_caller(tx, caller.id, limit=1) if caller else ()
        live = attempts.find_live_of_caller(tx, caller.id) if caller else None
    return Ringing(
        phone=mask_number(number),
        rows=rows,
        language=requests[0].language if requests and rows else "",
        alone=bool(rows) and any(_is_alone(one) for one in requests),
        calling=live.who if live else "",
    )


def list_earlier(parts: Services, actor: Actor, callback_id: str) -> tuple[Row, ...]:
    """Return the other callbacks of the same number that the actor may see, newest first.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        NoSuchCallback: there is none.
    """
    shown = queue.show_callback(parts, actor, callback_id)
    if shown.only_row:
        return ()
    with parts.store.read() as tx:
        callback = callbacks.by_id(tx, callback_id)
        if callback is None or callback.caller_id is None:
            return ()
        ids = reports.find_ids_of_caller(tx, actor.team, callback.caller_id)
        found = stored.list_by_ids(tx, [one for one in ids if one != callback_id])
    return queue.is_seen_by(actor, found, parts.clock.now())


def _is_alone(callback: Callback) -> bool:
    contact = callback.contact
    return callback.state in OPEN and contact is not None and contact.phone_seen is PhoneSeen.NO


def _read_digits(written: str) -> str:
    return "".join(str(unicodedata.digit(c)) for c in written if c.isdigit())


def list_callbacks(parts: Services, actor: Actor, *, closed: bool = False) -> tuple[Row, ...]:
    """Return the open callbacks in queue order; with ``closed`` the finished ones follow.

    Raises:
        NotPermitted: the actor may not see callbacks of others.
    """
    check_permission(actor, Permission.SEE_OTHERS)
    now = parts.clock.now()
    with parts.store.read() as tx:
        found = stored.list_everything(tx, actor.team, closed=closed, now=now)
        return tuple(build_row(one, actor, now) for one in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedRow:
    """A callback as it leaves for a report: its row, when its caller was first rung, and the last outcome recorded."""

    row: Row
    first_call_at: datetime | None
    outcome: str


def export_callbacks(parts: Services, actor: Actor, *, month: str = "") -> tuple[ExportedRow, ...]:
    """Return every callback but sample data for a report, and record the export in the audit log.

    ``month``, as in 2026-11, keeps those asked in that month of the helpline's time zone.

    Raises:
        Rejected: the month is malformed or its year is implausible.
        NotPermitted: the actor may not export.
        NotFresh: the actor has not re-authenticated recently.
    """
    check_permission(actor, Permission.EXPORT)
    two_factor.ask_fresh(parts, actor)
    now = parts.clock.now()
    asked = find_month_span(month, ZoneInfo(parts.line.zone), now) if month else None
    with parts.store.write() as tx:
        audit.add_entry(
            tx,
            now=now,
            person_id=actor.person_id,
            act=AuditAct.EXPORTED,
            kind="callbacks",
            subject=actor.team,
            detail=month,
        )
        listed = stored.list_everything(tx, actor.team, closed=True, now=now, asked=asked)
        found = [one for one in listed if not callers.is_sample(one.callback)]
        tried = attempts.list_summaries(tx, [one.callback.id for one in found])
    rows = (build_row(one, actor, now) for one in found)
    never = (None, "")
    return tuple(
        ExportedRow(row=row, first_call_at=tried.get(row.id, never)[0], outcome=tried.get(row.id, never)[1])
        for row in rows
    )


def format_row(row: Row) -> dict[str, Any]:
    """Return a row in the public JSON shape of ``gateway callbacks list --json``; the number is masked."""
    return {
        "id": row.id,
        "code": row.code,
        "state": row.state.value,
        "priority": row.priority,
        "topic": row.topic,
        "path": list(row.path),
        "language": row.language,
        "script": row.script,
        "channel": row.channel,
        "asked_at": format_instant(row.asked_at),
        "due_at": format_instant(row.due_at),
        "due_until": format_instant(row.due_until),
        "attempts": row.attempts,
        "claimed_by": row.claimed_by,
        "phone": row.phone,
    }


def format_exported(one: ExportedRow) -> dict[str, Any]:
    """Return an exported callback in that shape, with what became of it; staff are named, callers are not."""
    row, first = one.row, one.first_call_at
    waited = None if first is None else int((first - row.asked_at).total_seconds()) // 60
    return {
        **format_row(row),
        "window": row.window,
        "first_call_at": format_instant(first),
        "minutes_to_first_call": waited,
        "outcome": one.outcome,
        "reason": row.reason,
        "closed_at": format_instant(row.closed_at),
        "holder": row.claimed_by or row.last_holder,
        "trial": "yes" if row.trial else "",
    }


def format_callback(shown: CallbackView) -> dict[str, Any]:
    """Return that shape with ``answers`` (by field) and ``history`` (objects with at, what, who)."""
    history = [
        {"at": format_instant(one.at), "what": _format_act(one), "who": one.who or None}
        for one in shown.history
    ]
    return {**format_row(shown.row), "answers": dict(shown.answers), "history": history}


def format_instant(instant: datetime | None) -> str | None:
    """Return an instant in RFC 3339 form: UTC, whole seconds, "Z"."""
    return None if instant is None else instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _format_act(one: Happening) -> str:
    """Return the codes of an entry as one word: of an outcome the outcome, else the act with its detail in brackets."""
    if one.act == AuditAct.OUTCOME:
        return one.detail
    return f"{one.act} ({one.detail})" if one.detail else one.act
