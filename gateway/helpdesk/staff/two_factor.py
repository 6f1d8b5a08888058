"""Manages the second factor: TOTP codes of an authenticator app (RFC 6238), and recovery codes on paper."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pyotp
from pyotp.utils import strings_equal

from gateway.domain.permissions import AuditAct, Permission, Role, check_permission
from gateway.foundation.time_and_chance import make_random_bytes, new_readable_code
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.staff import passwords
from gateway.storage import audit, people, sign_ins

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.database import Tx
    from gateway.storage.people import Person

WANTED = frozenset({Role.COUNSELLOR, Role.SUPERVISOR, Role.ADMINISTRATOR})
"""Roles that must have a second factor: they see callers, or decide what callers read and who sees callers."""

FRESH = timedelta(minutes=10)
"""For this long after a re-authentication, exports and changes of credentials do not ask again."""

RECOVERY_CODES = 8
_STEP = 30
"""Time step in seconds, the default of RFC 6238 section 5.2 and of the common apps."""
_DRIFT = 1  # accepted steps before and after the current one, for clock drift (RFC 6238 section 6)
_SECRET_BYTES = 20
"""160 bits, as RFC 4226 section 4 recommends."""
_ISSUER = "Helpline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What an authenticator app needs: the ``otpauth`` URI for a QR code, and the secret in Base32 for typing."""

    uri: str
    secret: str


class NotFresh(Exception):
    """The actor must re-authenticate first: the action exports data or changes credentials."""


def is_wanted(actor: Actor) -> bool:
    """Return whether this person's role must have a second factor."""
    return actor.role in WANTED


def is_missing(parts: Services, person: Person) -> bool:
    """Return whether this person must turn a second factor on before anything else."""
    return parts.asks_second_factor and person.role in WANTED and not person.second_factor


def find_pending(parts: Services, actor: Actor) -> Setup | None:
    """Return the actor's secret that was made but not confirmed by a code yet; None if there is none."""
    with parts.store.read() as tx:
        factor = sign_ins.find_second_factor(tx, actor.person_id)
    return _make_setup(actor, factor.secret) if factor is not None and factor.since is None else None


def set_up(parts: Services, actor: Actor) -> Setup:
    """Make a new secret for the actor; sign-in asks for it once it is confirmed by a code.

    Raises:
        NotFresh: the actor has not re-authenticated recently.
        Rejected: a second factor is on already; it must be removed first.
    """
    ask_fresh(parts, actor)
    secret = _format_base32(make_random_bytes(_SECRET_BYTES))

    def work(tx: Tx) -> None:
        factor = sign_ins.find_second_factor(tx, actor.person_id)
        if factor is not None and factor.since is not None:
            raise Rejected(Why.CODE)
        sign_ins.save_factor(tx, actor.person_id, secret)

    parts.store.run(work)
    return _make_setup(actor, secret)


def confirm_factor(
    parts: Services, actor: Actor, code: str, *, token: str = "", address: str = ""
) -> tuple[str, ...]:
    """Turn the second factor on by a first code; return the recovery codes, which are shown only this once.

    Every sign-in but that of ``token`` ends, because the others were made by password alone.

    Raises:
        Rejected: the code is wrong.
    """
    now = parts.clock.now()
    passwords.take_a_try(parts, passwords.name_counter(actor.person_id), address)
    codes = tuple(new_readable_code() for _ in range(RECOVERY_CODES))

    def work(tx: Tx) -> None:
        factor = sign_ins.find_second_factor(tx, actor.person_id)
        step = _step_of(factor.secret, code, now) if factor is not None and factor.since is None else None
        if step is None or not sign_ins.use_step(tx, actor.person_id, step):
            raise Rejected(Why.CODE)
        sign_ins.begin_factor(tx, actor.person_id, now=now)
        sign_ins.put_codes(tx, actor.person_id, [_hash_code(tx, actor.person_id, one) for one in codes])
        _end_others(tx, actor, token)
        _on_record(tx, actor.person_id, AuditAct.SECOND_FACTOR_ON, now)

    parts.store.run(work)
    passwords.forget_tries(parts, passwords.name_counter(actor.person_id), address)
    return codes


def take_away(parts: Services, actor: Actor, code: str, *, token: str = "", address: str = "") -> None:
    """Remove the actor's own second factor with one more code; every sign-in but that of ``token`` ends.

    A role that must have one then has to set up another, which is how it moves to a new phone.

    Raises:
        Rejected: the code is wrong, or there were too many failed tries.
    """
    now = parts.clock.now()
    passwords.take_a_try(parts, passwords.name_counter(actor.person_id), address)

    def work(tx: Tx) -> None:
        if not show_code(tx, actor.person_id, code, now):
            raise Rejected(Why.CODE)
        sign_ins.save_factor(tx, actor.person_id, None)
        _end_others(tx, actor, token)
        _on_record(tx, actor.person_id, AuditAct.SECOND_FACTOR_OFF, now)

    parts.store.run(work)
    passwords.forget_tries(parts, passwords.name_counter(actor.person_id), address)


def reset_factor(parts: Services, actor: Actor, person_id: str) -> None:
    """Remove the second factor of a person who lost phone and recovery codes; all their sign-ins end.

    Raises:
        NotPermitted: the actor may not manage people.
        Rejected: there is no such person.
    """
    check_permission(actor, Permission.MANAGE_PEOPLE)
    now = parts.clock.now()

    def work(tx: Tx) -> None:
        person = people.by_id(tx, person_id)
        if person is None or person.disabled or person.team != actor.team:
            raise Rejected(Why.NOBODY)
        sign_ins.save_factor(tx, person_id, None)
        sign_ins.end_all(tx, person_id)
        audit.add_entry(
            tx,
            now=now,
            person_id=actor.person_id,
            act=AuditAct.SECOND_FACTOR_OFF,
            kind="person",
            subject=person_id,
        )

    parts.store.run(work)


def count_codes_left(parts: Services, actor: Actor) -> int:
    """Return the number of unused recovery codes of the actor."""
    with parts.store.read() as tx:
        return sign_ins.count_codes_left(tx, actor.person_id)


def is_on(tx: Tx, person_id: str) -> bool:
    """Return whether this person's sign-in asks for a second factor."""
    factor = sign_ins.find_second_factor(tx, person_id)
    return factor is not None and factor.since is not None


def waits_for_factor(parts: Services, token: str) -> bool:
    """Return whether this sign-in is valid except for its second factor."""
    with parts.store.read() as tx:
        found = sign_ins.find_sign_in(tx, tx.ring.lookup("sign_in", token))
    return found is not None and found.half and parts.clock.now() < found.expires_at


def enter_code(parts: Services, token: str, code: str, address: str) -> None:
    """Complete a sign-in with a code of the app or a recovery code.

    Raises:
        Rejected: the code is wrong or was used before, or there were too many failed tries.
    """
    token_hash, now = parts.store.ring.lookup("sign_in", token), parts.clock.now()
    with parts.store.read() as tx:
        found = sign_ins.find_sign_in(tx, token_hash)
    if found is None or not found.half or now >= found.expires_at:
        raise Rejected(Why.LINK)
    passwords.take_a_try(parts, passwords.name_counter(found.person_id), address)

    def work(tx: Tx) -> None:
        again = sign_ins.find_sign_in(tx, token_hash)
        if again is not None and not again.half:
            return  # the first try was committed although its connection broke
        if not show_code(tx, found.person_id, code, now):
            raise Rejected(Why.CODE)
        sign_ins.complete_sign_in(tx, token_hash, now=now)
        _on_record(tx, found.person_id, AuditAct.SIGNED_IN, now)

    _record_failure(parts, found.person_id, work)
    passwords.forget_tries(parts, passwords.name_counter(found.person_id), address)


def ask_fresh(parts: Services, actor: Actor) -> None:
    """Check that the actor re-authenticated within FRESH; the command line always passes.

    OWASP Authentication Cheat Sheet: require re-authentication for sensitive features.

    Raises:
        NotFresh: the last re-authentication is too long ago, or there was none.
    """
    if actor.person_id and (actor.proved_at is None or parts.clock.now() >= actor.proved_at + FRESH):
        raise NotFresh


def prove_identity(
    parts: Services, actor: Actor, token: str, *, password: str, code: str = "", address: str = ""
) -> None:
    """Re-authenticate: check the password, and a code if a second factor is on.

    Raises:
        Rejected: one of them is wrong, or there were too many failed tries.
    """
    token_hash, now = parts.store.ring.lookup("sign_in", token), parts.clock.now()
    passwords.take_a_try(parts, passwords.name_counter(actor.person_id), address)
    with parts.store.read() as tx:
        stored = people.read_password_hash(tx, actor.person_id)
    if not passwords.matches_password(password, stored):
        raise Rejected(Why.WRONG)

    def work(tx: Tx) -> None:
        found = sign_ins.find_sign_in(tx, token_hash)
        if found is None or found.person_id != actor.person_id or found.half:
            raise Rejected(Why.LINK)
        if is_on(tx, actor.person_id) and not show_code(tx, actor.person_id, code, now):
            raise Rejected(Why.CODE)
        sign_ins.complete_sign_in(tx, token_hash, now=now)
        _on_record(tx, actor.person_id, AuditAct.PROVED, now)

    parts.store.run(work)
    passwords.forget_tries(parts, passwords.name_counter(actor.person_id), address)


def _record_failure(parts: Services, person_id: str, work: Callable[[Tx], None]) -> None:
    """Run the work; if it rejects a code, audit that in a transaction of its own, as the work's is rolled back."""
    try:
        parts.store.run(work)
    except Rejected as declined:
        if declined.why is Why.CODE:
            now = parts.clock.now()
            parts.store.run(lambda tx: _on_record(tx, person_id, AuditAct.CODE_REFUSED, now))
        raise


def show_code(tx: Tx, person_id: str, code: str, now: datetime) -> bool:
    """Return whether this code is valid, and use it up: RFC 6238 section 5.2 allows each code only once."""
    factor = sign_ins.find_second_factor(tx, person_id)
    if factor is None:
        return False
    step = _step_of(factor.secret, code, now)
    if step is not None:
        return sign_ins.use_step(tx, person_id, step)
    return sign_ins.use_code(tx, person_id, _hash_code(tx, person_id, code))


def _make_setup(actor: Actor, secret: str) -> Setup:
    return Setup(uri=pyotp.TOTP(secret).provisioning_uri(name=actor.name, issuer_name=_ISSUER), secret=secret)


def _end_others(tx: Tx, actor: Actor, token: str) -> None:
    sign_ins.end_all(tx, actor.person_id, besides=tx.ring.lookup("sign_in", token) if token else b"")


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step of this code within the accepted drift; None if it matches none."""
    app, present = pyotp.TOTP(secret, interval=_STEP), int(now.timestamp()) // _STEP
    digits = "".join(code.split())
    for step in range(present - _DRIFT, present + _DRIFT + 1):
        if strings_equal(digits, app.generate_otp(step)):
            return step
    return None


def _format_base32(secret: bytes) -> str:
    """Encode in Base32 without padding (RFC 4648), as the ``otpauth`` key URI format wants it."""
    return base64.b32encode(secret).decode().rstrip("=")


def _hash_code(tx: Tx, person_id: str, code: str) -> bytes:
    return tx.ring.lookup("sign_in", "recovery", person_id, "".join(code.replace("-", " ").split()).lower())


def _on_record(tx: Tx, person_id: str, act: AuditAct, now: datetime) -> None:
    audit.add_entry(tx, now=now, person_id=person_id, act=act, kind="person", subject=person_id)
