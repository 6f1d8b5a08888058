"""Build the conditions to which a list of requests is narrowed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_

from gateway.domain.callbacks.queue_rules import DANGER
from gateway.storage.tables import callbacks

_c = callbacks.c


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilter:
    """What a list is narrowed to: languages, open windows, danger, holder, reason; what is empty narrows nothing."""

    languages: tuple[str, ...] = ()
    due: bool = False
    danger: bool = False
    holder_id: str = ""
    reason: str = ""

    def build_conditions(self, now: datetime) -> list[ColumnElement[bool]]:
        """Return the conditions."""
        found = [is_due(now)] if self.due else []
        if self.languages:
            found.append(or_(*(_c.language.startswith(one, autoescape=True) for one in self.languages)))
        if self.danger:
            found.append(_c.priority == DANGER)
        if self.reason:
            found.append(_c.reason == self.reason)
        if self.holder_id:
            found.append(_c.holder_id == self.holder_id)
        return found


EVERYTHING = ListFilter()


def is_due(now: datetime) -> ColumnElement[bool]:
    """Return the condition that the window of a request is open."""
    return and_(_c.due_at <= now, _c.due_until > now)
