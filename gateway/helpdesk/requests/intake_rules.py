"""Rules of what comes in: the code of a request, numbers of our own, promises of an outage, and calls for more staff.

A request that was promised while SQL was down gets its place here. ``call_for_help`` adds the outbox row that alerts
more staff, and plans the next escalation.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.queue_rules import DANGER
from gateway.domain.callbacks.states import CallbackEvent, CallbackState
from gateway.domain.permissions import AuditAct
from gateway.foundation.phone_numbers import list_possible_readings
from gateway.foundation.time_and_chance import list_code_candidates, new_id
from gateway.menus.engine.navigation import CODE_DIGITS, MOST_CODE_DIGITS
from gateway.storage import audit, callbacks, outbox, people

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from gateway.domain.callbacks.windows import Window
    from gateway.foundation.services import Services
    from gateway.storage.callbacks import Callback
    from gateway.storage.callers import Caller
    from gateway.storage.database import Tx


_LASTS = timedelta(days=14)


def call_for_help(tx: Tx, callback: Callback, round_: str, *, now: datetime) -> str | None:
    """Add an escalation for a waiting request, and plan the next one.

    Args:
        tx: the transaction of the change that made it necessary.
        callback: the request before that change.
        round_: part of the idempotency key: two escalations of a request with the same round are one.
        now: the current instant.

    Returns:
        The outbox row to nudge; None if this escalation was added before.
    """
    again = queue_rules.plan_next_alert(danger=callback.priority == DANGER, now=now)
    callbacks.change_callback(tx, callback.id, now=now, escalate_at=again, told=callback.told + 1)
    return outbox.add_row(
        tx,
        kind="escalate",
        channel=callback.channel,
        lane=f"callback:{callback.id}",
        due_at=now,
        expires_at=now + _LASTS,
        once=f"escalate:{callback.id}:{round_}",
        now=now,
        priority=0,
        callback_id=callback.id,
    )


_FIRST_ASKED = callbacks.FEW
"""Candidates looked up first: on all but the longest queues one of them is free."""


def list_first_codes(parts: Services, turn_key: bytes) -> list[str]:
    """Return the codes about which ``choose_code`` asks first."""
    key = parts.store.ring.key("code")
    return list_code_candidates(key, turn_key.hex(), CODE_DIGITS)[:_FIRST_ASKED]


def choose_code(
    parts: Services, turn_key: bytes, number: str, *, tx: Tx | None, besides: Collection[str] = ()
) -> str:
    """Return the code of a turn.

    The same for every repeat, not trivial, not in use, not the end of the caller's number.

    Args:
        parts: the services of this process.
        turn_key: key of the turn, from which the candidates are derived.
        number: the caller's number.
        tx: transaction in which codes in use are looked up; None while SQL is away.
        besides: further codes promised to this number.

    Returns:
        Four digits; five or six if all candidates of four are in use. If those are in use too, a code that another
        number's request also has, as a request is never refused for lack of a code: on the phone a code is looked up
        among the requests of the calling number, and a counsellor's search shows all requests that have it.
    """
    key, turn = parts.store.ring.key("code"), turn_key.hex()
    candidates: list[str] = []
    for digits in range(CODE_DIGITS, MOST_CODE_DIGITS + 1):
        candidates = list_code_candidates(key, turn, digits)
        for some in (candidates[:_FIRST_ASKED], candidates[_FIRST_ASKED:]):
            known = callbacks.find_taken(tx, some) if tx is not None else frozenset()
            taken = frozenset(besides) | known
            code = queue_rules.pick_code(some, last_four=number[-CODE_DIGITS:], taken=taken)
            if code is not None:
                return code
    shared = queue_rules.pick_code(candidates, last_four=number[-CODE_DIGITS:], taken=besides)
    return shared if shared is not None else candidates[-1]


# The helpline's own numbers: a callback to one of them would ring the centre, and delay a caller who waits.

_VOICE = "voice_number"
"""Option of a channel with the number from which its provider calls."""


def is_line_number(parts: Services, number: str) -> bool:
    """Return whether this number (E.164) is the helpline's, the centre's, or a channel's."""
    configs = [one.config for one in parts.channels.values()]
    written = [parts.line.helpline, parts.line.mrc]
    written += [one for config in configs for one in (config.sms_number, config.options.get(_VOICE, ""))]
    return number in _read_line_numbers(tuple(filter(None, written)), tuple(parts.line.regions))


@lru_cache(maxsize=16)
def _read_line_numbers(written: tuple[str, ...], regions: tuple[str, ...]) -> frozenset[str]:
    """Read the configured numbers once: parsing one costs as much as a statement in SQL."""
    return frozenset(number for one in written for number in list_possible_readings(one, regions))


def is_own_number(parts: Services, tx: Tx, number: str, *, trial: bool = False) -> bool:
    """Return whether this number is the helpline's own or a staff member's helpline phone.

    A simulator phone may use any number and no real phone rings, so there staff numbers are allowed for practice.
    """
    return is_line_number(parts, number) or (not trial and bool(people.find_ids_by_number(tx, number)))


# Requests promised while SQL was away: planned as promised, or moved to review for a decision.

TOLD_AWAY = "told_away"
"""Reason of a request in review that was promised while SQL was away and cannot be planned as promised."""


def keep_promise(told: Window, planned: Window | None) -> Window | None:
    """Return the part of the promised window that the plan allows; None if they do not overlap.

    A promised window that has passed is kept all the same: the timers plan the next one, as for every missed
    window, and a promised ``now`` request expires.

    Args:
        told: the promised window.
        planned: the window by shifts, holidays and earlier attempts; None if there is none.
    """
    if planned is None:
        return None
    start, end = max(told[0], planned[0]), min(told[1], planned[1])
    return (start, end) if start < end else None


def put_before_a_person(tx: Tx, callback_id: str, *, now: datetime) -> None:
    """Move a waiting request to review and escalate it; a claimed one stays with its holder."""
    callbacks.step_callback(tx, callback_id, CallbackEvent.UNPLACED, now=now, reason=TOLD_AWAY)
    found = callbacks.by_id(tx, callback_id)
    if found is not None and found.state is CallbackState.REVIEW:
        call_for_decision(tx, found, now=now)


def reopen_request(tx: Tx, caller: Caller, callback_id: str, *, now: datetime) -> Callback | None:
    """Reopen a closed request in review, because a new time was promised while SQL could not show that it was closed.

    None if the request was erased.
    """
    closed = callbacks.by_id(tx, callback_id)
    if closed is None or closed.caller_id != caller.id or closed.contact is None:
        return None
    slots = {one.slot for one in callbacks.open_of(tx, caller.id)}
    made = replace(
        closed,
        id=new_id(now),
        slot=min(set(range(len(slots) + 1)) - slots),
        state=CallbackState.REVIEW,
        reason=TOLD_AWAY,
        holder_id=None,
        held_until=None,
        closed_at=None,
        attempts=0,
        told=0,
        follows=closed.id,
        changed_at=now,
    )
    return made if callbacks.insert_callback(tx, made) else None


def call_for_decision(tx: Tx, callback: Callback, *, now: datetime) -> str | None:
    """Escalate a request that needs a decision at once; return the outbox row to nudge."""
    audit.add_entry(
        tx, now=now, person_id=None, act=AuditAct.TOLD_WHILE_AWAY, kind="callback", subject=callback.id
    )
    return call_for_help(tx, callback, f"told:{callback.told}", now=now)
