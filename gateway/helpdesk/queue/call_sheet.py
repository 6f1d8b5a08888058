"""Closes a callback after a conversation with one sheet: note, ending, figures, next call and referral.

A note is saved while it is typed, so that a reload, the dialler or a lost connection does not lose it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from gateway.domain.callbacks.states import CallbackEvent, CallbackState
from gateway.domain.permissions import Permission, check_permission
from gateway.helpdesk.errors import explain_refusal, find_callback, permit_writing, refuse_odd_year
from gateway.helpdesk.queue.outcome import (
    LONGEST_NOTE,
    BadWords,
    check_reason,
    close_within,
    tidy_note,
    write_note,
)
from gateway.helpdesk.queue.undo import seal_undo
from gateway.helpdesk.requests import case_record, referrals
from gateway.storage import callbacks, notes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from gateway.domain.contact_safety import When
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx
    from gateway.storage.notes import DraftNote


def keep_draft(parts: Services, actor: Actor, callback_id: str, text: str, *, form: str = "") -> datetime:
    """Save the text typed so far, encrypted, and return when; blank text deletes the draft.

    Args:
        parts: the services of this process.
        actor: the author, who may write notes here.
        callback_id: the callback.
        text: the whole text typed so far.
        form: one-time id of the note's form. A draft that arrives after its note was saved changes nothing.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue, or sees only the row of this callback.
        ClaimedByOther: somebody else holds it.
        BadWords: the text is longer than a note may be.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    if len(text) > LONGEST_NOTE:
        raise BadWords(f"a note has 1 to {LONGEST_NOTE} characters")
    now = parts.clock.now()

    def work(tx: Tx) -> None:
        callback = find_callback(tx, actor, callback_id)
        permit_writing(tx, actor, callback)
        if not (form and notes.is_written(tx, form[:20])):
            put_draft(tx, actor, callback, text, now)

    parts.store.run(work)
    return now


def put_draft(tx: Tx, actor: Actor, callback: Callback, text: str, now: datetime) -> None:
    """Write a draft in an open transaction; blank text deletes it, and nothing is written about an erased caller."""
    if not text.strip() or callback.caller_id is None:
        notes.drop_draft(tx, callback.id, actor.person_id)
    else:
        notes.save_draft(tx, callback.id, actor.person_id, text, now=now)


def find_draft(parts: Services, actor: Actor, callback_id: str) -> DraftNote | None:
    """Return this person's unsaved draft of a note; None if there is none.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        return notes.find_drafts(tx, callback_id, actor.person_id)


UNSAVED = "sheet"
"""Key of the record below which the sheet's other fields are kept while it is not saved; nothing of it is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSheet:
    """What a counsellor writes after a conversation.

    Attributes:
        reason: how it ended, one of ``outcome.REASONS``; nothing is preset.
        note: words for a note; empty for none.
        form: one-time id of the note.
        ticks: the figures, as ``case_record.save_form`` takes them.
        next_on: first day of an agreed next call; None for none.
        next_when: window of the next call; None keeps the earlier one.
        referrals: ids of the entries whose numbers are texted to her.
        told: ids of the entries whose numbers were read out to her.
        keeps_plan: after a call that she began: she still wants the call that was planned.
    """

    reason: str
    note: str = ""
    form: str = ""
    ticks: Mapping[str, Any] = field(default_factory=dict)
    next_on: date | None = None
    next_when: When | None = None
    referrals: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    keeps_plan: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The closed callback, the next one if a call was agreed, how many numbers are texted, and the token to undo it."""

    callback_id: str
    follow_up_id: str = ""
    texted: int = 0
    undo: str = ""


def finish_call(parts: Services, actor: Actor, callback_id: str, sheet: CallSheet) -> Finished:
    """Save a whole sheet and close the callback, all of it or nothing.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue, or somebody else reached her.
        ClaimedByOther: somebody else holds it.
        BadWords: no ending is chosen, or the note is too long.
        Rejected: a figure, day or referral is none.
        NotSafe: no safe time for the next call, or texts are not safe for her.
        IllegalMove: she was not reached, or it is closed.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    check_reason(sheet.reason)
    words = tidy_note(sheet.note) if sheet.note.strip() else ""
    ticks = case_record.tidy_form(parts, sheet.ticks)
    now = parts.clock.now()
    if sheet.next_on is not None:
        refuse_odd_year(sheet.next_on, now)

    def work(tx: Tx) -> tuple[Callback, Mapping[str, Any], Finished, list[str]]:
        callback = find_callback(tx, actor, callback_id)
        if callback.state is not CallbackState.REACHED:
            raise explain_refusal(tx, actor, callback, CallbackEvent.CLOSE)
        case_record.write_form(tx, actor, callback, ticks, now=now)
        _write_words(tx, actor, callback_id, words, sheet.form, now)
        rows = _refer(parts, tx, actor, callback, sheet, now)
        followed, form = _close(parts, tx, actor, callback, sheet, now)
        texted = [row for row in rows if row is not None]
        closed = callbacks.by_id(tx, callback_id) or callback
        undo = seal_undo(tx, actor, callback, closed, now, form=form, follow_up_id=followed)
        done = Finished(callback_id=callback_id, follow_up_id=followed, texted=len(texted), undo=undo)
        return callback, form, done, texted

    callback, form, done, rows = parts.store.run(work)
    case_record.count_form(parts, form, callback)
    for row in rows:
        parts.nudge(row)
    return done


def _refer(
    parts: Services, tx: Tx, actor: Actor, callback: Callback, sheet: CallSheet, now: datetime
) -> list[str | None]:
    """Note the services whose numbers were read out; return the texts with those that are sent."""
    for one in sheet.told:
        referrals.tell_within(tx, actor, callback, one, now)
    return [referrals.send_within(parts, tx, actor, callback, one, now) for one in sheet.referrals]


def _write_words(tx: Tx, actor: Actor, callback_id: str, words: str, form: str, now: datetime) -> None:
    if words:
        write_note(tx, actor, callback_id, words, form=form, now=now)
    else:
        notes.drop_draft(tx, callback_id, actor.person_id)


def _close(
    parts: Services, tx: Tx, actor: Actor, callback: Callback, sheet: CallSheet, now: datetime
) -> tuple[str, Mapping[str, Any]]:
    planned = callback.due_at.astimezone(ZoneInfo(parts.line.zone)).date() if callback.due_at else None
    on = sheet.next_on or (planned if sheet.keeps_plan else None)
    if on is None:
        return "", close_within(tx, actor, callback, sheet.reason, now)
    followed = referrals.follow_within(
        parts, tx, actor, callback, on=on, when=sheet.next_when, reason=sheet.reason
    )
    return followed, case_record.take_form(tx, callback.id)


def keep_sheet(
    parts: Services,
    actor: Actor,
    callback_id: str,
    *,
    note: str,
    ticks: Mapping[str, Any],
    other: Mapping[str, Any],
) -> datetime:
    """Keep an unsaved sheet, encrypted, so that a reload or a lost connection loses nothing; return when.

    Args:
        parts: the services of this process.
        actor: who reached the caller.
        callback_id: the callback.
        note: the note as typed so far.
        ticks: the figures as ticked so far.
        other: the other fields as the page sends them.

    Raises:
        NotPermitted, ClaimedByOther, IllegalMove, NoSuchCallback: as ``finish_call``.
        BadWords: the note is too long.
        Rejected: a figure is none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    if len(note) > LONGEST_NOTE:
        raise BadWords(f"a note has 1 to {LONGEST_NOTE} characters")
    kept = {**case_record.tidy_form(parts, ticks), UNSAVED: dict(other)}
    now = parts.clock.now()

    def work(tx: Tx) -> None:
        callback = find_callback(tx, actor, callback_id)
        if callback.state is not CallbackState.REACHED:
            raise explain_refusal(tx, actor, callback, CallbackEvent.CLOSE)
        case_record.write_form(tx, actor, callback, kept, now=now)
        put_draft(tx, actor, callback, note, now)

    parts.store.run(work)
    return now
