"""A ring that nobody took: a request, where this number agreed before; to anyone else it is as if nobody was there."""

from dataclasses import replace
from datetime import datetime, timedelta

from gateway.conversation.whole import Whole
from gateway.desk import accept
from gateway.engine.effects import RequestCallback
from gateway.engine.showing import DEFAULT_LANGUAGE
from gateway.messages import MissedCall
from gateway.parts import Parts
from gateway.safe_contact import PhoneSeen, SafeContact, When
from gateway.store import callers, tries, turns
from gateway.store.callers import Caller
from gateway.store.engines import Tx

ONE_RING = timedelta(minutes=10)
"""Rings of one number within this time of the first are one: phones tell of one ring twice, and she may try twice."""


def accept_ring(parts: Parts, call: MissedCall, *, now: datetime) -> None:
    """Make of the ring what it is, once, however often it is told.

    Raises:
        Unavailable: SQL cannot be asked; nothing was done.
    """
    nudges = parts.store.run(lambda tx: _write(parts, tx, call, now))
    parts.count.add("missed_call", "nothing" if nudges is None else "request", channel=call.channel)
    for row in nudges or ():
        parts.nudge(row)


def _write(parts: Parts, tx: Tx, call: MissedCall, now: datetime) -> tuple[str, ...] | None:
    """Return the rows to nudge; None where the ring comes to nothing. Of an unknown number nothing is written."""
    known = callers.find(tx, call.number, trial=parts.is_trial(call.channel))
    answers = _answers(known, now)
    if known is None or answers is None:
        return None
    key, ring = _key(parts, call), parts.store.ring.lookup("session", call.channel, "ring", call.number)
    if not turns.begin(tx, key, session=ring, kind="ring", now=now, caller_id=known.id):
        return None
    if tries.add(tx, parts.store.ring.lookup("budget", "ring", known.id), now, ONE_RING).n > 1:
        return None
    caller = callers.upsert(tx, call.number, now=now, trial=known.trial)
    return _request(parts, tx, call, caller, answers, key, ring, now)


def _request(
    parts: Parts,
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
    accepted = accept.accept(
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


def _answers(caller: Caller | None, now: datetime) -> SafeContact | None:
    """Return the safety answers that still hold; *now* meant that half hour, and holds again only on her own phone."""
    if caller is None or caller.consent_at is None or caller.contact is None:
        return None
    contact = caller.contact
    if not contact.may_ever_call(now):
        return None
    if contact.when is not When.NOW:
        return contact
    return replace(contact, said_at=now) if contact.phone_seen is PhoneSeen.NO else None


def _key(parts: Parts, call: MissedCall) -> bytes:
    return parts.store.ring.lookup("turn", call.channel, "ring", call.turn)


RINGS: Whole[MissedCall] = Whole(
    "ring", _key, lambda parts, call, now: accept_ring(parts, call, now=now), lambda told: MissedCall(**told)
)
