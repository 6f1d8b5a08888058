"""Who may do what: one table of roles, asked by every use case."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a person is at this helpline; no role implies another."""

    COUNSELLOR = "counsellor"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    READER = "reader"


class Permission(StrEnum):
    """One thing that may be done."""

    WORK_QUEUE = "queue:work"
    SEE_OTHERS = "callback:see-others"
    TAKE_OVER = "callback:take-over"
    REVEAL_ANY = "number:reveal-any"
    CALL_OUTSIDE = "call:outside-window"
    SEE_CLOSED = "callback:see-closed"
    DECIDE = "callback:decide"
    SEE_DUTY = "people:duty"
    SET_RULES = "rules:set"
    MANAGE_PEOPLE = "people:manage"
    DRAFT_MENUS = "menus:draft"
    APPROVE_MENUS = "menus:approve"
    PUBLISH_MENUS = "menus:publish"
    SEE_FIGURES = "figures:see"
    EXPORT = "export"
    SEE_AUDIT = "audit:see"
    SEE_MENU_AUDIT = "audit:see-menus"
    SETTLE_OUTBOX = "outbox:settle"


ROLES: dict[Role, frozenset[Permission]] = {
    Role.COUNSELLOR: frozenset({Permission.WORK_QUEUE}),
    Role.SUPERVISOR: frozenset(
        {
            Permission.WORK_QUEUE,
            Permission.SEE_OTHERS,
            Permission.TAKE_OVER,
            Permission.REVEAL_ANY,
            Permission.CALL_OUTSIDE,
            Permission.SEE_CLOSED,
            Permission.DECIDE,
            Permission.SEE_DUTY,
            Permission.SET_RULES,
            Permission.APPROVE_MENUS,
            Permission.SEE_FIGURES,
            Permission.EXPORT,
            Permission.SEE_AUDIT,
            Permission.SETTLE_OUTBOX,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.MANAGE_PEOPLE,
            Permission.SEE_DUTY,
            Permission.SET_RULES,
            Permission.DRAFT_MENUS,
            Permission.PUBLISH_MENUS,
            Permission.SEE_MENU_AUDIT,
            Permission.SEE_FIGURES,
        }
    ),
    Role.READER: frozenset({Permission.SEE_FIGURES}),
}

WORKING = tuple(role.value for role, may in ROLES.items() if Permission.WORK_QUEUE in may)
"""The roles of those who work the queue, and so can be on duty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: a person with a role, the same from a page, the command line or a link.

    ``proved_at`` is when it was last shown that it is they: an export asks for it.
    """

    person_id: str
    name: str
    role: Role
    team: str = "main"
    permissions: frozenset[Permission] = field(default=frozenset())
    proved_at: datetime | None = field(default=None, compare=False)

    @classmethod
    def of(cls, *, person_id: str, name: str, role: Role, team: str = "main") -> "Actor":
        """Build the actor with the permissions of the role."""
        return cls(person_id=person_id, name=name, role=role, team=team, permissions=ROLES[role])

    def may(self, permission: Permission) -> bool:
        """Say whether this actor holds the permission."""
        return permission in self.permissions


class NotPermitted(Exception):
    """The actor may not do this; the words are safe to show."""


def check_permission(actor: Actor, permission: Permission) -> None:
    """Let the actor go on, or refuse.

    Raises:
        NotPermitted: the actor's role does not hold the permission.
    """
    if not actor.may(permission):
        raise NotPermitted(f"{actor.role} may not: {permission}")
