"""Define who may do what, and name the acts that the audit log keeps of it.

The stored values of acts never change, because rows are kept for years.
"""

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


class AuditAct(StrEnum):
    """What was done; the reference page on audit acts says what each means."""

    # Callers.
    ASKED = "asked"
    ASKED_AGAIN = "asked again"
    ADDED_TO = "added to"
    MOVED = "moved"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    STOPPED = "stopped"
    ERASED = "erased"
    TOLD_WHILE_AWAY = "told while away"

    # Callbacks.
    ADDED = "added"
    ATTACHED = "attached"
    ANSWERED = "answered"
    READ = "read"
    CLAIMED = "claimed"
    BY_LINK = "by link"
    BY_REPLY = "by reply"
    CANNOT = "cannot"
    RELEASED = "released"
    TAKEN_OVER = "taken over"
    HANDED_OVER = "handed over"
    CLAIM_RAN_OUT = "claim ran out"
    BRIDGE = "bridge"
    REVEAL = "reveal"
    SENT_A_NUMBER = "sent a number"
    OUTCOME = "outcome"
    NOT_DIALLED = "not_dialled"
    UNCLEAR = "unclear"
    ONE_MORE_TRY = "one more try"
    CLOSED = "closed"
    GIVEN_UP = "given_up"
    EXPIRED = "expired"
    ACKNOWLEDGED = "acknowledged"
    FOLLOW_UP = "follow-up"
    MAY_BE_MINOR = "may be under 18"
    IS_OF_AGE = "is of age"
    TALKED = "talked"
    RANG = "she rang"
    UNDONE = "undone"
    REOPENED = "reopened"

    # Staff and access.
    EXPORTED = "exported"
    SEARCHED = "searched"
    HELD_BACK = "held back"
    PAGE_REFUSED = "page refused"
    SIGNED_IN = "signed in"
    SIGNED_OUT = "signed out"
    PASSWORD_WRONG = "password wrong"  # noqa: S105 - an act, no password
    PASSWORD_RIGHT = "password right"  # noqa: S105 - an act, no password
    CODE_REFUSED = "code refused"
    PROVED = "proved"
    SECOND_FACTOR_ON = "second factor on"
    SECOND_FACTOR_OFF = "second factor off"
    PERSON_ADD = "person.add"
    PERSON_INVITE = "person.invite"
    PERSON_PASSWORD = "person.password"  # noqa: S105 - an act, no password
    PERSON_ROLE = "person.role"
    PERSON_REMOVE = "person.remove"
    PERSON_SIGN_OUT = "person.sign-out"
    PERSON_DETAILS = "person.details"
    PERSON_CAPACITY = "person.capacity"
    PERSON_NUMBER = "person.number"
    PERSON_BY_TEXT = "person.by-text"
    PERSON_DUTY = "person.duty"
    PERSON_SHIFTS = "person.shifts"
    PERSON_AWAY = "person.away"
    PERSON_BACK = "person.back"
    PERSON_TEST = "person.test"
    PERSON_PUSH_ON = "person.push-on"
    PERSON_PUSH_OFF = "person.push-off"
    HELP_LIST = "help list"
    HOLIDAY = "holiday"
    NO_HOLIDAY = "no holiday"
    SET = "set"
    SAMPLES_IN = "samples.in"
    SAMPLES_OUT = "samples.out"
    WRITTEN = "written"
    TAKEN_OUT = "taken out"

    # Menus.
    MENU_PUBLISH = "menu.publish"
    MENU_ROLLBACK = "menu.rollback"
    MENU_WITHDRAW = "menu.withdraw"
    DRAFT_OPEN = "draft.open"
    DRAFT_APPROVE = "draft.approve"
    DRAFT_DROP = "draft.drop"
    DRAFT_TAKE_UP = "draft.take-up"
    DRAFT_URGENT = "draft.urgent"
    DRAFT_LOOK = "draft.look"

    # The machine.
    CHANNEL_ADDRESSES = "channel.addresses"
    CHANNEL_SECRET = "channel.secret"  # noqa: S105 - an act, no secret
    CHANNEL_SECRET_ENDED = "channel.secret-ended"  # noqa: S105 - an act, no secret
    OUTBOX_SETTLE = "outbox.settle"
    CLOCK_GUARD_ON = "clock_guard.on"
    CLOCK_GUARD_CONFIRM = "clock_guard.confirm"
    CLOCK_SET_RIGHT = "clock set right"
    ENDING_HELD = "ending.held"
    ENDING_LET = "ending.let"
    RESTORED = "restored"
