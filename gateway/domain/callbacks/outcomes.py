"""Decide what follows from the outcome of a call attempt: next window, another attempt, review or closing.

``RULES`` has one row per outcome; ``plan_next_step`` applies it, and ``may_ring`` limits how often a number is called:
one attempt a window, two hours apart, one more where the outcome allows it.
"""

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
"""Reason of a request in review after all agreed attempts failed to reach the caller."""

NOT_DIALLED = "not_dialled"
"""Stored for an attempt that certainly never rang: it counts as no attempt, and staff cannot choose it."""


class Outcome(StrEnum):
    """The outcome of an attempt, as the counsellor enters it."""

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
    """Kinds of consequence."""

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
        counts: it uses up one of the attempts.
        then: the consequence.
        again: minutes after which the number may be called once more in the same window; None for never.
        agreed: that further call needs the caller's agreement.
        wait: hours in which the number must not be called.
        missed: the phone rang or was off and nobody answered: the figures count these together.
    """

    counts: bool
    then: Then
    again: int | None = None
    agreed: bool = False
    wait: int = 0
    missed: bool = False


RULES: Mapping[Outcome, Rule] = {
    Outcome.REACHED: Rule(counts=True, then=Then.REACHED),
    Outcome.CUT_OFF: Rule(counts=True, then=Then.NEXT_WINDOW, again=0, agreed=True),
    Outcome.NO_ANSWER: Rule(counts=True, then=Then.NEXT_WINDOW, missed=True),
    Outcome.VOICEMAIL: Rule(counts=True, then=Then.NEXT_WINDOW, missed=True),
    Outcome.BUSY: Rule(counts=True, then=Then.NEXT_WINDOW, again=20, missed=True),
    Outcome.SWITCHED_OFF: Rule(counts=True, then=Then.OTHER_KIND, missed=True),
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
        tries: counted attempts of this request before this one.
        nth: 0 for the first of its window, 1 for the second.
        whens: the windows that the caller chose, the one just tried first.
        until: end of the window just tried.
        since: start of that window. Where it has not begun, the call was made outside it, or its outcome is told so
            late that the request has another window since: a further call at once would then be unsafe.
    """

    tries: int
    nth: int
    whens: Sequence[When]
    until: datetime
    since: datetime | None = None

    def find_end(self, now: datetime) -> datetime:
        """Return the instant after which the next window may begin: its end, or now where it has not begun."""
        return self.until if self.since is None or self.since <= now else now


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReport:
    """The counsellor's report: ``agreed`` to another call at once, or a time that the caller ``named``."""

    outcome: Outcome
    agreed: bool = False
    named: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Follows:
    """The consequence: event of the state table, counted attempts, window word and next window if any, and reason."""

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
    report: CallReport,
    attempted: Attempted,
    hours: Hours,
    zone: str,
    now: datetime,
    *,
    rules: Mapping[Outcome, Rule] = RULES,
) -> Follows:
    """Return the consequence of a report on the attempt, at the instant ``now``."""
    rule = rules[report.outcome]
    tries = attempted.tries + rule.counts
    when = attempted.whens[0]
    if rule.then in _AT_ONCE:
        reason = "" if rule.then is Then.REACHED else report.outcome.value
        return Follows(event=_AT_ONCE[rule.then], tries=tries, when=when, reason=reason)
    if tries >= MOST_ATTEMPTS and rule.counts:
        return Follows(event=CallbackEvent.RUN_OUT, tries=tries, when=when, reason=NOT_REACHED)
    same = _same_window(rule, attempted, now, agreed=report.agreed)
    if same is not None:
        return Follows(event=CallbackEvent.MISSED, tries=tries, when=when, window=same)
    if rule.then is Then.NAMED_TIME:
        named = report.named if report.named and report.named > now else None
        window = _find_named_window(when, hours, zone, attempted.find_end(now), named)
    else:
        when = _find_other(attempted.whens) if rule.then is Then.OTHER_KIND else when
        resting = now + max(APART, timedelta(hours=rule.wait))
        window = find_next_window(when, hours, zone, now, not_before=max(attempted.find_end(now), resting))
    # A `now` request has no next window; it expires at the end of its 30 minutes.
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
    return (start, attempted.until) if start < attempted.find_end(now) else None


def _find_named_window(
    when: When, hours: Hours, zone: str, ended: datetime, named: datetime | None
) -> Window | None:
    """Return the safe window that contains the named time, or the next one after it.

    For a ``now`` request, a time named by voice is the start of a new 30 minutes.
    """
    if when is When.NOW:
        return find_next_window(when, hours, zone, named, least=timedelta()) if named else None
    return find_next_window(when, hours, zone, named or ended)


def _find_other(whens: Sequence[When]) -> When:
    return next((when for when in whens if when is not whens[0]), whens[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One earlier attempt to call the number, for any request; ``outcome`` is empty while unknown."""

    started_at: datetime
    window_from: datetime
    nth: int
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptAllowed:
    """The number may be called; ``nth`` is 1 for a second attempt in the same window."""

    nth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYet:
    """The number may not be called before ``until``; None means not in this window."""

    until: datetime | None = None


def may_ring(
    past: Sequence[Past],
    window_from: datetime,
    now: datetime,
    *,
    agreed: bool = False,
    rules: Mapping[Outcome, Rule] = RULES,
) -> AttemptAllowed | NotYet:
    """Say whether the number may be called now, given that its window is open.

    Args:
        past: earlier attempts, in any order.
        window_from: start of the window, which identifies it.
        now: the instant.
        agreed: the caller asked in the last call to be called again at once.
        rules: the table of outcomes.
    """
    here = [one for one in past if one.window_from == window_from]
    if here:
        latest = max(here, key=lambda one: one.nth)
        if latest.nth or not (agreed or _may_try_again(latest, rules)):
            return NotYet()
        return AttemptAllowed(nth=1)
    until = find_rest_end(past, rules=rules)
    if until is not None and now < until:
        return NotYet(until=until)
    return AttemptAllowed()


def _may_try_again(one: Past, rules: Mapping[Outcome, Rule]) -> bool:
    rule = _find_rule(one, rules)
    return rule is not None and (rule.again is not None or rule.then is Then.NAMED_TIME)


def _is_named_by_caller(one: Past, rules: Mapping[Outcome, Rule]) -> bool:
    rule = _find_rule(one, rules)
    return rule is not None and rule.then is Then.NAMED_TIME


def _find_rule(one: Past, rules: Mapping[Outcome, Rule]) -> Rule | None:
    """Return the rule of the attempt's outcome; None where the outcome is unknown."""
    return next((rule for outcome, rule in rules.items() if outcome.value == one.outcome), None)


def find_rest_end(past: Sequence[Past], *, rules: Mapping[Outcome, Rule] = RULES) -> datetime | None:
    """Return until when the number must not be called after these attempts, in any window."""
    ends = [_rests_until(one, rules) for one in past if not _is_named_by_caller(one, rules)]
    return max(ends, default=None)


def _rests_until(one: Past, rules: Mapping[Outcome, Rule]) -> datetime:
    rule = _find_rule(one, rules)
    return one.started_at + max(APART, timedelta(hours=rule.wait if rule else 0))
