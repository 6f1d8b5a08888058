"""Builds what the desk shows of many things at once: a list narrowed by its viewer, and the history of a callback.

A narrowed list says how much was left out and when it looks different. A history tells what happened, who did it and
to whom, out of the audit entries.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.domain.callbacks.queue_rules import find_spoken_language
from gateway.domain.permissions import AuditAct, Permission
from gateway.storage import attempts, queue, queue_counts
from gateway.storage.tables.callbacks import ListFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.storage.audit import AuditEntry
    from gateway.storage.database import Tx
    from gateway.storage.people import Person
    from gateway.storage.queue import QueueEntry, Tab
    from gateway.storage.queue_counts import Pulse


class Chip(StrEnum):
    """What a list can be narrowed to by one press."""

    LANGUAGES = "languages"  # those that the viewer speaks
    DUE = "due"
    DANGER = "danger"
    MINE = "mine"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """What a viewer chose to see of a tab: chips that all hold, who had it, how it ended, and how many rows at most."""

    chips: frozenset[Chip] = frozenset()
    limit: int = queue.MOST_LISTED
    who: str = ""
    reason: str = ""

    def narrow(self, actor: Actor, person: Person | None) -> ListFilter:
        """Return the filter of these chips for this viewer; one without known languages speaks all."""
        spoken = person.languages if person is not None and Chip.LANGUAGES in self.chips else ()
        return ListFilter(
            languages=tuple(sorted({find_spoken_language(tag) for tag in spoken})),
            due=Chip.DUE in self.chips,
            danger=Chip.DANGER in self.chips,
            holder_id=actor.person_id if Chip.MINE in self.chips else self.who,
            reason=self.reason,
        )


WHOLE = ListView()


def is_limited_to_own(actor: Actor) -> bool:
    """Return whether the actor sees only their own among finished requests."""
    return not actor.may(Permission.SEE_CLOSED)


def list_unsaid(tx: Tx, tab: Tab, found: Sequence[QueueEntry]) -> Mapping[str, str]:
    """Return whom to ask about the unclear ones of a list: request id → name of who called."""
    if tab is not queue.Tab.REVIEW:
        return {}
    return attempts.list_unsaid(tx, [one.callback.id for one in found])


def count_more(
    tx: Tx,
    actor: Actor,
    tab: Tab,
    pulse: Pulse,
    now: datetime,
    found: Sequence[QueueEntry],
    view: ListView,
    person: Person | None,
) -> int:
    """Return how many requests of a tab were left out; counted only where the list is full."""
    if len(found) < view.limit:
        return 0
    listed = queue.list_parts(
        pulse.shape, tab, actor.team, actor.person_id, now, own_only=is_limited_to_own(actor)
    )
    count = queue_counts.count_narrowed(tx, listed, view.narrow(actor, person), now)
    return max(count - len(found), 0)


def make_tab_stamp(
    actor: Actor,
    tab: Tab,
    changes: str,
    lookers: Mapping[str, tuple[str, ...]],
    now: datetime,
    view: ListView,
) -> str:
    """Hash what the tab shows; it includes the minute, because whether a window is open depends on it."""
    shown = f"{sorted(view.chips)}|{view.limit}|{view.who}|{view.reason}"
    seen = f"{actor.person_id}|{tab}|{shown}|{changes}|{sorted(lookers.items())}|{int(now.timestamp()) // 60}"
    return hashlib.sha256(seen.encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One entry of the history.

    Attributes:
        act: what was done, as ``AuditAct`` names it.
        detail: the outcome, reason or way of it, as a code; empty where the act says all.
        who: name of who did it; empty for the caller and for timers.
        to: name of the person to whom a callback was passed on.
    """

    at: datetime
    act: str
    detail: str = ""
    who: str
    to: str = ""


def make_history(entries: Iterable[AuditEntry], find_name: Callable[[str], str]) -> tuple[Happening, ...]:
    """Return audit entries about a callback as its history; ``find_name`` returns the name of a person's id."""
    return tuple(_make_happening(entry, find_name) for entry in entries)


def _make_happening(entry: AuditEntry, find_name: Callable[[str], str]) -> Happening:
    if entry.act == AuditAct.HANDED_OVER:
        return Happening(at=entry.at, act=entry.act, who=entry.who, to=find_name(entry.detail))
    return Happening(at=entry.at, act=entry.act, detail=entry.detail, who=entry.who)
