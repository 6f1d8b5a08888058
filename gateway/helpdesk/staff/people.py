"""Who works here: people, their roles, their helpline phones, who is on duty, and the links that let them in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.domain.permissions import Actor, Permission, Role, check_permission
from gateway.foundation.ids import new_id, new_token
from gateway.helpdesk.errors import Rejected, Why, read_typed_number
from gateway.helpdesk.staff import passwords, two_factor
from gateway.helpdesk.staff.centre_lists import list_languages
from gateway.storage import audit, people, sign_ins

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gateway.foundation.services import Services
    from gateway.storage.database import Tx
    from gateway.storage.people import Person

FIRST_LINK = timedelta(minutes=30)
LINK = timedelta(hours=24)
MOST_IN_HAND = 99
GENDERS = ("", "woman", "man")
# Whoever has the command line of the server owns the installation and may do what an administrator may.
OWNER = Actor.of(person_id="", name="command line", role=Role.ADMINISTRATOR)
_UNNAMED = "-"  # the key of the one person who has not chosen a name yet; no name folds to it


def has_administrator(parts: Services) -> bool:
    """Say whether there is one, so that nobody needs the first link."""
    with parts.store.read() as tx:
        return people.is_anybody(tx, Role.ADMINISTRATOR)


def first_administrator(parts: Services) -> str | None:
    """Return the token of a one-time link for the first administrator, or None once there is one."""
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
    """Add a person and return the id; without a password ``invite_person`` lets them in.

    Raises:
        Refused: the actor does not manage people.
        Rejected: the name, the role or the password cannot be used.
    """
    check_permission(actor, Permission.MANAGE_PEOPLE)
    tidy, known_role = tidy_name(name), _read_role(role)
    secret = None if password is None else hash_new_password(password, tidy)
    now = parts.clock.now()
    person_id = new_id(now)

    def work(tx: Tx) -> None:
        if people.by_id(tx, person_id) is not None:
            return  # the first try was kept although its connection broke
        key = passwords.name_key(tidy)
        if not people.add_person(
            tx, person_id, name=tidy, name_key=key, role=known_role, now=now, team=actor.team
        ):
            raise Rejected(Why.NAME_TAKEN)
        people.set_password(tx, person_id, secret)
        _record_act(tx, actor, "person.add", person_id, now, known_role)

    parts.store.run(work)
    return person_id


def invite_person(parts: Services, actor: Actor, person_id: str) -> str:
    """Make a one-time link with which the person sets a new password; the old one and every sign-in end.

    Raises:
        Refused: the actor does not manage people.
        Rejected: there is no such person.
    """
    check_permission(actor, Permission.MANAGE_PEOPLE)
    token = new_token()

    def work(tx: Tx, person: Person, now: datetime) -> None:
        people.set_password(tx, person.id, None)
        sign_ins.end_all(tx, person.id)
        _write_invitation(tx, person.id, token, now + LINK)

    _change_person(parts, actor, person_id, "person.invite", work)
    return token


def set_role(parts: Services, actor: Actor, person_id: str, role: str) -> None:
    """Give a person another role; every sign-in of theirs ends.

    Raises:
        Refused: the actor does not manage people.
        Rejected: there is no such role or person, or nobody would be left to manage people.
    """
    check_permission(actor, Permission.MANAGE_PEOPLE)
    new = _read_role(role)

    def work(tx: Tx, person: Person, now: datetime) -> None:  # noqa: ARG001 - the shape of every change
        if new == person.role:
            return
        _keep_an_administrator(tx, person)
        people.set_role(tx, person.id, new)
        sign_ins.end_all(tx, person.id)

    _change_person(parts, actor, person_id, "person.role", work, new)


def disable_person(parts: Services, actor: Actor, person_id: str) -> None:
    """Remove a person: password, number, links and sign-ins go at once, the name stays in the history.

    Raises:
        Refused: the actor does not manage people.
        Rejected: there is no such person, or nobody would be left to manage people.
    """
    check_permission(actor, Permission.MANAGE_PEOPLE)

    def work(tx: Tx, person: Person, now: datetime) -> None:
        _keep_an_administrator(tx, person)
        people.disable_person(tx, person.id, now=now)
        sign_ins.end_all(tx, person.id)
        sign_ins.withdraw_links(tx, person.id)

    _change_person(parts, actor, person_id, "person.remove", work)


def end_sign_ins(parts: Services, actor: Actor, person_id: str) -> None:
    """Sign a person out everywhere.

    Raises:
        Refused: the actor neither is that person nor manages people.
        Rejected: there is no such person.
    """
    _permit_own_or(actor, person_id, Permission.MANAGE_PEOPLE)
    _change_person(
        parts, actor, person_id, "person.sign-out", lambda tx, person, _now: sign_ins.end_all(tx, person.id)
    )


def set_details(
    parts: Services, actor: Actor, person_id: str, *, languages: tuple[str, ...], gender: str
) -> None:
    """Write which languages the person speaks, and whether callers who ask for a woman may get them.

    Raises:
        Refused: the actor does not manage people.
        Rejected: there is no such person.
    """
    check_permission(actor, Permission.MANAGE_PEOPLE)
    spoken = tuple(language for language in list_languages(parts) if language in languages)
    said = gender if gender in GENDERS else ""

    def work(tx: Tx, person: Person, now: datetime) -> None:  # noqa: ARG001 - the shape of every change
        people.set_details(tx, person.id, languages=spoken, gender=said)

    _change_person(parts, actor, person_id, "person.details", work)


def set_capacity(parts: Services, actor: Actor, person_id: str, capacity: int) -> None:
    """Write how many callbacks the person may have in hand at a time; 0 is any number.

    Raises:
        Refused: the actor does not set duty.
        Rejected: there is no such person, or no such number.
    """
    check_permission(actor, Permission.SEE_DUTY)
    if not 0 <= capacity <= MOST_IN_HAND:
        raise Rejected(Why.FIELD)

    def work(tx: Tx, person: Person, now: datetime) -> None:  # noqa: ARG001 - the shape of every change
        people.set_capacity(tx, person.id, capacity)

    _change_person(parts, actor, person_id, "person.capacity", work, str(capacity))


def set_by_text(parts: Services, actor: Actor, person_id: str, *, on: bool) -> None:
    """Write whether the person's alerts carry a one-tap link, for whoever works without a computer.

    Raises:
        Refused: the actor does not set duty.
        Rejected: there is no such person.
    """
    check_permission(actor, Permission.SEE_DUTY)
    _change_person(
        parts,
        actor,
        person_id,
        "person.by-text",
        lambda tx, person, _now: people.set_by_text(tx, person.id, on=on),
        "on" if on else "off",
    )


def set_number(parts: Services, actor: Actor, person_id: str, written: str) -> None:
    """Write the helpline phone the person calls from; empty takes it away.

    Raises:
        Refused: the actor neither is that person nor manages people.
        NotFresh: it was not shown lately who the actor is.
        Rejected: it is no number that can be called, or there is no such person.
    """
    _permit_own_or(actor, person_id, Permission.MANAGE_PEOPLE)
    two_factor.ask_fresh(parts, actor)  # one-tap links go to this phone
    number = read_typed_number(written, parts.line.regions) if written.strip() else None
    _change_person(
        parts,
        actor,
        person_id,
        "person.number",
        lambda tx, person, _now: people.set_number(tx, person.id, number),
    )


def set_duty(parts: Services, actor: Actor, person_id: str, *, on: bool) -> None:
    """Put a person on duty or off it.

    Raises:
        Refused: the actor neither is that person nor may set duty.
        Rejected: there is no such person.
    """
    _permit_own_or(actor, person_id, Permission.SEE_DUTY)
    _change_person(
        parts,
        actor,
        person_id,
        "person.duty",
        lambda tx, person, _now: people.set_duty(tx, person.id, on=on),
        "on" if on else "off",
    )


def set_page_language(parts: Services, actor: Actor, language: str) -> None:
    """Write the language of the actor's own pages."""
    parts.store.run(lambda tx: people.set_page_language(tx, actor.person_id, language))


def list_people(parts: Services, actor: Actor) -> tuple[Person, ...]:
    """Return the people of the actor's team.

    Raises:
        Refused: the actor may neither manage people nor set duty.
    """
    check_permission(actor, Permission.SEE_DUTY)
    with parts.store.read() as tx:
        return people.list_people(tx, actor.team)


def list_signed_in(parts: Services, actor: Actor) -> frozenset[str]:
    """Return the ids of those who have signed in.

    Raises:
        Refused: the actor may neither manage people nor set duty.
    """
    check_permission(actor, Permission.SEE_DUTY)
    with parts.store.read() as tx:
        return sign_ins.list_signed_in(tx)


def actor_named(parts: Services, name: str) -> Actor:
    """Return the person of this name as one who acts, for the command line: whoever has it has shown enough.

    Raises:
        Rejected: there is nobody of that name.
    """
    person = find_person(parts, name)
    return replace(actor_of(person), proved_at=parts.clock.now())


def find_person(parts: Services, name: str) -> Person:
    """Return the person of this name.

    Raises:
        Rejected: there is nobody of that name.
    """
    with parts.store.read() as tx:
        person = people.by_key(tx, passwords.name_key(name))
    if person is None or not person.named:
        raise Rejected(Why.NOBODY)
    return person


def actor_of(person: Person) -> Actor:
    """Return the person as one who acts."""
    return Actor.of(person_id=person.id, name=person.name, role=Role(person.role), team=person.team)


def tidy_name(written: str) -> str:
    """Return the name as it is shown, or decline it."""
    tidy = passwords.tidy_name(written)
    if tidy is None:
        raise Rejected(Why.NAME)
    return tidy


def hash_new_password(password: str, name: str) -> str:
    """Return the hash of a new password, or decline a weak one."""
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
    act: str,
    work: Callable[[Tx, Person, datetime], None],
    detail: str = "",
) -> None:
    now = parts.clock.now()

    def whole(tx: Tx) -> None:
        person = people.by_id(tx, person_id)
        if person is None or person.disabled or person.team != actor.team:
            raise Rejected(Why.NOBODY)
        work(tx, person, now)
        _record_act(tx, actor, act, person_id, now, detail)

    parts.store.run(whole)


def _keep_an_administrator(tx: Tx, person: Person) -> None:
    if person.role == Role.ADMINISTRATOR and not people.others_who_can(tx, person.role, person.id):
        raise Rejected(Why.LAST_ADMINISTRATOR)


def _write_invitation(tx: Tx, person_id: str, token: str, expires_at: datetime) -> None:
    sign_ins.add_invitation(
        tx, tx.ring.lookup("invitation", token), person_id=person_id, expires_at=expires_at
    )


def _record_act(tx: Tx, actor: Actor, act: str, person_id: str, now: datetime, detail: str = "") -> None:
    audit.add_entry(
        tx, act=act, kind="person", subject=person_id, person_id=actor.person_id, detail=detail, now=now
    )
