"""Finds a callback by its code: somebody phones back and says four digits."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from gateway.access import Permission, permit
from gateway.callbacks.model import OPEN
from gateway.desk import line
from gateway.store import search

if TYPE_CHECKING:
    from gateway.access import Actor
    from gateway.desk.line import Row
    from gateway.parts import Parts


def by_code(parts: Parts, actor: Actor, written: str) -> tuple[Row, ...]:
    """Return the callbacks with this code that the actor may see, open ones first.

    Raises:
        Refused: the actor does not work the queue.
    """
    permit(actor, Permission.WORK_QUEUE)
    code = "".join(str(unicodedata.digit(c)) for c in written if c.isdigit())
    with parts.store.read() as tx:
        found = search.ids_with_code(tx, actor.team, code)
    rows = [line.show(parts, actor, callback_id).row for callback_id in found]
    seen = [row for row in rows if row.state in OPEN or row.mine or actor.may(Permission.SEE_CLOSED)]
    return tuple(sorted(seen, key=lambda row: row.state not in OPEN))
