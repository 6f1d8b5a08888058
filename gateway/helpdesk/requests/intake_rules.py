"""Chooses the code of a request by the candidates of its turn: longer where short ones are in use, and never none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.states import CallbackEvent, CallbackState
from gateway.foundation.ids import code_candidates, new_id
from gateway.foundation.phone_numbers import possible_readings
from gateway.helpdesk.alerts.help_calls import call_for_help
from gateway.menus.engine.keys import CODE_DIGITS, MOST_CODE_DIGITS
from gateway.storage import audit, callbacks, people

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from gateway.domain.callbacks.windows import Window
    from gateway.foundation.services import Services
    from gateway.storage.callbacks import Callback
    from gateway.storage.callers import Caller
    from gateway.storage.database import Tx


def choose_code(
    parts: Services, turn_key: bytes, number: str, *, tx: Tx | None, besides: Collection[str] = ()
) -> str:
    """Return the code of a turn: the same for every repeat of it, and none that is simple, hers or in use.

    Args:
        parts: the parts.
        turn_key: the turn; its code comes from it alone, but for what is in use.
        number: whose request it is; a code is not the end of her number.
        tx: where codes in use are asked for; None while SQL is away.
        besides: further codes that this number was told.

    Returns:
        Four digits; five or six only where the candidates of four are all in use. Where those are too, one that
        stands for another number's request as well, for nobody is refused for want of a code: on the phone a code
        is looked up among the requests of that phone's number, and a counsellor's search shows all that bear it.
    """
    key, turn = parts.store.ring.key("code"), turn_key.hex()
    candidates: list[str] = []
    for digits in range(CODE_DIGITS, MOST_CODE_DIGITS + 1):
        candidates = code_candidates(key, turn, digits)
        taken = frozenset(besides) | (callbacks.find_taken(tx, candidates) if tx is not None else frozenset())
        code = queue_rules.pick_code(candidates, last_four=number[-CODE_DIGITS:], taken=taken)
        if code is not None:
            return code
    shared = queue_rules.pick_code(candidates, last_four=number[-CODE_DIGITS:], taken=besides)
    return shared if shared is not None else candidates[-1]


# Knows the numbers that are our own: a call to one of them rings us, and takes the turn of somebody who
# waits.

_VOICE = "voice_number"
"""The option of a channel that holds the number from which its provider calls."""


def is_line_number(parts: Services, number: str) -> bool:
    """Say whether this number, in E.164, is the helpline's, the centre's, or one of a channel."""
    configs = [one.config for one in parts.channels.values()]
    written = [parts.line.helpline, parts.line.mrc]
    written += [one for config in configs for one in (config.sms_number, config.options.get(_VOICE, ""))]
    return any(number in possible_readings(one, parts.line.regions) for one in written if one)


def is_own_number(parts: Services, tx: Tx, number: str, *, trial: bool = False) -> bool:
    """Say whether this number is the line's or a helpline phone of somebody who works here.

    A trial phone shows any number it likes and rings nobody: there whoever learns the work may use their own.
    """
    return is_line_number(parts, number) or (not trial and bool(people.ids_of_number(tx, number)))


# Keeps what was told while the ledger was away: placed as it was told, or shown to a person who decides.

TOLD_AWAY = "told_away"
"""The reason of what stands in review because it was told while the ledger was away and cannot be placed so."""


def place_as_told(told: Window, planned: Window | None) -> Window | None:
    """Return the part of the told window in which the ledger allows the call too; None where there is none left.

    Args:
        told: the window that she read.
        planned: what the ledger plans by shifts, holidays and earlier attempts; None where it plans nothing.

    A window that is over by the time SQL is back was told all the same: the clock plans the next one, as it does for
    every request that nobody called in its window, and a *now* that she was told dies by itself dies.
    """
    if planned is None:
        return None
    start, end = max(told[0], planned[0]), min(told[1], planned[1])
    return (start, end) if start < end else None


def put_before_a_person(tx: Tx, callback_id: str, *, now: datetime) -> None:
    """Move a request that waits into review, and have somebody told; one in somebody's hands stays there."""
    callbacks.step_callback(tx, callback_id, CallbackEvent.UNPLACED, now=now, reason=TOLD_AWAY)
    found = callbacks.by_id(tx, callback_id)
    if found is not None and found.state is CallbackState.REVIEW:
        call_for_decision(tx, found, now=now)


def reopen_request(tx: Tx, caller: Caller, callback_id: str, *, now: datetime) -> Callback | None:
    """Open a closed request anew, in review: she was told a new time while nobody could see that it was closed.

    None where there is nothing of hers to be opened: it was erased.
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
    """Have somebody told at once that this request needs a decision; return the outbox row to nudge."""
    audit.add_entry(tx, now=now, person_id=None, act="told while away", kind="callback", subject=callback.id)
    return call_for_help(tx, callback, f"told:{callback.told}", now=now)
