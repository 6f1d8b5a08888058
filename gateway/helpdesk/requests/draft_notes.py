"""Keeps a note while it is being written, so that neither a reload nor the dialler nor a lost line takes it."""

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
    from gateway.storage.database import Tx
    from gateway.storage.notes import DraftNote

__all__ = ["find_draft", "keep_draft"]


def keep_draft(parts: Services, actor: Actor, callback_id: str, text: str, *, form: str = "") -> datetime:
    """Keep what was typed so far, sealed; nothing but spaces forgets it. Return when it was kept.

    Args:
        parts: the parts.
        actor: who writes; whoever may write a note here.
        callback_id: about which callback.
        text: what was typed so far, all of it.
        form: the one-time id of the note's form. Once the note is saved a late draft of it changes nothing.

    Raises:
        Refused: the actor does not work the queue, or sees only the row of this callback.
        Held: somebody else has it.
        BadWords: more than a note may have.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    if len(text) > LONGEST_NOTE:
        raise BadWords(f"a note has 1 to {LONGEST_NOTE} characters")
    now = parts.clock.now()

    def work(tx: Tx) -> None:
        callback = find_callback(tx, actor, callback_id)
        permit_writing(tx, actor, callback)
        if not text.strip() or callback.caller_id is None:  # whoever was erased is not written about again
            notes.drop_draft(tx, callback_id, actor.person_id)
        elif not (form and notes.is_written(tx, form[:20])):
            notes.save_draft(tx, callback_id, actor.person_id, text, now=now)

    parts.store.run(work)
    return now


def find_draft(parts: Services, actor: Actor, callback_id: str) -> DraftNote | None:
    """Return what this person has typed so far and not saved; None where there is nothing.

    Raises:
        Refused: the actor does not work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        return notes.find_drafts(tx, callback_id, actor.person_id)
