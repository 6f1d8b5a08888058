"""Who did what: the audit as a supervisor reads it and takes it out, never with anything of a caller's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.domain.permissions import Permission, check_permission
from gateway.helpdesk.errors import Rejected, Why, refuse_odd_year
from gateway.helpdesk.staff import two_factor
from gateway.storage import audit, people

if TYPE_CHECKING:
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.audit import AuditEntry
    from gateway.storage.database import Tx
    from gateway.storage.people import Person

PAGE = 100
_MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """One page of it, newest first; ``older`` is where the next page begins, empty at the end."""

    rows: tuple[AuditEntry, ...]
    older: str
    people: tuple[Person, ...]


def show_trail(parts: Services, actor: Actor, *, before: str = "", person_id: str = "") -> Trail:
    """Return what was done, newest first: all of it before a row, or what one person did.

    Whoever publishes menus and sees nothing else of the record sees who published what, and why.

    Raises:
        Refused: the actor does not see the audit.
    """
    kind = "version" if actor.may(Permission.SEE_MENU_AUDIT) and not actor.may(Permission.SEE_AUDIT) else ""
    check_permission(actor, Permission.SEE_MENU_AUDIT if kind else Permission.SEE_AUDIT)
    with parts.store.read() as tx:
        found = audit.list_page(tx, before=before, person_id=person_id, kind=kind, limit=PAGE + 1)
        return Trail(
            rows=found[:PAGE],
            older=found[PAGE - 1].id if len(found) > PAGE else "",
            people=tuple(one for one in people.list_people(tx, actor.team) if one.named),
        )


def export_trail(parts: Services, actor: Actor, month: str) -> tuple[AuditEntry, ...]:
    """Return what was done in a month like 2026-11, oldest first, and put on record that it was taken out.

    Raises:
        Refused: the actor may not export, or does not see the audit.
        NotFresh: it was not shown lately who the actor is.
        Rejected: it is no month, or its year cannot be meant.
    """
    check_permission(actor, Permission.SEE_AUDIT)
    check_permission(actor, Permission.EXPORT)
    two_factor.ask_fresh(parts, actor)
    now = parts.clock.now()
    refuse_odd_year(month, now)
    start, end = _find_span(month, ZoneInfo(parts.line.zone))

    def work(tx: Tx) -> tuple[AuditEntry, ...]:
        audit.add_entry(
            tx, now=now, person_id=actor.person_id, act="exported", kind="audit", subject="", detail=month
        )
        return audit.list_between(tx, start, end)

    return parts.store.run(work)


def _find_span(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the instants between which a month of the line's zone lies."""
    try:
        first = datetime.strptime(month, "%Y-%m").replace(tzinfo=zone)
    except ValueError:
        raise Rejected(Why.FIELD) from None
    year, before = divmod(first.month, _MONTHS)
    after = first.replace(year=first.year + year, month=before + 1)
    return first.astimezone(UTC), after.astimezone(UTC)
