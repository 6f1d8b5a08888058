"""Shows the callback queue: tabs with counts, and one callback with its history; numbers are always masked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypedDict, Unpack

from gateway.domain.callbacks.outcomes import NotYet, may_ring
from gateway.domain.callbacks.queue_rules import NAMES
from gateway.domain.callbacks.states import HELD, OPEN, OVER, CallbackState
from gateway.domain.permissions import Permission, check_permission
from gateway.foundation.phone_numbers import mask_number
from gateway.helpdesk.errors import NoSuchCallback, name_of
from gateway.helpdesk.queue.claim import is_to_decide
from gateway.helpdesk.queue.list_view import (
    WHOLE,
    Happening,
    ListView,
    count_more,
    is_limited_to_own,
    list_unsaid,
    make_history,
    make_tab_stamp,
)
from gateway.helpdesk.requests.planning import find_window_start
from gateway.storage import attempts, audit, callers, notes, people, queue, queue_counts
from gateway.storage.queue import QueueEntry, Tab
from gateway.storage.queue_counts import Counts, Pulse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gateway.domain.callbacks.outcomes import Past
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx
    from gateway.storage.notes import Note

__all__ = ["CallbackView", "Counts", "Happening", "Queue", "Row", "Tab", "show_callback", "show_queue"]

LOOKS = timedelta(seconds=60)
"""A person counts as looking at a page for this long after it was last seen open."""


class Promise(StrEnum):
    """What may be said of a row's window; an empty or past one is never named as a time to call."""

    OPEN = "open"  # it may ring until the window's end
    AHEAD = "ahead"
    ENDS = "ends"  # nothing is planned any more: it ends by itself at the window's end
    OVER = "over"  # the window has passed
    NONE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One callback in a list; instants are in UTC.

    Attributes:
        claimed_by: name of the holder; None while it is free.
        mine: the viewer holds it.
        due_now: the caller's window is open.
        to_decide: claimed out of review, so it needs a decision before any call.
        phone: the number, masked; empty after an erasure.
        trial: it was asked in the simulator, so no caller waits.
        sample: it is sample data: nobody asked at all.
        withheld: code of the caller's refusal; empty if calls are allowed.
        looking: names of others who have its page open; known in big centres only.
        promise: what may be said of its window.
        last_holder: name of who ended it or had it last, once nobody has it.
        ask: name of who called and has not said what came of it; known in the list of unclear ones only.
    """

    id: str
    code: str
    state: CallbackState
    priority: str
    topic: str
    path: tuple[str, ...]
    language: str
    script: str
    channel: str
    asked_at: datetime
    last_asked_at: datetime
    due_at: datetime | None
    due_until: datetime | None
    window: str
    asks: int
    attempts: int
    claimed_by: str | None
    held_until: datetime | None
    phone: str
    mine: bool
    due_now: bool
    to_decide: bool
    wants_woman: bool
    phone_seen: str
    sms_safe: bool
    reason: str
    withheld: str
    closed_at: datetime | None
    minor: bool = False
    trial: bool = False
    sample: bool = False
    version: str = ""
    looking: tuple[str, ...] = ()
    promise: Promise = Promise.NONE
    last_holder: str = ""
    ask: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One tab of the queue.

    ``stamp`` changes whenever something on it may look different; ``more`` is how many requests were left out because
    the list is long.
    """

    tab: Tab
    rows: tuple[Row, ...]
    counts: Counts
    stamp: str
    now: datetime
    view: ListView = WHOLE
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackView:
    """One callback on its page.

    Attributes:
        row: as in the list.
        answers: what the caller answered, by form field; empty if only the row may be seen.
        history: what happened, oldest first.
        notes: notes by staff.
        not_before: the window is open, but earlier calls forbid another before this instant; else None.
        calling: who made the call that has no outcome yet; empty if none.
        our_number: the viewer's helpline phone in E.164, which the caller will see; None if none is entered.
        only_row: somebody else holds it, and the viewer may see no more than the row.
    """

    row: Row
    answers: Mapping[str, str] = field(default_factory=dict)
    history: tuple[Happening, ...] = ()
    notes: tuple[Note, ...] = ()
    not_before: datetime | None = None
    calling: str = ""
    our_number: str | None = None
    only_row: bool = False


def show_queue(parts: Services, actor: Actor, tab: str = "queue", view: ListView = WHOLE) -> Queue:
    """Return one tab of the queue as this person sees it.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        ValueError: there is no such tab.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    which, now = Tab(tab), parts.clock.now()
    with parts.store.read() as tx:
        pulse = queue_counts.read_pulse(tx, actor.team, person_id=actor.person_id, now=now)
        person = people.by_id(tx, actor.person_id) if view.chips else None
        listed = queue.build_tab(
            actor.team,
            which,
            pulse.shape,
            person_id=actor.person_id,
            now=now,
            own_only=is_limited_to_own(actor),
            limit=view.limit,
            narrowed=view.narrow(actor, person),
        )
        found = queue.read_groups(tx, {"tab": listed}, order=queue.order_tab(which, now))["tab"][: view.limit]
        return compose_queue(
            actor,
            which,
            found,
            pulse=pulse,
            lookers=_list_lookers(tx, actor, now),
            now=now,
            view=view,
            more=count_more(tx, actor, which, pulse, now, found, view, person),
            unsaid=list_unsaid(tx, which, found),
        )


def count_tabs(parts: Services, actor: Actor) -> Counts:
    """Return the numbers above the tabs, for pages without a list.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        return queue_counts.count_queue(tx, actor.team, person_id=actor.person_id, now=parts.clock.now())


def compose_queue(
    actor: Actor,
    tab: Tab,
    entries: Sequence[QueueEntry],
    *,
    pulse: Pulse,
    lookers: Mapping[str, tuple[str, ...]],
    now: datetime,
    view: ListView = WHOLE,
    more: int = 0,
    unsaid: Mapping[str, str] | None = None,
) -> Queue:
    """Return a tab as this person sees it, out of rows that were read before."""
    return Queue(
        tab=tab,
        rows=tuple(
            replace(
                build_row(one, actor, now),
                looking=lookers.get(one.callback.id, ()),
                ask=(unsaid or {}).get(one.callback.id, ""),
            )
            for one in entries
        ),
        counts=pulse.counts,
        stamp=make_tab_stamp(actor, tab, pulse.changes, lookers, now, view),
        now=now,
        view=view,
        more=more,
    )


def make_stamp(parts: Services, actor: Actor, tab: str = "queue", view: ListView = WHOLE) -> str:
    """Return the stamp of a tab without loading it, so that a poll without news stays cheap."""
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()
    with parts.store.read() as tx:
        changes, lookers = queue_counts.read_changes(tx, actor.team), _list_lookers(tx, actor, now)
    return make_tab_stamp(actor, Tab(tab), changes, lookers, now, view)


def show_callback(parts: Services, actor: Actor, callback_id: str) -> CallbackView:
    """Return one callback; of somebody else's, a counsellor sees only the row.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        NoSuchCallback: there is none in the actor's team.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()
    with parts.store.read() as tx:
        one = queue.find_entry(tx, callback_id)
        if one is None or one.callback.team != actor.team:
            raise NoSuchCallback(callback_id)
        row = build_row(one, actor, now)
        if not may_read(one, actor):
            return CallbackView(row=row, only_row=True)
        caller_id, person = one.callback.caller_id or "", people.by_id(tx, actor.person_id)
        live = attempts.find_live_of_caller(tx, caller_id)
        return compose_view(
            parts,
            one,
            row,
            past=attempts.list_past(tx, caller_id),
            calling=live.who if live is not None else "",
            our_number=person.number if person is not None else None,
            history=make_history(
                audit.list_about(tx, "callback", callback_id), lambda person_id: name_of(tx, person_id)
            ),
            notes=notes.list_notes(tx, callback_id),
        )


def is_seen_by(actor: Actor, found: Sequence[QueueEntry], now: datetime) -> tuple[Row, ...]:
    """Return the rows that the actor may see, open ones first.

    Of finished ones only the actor's own or with SEE_CLOSED.
    """
    rows = [build_row(one, actor, now) for one in found if one.callback.team == actor.team]
    closed = actor.may(Permission.SEE_CLOSED)
    seen = [row for row in rows if row.state in OPEN or row.mine or closed]
    return tuple(sorted(seen, key=lambda row: row.state not in OPEN))


def compose_view(
    parts: Services, one: QueueEntry, row: Row, *, past: Sequence[Past], **known: Unpack[_ViewFacts]
) -> CallbackView:
    """Return one callback on its page, out of rows that were read before.

    Args:
        parts: the services of this process.
        one: the callback with holder and number.
        row: the same as a list row for the viewer.
        past: the latest attempts that rang the number, newest first.
        known: the fields of ``CallbackView`` that are shown as they were read.
    """
    answers = one.callback.answers
    not_before = _not_before(parts, past, one.callback) if row.due_now else None
    return CallbackView(row=row, answers=answers, not_before=not_before, **known)


class _ViewFacts(TypedDict):
    history: tuple[Happening, ...]
    notes: tuple[Note, ...]
    calling: str
    our_number: str | None


def _not_before(parts: Services, past: Sequence[Past], callback: Callback) -> datetime | None:
    """Return until when earlier calls to the number forbid another one in the open window; None if they do not."""
    agreed = callback.state is CallbackState.REACHED
    allowed = may_ring(past, find_window_start(parts, callback), parts.clock.now(), agreed=agreed)
    return (allowed.until or callback.due_until) if isinstance(allowed, NotYet) else None


def may_read(one: QueueEntry, actor: Actor) -> bool:
    """Return whether the actor may see more than the row: own and free callbacks, and all of them as a supervisor."""
    if actor.may(Permission.SEE_OTHERS) or one.callback.holder_id == actor.person_id:
        return True
    return one.callback.state is CallbackState.WAITING


def build_row(one: QueueEntry, actor: Actor, now: datetime) -> Row:
    """Return a queue entry as a list row for this viewer."""
    callback = one.callback
    due_at, due_until, contact = callback.due_at, callback.due_until, callback.contact
    return Row(
        id=callback.id,
        code=callback.code,
        state=callback.state,
        priority=NAMES[callback.priority],
        topic=callback.topic,
        path=callback.path,
        language=callback.language,
        script=callback.script,
        channel=callback.channel,
        asked_at=callback.asked_at,
        last_asked_at=callback.last_asked_at,
        due_at=due_at,
        due_until=due_until,
        window=callback.window,
        asks=callback.asks,
        attempts=callback.attempts,
        claimed_by=one.holder if callback.state in HELD or callback.state is CallbackState.REACHED else None,
        held_until=callback.held_until,
        phone=mask_number(one.number) if one.number else "",
        mine=bool(actor.person_id) and callback.holder_id == actor.person_id,
        due_now=due_at is not None and due_until is not None and due_at <= now < due_until,
        to_decide=is_to_decide(callback),
        wants_woman=callback.wants_woman,
        phone_seen=contact.phone_seen.value if contact else "",
        sms_safe=contact.may_text(now) if contact else False,
        reason=callback.reason,
        withheld=callback.withheld,
        closed_at=callback.closed_at,
        minor=callback.minor,
        trial=callback.trial,
        sample=callers.is_sample(callback),
        version=callback.version,
        promise=find_promise(due_at, due_until, now),
        last_holder=(one.holder or "") if callback.state in OVER else "",
    )


def find_promise(due_at: datetime | None, due_until: datetime | None, now: datetime) -> Promise:
    """Return what may be said of a window now."""
    if due_at is None or due_until is None:
        return Promise.NONE
    if due_until <= now:
        return Promise.OVER
    if due_at >= due_until:
        return Promise.ENDS
    return Promise.OPEN if due_at <= now else Promise.AHEAD


def _list_lookers(tx: Tx, actor: Actor, now: datetime) -> Mapping[str, tuple[str, ...]]:
    return people.list_all_lookers(tx, actor.team, since=now - LOOKS, besides=actor.person_id)
