"""Shows what is on its way, without numbers and without texts."""

from datetime import UTC, datetime
from typing import Any

from gateway.parts import Parts
from gateway.store import outbox
from gateway.store.outbox import OutboxRow


def listed(parts: Parts, *, state: str = "", limit: int = 200) -> list[dict[str, Any]]:
    """Return the newest rows as plain values; with a state only those in it."""
    with parts.store.read() as tx:
        return [as_json(row) for row in outbox.listed(tx, state=state, limit=limit)]


def newest(parts: Parts, limit: int) -> tuple[OutboxRow, ...]:
    """Return the newest rows, for the pages."""
    with parts.store.read() as tx:
        return outbox.listed(tx, limit=limit)


def as_json(row: OutboxRow) -> dict[str, Any]:
    """Return one row as ``gateway outbox list --json`` shows it."""
    return {
        "id": row.id,
        "kind": row.kind,
        "channel": row.channel,
        "state": row.state,
        "priority": row.priority,
        "attempts": row.attempts,
        "parts": row.parts,
        "at": _stamp(row.at),
        "due_at": _stamp(row.due_at),
        "expires_at": _stamp(row.expires_at),
        "changed_at": _stamp(row.changed_at),
        "delivery": row.delivery,
        "reason": row.reason,
        "provider_id": row.provider_id,
        "callback": row.callback_id,
    }


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
