"""Tells the history of a callback out of its audit entries: what happened, who did it, and to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.domain.audit_acts import AuditAct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from gateway.storage.audit import AuditEntry


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
