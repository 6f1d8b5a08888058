"""Writes down what came of a call, and what a person decides: each form once, however often it is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gateway.access import Permission, Refused, permit
from gateway.callbacks import escalation
from gateway.callbacks.model import OPEN, Event, IllegalMove, State
from gateway.callbacks.order import DANGER
from gateway.callbacks.outcomes import MOST_ATTEMPTS, NOT_REACHED, Attempted, Follows, Outcome, Said, follows
from gateway.desk import ours, tally
from gateway.desk.attempts import is_open, write
from gateway.desk.claim import LEASE, give_back, is_to_decide
from gateway.desk.refusals import Held, NoSuchCallback, NotSafe, Withheld, found, permit_writing, refusal
from gateway.desk.refusing import REFUSED
from gateway.desk.windows import hours_of, plan
from gateway.ids import new_id
from gateway.safe_contact import PhoneSeen, When
from gateway.store import attempts, audit, callbacks, drafts, notes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gateway.access import Actor
    from gateway.parts import Parts
    from gateway.store.attempts import Attempt
    from gateway.store.callbacks import Callback
    from gateway.store.engines import Tx

LONGEST_NOTE = 500
UNCLEAR = "unclear"
REASONS = ("helped", "referred", "informed", "no_need", "duplicate", "silent", "prank", "unsafe", "other")
"""The words with which a callback is closed; free text belongs into a note, which is sealed."""

DECISIONS = {"waiting": Event.TRY_AGAIN, "given_up": Event.GIVE_UP, "closed": Event.CLOSE}


class BadWords(ValueError):
    """An outcome, a reason, a decision or a note that cannot be taken; the words say what can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What is on record of an attempt, and where its callback stands."""

    callback_id: str
    outcome: str
    state: State
    due_at: datetime | None
    due_until: datetime | None


def record(
    parts: Parts,
    actor: Actor,
    *,
    callback_id: str,
    outcome: str,
    form: str = "",
    agreed: bool = False,
    named_at: datetime | None = None,
) -> Recorded:
    """Write the outcome of an attempt, once; the same form again changes nothing and answers what is on record.

    Without ``form``, the one-time id that came with the number, it is the call that runs or was made without the
    page. ``agreed`` says, after *cut off*, that she wants to be rung again at once; ``named_at`` when she asked to be
    called later.

    Raises:
        Refused, Held, BadWords, NoSuchCallback, IllegalMove: not this person's, no such thing, nobody is calling.
    """
    permit(actor, Permission.WORK_QUEUE)
    said, now = Said(outcome=_outcome(parts, outcome), agreed=agreed, named=named_at), parts.clock.now()
    counted: list[Mapping[str, Any]] = []

    def work(tx: Tx) -> tuple[Recorded, bool]:
        callback = found(tx, actor, callback_id)
        attempt = _attempt(parts, tx, actor, callback, form)
        if attempt.person_id != actor.person_id:
            raise Held(attempt.who)
        if not attempts.finish(tx, attempt.id, outcome=said.outcome, now=now):
            return _recorded(callback, attempt.outcome), False
        _on_record(tx, actor, callback_id, "outcome", now, outcome)
        moved = _moved(parts, tx, callback, attempt, said)
        counted[:] = [tally.take(tx, callback_id)] if moved.state is State.CLOSED else []
        return _recorded(moved, said.outcome), True

    recorded, is_new = parts.store.run(work)
    parts.count.add("outcome", recorded.outcome, n=int(is_new))
    for said_of_her in counted:
        tally.count(parts, said_of_her)
    return recorded


def note(parts: Parts, actor: Actor, callback_id: str, text: str, *, form: str = "") -> None:
    """Write a note, sealed; one sent twice with the same form is written once.

    Raises:
        Refused: the actor does not work the queue, or sees only the row of this callback.
        Held: somebody else has it.
        BadWords: no text, or too much.
        NoSuchCallback: there is none.
    """
    permit(actor, Permission.WORK_QUEUE)
    words = text.strip()
    if not 1 <= len(words) <= LONGEST_NOTE:
        raise BadWords(f"a note has 1 to {LONGEST_NOTE} characters")
    now = parts.clock.now()

    def work(tx: Tx) -> None:
        callback = found(tx, actor, callback_id)
        permit_writing(tx, actor, callback)
        notes.add(
            tx,
            note_id=form[:20] or new_id(now),
            callback_id=callback_id,
            person_id=actor.person_id,
            text=words,
            now=now,
        )
        drafts.drop(tx, callback_id, actor.person_id)
        callbacks.hold(tx, callback_id, holder_id=actor.person_id, until=now + LEASE)

    parts.store.run(work)


def close(parts: Parts, actor: Actor, callback_id: str, *, reason: str = "helped") -> None:
    """Close a callback: one that was reached or claimed by its holder, one that waits by a supervisor.

    Raises:
        Refused: this is for a supervisor.
        Held: somebody else has it.
        BadWords: no such reason.
        IllegalMove: it cannot be closed as it stands.
        NoSuchCallback: there is none.
    """
    permit(actor, Permission.WORK_QUEUE)
    _check_reason(reason)
    now = parts.clock.now()

    def work(tx: Tx) -> tuple[Callback, Mapping[str, Any]]:
        callback = found(tx, actor, callback_id)
        if callback.state in (State.WAITING, State.REVIEW) or is_to_decide(callback):
            permit(actor, Permission.DECIDE)
        if callback.holder_id != actor.person_id and not actor.may(Permission.TAKE_OVER):
            raise (
                refusal(tx, actor, callback, Event.CLOSE) if callback.state in OPEN else Refused("not yours")
            )
        if callback.state is State.REVIEW:
            attempts.finish_all(tx, callback_id, outcome=UNCLEAR, now=now)
        _end(tx, actor, callback, Event.CLOSE, reason, now)
        return callback, tally.take(tx, callback_id)

    callback, said = parts.store.run(work)
    tally.count(parts, said, language=callback.script, channel=callback.channel)


def decide(parts: Parts, actor: Actor, callback_id: str, *, decision: str, reason: str = "other") -> None:
    """Decide what stands in review: ``given_up``, ``closed``, or ``waiting`` for one more try.

    Raises:
        Refused: this is for a supervisor.
        Held: somebody else is about to decide.
        BadWords: no such decision or reason.
        NotSafe: there is no time at which she could be tried once more.
        IllegalMove: there is nothing to decide.
        NoSuchCallback: there is none.
    """
    permit(actor, Permission.DECIDE)
    _check_reason(reason)
    if decision not in DECISIONS:
        raise BadWords(f"a decision is one of {', '.join(DECISIONS)}")
    now = parts.clock.now()
    counted: list[Mapping[str, Any]] = []

    def work(tx: Tx) -> None:
        callback = found(tx, actor, callback_id)
        if is_to_decide(callback) and callback.holder_id == actor.person_id:
            give_back(tx, callback, now)
            callback = replace(callback, state=State.REVIEW)
        if callback.state is not State.REVIEW:
            raise refusal(tx, actor, callback, DECISIONS[decision])
        attempts.finish_all(tx, callback_id, outcome=UNCLEAR, now=now)
        if decision == "waiting":
            _try_again(parts, tx, actor, callback, reason)
        else:
            _end(tx, actor, callback, DECISIONS[decision], reason, now)
            counted[:] = [tally.take(tx, callback_id)]

    parts.store.run(work)
    for said in counted:
        tally.count(parts, said)


def _outcome(parts: Parts, word: str) -> Outcome:
    """Return what an outcome means: of the centre's own ones that of the house which their row names."""
    own = parts.desk.outcomes
    try:
        return Outcome(own[word].means if word in own else word)
    except ValueError:
        raise BadWords(f"an outcome is one of {', '.join(dict.fromkeys((*Outcome, *own)))}") from None


def _check_reason(reason: str) -> None:
    if reason not in REASONS:
        raise BadWords(f"a reason is one of {', '.join(REASONS)}")


def _attempt(parts: Parts, tx: Tx, actor: Actor, callback: Callback, form: str) -> Attempt:
    attempt = attempts.by_form(tx, form) if form else attempts.live_on(tx, callback.id)
    if form and (attempt is None or attempt.callback_id != callback.id):
        raise NoSuchCallback(callback.id)
    return attempt or _told_of(parts, tx, actor, callback)


def _told_of(parts: Parts, tx: Tx, actor: Actor, callback: Callback) -> Attempt:
    """Write the attempt of a call that was made without the page, by the one who has the callback."""
    if callback.holder_id != actor.person_id or callback.state is not State.CLAIMED:
        raise refusal(tx, actor, callback, Event.REACHED)
    if is_to_decide(callback):
        raise IllegalMove(State.REVIEW, Event.REACHED)
    if callback.withheld:
        raise Withheld(callback.withheld)
    now = parts.clock.now()
    until = callback.due_until if is_open(callback, now) else None
    attempt = write(tx, actor, callback, window_from=now, window_until=until, now=now, how="told")
    callbacks.step(tx, callback.id, Event.CALL, now=now)
    return attempt


def _moved(parts: Parts, tx: Tx, callback: Callback, attempt: Attempt, said: Said) -> Callback:
    """Move the callback as the table of outcomes says.

    One that she cancelled, or that went into review, meanwhile stays where it is: only the outcome is written.
    """
    now = parts.clock.now()
    current = callbacks.by_id(tx, callback.id) or callback
    if current.state is not State.CALLING:
        return current
    not_mine = current.contact is not None and current.contact.phone_seen is PhoneSeen.NOT_MINE
    told = replace(said, named=None) if not_mine else said
    tried = Attempted(
        tries=current.attempts,
        nth=attempt.nth,
        whens=(When(current.window),),
        until=current.due_until or now,
    )
    after = _unless_refused(
        current, follows(told, tried, hours_of(parts, tx, now, current.team), parts.line.zone, now)
    )
    moved = callbacks.step(tx, callback.id, after.event, now=now, **_changes(current, after, now)) or current
    if after.event is Event.RUN_OUT and after.reason == NOT_REACHED:
        _tell_missed(parts, tx, moved, now)
    return moved


def _unless_refused(callback: Callback, after: Follows) -> Follows:
    """Send whoever refused while she was called to a person, where the line would have tried her once more."""
    if callback.withheld and after.event is Event.MISSED:
        return replace(after, event=Event.RUN_OUT, reason=REFUSED)
    return after


def _tell_missed(parts: Parts, tx: Tx, callback: Callback, now: datetime) -> None:
    """Let her know, where texts are safe, that she was tried for the last time; else her code tells it."""
    ours.add(
        parts,
        tx,
        callback,
        "missed",
        channel=callback.channel,
        once=f"missed:{callback.id}:{callback.rev}",
        now=now,
    )


def _changes(callback: Callback, after: Follows, now: datetime) -> dict[str, Any]:
    changes: dict[str, Any] = {"attempts": after.tries, "held_until": None, "reason": after.reason}
    danger = callback.priority == DANGER
    if after.event is Event.MISSED:
        due_at, due_until = after.window or (now, now)
        changes |= {
            "holder_id": None,
            "window": after.when,
            "due_at": due_at,
            "due_until": due_until,
            "escalate_at": escalation.first(State.WAITING, danger=danger, due_at=due_at, now=now),
        }
    elif after.event is Event.RUN_OUT:
        escalate_at = escalation.first(State.REVIEW, danger=danger, due_at=None, now=now)
        changes |= {"holder_id": None, "escalate_at": escalate_at}
    elif after.event is Event.EMPTY:
        changes |= {"closed_at": now}
    return changes


def _try_again(parts: Parts, tx: Tx, actor: Actor, callback: Callback, reason: str) -> None:
    now = parts.clock.now()
    past, hours = attempts.past(tx, callback.caller_id or ""), hours_of(parts, tx, now, callback.team)
    window = plan(parts, When(callback.window), past, now, hours=hours)
    if window is None or callback.contact is None or not callback.contact.may_ever_call(now):
        raise NotSafe(None)
    danger = callback.priority == DANGER
    callbacks.step(
        tx,
        callback.id,
        Event.TRY_AGAIN,
        now=now,
        attempts=min(callback.attempts, MOST_ATTEMPTS - 1),
        reason="",
        withheld="",
        holder_id=None,
        due_at=window[0],
        due_until=window[1],
        escalate_at=escalation.first(State.WAITING, danger=danger, due_at=window[0], now=now),
    )
    _on_record(tx, actor, callback.id, "one more try", now, reason)


def _end(tx: Tx, actor: Actor, callback: Callback, event: Event, reason: str, now: datetime) -> None:
    moved = callbacks.step(
        tx, callback.id, event, now=now, reason=reason, closed_at=now, held_until=None, escalate_at=None
    )
    if moved is None:
        raise refusal(tx, actor, callback, event)
    _on_record(tx, actor, callback.id, moved.state, now, reason)


def _on_record(tx: Tx, actor: Actor, callback_id: str, act: str, now: datetime, detail: str) -> None:
    audit.add(
        tx, now=now, person_id=actor.person_id, act=act, kind="callback", subject=callback_id, detail=detail
    )


def _recorded(callback: Callback, outcome: str) -> Recorded:
    return Recorded(
        callback_id=callback.id,
        outcome=outcome,
        state=callback.state,
        due_at=callback.due_at,
        due_until=callback.due_until,
    )
