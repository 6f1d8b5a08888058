"""A text by SMS: one transaction from dedupe to the reply in the outbox; without SQL it is spooled whole."""

from datetime import datetime, timedelta

from gateway.conversations import sms_turn
from gateway.conversations.commit import read_facts
from gateway.conversations.one_shot import OneShot
from gateway.conversations.sms_turn import TextAnswer
from gateway.domain.events import Inbound, Kind
from gateway.foundation.services import Services
from gateway.helpdesk.alerts import alerts, sms_reply
from gateway.menus.engine.sms_pages import as_sms
from gateway.storage import callers, conversations, outbox, rate_limits
from gateway.storage.callers import Caller
from gateway.storage.database import Tx

ANSWER_AGE = timedelta(minutes=10)


def accept_text(parts: Services, inbound: Inbound, *, now: datetime) -> None:
    """Do all that one text asks for, once, however often it comes.

    Raises:
        Unavailable: SQL cannot be asked; nothing was done.
    """
    for row in parts.store.run(lambda tx: _write_text(parts, tx, inbound, now)):
        parts.nudge(row)


def turn_key(parts: Services, inbound: Inbound) -> bytes:
    """Return the key of this text: its message id, or its words where the provider gives no id."""
    return parts.store.ring.lookup(
        "turn", inbound.channel, "sms", inbound.turn or f"{inbound.number} {inbound.text}"
    )


def _write_text(parts: Services, tx: Tx, inbound: Inbound, now: datetime) -> tuple[str, ...]:
    key = turn_key(parts, inbound)
    if not conversations.begin_turn(tx, key, session=key, kind="text", now=now):
        return ()
    ours = _by_one_of_us(parts, tx, inbound, key, now)
    if ours is not None:
        return ours
    caller = callers.upsert_caller(tx, inbound.number, now=now, trial=parts.is_trial(inbound.channel))
    answer, nudges = sms_turn.answer_text(parts, tx, inbound, caller, key=key, now=now)
    if callers.by_id(tx, caller.id) is None:
        return nudges  # she erased herself: there is nothing to keep, and no number any more to answer to
    conversations.add_text(
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
    row = _reply_to(parts, tx, inbound, caller, answer, key, now, share=_find_share(caller, answer))
    return (*nudges, row) if row else nudges


def _by_one_of_us(
    parts: Services, tx: Tx, inbound: Inbound, key: bytes, now: datetime
) -> tuple[str, ...] | None:
    """Do what a digit from a helpline phone says about an alert to it; None for every other text.

    Where a line reaches real phones a trial phone, which shows any number it likes, is none of ours.
    """
    if parts.reaches_real_phones and parts.is_trial(inbound.channel):
        return None
    said = sms_reply.take_reply(parts, tx, inbound.number, inbound.text, now=now)
    if said is None:
        return None
    parts.count.add("reply", said.what, channel=inbound.channel)
    if not _may_answer(parts, tx, inbound, now, share="ours"):
        return ()
    row = alerts.say(
        tx,
        said.person,
        said.text,
        inbound.channel,
        now,
        once=f"reply:{key.hex()}",
        answers=inbound.link,
    )
    return (row,) if row else ()


def _find_share(caller: Caller, answer: TextAnswer) -> str:
    """Return out of which share of the hour this answer is taken; empty for strangers."""
    if answer.match is not None and answer.match.keyword.danger:
        return "danger"
    if caller.consent_at is not None:
        return "known"
    return "code" if answer.code else ""


def _reply_to(
    parts: Services,
    tx: Tx,
    inbound: Inbound,
    caller: Caller,
    answer: TextAnswer,
    key: bytes,
    now: datetime,
    *,
    share: str,
) -> str | None:
    if not answer.text or not _may_answer(parts, tx, inbound, now, share=share):
        return None
    read_facts(parts, inbound.channel, answer.version, answer)
    sms = as_sms(answer.text)
    return outbox.add_row(
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


def _may_answer(parts: Services, tx: Tx, inbound: Inbound, now: datetime, *, share: str) -> bool:
    def spent(window: str, *scope: str) -> int:
        return rate_limits.spend_use(
            tx, parts.store.ring.lookup("budget", inbound.channel, *scope), window, now=now
        )

    half_hour, hour = f"{now:%Y%m%d%H}{now.minute // 30}", f"{now:%Y%m%d%H}"
    bounds = parts.answers
    # One after the other: a text that its own number's brake holds uses up nothing of the line's. Strangers are
    # braked first: each other share is one that they never use up.
    allowed = (
        spent(f"{now:%Y%m%d}", "number", inbound.number) <= bounds.number_a_day
        and spent(half_hour, "same", inbound.number, inbound.text.strip()) <= bounds.equal_texts
        and spent(hour, "line", *filter(None, (share,))) <= bounds.find_share(share)
    )
    if not allowed:
        parts.count.add("over_budget", channel=inbound.channel)
    return allowed


TEXTS: OneShot[Inbound] = OneShot(
    "text",
    turn_key,
    lambda parts, inbound, now: accept_text(parts, inbound, now=now),
    lambda told: Inbound(**{**told, "kind": Kind.SMS}),
)
