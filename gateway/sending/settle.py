"""Lets a person decide on an unclear row, which nothing in the house repeats by itself."""

from gateway.access import Actor, Permission, permit
from gateway.outbox.states import Event, State, after
from gateway.parts import Parts
from gateway.store import audit, outbox

VERDICTS = {"sent": Event.SETTLE_SENT, "failed": Event.SETTLE_FAILED}


class NotUnclear(Exception):
    """There is no unclear row of this id; the words say what it is, if it is there."""


def settle(parts: Parts, actor: Actor, row_id: str, verdict: str) -> None:
    """Write a person's verdict, ``sent`` or ``failed``; whoever still works on the row is too late after that.

    Raises:
        Refused: the role may not.
        NotUnclear: somebody or something decided already, or there is no such row.
        KeyError: the verdict is neither of the two.
    """
    permit(actor, Permission.SETTLE_OUTBOX)
    state = after(State.UNCLEAR, VERDICTS[verdict])
    now = parts.clock.now()
    with parts.store.write() as tx:
        if not outbox.settle(tx, row_id, state=state.value, reason="person", now=now):
            row = outbox.by_id(tx, row_id)
            raise NotUnclear(
                f"row {row_id} is {row.state}, not unclear" if row else f"there is no row {row_id}"
            )
        audit.add(
            tx,
            now=now,
            person_id=actor.person_id,
            act="outbox.settle",
            kind="outbox",
            subject=row_id,
            detail=verdict,
        )
    parts.count.add("outbox", f"settled.{verdict}")
