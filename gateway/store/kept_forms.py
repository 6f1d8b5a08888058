"""Forms that could not be sent because a sign-in had ended, sealed until their writer is back and sends them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from gateway.ids import new_id
from gateway.store.engines import Tx
from gateway.store.tables import callbacks, kept_forms

Fields = Mapping[str, Sequence[str]]
MOST = 10
"""Of one person; an older one makes room."""

_LAST_DIGITS = 8
"""So many digits at the end of a number are the same however its country is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptForm:
    """One form: where it was going, and what stood in its fields."""

    action: str
    fields: Fields
    at: datetime


def keep_form(tx: Tx, person_id: str, action: str, fields: Fields, *, now: datetime) -> str:
    """Keep what this person typed and return its id."""
    found = new_id(now)
    value = {name: list(values) for name, values in fields.items()}
    sealed = tx.ring.seal_json(value, table="kept_forms", column="fields", row=found)
    tx.execute(insert(kept_forms).values(id=found, person_id=person_id, action=action, fields=sealed, at=now))
    ids = select(kept_forms.c.id).where(kept_forms.c.person_id == person_id).order_by(kept_forms.c.id.desc())
    for old in tx.execute(ids.offset(MOST)).scalars().all():
        tx.execute(delete(kept_forms).where(kept_forms.c.id == old))
    return found


def find_form(tx: Tx, person_id: str, form_id: str) -> KeptForm | None:
    """Return the form, if it is this person's."""
    theirs = kept_forms.c.id == form_id, kept_forms.c.person_id == person_id
    row = tx.execute(select(kept_forms).where(*theirs)).first()
    if row is None:
        return None
    return KeptForm(action=row.action, fields=_opened(tx, row), at=row.at)


def drop_forms(tx: Tx, person_id: str, action: str) -> None:
    """Delete what this person had typed for an address: it was sent now."""
    tx.execute(delete(kept_forms).where(kept_forms.c.person_id == person_id, kept_forms.c.action == action))


def drop_forms_about(tx: Tx, caller_id: str, number: str | None) -> None:
    """Delete every form that names a request of this caller or her number; it must come before she is dropped."""
    hers = tuple(tx.execute(select(callbacks.c.id).where(callbacks.c.caller_id == caller_id)).scalars())
    end = (number or "")[-_LAST_DIGITS:]
    for row in tx.execute(select(kept_forms)).all():
        typed = ("".join(filter(str.isdigit, one)) for values in _opened(tx, row).values() for one in values)
        if any(one in row.action for one in hers) or (end and any(end in digits for digits in typed)):
            tx.execute(delete(kept_forms).where(kept_forms.c.id == row.id))


def _opened(tx: Tx, row: Any) -> Fields:
    fields = tx.ring.open_json(row.fields, table="kept_forms", column="fields", row=row.id)
    return fields if isinstance(fields, dict) else {}
