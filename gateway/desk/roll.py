"""What the clock does to callbacks: windows that passed, leases that ended, answers that aged."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from gateway.callbacks import escalation
from gateway.callbacks.model import OPEN, Event, State
from gateway.callbacks.order import DANGER
from gateway.desk.claim import give_back
from gateway.desk.helping import call_for_help
from gateway.desk.record import UNCLEAR
from gateway.desk.windows import hours_of, plan_on
from gateway.safe_contact import VALID_FOR, When
from gateway.sending import guard, share
from gateway.store import attempts, audit, callbacks

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gateway.parts import Parts
    from gateway.store.attempts import Attempt
    from gateway.store.callbacks import Callback
    from gateway.store.engines import Tx

T = TypeVar("T")


def roll_windows(parts: Parts) -> int:
    """Plan the next window for whoever was not called in hers; a request for *now* dies. Return how many."""
    return _each(parts, _few_passed, _rolled)


def release_leases(parts: Parts) -> int:
    """Free claims that were forgotten, and put calls without an outcome into review. Return how many."""
    freed = _each(parts, lambda tx, now: callbacks.claims_over(tx, now=now), _freed)
    return freed + _each(parts, lambda tx, now: attempts.lapsed(tx, now=now), _lapsed)


def expire(parts: Parts) -> int:
    """End requests whose answers are too old to act on. Return how many."""
    return _each(parts, _few_aged, _aged)


def _few_aged(tx: Tx, now: datetime) -> tuple[Callback, ...]:
    """Return what is too old, unless it is more than may end in one run without a person."""
    aged = callbacks.asked_before(tx, before=now - VALID_FOR)
    ending = sum(one.state in (State.WAITING, State.REVIEW) for one in aged)
    return aged if _may_end(tx, ending, now) else ()


def _few_passed(tx: Tx, now: datetime) -> tuple[Callback, ...]:
    """Return what was not called in its window; what would die of it only while it is not too much at once."""
    passed = callbacks.waiting_past(tx, now=now)
    ending = sum(one.window == When.NOW for one in passed)
    if ending == 0 or _may_end(tx, ending, now):
        return passed
    return tuple(one for one in passed if one.window != When.NOW)


def _may_end(tx: Tx, many: int, now: datetime) -> bool:
    few = many <= share.FEW[share.REQUESTS]
    of = 0 if few else callbacks.count_open(tx)
    return share.may_end(tx, share.REQUESTS, many=many, of=of, now=now)


def escalate(parts: Parts) -> int:
    """Have supervisors told of what stands still. Return how many."""
    nudges: list[str] = []

    def told(parts: Parts, tx: Tx, one: Callback, now: datetime) -> bool:
        row = _told(parts, tx, one, now)
        nudges.extend([row] if row else [])
        return row is not None

    count = _each(parts, lambda tx, now: callbacks.standing_still(tx, now=now), told)
    for row in nudges:
        parts.nudge(row)
    return count


def _each(
    parts: Parts,
    read: Callable[[Tx, datetime], tuple[T, ...]],
    work: Callable[[Parts, Tx, T, datetime], bool],
) -> int:
    now = parts.clock.now()
    with parts.store.write() as tx:
        if not guard.is_trusted(parts, tx, now):
            return 0  # a wrong clock ends nothing, frees nothing and calls nobody for help
        return sum([work(parts, tx, one, now) for one in read(tx, now)])


def _rolled(parts: Parts, tx: Tx, one: Callback, now: datetime) -> bool:
    if one.window == When.NOW:
        return _ended(tx, one, Event.NOW_PASSED, "not called in time", now)
    window = plan_on(
        parts, one, attempts.past(tx, one.caller_id or ""), now, hours=hours_of(parts, tx, now, one.team)
    )
    if window is None:
        return False
    danger = one.priority == DANGER
    callbacks.step(
        tx,
        one.id,
        Event.WINDOW_PASSED,
        now=now,
        due_at=window[0],
        due_until=window[1],
        escalate_at=escalation.first(State.WAITING, danger=danger, due_at=window[0], now=now),
    )
    return True


def _freed(_parts: Parts, tx: Tx, one: Callback, now: datetime) -> bool:
    give_back(tx, one, now)
    _on_record(tx, one.id, "claim ran out", now)
    return True


def _lapsed(_parts: Parts, tx: Tx, one: Attempt, now: datetime) -> bool:
    """Put a call without an outcome into review; the attempt stays live, so the number stays blocked.

    Where the callback is over already nobody has to ask, and the attempt ends as unclear.
    """
    callback = callbacks.by_id(tx, one.callback_id, lock=True)
    if callback is None or callback.state not in OPEN:
        return attempts.finish(tx, one.id, outcome=UNCLEAR, now=now)
    if callback.state is not State.CALLING:
        return False
    danger = callback.priority == DANGER
    callbacks.step(
        tx,
        callback.id,
        Event.UNCLEAR,
        now=now,
        reason=UNCLEAR,
        held_until=None,
        escalate_at=escalation.first(State.REVIEW, danger=danger, due_at=None, now=now),
    )
    _on_record(tx, callback.id, UNCLEAR, now)
    return True


def _aged(_parts: Parts, tx: Tx, one: Callback, now: datetime) -> bool:
    if one.state not in (State.WAITING, State.REVIEW):
        return False
    attempts.finish_all(tx, one.id, outcome=UNCLEAR, now=now)
    return _ended(tx, one, Event.AGED, "answers too old", now)


def _ended(tx: Tx, one: Callback, event: Event, reason: str, now: datetime) -> bool:
    callbacks.step(
        tx, one.id, event, now=now, reason=reason, closed_at=now, held_until=None, escalate_at=None
    )
    _on_record(tx, one.id, "expired", now, reason)
    return True


def _told(_parts: Parts, tx: Tx, one: Callback, now: datetime) -> str | None:
    round_ = int(one.escalate_at.timestamp()) if one.escalate_at is not None else None
    return call_for_help(tx, one, str(round_), now=now) if round_ is not None else None


def _on_record(tx: Tx, callback_id: str, act: str, now: datetime, detail: str = "") -> None:
    audit.add(tx, now=now, person_id=None, act=act, kind="callback", subject=callback_id, detail=detail)
