"""Stores the statistics form of an open callback, counted anonymously at closing, and what came of referrals."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from gateway.domain.permissions import AuditAct, Permission, check_permission
from gateway.foundation.time_and_chance import new_id
from gateway.helpdesk.errors import NoSuchCallback, Rejected, Why, find_callback, refuse_odd_year
from gateway.helpdesk.staff.centre_lists import FIELDS, list_words
from gateway.storage import audit, callbacks, notes
from gateway.storage.notes import MadeReferral

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.callbacks import Callback
    from gateway.storage.database import Tx
    from gateway.storage.notes import Referral

NOT_ASKED = "not_asked"
VISIBLE = ("person", "topics")
"""Fields that the page shows at once; the rest is folded."""

SEVERAL = frozenset({"topics", "service", "complaint"})
"""Fields in which several values may be ticked."""

NUMBERS: Mapping[str, int] = {
    "women": 10_000,
    "men": 10_000,
    "claimed": 10**12,
    "awarded": 10**12,
    "received": 10**12,
}
"""Largest plausible value of each number field: people concerned, or whole units of ``currency``."""

_AMOUNTS = ("claimed", "awarded", "received")


def save_form(parts: Services, actor: Actor, callback_id: str, values: Mapping[str, Any]) -> None:
    """Save the ticked values of a callback's form; a missing field was not asked.

    Args:
        parts: the services of this process.
        actor: the holder.
        callback_id: the callback.
        values: field → one value, a list of values (for SEVERAL), or a whole number (for NUMBERS).

    Raises:
        NotPermitted: the actor lacks the permission to work the queue, or the callback is somebody else's.
        Rejected: there is no such field or value, or the callback is closed.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    tidy = tidy_form(parts, values)
    now = parts.clock.now()

    def work(tx: Tx) -> None:
        write_form(tx, actor, find_callback(tx, actor, callback_id), tidy, now=now)

    parts.store.run(work)


def tidy_form(parts: Services, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the ticked values as they are stored.

    Raises:
        Rejected: there is no such field or value.
    """
    words = list_words(parts)
    tidy = ((name, _tidy_value(words, name, value)) for name, value in values.items())
    return {name: value for name, value in tidy if value not in (None, [])}


def write_form(tx: Tx, actor: Actor, callback: Callback, tidy: Mapping[str, Any], *, now: datetime) -> None:
    """Write a tidy form in an open transaction.

    Raises:
        NotPermitted: the callback is somebody else's.
        Rejected: the callback is closed.
    """
    if callback.holder_id != actor.person_id:
        check_permission(actor, Permission.SEE_OTHERS)
    if callback.closed_at is not None:
        raise Rejected(Why.FIELD)  # it was counted when the callback was closed
    notes.save_record(tx, callback.id, tidy, now=now)


def load_form(parts: Services, actor: Actor, callback_id: str) -> Mapping[str, Any]:
    """Return the saved values: field → value, list of values, or whole number.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue, or the callback is somebody else's.
        NoSuchCallback: there is none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    with parts.store.read() as tx:
        callback = callbacks.by_id(tx, callback_id)
        if callback is None or callback.team != actor.team:
            raise NoSuchCallback(callback_id)
        if callback.holder_id != actor.person_id:
            check_permission(actor, Permission.SEE_OTHERS)
        return notes.find_record(tx, callback_id)


def take_form(tx: Tx, callback_id: str) -> Mapping[str, Any]:
    """Read and delete the form of a closing callback; count it with ``count_form`` after the commit."""
    return notes.take_record(tx, callback_id)


def count_form(
    parts: Services,
    values: Mapping[str, Any],
    callback: Callback | None = None,
    *,
    times: int = 1,
    at: datetime | None = None,
) -> None:
    """Count the ticked values in the metrics, which have no link to the callback.

    ``times`` -1 takes them back, from the hour of ``at`` in which they were counted.

    Of the callback the counts keep language and channel, and that it was asked on a trial phone.
    """
    if not values:
        return
    add = partial(_count_for(parts, callback), at=at)
    for name in FIELDS:
        if name == "currency":
            continue
        for word in _list_words(values.get(name)):
            add("record", f"{name}:{word}", n=times)
            if name != "person":
                add("record_by", f"{name}:{word}:{values.get('person') or NOT_ASKED}", n=times)
    for name in NUMBERS:
        if values.get(name):
            item = f"{name}:{values.get('currency', 'other')}" if name in _AMOUNTS else name
            add("record_sum", item, n=times * values[name])
            add("record_sum_of", item, n=times)


def _count_for(parts: Services, callback: Callback | None) -> partial[None]:
    if callback is None:
        return partial(parts.count.add)
    return partial(parts.count.add, language=callback.script, channel=callback.channel, trial=callback.trial)


def _list_words(value: object) -> Sequence[str]:
    if isinstance(value, str):
        return (value,)
    return value if isinstance(value, list) and value else (NOT_ASKED,)


def _tidy_value(words: Mapping[str, tuple[str, ...]], name: str, value: Any) -> str | int | list[str] | None:
    """Return the value in the form in which it is stored; None if it was not asked."""
    if name in NUMBERS:
        return _read_number(name, value)
    if name not in words:
        raise Rejected(Why.FIELD)
    given = [value] if isinstance(value, str) else list(value)
    ticked = [word for word in words[name] if word in given]
    if set(given) - set(words[name]) - {NOT_ASKED, ""} or (len(ticked) > 1 and name not in SEVERAL):
        raise Rejected(Why.FIELD)
    if name in SEVERAL:
        return ticked
    return ticked[0] if ticked else None


def _read_number(name: str, value: Any) -> int | None:
    written = str(value).strip().replace(",", "").replace(" ", "")
    if written in ("", "0"):
        return None
    if not (written.isascii() and written.isdigit()) or int(written) > NUMBERS[name]:
        raise Rejected(Why.FIELD)
    return int(written)


# What came of referrals: a service whose number was texted or read out is asked about on a day.

REFERRAL_OUTCOMES = ("helped", "sent_away", "not_gone", "unknown")
"""What came of a referral: the service helped, or sent her away; she did not go; nobody can know."""

DUE_AFTER = timedelta(days=14)
"""When whoever made a referral asks what came of it, unless another day is written."""


def note_referral(tx: Tx, actor: Actor, callback_id: str, entry: Referral, now: datetime) -> None:
    """Note in an open transaction that a caller was told of a service; a second time changes nothing."""
    made = MadeReferral(
        id=new_id(now),
        callback_id=callback_id,
        person_id=actor.person_id,
        referral_id=entry.id,
        name=entry.name,
        made_at=now,
        due_on=(now + DUE_AFTER).date(),
    )
    notes.add_made_referral(tx, made)


def list_made(parts: Services, actor: Actor) -> tuple[MadeReferral, ...]:
    """Return the referrals that the actor made, of a supervisor those of the team; open ones by their day first.

    Raises:
        NotPermitted: the actor may not work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    own = "" if actor.may(Permission.SEE_OTHERS) else actor.person_id
    with parts.store.read() as tx:
        return notes.list_made_referrals(tx, actor.team, own)


def settle_made(parts: Services, actor: Actor, made_id: str, *, due_on: date | None, outcome: str) -> None:
    """Write what came of a referral, once, or another day on which to ask.

    Args:
        parts: the services of this process.
        actor: who writes it.
        made_id: the referral.
        due_on: the day on which to ask; None keeps it.
        outcome: one of ``REFERRAL_OUTCOMES``, or empty while nobody knows.

    Raises:
        NotPermitted: the actor may not work the queue, or somebody else made it.
        Rejected: there is no such referral, it has its outcome, or day and outcome are none.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()
    if outcome and outcome not in REFERRAL_OUTCOMES:
        raise Rejected(Why.FIELD)
    if due_on is not None:
        refuse_odd_year(due_on, now)

    parts.store.run(lambda tx: _settle_within(tx, actor, made_id, due_on, outcome, now))
    if outcome:
        parts.count.add("referral", outcome)


def _settle_within(
    tx: Tx, actor: Actor, made_id: str, due_on: date | None, outcome: str, now: datetime
) -> None:
    found = notes.find_made_referral(tx, made_id, actor.team)
    if found is None:
        raise Rejected(Why.NOBODY)
    if found.person_id != actor.person_id:
        check_permission(actor, Permission.SEE_OTHERS)
    if not notes.settle_made_referral(tx, made_id, due_on=due_on or found.due_on, outcome=outcome):
        raise Rejected(Why.NOBODY)
    audit.add_entry(
        tx,
        now=now,
        person_id=actor.person_id,
        act=AuditAct.WRITTEN,
        kind="referral",
        subject=made_id,
        detail=outcome,
    )
