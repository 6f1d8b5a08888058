"""Notices broken promises to callers, shows them until a person acknowledges them, and counts them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from gateway.delivery import clock_guard
from gateway.domain.audit_acts import AuditAct
from gateway.domain.callbacks.queue_rules import DANGER
from gateway.domain.callbacks.states import (
    AGAIN_AFTER,
    BrokenPromise,
    CallbackState,
    PromiseFacts,
    find_broken_promise,
)
from gateway.domain.permissions import Permission, check_permission
from gateway.helpdesk.errors import NoSuchCallback
from gateway.storage import attempts, audit, callbacks
from gateway.storage import broken_promises as stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
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
