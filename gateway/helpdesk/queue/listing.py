"""Lists every callback for the command line and the export, in the public JSON shape; numbers are always masked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from gateway.domain.audit_acts import AuditAct
from gateway.domain.permissions import Permission, check_permission
from gateway.helpdesk.queue.queue import build_row
from gateway.helpdesk.staff import two_factor
from gateway.helpdesk.staff.audit_log import find_month_span
from gateway.storage import attempts, audit, queue

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.helpdesk.queue.queue import CallbackView, Happening, Row


def list_callbacks(parts: Services, actor: Actor, *, closed: bool = False) -> tuple[Row, ...]:
    """Return the open callbacks in queue order; with ``closed`` the finished ones follow.

    Raises:
        NotPermitted: the actor may not see callbacks of others.
    """
    check_permission(actor, Permission.SEE_OTHERS)
    now = parts.clock.now()
    with parts.store.read() as tx:
        found = queue.list_everything(tx, actor.team, closed=closed, now=now)
        return tuple(build_row(one, actor, now) for one in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedRow:
    """A callback as it leaves for a report: its row, when its caller was first rung, and the last outcome recorded."""

    row: Row
    first_call_at: datetime | None
    outcome: str


def export_callbacks(parts: Services, actor: Actor, *, month: str = "") -> tuple[ExportedRow, ...]:
    """Return every callback for a report, and record the export in the audit log.

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
        found = queue.list_everything(tx, actor.team, closed=True, now=now, asked=asked)
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
