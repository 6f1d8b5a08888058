"""Builds the page of one callback: what may be done with it now, and everything known of it, read at one moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.callbacks.states import OVER, CallbackState
from gateway.domain.contact_safety import When
from gateway.domain.permissions import AuditAct, Permission, check_permission
from gateway.helpdesk.calls import attempts, bridged_calls, call_limits
from gateway.helpdesk.errors import NoSuchCallback, name_of
from gateway.helpdesk.queue import transfer
from gateway.helpdesk.queue.call_sheet import UNSAVED
from gateway.helpdesk.queue.consequences import find_abilities, find_control, find_safety, list_outcomes
from gateway.helpdesk.queue.list_view import WHOLE, Happening, ListView, make_history
from gateway.helpdesk.queue.queue import (
    LOOKS,
    CallbackView,
    Promise,
    build_row,
    compose_view,
    is_seen_by,
    may_read,
)
from gateway.helpdesk.queue.queue_page import CLAIMED, compose_bar, compose_tab, group_queue
from gateway.helpdesk.queue.shift_summary import WRITTEN_AGAIN
from gateway.helpdesk.queue.undo import may_reopen
from gateway.helpdesk.requests.referrals import POLICY, choose_entries
from gateway.helpdesk.staff.centre_lists import list_topics
from gateway.storage import (
    bridges,
    broken_promises,
    callers,
    counts,
    duty,
    notes,
    people,
    queue,
    queue_counts,
)
from gateway.storage.attempts import INCOMING
from gateway.storage.queue import Tab

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.helpdesk.calls.attempts import Call
    from gateway.helpdesk.calls.bridged_calls import Bridge
    from gateway.helpdesk.queue.consequences import Abilities, Control, OutcomeChoice, Safety
    from gateway.helpdesk.queue.queue import Queue, Row
    from gateway.helpdesk.queue.queue_page import StatusBar
    from gateway.helpdesk.queue.transfer import Colleague
    from gateway.storage.bridges import SeenCall, SeenCalls
    from gateway.storage.callbacks import Callback
    from gateway.storage.counts import ChannelRows
    from gateway.storage.database import Tx
    from gateway.storage.notes import DraftNote, Referral, Written
    from gateway.storage.people import TeamNow
    from gateway.storage.queue import IdQuery, ListOrder, QueueEntry

JUST_NOW = timedelta(minutes=15)
"""A bridged call that asks no outcome is explained for this long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPanel:
    """The part of the page that changes while it is open.

    Attributes:
        shown: the callback.
        call: the viewer's running call by hand.
        bridged: the viewer's bridged call that runs or has just ended.
        no_bridge: why no call can be bridged; empty if one can.
        can: what the viewer may do.
        safety: what is said about ringing the phone now.
        control: the one button of the call's card.
        asks: one-time id of the outcome form; empty while no outcome is asked.
        lookers: names of others who have the page open; in big centres only.
        outcomes: what may be recorded of the call, with what follows from each.
        may_reopen: the viewer may put it back into review.
        asks_plan: she rang herself while a call was planned: the sheet asks whether she still wants it.
    """

    shown: CallbackView
    call: Call | None
    bridged: Bridge | None
    no_bridge: str
    can: Abilities
    safety: Safety
    control: Control
    asks: str
    lookers: tuple[str, ...]
    outcomes: tuple[OutcomeChoice, ...] = ()
    asks_plan: bool = False
    may_reopen: bool = False

    @property
    def row(self) -> Row:
        """The callback as a list row."""
        return self.shown.row


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackPage:
    """The whole page.

    Attributes:
        panel: the part that changes while it is open.
        queue: the tab beside it.
        bar: what stands above every page.
        earlier: other callbacks of the number that the viewer may see.
        record: what is ticked for the monthly figures; None where the viewer ticks nothing.
        book: referrals that fit.
        draft: the viewer's unfinished note.
        colleagues: possible recipients of a transfer; None where nothing can be transferred.
        policy: what to do if the caller may be under 18.
        must_note_look: the view is to be recorded.
    """

    panel: CallPanel
    queue: Queue
    bar: StatusBar
    earlier: tuple[Row, ...] = ()
    record: Mapping[str, Any] | None = None
    book: tuple[Referral, ...] = ()
    draft: DraftNote | None = None
    colleagues: tuple[Colleague, ...] | None = None
    policy: str = ""
    must_note_look: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """What was read for one page."""

    one: QueueEntry
    lists: Mapping[str, tuple[QueueEntry, ...]]
    team: TeamNow
    calls: SeenCalls
    written: Written
    channels: ChannelRows


def build_callback_page(
    parts: Services, actor: Actor, callback_id: str, tab: str = "queue", view: ListView = WHOLE
) -> CallbackPage:
    """Return the page of a callback with the tab beside it, read in one transaction.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        NoSuchCallback: there is none in the actor's team.
        ValueError: there is no such tab.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    which, now = Tab(tab), parts.clock.now()
    with parts.store.read() as tx:
        pulse = queue_counts.read_pulse(tx, actor.team, person_id=actor.person_id, now=now)
        person = people.by_id(tx, actor.person_id) if view.chips else None
        groups = group_queue(actor, which, pulse.shape, now, person, view)
        rows = _read_rows(parts, tx, actor, callback_id, groups, queue.order_tab(which, now))
        panel = _compose_panel(parts, tx, actor, rows)
        bar = compose_bar(
            parts,
            actor,
            rows.lists[CLAIMED],
            rows.written.acts,
            calls=rows.calls,
            channels=rows.channels,
            confessions=broken_promises.list_unseen(tx, actor.team),
            pulse=pulse,
        )
        beside = compose_tab(tx, actor, which, rows.lists, rows.team, pulse, now, view)
        page = CallbackPage(
            panel=panel,
            queue=beside,
            bar=bar,
            must_note_look=needs_look(actor, rows.team, callback_id, now),
        )
        return page if panel.shown.only_row else _add_known(parts, tx, actor, rows, page)


def build_call_panel(parts: Services, actor: Actor, callback_id: str) -> tuple[CallPanel, bool]:
    """Return the part that changes while the page is open, and whether the view is to be recorded.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        NoSuchCallback: there is none in the actor's team.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        rows = _read_rows(parts, tx, actor, callback_id, {CLAIMED: ()}, ())
        look = needs_look(actor, rows.team, callback_id, parts.clock.now())
        return _compose_panel(parts, tx, actor, rows), look


def needs_look(actor: Actor, team: TeamNow, callback_id: str, now: datetime) -> bool:
    """Return whether this view is to be recorded: in big centres, and not twice within WRITTEN_AGAIN."""
    last = team.find_last_look(callback_id, actor.person_id)
    return transfer.has_many(team) and (last is None or last + WRITTEN_AGAIN <= now)


def _read_rows(
    parts: Services,
    tx: Tx,
    actor: Actor,
    callback_id: str,
    groups: Mapping[str, Sequence[IdQuery]],
    order: ListOrder,
) -> _Rows:
    now = parts.clock.now()
    team = people.read_team(tx, actor.team, since=now - LOOKS)
    own = {
        "one": [queue.build_one(callback_id)],
        "earlier": [queue.build_same_caller(actor.team, callback_id)],
    }
    lists = queue.read_groups(tx, {**groups, **own}, order=order)
    one = lists["one"][0] if lists["one"] else None
    if one is None or one.callback.team != actor.team:
        raise NoSuchCallback(callback_id)
    about = {callback_id, *(claimed.callback.id for claimed in lists[CLAIMED])}
    return _Rows(
        one=one,
        lists=lists,
        team=team,
        calls=bridges.read_calls(
            tx, actor.person_id, callback_id=callback_id, caller_id=one.callback.caller_id or ""
        ),
        written=notes.read_written(tx, callback_id, actor.person_id, acts_about=sorted(about)),
        channels=counts.read_channels(
            tx, parts.channels, accounts=call_limits.list_accounts(parts), setting=POLICY
        ),
    )


def _compose_panel(parts: Services, tx: Tx, actor: Actor, rows: _Rows) -> CallPanel:
    callback, now = rows.one.callback, parts.clock.now()
    shown = _compose_shown(parts, tx, actor, rows)
    live = rows.calls.find_live_of_request(callback.id)
    call = attempts.compose_call(actor, rows.one, live, shown.our_number or "") if live else None
    bridged = bridged_calls.compose_bridge(rows.calls.find_newest_bridge(callback.id))
    if bridged is not None and not bridged.form and bridged.since + JUST_NOW <= now:
        bridged = None
    can = find_abilities(actor, shown)
    return CallPanel(
        shown=shown,
        call=call,
        bridged=bridged,
        no_bridge=call_limits.choose_obstacle(parts, rows.channels.buckets),
        can=can,
        safety=find_safety(actor, shown, can),
        control=find_control(shown, can),
        asks=call.form if call else bridged.form if bridged else "",
        lookers=rows.team.list_lookers(actor.person_id).get(callback.id, ()),
        outcomes=_list_outcomes(parts, tx, actor, callback, live) if live and (call or bridged) else (),
        asks_plan=_asks_plan(shown.row, rows.calls),
        may_reopen=may_reopen(actor, callback, now),
    )


def _asks_plan(row: Row, calls: SeenCalls) -> bool:
    newest = next((one.attempt for one in calls.calls if one.attempt.callback_id == row.id), None)
    is_talk = newest is not None and newest.how == INCOMING
    planned = row.promise in (Promise.OPEN, Promise.AHEAD) and row.window != When.NOW
    return is_talk and planned and row.mine and row.state is CallbackState.REACHED


def _list_outcomes(
    parts: Services, tx: Tx, actor: Actor, callback: Callback, live: SeenCall
) -> tuple[OutcomeChoice, ...]:
    now = parts.clock.now()
    hours = duty.find_hours(tx, parts.line.hours, parts.line.zone, now, actor.team)
    return list_outcomes(parts, callback, live.attempt.nth, hours, (*Outcome, *parts.desk.own_outcomes))


def _compose_shown(parts: Services, tx: Tx, actor: Actor, rows: _Rows) -> CallbackView:
    callback = rows.one.callback
    row = build_row(rows.one, actor, parts.clock.now())
    if not may_read(rows.one, actor):
        return CallbackView(row=row, only_row=True)
    person, caller_id = rows.team.find_person(actor.person_id), callback.caller_id or ""
    live = rows.calls.find_live_of_caller(caller_id)

    def find_name(person_id: str) -> str:
        known = rows.team.find_person(person_id)
        return known.name if known else name_of(tx, person_id)  # removed people are in no team

    acts = make_history((one for one in rows.written.acts if one.subject == callback.id), find_name)
    return compose_view(
        parts,
        rows.one,
        row,
        past=rows.calls.list_past(caller_id),
        calling=live.who if live is not None else "",
        our_number=person.number if person is not None else None,
        history=(*_list_made_up(callback, rows.calls), *acts),
        notes=rows.written.notes,
    )


def _list_made_up(callback: Callback, calls: SeenCalls) -> tuple[Happening, ...]:
    """Return what sample data shows as its past: nobody did it, so no audit entry says so."""
    if not callers.is_sample(callback):
        return ()
    of_nobody = [
        one.attempt
        for one in calls.calls
        if one.attempt.callback_id == callback.id and one.attempt.person_id is None
    ]
    return (
        Happening(at=callback.asked_at, act=AuditAct.ASKED, who=""),
        *(
            Happening(at=one.ended_at or one.started_at, act=AuditAct.OUTCOME, detail=one.outcome, who="")
            for one in sorted(of_nobody, key=lambda one: one.started_at)
        ),
    )


def _add_known(parts: Services, tx: Tx, actor: Actor, rows: _Rows, page: CallbackPage) -> CallbackPage:
    """Return the page with what a person knows who may read more than the row."""
    row, callback, now = page.panel.row, rows.one.callback, parts.clock.now()
    earlier = sorted(
        rows.lists["earlier"], key=lambda one: (one.callback.changed_at, one.callback.id), reverse=True
    )
    own = row.mine and row.state not in OVER
    passes = transfer.may_pass(callback, actor) and transfer.has_many(rows.team)
    book = notes.list_referrals(tx, actor.team) if own else ()
    return replace(
        page,
        earlier=is_seen_by(actor, earlier, now),
        record=_preset_topic(parts, row, rows.written.record) if own else None,
        book=choose_entries(book, language=row.language, topic=row.topic),
        draft=rows.written.draft,
        colleagues=transfer.compose_colleagues(parts, callback, rows.team, duty.find_rota(tx, actor.team))
        if passes
        else None,
        policy=str(rows.channels.setting or "") if row.minor else "",
    )


def _preset_topic(parts: Services, row: Row, record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the figures with the topic of the caller's way, until somebody has kept or ticked other ones."""
    if UNSAVED in record or "topics" in record or row.topic not in list_topics(parts):
        return record
    return {**record, "topics": [row.topic]}
