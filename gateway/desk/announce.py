"""Has people told that somebody waits: those on duty at once, and more of them the longer nobody takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.callbacks import escalation
from gateway.callbacks.model import OPEN, State
from gateway.callbacks.order import DANGER
from gateway.callbacks.routing import Needs, fit_or_all
from gateway.desk.alerts import is_frequent, tell
from gateway.desk.shifts import DECIDING, offers, on_duty
from gateway.store import callbacks, help_list, people

if TYPE_CHECKING:
    from gateway.parts import Parts
    from gateway.store.callbacks import Callback
    from gateway.store.engines import Tx
    from gateway.store.outbox import OutboxRow


def announce(parts: Parts, tx: Tx, row: OutboxRow) -> None:
    """Tell whoever is on duty and fit to call her; where nobody is fit, everybody on duty.

    Where nobody is on duty at all, danger is told to the first of those who are called for help.
    """
    callback = _open(tx, row)
    if callback is None:
        return
    danger = callback.priority == DANGER
    here = [(person, offers(person)) for person in on_duty(parts, tx, parts.clock.now(), callback.team)]
    needs = Needs(language=callback.language, wants_woman=callback.wants_woman)
    told = fit_or_all(needs, here)
    if not told and danger:
        told = escalation.told(listed(tx, callback.team), (), 0)
    frequent = is_frequent(parts, tx, callback.caller_id)
    tell(
        parts, tx, row, told, "urgent" if danger else "asked",
        once="alert", priority=callback.priority, join=frequent,
    )  # fmt: skip


def escalate(parts: Parts, tx: Tx, row: OutboxRow) -> None:
    """Call for help: the supervisors on duty, and of the list one person more each time that nobody came."""
    callback = _open(tx, row)
    if callback is None or callback.state not in (State.REVIEW, State.WAITING):
        return
    supervisors = on_duty(parts, tx, parts.clock.now(), callback.team, roles=DECIDING)
    told = escalation.told(listed(tx, callback.team), supervisors, max(callback.told - 1, 0))
    key = "still" if callback.state is State.REVIEW else "urgent"
    tell(parts, tx, row, told, key, once=row.id, priority=callback.priority)


def listed(tx: Tx, team: str) -> tuple[people.Person, ...]:
    """Return the people of a team who are called for help, the first to be told first."""
    found = [people.by_id(tx, person_id) for person_id in help_list.of(tx, team)]
    return tuple(person for person in found if person is not None)


def _open(tx: Tx, row: OutboxRow) -> Callback | None:
    callback = callbacks.by_id(tx, row.callback_id) if row.callback_id else None
    return callback if callback is not None and callback.state in OPEN else None
