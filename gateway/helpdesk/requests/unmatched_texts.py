"""Lists texts that matched no keyword, for staff to read, answer where texts are safe, or attach to a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.domain.permissions import AuditAct, Permission, check_permission
from gateway.foundation.phone_numbers import mask_number
from gateway.foundation.time_and_chance import new_id
from gateway.helpdesk.errors import NotSafe, Rejected, Why
from gateway.helpdesk.queue.outcome import LONGEST_NOTE
from gateway.helpdesk.requests import planning
from gateway.menus.engine.shapes import PREPARED
from gateway.menus.engine.sms_reply import cut_sms
from gateway.storage import audit, callbacks, callers, conversations, notes, outbox
from gateway.storage.live_menus import NoMenu, find_served

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.menus.engine.model import Menu
    from gateway.storage.callers import Caller
    from gateway.storage.database import Tx

_FALLBACK = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """One unread text that matched no keyword.

    Attributes:
        at: when it arrived, in UTC.
        phone: the sender's number, masked.
        callback_id: the open request of that number, if there is exactly one.
        several: the number has several open requests, so only a code tells whose text it is.
        safe: the caller said that texts are safe; otherwise nothing may be sent.
        answers: prepared answers by key, in the caller's language.
    """

    id: str
    at: datetime
    channel: str
    text: str
    phone: str
    callback_id: str
    several: bool = False
    safe: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)


def list_unread(parts: Services, actor: Actor) -> tuple[Unread, ...]:
    """Return the unread texts that matched no keyword, newest first.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        return _view_texts(parts, tx, conversations.list_unread(tx))


def list_dangers(parts: Services, actor: Actor) -> tuple[Unread, ...]:
    """Return the unread texts with a danger word, newest first.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        return _view_texts(parts, tx, conversations.list_dangers(tx))


def find_text(parts: Services, actor: Actor, text_id: str) -> Unread | None:
    """Return this text; None if it was read meanwhile or deleted.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        found = conversations.find_text(tx, text_id)
        return _view_texts(parts, tx, (found,))[0] if found is not None else None


def count_dangers(parts: Services, actor: Actor) -> int:
    """Return the number of unread texts with a danger word.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        return conversations.count_dangers(tx)


def count_unread(parts: Services, actor: Actor) -> int:
    """Return the number of unread texts.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        return conversations.count_unread(tx)


def mark_read(parts: Services, actor: Actor, text_id: str) -> bool:
    """Mark a text as read; False if somebody else did or it was deleted.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    return parts.store.run(lambda tx: take_off_list(tx, actor, text_id, AuditAct.READ, parts.clock.now()))


def answer_text(parts: Services, actor: Actor, text_id: str, key: str) -> bool:
    """Send one of the prepared answers and mark the text as read; False if somebody else was faster.

    The answer is checked again when it is sent, and waits for the caller's window.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        Rejected: the menu has no such answer.
        NotSafe: the caller did not say that texts are safe.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()

    def work(tx: Tx) -> str | None:
        text = conversations.find_text(tx, text_id)
        if text is None:
            return None
        caller = _find_caller(tx, text)
        if caller is None or not _may_text(caller, now):
            raise NotSafe(None)
        words = _list_answers(parts, text.channel, caller).get(key)
        if words is None:
            raise Rejected(Why.FIELD)
        if not take_off_list(tx, actor, text_id, AuditAct.ANSWERED, now, key):
            return None
        return _send_answer(tx, text, caller, words, now)

    row = parts.store.run(work)
    if row is not None:
        parts.nudge(row)
    return row is not None


def attach_text(parts: Services, actor: Actor, text_id: str) -> str:
    """Add the text as a note to the caller's open request and mark it as read; return the request's id.

    Empty if somebody else was faster, there is no open request, or the phone has several, which may be of
    several people.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()

    def work(tx: Tx) -> str:
        text = conversations.find_text(tx, text_id)
        callback_id = _only_one(_open_of(tx, text.caller_id)) if text is not None else ""
        if text is None or not callback_id or not take_off_list(tx, actor, text_id, AuditAct.ATTACHED, now):
            return ""
        notes.add_note(
            tx, note_id=new_id(now), callback_id=callback_id, person_id=actor.person_id,
            text=f"“{text.text[: LONGEST_NOTE - 2]}”", now=now,
        )  # fmt: skip
        return callback_id

    return parts.store.run(work)


def take_off_list(tx: Tx, actor: Actor, text_id: str, act: AuditAct, now: datetime, detail: str = "") -> bool:
    """Mark a text as read, with an audit entry; False if somebody else was faster."""
    done = conversations.mark_read(tx, text_id, person_id=actor.person_id, now=now)
    if done:
        audit.add_entry(
            tx, now=now, person_id=actor.person_id, act=act, kind="text", subject=text_id, detail=detail
        )
    return done


def _send_answer(tx: Tx, text: conversations.Text, caller: Caller, words: str, now: datetime) -> str | None:
    sms = cut_sms(words)
    return outbox.add_row(
        tx,
        kind="ours",
        channel=text.channel,
        lane=f"{text.channel}:{caller.id}",
        due_at=now,
        expires_at=now + planning.LASTS,
        once=f"read:{text.id}",
        now=now,
        payload={"text": sms.text, "link": ""},
        caller_id=caller.id,
        parts=sms.parts,
    )


def _view_texts(parts: Services, tx: Tx, found: tuple[conversations.Text, ...]) -> tuple[Unread, ...]:
    return tuple(_as_read(parts, tx, each) for each in found)


def _as_read(parts: Services, tx: Tx, text: conversations.Text) -> Unread:
    caller = _find_caller(tx, text)
    safe = caller is not None and _may_text(caller, parts.clock.now())
    requests = _open_of(tx, text.caller_id)
    return Unread(
        id=text.id,
        at=text.at,
        channel=text.channel,
        text=text.text,
        phone=mask_number(text.number) if text.number else "",
        callback_id=_only_one(requests),
        several=len(requests) > 1,
        safe=safe,
        answers=_list_answers(parts, text.channel, caller) if caller is not None and safe else {},
    )


def _find_caller(tx: Tx, text: conversations.Text) -> Caller | None:
    return callers.by_id(tx, text.caller_id) if text.caller_id else None


def _may_text(caller: Caller, now: datetime) -> bool:
    return caller.contact is not None and not caller.stopped and caller.contact.may_text(now)


def _list_answers(parts: Services, channel: str, caller: Caller) -> Mapping[str, str]:
    """Return the prepared answers in the caller's language.

    One with a placeholder is left out, as it could reveal too much.
    """
    menu = _find_menu(parts, channel)
    if menu is None:
        return {}
    tags = [tag for tag in (caller.script, caller.language, _FALLBACK) if tag in menu.languages]
    words = {key: menu.text(menu.messages.get(key, {}), tag) for tag in tags[:1] for key in PREPARED}
    return {key: each for key, each in words.items() if each and "{" not in each}


def _find_menu(parts: Services, channel: str) -> Menu | None:
    if channel not in parts.channels:
        return None
    try:
        return find_served(parts, channel)[1]
    except NoMenu:
        return None


def _open_of(tx: Tx, caller_id: str | None) -> tuple[str, ...]:
    return tuple(one.id for one in callbacks.open_of(tx, caller_id)) if caller_id else ()


def _only_one(requests: tuple[str, ...]) -> str:
    return requests[0] if len(requests) == 1 else ""
