"""Manages staff: people, roles, helpline phones, duty, and the one-time links that let them in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.domain.permissions import ROLES, Actor, AuditAct, Permission, Role, check_permission
from gateway.foundation.time_and_chance import new_id, new_token
from gateway.helpdesk.errors import Rejected, Why, read_typed_number
from gateway.helpdesk.staff import passwords, two_factor
from gateway.helpdesk.staff.centre_lists import list_languages
from gateway.helpdesk.staff.shifts import ask_before
from gateway.storage import audit, people, sign_ins, staff_devices

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from gateway.foundation.services import Services
    from gateway.storage.database import Tx
    from gateway.storage.people import Person

FIRST_LINK = timedelta(minutes=30)
LINK = timedelta(hours=24)
MOST_IN_HAND = 99
GENDERS = ("", "woman", "man")
# The command line acts as an administrator: access to the server includes access to all data.
OWNER = Actor.of(person_id="", name="command line", role=Role.ADMINISTRATOR)
_UNNAMED = "-"  # key of the one person without a name yet; no name has this key


def has_administrator(parts: Services) -> bool:
    """Return whether there is an administrator, so that no first link is needed."""
    with parts.store.read() as tx:
        return people.is_anybody(tx, Role.ADMINISTRATOR)


def invite_first_administrator(parts: Services) -> str | None:
    """Return the token of a one-time link for the first administrator; None once there is one."""
    now, token = parts.clock.now(), new_token()

    def work(tx: Tx) -> str | None:
        if people.is_anybody(tx, Role.ADMINISTRATOR):
            return None
        people.add_person(tx, new_id(now), name="", name_key=_UNNAMED, role=Role.ADMINISTRATOR, now=now)
        unnamed = people.by_key(tx, _UNNAMED)
        if unnamed is not None:
            _write_invitation(tx, unnamed.id, token, now + FIRST_LINK)
        return token

    return parts.store.run(work)


def add_person(parts: Services, actor: Actor, *, name: str, role: str, password: str | None = None) -> str:
    """Add a person and return the id; without a password, ``invite_person`` makes the link to set one.

    Raises:
        NotPermitted: the actor may not manage people.
        Rejected: the name, role or password is not acceptable.
    """
    check_permission(actor, Permission.MANAGE_PEOPLE)
    tidy, known_role = tidy_name(name), _read_role(role)
    secret = None if password is None else hash_new_password(password, tidy)
    now = parts.clock.now()
    person_id = new_id(now)

    def work(tx: Tx) -> None:
        if people.by_id(tx, person_id) is not None:
            return  # the first try was committed although its connection broke
        key = passwords.name_key(tidy)
        if not people.add_person(
            tx, person_id, name=tidy, name_key=key, role=known_role, now=now, team=actor.team
        ):
            raise Rejected(Why.NAME_TAKEN)
        people.set_password(tx, person_id, secret)
        _record_act(tx, actor, AuditAct.PERSON_ADD, person_id, now, known_role)

    parts.store.run(work)
    return person_id


def invite_person(parts: Services, actor: Actor, person_id: str) -> str:
    """Return the token of a one-time link to set a new password; the old password and all sign-ins end.

    Raises:
        NotPermitted: the actor may not manage people.
        Rejected: there is no such person.
    """
    check_permission(actor, Permission.MANAGE_PEOPLE)
    token = new_token()

    def work(tx: Tx, person: Person, now: datetime) -> None:
        people.set_password(tx, person.id, None)
        sign_ins.end_all(tx, person.id)
        _write_invitation(tx, person.id, token, now + LINK)

    _change_person(parts, actor, person_id, AuditAct.PERSON_INVITE, work)
    return token


def set_role(
    parts: Services, actor: Actor, person_id: str, role: str, *, agreed: Collection[str] | None = None
) -> None:
    """Change a person's role; all their sign-ins end.

    ``agreed`` holds the times that may disappear for callers, as with a week of shifts; None for any.

    Raises:
        TimesWithdrawn: another time would disappear for callers.
        NotPermitted: the actor may not manage people.
        Rejected: there is no such role or person, or the last administrator would be lost.
    """
    check_permission(actor, Permission.MANAGE_PEOPLE)
    new = _read_role(role)

    def work(tx: Tx, person: Person, now: datetime) -> bool:  # noqa: ARG001 - the shape of every change
        if new == person.role:
            return False
        _keep_an_administrator(tx, person)
        people.set_role(tx, person.id, new)
        sign_ins.end_all(tx, person.id)
        return True

    _change_person(parts, actor, person_id, AuditAct.PERSON_ROLE, work, new, agreed)


def disable_person(
    parts: Services, actor: Actor, person_id: str, *, agreed: Collection[str] | None = None
) -> None:
    """Disable a person: password, number, links and sign-ins are deleted; the name stays in the history.

    ``agreed`` holds the times that may disappear for callers with the person's shifts; None for any.

    Raises:
        TimesWithdrawn: another time would disappear for callers.
        NotPermitted: the actor may not manage people.
        Rejected: there is no such person, or the last administrator would be lost.
    """
    check_permission(actor, Permission.MANAGE_PEOPLE)

    def work(tx: Tx, person: Person, now: datetime) -> None:
        _keep_an_administrator(tx, person)
        people.disable_person(tx, person.id, now=now)
        _end_access(tx, person, now)
        sign_ins.withdraw_links(tx, person.id)

    _change_person(parts, actor, person_id, AuditAct.PERSON_REMOVE, work, agreed=agreed)


def end_sign_ins(parts: Services, actor: Actor, person_id: str) -> None:
    """End all sign-ins of a person.

    Raises:
        NotPermitted: the actor neither is that person nor may manage people.
        Rejected: there is no such person.
    """
    _permit_own_or(actor, person_id, Permission.MANAGE_PEOPLE)
    _change_person(parts, actor, person_id, AuditAct.PERSON_SIGN_OUT, _end_access)


def _end_access(tx: Tx, person: Person, _now: datetime) -> None:
    """End every sign-in, and the alerts of every browser: one of them may be in other hands."""
    sign_ins.end_all(tx, person.id)
    staff_devices.drop_all(tx, person.id)


def set_details(
    parts: Services, actor: Actor, person_id: str, *, languages: tuple[str, ...], gender: str
) -> None:
    """Save the languages a person speaks, and the gender by which requests for a woman are matched.

    Raises:
        NotPermitted: the actor may not manage people.
        Rejected: there is no such person.
    """
    check_permission(actor, Permission.MANAGE_PEOPLE)
    spoken = tuple(language for language in list_languages(parts) if language in languages)
    known_gender = gender if gender in GENDERS else ""

    def work(tx: Tx, person: Person, now: datetime) -> bool:  # noqa: ARG001 - the shape of every change
        people.set_details(tx, person.id, languages=spoken, gender=known_gender)
        return (person.languages, person.gender) != (spoken, known_gender)

    _change_person(parts, actor, person_id, AuditAct.PERSON_DETAILS, work)


def set_capacity(parts: Services, actor: Actor, person_id: str, capacity: int) -> None:
    """Save how many callbacks a person may hold at a time; 0 is no limit.

    Raises:
        NotPermitted: the actor may not set duty.
        Rejected: there is no such person, or the number is out of range.
    """
    check_permission(actor, Permission.SEE_DUTY)
    if not 0 <= capacity <= MOST_IN_HAND:
        raise Rejected(Why.FIELD)

    def work(tx: Tx, person: Person, now: datetime) -> bool:  # noqa: ARG001 - the shape of every change
        people.set_capacity(tx, person.id, capacity)
        return person.capacity != capacity

    _change_person(parts, actor, person_id, AuditAct.PERSON_CAPACITY, work, str(capacity))


def set_by_text(parts: Services, actor: Actor, person_id: str, *, on: bool) -> None:
    """Save whether a person works by SMS only, so that alerts carry reply digits and a one-tap link.

    Raises:
        NotPermitted: the actor may not set duty.
        Rejected: there is no such person.
    """
    check_permission(actor, Permission.SEE_DUTY)

    def work(tx: Tx, person: Person, now: datetime) -> bool:  # noqa: ARG001 - the shape of every change
        people.set_by_text(tx, person.id, on=on)
        return person.by_text != on

    _change_person(parts, actor, person_id, AuditAct.PERSON_BY_TEXT, work, "on" if on else "off")


def set_number(parts: Services, actor: Actor, person_id: str, written: str) -> None:
    """Save the helpline phone from which the person calls; an empty number removes it.

    Raises:
        NotPermitted: the actor neither is that person nor may manage people.
        NotFresh: the actor has not re-authenticated recently.
        Rejected: the number cannot be called, or there is no such person.
    """
    _permit_own_or(actor, person_id, Permission.MANAGE_PEOPLE)
    two_factor.ask_fresh(parts, actor)  # one-tap links go to this phone
    number = read_typed_number(written, parts.line.regions) if written.strip() else None

    def work(tx: Tx, person: Person, now: datetime) -> bool:  # noqa: ARG001 - the shape of every change
        people.set_number(tx, person.id, number)
        return person.number != number

    _change_person(parts, actor, person_id, AuditAct.PERSON_NUMBER, work)


def set_duty(parts: Services, actor: Actor, person_id: str, *, on: bool) -> None:
    """Put a person on or off duty.

    Raises:
        NotPermitted: the actor neither is that person nor may set duty.
        Rejected: there is no such person.
    """
    _permit_own_or(actor, person_id, Permission.SEE_DUTY)

    def work(tx: Tx, person: Person, now: datetime) -> bool:  # noqa: ARG001 - the shape of every change
        people.set_duty(tx, person.id, on=on)
        return person.on_duty != on

    _change_person(parts, actor, person_id, AuditAct.PERSON_DUTY, work, "on" if on else "off")


def set_page_language(parts: Services, actor: Actor, language: str) -> None:
    """Save the language of the actor's pages."""
    parts.store.run(lambda tx: people.set_page_language(tx, actor.person_id, language))


def list_people(parts: Services, actor: Actor) -> tuple[Person, ...]:
    """Return the people of the actor's team.

    Raises:
        NotPermitted: the actor may neither manage people nor set duty.
    """
    check_permission(actor, Permission.SEE_DUTY)
    with parts.store.read() as tx:
        return people.list_people(tx, actor.team)


def list_approvers(parts: Services, actor: Actor, writers: set[str | None]) -> list[str]:
    """Return the names of those of the team who may approve a draft of these writers."""
    if not actor.may(Permission.SEE_DUTY):
        return []
    return [
        person.name
        for person in list_people(parts, actor)
        if person.named and person.id not in writers and Permission.APPROVE_MENUS in ROLES[Role(person.role)]
    ]


def list_signed_in(parts: Services, actor: Actor) -> frozenset[str]:
    """Return the ids of the people with a valid sign-in.

    Raises:
        NotPermitted: the actor may neither manage people nor set duty.
    """
    check_permission(actor, Permission.SEE_DUTY)
    with parts.store.read() as tx:
        return sign_ins.list_signed_in(tx)


def find_actor(parts: Services, name: str) -> Actor:
    """Return the person of this name as an actor, for the command line, which needs no sign-in.

    Raises:
        Rejected: there is no person of that name.
    """
    person = find_person(parts, name)
    return replace(make_actor(person), proved_at=parts.clock.now())


def find_person(parts: Services, name: str) -> Person:
    """Return the person of this name.

    Raises:
        Rejected: there is no person of that name.
    """
    with parts.store.read() as tx:
        person = people.by_key(tx, passwords.name_key(name))
    if person is None or not person.named:
        raise Rejected(Why.NOBODY)
    return person


def make_actor(person: Person) -> Actor:
    """Return the person as an actor, with the permissions of their role."""
    return Actor.of(person_id=person.id, name=person.name, role=Role(person.role), team=person.team)


def tidy_name(written: str) -> str:
    """Return the name as displayed, or raise Rejected."""
    tidy = passwords.tidy_name(written)
    if tidy is None:
        raise Rejected(Why.NAME)
    return tidy


def hash_new_password(password: str, name: str) -> str:
    """Return the hash of a new password; a weak one raises Rejected."""
    if passwords.is_weak(password, name):
        raise Rejected(Why.PASSWORD)
    return passwords.hash_password(password)


def _read_role(word: str) -> Role:
    try:
        return Role(word)
    except ValueError:
        raise Rejected(Why.ROLE) from None


def _permit_own_or(actor: Actor, person_id: str, permission: Permission) -> None:
    if actor.person_id != person_id or not person_id:
        check_permission(actor, permission)


def _change_person(
    parts: Services,
    actor: Actor,
    person_id: str,
    act: AuditAct,
    work: Callable[[Tx, Person, datetime], bool | None],
    detail: str = "",
    agreed: Collection[str] | None = None,
) -> None:
    """Change a person and record the act; a change that ``work`` answers with False left all as it was, and is none."""
    now = parts.clock.now()

    def change(tx: Tx) -> None:
        person = people.by_id(tx, person_id)
        if person is None or person.disabled or person.team != actor.team:
            raise Rejected(Why.NOBODY)
        if ask_before(parts, tx, actor, lambda tx: work(tx, person, now), agreed) is not False:
            _record_act(tx, actor, act, person_id, now, detail)

    parts.store.run(change)


def _keep_an_administrator(tx: Tx, person: Person) -> None:
    if person.role == Role.ADMINISTRATOR and not people.count_others(tx, person.role, person.id):
        raise Rejected(Why.LAST_ADMINISTRATOR)


def _write_invitation(tx: Tx, person_id: str, token: str, expires_at: datetime) -> None:
    sign_ins.add_invitation(
        tx, tx.ring.lookup("invitation", token), person_id=person_id, expires_at=expires_at
    )


def _record_act(tx: Tx, actor: Actor, act: AuditAct, person_id: str, now: datetime, detail: str = "") -> None:
    audit.add_entry(
        tx, act=act, kind="person", subject=person_id, person_id=actor.person_id, detail=detail, now=now
    )
