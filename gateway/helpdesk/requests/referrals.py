"""Keeps the referral book of other services, and texts an entry's number to a caller for whom texts are safe."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.domain.audit_acts import AuditAct
from gateway.domain.permissions import Permission, check_permission
from gateway.foundation.ids import new_id
from gateway.helpdesk.errors import NotSafe, Rejected, Why, find_callback, read_typed_number, refuse_odd_year
from gateway.helpdesk.requests import caller_lines, wordings
from gateway.helpdesk.staff.centre_lists import list_languages, list_topics
from gateway.storage import audit, notes
from gateway.storage.notes import Referral

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx

__all__ = ["Referral", "drop_entry", "list_entries", "save_entry", "send_entry"]

_LONGEST = 80
_SHORT_NUMBER = 6


def list_entries(
    parts: Services, actor: Actor, *, language: str = "", topic: str = ""
) -> tuple[Referral, ...]:
    """Return the entries by name; a language or topic keeps those that serve it or do not say.

    Raises:
        NotPermitted: the actor may neither work the queue nor edit the book.
    """
    check_permission(
        actor, Permission.WORK_QUEUE if actor.may(Permission.WORK_QUEUE) else Permission.SET_RULES
    )
    with parts.store.read() as tx:
        return choose_entries(notes.list_referrals(tx, actor.team), language=language, topic=topic)


def choose_entries(
    entries: Iterable[Referral], *, language: str = "", topic: str = ""
) -> tuple[Referral, ...]:
    """Return the entries that serve a language and a topic, or do not say."""
    return tuple(
        one
        for one in entries
        if (not language or not one.languages or language in one.languages)
        and (not topic or not one.topics or topic in one.topics)
    )


def save_entry(parts: Services, actor: Actor, entry: Referral) -> str:
    """Save an entry, or add it if its id is empty; return the id.

    Raises:
        NotPermitted: the actor may not edit the book.
        Rejected: name or number is missing, or there is no such entry.
    """
    check_permission(actor, Permission.SET_RULES)
    now = parts.clock.now()
    if entry.checked_on:
        refuse_odd_year(entry.checked_on, now)
    tidy = _tidy_entry(parts, actor, entry)
    made = entry.id or new_id(now)

    def work(tx: Tx) -> None:
        if entry.id:
            _find_entry(tx, actor, entry.id)
        notes.save_referral(tx, replace(tidy, id=made))
        audit.add_entry(
            tx, now=now, person_id=actor.person_id, act=AuditAct.WRITTEN, kind="referral", subject=made
        )

    parts.store.run(work)
    return made


def drop_entry(parts: Services, actor: Actor, referral_id: str) -> None:
    """Delete an entry.

    Raises:
        NotPermitted: the actor may not edit the book.
        Rejected: there is no such entry.
    """
    check_permission(actor, Permission.SET_RULES)
    now = parts.clock.now()

    def work(tx: Tx) -> None:
        _find_entry(tx, actor, referral_id)
        notes.drop_referral(tx, referral_id)
        audit.add_entry(
            tx,
            now=now,
            person_id=actor.person_id,
            act=AuditAct.TAKEN_OUT,
            kind="referral",
            subject=referral_id,
        )

    parts.store.run(work)


def send_entry(parts: Services, actor: Actor, callback_id: str, referral_id: str) -> str | None:
    """Text the number of an entry, without its name, to the caller; return the outbox row, None if it was sent before.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue, or the callback is somebody else's.
        Rejected: there is no such entry, or it must not be passed on.
        NotSafe: the caller did not say that texts are safe.
        NoSuchCallback: there is no such callback.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()

    row = parts.store.run(
        lambda tx: send_within(parts, tx, actor, find_callback(tx, actor, callback_id), referral_id, now)
    )
    if row is not None:
        parts.nudge(row)
    return row


def send_within(
    parts: Services, tx: Tx, actor: Actor, callback: Callback, referral_id: str, now: datetime
) -> str | None:
    """Add the text of ``send_entry`` in an open transaction; it is audited only where it is really added.

    Raises:
        NotPermitted, Rejected, NotSafe: as ``send_entry``.
    """
    if callback.holder_id != actor.person_id:
        check_permission(actor, Permission.SEE_OTHERS)
    entry = _find_entry(tx, actor, referral_id)
    if not entry.may_share:
        raise Rejected(Why.FIELD)
    if not wordings.may_be_sent(callback, now):
        raise NotSafe(None)
    row = wordings.add_text(
        parts,
        tx,
        callback,
        "number",
        channel=caller_lines.choose_line(parts, tx, callback.caller_id, callback.channel, now),
        once=f"referral:{callback.id}:{referral_id}",
        now=now,
        number=entry.number,
    )
    if row is not None:
        audit.add_entry(
            tx,
            now=now,
            person_id=actor.person_id,
            act=AuditAct.SENT_A_NUMBER,
            kind="callback",
            subject=callback.id,
        )
    return row


def _tidy_entry(parts: Services, actor: Actor, entry: Referral) -> Referral:
    """Return the entry normalised, or raise Rejected; languages and topics must be those of callbacks."""
    name = " ".join(entry.name.split())
    if not 1 <= len(name) <= _LONGEST:
        raise Rejected(Why.NAME)
    return replace(
        entry,
        team=actor.team,
        name=name,
        number=_read_number(parts, entry.number),
        place=" ".join(entry.place.split())[:_LONGEST],
        hours=" ".join(entry.hours.split())[:_LONGEST],
        languages=tuple(one for one in list_languages(parts) if one in entry.languages),
        topics=tuple(one for one in list_topics(parts) if one in entry.topics),
    )


def _find_entry(tx: Tx, actor: Actor, referral_id: str) -> Referral:
    entry = notes.find_referral(tx, referral_id)
    if entry is None or entry.team != actor.team:
        raise Rejected(Why.NOBODY)
    return entry


def _read_number(parts: Services, written: str) -> str:
    """Return the number in E.164; short codes of authorities stay as dialled."""
    plain = written.strip()
    if plain.isascii() and plain.isdigit() and len(plain) <= _SHORT_NUMBER:
        return plain
    return read_typed_number(plain, parts.line.regions)
