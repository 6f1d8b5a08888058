"""Signs people in by name and password or by a one-time link; a sign-in is a row that can be revoked at once.

Tokens are random and stored as keyed hashes only (OWASP Session Management Cheat Sheet).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.domain.permissions import WORKING, AuditAct, Permission, check_permission
from gateway.foundation.time_and_chance import new_token
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.staff import passwords, two_factor
from gateway.helpdesk.staff.people import hash_new_password, make_actor, tidy_name
from gateway.storage import attempts, audit, duty, people, sign_ins

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.database import Tx
    from gateway.storage.people import Person
    from gateway.storage.sign_ins import SignIn

IDLE = timedelta(hours=2)
"""Inactivity timeout, as long as an attempt's lease.

NIST SP 800-63B-4 (2.2.3) advises one hour at AAL2; two are allowed so that a long call does not lose its outcome."""
LASTS = timedelta(hours=12)
_SEEN_EVERY = timedelta(minutes=1)
_WHILE_LOCKED = frozenset({Permission.WORK_QUEUE})


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The person behind a sign-in, as an actor and as a row.

    With ``lacks_second_factor`` the actor holds no permission until the person has turned a second factor on. While
    ``locked`` the actor may be told what waits and nothing else, until the password was typed once more.
    """

    actor: Actor
    person: Person
    lacks_second_factor: bool = False
    locked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSignIn:
    """A sign-in as its owner sees it; ``here`` marks the one in use."""

    id: str
    made_at: datetime
    seen_at: datetime
    device: str
    here: bool


def sign_in(parts: Services, name: str, password: str, address: str, *, device: str = "") -> str | None:
    """Return the token of a new sign-in; None if name or password is wrong, which takes the same time in both cases.

    With a second factor the sign-in is not complete: see ``two_factor.waits_for_factor`` and
    ``two_factor.enter_code``. ``device`` is the browser's name in the list of sign-ins.

    Raises:
        Rejected: too many failed tries for this name or address; ``seconds`` is the wait.
    """
    key = passwords.name_key(name)
    passwords.take_a_try(parts, key, address)
    with parts.store.read() as tx:
        known = people.find_known(tx, key)
    if not passwords.matches_password(password, known.password if known else None) or known is None:
        _refuse_password(parts, known.id if known else "")
        return None
    passwords.forget_tries(parts, key, address)
    return _open_checked(parts, known.id, password, known.password or "", device)


def find_signed_in(parts: Services, token: str, *, acts: bool = True, heard: bool = False) -> SignedIn | None:
    """Return who is signed in by this token; None if it is invalid, idle for too long, or lacks its second factor.

    Polls (``acts`` False) do not count as activity; ``heard`` says that somebody would notice what it brings.
    A sign-in does not go idle while the person's call has no outcome, as the outcome would be lost. The open page of a
    person on duty is locked instead of ended, because it is what calls them.
    """
    now, token_hash = parts.clock.now(), _hash_token(parts, token)
    with parts.store.read() as tx:
        found, person = sign_ins.find_with_person(tx, token_hash) or (None, None)
        if found is None or person is None or person.disabled or found.half or now >= found.expires_at:
            return None
        idle = now >= found.seen_at + IDLE and not attempts.find_live_of_person(tx, found.person_id)
        if idle and not _keeps_watch(parts, tx, found, person, now):
            return None
    if acts and not idle and now >= found.seen_at + _SEEN_EVERY:
        parts.store.run(lambda tx: sign_ins.touch_sign_in(tx, token_hash, now))
    elif not acts and _is_news(found, now, heard=heard):
        parts.store.run(lambda tx: sign_ins.note_poll(tx, token_hash, now, heard=heard))
    lacks = two_factor.is_missing(parts, person)
    actor = replace(make_actor(person), proved_at=found.proved_at)
    allowed = actor.permissions & (frozenset() if lacks else _WHILE_LOCKED if idle else actor.permissions)
    return SignedIn(
        actor=replace(actor, permissions=allowed), person=person, lacks_second_factor=lacks, locked=idle
    )


def _keeps_watch(parts: Services, tx: Tx, found: SignIn, person: Person, now: datetime) -> bool:
    """Return whether the sign-in has an open page and its person is on duty."""
    if found.polled_at is None or now >= found.polled_at + duty.OPEN_PAGE or person.role not in WORKING:
        return False
    present = duty.find_people(tx, parts.line.hours, parts.line.zone, now, person.team)
    return person.id in present


def _is_news(found: SignIn, now: datetime, *, heard: bool) -> bool:
    last = found.heard_at if heard else found.polled_at
    return last is None or now >= last + _SEEN_EVERY


def release_lock(parts: Services, actor: Actor, token: str, *, password: str, address: str = "") -> None:
    """Make a locked sign-in whole again by the person's password.

    Raises:
        Rejected: the password is wrong, or there were too many failed tries.
    """
    counter, now = passwords.name_counter(actor.person_id), parts.clock.now()
    passwords.take_a_try(parts, counter, address)
    with parts.store.read() as tx:
        stored = people.read_password_hash(tx, actor.person_id)
    if not passwords.matches_password(password, stored):
        _refuse_password(parts, actor.person_id)
        raise Rejected(Why.WRONG)
    passwords.forget_tries(parts, counter, address)

    def work(tx: Tx) -> None:
        sign_ins.touch_sign_in(tx, _hash_token(parts, token), now)
        _on_record(tx, actor.person_id, AuditAct.PASSWORD_RIGHT, now)

    parts.store.run(work)


def list_sign_ins(parts: Services, actor: Actor, person_id: str, token: str = "") -> tuple[ListedSignIn, ...]:
    """Return the valid sign-ins of a person, last seen first.

    Raises:
        NotPermitted: the actor neither is that person nor may manage people.
    """
    if actor.person_id != person_id or not person_id:
        check_permission(actor, Permission.MANAGE_PEOPLE)
    here = _hash_token(parts, token) if token else b""
    with parts.store.read() as tx:
        return tuple(
            ListedSignIn(
                id=one.token_hash.hex(),
                made_at=one.made_at or one.seen_at,
                seen_at=one.seen_at,
                device=one.device,
                here=one.token_hash == here,
            )
            for one in sign_ins.list_sign_ins(tx, person_id, now=parts.clock.now())
        )


def revoke_sign_in(parts: Services, actor: Actor, person_id: str, listed_id: str) -> bool:
    """End one sign-in; False if it had ended already.

    Raises:
        NotPermitted: the actor neither is that person nor may manage people.
    """
    if actor.person_id != person_id or not person_id:
        check_permission(actor, Permission.MANAGE_PEOPLE)
    try:
        token_hash = bytes.fromhex(listed_id)
    except ValueError:
        return False
    now = parts.clock.now()

    def work(tx: Tx) -> bool:
        ended = sign_ins.end_one_of(tx, person_id, token_hash)
        if ended:
            audit.add_entry(
                tx,
                now=now,
                person_id=actor.person_id,
                act=AuditAct.PERSON_SIGN_OUT,
                kind="person",
                subject=person_id,
            )
        return ended

    return parts.store.run(work)


def sign_out(parts: Services, token: str) -> None:
    """End this sign-in on the server, so that a copied cookie is useless from now on."""
    token_hash, now = _hash_token(parts, token), parts.clock.now()

    def work(tx: Tx) -> None:
        found = sign_ins.find_sign_in(tx, token_hash)
        if found is not None:
            sign_ins.end_sign_in(tx, token_hash)
            _on_record(tx, found.person_id, AuditAct.SIGNED_OUT, now)

    parts.store.run(work)


def find_invited(parts: Services, token: str) -> Person | None:
    """Return the person whom this one-time link would let in, without using it up; None if it is invalid."""
    with parts.store.read() as tx:
        person_id = sign_ins.find_invited(tx, tx.ring.lookup("invitation", token), parts.clock.now())
        person = people.by_id(tx, person_id) if person_id else None
    return person if person is not None and not person.disabled else None


def accept_invitation(parts: Services, token: str, *, name: str, password: str) -> str:
    """Redeem the link: set the password, and the name if there is none yet, and sign in; return the token.

    Raises:
        Rejected: the link was used or has expired, or the name or password is not acceptable (the link stays
            valid then).
    """
    person = find_invited(parts, token)
    if person is None:
        raise Rejected(Why.LINK)
    chosen = person.name if person.named else tidy_name(name)
    secret, now, fresh = hash_new_password(password, chosen), parts.clock.now(), new_token()

    def work(tx: Tx) -> None:
        if sign_ins.find_sign_in(tx, tx.ring.lookup("sign_in", fresh)) is not None:
            return  # the first try was committed although its connection broke
        person_id = sign_ins.use_invitation(tx, tx.ring.lookup("invitation", token), now)
        if person_id is None:
            raise Rejected(Why.LINK)
        if not people.set_name(tx, person_id, name=chosen, name_key=passwords.name_key(chosen)):
            raise Rejected(Why.NAME_TAKEN)
        people.set_password(tx, person_id, secret)
        sign_ins.end_all(tx, person_id)
        _open_sign_in(tx, person_id, fresh, now, half=two_factor.is_on(tx, person_id))
        _on_record(tx, person_id, AuditAct.PERSON_PASSWORD, now)

    parts.store.run(work)
    return fresh


def set_password(parts: Services, actor: Actor, *, old: str, new: str, address: str = "") -> str:
    """Change the actor's own password; every sign-in ends, and the token of a new one is returned.

    Raises:
        Rejected: the old password is wrong, the new one is weak, or there were too many failed tries.
    """
    passwords.take_a_try(parts, passwords.name_counter(actor.person_id), address)
    with parts.store.read() as tx:
        stored = people.read_password_hash(tx, actor.person_id)
    if not passwords.matches_password(old, stored):
        _refuse_password(parts, actor.person_id)
        raise Rejected(Why.WRONG)
    passwords.forget_tries(parts, passwords.name_counter(actor.person_id), address)
    secret, now, fresh = hash_new_password(new, actor.name), parts.clock.now(), new_token()

    def work(tx: Tx) -> None:
        people.set_password(tx, actor.person_id, secret)
        sign_ins.end_all(tx, actor.person_id)
        _open_sign_in(tx, actor.person_id, fresh, now)
        _on_record(tx, actor.person_id, AuditAct.PERSON_PASSWORD, now)

    parts.store.run(work)
    return fresh


def _open_checked(parts: Services, person_id: str, password: str, stored: str, device: str) -> str:
    renewed = passwords.hash_password(password) if passwords.is_dated(stored) else None
    now, token = parts.clock.now(), new_token()

    def work(tx: Tx) -> None:
        sign_ins.end_expired(tx, now)
        if renewed is not None:
            people.set_password(tx, person_id, renewed)
        half = two_factor.is_on(tx, person_id)
        _open_sign_in(tx, person_id, token, now, half=half, device=device)
        _on_record(tx, person_id, AuditAct.PASSWORD_RIGHT if half else AuditAct.SIGNED_IN, now)

    parts.store.run(work)
    return token


def _refuse_password(parts: Services, person_id: str) -> None:
    """Audit a wrong password without its text, which may be a password typed for another account or field."""
    now = parts.clock.now()
    parts.store.run(
        lambda tx: audit.add_entry(
            tx, now=now, person_id=None, act=AuditAct.PASSWORD_WRONG, kind="person", subject=person_id
        )
    )


def _on_record(tx: Tx, person_id: str, act: AuditAct, now: datetime) -> None:
    audit.add_entry(tx, now=now, person_id=person_id, act=act, kind="person", subject=person_id)


def _open_sign_in(
    tx: Tx, person_id: str, token: str, now: datetime, *, half: bool = False, device: str = ""
) -> None:
    token_hash = tx.ring.lookup("sign_in", token)
    if sign_ins.find_sign_in(tx, token_hash) is None:
        sign_ins.open_one(
            tx,
            token_hash,
            person_id=person_id,
            now=now,
            expires_at=now + LASTS,
            half=half,
            device=device[:60],
        )


def _hash_token(parts: Services, token: str) -> bytes:
    return parts.store.ring.lookup("sign_in", token)
