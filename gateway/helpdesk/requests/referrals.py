"""Does what comes after a talk: follow-up calls on an agreed day, the mark for under 18, and the referral book.

The number of another service is texted to a caller for whom texts are safe, else read out to her.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.queue_rules import DANGER
from gateway.domain.callbacks.states import CallbackEvent, CallbackState
from gateway.domain.contact_safety import VALID_FOR, When
from gateway.domain.permissions import AuditAct, Permission, check_permission
from gateway.foundation.time_and_chance import new_id
from gateway.helpdesk.alerts import line_alerts
from gateway.helpdesk.errors import (
    ClaimedByOther,
    NotSafe,
    Rejected,
    Why,
    explain_refusal,
    find_callback,
    name_of,
    read_typed_number,
    refuse_odd_year,
)
from gateway.helpdesk.requests import case_record, planning
from gateway.helpdesk.requests.accept import SLOTS
from gateway.helpdesk.requests.planning import find_duty_hours, plan_window
from gateway.helpdesk.staff.centre_lists import list_languages, list_topics
from gateway.storage import attempts, audit, callbacks, notes, settings
from gateway.storage.notes import Referral

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from typing import Any

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
    if not planning.may_be_sent(callback, now):
        raise NotSafe(None)
    row = planning.add_text(
        parts,
        tx,
        callback,
        "number",
        channel=line_alerts.choose_line(parts, tx, callback.caller_id, callback.channel, now),
        once=f"referral:{callback.id}:{referral_id}",
        now=now,
        number=entry.number,
    )
    case_record.note_referral(tx, actor, callback.id, entry, now)
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


def tell_within(tx: Tx, actor: Actor, callback: Callback, referral_id: str, now: datetime) -> None:
    """Note in an open transaction that the caller was read the number of an entry.

    Raises:
        Rejected: there is no such entry, or it must not be passed on.
    """
    entry = _find_entry(tx, actor, referral_id)
    if not entry.may_share:
        raise Rejected(Why.FIELD)
    case_record.note_referral(tx, actor, callback.id, entry, now)


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


POLICY = "policy-under-18"
"""Name of the setting with the centre's policy for callers who may be under 18."""


def follow_up(parts: Services, actor: Actor, callback_id: str, *, on: date, when: When | None = None) -> str:
    """Close a reached callback and plan another one with the same code; return the new id.

    ``on`` is the first day on which to call, within the validity of the safety answers. ``when`` is the window
    that the caller named; None keeps the earlier one.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
        ClaimedByOther: somebody else reached the caller.
        Rejected: the year is implausible.
        NotSafe: no window on or after that day lies within the validity of the safety answers.
        IllegalMove: the caller was not reached, or the callback is closed.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()
    refuse_odd_year(on, now)

    def work(tx: Tx) -> tuple[str, Callback, Mapping[str, Any]]:
        callback = find_callback(tx, actor, callback_id)
        fresh_id = follow_within(parts, tx, actor, callback, on=on, when=when)
        return fresh_id, callback, case_record.take_form(tx, callback_id)

    made, callback, form = parts.store.run(work)
    case_record.count_form(parts, form, callback)
    return made


def follow_within(
    parts: Services,
    tx: Tx,
    actor: Actor,
    callback: Callback,
    *,
    on: date,
    when: When | None = None,
    reason: str = "informed",
) -> str:
    """Close a reached callback and plan another one in an open transaction; return the new id.

    Raises:
        ClaimedByOther, NotSafe, IllegalMove: as ``follow_up``.
    """
    now = parts.clock.now()
    if callback.state is not CallbackState.REACHED:
        raise explain_refusal(tx, actor, callback, CallbackEvent.CLOSE)
    if callback.holder_id != actor.person_id:
        raise ClaimedByOther(name_of(tx, callback.holder_id))
    fresh = _plan_follow_up(parts, tx, callback, on, when)
    callbacks.step_callback(
        tx,
        callback.id,
        CallbackEvent.CLOSE,
        now=now,
        reason=reason,
        closed_at=now,
        held_until=None,
        escalate_at=None,
    )
    _insert(tx, fresh)
    for subject, act in ((callback.id, AuditAct.CLOSED), (fresh.id, AuditAct.FOLLOW_UP)):
        audit.add_entry(tx, now=now, person_id=actor.person_id, act=act, kind="callback", subject=subject)
    return fresh.id


def mark_minor(parts: Services, actor: Actor, callback_id: str, *, on: bool) -> str:
    """Record whether the caller may be under 18; return the centre's policy for that.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue, or the callback is somebody else's.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()

    def work(tx: Tx) -> str:
        callback = find_callback(tx, actor, callback_id)
        if callback.holder_id != actor.person_id:
            check_permission(actor, Permission.SEE_OTHERS)
        if callback.minor != on:
            callbacks.change_callback(tx, callback_id, now=now, minor=on)
            act = AuditAct.MAY_BE_MINOR if on else AuditAct.IS_OF_AGE
            audit.add_entry(
                tx, now=now, person_id=actor.person_id, act=act, kind="callback", subject=callback_id
            )
        return str(settings.get_setting(tx, POLICY, "")) if on else ""

    return parts.store.run(work)


def read_policy(parts: Services) -> str:
    """Return the centre's policy for callers who may be under 18; empty if none is written."""
    with parts.store.read() as tx:
        return str(settings.get_setting(tx, POLICY, ""))


def _plan_follow_up(parts: Services, tx: Tx, before: Callback, on: date, when: When | None) -> Callback:
    """Return the new request. The safety answers were just confirmed orally, so their age starts anew."""
    now, zone = parts.clock.now(), ZoneInfo(parts.line.zone)
    chosen = when or When(before.window)
    contact = replace(before.contact, when=chosen, said_at=now) if before.contact else None
    start = max(now + timedelta(hours=2), datetime(on.year, on.month, on.day, tzinfo=zone))
    hours = find_duty_hours(parts, tx, now, before.team)
    window = plan_window(parts, chosen, attempts.list_past(tx, before.caller_id or ""), start, hours=hours)
    fits = window is not None and window[0] < now + VALID_FOR
    if contact is None or before.withheld or window is None or not fits or not contact.may_ever_call(now):
        raise NotSafe(None)
    danger = before.priority == DANGER
    return replace(
        before,
        id=new_id(now),
        state=CallbackState.WAITING,
        contact=contact,
        window=chosen,
        answers={**before.answers, "when": chosen.value},
        asked_at=now,
        last_asked_at=now,
        due_at=window[0],
        due_until=window[1],
        asks=1,
        attempts=0,
        follows=before.id,
        holder_id=None,
        held_until=None,
        escalate_at=queue_rules.plan_first_alert(
            CallbackState.WAITING, danger=danger, due_at=window[0], now=now
        ),
        told=0,
        rev=0,
        changed_at=now,
        closed_at=None,
        reason="",
    )


def _insert(tx: Tx, fresh: Callback) -> None:
    """Add the request in a free slot of its number; without a free slot the caller's other requests stand."""
    for slot in range(SLOTS):
        if callbacks.insert_callback(tx, replace(fresh, slot=slot)):
            return
    raise NotSafe(None)
