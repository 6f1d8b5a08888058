"""Define roles and permissions as one table, which every use case checks."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """The role of a person; no role includes another."""

    COUNSELLOR = "counsellor"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    READER = "reader"
    TRANSLATOR = "translator"


class Permission(StrEnum):
    """One permitted action, as ``object:action``."""

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
    MANAGE_CHANNELS = "channels:manage"
    DRAFT_MENUS = "menus:draft"
    APPROVE_MENUS = "menus:approve"
    PUBLISH_MENUS = "menus:publish"
    WRITE_TEXTS = "texts:write"
    REVIEW_TEXTS = "texts:review"
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
            Permission.REVIEW_TEXTS,
            Permission.SEE_FIGURES,
            Permission.EXPORT,
            Permission.SEE_AUDIT,
            Permission.SETTLE_OUTBOX,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.MANAGE_PEOPLE,
            Permission.MANAGE_CHANNELS,
            Permission.SEE_DUTY,
            Permission.SET_RULES,
            Permission.DRAFT_MENUS,
            Permission.PUBLISH_MENUS,
            Permission.REVIEW_TEXTS,
            Permission.SEE_MENU_AUDIT,
            Permission.SEE_FIGURES,
        }
    ),
    Role.READER: frozenset({Permission.SEE_FIGURES}),
    Role.TRANSLATOR: frozenset({Permission.WRITE_TEXTS, Permission.REVIEW_TEXTS}),
}

WORKING = tuple(role.value for role, may in ROLES.items() if Permission.WORK_QUEUE in may)
"""Roles that work the queue and so can be on duty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The person who acts, the same from a page, the command line or a one-tap link.

    ``proved_at`` is the last authentication, which an export requires to be recent.
    """

    person_id: str
    name: str
    role: Role
    team: str = "main"
    permissions: frozenset[Permission] = field(default=frozenset())
    proved_at: datetime | None = field(default=None, compare=False)

    @classmethod
    def of(cls, *, person_id: str, name: str, role: Role, team: str = "main") -> "Actor":
        """Return the actor with the permissions of the role."""
        return cls(person_id=person_id, name=name, role=role, team=team, permissions=ROLES[role])

    def may(self, permission: Permission) -> bool:
        """Say whether this actor has the permission."""
        return permission in self.permissions


class NotPermitted(Exception):
    """The actor lacks the permission; the message is safe to show."""


def check_permission(actor: Actor, permission: Permission) -> None:
    """Check a permission of the actor.

    Raises:
        NotPermitted: the actor's role lacks it.
    """
    if not actor.may(permission):
        raise NotPermitted(f"{actor.role} may not: {permission}")
