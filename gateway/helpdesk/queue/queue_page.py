"""Builds the first page of the desk: one tab, the shift summary and the bar of every page, read at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.delivery.channel_status import compose_statuses
from gateway.domain.permissions import WORKING, Permission, check_permission
from gateway.helpdesk.calls import bridged_calls
from gateway.helpdesk.queue import shift_summary, transfer
from gateway.helpdesk.queue.list_view import WHOLE, ListView, count_more, is_limited_to_own, list_unsaid
from gateway.helpdesk.queue.queue import (
    LOOKS,
    compose_queue,
)
from gateway.storage import audit, bridges, broken_promises, counts, duty, people, queue, queue_counts
from gateway.storage.queue import Tab

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gateway.delivery.channel_status import ChannelStatus
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.helpdesk.calls.bridged_calls import Bridge
    from gateway.helpdesk.queue.queue import Queue
    from gateway.helpdesk.queue.shift_summary import Opening
    from gateway.helpdesk.queue.transfer import TransferredCallback
    from gateway.storage.audit import AuditEntry
    from gateway.storage.bridges import SeenCalls
    from gateway.storage.broken_promises import Confession
    from gateway.storage.counts import ChannelRows
    from gateway.storage.database import Tx
    from gateway.storage.people import Person, TeamNow
    from gateway.storage.queue import IdQuery, QueueEntry, QueueShape
    from gateway.storage.queue_counts import Pulse

CLAIMED = "claimed"
"""Name of the list of callbacks that the viewer has claimed and not begun to call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgency:
    """What every page of the desk is told: what is due and in danger, with sound, and the numbers of the tabs."""

    due_now: int
    newest_danger: str
    mine: int
    later: int
    review: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusBar:
    """What stands above every page of the desk.

    Attributes:
        running: the viewer's bridged call that runs or still needs an outcome.
        transferred: callbacks that a colleague transferred to the viewer.
        danger_texts: number of unread texts with a danger word.
        troubled: channels that reach real phones and fail.
        confessions: broken promises that nobody has acknowledged.
        urgency: what is told with sound; None for people who do not work the queue.
        has_samples: sample data is in, which every page says.
    """

    running: Bridge | None = None
    transferred: tuple[TransferredCallback, ...] = ()
    danger_texts: int = 0
    troubled: tuple[ChannelStatus, ...] = ()
    confessions: tuple[Confession, ...] = ()
    urgency: Urgency | None = None
    has_samples: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """A tab of the queue as a page; ``summary`` stands on the first tab only."""

    queue: Queue
    bar: StatusBar
    summary: Opening | None = None


def build_queue_page(parts: Services, actor: Actor, tab: str = "queue", view: ListView = WHOLE) -> QueuePage:
    """Return one tab with everything around it, read in one transaction.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        ValueError: there is no such tab.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    which, now = Tab(tab), parts.clock.now()
    first = which is Tab.QUEUE
    with parts.store.read() as tx:
        team = people.read_team(tx, actor.team, since=now - LOOKS)
        person = team.find_person(actor.person_id)
        since = person.looked_at if person is not None else None
        pulse = queue_counts.read_pulse(
            tx,
            actor.team,
            person_id=actor.person_id,
            now=now,
            since=since or now - shift_summary.FIRST_LOOK,
        )
        groups = group_queue(actor, which, pulse.shape, now, person, view)
        if first:
            groups |= _group_summary(parts, actor, pulse.shape, now)
        lists = queue.read_groups(tx, groups, order=queue.order_tab(which, now))
        return QueuePage(
            queue=compose_tab(
                tx,
                actor,
                which,
                lists,
                team,
                pulse,
                now,
                view,
                list_unsaid(tx, which, lists["tab"][: view.limit]),
            ),
            bar=_read_bar(parts, tx, actor, lists[CLAIMED], pulse),
            summary=_summarise(parts, tx, actor, team, lists, pulse, since) if first else None,
        )


def group_queue(
    actor: Actor, tab: Tab, shape: QueueShape, now: datetime, person: Person | None, view: ListView
) -> dict[str, Sequence[IdQuery]]:
    """Return the lists that every page with a tab reads: the tab itself, and the viewer's claims."""
    return {
        "tab": queue.build_tab(
            actor.team,
            tab,
            shape,
            person_id=actor.person_id,
            now=now,
            own_only=is_limited_to_own(actor),
            limit=view.limit,
            narrowed=view.narrow(actor, person),
        ),
        CLAIMED: [queue.build_claimed(actor.person_id)],
    }


def compose_tab(
    tx: Tx,
    actor: Actor,
    tab: Tab,
    lists: Mapping[str, tuple[QueueEntry, ...]],
    team: TeamNow,
    pulse: Pulse,
    now: datetime,
    view: ListView,
    unsaid: Mapping[str, str] | None = None,
) -> Queue:
    """Return the tab out of the rows of ``group_queue``; ``unsaid`` names whom to ask about unclear ones, by id."""
    found = lists["tab"][: view.limit]
    return compose_queue(
        actor,
        tab,
        found,
        view=view,
        more=count_more(tx, actor, tab, pulse, now, found, view, team.find_person(actor.person_id)),
        unsaid=unsaid,
        pulse=pulse,
        lookers=team.list_lookers(actor.person_id),
        now=now,
    )


def read_claim_acts(tx: Tx, claimed: Sequence[QueueEntry]) -> tuple[AuditEntry, ...]:
    """Return the audit entries about the viewer's claims, oldest first; none are read without a claim."""
    return audit.list_about_all(tx, "callback", [one.callback.id for one in claimed]) if claimed else ()


def compose_bar(
    parts: Services,
    actor: Actor,
    claimed: Sequence[QueueEntry],
    acts: Sequence[AuditEntry],
    *,
    calls: SeenCalls,
    channels: ChannelRows,
    confessions: tuple[Confession, ...],
    pulse: Pulse,
) -> StatusBar:
    """Return what stands above every page, out of rows that were read before."""
    own = {one.callback.id: one.callback.code for one in claimed}
    return StatusBar(
        running=bridged_calls.compose_bridge(calls.find_standing_bridge()),
        transferred=transfer.compose_transferred(actor, own, {one.subject: one for one in acts}),
        danger_texts=pulse.danger_texts,
        confessions=confessions,
        urgency=Urgency(
            due_now=pulse.counts.due_now - pulse.due_samples,
            newest_danger=pulse.newest_danger,
            mine=pulse.counts.mine,
            later=pulse.counts.later,
            review=pulse.counts.review,
        ),
        has_samples=pulse.has_samples,
        troubled=tuple(
            one for one in compose_statuses(parts, channels) if one.sort and one.channel.contract.real
        ),
    )


def build_bar(parts: Services, actor: Actor) -> StatusBar:
    """Return what stands above a page that is no page of the queue, read in one transaction."""
    if not actor.may(Permission.WORK_QUEUE):
        return StatusBar()
    with parts.store.read() as tx:
        claimed = queue.read_groups(tx, {CLAIMED: [queue.build_claimed(actor.person_id)]})[CLAIMED]
        pulse = queue_counts.read_pulse(tx, actor.team, person_id=actor.person_id, now=parts.clock.now())
        return _read_bar(parts, tx, actor, claimed, pulse)


def _read_bar(
    parts: Services, tx: Tx, actor: Actor, claimed: Sequence[QueueEntry], pulse: Pulse
) -> StatusBar:
    return compose_bar(
        parts,
        actor,
        claimed,
        read_claim_acts(tx, claimed),
        calls=bridges.read_calls(tx, actor.person_id),
        channels=counts.read_channels(tx, parts.channels),
        confessions=broken_promises.list_unseen(tx, actor.team),
        pulse=pulse,
    )


def _group_summary(
    parts: Services, actor: Actor, shape: QueueShape, now: datetime
) -> dict[str, Sequence[IdQuery]]:
    end = shift_summary.find_end_of_day(parts, now)
    return {
        "planned": queue.build_planned(actor.team, shape, start=now, end=end),
        "danger": queue.build_danger(actor.team),
    }


def _summarise(
    parts: Services,
    tx: Tx,
    actor: Actor,
    team: TeamNow,
    lists: Mapping[str, tuple[QueueEntry, ...]],
    pulse: Pulse,
    since: datetime | None,
) -> Opening:
    now, danger = parts.clock.now(), queue.sort_planned(lists["danger"])
    rota = duty.find_rota(tx, actor.team)
    present = duty.find_present(rota, team.people, parts.line.hours, parts.line.zone, now, later_too=True)
    return shift_summary.compose_summary(
        actor,
        now,
        since=since,
        came=pulse.came,
        planned=queue.sort_planned(lists["planned"])[: queue.MOST_LISTED],
        danger=danger,
        told=shift_summary.list_alerted(tx, danger),
        here=[one for one in team.people if one.role in WORKING and one.id in present],
    )
