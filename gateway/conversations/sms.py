"""Handle an inbound SMS in one transaction, from deduplication to the reply in the outbox; spooled without SQL."""

from datetime import datetime, timedelta

from gateway.conversations import sms_turn
from gateway.conversations.commit import read_facts
from gateway.conversations.one_shot import OneShot
from gateway.conversations.sms_turn import TextAnswer
from gateway.domain.events import Inbound, Kind
from gateway.foundation.services import Services
from gateway.helpdesk.alerts import alerts, sms_reply
from gateway.menus.engine.sms_reply import cut_sms
from gateway.storage import callers, conversations, outbox, rate_limits
from gateway.storage.callers import Caller
from gateway.storage.database import Tx

ANSWER_AGE = timedelta(minutes=10)


def accept_text(parts: Services, inbound: Inbound, *, now: datetime) -> None:
    """Handle one text exactly once, however often it arrives.

    Raises:
        Unavailable: SQL cannot be reached; nothing was done.
    """
    for row in parts.store.run(lambda tx: _write_text(parts, tx, inbound, now)):
        parts.nudge(row)


def turn_key(parts: Services, inbound: Inbound) -> bytes:
    """Return the key of a text: from its message id, or from number and text where the provider gives no id."""
    return parts.store.ring.lookup(
        "turn", inbound.channel, "sms", inbound.turn or f"{inbound.number} {inbound.text}"
    )


def _write_text(parts: Services, tx: Tx, inbound: Inbound, now: datetime) -> tuple[str, ...]:
    key = turn_key(parts, inbound)
    if not conversations.begin_turn(tx, key, session=key, kind="text", now=now):
        return ()
    staff_rows = _handle_staff_reply(parts, tx, inbound, key, now)
    if staff_rows is not None:
        return staff_rows
    caller = callers.upsert_caller(tx, inbound.number, now=now, trial=parts.is_trial(inbound.channel))
    answer, nudges = sms_turn.answer_text(parts, tx, inbound, caller, key=key, now=now)
    if callers.by_id(tx, caller.id) is None:
        return nudges  # the caller erased everything: no number is left to reply to
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


def _handle_staff_reply(
    parts: Services, tx: Tx, inbound: Inbound, key: bytes, now: datetime
) -> tuple[str, ...] | None:
    """Handle a reply from a staff phone to an alert; None for every other text.

    On an installation with real channels a simulator phone, which can claim any number, is not accepted as staff.
    """
    if parts.reaches_real_phones and parts.is_trial(inbound.channel):
        return None
    staff_reply = sms_reply.take_reply(parts, tx, inbound.number, inbound.text, now=now)
    if staff_reply is None:
        return None
    parts.count.add("reply", staff_reply.what, channel=inbound.channel)
    if not _may_answer(parts, tx, inbound, now, share="ours"):
        return ()
    row = alerts.add_alert(
        tx,
        staff_reply.person,
        staff_reply.text,
        inbound.channel,
        now,
        once=f"reply:{key.hex()}",
        answers=inbound.link,
    )
    return (row,) if row else ()


def _find_share(caller: Caller, answer: TextAnswer) -> str:
    """Return the share of the hourly limit that this reply uses: danger, known caller, code; empty for strangers."""
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
    sms = cut_sms(answer.text)
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
    def count_use(window: str, *scope: str) -> int:
        return rate_limits.spend_use(
            tx, parts.store.ring.lookup("budget", inbound.channel, *scope), window, now=now
        )

    half_hour, hour = f"{now:%Y%m%d%H}{now.minute // 30}", f"{now:%Y%m%d%H}"
    bounds = parts.answers
    # In this order a text over its own number's limit uses nothing of the channel's. Strangers share one budget, so
    # that they cannot use up those of danger, known callers and codes.
    allowed = (
        count_use(f"{now:%Y%m%d}", "number", inbound.number) <= bounds.number_a_day
        and count_use(half_hour, "same", inbound.number, inbound.text.strip()) <= bounds.equal_texts
        and count_use(hour, "line", *filter(None, (share,))) <= bounds.find_share(share)
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
