"""Settings that an administrator changes while the house runs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update

from gateway.channels.contract import Channel
from gateway.storage.database import Tx, insert_into
from gateway.storage.tables import audit, callbacks, chores, outbox, settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """When a setting was written last, and by whom."""

    at: datetime
    by: str


def get_setting(tx: Tx, name: str, default: Any = None) -> Any:
    """Return the value of this name, or the default where nobody has set it."""
    row = tx.execute(select(settings.c.value).where(settings.c.name == name)).first()
    return default if row is None else row.value


def find_change(tx: Tx, name: str) -> Changed | None:
    """Return when the value of this name was written last; None where nobody has set it."""
    row = tx.execute(select(settings.c.at, settings.c.by).where(settings.c.name == name)).first()
    return None if row is None else Changed(at=row.at, by=row.by)


def save_setting(tx: Tx, name: str, value: Any, *, by: str, now: datetime) -> int:
    """Set the value; return how many times it was changed since it was first set.

    Raises:
        ValueError: nothing is no value; a setting is on or off, not absent.
    """
    if value is None:
        raise ValueError("a setting has a value")
    insert = insert_into(tx, settings).values(name=name, value=value, rev=0, by=by, at=now)
    said = {"value": insert.excluded.value, "by": insert.excluded.by, "at": insert.excluded.at}
    statement = insert.on_conflict_do_update(
        index_elements=["name"], set_=said | {"rev": settings.c.rev + 1}
    ).returning(settings.c.rev)
    return int(tx.execute(statement).scalar_one())


def put_if_new(tx: Tx, name: str, value: Any, *, by: str, now: datetime) -> bool:
    """Set the value unless the name has one; return whether it was us, of many at once."""
    insert = insert_into(tx, settings).values(name=name, value=value, rev=0, by=by, at=now)
    statement = insert.on_conflict_do_nothing(index_elements=["name"]).returning(settings.c.name)
    return tx.execute(statement).first() is not None


# Chores: who does which one now, and when it is due again; by these rows a second clock is harmless.


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoreRow:
    """One chore as the table has it."""

    name: str
    due_at: datetime
    lease_until: datetime | None
    ok_at: datetime | None
    fault: str


def lease_task(tx: Tx, name: str, *, token: str, now: datetime, every: timedelta, lease: timedelta) -> bool:
    """Take a due chore that nobody holds; False where there is nothing to do.

    A due time or a lease further away than it is ever set was written by a clock that ran ahead, and does not
    count.
    """
    fresh = insert_into(tx, chores).values(name=name, due_at=now)
    tx.execute(fresh.on_conflict_do_nothing(index_elements=["name"]))
    c = chores.c
    statement = (
        update(chores)
        .where(
            c.name == name,
            or_(c.due_at <= now, c.due_at > now + every),
            or_(c.lease_until.is_(None), c.lease_until <= now, c.lease_until > now + lease),
        )
        .values(token=token, lease_until=now + lease)
        .returning(c.name)
    )
    return tx.execute(statement).first() is not None


def finish_task(tx: Tx, name: str, *, token: str, due_at: datetime, now: datetime, fault: str = "") -> None:
    """Give a chore back, with the word for what stopped it, if anything did."""
    values: dict[str, object] = {"token": None, "lease_until": None, "due_at": due_at, "fault": fault}
    if not fault:
        values["ok_at"] = now
    tx.execute(update(chores).where(chores.c.name == name, chores.c.token == token).values(**values))


def list_tasks(tx: Tx) -> tuple[ChoreRow, ...]:
    """Return every chore."""
    c = chores.c
    rows = tx.execute(select(c.name, c.due_at, c.lease_until, c.ok_at, c.fault).order_by(c.name))
    return tuple(ChoreRow(**row._asdict()) for row in rows)


def find_newest(tx: Tx) -> datetime | None:
    """Return the newest instant that the ledger knows; a clock that stands behind it is wrong, or was."""
    instants = [
        tx.execute(select(func.max(column))).scalar()
        for column in (outbox.c.at, audit.c.at, chores.c.ok_at, callbacks.c.last_asked_at)
    ]
    return max((instant for instant in instants if instant is not None), default=None)


# Whether calls and texts are stopped because the clock was found wrong; asked in the transaction that would
# ring.

SETTING = "clock_guard"


def is_on(tx: Tx) -> bool:
    """Say whether nothing may leave and nobody be called until a person has confirmed the clock."""
    return bool(get_setting(tx, SETTING, {}).get("on"))


# What each line last told of itself; by it a line that has fallen silent is known to everybody.

PREFIX = "line-life:"
"""What the name of the setting begins with; the line's name follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What a line last told of itself.

    Attributes:
        seen_at: when it was last heard from; None where it never was.
        battery: in percent.
        charging: whether it hangs on a charger.
        failed: texts that failed there in an hour.
        silent: people were told that it is silent.
    """

    seen_at: datetime | None = None
    battery: int | None = None
    charging: bool | None = None
    failed: int | None = None
    silent: bool = False


def find_heartbeat(tx: Tx, channel: str) -> Life:
    """Return what is known of a line."""
    kept: dict[str, Any] = get_setting(tx, PREFIX + channel, {})
    at = kept.get("seen_at")
    return Life(**{**kept, "seen_at": datetime.fromisoformat(at) if at else None})


def save_heartbeat(tx: Tx, channel: str, known: Life, *, now: datetime) -> None:
    """Write what is known of a line now."""
    value = asdict(known) | {"seen_at": known.seen_at.isoformat() if known.seen_at else None}
    save_setting(tx, PREFIX + channel, value, by="line", now=now)


def touch_heartbeat(tx: Tx, channel: str, heard_at: datetime) -> None:
    """Note when a channel was last heard from, and leave what it told of itself as it is."""
    known = find_heartbeat(tx, channel)
    if known.seen_at is None or known.seen_at < heard_at:
        save_heartbeat(tx, channel, replace(known, seen_at=heard_at), now=heard_at)


def is_silent(channel: Channel, known: Life, now: datetime) -> bool:
    """Say whether a line that was heard from once has said nothing for longer than it should."""
    after = channel.contract.silent_after
    return after is not None and known.seen_at is not None and now - known.seen_at > after


def list_silent(tx: Tx, channels: Mapping[str, Channel], now: datetime) -> frozenset[str]:
    """Return the lines that are silent; nothing leaves by them, since nobody knows how far it would come."""
    return frozenset(
        name
        for name, channel in channels.items()
        if channel.contract.silent_after is not None and is_silent(channel, find_heartbeat(tx, name), now)
    )
