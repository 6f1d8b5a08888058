"""Store settings that change at run time, periodic tasks, channel heartbeats, and the clock guard with its corrections.

Instants that were written while the clock was wrong are found and corrected by the monotonic mark of each row.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, bindparam, delete, func, or_, select, text, update

from gateway.channels.contract import Channel
from gateway.domain.contact_safety import SafeContact
from gateway.storage.callbacks import Callback, open_row
from gateway.storage.callers import seal_contact
from gateway.storage.database import Tx, insert_into
from gateway.storage.tables import (
    LIVE,
    PENDING,
    attempts,
    audit,
    callbacks,
    callers,
    chores,
    outbox,
    settings,
    texts,
    tries,
)
from gateway.storage.value_limits import CompiledStatement

_VALUE = CompiledStatement(select(settings.c.value).where(settings.c.name == bindparam("_name")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """When a setting was last written, and by whom."""

    at: datetime
    by: str


BACKUP_MARK = "backup.taken"
"""Name of the setting that says when the last backup was written."""


def get_setting(tx: Tx, name: str, default: Any = None) -> Any:
    """Return the value of this name (any JSON value), or the default where it is not set."""
    row = tx.execute(_VALUE, {"_name": name}).first()
    return default if row is None else row.value


def find_change(tx: Tx, name: str) -> Changed | None:
    """Return when this setting was last written; None where it is not set."""
    row = tx.execute(select(settings.c.at, settings.c.by).where(settings.c.name == name)).first()
    return None if row is None else Changed(at=row.at, by=row.by)


def save_setting(tx: Tx, name: str, value: Any, *, by: str, now: datetime) -> int:
    """Store the value (any JSON value but null); return how often it has changed since it was first set.

    Raises:
        ValueError: the value is None; a setting is on or off, not absent.
    """
    if value is None:
        raise ValueError("a setting has a value")
    insert = insert_into(tx, settings).values(name=name, value=value, rev=0, by=by, at=now)
    changed = {"value": insert.excluded.value, "by": insert.excluded.by, "at": insert.excluded.at}
    statement = insert.on_conflict_do_update(
        index_elements=["name"], set_=changed | {"rev": settings.c.rev + 1}
    ).returning(settings.c.rev)
    return int(tx.execute(statement).scalar_one())


def drop_setting(tx: Tx, name: str) -> bool:
    """Delete the value of this name; False where it has none."""
    statement = delete(settings).where(settings.c.name == name).returning(settings.c.name)
    return tx.execute(statement).first() is not None


SAMPLES = "sample-data"
"""Name of the setting that stands while sample data is in, so that a page learns it by one key; and of its audit rows.

Two presses at once wait for each other at this row.
"""


def put_if_new(tx: Tx, name: str, value: Any, *, by: str, now: datetime) -> bool:
    """Store the value unless the name has one; return whether this call stored it."""
    insert = insert_into(tx, settings).values(name=name, value=value, rev=0, by=by, at=now)
    statement = insert.on_conflict_do_nothing(index_elements=["name"]).returning(settings.c.name)
    return tx.execute(statement).first() is not None


# Settings of the file that pages changed: one row each, which stays when the file's value counts again.

OWN = "own:"
"""Prefix of the names of such rows; the setting's key follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSetting:
    """One setting of the file that was changed on a page.

    Attributes:
        key: which setting.
        value: any JSON value; None where the file's counts again.
        rev: how often it was changed, for a form that must not overwrite what it has not seen.
        by: who changed it last.
        at: when.
        why: the sentence that was given for it.
        past: the changes before, newest first: value, by, at (ISO 8601) and why of each.
    """

    key: str
    value: Any
    rev: int
    by: str
    at: datetime
    why: str
    past: tuple[Mapping[str, Any], ...] = ()


_MOST_PAST = 12
_OWN = select(settings).where(settings.c.name >= OWN, settings.c.name < OWN[:-1] + chr(ord(OWN[-1]) + 1))


def list_own(tx: Tx) -> dict[str, OwnSetting]:
    """Return key → setting of every one that was ever changed on a page."""
    return {own.key: own for own in map(_read_own, tx.execute(_OWN))}


def _read_own(row: Row[Any]) -> OwnSetting:
    stored: Mapping[str, Any] = row.value
    return OwnSetting(
        key=row.name.removeprefix(OWN),
        value=stored.get("value"),
        rev=row.rev,
        by=row.by,
        at=row.at,
        why=str(stored.get("why", "")),
        past=tuple(stored.get("past", ())),
    )


def save_own(
    tx: Tx, key: str, value: Any, *, why: str, before: OwnSetting | None, by: str, now: datetime
) -> bool:
    """Store a changed setting; False where another change came after the one that was read, ``before``."""
    past: list[Mapping[str, Any]] = []
    if before is not None:
        last = {"value": before.value, "by": before.by, "at": before.at.isoformat(), "why": before.why}
        past = [last, *before.past][:_MOST_PAST]
    stored = {"value": value, "why": why, "past": past}
    insert = insert_into(tx, settings).values(name=OWN + key, value=stored, rev=0, by=by, at=now)
    if before is None:
        statement = insert.on_conflict_do_nothing(index_elements=["name"]).returning(settings.c.rev)
        return tx.execute(statement).first() is not None
    changed = (
        update(settings)
        .where(settings.c.name == OWN + key, settings.c.rev == before.rev)
        .values(value=stored, by=by, at=now, rev=settings.c.rev + 1)
        .returning(settings.c.rev)
    )
    return tx.execute(changed).first() is not None


# Periodic tasks: leases and due times, so that a second scheduler process does no harm.


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoreRow:
    """One periodic task as stored."""

    name: str
    due_at: datetime
    lease_until: datetime | None
    ok_at: datetime | None
    fault: str


def lease_task(tx: Tx, name: str, *, token: str, now: datetime, every: timedelta, lease: timedelta) -> bool:
    """Lease a due task that nobody holds; False where there is nothing to do.

    A due time or lease further ahead than it is ever set was written by a fast clock and is ignored.
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
    """Release a task, with the name of the error that stopped it, if any."""
    values: dict[str, object] = {"token": None, "lease_until": None, "due_at": due_at, "fault": fault}
    if not fault:
        values["ok_at"] = now
    tx.execute(update(chores).where(chores.c.name == name, chores.c.token == token).values(**values))


def list_tasks(tx: Tx) -> tuple[ChoreRow, ...]:
    """Return every periodic task."""
    c = chores.c
    rows = tx.execute(select(c.name, c.due_at, c.lease_until, c.ok_at, c.fault).order_by(c.name))
    return tuple(ChoreRow(**row._asdict()) for row in rows)


def find_newest(tx: Tx) -> datetime | None:
    """Return the newest instant in the ledger; a clock behind it is or was wrong."""
    instants = [
        tx.execute(select(func.max(column))).scalar()
        for column in (outbox.c.at, audit.c.at, chores.c.ok_at, callbacks.c.last_asked_at)
    ]
    return max((instant for instant in instants if instant is not None), default=None)


# Clock guard: calls and texts stop while the clock is in doubt; read in the transaction that would call.

SETTING = "clock_guard"


def is_on(tx: Tx) -> bool:
    """Say whether sending and calling are stopped until staff have confirmed the clock."""
    return bool(get_setting(tx, SETTING, {}).get("on"))


# Heartbeats of channels, by which every process knows a silent one.

PREFIX = "line-life:"
"""Prefix of the setting's name; the channel's name follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The last heartbeat of a channel.

    Attributes:
        seen_at: when it was last heard from; None where never.
        battery: in percent.
        charging: whether it is connected to a charger.
        failed: texts that failed there in an hour.
        silent: staff were alerted to its silence.
    """

    seen_at: datetime | None = None
    battery: int | None = None
    charging: bool | None = None
    failed: int | None = None
    silent: bool = False


def find_heartbeat(tx: Tx, channel: str) -> Life:
    """Return the heartbeat of a channel."""
    return read_life(get_setting(tx, PREFIX + channel, {}))


def read_life(stored: Mapping[str, Any]) -> Life:
    """Return the heartbeat of a stored value."""
    at = stored.get("seen_at")
    return Life(**{**stored, "seen_at": datetime.fromisoformat(at) if at else None})


def save_heartbeat(tx: Tx, channel: str, known: Life, *, now: datetime) -> None:
    """Store the heartbeat of a channel."""
    value = asdict(known) | {"seen_at": known.seen_at.isoformat() if known.seen_at else None}
    save_setting(tx, PREFIX + channel, value, by="line", now=now)


def touch_heartbeat(tx: Tx, channel: str, heard_at: datetime) -> None:
    """Store when a channel was last heard from, leaving the rest of its heartbeat."""
    known = find_heartbeat(tx, channel)
    if known.seen_at is None or known.seen_at < heard_at:
        save_heartbeat(tx, channel, replace(known, seen_at=heard_at), now=heard_at)


def is_silent(channel: Channel, known: Life, now: datetime) -> bool:
    """Say whether a channel that was heard from before has been silent for longer than allowed."""
    after = channel.contract.silent_after
    return after is not None and known.seen_at is not None and now - known.seen_at > after


def list_silent(tx: Tx, channels: Mapping[str, Channel], now: datetime) -> frozenset[str]:
    """Return the silent channels; nothing is sent through them."""
    return frozenset(
        name
        for name, channel in channels.items()
        if channel.contract.silent_after is not None and is_silent(channel, find_heartbeat(tx, name), now)
    )


@dataclass(frozen=True, slots=True)
class Marked:
    """A row's id, its clock mark, and the wall-clock instant that was written."""

    id: str
    mark: str
    at: datetime


def list_marked_requests(tx: Tx, boots: Collection[str]) -> tuple[Callback, ...]:
    """Return the requests made during these boots of the machine, in any state."""
    query = select(callbacks).where(_of_runs(callbacks, boots)).with_for_update()
    return tuple(open_row(tx, row) for row in tx.execute(query))


def list_marked_texts(tx: Tx, boots: Collection[str]) -> tuple[Marked, ...]:
    """Return the texts received during these boots of the machine."""
    query = select(texts.c.id, texts.c.mark, texts.c.at).where(_of_runs(texts, boots))
    return tuple(Marked(row.id, row.mark, row.at) for row in tx.execute(query))


def list_marked_rows(tx: Tx, boots: Collection[str]) -> tuple[Marked, ...]:
    """Return the pending outbox rows added during these boots of the machine."""
    query = select(outbox.c.id, outbox.c.mark, outbox.c.at).where(text(PENDING), _of_runs(outbox, boots))
    return tuple(Marked(row.id, row.mark, row.at) for row in tx.execute(query))


def move_text(tx: Tx, text_id: str, by: timedelta, at: datetime) -> None:
    """Shift the instant of a text."""
    tx.execute(update(texts).where(texts.c.id == text_id).values(at=at + by))


def move_row(tx: Tx, row_id: str, by: timedelta) -> None:
    """Shift all instants of an outbox row, so that its lifetime stays as intended."""
    row = tx.execute(select(outbox).where(outbox.c.id == row_id)).one()
    moved = {"at": row.at + by, "due_at": row.due_at + by, "expires_at": row.expires_at + by}
    tx.execute(update(outbox).where(outbox.c.id == row_id).values(**moved, nudged_at=None))


def keep_contact(tx: Tx, caller_id: str, contact: SafeContact, *, contacted_at: datetime) -> None:
    """Write corrected safety answers of a number, and when it was last in contact."""
    sealed = seal_contact(tx, caller_id, contact)
    statement = update(callers).where(callers.c.id == caller_id, callers.c.contact.is_not(None))
    tx.execute(statement.values(contact=sealed, contacted_at=contacted_at))


def end_impossible(tx: Tx, now: datetime, *, held_until: datetime, lease_until: datetime) -> None:
    """Set instants after ``now`` to ``now``, and restart the leases of all claims and running calls."""
    c, a = callbacks.c, attempts.c
    tx.execute(
        update(callbacks).where(or_(c.closed_at > now, c.closed_at < c.asked_at)).values(closed_at=now)
    )
    tx.execute(update(callbacks).where(c.state == "claimed").values(held_until=held_until))
    tx.execute(update(attempts).where(text(LIVE)).values(lease_until=lease_until))
    tx.execute(update(attempts).where(a.started_at > now).values(started_at=now))
    tx.execute(update(callers).where(callers.c.contacted_at > now).values(contacted_at=now))
    tx.execute(update(tries).where(tries.c.last_at > now).values(last_at=now))


def _of_runs(table: Table, boots: Collection[str]) -> ColumnElement[bool]:
    return or_(*(table.c.mark.startswith(f"{boot}:", autoescape=True) for boot in sorted(boots)))
