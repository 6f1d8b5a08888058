"""Handle what comes once, a text or a missed call: in one transaction, or spooled unchanged until SQL is back.

A text is handled from deduplication to the reply in the outbox. A missed call becomes a callback request where this
number gave consent and its safety answers still hold; of any other number nothing is written, so that a ring from a
borrowed phone leaves no trace. The spool of this machine is replayed oldest entry first, each exactly once.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from gateway.conversations import commit, sms_turn, ussd_session
from gateway.conversations.sms_turn import TextAnswer
from gateway.domain.contact_safety import PhoneSeen, SafeContact, When
from gateway.domain.events import Inbound, Kind, MissedCall, TextPart
from gateway.foundation.phone_numbers import to_e164
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import new_id
from gateway.helpdesk.alerts import alert_answers, alerts
from gateway.helpdesk.requests import accept
from gateway.menus.engine.effects import RequestCallback
from gateway.menus.engine.sms_reply import cut_sms
from gateway.menus.engine.visibility import DEFAULT_LANGUAGE
from gateway.storage import callers, conversations, counts, outbox
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
            ussd_session.log_fault(error, new_id(now), self.kind)
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
    for whole in sms_turn.join_part(parts, tx, inbound, now=now):
        rows += _answer_whole(parts, tx, whole, turn_key(parts, whole), now)
    return rows


def answer_late_parts(parts: Services) -> int:
    """Answer the texts whose missing parts do not come any more, with what came of them; return their number.

    Raises:
        Unavailable: SQL cannot be reached.
    """

    def work(tx: Tx) -> list[str]:
        now = parts.clock.now()
        late = sms_turn.join_late_parts(parts, tx, now=now)
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
    staff_reply = alert_answers.take_reply(parts, tx, inbound.number, inbound.text, now=now)
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
        return counts.spend_use(
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


ONE_RING = timedelta(minutes=10)
"""Rings of a number within this time of the first count as one: providers repeat events, and callers ring again."""


def accept_ring(parts: Services, call: MissedCall, *, now: datetime) -> None:
    """Handle a missed call once, however often its event arrives.

    Raises:
        Unavailable: SQL cannot be reached; nothing was done.
    """
    nudges = parts.store.run(lambda tx: _write_call(parts, tx, call, now))
    parts.count.add("missed_call", "nothing" if nudges is None else "request", channel=call.channel)
    for row in nudges or ():
        parts.nudge(row)


def _write_call(parts: Services, tx: Tx, call: MissedCall, now: datetime) -> tuple[str, ...] | None:
    """Return the ids of rows to nudge; None where the ring makes no request. Nothing is written of unknown numbers."""
    known = callers.find_caller(tx, call.number, trial=parts.is_trial(call.channel))
    answers = _find_answers(known, now)
    if known is None or answers is None:
        return None
    key, ring = _make_key(parts, call), parts.store.ring.lookup("session", call.channel, "ring", call.number)
    if not conversations.begin_turn(tx, key, session=ring, kind="ring", now=now, caller_id=known.id):
        return None
    if counts.add_try(tx, parts.store.ring.lookup("budget", "ring", known.id), now, ONE_RING).n > 1:
        return None
    caller = callers.upsert_caller(tx, call.number, now=now, trial=known.trial)
    return _request_callback(parts, tx, call, caller, answers, key, ring, now)


def _request_callback(
    parts: Services,
    tx: Tx,
    call: MissedCall,
    caller: Caller,
    answers: SafeContact,
    key: bytes,
    ring: bytes,
    now: datetime,
) -> tuple[str, ...] | None:
    version, _ = parts.versions.live(parts.channels[call.channel].config.menu)
    language = caller.language or DEFAULT_LANGUAGE
    accepted = accept.accept_request(
        parts,
        tx,
        caller=caller,
        effect=RequestCallback(
            topic="other",
            path=(),
            answers={
                "danger": "no",
                "phone_seen": answers.phone_seen.value,
                "when": answers.when.value,
                "consent": "before",
                "consent_at": caller.consent_at.isoformat() if caller.consent_at else "",
            },
            language=language,
            script=caller.script or language,
            hours=answers.when.rule,
        ),
        turn_key=key,
        session=ring,
        channel=call.channel,
        version=version,
        now=now,
        before=answers,
    )
    return accepted.nudges or None


def _find_answers(caller: Caller | None, now: datetime) -> SafeContact | None:
    """Return safety answers that still hold; *now* holds again only on a phone that nobody else sees."""
    if caller is None or caller.consent_at is None or caller.contact is None:
        return None
    contact = caller.contact
    if not contact.may_ever_call(now):
        return None
    if contact.when is not When.NOW:
        return contact
    return replace(contact, said_at=now) if contact.phone_seen is PhoneSeen.NO else None


def _make_key(parts: Services, call: MissedCall) -> bytes:
    return parts.store.ring.lookup("turn", call.channel, "ring", call.turn)


RINGS: OneShot[MissedCall] = OneShot(
    "ring",
    _make_key,
    lambda parts, call, now: accept_ring(parts, call, now=now),
    lambda told: MissedCall(**told),
)


_log = logging.getLogger(__name__)

_REPLAYS = {
    commit.SPOOLED_TURN: commit.replay_turn,
    TEXTS.kind: TEXTS.replay,
    RINGS.kind: RINGS.replay,
}


def replay_spool(parts: Services) -> int:
    """Replay the spool; return the number of entries written.

    An entry that fails is put aside: it blocks no other, ``gateway doctor`` reports it, and each start tries it
    again.

    Raises:
        Unavailable: SQL is still down.
    """
    written = 0
    for key in parts.spool.list():
        entry = parts.spool.load(key)
        if entry is None:
            continue
        try:
            _REPLAYS[entry["kind"]](parts, key, entry)
            written += 1
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one bad entry must not keep the others from being written
            parts.spool.put_aside(key)
            parts.count.add("replay_fault")
            parts.count.add("alarm", "replay")
            _log.error("replay failed kind=%s", type(error).__name__)  # no traceback: it may quote the caller
    return written
