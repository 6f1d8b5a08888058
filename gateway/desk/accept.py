"""Takes her request in the transaction of her turn: new or merged, with its code, its window and its place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.callbacks import codes, escalation
from gateway.callbacks.model import State
from gateway.callbacks.order import DANGER, NORMAL
from gateway.callbacks.windows import next_window
from gateway.desk import asking_again
from gateway.desk.erasing import erase
from gateway.desk.hers import PROMISED, amend, cancel, change_window, find_by_code
from gateway.desk.windows import asked_when, hours_of, plan
from gateway.engine.effects import CallbackAccepted, CallbackRefused
from gateway.ids import code_candidates, new_id
from gateway.numbers import may_be_called
from gateway.safe_contact import PhoneSeen, SafeContact, When
from gateway.store import attempts, audit, callbacks, callers, outbox
from gateway.store.callbacks import Callback

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.callbacks.windows import Window
    from gateway.engine.effects import Receipt, RequestCallback
    from gateway.parts import Parts
    from gateway.store.callers import Caller
    from gateway.store.engines import Tx

__all__ = ["Accepted", "accept", "amend", "cancel", "change_window", "erase", "find_by_code", "promise"]

SLOTS = 3
_LASTS = timedelta(days=14)
_ROUNDS = 64
_FORM = ("danger", "phone_seen", "when", "consent", "sms_safe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What came of her request, and the outbox rows that are due once the transaction is committed."""

    receipt: Receipt
    nudges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    caller: Caller
    effect: RequestCallback
    contact: SafeContact
    window: Window | None
    session: bytes
    channel: str
    version: str
    now: datetime

    @property
    def danger(self) -> bool:
        return self.effect.answers.get("danger") == "yes"


def accept(
    parts: Parts,
    tx: Tx,
    *,
    caller: Caller,
    effect: RequestCallback,
    turn_key: bytes,
    session: bytes,
    channel: str,
    version: str,
    now: datetime,
    promised: str = "",
    before: SafeContact | None = None,
) -> Accepted:
    """Put her request on record, or merge it with the one that she has.

    The caller's row is locked by whoever found it, so two turns of one number come here one after the other.
    ``promised`` is the code that she was told already, when a request kept outside SQL is put in.
    ``before`` holds the safety answers of an earlier request where this one brings none of its own: they keep
    their age, nothing is remembered anew, and a request that is open already only learns that she asked again.
    """
    contact = before or _contact(caller, effect, now)
    if contact is None or caller.number is None or not may_be_called(caller.number, parts.line.regions):
        return Accepted(receipt=CallbackRefused(reason="number"))
    window = plan(parts, contact.when, attempts.past(tx, caller.id), now, hours=hours_of(parts, tx, now))
    asked = _Asked(
        caller=caller, effect=effect, contact=contact, window=window,
        session=session, channel=channel, version=version, now=now,
    )  # fmt: skip
    known = callbacks.open_of(tx, caller.id, lock=True)
    if before is not None and known:
        return _again(tx, asked, known[0])
    if (hers := _same(known, asked)) is not None:
        _remember(parts, tx, asked)
        accepted = _merge(tx, asked, hers, code=promised or hers.code)
    else:
        code = promised or code_for(parts, turn_key, caller.number, callbacks.open_codes(tx))
        accepted = _added(parts, tx, asked, code, known, is_fresh=before is None)
    asking_again.settle_refusals(tx, caller, accepted.receipt, contact, now, by_form=before is None)
    return accepted


def _added(
    parts: Parts, tx: Tx, asked: _Asked, code: str, known: tuple[Callback, ...], *, is_fresh: bool
) -> Accepted:
    """Write the request into the first slot of her number that is free."""
    if asked.window is None:
        return Accepted(receipt=CallbackRefused(reason="hours"))
    for slot in sorted(set(range(SLOTS)) - {one.slot for one in known}):
        made = _new(parts, asked, slot, code, asked.window)
        if callbacks.insert(tx, made):
            if is_fresh:
                _remember(parts, tx, asked)
            return _accepted(tx, asked, made, "asked")
    return Accepted(receipt=CallbackRefused(reason="full"))


def promise(parts: Parts, *, effect: RequestCallback, turn_key: bytes, number: str, now: datetime) -> Receipt:
    """Say what will come of a request that cannot be written now: its code and its window hold when it is put in."""
    when = asked_when(effect.answers.get("when", When.NEVER), effect.hours)
    window = next_window(when, parts.line.hours, parts.line.zone, now)
    if window is None or not may_be_called(number, parts.line.regions):
        return CallbackRefused(reason="hours" if window is None else "number")
    code = code_for(parts, turn_key, number, frozenset())
    return CallbackAccepted(
        callback=PROMISED, code=code, due_at=window[0], due_until=window[1], now=when is When.NOW
    )


def code_for(parts: Parts, turn_key: bytes, number: str, taken: frozenset[str]) -> str:
    """Return the code of a turn: the same for every repeat of it, and none that is simple, hers or taken."""
    key, turn = parts.store.ring.key("code"), turn_key.hex()
    for round_ in range(_ROUNDS):
        candidates = code_candidates(key, f"{turn}:{round_}" if round_ else turn)
        code = codes.pick(candidates, last_four=number[-4:], taken=taken)
        if code is not None:
            return code
    raise RuntimeError("no code is free")


def _contact(caller: Caller, effect: RequestCallback, now: datetime) -> SafeContact | None:
    """Read her safety answers; None where they, or the missing consent, leave no way to call her."""
    answers = effect.answers
    if not answers.get("consent") or answers["consent"] == "no":
        return None
    seen = PhoneSeen(answers["phone_seen"])
    contact = SafeContact(
        phone_seen=seen,
        when=asked_when(answers["when"], effect.hours),
        said_at=now,
        sms_safe=seen is PhoneSeen.NO and answers.get("sms_safe") == "yes",
        stopped=caller.stopped,
    )
    return contact if contact.may_ever_call(now) else None


def _same(known: tuple[Callback, ...], asked: _Asked) -> Callback | None:
    """Return the open request that is hers for sure: of this very session, or of a number that nobody else sees."""
    for one in known:
        alone = one.contact is not None and one.contact.phone_seen is PhoneSeen.NO
        if one.session == asked.session or (alone and asked.contact.phone_seen is PhoneSeen.NO):
            return one
    return None


def _new(parts: Parts, asked: _Asked, slot: int, code: str, window: Window) -> Callback:
    effect, now = asked.effect, asked.now
    return Callback(
        id=new_id(now),
        caller_id=asked.caller.id,
        slot=slot,
        session=asked.session,
        priority=DANGER if asked.danger else NORMAL,
        topic=effect.topic or "other",
        language=effect.language,
        script=effect.script,
        channel=asked.channel,
        zone=parts.line.zone,
        version=asked.version,
        asked_at=now,
        last_asked_at=now,
        due_at=window[0],
        due_until=window[1],
        code=code,
        window=asked.contact.when,
        contact=asked.contact,
        answers=_answers(asked, {}),
        path=effect.path,
        wants_woman=effect.answers.get("woman") == "yes",
        escalate_at=escalation.first(State.WAITING, danger=asked.danger, due_at=window[0], now=now),
        changed_at=now,
        trial=asked.caller.trial,
    )


def _merge(tx: Tx, asked: _Asked, hers: Callback, *, code: str) -> Accepted:
    """Let her newest answers win; her place stays, and so does danger once said.

    Her code stays too, unless she was promised another one while nobody could look up the one she had.

    Where her new time cannot be kept, nothing is promised, but the old time does not hold any more either.
    """
    effect, now = asked.effect, asked.now
    due_at, due_until = asked.window or (now, now)
    danger = asked.danger or hers.priority == DANGER
    changes = {
        "asks": hers.asks + 1,
        "last_asked_at": now,
        "priority": DANGER if danger else NORMAL,
        "contact": asked.contact,
        "answers": _answers(asked, hers.answers),
        "window": asked.contact.when,
        "due_at": due_at,
        "due_until": due_until,
        "language": effect.language,
        "script": effect.script,
        "session": asked.session,
        "code": code,
        "wants_woman": hers.wants_woman or effect.answers.get("woman") == "yes",
        "escalate_at": escalation.first(hers.state, danger=danger, due_at=due_at, now=now),
    }
    callbacks.change(tx, hers.id, now=now, **changes)
    if asked.window is None:
        return Accepted(receipt=CallbackRefused(reason="hours"))
    merged = callbacks.by_id(tx, hers.id)
    return _accepted(tx, asked, merged or hers, "asked again")


def _again(tx: Tx, asked: _Asked, hers: Callback) -> Accepted:
    """Note that she asked again without saying anything new: her time, her place and her answers stay."""
    callbacks.change(tx, hers.id, now=asked.now, asks=hers.asks + 1, last_asked_at=asked.now)
    found = callbacks.by_id(tx, hers.id) or hers
    window = (found.due_at, found.due_until) if found.due_at and found.due_until else None
    return _accepted(tx, replace(asked, window=window), found, "asked again")


def _answers(asked: _Asked, before: object) -> dict[str, str]:
    kept = dict(before) if isinstance(before, dict) else {}
    danger = "yes" if asked.danger or kept.get("danger") == "yes" else "no"
    given = {name: value for name, value in asked.effect.answers.items() if name not in _FORM}
    form = {name: asked.effect.answers[name] for name in _FORM if name in asked.effect.answers}
    agreed_at = given.get("consent_at", asked.now.isoformat())
    return {**kept, **form, **given, "danger": danger, "consent_at": agreed_at}


def _remember(parts: Parts, tx: Tx, asked: _Asked) -> None:
    """Keep what she let us remember: her language only where nobody else sees the phone."""
    alone = asked.contact.phone_seen is PhoneSeen.NO
    callers.set_contact(
        tx,
        asked.caller.id,
        asked.contact,
        language=asked.effect.language if alone else "",
        script=asked.effect.script if alone else "",
        zone=parts.line.zone if alone else "",
        consent_version=asked.effect.answers["consent"],
        now=asked.now,
    )


def _accepted(tx: Tx, asked: _Asked, callback: Callback, act: str) -> Accepted:
    audit.add(tx, now=asked.now, person_id=None, act=act, kind="callback", subject=callback.id)
    row = outbox.add(
        tx,
        kind="announce",
        channel=asked.channel,
        lane=f"callback:{callback.id}",
        due_at=asked.now,
        expires_at=asked.now + _LASTS,
        once=f"announce:{callback.id}:{callback.asks}",
        now=asked.now,
        priority=0,
        caller_id=asked.caller.id,
        callback_id=callback.id,
    )
    due_at, due_until = asked.window or (asked.now, asked.now)
    receipt = CallbackAccepted(
        callback=callback.id,
        code=callback.code,
        due_at=due_at,
        due_until=due_until,
        now=asked.contact.when is When.NOW,
    )
    return Accepted(receipt=receipt, nudges=(row,) if row else ())
