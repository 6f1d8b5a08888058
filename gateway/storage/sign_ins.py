"""Store sign-ins, invitations, interrupted forms and second factors; tokens and codes as keyed hashes only.

A stolen copy of these tables opens no session (OWASP Session Management Cheat Sheet).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, or_, select, update

from gateway.domain.permissions import AuditAct
from gateway.foundation.time_and_chance import new_id
from gateway.storage.database import Tx
from gateway.storage.people import Person, read_person
from gateway.storage.tables import audit, callbacks, invitations, kept_forms, people, recovery_codes, sign_ins

_INSTANTS = ("seen_at", "expires_at", "proved_at", "polled_at", "heard_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One sign-in of one person.

    ``proved_at`` is the last authentication; ``half`` means that the second factor is still missing. ``polled_at`` is
    when an open page last asked by itself, ``heard_at`` when one did that somebody would see or hear.
    """

    person_id: str
    seen_at: datetime
    expires_at: datetime
    made_at: datetime | None = None
    proved_at: datetime | None = None
    polled_at: datetime | None = None
    heard_at: datetime | None = None
    half: bool = False
    device: str = ""
    token_hash: bytes = b""


def open_one(
    tx: Tx,
    token_hash: bytes,
    *,
    person_id: str,
    now: datetime,
    expires_at: datetime,
    half: bool = False,
    device: str = "",
) -> None:
    """Insert a sign-in; with ``half`` it permits nothing until the second factor is shown."""
    values = {"made_at": now, "seen_at": now, "proved_at": now, "expires_at": expires_at, "half": half}
    tx.execute(insert(sign_ins).values(id=token_hash, person_id=person_id, device=device, **values))


def list_signed_in(tx: Tx) -> frozenset[str]:
    """Return the ids of people who ever completed a sign-in, as far as the audit log goes back."""
    on_record = select(audit.c.person_id).where(audit.c.act == AuditAct.SIGNED_IN.value)
    open_now = select(sign_ins.c.person_id).where(sign_ins.c.half.is_(False))
    found = tx.execute(on_record.union(open_now)).scalars()
    return frozenset(person_id for person_id in found if person_id is not None)


def find_sign_in(tx: Tx, token_hash: bytes) -> SignIn | None:
    """Return the sign-in of this token."""
    row = tx.execute(select(sign_ins).where(sign_ins.c.id == token_hash)).first()
    return _sign_in(row) if row is not None else None


def find_with_person(tx: Tx, token_hash: bytes) -> tuple[SignIn, Person] | None:
    """Return the sign-in of this token and its person, removed or not, in one statement."""
    query = select(
        people,
        sign_ins.c.id.label("token_hash"),
        sign_ins.c.made_at.label("signed_in_at"),
        *(sign_ins.c[name] for name in (*_INSTANTS, "half", "device")),
    ).join_from(sign_ins, people, sign_ins.c.person_id == people.c.id)
    row = tx.execute(query.where(sign_ins.c.id == token_hash)).first()
    if row is None:
        return None
    found = SignIn(
        person_id=row.id,
        made_at=row.signed_in_at,
        **{name: getattr(row, name) for name in _INSTANTS},
        half=bool(row.half),
        device=row.device,
        token_hash=row.token_hash,
    )
    return found, read_person(tx, row)


def list_sign_ins(tx: Tx, person_id: str, *, now: datetime) -> tuple[SignIn, ...]:
    """Return the person's valid sign-ins, the last seen first."""
    query = select(sign_ins).where(sign_ins.c.person_id == person_id, sign_ins.c.expires_at > now)
    return tuple(_sign_in(row) for row in tx.execute(query.order_by(sign_ins.c.seen_at.desc())))


def complete_sign_in(tx: Tx, token_hash: bytes, *, now: datetime) -> None:
    """Store that the person has just authenticated: by the second factor, or by the password again."""
    tx.execute(update(sign_ins).where(sign_ins.c.id == token_hash).values(half=False, proved_at=now))


def touch_sign_in(tx: Tx, token_hash: bytes, now: datetime) -> None:
    """Store that the person was just seen."""
    tx.execute(update(sign_ins).where(sign_ins.c.id == token_hash).values(seen_at=now))


def note_poll(tx: Tx, token_hash: bytes, now: datetime, *, heard: bool) -> None:
    """Store that an open page asked by itself; ``heard`` if somebody would see or hear what it brings."""
    values = {"polled_at": now} | ({"heard_at": now} if heard else {})
    tx.execute(update(sign_ins).where(sign_ins.c.id == token_hash).values(**values))


def has_attention(tx: Tx, person_id: str, *, since: datetime) -> bool:
    """Return whether the person acted on a page since then, or had one open that they would see or hear."""
    recent = or_(sign_ins.c.heard_at >= since, sign_ins.c.seen_at >= since)
    query = select(sign_ins.c.id).where(sign_ins.c.person_id == person_id, sign_ins.c.half.is_(False), recent)
    return tx.execute(query.limit(1)).first() is not None


def end_sign_in(tx: Tx, token_hash: bytes) -> None:
    """End one sign-in."""
    tx.execute(delete(sign_ins).where(sign_ins.c.id == token_hash))


def end_one_of(tx: Tx, person_id: str, token_hash: bytes) -> bool:
    """End one sign-in of this person; False where it belongs to somebody else."""
    statement = (
        delete(sign_ins)
        .where(sign_ins.c.id == token_hash, sign_ins.c.person_id == person_id)
        .returning(sign_ins.c.id)
    )
    return tx.execute(statement).first() is not None


def end_all(tx: Tx, person_id: str, *, besides: bytes = b"") -> None:
    """End every sign-in of a person except the given one."""
    tx.execute(delete(sign_ins).where(sign_ins.c.person_id == person_id, sign_ins.c.id != besides))


def end_expired(tx: Tx, now: datetime) -> None:
    """Delete expired sign-ins and invitations."""
    tx.execute(delete(sign_ins).where(sign_ins.c.expires_at <= now))
    tx.execute(delete(invitations).where(invitations.c.expires_at <= now))


def add_invitation(tx: Tx, token_hash: bytes, *, person_id: str, expires_at: datetime) -> None:
    """Insert a one-time link for a person; an open older one is deleted."""
    withdraw_links(tx, person_id)
    tx.execute(insert(invitations).values(id=token_hash, person_id=person_id, expires_at=expires_at))


def withdraw_links(tx: Tx, person_id: str) -> None:
    """Delete the open invitations of a person."""
    tx.execute(
        delete(invitations).where(invitations.c.person_id == person_id, invitations.c.used_at.is_(None))
    )


def find_invited(tx: Tx, token_hash: bytes, now: datetime) -> str | None:
    """Return whom this link invites, while it is valid."""
    return tx.execute(
        select(invitations.c.person_id).where(
            invitations.c.id == token_hash,
            invitations.c.used_at.is_(None),
            invitations.c.expires_at > now,
        )
    ).scalar()


def use_invitation(tx: Tx, token_hash: bytes, now: datetime) -> str | None:
    """Use up the link and return whom it invited; None at a second use."""
    statement = (
        update(invitations)
        .where(
            invitations.c.id == token_hash,
            invitations.c.used_at.is_(None),
            invitations.c.expires_at > now,
        )
        .values(used_at=now)
        .returning(invitations.c.person_id)
    )
    return tx.execute(statement).scalar()


def _sign_in(row: Row[Any]) -> SignIn:
    return SignIn(
        person_id=row.person_id,
        made_at=row.made_at,
        **{name: getattr(row, name) for name in _INSTANTS},
        half=bool(row.half),
        device=row.device,
        token_hash=row.id,
    )


# Forms that were submitted after the sign-in had ended; sealed, and offered again after the next sign-in.

Fields = Mapping[str, Sequence[str]]
MOST = 10
"""Most forms kept for a person; the oldest are deleted."""

_LAST_DIGITS = 8
"""Trailing digits by which a number is recognised in whatever national form it was typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedForm:
    """One form: the address it was sent to, and field → values."""

    action: str
    fields: Fields
    at: datetime


def keep_form(tx: Tx, person_id: str, action: str, fields: Fields, *, now: datetime) -> str:
    """Store what this person submitted, and return its id."""
    found = new_id(now)
    value = {name: list(values) for name, values in fields.items()}
    sealed = tx.ring.seal_json(value, table="kept_forms", column="fields", row=found)
    tx.execute(insert(kept_forms).values(id=found, person_id=person_id, action=action, fields=sealed, at=now))
    ids = select(kept_forms.c.id).where(kept_forms.c.person_id == person_id).order_by(kept_forms.c.id.desc())
    for old in tx.execute(ids.offset(MOST)).scalars().all():
        tx.execute(delete(kept_forms).where(kept_forms.c.id == old))
    return found


def find_form(tx: Tx, person_id: str, form_id: str) -> SavedForm | None:
    """Return the form, if it belongs to this person."""
    of_person = kept_forms.c.id == form_id, kept_forms.c.person_id == person_id
    row = tx.execute(select(kept_forms).where(*of_person)).first()
    if row is None:
        return None
    return SavedForm(action=row.action, fields=_open_fields(tx, row), at=row.at)


def find_last_form(tx: Tx, person_id: str, action: str) -> SavedForm | None:
    """Return the newest form that this person typed for an address."""
    of_person = kept_forms.c.person_id == person_id, kept_forms.c.action == action
    row = tx.execute(select(kept_forms).where(*of_person).order_by(kept_forms.c.id.desc()).limit(1)).first()
    if row is None:
        return None
    return SavedForm(action=row.action, fields=_open_fields(tx, row), at=row.at)


def drop_forms(tx: Tx, person_id: str, action: str) -> None:
    """Delete what this person had typed for an address, after it was submitted."""
    tx.execute(delete(kept_forms).where(kept_forms.c.person_id == person_id, kept_forms.c.action == action))


def drop_forms_about(tx: Tx, caller_id: str, number: str | None) -> None:
    """Delete every form that names a caller's request or number; must run before the caller is deleted."""
    request_ids = tuple(
        tx.execute(select(callbacks.c.id).where(callbacks.c.caller_id == caller_id)).scalars()
    )
    end = (number or "")[-_LAST_DIGITS:]
    for row in tx.execute(select(kept_forms)).all():
        typed = (
            "".join(filter(str.isdigit, one)) for values in _open_fields(tx, row).values() for one in values
        )
        if any(one in row.action for one in request_ids) or (end and any(end in digits for digits in typed)):
            tx.execute(delete(kept_forms).where(kept_forms.c.id == row.id))


def _open_fields(tx: Tx, row: Any) -> Fields:
    fields = tx.ring.open_json(row.fields, table="kept_forms", column="fields", row=row.id)
    return fields if isinstance(fields, dict) else {}


# Second factor: TOTP secret (sealed), last step used, and recovery codes (RFC 6238; NIST SP 800-63B, 5.1.2).


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """The TOTP secret (base32), and since when it is required; None until its owner has shown a first code."""

    secret: str
    since: datetime | None


def find_second_factor(tx: Tx, person_id: str) -> Factor | None:
    """Return the person's second factor."""
    row = tx.execute(select(people.c.totp, people.c.totp_at).where(people.c.id == person_id)).first()
    secret = row and tx.ring.open_text(row.totp, table="people", column="totp", row=person_id)
    return Factor(secret=secret, since=row.totp_at) if row and secret else None


def save_factor(tx: Tx, person_id: str, secret: str | None) -> None:
    """Store a new secret that is not required yet, or remove the second factor (None) with its recovery codes."""
    sealed = tx.ring.seal_text(secret, table="people", column="totp", row=person_id)
    tx.execute(update(people).where(people.c.id == person_id).values(totp=sealed, totp_at=None, totp_step=0))
    put_codes(tx, person_id, ())


def begin_factor(tx: Tx, person_id: str, *, now: datetime) -> None:
    """Require the second factor from now on."""
    tx.execute(update(people).where(people.c.id == person_id).values(totp_at=now))


def use_step(tx: Tx, person_id: str, step: int) -> bool:
    """Use up this time step; False where it, or a later one, was used: a code is accepted once (RFC 6238, 5.2)."""
    statement = (
        update(people)
        .where(people.c.id == person_id, people.c.totp_step < step)
        .values(totp_step=step)
        .returning(people.c.id)
    )
    return tx.execute(statement).first() is not None


def put_codes(tx: Tx, person_id: str, hashes: Sequence[bytes]) -> None:
    """Replace the recovery codes, given as keyed hashes."""
    tx.execute(delete(recovery_codes).where(recovery_codes.c.person_id == person_id))
    if hashes:
        tx.execute(insert(recovery_codes), [{"id": one, "person_id": person_id} for one in hashes])


def use_code(tx: Tx, person_id: str, code_hash: bytes) -> bool:
    """Use up a recovery code; False where it does not exist."""
    statement = (
        delete(recovery_codes)
        .where(recovery_codes.c.id == code_hash, recovery_codes.c.person_id == person_id)
        .returning(recovery_codes.c.id)
    )
    return tx.execute(statement).first() is not None


def count_codes_left(tx: Tx, person_id: str) -> int:
    """Return the number of unused recovery codes."""
    query = select(func.count()).select_from(recovery_codes).where(recovery_codes.c.person_id == person_id)
    return int(tx.execute(query).scalar_one())
