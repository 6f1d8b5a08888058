"""Decides what a page offers for one callback: what the viewer may do, what is said of its safety, and which button."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.domain.callbacks.states import OPEN, CallbackState
from gateway.domain.permissions import Permission
from gateway.helpdesk.queue.queue import Promise

if TYPE_CHECKING:
    from gateway.domain.permissions import Actor
    from gateway.helpdesk.queue.queue import CallbackView


class Safety(StrEnum):
    """What is said about ringing the caller's phone now."""

    SAFE = "safe"
    BUSY = "busy"  # a call to the number has no outcome yet
    UNSAID_OUTCOME = "unsaid-outcome"  # the viewer's own call was left without an outcome
    RESTS = "rests"  # her phone rang a short while ago
    RANG = "rang"  # her phone rang already in this window
    OUTSIDE = "outside"  # her window is not open
    OVER = "over"  # her window has passed
    ENDS = "ends"  # she asked for now only, and her phone rang
    UNSAID = "unsaid"


class Control(StrEnum):
    """The one button of the call's card."""

    CALL = "call"
    CLAIM = "claim"
    CLAIM_TO_DECIDE = "claim-to-decide"
    ENTER_PHONE = "enter-phone"  # calls are made from helpline phones only
    CALL_LATER = "call-later"  # shown switched off
    HELD = "held"  # a colleague has it
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What the viewer may do with the callback now; the use cases check it again when it is done."""

    claim: bool
    call: bool
    call_outside: bool
    give_back: bool
    take_over: bool
    close: bool
    decide: bool
    note: bool
    talk: bool
    note_ring: bool


def find_abilities(who: Actor, shown: CallbackView) -> Abilities:
    """Return what the viewer may do with the callback now."""
    row = shown.row
    own = row.mine and row.state is CallbackState.CLAIMED
    decides = who.may(Permission.DECIDE)
    ready = (own and not row.to_decide) or (row.mine and row.state is CallbackState.REACHED)
    rests = shown.not_before is not None and row.state is not CallbackState.REACHED
    is_taken = bool(row.claimed_by) and not row.mine
    free_line = ready and not shown.calling and bool(shown.our_number)
    return Abilities(
        claim=row.state is CallbackState.WAITING or (row.state is CallbackState.REVIEW and decides),
        call=free_line and row.due_now and not rests,
        call_outside=free_line
        and not row.due_now
        and who.may(Permission.CALL_OUTSIDE)
        and row.phone_seen != "not_mine",
        give_back=own,
        take_over=row.state is CallbackState.CLAIMED and not row.mine and who.may(Permission.TAKE_OVER),
        close=(own and not row.to_decide)
        or (row.state is CallbackState.REACHED and (row.mine or who.may(Permission.TAKE_OVER)))
        or (row.state is CallbackState.WAITING and decides),
        decide=decides and (row.state is CallbackState.REVIEW or (own and row.to_decide)),
        talk=bool(row.phone) and not is_taken and not (row.mine and row.state is CallbackState.REACHED),
        note_ring=is_taken,
        note=row.mine or (who.may(Permission.SEE_OTHERS) and row.state in OPEN | {CallbackState.REACHED}),
    )


def find_safety(who: Actor, shown: CallbackView, can: Abilities) -> Safety:
    """Return what is said about ringing the phone now, so that no template decides it again."""
    row = shown.row
    to_call = row.state in (CallbackState.WAITING, CallbackState.CLAIMED) and not row.to_decide
    if can.call:
        return Safety.SAFE
    if to_call and row.due_now and (can.claim or row.mine) and not shown.not_before and not shown.calling:
        return Safety.SAFE
    if shown.calling:
        own = shown.calling == who.name and row.state is CallbackState.REVIEW
        return Safety.UNSAID_OUTCOME if own else Safety.BUSY
    if shown.not_before and row.due_now:
        return Safety.RESTS if row.due_until and shown.not_before < row.due_until else Safety.RANG
    if not to_call:
        return Safety.UNSAID
    return _SAFETY_OF.get(row.promise, Safety.UNSAID)


_SAFETY_OF = {Promise.AHEAD: Safety.OUTSIDE, Promise.OVER: Safety.OVER, Promise.ENDS: Safety.ENDS}


def find_control(shown: CallbackView, can: Abilities) -> Control:
    """Return the one button of the call's card."""
    row = shown.row
    if can.call:
        return Control.CALL
    if can.claim:
        return Control.CLAIM if row.state is CallbackState.WAITING else Control.CLAIM_TO_DECIDE
    in_hand = row.mine and row.state in (CallbackState.CLAIMED, CallbackState.REACHED)
    if in_hand and not shown.only_row and not shown.our_number:
        return Control.ENTER_PHONE
    if row.mine and row.state is CallbackState.CLAIMED and not row.to_decide:
        return Control.CALL_LATER
    return Control.HELD if row.claimed_by and not row.mine else Control.NOTHING
