"""A text by SMS: one transaction from dedupe to the reply in the outbox; without SQL it is spooled whole."""

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.conversation import fallback, thread
from gateway.conversation.understood import Answer
from gateway.engine.sms import as_sms
from gateway.ids import new_id
from gateway.messages import Inbound, Kind
from gateway.numbers import to_e164
from gateway.parts import Parts
from gateway.store import budgets, callers, outbox, threads, turns
from gateway.store.callers import Caller
from gateway.store.engines import Tx, Unavailable

SPOOLED_TEXT = "text"
ANSWER_AGE = timedelta(minutes=10)
REPLIES_A_DAY = 40
"""Answers that one number gets in a day; two phones that answer each other stop here."""

SAME_TEXT = 5
"""Equal texts in half an hour after which a number gets no answer: a machine is talking to us."""

LINE_REPLIES_AN_HOUR = 600
"""Answers of one channel in an hour, so that a flood of made-up numbers cannot spend the line's money."""


def take(parts: Parts, inbound: Inbound) -> bool:
    """Take one text. Returns False only where it could be kept nowhere, so that the provider comes again."""
    number = to_e164(inbound.number, parts.line.regions)
    if number is None:
        parts.count.add("not_a_number", channel=inbound.channel)
        return True
    inbound = replace(inbound, number=number)
    try:
        accept(parts, inbound, now=parts.clock.now())
    except Unavailable:
        return _spool(parts, inbound)
    except Exception as error:  # noqa: BLE001 - one text that we cannot digest must not block those behind it
        event = new_id(parts.clock.now())
        fallback.log_fault(error, event, "text")
        parts.count.add("fault", channel=inbound.channel)
        return _spool(parts, inbound)
    return True


def accept(parts: Parts, inbound: Inbound, *, now: datetime) -> None:
    """Do all that one text asks for, once, however often it comes.

    Raises:
        Unavailable: SQL cannot be asked; nothing was done.
    """
    for row in parts.store.run(lambda tx: _write(parts, tx, inbound, now)):
        parts.nudge(row)


def replay(parts: Parts, key: bytes, entry: dict[str, Any]) -> None:
    """Take a spooled text as if it came at the time when it came; then drop the file."""
    inbound = Inbound(**{**entry["inbound"], "kind": Kind.SMS})
    accept(parts, inbound, now=datetime.fromisoformat(entry["at"]))
    parts.spool.drop(key)


def turn_key(parts: Parts, inbound: Inbound) -> bytes:
    """Return the key of this text: its message id, or its words where the provider gives no id."""
    return parts.store.ring.lookup(
        "turn", inbound.channel, "sms", inbound.turn or f"{inbound.number} {inbound.text}"
    )


def _write(parts: Parts, tx: Tx, inbound: Inbound, now: datetime) -> tuple[str, ...]:
    key = turn_key(parts, inbound)
    if not turns.begin(tx, key, session=key, kind="text", now=now):
        return ()
    caller = callers.upsert(
        tx, inbound.number, now=now, trial=not parts.channels[inbound.channel].contract.real
    )
    answer, nudges = thread.answer(parts, tx, inbound, caller, key=key, now=now)
    threads.add_text(
        tx,
        channel=inbound.channel,
        caller_id=caller.id,
        text=inbound.text,
        understood=answer.kept,
        now=now,
    )
    parts.count.add(
        "text",
        channel=inbound.channel,
        language=answer.language,
        version=answer.version,
        item=answer.understood,
    )
    row = _reply(parts, tx, inbound, caller, answer, key, now)
    return (*nudges, row) if row else nudges


def _reply(
    parts: Parts, tx: Tx, inbound: Inbound, caller: Caller, answer: Answer, key: bytes, now: datetime
) -> str | None:
    if not answer.text or not _may_answer(parts, tx, inbound, now):
        return None
    sms = as_sms(answer.text)
    return outbox.add(
        tx,
        kind="answer",
        channel=inbound.channel,
        lane=f"{inbound.channel}:{caller.id}",
        priority=0,
        due_at=now,
        expires_at=now + ANSWER_AGE,
        once=f"answer:{key.hex()}",
        caller_id=caller.id,
        payload={"text": sms.text, "link": inbound.link},
        parts=sms.parts,
        now=now,
    )


def _may_answer(parts: Parts, tx: Tx, inbound: Inbound, now: datetime) -> bool:
    def spent(window: str, *scope: str) -> int:
        return budgets.spend(tx, parts.store.ring.lookup("budget", inbound.channel, *scope), window, now=now)

    half_hour = f"{now:%Y%m%d%H}{now.minute // 30}"
    allowed = (
        spent(f"{now:%Y%m%d}", "number", inbound.number) <= REPLIES_A_DAY,
        spent(half_hour, "same", inbound.number, inbound.text.strip()) <= SAME_TEXT,
        spent(f"{now:%Y%m%d%H}", "line") <= LINE_REPLIES_AN_HOUR,
    )
    if not all(allowed):
        parts.count.add("over_budget", channel=inbound.channel)
    return all(allowed)


def _spool(parts: Parts, inbound: Inbound) -> bool:
    entry = {"kind": SPOOLED_TEXT, "inbound": asdict(inbound), "at": parts.clock.now().isoformat()}
    try:
        parts.spool.keep(turn_key(parts, inbound), entry)
    except OSError:
        parts.count.add("not_kept", channel=inbound.channel)
        return False
    parts.count.add("spooled", channel=inbound.channel)
    return True
