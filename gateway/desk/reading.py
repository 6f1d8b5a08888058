"""Texts of callers that nobody understood: somebody reads them, and then they are off the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.access import Permission, permit
from gateway.numbers import masked
from gateway.store import audit, callbacks, texts

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.access import Actor
    from gateway.parts import Parts
    from gateway.store.engines import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """One text that nobody understood; ``callback_id`` is her open request, where she has one."""

    id: str
    at: datetime
    channel: str
    text: str
    phone: str
    callback_id: str


def unread(parts: Parts, actor: Actor) -> tuple[Unread, ...]:
    """Return the texts that nobody understood and nobody has read yet, newest first.

    Raises:
        Refused: the actor does not work the queue.
    """
    permit(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        return _shown(tx, texts.unread(tx))


def dangers(parts: Parts, actor: Actor) -> tuple[Unread, ...]:
    """Return the texts with a word of danger that nobody has read yet, newest first.

    Raises:
        Refused: the actor does not work the queue.
    """
    permit(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        return _shown(tx, texts.dangers(tx))


def count_unread(parts: Parts, actor: Actor) -> int:
    """Return how many there are.

    Raises:
        Refused: the actor does not work the queue.
    """
    permit(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        return texts.count_unread(tx)


def mark_read(parts: Parts, actor: Actor, text_id: str) -> bool:
    """Take a text off the list; False where somebody else was faster or it is gone.

    Raises:
        Refused: the actor does not work the queue.
    """
    permit(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()

    def work(tx: Tx) -> bool:
        done = texts.mark_read(tx, text_id, person_id=actor.person_id, now=now)
        if done:
            audit.add(tx, now=now, person_id=actor.person_id, act="read", kind="text", subject=text_id)
        return done

    return parts.store.run(work)


def _shown(tx: Tx, found: tuple[texts.Text, ...]) -> tuple[Unread, ...]:
    return tuple(
        Unread(
            id=one.id,
            at=one.at,
            channel=one.channel,
            text=one.text,
            phone=masked(one.number) if one.number else "",
            callback_id=_open_of(tx, one.caller_id),
        )
        for one in found
    )


def _open_of(tx: Tx, caller_id: str | None) -> str:
    found = callbacks.open_of(tx, caller_id) if caller_id else ()
    return found[0].id if found else ""
