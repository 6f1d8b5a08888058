"""Store browsers that take push messages for a person (address and keys sealed), and our key towards push services."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from gateway.foundation.ids import new_id
from gateway.storage.database import Tx, insert_into
from gateway.storage.tables import people, push_keys, push_subscriptions

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
