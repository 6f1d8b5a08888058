"""Narrows a list of the desk to what its viewer chose, and says how much was left out and when it looks different."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.domain.callbacks.queue_rules import find_spoken_language
from gateway.domain.permissions import Permission
from gateway.storage import attempts, queue, queue_counts
from gateway.storage.list_filter import ListFilter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gateway.domain.permissions import Actor
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
