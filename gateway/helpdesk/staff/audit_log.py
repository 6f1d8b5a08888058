"""Shows and exports the audit log for supervisors; it holds no personal data of callers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.domain.audit_acts import AuditAct
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
    """One page of the audit log, newest first; ``older`` is the cursor of the next page, empty on the last one."""

    rows: tuple[AuditEntry, ...]
    older: str
    people: tuple[Person, ...]


def show_trail(parts: Services, actor: Actor, *, before: str = "", person_id: str = "") -> Trail:
    """Return audit entries, newest first: those before the cursor, or those of one person.

    A person who publishes menus but does not see the audit log gets the entries about publishing only.

    Raises:
        NotPermitted: the actor may not see the audit log.
    """
    kind = "version" if actor.may(Permission.SEE_MENU_AUDIT) and not actor.may(Permission.SEE_AUDIT) else ""
    check_permission(actor, Permission.SEE_MENU_AUDIT if kind else Permission.SEE_AUDIT)
    with parts.store.read() as tx:
        found = audit.list_page(tx, before=before, person_id=person_id, kind=kind, limit=PAGE + 1)
        return Trail(
            rows=found[:PAGE],
            older=found[PAGE - 1].id if len(found) > PAGE else "",
            people=tuple(one for one in people.list_everyone(tx, actor.team) if one.named),
        )


def export_trail(parts: Services, actor: Actor, month: str) -> tuple[AuditEntry, ...]:
    """Return the audit entries of a month, oldest first; the export is audited itself.

    Args:
        parts: the services of this process.
        actor: who exports.
        month: year and month as in 2026-11.

    Raises:
        NotPermitted: the actor may not export, or not see the audit log.
        NotFresh: the actor has not re-authenticated recently.
        Rejected: the month is malformed or its year is implausible.
    """
    check_permission(actor, Permission.SEE_AUDIT)
    check_permission(actor, Permission.EXPORT)
    two_factor.ask_fresh(parts, actor)
    now = parts.clock.now()
    refuse_odd_year(month, now)
    start, end = _find_span(month, ZoneInfo(parts.line.zone))

    def work(tx: Tx) -> tuple[AuditEntry, ...]:
        audit.add_entry(
            tx,
            now=now,
            person_id=actor.person_id,
            act=AuditAct.EXPORTED,
            kind="audit",
            subject="",
            detail=month,
        )
        return audit.list_between(tx, start, end)

    return parts.store.run(work)


def _find_span(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the instants at which a month begins and ends in the helpline's time zone."""
    try:
        first = datetime.strptime(month, "%Y-%m").replace(tzinfo=zone)
    except ValueError:
        raise Rejected(Why.FIELD) from None
    year, before = divmod(first.month, _MONTHS)
    after = first.replace(year=first.year + year, month=before + 1)
    return first.astimezone(UTC), after.astimezone(UTC)
