"""Lists every callback for the command line and the export, in the public JSON shape; numbers are always masked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.domain.audit_acts import AuditAct
from gateway.domain.permissions import Permission, check_permission
from gateway.helpdesk.queue.queue import build_row
from gateway.helpdesk.staff import two_factor
from gateway.storage import audit, queue

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


def export_callbacks(parts: Services, actor: Actor) -> tuple[Row, ...]:
    """Return every callback for a report, and record the export in the audit log.

    Raises:
        NotPermitted: the actor may not export.
        NotFresh: the actor has not re-authenticated recently.
    """
    check_permission(actor, Permission.EXPORT)
    two_factor.ask_fresh(parts, actor)
    now = parts.clock.now()
    with parts.store.write() as tx:
        audit.add_entry(
            tx,
            now=now,
            person_id=actor.person_id,
            act=AuditAct.EXPORTED,
            kind="callbacks",
            subject=actor.team,
        )
        found = queue.list_everything(tx, actor.team, closed=True, now=now)
        return tuple(build_row(one, actor, now) for one in found)


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
