"""Commit a turn with effects: turn key, effects, outbox rows and receipts in one transaction; to the spool without SQL.

The turn key makes a repeat return the first receipts instead of acting twice. While SQL is down, the turn and the
receipts promised for it are kept in the spool of this machine, and replayed under the same key.
"""

import types
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import zip_longest
from typing import Any, get_args

from gateway.conversations import ussd_session
from gateway.conversations.effects import Context, apply_effect
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import new_id
from gateway.helpdesk.requests import accept, self_service
from gateway.helpdesk.requests.intake_rules import list_first_codes
from gateway.helpdesk.requests.refuse import forget_spooled
from gateway.menus.engine import session as sessions
from gateway.menus.engine.effects import (
    CallbackAccepted,
    CallbackCancelled,
    CancelCallback,
    ChangeWindow,
    Effect,
    Erased,
    EraseEverything,
    LookUpCode,
    Noted,
    Receipt,
    RefuseCalls,
    RequestCallback,
)
from gateway.menus.engine.session import Session
from gateway.storage import callbacks, callers, conversations
from gateway.storage.callers import Caller
from gateway.storage.database import Tx, Unavailable

# The record of a turn: enough to repeat its reply word for word.

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRecord:
    """One turn with effects, as stored in the ledger or the spool.

    Attributes:
        version: menu version of the session.
        session: the session after the step, before the receipts.
        receipts: results of the effects, in their order.
        at: the instant of the turn; words such as "today" are made from it, so that every repeat reads the same.
    """

    version: str
    session: Session
    receipts: tuple[Receipt, ...]
    at: datetime

    def to_json(self) -> dict[str, Any]:
        """Return plain data: ``format``, ``version``, ``session`` (JSON text), ``receipts``, ``at`` (ISO 8601)."""
        return {
            "format": FORMAT,
            "version": self.version,
            "session": sessions.dump_session(self.session),
            "receipts": [write_plain(receipt) for receipt in self.receipts],
            "at": self.at.isoformat(),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "TurnRecord":
        """Read the data of ``to_json``."""
        return cls(
            version=value["version"],
            session=sessions.load_session(value["session"]),
            receipts=tuple(read_receipt(item) for item in value["receipts"]),
            at=datetime.fromisoformat(value["at"]),
        )


def write_plain(value: Effect | Receipt) -> dict[str, Any]:
    """Return an effect or a receipt as its fields and ``is``, the name of its class; instants in ISO 8601."""
    result: dict[str, Any] = {"is": type(value).__name__}
    for field in fields(value):
        item = getattr(value, field.name)
        result[field.name] = item.isoformat() if isinstance(item, datetime) else item
    return result


def read_effect(value: dict[str, Any]) -> Effect:
    """Read an effect from the data of ``write_plain``."""
    effect: Effect = _read_value(value, Effect)
    return effect


def read_receipt(value: dict[str, Any]) -> Receipt:
    """Read a receipt from the data of ``write_plain``."""
    receipt: Receipt = _read_value(value, Receipt)
    return receipt


def _read_value(value: dict[str, Any], union: types.UnionType) -> Any:
    kinds = {kind.__name__: kind for kind in get_args(union)}
    kind = kinds[value["is"]]
    types_of = {field.name: field.type for field in fields(kind)}
    found = {name: _read_item(item, types_of[name]) for name, item in value.items() if name != "is"}
    return kind(**found)


def _read_item(item: Any, kind: Any) -> Any:
    if kind is datetime:
        return datetime.fromisoformat(item)
    return tuple(item) if isinstance(item, list) else item


# Committing.

SPOOLED_TURN = "turn"


class PromiseBroken(Exception):
    """A replayed turn would not give what the caller was promised: nothing is written, the file is put aside."""


class NotSaved(Exception):
    """Neither SQL nor the spool stored the turn; the caller must get an apology, never a confirmation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One input that has effects.

    ``key`` and ``session_key`` are keyed hashes, equal for every repeat; ``number`` is in E.164; ``session`` is the
    state after the step; ``trial`` marks a simulator phone, whose rows are kept apart from real ones.
    """

    key: bytes
    session_key: bytes
    channel: str
    number: str
    version: str
    session: Session
    effects: tuple[Effect, ...]
    now: datetime
    trial: bool


def commit_turn(parts: Services, turn: Turn) -> TurnRecord:
    """Perform the turn's effects exactly once, however often the same turn arrives.

    Returns:
        The record of this turn; for a repeat, that of the first one.

    Raises:
        NotSaved: neither SQL nor the spool stored anything.
    """
    is_quiet = parts.spool.is_empty()
    promised = None if is_quiet else _find_promised(parts, turn.key)
    if promised is not None:
        return promised
    try:
        if not is_quiet:
            _write_earlier(parts, turn)
        record, nudges = parts.store.run(lambda tx: write_turn(parts, tx, turn))
    except Unavailable:
        return _spool_turn(parts, turn)
    if _has_erase(turn):
        with suppress(OSError):
            forget_spooled(parts, turn.number, trial=turn.trial)
    for row in nudges:
        parts.nudge(row)
    return record


def write_turn(
    parts: Services, tx: Tx, turn: Turn, *, told: tuple[Receipt, ...] = ()
) -> tuple[TurnRecord, tuple[str, ...]]:
    """Write key, effects and receipts; where the key exists, return its record and write nothing.

    ``told`` holds the receipts that were promised while the turn was in the spool. The second result is the ids of
    the outbox rows to nudge after the commit.

    Raises:
        PromiseBroken: the promised receipts would not come true.
    """
    first = next(iter(turn.effects), None)
    asks = not told and tx.dialect == "postgresql" and isinstance(first, RequestCallback)
    begun = callers.begin_turn_of(
        tx, turn.key, session=turn.session_key, kind="effect", number=turn.number, now=turn.now,
        trial=turn.trial, codes=list_first_codes(parts, turn.key) if asks else (),
    )  # fmt: skip
    if begun is None:
        found = conversations.find_receipt(tx, turn.key)
        record = TurnRecord.from_json(found) if found else _answer_forgotten(turn)
        return keep_twin(parts, tx, turn, record, told) if told and found else (record, ())
    return _do_effects(parts, tx, turn, told, begun)


def _do_effects(
    parts: Services, tx: Tx, turn: Turn, told: tuple[Receipt, ...], begun: tuple[Caller, bool]
) -> tuple[TurnRecord, tuple[str, ...]]:
    caller, is_new = begun
    at = Context(
        key=turn.key,
        session=turn.session_key,
        channel=turn.channel,
        version=turn.version,
        now=turn.now,
    )
    results = [
        apply_effect(parts, tx, effect, caller=caller, at=at, told=promise, is_new=is_new and nth == 0)
        for nth, (effect, promise) in enumerate(zip_longest(turn.effects, told))
    ]
    receipts = tuple(receipt for receipt, _ in results)
    if not is_promise_fulfilled(told, receipts):
        raise PromiseBroken
    record = TurnRecord(version=turn.version, session=turn.session, receipts=receipts, at=turn.now)
    gone = _has_erase(turn)
    conversations.finish_turn(
        tx, turn.key, None if gone else record.to_json(), caller_id=None if gone else caller.id
    )
    return record, tuple(row for _, rows in results for row in rows)


def keep_twin(
    parts: Services, tx: Tx, turn: Turn, record: TurnRecord, told: tuple[Receipt, ...]
) -> tuple[TurnRecord, tuple[str, ...]]:
    """Reconcile a spooled repeat with its first turn, which was committed although its reply never arrived.

    A second code that was promised becomes a further code of the same request. Where the first was refused and the
    repeat was promised a request, the request is made now.
    """
    for had, promise in zip(record.receipts, told, strict=False):
        if (
            isinstance(had, CallbackAccepted)
            and isinstance(promise, CallbackAccepted)
            and had.code != promise.code
        ):
            callbacks.add_code(tx, had.callback, promise.code, now=turn.now)
    if is_promise_fulfilled(told, record.receipts):
        return record, ()
    begun = callers.upsert_caller_row(tx, turn.number, now=turn.now, trial=turn.trial)
    return _do_effects(parts, tx, turn, told, begun)


def is_promise_fulfilled(told: Sequence[Receipt], came: Sequence[Receipt]) -> bool:
    """Say whether exactly those effects made a request for which a request was promised."""
    accepted = [isinstance(one, CallbackAccepted) for one in told]
    return not told or accepted == [isinstance(one, CallbackAccepted) for one in came]


def find_record(parts: Services, key: bytes) -> TurnRecord | None:
    """Return the record of a turn whose session is lost; None where it had no effects, or SQL is unavailable."""
    promised = _find_promised(parts, key)
    if promised is not None:
        return promised
    try:
        with parts.store.read() as tx:
            found = conversations.find_receipt(tx, key)
    except Unavailable:
        return None
    return TurnRecord.from_json(found) if found else None


def replay_turn(parts: Services, key: bytes, entry: dict[str, Any]) -> None:
    """Write a spooled turn into SQL under its own key and with its promised receipts, then drop the file.

    ``entry`` is what ``_spool_turn`` wrote: ``kind``, ``channel``, ``number``, ``trial``, ``session_key`` (hex),
    ``effects``, ``record`` and ``mark`` (clock mark).

    Raises:
        PromiseBroken: a promise would not come true; nothing was written.
    """
    record = TurnRecord.from_json(entry["record"])
    mark = entry.get("mark", "")
    turn = Turn(
        key=key,
        session_key=bytes.fromhex(entry["session_key"]),
        channel=entry["channel"],
        number=entry["number"],
        version=record.version,
        session=record.session,
        effects=tuple(read_effect(item) for item in entry["effects"]),
        now=parts.clock.set_right(record.at, mark),
        trial=entry["trial"],
    )
    _, nudges = parts.store.run(lambda tx: write_turn(parts, tx.mark_as(mark), turn, told=record.receipts))
    if _has_erase(turn):
        forget_spooled(parts, turn.number, trial=turn.trial, until=turn.now)
    parts.spool.drop(key)
    parts.count.add("replayed", channel=turn.channel)
    for row in nudges:
        parts.nudge(row)


def _find_promised(parts: Services, key: bytes) -> TurnRecord | None:
    """Return the record of a turn that waits in the spool; an unreadable spool counts as empty."""
    try:
        entry = parts.spool.load(key)
    except OSError:
        return None
    return TurnRecord.from_json(entry["record"]) if entry else None


def _write_earlier(parts: Services, turn: Turn) -> None:
    """Replay this number's spooled turns first, so that its effects keep their order."""
    try:
        waiting = [(key, parts.spool.load(key)) for key in parts.spool.list()]
    except OSError:
        return
    for key, entry in waiting:
        if entry and entry["kind"] == SPOOLED_TURN and _is_of(entry, turn):
            try:
                replay_turn(parts, key, entry)
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 - one bad entry must not block later turns of the caller
                ussd_session.log_fault(error, new_id(turn.now), "replay")


def _is_of(entry: dict[str, Any], turn: Turn) -> bool:
    return bool(entry["number"] == turn.number and entry["trial"] == turn.trial)


def _has_erase(turn: Turn) -> bool:
    return any(isinstance(effect, EraseEverything) for effect in turn.effects)


def _spool_turn(parts: Services, turn: Turn) -> TurnRecord:
    besides = _list_promised_codes(parts, turn.number)
    receipts = [_promise_effect(parts, turn, effect, besides) for effect in turn.effects]
    record = TurnRecord(version=turn.version, session=turn.session, receipts=tuple(receipts), at=turn.now)
    entry = {
        "kind": SPOOLED_TURN,
        "channel": turn.channel,
        "number": turn.number,
        "trial": turn.trial,
        "session_key": turn.session_key.hex(),
        "effects": [write_plain(effect) for effect in turn.effects],
        "record": record.to_json(),
        "mark": parts.clock.mark(),
    }
    try:
        stored = parts.spool.keep(turn.key, entry)
    except OSError as error:
        raise NotSaved from error
    parts.count.add("spooled", channel=turn.channel)
    return TurnRecord.from_json(stored["record"])


def _list_promised_codes(parts: Services, number: str) -> frozenset[str]:
    """Return the codes that were promised to this number for requests in this machine's spool."""
    try:
        waiting = [parts.spool.load(key) for key in parts.spool.list()]
    except OSError:
        return frozenset()
    told = [
        receipt
        for entry in waiting
        if entry and entry["kind"] == SPOOLED_TURN and entry["number"] == number
        for receipt in TurnRecord.from_json(entry["record"]).receipts
    ]
    return frozenset(receipt.code for receipt in told if isinstance(receipt, CallbackAccepted))


def _promise_effect(parts: Services, turn: Turn, effect: Effect, besides: frozenset[str]) -> Receipt:
    """Return the receipt to promise for a spooled effect; an effect that needs data from SQL raises NotSaved."""
    match effect:
        case RequestCallback():
            return accept.promise_request(
                parts, effect=effect, turn_key=turn.key, number=turn.number, now=turn.now, besides=besides
            )
        case CancelCallback():
            return CallbackCancelled()
        case RefuseCalls():
            return Noted()  # requests end at the replay; until then no call can start, since SQL is down
        case ChangeWindow():
            return self_service.promise_change(parts, effect=effect, now=turn.now)
        case EraseEverything():
            return Erased()
        case LookUpCode():
            raise NotSaved
        case _:
            return Noted()


def _answer_forgotten(turn: Turn) -> TurnRecord:
    """Return a neutral record for the repeat of a turn whose receipts have been erased."""
    return TurnRecord(
        version=turn.version, session=turn.session, receipts=_make_neutral(turn.effects), at=turn.now
    )


def _make_neutral(effects: Sequence[Effect]) -> tuple[Receipt, ...]:
    return tuple(Erased() for _ in effects)
