"""Decides what a page offers for one callback, and tells what follows from an outcome before it is chosen.

What is offered depends on what the viewer may do, on what is said of the caller's safety, and on the state of the
call.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.outcomes import RULES, Attempted, CallReport, Outcome, Then, plan_next_step
from gateway.domain.callbacks.queue_rules import DANGER
from gateway.domain.callbacks.states import OPEN, CallbackEvent, CallbackState
from gateway.domain.contact_safety import PhoneSeen, When
from gateway.domain.permissions import Permission
from gateway.helpdesk.queue.queue import Promise
from gateway.helpdesk.requests.refuse import REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gateway.domain.callbacks.outcomes import Follows
    from gateway.domain.callbacks.windows import Hours
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.helpdesk.queue.queue import CallbackView
    from gateway.storage.callbacks import Callback


AGREED = ":agreed"
"""Suffix of an outcome's word in a form: the caller agreed to be called again at once."""


class NextStep(StrEnum):
    """What follows, as a kind."""

    SHEET = "sheet"  # she was reached: the sheet after the call
    CALL_AGAIN = "call-again"
    ENDS = "ends"  # she asked for now only
    DECIDED = "decided"  # by a supervisor
    CLOSED = "closed"
    NAMED_TIME = "named-time"  # at the time that she names


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeChoice:
    """One outcome as it is offered, with what follows from it.

    Attributes:
        word: the outcome's word, with AGREED where she agreed to another call at once.
        label: the word without it.
        agreed: whether this is the choice after which she is called again at once; None where that is no question.
        step: what follows.
        due_at: start of the next window, or the instant at which a request for now ends.
        due_until: end of the next window.
    """

    word: str
    label: str
    agreed: bool | None
    step: NextStep
    due_at: datetime | None = None
    due_until: datetime | None = None


def find_meaning(parts: Services, word: str) -> Outcome:
    """Return the built-in outcome of a word; an outcome of the centre maps to the one that its row names.

    Raises:
        ValueError: there is no such outcome.
    """
    own = parts.desk.outcomes
    return Outcome(own[word].means if word in own else word)


def read_choice(word: str) -> tuple[str, bool]:
    """Return the outcome's word of a form, and whether the caller agreed to be called again at once."""
    return word.removesuffix(AGREED), word.endswith(AGREED)


def plan_consequence(
    parts: Services, callback: Callback, nth: int, report: CallReport, hours: Hours
) -> Follows:
    """Return what follows from a report on the running call of a callback.

    Args:
        parts: the services of this process.
        callback: the callback that is being called.
        nth: 0 for the first attempt of its window, 1 for the second.
        report: the counsellor's report.
        hours: when the team is on duty.
    """
    now = parts.clock.now()
    not_mine = callback.contact is not None and callback.contact.phone_seen is PhoneSeen.NOT_MINE
    usable = replace(report, named=None) if not_mine else report
    tried = Attempted(
        tries=callback.attempts,
        nth=nth,
        whens=(When(callback.window),),
        until=callback.due_until or now,
        since=callback.due_at,
    )
    return _unless_refused(callback, plan_next_step(usable, tried, hours, parts.line.zone, now))


def list_outcomes(
    parts: Services, callback: Callback, nth: int, hours: Hours, words: Iterable[str]
) -> tuple[OutcomeChoice, ...]:
    """Return these outcomes with what would follow from each; a cut-off call is offered twice."""
    return tuple(
        _describe_outcome(parts, callback, nth, hours, word, agreed=agreed)
        for word in words
        for agreed in ((True, False) if RULES[find_meaning(parts, word)].agreed else (None,))
    )


def _describe_outcome(
    parts: Services, callback: Callback, nth: int, hours: Hours, word: str, *, agreed: bool | None
) -> OutcomeChoice:
    outcome = find_meaning(parts, word)
    report = CallReport(outcome=outcome, agreed=bool(agreed))
    after = plan_consequence(parts, callback, nth, report, hours)
    due_at, due_until = after.window or (None, None)
    step = _name_step(after)
    if step is NextStep.CALL_AGAIN and RULES[outcome].then is Then.NAMED_TIME:
        step, due_at, due_until = NextStep.NAMED_TIME, None, None
    return OutcomeChoice(
        word=f"{word}{AGREED}" if agreed else word,
        label=word,
        agreed=agreed,
        step=step,
        due_at=due_at,
        due_until=due_until,
    )


def _name_step(after: Follows) -> NextStep:
    match after.event:
        case CallbackEvent.REACHED:
            return NextStep.SHEET
        case CallbackEvent.EMPTY:
            return NextStep.CLOSED
        case CallbackEvent.MISSED if after.window is not None:
            return NextStep.CALL_AGAIN if after.window[0] < after.window[1] else NextStep.ENDS
        case _:
            return NextStep.DECIDED


def _unless_refused(callback: Callback, after: Follows) -> Follows:
    """Send a caller who refused during the call to review instead of planning another try."""
    if callback.withheld and after.event is CallbackEvent.MISSED:
        return replace(after, event=CallbackEvent.RUN_OUT, reason=REFUSED)
    return after


def list_changes(callback: Callback, after: Follows, now: datetime) -> dict[str, Any]:
    """Return the changed columns: attempts, window, due and escalation instants (UTC), holder, reason, closing."""
    changes: dict[str, Any] = {"attempts": after.tries, "held_until": None, "reason": after.reason}
    danger = callback.priority == DANGER
    if after.event is CallbackEvent.MISSED:
        due_at, due_until = after.window or (now, now)
        changes |= {
            "holder_id": None,
            "window": after.when,
            "due_at": due_at,
            "due_until": due_until,
            "escalate_at": queue_rules.plan_first_alert(
                CallbackState.WAITING, danger=danger, due_at=due_at, now=now
            ),
        }
    elif after.event is CallbackEvent.RUN_OUT:
        escalate_at = queue_rules.plan_first_alert(CallbackState.REVIEW, danger=danger, due_at=None, now=now)
        changes |= {"holder_id": None, "escalate_at": escalate_at}
    elif after.event is CallbackEvent.EMPTY:
        changes |= {"closed_at": now}
    return changes


class Safety(StrEnum):
    """What is said about ringing the caller's phone now."""

    SAFE = "safe"
    BUSY = "busy"  # a call to the number has no outcome yet
    UNSAID_OUTCOME = "unsaid-outcome"  # the viewer's own call was left without an outcome
    RESTS = "rests"  # her phone rang a short while ago
    RANG = "rang"  # her phone rang already in this window
    OUTSIDE = "outside"  # her window is not open
    OVER = "over"  # her window has passed
    ENDS = "ends"  # she asked for now only, and her phone rang
    UNSAID = "unsaid"


class Control(StrEnum):
    """The one button of the call's card."""

    CALL = "call"
    CLAIM = "claim"
    CLAIM_TO_DECIDE = "claim-to-decide"
    ENTER_PHONE = "enter-phone"  # calls are made from helpline phones only
    CALL_LATER = "call-later"  # shown switched off
    HELD = "held"  # a colleague has it
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What the viewer may do with the callback now; the use cases check it again when it is done."""

    claim: bool
    call: bool
    call_outside: bool
    give_back: bool
    take_over: bool
    close: bool
    decide: bool
    note: bool
    talk: bool
    note_ring: bool


def find_abilities(who: Actor, shown: CallbackView) -> Abilities:
    """Return what the viewer may do with the callback now."""
    row = shown.row
    own = row.mine and row.state is CallbackState.CLAIMED
    decides = who.may(Permission.DECIDE)
    ready = (own and not row.to_decide) or (row.mine and row.state is CallbackState.REACHED)
    rests = shown.not_before is not None and row.state is not CallbackState.REACHED
    is_taken = bool(row.claimed_by) and not row.mine
    free_line = ready and not shown.calling and bool(shown.our_number)
    return Abilities(
        claim=row.state is CallbackState.WAITING or (row.state is CallbackState.REVIEW and decides),
        call=free_line and row.due_now and not rests,
        call_outside=free_line
        and not row.due_now
        and who.may(Permission.CALL_OUTSIDE)
        and row.phone_seen != "not_mine",
        give_back=own,
        take_over=row.state is CallbackState.CLAIMED and not row.mine and who.may(Permission.TAKE_OVER),
        close=(own and not row.to_decide)
        or (row.state is CallbackState.REACHED and (row.mine or who.may(Permission.TAKE_OVER)))
        or (row.state is CallbackState.WAITING and decides),
        decide=decides and (row.state is CallbackState.REVIEW or (own and row.to_decide)),
        talk=bool(row.phone) and not is_taken and not (row.mine and row.state is CallbackState.REACHED),
        note_ring=is_taken,
        note=row.mine or (who.may(Permission.SEE_OTHERS) and row.state in OPEN | {CallbackState.REACHED}),
    )


def find_safety(who: Actor, shown: CallbackView, can: Abilities) -> Safety:
    """Return what is said about ringing the phone now, so that no template decides it again."""
    row = shown.row
    to_call = row.state in (CallbackState.WAITING, CallbackState.CLAIMED) and not row.to_decide
    if can.call:
        return Safety.SAFE
    if to_call and row.due_now and (can.claim or row.mine) and not shown.not_before and not shown.calling:
        return Safety.SAFE
    if shown.calling:
        own = shown.calling == who.name and row.state is CallbackState.REVIEW
        return Safety.UNSAID_OUTCOME if own else Safety.BUSY
    if shown.not_before and row.due_now:
        return Safety.RESTS if row.due_until and shown.not_before < row.due_until else Safety.RANG
    if not to_call:
        return Safety.UNSAID
    return _SAFETY_OF.get(row.promise, Safety.UNSAID)


_SAFETY_OF = {Promise.AHEAD: Safety.OUTSIDE, Promise.OVER: Safety.OVER, Promise.ENDS: Safety.ENDS}


def find_control(shown: CallbackView, can: Abilities) -> Control:
    """Return the one button of the call's card."""
    row = shown.row
    if can.call:
        return Control.CALL
    if can.claim:
        return Control.CLAIM if row.state is CallbackState.WAITING else Control.CLAIM_TO_DECIDE
    in_hand = row.mine and row.state in (CallbackState.CLAIMED, CallbackState.REACHED)
    if in_hand and not shown.only_row and not shown.our_number:
        return Control.ENTER_PHONE
    if row.mine and row.state is CallbackState.CLAIMED and not row.to_decide:
        return Control.CALL_LATER
    return Control.HELD if row.claimed_by and not row.mine else Control.NOTHING
