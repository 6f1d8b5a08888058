"""Writes a turn that has effects: key, deeds, outbox rows, receipts in one transaction; in the spool without SQL."""

import types
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import zip_longest
from typing import Any, get_args

from gateway.conversations import apology
from gateway.conversations.effects import Context, apply_effect
from gateway.conversations.sms_turn import TextAnswer
from gateway.domain.events import Reply
from gateway.foundation.ids import new_id
from gateway.foundation.services import Services
from gateway.helpdesk.requests import accept, self_service
from gateway.helpdesk.requests.erase import forget_spooled
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
from gateway.storage.database import Tx, Unavailable
from gateway.storage.reports import FACT

# What is written of a turn that did something: enough to tell its receipt again, word for word.

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRecord:
    """One turn with effects, as the ledger or the spool keeps it.

    Attributes:
        version: the menu version that the session stands on.
        session: where she stood after the step, before the receipts.
        receipts: what came of the effects, in order.
        at: when it was done; words like "today" are made from it, so that every repeat reads the same.
    """

    version: str
    session: Session
    receipts: tuple[Receipt, ...]
    at: datetime

    def to_json(self) -> dict[str, Any]:
        """Return plain data that says its format."""
        return {
            "format": FORMAT,
            "version": self.version,
            "session": sessions.dump_session(self.session),
            "receipts": [write_plain(receipt) for receipt in self.receipts],
            "at": self.at.isoformat(),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "TurnRecord":
        """Read what ``to_json`` wrote."""
        return cls(
            version=value["version"],
            session=sessions.load_session(value["session"]),
            receipts=tuple(receipt_from(item) for item in value["receipts"]),
            at=datetime.fromisoformat(value["at"]),
        )


def write_plain(value: Effect | Receipt) -> dict[str, Any]:
    """Return an effect or a receipt as plain data that names its class."""
    result: dict[str, Any] = {"is": type(value).__name__}
    for field in fields(value):
        item = getattr(value, field.name)
        result[field.name] = item.isoformat() if isinstance(item, datetime) else item
    return result


def effect_from(value: dict[str, Any]) -> Effect:
    """Read an effect back."""
    effect: Effect = _read_value(value, Effect)
    return effect


def receipt_from(value: dict[str, Any]) -> Receipt:
    """Read a receipt back."""
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


SPOOLED_TURN = "turn"


class PromiseBroken(Exception):
    """What she was told did not come true in the ledger: nothing is written, and its file is kept for a person."""


class NotKept(Exception):
    """Neither SQL nor the spool took the turn; she must be told so, never that it was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One input of hers that has effects."""

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
    """Make the turn's effects true, once, however often this very turn comes.

    Returns:
        What came of it; for a repeat, what came of the first one.

    Raises:
        NotKept: nothing was kept.
    """
    promised = _find_promised(parts, turn.key)
    if promised is not None:
        return promised
    try:
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
    """Write key, deeds and receipts; where the key is on record already, read its receipt and write nothing.

    ``told`` is what she was told of each effect already, when a spooled turn is put in.

    Raises:
        PromiseBroken: what she was told would not come true.
    """
    if not conversations.begin_turn(tx, turn.key, session=turn.session_key, kind="effect", now=turn.now):
        found = conversations.find_receipt(tx, turn.key)
        record = TurnRecord.from_json(found) if found else _answer_forgotten(turn)
        return keep_twin(parts, tx, turn, record, told) if told and found else (record, ())
    return _do_effects(parts, tx, turn, told)


def _do_effects(
    parts: Services, tx: Tx, turn: Turn, told: tuple[Receipt, ...]
) -> tuple[TurnRecord, tuple[str, ...]]:
    caller = callers.upsert_caller(tx, turn.number, now=turn.now, trial=turn.trial)
    at = Context(
        key=turn.key,
        session=turn.session_key,
        channel=turn.channel,
        version=turn.version,
        now=turn.now,
    )
    results = [
        apply_effect(parts, tx, effect, caller=caller, at=at, told=said)
        for effect, said in zip_longest(turn.effects, told)
    ]
    receipts = tuple(receipt for receipt, _ in results)
    if not is_kept(told, receipts):
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
    """Keep what a repeat was told in an outage, when its first was written after all and nobody read that answer.

    A further code that she read stands for the request as well; where the first was refused and the repeat was told
    a code, the request is made now.
    """
    for had, said in zip(record.receipts, told, strict=False):
        if isinstance(had, CallbackAccepted) and isinstance(said, CallbackAccepted) and had.code != said.code:
            callbacks.add_told(tx, had.callback, said.code, now=turn.now)
    return (record, ()) if is_kept(told, record.receipts) else _do_effects(parts, tx, turn, told)


def is_kept(told: Sequence[Receipt], came: Sequence[Receipt]) -> bool:
    """Say whether each request that was told is one, and whether none is that was refused."""
    accepted = [isinstance(one, CallbackAccepted) for one in told]
    return not told or accepted == [isinstance(one, CallbackAccepted) for one in came]


def find_record(parts: Services, key: bytes) -> TurnRecord | None:
    """Return what came of a turn whose session is lost; None where it did nothing, or nobody can be asked."""
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
    """Write a spooled turn into SQL, by the same key and as it was told; only then drop the file.

    Raises:
        PromiseBroken: what she was told would not come true; nothing was written.
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
        effects=tuple(effect_from(item) for item in entry["effects"]),
        now=parts.clock.set_right(record.at, mark),
        trial=entry["trial"],
    )
    _, nudges = parts.store.run(lambda tx: write_turn(parts, tx.marked(mark), turn, told=record.receipts))
    if _has_erase(turn):
        forget_spooled(parts, turn.number, trial=turn.trial, until=turn.now)
    parts.spool.drop(key)
    parts.count.add("replayed", channel=turn.channel)
    for row in nudges:
        parts.nudge(row)


def _find_promised(parts: Services, key: bytes) -> TurnRecord | None:
    """Return what was told of a turn that waits in the spool; a spool that cannot be read stops nobody."""
    try:
        entry = parts.spool.load(key)
    except OSError:
        return None
    return TurnRecord.from_json(entry["record"]) if entry else None


def _write_earlier(parts: Services, turn: Turn) -> None:
    """Write what this number left in the spool before this turn, so that her deeds keep their order."""
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
            except Exception as error:  # noqa: BLE001 - one bad entry must not keep her from her next deed
                apology.log_fault(error, new_id(turn.now), "replay")


def _is_of(entry: dict[str, Any], turn: Turn) -> bool:
    return bool(entry["number"] == turn.number and entry["trial"] == turn.trial)


def _has_erase(turn: Turn) -> bool:
    return any(isinstance(effect, EraseEverything) for effect in turn.effects)


def _spool_turn(parts: Services, turn: Turn) -> TurnRecord:
    besides = _codes_told(parts, turn.number)
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
        kept = parts.spool.keep(turn.key, entry)
    except OSError as error:
        raise NotKept from error
    parts.count.add("spooled", channel=turn.channel)
    return TurnRecord.from_json(kept["record"])


def _codes_told(parts: Services, number: str) -> frozenset[str]:
    """Return the codes that this number was told of requests that wait in the spool of this machine."""
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
    """Say what will come of an effect that is kept in the spool; what needs an answer from SQL is not kept."""
    match effect:
        case RequestCallback():
            return accept.promise_request(
                parts, effect=effect, turn_key=turn.key, number=turn.number, now=turn.now, besides=besides
            )
        case CancelCallback():
            return CallbackCancelled()
        case RefuseCalls():
            return Noted()  # what it ends is ended when it is put in, and nobody can begin a call meanwhile
        case ChangeWindow():
            return self_service.promise_change(parts, effect=effect, now=turn.now)
        case EraseEverything():
            return Erased()
        case LookUpCode():
            raise NotKept
        case _:
            return Noted()


def _answer_forgotten(turn: Turn) -> TurnRecord:
    """Answer the repeat of a turn whose receipt was erased since: the neutral receipt, nothing of hers."""
    return TurnRecord(
        version=turn.version, session=turn.session, receipts=_make_neutral(turn.effects), at=turn.now
    )


def _make_neutral(effects: Sequence[Effect]) -> tuple[Receipt, ...]:
    return tuple(Erased() for _ in effects)


# Counts which facts are read, on which screen, so that it can be told later how many read a wrong one.


def read_facts(parts: Services, channel: str, version: str, told: Reply | TextAnswer) -> None:
    """Count each fact of a page or of a text; which value it had follows from the version and the day."""
    for name in told.facts:
        parts.count.add(
            f"{FACT}{name}", told.screen, channel=channel, language=told.language, version=version
        )
