"""Handle an inbound SMS in one transaction, from deduplication to the reply in the outbox.

What is handled once as a whole, a text or a missed call, is spooled unchanged until SQL is available.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from gateway.conversations import apology, sms_turn, text_parts
from gateway.conversations.sms_turn import TextAnswer
from gateway.domain.events import Inbound, Kind, MissedCall, TextPart
from gateway.foundation.ids import new_id
from gateway.foundation.phone_numbers import to_e164
from gateway.foundation.services import Services
from gateway.helpdesk.alerts import alerts, sms_reply
from gateway.menus.engine.sms_reply import cut_sms
from gateway.storage import callers, conversations, outbox, rate_limits
from gateway.storage.callers import Caller
from gateway.storage.database import Tx, Unavailable

E = TypeVar("E", Inbound, MissedCall)


@dataclass(frozen=True, slots=True)
class OneShot(Generic[E]):
    """One kind of event.

    Attributes:
        kind: its name in the spool and in the log.
        key: returns the event's turn key, which also names its spool file.
        accept: applies the event once; raises Unavailable where SQL cannot be reached.
        read: rebuilds the event from its fields, as ``asdict`` gave them.
    """

    kind: str
    key: Callable[[Services, E], bytes]
    accept: Callable[[Services, E, datetime], None]
    read: Callable[[dict[str, Any]], E]

    def take(self, parts: Services, event: E) -> bool:
        """Handle one event. Returns False only where it could not be stored at all, so that the provider retries."""
        number = to_e164(event.number, parts.line.regions)
        if number is None:
            parts.count.add("not_a_number", channel=event.channel)
            return True
        event, now = replace(event, number=number), parts.clock.now()
        try:
            self.accept(parts, event, now)
        except Unavailable:
            return self._spool(parts, event, now)
        except Exception as error:  # noqa: BLE001 - one faulty event must not block those behind it
            apology.log_fault(error, new_id(now), self.kind)
            parts.count.add("fault", channel=event.channel)
            return self._spool(parts, event, now)
        return True

    def replay(self, parts: Services, key: bytes, entry: dict[str, Any]) -> None:
        """Handle a spooled event as of the time of its arrival, then drop the file."""
        came = parts.clock.set_right(datetime.fromisoformat(entry["at"]), entry.get("mark", ""))
        self.accept(parts, self.read(entry["event"]), came)
        parts.spool.drop(key)

    def _spool(self, parts: Services, event: E, now: datetime) -> bool:
        entry = {"kind": self.kind, "event": asdict(event), "at": now.isoformat()}
        entry["mark"] = parts.clock.mark()
        try:
            parts.spool.keep(self.key(parts, event), entry)
        except OSError:
            parts.count.add("not_kept", channel=event.channel)
            return False
        parts.count.add("spooled", channel=event.channel)
        return True


# Texts.

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
    if inbound.part is None:
        return _answer_whole(parts, tx, inbound, key, now)
    rows: tuple[str, ...] = ()
    for whole in text_parts.join_part(parts, tx, inbound, now=now):
        rows += _answer_whole(parts, tx, whole, turn_key(parts, whole), now)
    return rows


def answer_late_parts(parts: Services) -> int:
    """Answer the texts whose missing parts do not come any more, with what came of them; return their number.

    Raises:
        Unavailable: SQL cannot be reached.
    """

    def work(tx: Tx) -> list[str]:
        now = parts.clock.now()
        late = text_parts.join_late_parts(parts, tx, now=now)
        found.append(len(late))
        return [row for whole in late for row in _answer_whole(parts, tx, whole, turn_key(parts, whole), now)]

    found: list[int] = []
    for row in parts.store.run(work):
        parts.nudge(row)
    return found[-1]


def _answer_whole(parts: Services, tx: Tx, inbound: Inbound, key: bytes, now: datetime) -> tuple[str, ...]:
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
    parts.count.add_facts(
        answer.facts, answer.screen, channel=inbound.channel, language=answer.language, version=answer.version
    )
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


def _read_spooled(told: dict[str, Any]) -> Inbound:
    """Rebuild a text from its spooled fields; an earlier release wrote none of its part."""
    part = TextPart(**told["part"]) if told.get("part") else None
    return Inbound(**{**told, "kind": Kind.SMS, "part": part})


TEXTS: OneShot[Inbound] = OneShot(
    "text",
    turn_key,
    lambda parts, inbound, now: accept_text(parts, inbound, now=now),
    _read_spooled,
)
