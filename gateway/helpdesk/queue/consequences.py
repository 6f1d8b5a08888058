"""Plans what follows from the outcome of a call, and tells it before the outcome is chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.outcomes import RULES, Attempted, CallReport, Outcome, Then, plan_next_step
from gateway.domain.callbacks.queue_rules import DANGER
from gateway.domain.callbacks.states import CallbackEvent, CallbackState
from gateway.domain.contact_safety import PhoneSeen, When
from gateway.helpdesk.requests.refuse import REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gateway.domain.callbacks.outcomes import Follows
    from gateway.domain.callbacks.windows import Hours
    from gateway.foundation.services import Services
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
