"""Lets people in: by name and password, by a one-time link; a sign-in is a row that can be ended at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.domain.permissions import Permission, check_permission
from gateway.foundation.ids import new_token
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.staff import passwords, two_factor
from gateway.helpdesk.staff.people import actor_of, hash_new_password, tidy_name
from gateway.storage import attempts, audit, people, sign_ins

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.database import Tx
    from gateway.storage.people import Person

IDLE = timedelta(hours=2)  # as long as an attempt may run, so that a long call does not cost its outcome
LASTS = timedelta(hours=12)
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who is signed in: as one who acts, and as a person.

    While they have to turn on their second factor they may nothing at all: the actor holds no permission.
    """

    actor: Actor
    person: Person
    lacks_second_factor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSignIn:
    """One sign-in as its owner sees it; ``here`` is the one they look through."""

    id: str
    made_at: datetime
    seen_at: datetime
    device: str
    here: bool


def sign_in(parts: Services, name: str, password: str, address: str, *, device: str = "") -> str | None:
    """Return the token of a new sign-in, or None where name or password is wrong; both take the same time.

    Whoever has a second factor is not in yet: ``second.waits`` says so, and ``second.enter`` lets them in.
    ``device`` is what the list of sign-ins calls the browser.

    Raises:
        Rejected: too many wrong tries for this name or from this address; ``seconds`` says how long to wait.
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


def find_signed_in(parts: Services, token: str, *, acts: bool = True) -> SignedIn | None:
    """Return who is signed in under this token; a page that only polls (``acts`` False) keeps nobody awake.

    While the second factor is missing it is nobody. While a call of theirs has no outcome nobody is signed out for
    being idle: the outcome would be lost.
    """
    now, token_hash = parts.clock.now(), _hash_token(parts, token)
    with parts.store.read() as tx:
        found = sign_ins.find_sign_in(tx, token_hash)
        person = people.by_id(tx, found.person_id) if found else None
        calls = (
            found is not None and now >= found.seen_at + IDLE and bool(attempts.live_by(tx, found.person_id))
        )
    if found is None or person is None or person.disabled or found.half:
        return None
    if now >= found.expires_at or (now >= found.seen_at + IDLE and not calls):
        return None
    if acts and now >= found.seen_at + _SEEN_EVERY:
        parts.store.run(lambda tx: sign_ins.touch_sign_in(tx, token_hash, now))
    lacks = two_factor.is_missing(parts, person)
    actor = replace(actor_of(person), proved_at=found.proved_at)
    return SignedIn(
        actor=replace(actor, permissions=frozenset()) if lacks else actor,
        person=person,
        lacks_second_factor=lacks,
    )


def list_sign_ins(parts: Services, actor: Actor, person_id: str, token: str = "") -> tuple[ListedSignIn, ...]:
    """Return the sign-ins of a person that are still good, the one last seen first.

    Raises:
        Refused: the actor neither is that person nor manages people.
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
    """End one sign-in of the list; False where it has ended already.

    Raises:
        Refused: the actor neither is that person nor manages people.
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
                act="person.sign-out",
                kind="person",
                subject=person_id,
            )
        return ended

    return parts.store.run(work)


def sign_out(parts: Services, token: str) -> None:
    """End this sign-in; a copied cookie is dead from now on."""
    token_hash, now = _hash_token(parts, token), parts.clock.now()

    def work(tx: Tx) -> None:
        found = sign_ins.find_sign_in(tx, token_hash)
        if found is not None:
            sign_ins.end_sign_in(tx, token_hash)
            _on_record(tx, found.person_id, "signed out", now)

    parts.store.run(work)


def find_invited(parts: Services, token: str) -> Person | None:
    """Return whom this one-time link would let in, without using it up."""
    with parts.store.read() as tx:
        person_id = sign_ins.find_invited(tx, tx.ring.lookup("invitation", token), parts.clock.now())
        person = people.by_id(tx, person_id) if person_id else None
    return person if person is not None and not person.disabled else None


def accept_invitation(parts: Services, token: str, *, name: str, password: str) -> str:
    """Use the link up: name the person where there is no name yet, set the password, sign in; return the token.

    Raises:
        Rejected: the link is used or too old, or name or password cannot be used (the link stays good then).
    """
    person = find_invited(parts, token)
    if person is None:
        raise Rejected(Why.LINK)
    chosen = person.name if person.named else tidy_name(name)
    secret, now, fresh = hash_new_password(password, chosen), parts.clock.now(), new_token()

    def work(tx: Tx) -> None:
        if sign_ins.find_sign_in(tx, tx.ring.lookup("sign_in", fresh)) is not None:
            return  # the first try was kept although its connection broke
        person_id = sign_ins.use_invitation(tx, tx.ring.lookup("invitation", token), now)
        if person_id is None:
            raise Rejected(Why.LINK)
        if not people.set_name(tx, person_id, name=chosen, name_key=passwords.name_key(chosen)):
            raise Rejected(Why.NAME_TAKEN)
        people.set_password(tx, person_id, secret)
        sign_ins.end_all(tx, person_id)
        _open_sign_in(tx, person_id, fresh, now, half=two_factor.is_on(tx, person_id))
        _on_record(tx, person_id, "person.password", now)

    parts.store.run(work)
    return fresh


def set_password(parts: Services, actor: Actor, *, old: str, new: str, address: str = "") -> str:
    """Set the actor's own password; every sign-in ends, the token of a new one is returned.

    Raises:
        Rejected: the old password is wrong, the new one is weak, or there were too many tries.
    """
    passwords.take_a_try(parts, passwords.secret_of(actor.person_id), address)
    with parts.store.read() as tx:
        stored = people.password_of(tx, actor.person_id)
    if not passwords.matches_password(old, stored):
        _refuse_password(parts, actor.person_id)
        raise Rejected(Why.WRONG)
    passwords.forget_tries(parts, passwords.secret_of(actor.person_id), address)
    secret, now, fresh = hash_new_password(new, actor.name), parts.clock.now(), new_token()

    def work(tx: Tx) -> None:
        people.set_password(tx, actor.person_id, secret)
        sign_ins.end_all(tx, actor.person_id)
        _open_sign_in(tx, actor.person_id, fresh, now)
        _on_record(tx, actor.person_id, "person.password", now)

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
        _on_record(tx, person_id, "password right" if half else sign_ins.SIGNED_IN, now)

    parts.store.run(work)
    return token


def _refuse_password(parts: Services, person_id: str) -> None:
    """Put a wrong password on record, and never what was typed: it may be somebody's password in the wrong field."""
    now = parts.clock.now()
    parts.store.run(
        lambda tx: audit.add_entry(
            tx, now=now, person_id=None, act="password wrong", kind="person", subject=person_id
        )
    )


def _on_record(tx: Tx, person_id: str, act: str, now: datetime) -> None:
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
