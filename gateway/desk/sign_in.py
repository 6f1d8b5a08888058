"""Lets people in: by name and password, by a one-time link; a sign-in is a row that can be ended at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.access import Permission, permit
from gateway.desk import passwords, second, slowing
from gateway.desk.declined import Declined, Why
from gateway.desk.people import actor_of, hashed, tidy_name
from gateway.ids import new_token
from gateway.store import attempts, audit, people, sign_ins

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.access import Actor
    from gateway.parts import Parts
    from gateway.store.engines import Tx
    from gateway.store.people import Person

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
class Listed:
    """One sign-in as its owner sees it; ``here`` is the one they look through."""

    id: str
    made_at: datetime
    seen_at: datetime
    device: str
    here: bool


def sign_in(parts: Parts, name: str, password: str, address: str, *, device: str = "") -> str | None:
    """Return the token of a new sign-in, or None where name or password is wrong; both take the same time.

    Whoever has a second factor is not in yet: ``second.waits`` says so, and ``second.enter`` lets them in.
    ``device`` is what the list of sign-ins calls the browser.

    Raises:
        Declined: too many wrong tries for this name or from this address; ``seconds`` says how long to wait.
    """
    key = passwords.name_key(name)
    slowing.take_a_try(parts, key, address)
    with parts.store.read() as tx:
        known = people.known(tx, key)
    if not passwords.fits(password, known.password if known else None) or known is None:
        _refuse(parts, known.id if known else "")
        return None
    slowing.forget(parts, key, address)
    return _opened(parts, known.id, password, known.password or "", device)


def who(parts: Parts, token: str, *, acts: bool = True) -> SignedIn | None:
    """Return who is signed in under this token; a page that only polls (``acts`` False) keeps nobody awake.

    While the second factor is missing it is nobody. While a call of theirs has no outcome nobody is signed out for
    being idle: the outcome would be lost.
    """
    now, token_hash = parts.clock.now(), _hash(parts, token)
    with parts.store.read() as tx:
        found = sign_ins.find(tx, token_hash)
        person = people.by_id(tx, found.person_id) if found else None
        calls = (
            found is not None and now >= found.seen_at + IDLE and bool(attempts.live_by(tx, found.person_id))
        )
    if found is None or person is None or person.disabled or found.half:
        return None
    if now >= found.expires_at or (now >= found.seen_at + IDLE and not calls):
        return None
    if acts and now >= found.seen_at + _SEEN_EVERY:
        parts.store.run(lambda tx: sign_ins.touch(tx, token_hash, now))
    lacks = second.is_missing(parts, person)
    actor = replace(actor_of(person), proved_at=found.proved_at)
    return SignedIn(
        actor=replace(actor, permissions=frozenset()) if lacks else actor,
        person=person,
        lacks_second_factor=lacks,
    )


def listed(parts: Parts, actor: Actor, person_id: str, token: str = "") -> tuple[Listed, ...]:
    """Return the sign-ins of a person that are still good, the one last seen first.

    Raises:
        Refused: the actor neither is that person nor manages people.
    """
    if actor.person_id != person_id or not person_id:
        permit(actor, Permission.MANAGE_PEOPLE)
    here = _hash(parts, token) if token else b""
    with parts.store.read() as tx:
        return tuple(
            Listed(
                id=one.token_hash.hex(),
                made_at=one.made_at or one.seen_at,
                seen_at=one.seen_at,
                device=one.device,
                here=one.token_hash == here,
            )
            for one in sign_ins.of(tx, person_id, now=parts.clock.now())
        )


def revoke(parts: Parts, actor: Actor, person_id: str, listed_id: str) -> bool:
    """End one sign-in of the list; False where it has ended already.

    Raises:
        Refused: the actor neither is that person nor manages people.
    """
    if actor.person_id != person_id or not person_id:
        permit(actor, Permission.MANAGE_PEOPLE)
    try:
        token_hash = bytes.fromhex(listed_id)
    except ValueError:
        return False
    now = parts.clock.now()

    def work(tx: Tx) -> bool:
        ended = sign_ins.end_one_of(tx, person_id, token_hash)
        if ended:
            audit.add(
                tx,
                now=now,
                person_id=actor.person_id,
                act="person.sign-out",
                kind="person",
                subject=person_id,
            )
        return ended

    return parts.store.run(work)


def sign_out(parts: Parts, token: str) -> None:
    """End this sign-in; a copied cookie is dead from now on."""
    token_hash, now = _hash(parts, token), parts.clock.now()

    def work(tx: Tx) -> None:
        found = sign_ins.find(tx, token_hash)
        if found is not None:
            sign_ins.end(tx, token_hash)
            _on_record(tx, found.person_id, "signed out", now)

    parts.store.run(work)


def invited(parts: Parts, token: str) -> Person | None:
    """Return whom this one-time link would let in, without using it up."""
    with parts.store.read() as tx:
        person_id = sign_ins.invited(tx, tx.ring.lookup("invitation", token), parts.clock.now())
        person = people.by_id(tx, person_id) if person_id else None
    return person if person is not None and not person.disabled else None


def accept_invitation(parts: Parts, token: str, *, name: str, password: str) -> str:
    """Use the link up: name the person where there is no name yet, set the password, sign in; return the token.

    Raises:
        Declined: the link is used or too old, or name or password cannot be used (the link stays good then).
    """
    person = invited(parts, token)
    if person is None:
        raise Declined(Why.LINK)
    chosen = person.name if person.named else tidy_name(name)
    secret, now, fresh = hashed(password, chosen), parts.clock.now(), new_token()

    def work(tx: Tx) -> None:
        if sign_ins.find(tx, tx.ring.lookup("sign_in", fresh)) is not None:
            return  # the first try was kept although its connection broke
        person_id = sign_ins.use_invitation(tx, tx.ring.lookup("invitation", token), now)
        if person_id is None:
            raise Declined(Why.LINK)
        if not people.set_name(tx, person_id, name=chosen, name_key=passwords.name_key(chosen)):
            raise Declined(Why.NAME_TAKEN)
        people.set_password(tx, person_id, secret)
        sign_ins.end_all(tx, person_id)
        _open(tx, person_id, fresh, now, half=second.is_on(tx, person_id))
        _on_record(tx, person_id, "person.password", now)

    parts.store.run(work)
    return fresh


def set_password(parts: Parts, actor: Actor, *, old: str, new: str, address: str = "") -> str:
    """Set the actor's own password; every sign-in ends, the token of a new one is returned.

    Raises:
        Declined: the old password is wrong, the new one is weak, or there were too many tries.
    """
    slowing.take_a_try(parts, slowing.secret_of(actor.person_id), address)
    with parts.store.read() as tx:
        stored = people.password_of(tx, actor.person_id)
    if not passwords.fits(old, stored):
        _refuse(parts, actor.person_id)
        raise Declined(Why.WRONG)
    slowing.forget(parts, slowing.secret_of(actor.person_id), address)
    secret, now, fresh = hashed(new, actor.name), parts.clock.now(), new_token()

    def work(tx: Tx) -> None:
        people.set_password(tx, actor.person_id, secret)
        sign_ins.end_all(tx, actor.person_id)
        _open(tx, actor.person_id, fresh, now)
        _on_record(tx, actor.person_id, "person.password", now)

    parts.store.run(work)
    return fresh


def _opened(parts: Parts, person_id: str, password: str, stored: str, device: str) -> str:
    renewed = passwords.hashed(password) if passwords.is_dated(stored) else None
    now, token = parts.clock.now(), new_token()

    def work(tx: Tx) -> None:
        sign_ins.end_expired(tx, now)
        if renewed is not None:
            people.set_password(tx, person_id, renewed)
        half = second.is_on(tx, person_id)
        _open(tx, person_id, token, now, half=half, device=device)
        _on_record(tx, person_id, "password right" if half else sign_ins.SIGNED_IN, now)

    parts.store.run(work)
    return token


def _refuse(parts: Parts, person_id: str) -> None:
    """Put a wrong password on record, and never what was typed: it may be somebody's password in the wrong field."""
    now = parts.clock.now()
    parts.store.run(
        lambda tx: audit.add(
            tx, now=now, person_id=None, act="password wrong", kind="person", subject=person_id
        )
    )


def _on_record(tx: Tx, person_id: str, act: str, now: datetime) -> None:
    audit.add(tx, now=now, person_id=person_id, act=act, kind="person", subject=person_id)


def _open(tx: Tx, person_id: str, token: str, now: datetime, *, half: bool = False, device: str = "") -> None:
    token_hash = tx.ring.lookup("sign_in", token)
    if sign_ins.find(tx, token_hash) is None:
        sign_ins.open_one(
            tx,
            token_hash,
            person_id=person_id,
            now=now,
            expires_at=now + LASTS,
            half=half,
            device=device[:60],
        )


def _hash(parts: Parts, token: str) -> bytes:
    return parts.store.ring.lookup("sign_in", token)
