"""Saves a note while it is typed, so that a reload, the dialler or a lost connection does not lose it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.domain.permissions import Permission, check_permission
from gateway.helpdesk.errors import find_callback, permit_writing
from gateway.helpdesk.queue.outcome import LONGEST_NOTE, BadWords
from gateway.storage import notes

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx
    from gateway.storage.notes import DraftNote

__all__ = ["find_draft", "keep_draft", "put_draft"]


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
