"""Erases a caller: open requests leave the queue and all personal data is deleted; anonymous counts stay."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway.domain.audit_acts import AuditAct
from gateway.foundation.phone_numbers import list_possible_readings
from gateway.helpdesk.errors import AmbiguousNumber
from gateway.menus.engine.effects import Erased
from gateway.storage import audit, callbacks, callers, conversations, notes, outbox, sign_ins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.foundation.services import Services
    from gateway.menus.engine.effects import Receipt
    from gateway.storage.callers import Caller
    from gateway.storage.database import Tx


def erase_caller(parts: Services, tx: Tx, *, caller: Caller, now: datetime) -> Receipt:
    """Erase everything about this caller in the transaction of her turn; the caller's row is deleted last."""
    sign_ins.drop_forms_about(tx, caller.id, caller.number)
    callbacks.forget_codes(tx, caller.id)
    callbacks.empty_callbacks(tx, caller.id, now=now)
    notes.empty_notes(tx, caller.id)
    notes.empty_records(tx, caller.id)
    outbox.cancel_of_caller(tx, caller.id, reason="erased", now=now)
    outbox.empty_of_caller(tx, caller.id)
    conversations.forget_texts(tx, caller.id)
    conversations.drop_threads(tx, caller.id)
    conversations.forget_receipts(tx, caller.id)
    callers.drop_caller(tx, caller.id)
    audit.add_entry(tx, now=now, person_id=None, act=AuditAct.ERASED, kind="caller", subject=caller.id)
    parts.count.add("erased")
    return Erased()


def forget_number(parts: Services, number: str) -> bool:
    """Erase a number at the operator's request; False if it is no number or not known.

    Raises:
        AmbiguousNumber: it is valid in several countries of the helpline; nothing was erased.
    """
    readings = list_possible_readings(number, parts.line.regions)
    if len(readings) > 1:
        raise AmbiguousNumber(readings)
    if not readings:
        return False
    e164, now = readings[0], parts.clock.now()

    def work(tx: Tx) -> bool:
        found = [one for trial in (False, True) if (one := callers.find_caller(tx, e164, trial=trial))]
        for caller in found:
            erase_caller(parts, tx, caller=caller, now=now)
        return bool(found)

    spooled = forget_spooled(parts, e164)
    done = parts.store.run(work)
    asking = parts.sessions.ask()
    for channel in parts.channels:
        asking.drop(channel, e164)
    return done or spooled > 0


def forget_spooled(
    parts: Services, number: str, *, trial: bool | None = None, until: datetime | None = None
) -> int:
    """Drop this number's entries from the local spool, which would restore the caller; return how many.

    ``trial`` limits it to entries of simulator phones (True) or real ones (False), since a simulator phone may
    use the number of a real caller. ``until`` spares later entries: a request made after the erasure is a new
    one.
    """
    entries = list_spooled(parts, number, trial=trial, until=until)
    for key in entries:
        parts.spool.drop(key)
    return len(entries)


def list_spooled(
    parts: Services, number: str, *, trial: bool | None = None, until: datetime | None = None
) -> Mapping[bytes, Mapping[str, Any]]:
    """Return this number's entries in the local spool by their key, including those that could not be applied.

    An entry is the stored inbound event: ``at`` (ISO 8601), ``mark``, and the turn or the provider's fields.
    """
    keys = [*parts.spool.list(), *parts.spool.failed()]
    entries = {key: parts.spool.load(key) or {} for key in keys}
    return {
        key: entry
        for key, entry in entries.items()
        if _number_in(entry) == number
        and (trial is None or _is_trial(parts, entry) == trial)
        and (until is None or _find_arrival(parts, entry) <= until)
    }


def _is_trial(parts: Services, entry: Mapping[str, Any]) -> bool:
    """Return whether a simulator phone left this entry: a turn says so, a text or a missed call names its channel."""
    event: Mapping[str, Any] | None = entry.get("event")
    return parts.is_trial(event["channel"]) if event else bool(entry.get("trial"))


def _find_arrival(parts: Services, entry: Mapping[str, Any]) -> datetime:
    instant = entry.get("at") or entry["record"]["at"]
    return parts.clock.set_right(datetime.fromisoformat(instant), entry.get("mark", ""))


def _number_in(entry: Mapping[str, Any]) -> str | None:
    """Return the number of an entry: a turn holds it, a text or missed call has it in the provider's fields."""
    fields: Mapping[str, Any] = entry.get("event") or entry
    return fields.get("number")
