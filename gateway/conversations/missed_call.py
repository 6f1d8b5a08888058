"""Turn a missed call into a callback request, where this number gave consent and its safety answers still hold.

Of any other number nothing is written, so that a ring from a borrowed phone leaves no trace.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from gateway.conversations.sms import OneShot
from gateway.domain.contact_safety import PhoneSeen, SafeContact, When
from gateway.domain.events import MissedCall
from gateway.foundation.services import Services
from gateway.helpdesk.requests import accept
from gateway.menus.engine.effects import RequestCallback
from gateway.menus.engine.visibility import DEFAULT_LANGUAGE
from gateway.storage import callers, conversations, rate_limits
from gateway.storage.callers import Caller
from gateway.storage.database import Tx

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
    if rate_limits.add_try(tx, parts.store.ring.lookup("budget", "ring", known.id), now, ONE_RING).n > 1:
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
