"""Store the devices by which staff are reached and act: browsers that take push messages, phones that open links.

A browser's address and keys are sealed, and our own key towards push services stands beside them. A link is found by
the keyed hash of its token, usable once, and then bound to one phone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from gateway.foundation.time_and_chance import new_id
from gateway.storage.database import Tx, insert_into
from gateway.storage.tables import links, people, push_keys, push_subscriptions

MOST_A_PERSON = 10
"""Browsers of one person; the oldest gives way."""

_KEY = "vapid"
_p = push_subscriptions.c


@dataclass(frozen=True, slots=True, kw_only=True)
class PushAddress:
    """Where and how a browser is reached; the fields are those of the Push API, in base64url."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSubscription:
    """One browser of a person; ``device`` is its name in the person's list."""

    id: str
    person_id: str
    device: str
    made_at: datetime


def save_subscription(tx: Tx, person_id: str, address: PushAddress, *, device: str, now: datetime) -> str:
    """Store a browser, which from now on takes messages for this person only; return the id of its row."""
    hashed = tx.ring.lookup("push", address.endpoint)
    tx.execute(delete(push_subscriptions).where(_p.endpoint == hashed))
    made = new_id(now)
    value: Mapping[str, str] = {
        "endpoint": address.endpoint,
        "p256dh": address.p256dh,
        "auth": address.auth,
    }
    sealed = tx.ring.seal_json(value, table="push_subscriptions", column="address", row=made)
    statement = insert_into(tx, push_subscriptions).values(
        id=made, person_id=person_id, endpoint=hashed, address=sealed, device=device, made_at=now
    )
    tx.execute(statement.on_conflict_do_nothing(index_elements=["endpoint"]))
    spare = select(_p.id).where(_p.person_id == person_id).order_by(_p.id.desc()).offset(MOST_A_PERSON)
    tx.execute(delete(push_subscriptions).where(_p.id.in_(list(tx.execute(spare).scalars()))))
    return made


def list_subscriptions(tx: Tx, person_id: str) -> tuple[PushSubscription, ...]:
    """Return the browsers of a person, the newest first."""
    query = select(_p.id, _p.person_id, _p.device, _p.made_at).where(_p.person_id == person_id)
    return tuple(PushSubscription(**row._asdict()) for row in tx.execute(query.order_by(_p.id.desc())))


def has_subscription(tx: Tx, subscription_id: str) -> bool:
    """Return whether this browser takes messages and its person is still with us."""
    query = select(_p.id).join_from(push_subscriptions, people)
    found = query.where(_p.id == subscription_id, people.c.disabled_at.is_(None))
    return tx.execute(found).first() is not None


def open_address(tx: Tx, subscription_id: str) -> PushAddress | None:
    """Return how a browser is reached; None where it was dropped.

    Raises:
        NotUnsealed: the address cannot be opened.
    """
    row = tx.execute(select(_p.address).where(_p.id == subscription_id)).first()
    if row is None:
        return None
    found = tx.ring.open_json(row.address, table="push_subscriptions", column="address", row=subscription_id)
    return PushAddress(**found) if found else None


def drop_subscription(tx: Tx, subscription_id: str, *, person_id: str = "") -> bool:
    """Delete one browser, of this person if one is named; False where there is none."""
    statement = delete(push_subscriptions).where(_p.id == subscription_id)
    if person_id:
        statement = statement.where(_p.person_id == person_id)
    return tx.execute(statement.returning(_p.id)).first() is not None


def drop_all(tx: Tx, person_id: str) -> None:
    """Delete every browser of a person."""
    tx.execute(delete(push_subscriptions).where(_p.person_id == person_id))


def count_subscriptions(tx: Tx) -> int:
    """Return how many browsers take messages."""
    return int(tx.execute(select(func.count()).select_from(push_subscriptions)).scalar_one())


def find_push_key(tx: Tx) -> bytes | None:
    """Return our private key towards push services; None before it was made."""
    row = tx.execute(select(push_keys.c.secret).where(push_keys.c.id == _KEY)).first()
    text = tx.ring.open_text(row.secret, table="push_keys", column="secret", row=_KEY) if row else None
    return bytes.fromhex(text) if text else None


def add_push_key(tx: Tx, key: bytes, *, now: datetime) -> None:
    """Store our private key, unless there is one: a new one would silence every browser."""
    sealed = tx.ring.seal_text(key.hex(), table="push_keys", column="secret", row=_KEY)
    statement = insert_into(tx, push_keys).values(id=_KEY, secret=sealed, made_at=now)
    tx.execute(statement.on_conflict_do_nothing(index_elements=["id"]))


_COLUMNS = (
    links.c.person_id,
    links.c.callback_id,
    links.c.expires_at,
    links.c.used_at,
    links.c.mark,
    links.c.answered_at,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The person and the request that a link opens.

    ``mark`` is the number by which its text can be answered, of two digits or more; 0 where it cannot.
    """

    person_id: str
    callback_id: str
    expires_at: datetime
    used_at: datetime | None
    mark: int = 0
    answered_at: datetime | None = None


def add_link(
    tx: Tx, token_hash: bytes, *, person_id: str, callback_id: str, expires_at: datetime, mark: int = 0
) -> None:
    """Insert a new link."""
    tx.execute(
        insert(links).values(
            id=token_hash, person_id=person_id, callback_id=callback_id, expires_at=expires_at, mark=mark
        )
    )


def find_link(tx: Tx, token_hash: bytes) -> Link | None:
    """Return a link, used or not."""
    return _read_first(tx, links.c.id == token_hash)


def by_phone(tx: Tx, phone: bytes) -> Link | None:
    """Return the link that was used by the phone with this secret (keyed hash)."""
    return _read_first(tx, links.c.phone == phone)


def use_link(tx: Tx, token_hash: bytes, *, phone: bytes, now: datetime) -> bool:
    """Bind a link to this phone; False where it is used or expired."""
    statement = (
        update(links)
        .where(links.c.id == token_hash, links.c.used_at.is_(None), links.c.expires_at > now)
        .values(used_at=now, phone=phone)
        .returning(links.c.id)
    )
    return tx.execute(statement).first() is not None


def list_marked(tx: Tx, person_ids: Sequence[str], *, since: datetime) -> tuple[Link, ...]:
    """Return these people's links with a mark that expire after this instant, the latest expiry first."""
    if not person_ids:
        return ()
    mine = links.c.person_id.in_(person_ids), links.c.expires_at > since, links.c.mark > 0
    rows = tx.execute(select(*_COLUMNS).where(*mine).order_by(links.c.expires_at.desc(), links.c.id))
    return tuple(Link(**row._asdict()) for row in rows)


def answer_links(tx: Tx, *, person_id: str, callback_id: str, now: datetime) -> bool:
    """Mark this person's links to a request as answered; False where they were, or have expired."""
    statement = (
        update(links)
        .where(
            links.c.person_id == person_id,
            links.c.callback_id == callback_id,
            links.c.answered_at.is_(None),
            links.c.expires_at > now,
            links.c.mark > 0,
        )
        .values(answered_at=now)
        .returning(links.c.id)
    )
    return bool(tx.execute(statement).all())


def _read_first(tx: Tx, condition: ColumnElement[bool]) -> Link | None:
    row = tx.execute(select(*_COLUMNS).where(condition)).first()
    return Link(**row._asdict()) if row is not None else None
