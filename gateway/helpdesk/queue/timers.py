"""Runs the timers of callbacks: windows that passed, leases, expiry, escalations, and promises that broke.

A broken promise to a caller makes no sound: it is noticed here, shown until a person acknowledges it, and counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from gateway.delivery import clock_guard
from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.queue_rules import DANGER
from gateway.domain.callbacks.states import (
    AGAIN_AFTER,
    NOT_CALLED,
    NOT_REACHED_IN_TIME,
    OPEN,
    BrokenPromise,
    CallbackEvent,
    CallbackState,
    PromiseFacts,
    find_broken_promise,
)
from gateway.domain.contact_safety import VALID_FOR, When
from gateway.domain.permissions import AuditAct, Permission, check_permission
from gateway.helpdesk.errors import NoSuchCallback
from gateway.helpdesk.queue.claim import LEASE, give_back, is_to_decide
from gateway.helpdesk.queue.outcome import UNCLEAR
from gateway.helpdesk.requests.intake_rules import call_for_help
from gateway.helpdesk.requests.planning import find_duty_hours, plan_on
from gateway.storage import attempts, audit, broken_promises, callbacks, callers, queue_counts
from gateway.storage import broken_promises as stored

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.attempts import Attempt
    from gateway.storage.broken_promises import Confession
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx


def note_broken_promises(parts: Services) -> int:
    """Put promises that broke by themselves on record; return how many are new.

    What was acknowledged long ago and still stands is confessed again.
    """
    now = parts.clock.now()
    noticed: list[tuple[Callback, BrokenPromise]] = []

    def work(tx: Tx) -> None:
        noticed.clear()  # the transaction may be tried again
        if not clock_guard.is_trusted(parts, tx, now):
            return  # with a wrong clock nothing is late
        stored.clear_seen(tx, before=now - AGAIN_AFTER)
        for one in stored.list_candidates(tx):
            promise = find_broken_promise(_gather_facts(one), now)
            if promise is not None and stored.add_broken(tx, one.id, promise, now=now):
                noticed.append((one, promise))

    parts.store.run(work)
    for one, promise in noticed:
        count_broken(parts, one, promise)
    return len(noticed)


def add_expired(tx: Tx, callback: Callback) -> bool:
    """Put a request for *now* on record that has just expired uncalled, in the transaction that expires it.

    Return whether it is new.
    """
    broken = find_broken_promise(_gather_facts(callback), callback.changed_at)
    return broken is BrokenPromise.NOW_EXPIRED and stored.add_broken(
        tx, callback.id, broken, now=callback.changed_at
    )


def count_broken(parts: Services, callback: Callback, promise: BrokenPromise) -> None:
    """Count a broken promise for the reports; of a trial phone it is counted apart."""
    parts.count.add(
        "promise",
        promise.value,
        channel=callback.channel,
        language=callback.script,
        trial=callback.trial,
    )


def list_confessions(parts: Services, actor: Actor) -> tuple[Confession, ...]:
    """Return the broken promises that nobody has acknowledged, oldest first.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        return stored.list_unseen(tx, actor.team)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnclearCall:
    """A call of the actor that was left without an outcome: the caller's code, and when it began."""

    code: str
    started_at: datetime


def find_unclear_call(parts: Services, actor: Actor, callback_id: str) -> UnclearCall:
    """Return the call whose outcome the actor can still say.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        NoSuchCallback: there is none, or another person made the call, or a supervisor has decided meanwhile.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        callback, attempt = callbacks.by_id(tx, callback_id), attempts.find_live_of_request(tx, callback_id)
    if callback is None or attempt is None or callback.team != actor.team:
        raise NoSuchCallback(callback_id)
    if attempt.person_id != actor.person_id or callback.state is not CallbackState.REVIEW:
        raise NoSuchCallback(callback_id)
    return UnclearCall(code=callback.code, started_at=attempt.started_at)


def confirm_broken(parts: Services, actor: Actor, promise: str, callback_ids: Sequence[str]) -> int:
    """Acknowledge one kind of promise for the requests that the page named; return how many were still unread.

    A request that broke after the page was made stays unread, because nobody can have seen it.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        ValueError: there is no such promise.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    which, now = BrokenPromise(promise), parts.clock.now()

    def work(tx: Tx) -> int:
        ids = stored.mark_seen(tx, actor.team, which, callback_ids, person_id=actor.person_id, now=now)
        for one in ids:
            audit.add_entry(
                tx, now=now, person_id=actor.person_id, act=AuditAct.ACKNOWLEDGED, kind="callback", subject=one,
                detail=which.value,
            )  # fmt: skip
        return len(ids)

    return parts.store.run(work)


def _gather_facts(one: Callback) -> PromiseFacts:
    return PromiseFacts(
        state=one.state,
        reason=one.reason,
        danger=one.priority == DANGER,
        asked_at=one.asked_at,
        due_at=one.due_at,
        changed_at=one.changed_at,
    )


T = TypeVar("T")


def roll_windows(parts: Services) -> int:
    """Plan the next window of requests not called in theirs; a ``now`` request expires. Return how many.

    One that is claimed expires too, a lease after its end: the open page of a holder must not keep it for ever.
    """
    broken: list[Callback] = []

    def roll(parts: Services, tx: Tx, one: Callback, now: datetime) -> bool:
        if one.window != When.NOW:
            return _roll_window(parts, tx, one, now)
        if one.state is CallbackState.CLAIMED:
            give_back(tx, one, now)
        ended = _end_request(
            tx, one, CallbackEvent.NOW_PASSED, NOT_REACHED_IN_TIME if one.attempts else NOT_CALLED, now
        )
        if ended is not None and add_expired(tx, ended):
            broken.append(ended)
        return ended is not None

    count = _work_each(parts, _few_passed, roll)
    for one in broken:
        count_broken(parts, one, BrokenPromise.NOW_EXPIRED)
    return count


def release_leases(parts: Services) -> int:
    """Release expired claims, and move calls without an outcome to review. Return how many."""
    freed = _work_each(parts, lambda tx, now: callbacks.list_expired_claims(tx, now=now), _free_claim)
    return freed + _work_each(parts, lambda tx, now: attempts.list_lapsed(tx, now=now), _lapse_call)


def expire_requests(parts: Services) -> int:
    """Expire requests whose safety answers are too old. Return how many."""
    return _work_each(parts, _few_aged, _age_request)


def _few_aged(tx: Tx, now: datetime) -> tuple[Callback, ...]:
    """Return the expired requests; none if they are more than may end in one run without a person's confirmation.

    Sample data is not counted.
    """
    aged = callbacks.list_asked_before(tx, before=now - VALID_FOR)
    ends = (CallbackState.WAITING, CallbackState.REVIEW)
    ending = sum(one.state in ends and not callers.is_sample(one) for one in aged)
    return aged if _may_end(tx, ending, now) else ()


def _few_passed(tx: Tx, now: datetime) -> tuple[Callback, ...]:
    """Return requests whose window passed; ``now`` requests only if they are not too many to expire unconfirmed."""
    forgotten = broken_promises.list_claimed_past(tx, before=now - LEASE)
    passed = callbacks.list_waiting_past(tx, now=now)
    passed += tuple(one for one in forgotten if one.window == When.NOW and not is_to_decide(one))
    ending = sum(one.window == When.NOW for one in passed)
    if ending == 0 or _may_end(tx, ending, now):
        return passed
    return tuple(one for one in passed if one.window != When.NOW)


def _may_end(tx: Tx, many: int, now: datetime) -> bool:
    few = many <= clock_guard.FEW[clock_guard.REQUESTS]
    of = 0 if few else queue_counts.count_open(tx)
    return clock_guard.may_end(tx, clock_guard.REQUESTS, many=many, of=of, now=now)


def escalate_stalled(parts: Services) -> int:
    """Alert supervisors about requests that nobody has taken. Return how many."""
    nudges: list[str] = []

    def escalate(parts: Services, tx: Tx, one: Callback, now: datetime) -> bool:
        row = _tell_supervisors(parts, tx, one, now)
        nudges.extend([row] if row else [])
        return row is not None

    count = _work_each(parts, lambda tx, now: callbacks.list_standing_still(tx, now=now), escalate)
    for row in nudges:
        parts.nudge(row)
    return count


def _work_each(
    parts: Services,
    read: Callable[[Tx, datetime], tuple[T, ...]],
    work: Callable[[Services, Tx, T, datetime], bool],
) -> int:
    now = parts.clock.now()
    with parts.store.write() as tx:
        if not clock_guard.is_trusted(parts, tx, now):
            return 0  # with a wrong clock nothing may expire, be released or be escalated
        return sum([work(parts, tx, one, now) for one in read(tx, now)])


def _roll_window(parts: Services, tx: Tx, one: Callback, now: datetime) -> bool:
    window = plan_on(
        parts,
        one,
        attempts.list_past(tx, one.caller_id or ""),
        now,
        hours=find_duty_hours(parts, tx, now, one.team),
    )
    if window is None:
        return False
    danger = one.priority == DANGER
    callbacks.step_callback(
        tx,
        one.id,
        CallbackEvent.WINDOW_PASSED,
        now=now,
        due_at=window[0],
        due_until=window[1],
        escalate_at=queue_rules.plan_first_alert(
            CallbackState.WAITING, danger=danger, due_at=window[0], now=now
        ),
    )
    return True


def _free_claim(_parts: Services, tx: Tx, one: Callback, now: datetime) -> bool:
    give_back(tx, one, now)
    _on_record(tx, one.id, AuditAct.CLAIM_RAN_OUT, now)
    return True


def _lapse_call(_parts: Services, tx: Tx, one: Attempt, now: datetime) -> bool:
    """Move a call without an outcome to review; the attempt stays live, so the number stays blocked.

    If the callback is already finished the attempt ends as unclear, as no decision is needed.
    """
    callback = callbacks.by_id(tx, one.callback_id, lock=True)
    if callback is None or callback.state not in OPEN:
        return attempts.finish_attempt(tx, one.id, outcome=UNCLEAR, now=now)
    if callback.state is not CallbackState.CALLING:
        return False
    danger = callback.priority == DANGER
    callbacks.step_callback(
        tx,
        callback.id,
        CallbackEvent.UNCLEAR,
        now=now,
        reason=UNCLEAR,
        held_until=None,
        escalate_at=queue_rules.plan_first_alert(CallbackState.REVIEW, danger=danger, due_at=None, now=now),
    )
    _on_record(tx, callback.id, AuditAct.UNCLEAR, now)
    return True


def _age_request(_parts: Services, tx: Tx, one: Callback, now: datetime) -> bool:
    if one.state not in (CallbackState.WAITING, CallbackState.REVIEW):
        return False
    attempts.finish_all(tx, one.id, outcome=UNCLEAR, now=now)
    return _end_request(tx, one, CallbackEvent.AGED, "answers too old", now) is not None


def _end_request(tx: Tx, one: Callback, event: CallbackEvent, reason: str, now: datetime) -> Callback | None:
    ended = callbacks.step_callback(
        tx, one.id, event, now=now, reason=reason, closed_at=now, held_until=None, escalate_at=None
    )
    _on_record(tx, one.id, AuditAct.EXPIRED, now, reason)
    return ended


def _tell_supervisors(_parts: Services, tx: Tx, one: Callback, now: datetime) -> str | None:
    round_ = int(one.escalate_at.timestamp()) if one.escalate_at is not None else None
    return call_for_help(tx, one, str(round_), now=now) if round_ is not None else None


def _on_record(tx: Tx, callback_id: str, act: AuditAct, now: datetime, detail: str = "") -> None:
    audit.add_entry(tx, now=now, person_id=None, act=act, kind="callback", subject=callback_id, detail=detail)
