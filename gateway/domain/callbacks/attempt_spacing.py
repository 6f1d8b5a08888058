"""Limit how often a number is called: one attempt a window, two hours apart, one more where the outcome allows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.domain.callbacks.outcomes import APART, RULES, Outcome, Rule, Then


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
