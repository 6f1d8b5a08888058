"""Writes a turn that has effects: key, deeds, outbox rows, receipts in one transaction; in the spool without SQL."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from gateway.conversation import fallback
from gateway.conversation.apply import Context, apply
from gateway.conversation.record import Record, effect_from, plain
from gateway.desk import accept, hers
from gateway.desk.erasing import forget_spooled
from gateway.engine.effects import (
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
from gateway.engine.session import Session
from gateway.ids import new_id
from gateway.parts import Parts
from gateway.store import callers, codes_in_use, turns
from gateway.store.engines import Tx, Unavailable

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


def commit(parts: Parts, turn: Turn) -> Record:
    """Make the turn's effects true, once, however often this very turn comes.

    Returns:
        What came of it; for a repeat, what came of the first one.

    Raises:
        NotKept: nothing was kept.
    """
    promised = _promised(parts, turn.key)
    if promised is not None:
        return promised
    try:
        _earlier(parts, turn)
        record, nudges = parts.store.run(lambda tx: write(parts, tx, turn))
    except Unavailable:
        return _spool(parts, turn)
    if _erases(turn):
        with suppress(OSError):
            forget_spooled(parts, turn.number, trial=turn.trial)
    for row in nudges:
        parts.nudge(row)
    return record


def write(
    parts: Parts, tx: Tx, turn: Turn, *, told: tuple[Receipt, ...] = ()
) -> tuple[Record, tuple[str, ...]]:
    """Write key, deeds and receipts; where the key is on record already, read its receipt and write nothing.

    ``told`` is what she was told of each effect already, when a spooled turn is put in.

    Raises:
        PromiseBroken: what she was told would not come true.
    """
    if not turns.begin(tx, turn.key, session=turn.session_key, kind="effect", now=turn.now):
        found = turns.receipt(tx, turn.key)
        record = Record.from_json(found) if found else _forgotten(turn)
        return keep_twin(parts, tx, turn, record, told) if told and found else (record, ())
    return _done(parts, tx, turn, told)


def _done(parts: Parts, tx: Tx, turn: Turn, told: tuple[Receipt, ...]) -> tuple[Record, tuple[str, ...]]:
    caller = callers.upsert(tx, turn.number, now=turn.now, trial=turn.trial)
    at = Context(
        key=turn.key,
        session=turn.session_key,
        channel=turn.channel,
        version=turn.version,
        now=turn.now,
    )
    results = [
        apply(parts, tx, effect, caller=caller, at=at, told=said)
        for effect, said in zip_longest(turn.effects, told)
    ]
    receipts = tuple(receipt for receipt, _ in results)
    if not is_kept(told, receipts):
        raise PromiseBroken
    record = Record(version=turn.version, session=turn.session, receipts=receipts, at=turn.now)
    gone = _erases(turn)
    turns.finish(tx, turn.key, None if gone else record.to_json(), caller_id=None if gone else caller.id)
    return record, tuple(row for _, rows in results for row in rows)


def keep_twin(
    parts: Parts, tx: Tx, turn: Turn, record: Record, told: tuple[Receipt, ...]
) -> tuple[Record, tuple[str, ...]]:
    """Keep what a repeat was told in an outage, when its first was written after all and nobody read that answer.

    A further code that she read stands for the request as well; where the first was refused and the repeat was told
    a code, the request is made now.
    """
    for had, said in zip(record.receipts, told, strict=False):
        if isinstance(had, CallbackAccepted) and isinstance(said, CallbackAccepted) and had.code != said.code:
            codes_in_use.add_told(tx, had.callback, said.code, now=turn.now)
    return (record, ()) if is_kept(told, record.receipts) else _done(parts, tx, turn, told)


def is_kept(told: Sequence[Receipt], came: Sequence[Receipt]) -> bool:
    """Say whether each request that was told is one, and whether none is that was refused."""
    accepted = [isinstance(one, CallbackAccepted) for one in told]
    return not told or accepted == [isinstance(one, CallbackAccepted) for one in came]


def recorded(parts: Parts, key: bytes) -> Record | None:
    """Return what came of a turn whose session is lost; None where it did nothing, or nobody can be asked."""
    promised = _promised(parts, key)
    if promised is not None:
        return promised
    try:
        with parts.store.read() as tx:
            found = turns.receipt(tx, key)
    except Unavailable:
        return None
    return Record.from_json(found) if found else None


def replay(parts: Parts, key: bytes, entry: dict[str, Any]) -> None:
    """Write a spooled turn into SQL, by the same key and as it was told; only then drop the file.

    Raises:
        PromiseBroken: what she was told would not come true; nothing was written.
    """
    record = Record.from_json(entry["record"])
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
    _, nudges = parts.store.run(lambda tx: write(parts, tx.marked(mark), turn, told=record.receipts))
    if _erases(turn):
        forget_spooled(parts, turn.number, trial=turn.trial, until=turn.now)
    parts.spool.drop(key)
    parts.count.add("replayed", channel=turn.channel)
    for row in nudges:
        parts.nudge(row)


def _promised(parts: Parts, key: bytes) -> Record | None:
    """Return what was told of a turn that waits in the spool; a spool that cannot be read stops nobody."""
    try:
        entry = parts.spool.load(key)
    except OSError:
        return None
    return Record.from_json(entry["record"]) if entry else None


def _earlier(parts: Parts, turn: Turn) -> None:
    """Write what this number left in the spool before this turn, so that her deeds keep their order."""
    try:
        waiting = [(key, parts.spool.load(key)) for key in parts.spool.list()]
    except OSError:
        return
    for key, entry in waiting:
        if entry and entry["kind"] == SPOOLED_TURN and _is_of(entry, turn):
            try:
                replay(parts, key, entry)
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 - one bad entry must not keep her from her next deed
                fallback.log_fault(error, new_id(turn.now), "replay")


def _is_of(entry: dict[str, Any], turn: Turn) -> bool:
    return bool(entry["number"] == turn.number and entry["trial"] == turn.trial)


def _erases(turn: Turn) -> bool:
    return any(isinstance(effect, EraseEverything) for effect in turn.effects)


def _spool(parts: Parts, turn: Turn) -> Record:
    besides = _codes_told(parts, turn.number)
    receipts = [_promise(parts, turn, effect, besides) for effect in turn.effects]
    record = Record(version=turn.version, session=turn.session, receipts=tuple(receipts), at=turn.now)
    entry = {
        "kind": SPOOLED_TURN,
        "channel": turn.channel,
        "number": turn.number,
        "trial": turn.trial,
        "session_key": turn.session_key.hex(),
        "effects": [plain(effect) for effect in turn.effects],
        "record": record.to_json(),
        "mark": parts.clock.mark(),
    }
    try:
        kept = parts.spool.keep(turn.key, entry)
    except OSError as error:
        raise NotKept from error
    parts.count.add("spooled", channel=turn.channel)
    return Record.from_json(kept["record"])


def _codes_told(parts: Parts, number: str) -> frozenset[str]:
    """Return the codes that this number was told of requests that wait in the spool of this machine."""
    try:
        waiting = [parts.spool.load(key) for key in parts.spool.list()]
    except OSError:
        return frozenset()
    told = [
        receipt
        for entry in waiting
        if entry and entry["kind"] == SPOOLED_TURN and entry["number"] == number
        for receipt in Record.from_json(entry["record"]).receipts
    ]
    return frozenset(receipt.code for receipt in told if isinstance(receipt, CallbackAccepted))


def _promise(parts: Parts, turn: Turn, effect: Effect, besides: frozenset[str]) -> Receipt:
    """Say what will come of an effect that is kept in the spool; what needs an answer from SQL is not kept."""
    match effect:
        case RequestCallback():
            return accept.promise(
                parts, effect=effect, turn_key=turn.key, number=turn.number, now=turn.now, besides=besides
            )
        case CancelCallback():
            return CallbackCancelled()
        case RefuseCalls():
            return Noted()  # what it ends is ended when it is put in, and nobody can begin a call meanwhile
        case ChangeWindow():
            return hers.promise_change(parts, effect=effect, now=turn.now)
        case EraseEverything():
            return Erased()
        case LookUpCode():
            raise NotKept
        case _:
            return Noted()


def _forgotten(turn: Turn) -> Record:
    """Answer the repeat of a turn whose receipt was erased since: the neutral receipt, nothing of hers."""
    return Record(version=turn.version, session=turn.session, receipts=_neutral(turn.effects), at=turn.now)


def _neutral(effects: Sequence[Effect]) -> tuple[Receipt, ...]:
    return tuple(Erased() for _ in effects)
