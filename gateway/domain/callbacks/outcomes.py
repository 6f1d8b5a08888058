"""What follows from the outcome of an attempt: one table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.domain.callbacks.states import CallbackEvent
from gateway.domain.callbacks.windows import Hours, Window, find_next_window
from gateway.domain.contact_safety import When

MOST_ATTEMPTS = 3
APART = timedelta(hours=2)
NOT_REACHED = "attempts"
"""The reason of what stands in review because she was called as often as agreed and never reached."""

NOT_DIALLED = "not_dialled"
"""The house's own word for an attempt that surely never rang her phone: it is no outcome, no button, and no attempt."""


class Outcome(StrEnum):
    """What a counsellor says came of an attempt."""

    REACHED = "reached"
    CUT_OFF = "cut_off"
    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"
    BUSY = "busy"
    SWITCHED_OFF = "switched_off"
    SOMEONE_ELSE = "someone_else"
    ASKED_LATER = "asked_later"
    WRONG_NUMBER = "wrong_number"
    NOT_SAFE = "not_safe"
    SILENT = "silent"
    PRANK = "prank"


class Then(StrEnum):
    """The kinds of what can follow."""

    REACHED = "reached"
    NEXT_WINDOW = "next_window"
    OTHER_KIND = "other_kind"
    NAMED_TIME = "named_time"
    REVIEW = "review"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table.

    Attributes:
        counts: it is one of the attempts that she is given.
        then: what follows.
        again: in how many minutes she may be rung once more in the same window; None never.
        agreed: that one more time needs her word that she wants it.
        wait: hours in which her phone must not ring.
    """

    counts: bool
    then: Then
    again: int | None = None
    agreed: bool = False
    wait: int = 0


RULES: Mapping[Outcome, Rule] = {
    Outcome.REACHED: Rule(counts=True, then=Then.REACHED),
    Outcome.CUT_OFF: Rule(counts=True, then=Then.NEXT_WINDOW, again=0, agreed=True),
    Outcome.NO_ANSWER: Rule(counts=True, then=Then.NEXT_WINDOW),
    Outcome.VOICEMAIL: Rule(counts=True, then=Then.NEXT_WINDOW),
    Outcome.BUSY: Rule(counts=True, then=Then.NEXT_WINDOW, again=20),
    Outcome.SWITCHED_OFF: Rule(counts=True, then=Then.OTHER_KIND),
    Outcome.SOMEONE_ELSE: Rule(counts=True, then=Then.NEXT_WINDOW, wait=24),
    Outcome.ASKED_LATER: Rule(counts=False, then=Then.NAMED_TIME),
    Outcome.WRONG_NUMBER: Rule(counts=False, then=Then.REVIEW),
    Outcome.NOT_SAFE: Rule(counts=False, then=Then.REVIEW),
    Outcome.SILENT: Rule(counts=False, then=Then.CLOSED),
    Outcome.PRANK: Rule(counts=False, then=Then.CLOSED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """The attempt that an outcome is about.

    Attributes:
        tries: the attempts of this request that counted before this one.
        nth: 0 for the first of its window, 1 for one more in the same window.
        whens: the windows that she gave, the one that was tried first.
        until: the end of the window that was tried.
    """

    tries: int
    nth: int
    whens: Sequence[When]
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReport:
    """What the counsellor says of an attempt: ``agreed`` to be rung again at once, ``named`` a time herself."""

    outcome: Outcome
    agreed: bool = False
    named: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Follows:
    """What follows: the event of the table of states, the attempts that counted, and the next window if any."""

    event: CallbackEvent
    tries: int
    when: When
    window: Window | None = None
    reason: str = ""


_AT_ONCE: Mapping[Then, CallbackEvent] = {
    Then.REACHED: CallbackEvent.REACHED,
    Then.REVIEW: CallbackEvent.RUN_OUT,
    Then.CLOSED: CallbackEvent.EMPTY,
}


def plan_next_step(
    said: CallReport,
    attempted: Attempted,
    hours: Hours,
    zone: str,
    now: datetime,
    *,
    rules: Mapping[Outcome, Rule] = RULES,
) -> Follows:
    """Return what follows from what was said of the attempt at ``now``."""
    rule = rules[said.outcome]
    tries = attempted.tries + rule.counts
    when = attempted.whens[0]
    if rule.then in _AT_ONCE:
        reason = "" if rule.then is Then.REACHED else said.outcome.value
        return Follows(event=_AT_ONCE[rule.then], tries=tries, when=when, reason=reason)
    if tries >= MOST_ATTEMPTS and rule.counts:
        return Follows(event=CallbackEvent.RUN_OUT, tries=tries, when=when, reason=NOT_REACHED)
    same = _same_window(rule, attempted, now, agreed=said.agreed)
    if same is not None:
        return Follows(event=CallbackEvent.MISSED, tries=tries, when=when, window=same)
    if rule.then is Then.NAMED_TIME:
        window = _find_named_window(
            when, hours, zone, attempted, said.named if said.named and said.named > now else None
        )
    else:
        when = _find_other(attempted.whens) if rule.then is Then.OTHER_KIND else when
        resting = now + max(APART, timedelta(hours=rule.wait))
        window = find_next_window(when, hours, zone, now, not_before=max(attempted.until, resting))
    # A request for *now* has no next window: it stays until its half hour is over, and then expires by itself.
    return Follows(
        event=CallbackEvent.MISSED,
        tries=tries,
        when=when,
        window=window or (attempted.until, attempted.until),
    )


def _same_window(rule: Rule, attempted: Attempted, now: datetime, *, agreed: bool) -> Window | None:
    if rule.again is None or attempted.nth or (rule.agreed and not agreed):
        return None
    start = now + timedelta(minutes=rule.again)
    return (start, attempted.until) if start < attempted.until else None


def _find_named_window(
    when: When, hours: Hours, zone: str, attempted: Attempted, named: datetime | None
) -> Window | None:
    """Return the safe window that holds the named time, or the next one after it.

    Who asked for *now* and then names a time by voice gets the half hour from there.
    """
    if when is When.NOW:
        return find_next_window(when, hours, zone, named, least=timedelta()) if named else None
    start = named or attempted.until
    return find_next_window(when, hours, zone, start)


def _find_other(whens: Sequence[When]) -> When:
    return next((when for when in whens if when is not whens[0]), whens[0])
