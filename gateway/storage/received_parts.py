"""Store the parts of long texts until all have come: sealed, and gone with their caller."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select

from gateway.domain.events import Inbound
from gateway.storage import callers
from gateway.storage.database import Tx
from gateway.storage.encryption import name_row
from gateway.storage.tables import text_parts


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedText:
    """What came of one text: its parts by number, of ``total``; ``turn`` is an id of ours."""

    channel: str
    number: str
    turn: str
    service: str
    link: str
    total: int
    parts: Mapping[int, str]


def add_part(tx: Tx, whole: bytes, inbound: Inbound, *, caller_id: str, now: datetime) -> None:
    """Store one part of the text with this key."""
    part = inbound.part
    assert part is not None  # noqa: S101 - the caller asks only for parts
    tx.execute(
        insert(text_parts).values(
            whole=whole,
            number=part.number,
            total=part.total,
            channel=inbound.channel,
            caller_id=caller_id,
            text=tx.ring.seal_text(
                inbound.text, table="text_parts", column="text", row=name_row(whole, part.number)
            ),
            service=inbound.service[:40],
            link=inbound.link[:200],
            at=now,
        )
    )


def has_part(tx: Tx, whole: bytes, number: int) -> bool:
    """Say whether this part is there."""
    query = select(text_parts.c.number).where(text_parts.c.whole == whole, text_parts.c.number == number)
    return tx.execute(query).first() is not None


def count_parts(tx: Tx, whole: bytes) -> int:
    """Return how many parts of a text are there."""
    return int(
        tx.execute(
            select(func.count()).select_from(text_parts).where(text_parts.c.whole == whole)
        ).scalar_one()
    )


def list_late(tx: Tx, *, before: datetime, limit: int = 100) -> tuple[bytes, ...]:
    """Return the keys of texts whose last part came before an instant, at most ``limit``."""
    query = (
        select(text_parts.c.whole)
        .group_by(text_parts.c.whole)
        .having(func.max(text_parts.c.at) < before)
        .limit(limit)
    )
    return tuple(row.whole for row in tx.execute(query))


def take_parts(tx: Tx, whole: bytes) -> ReceivedText | None:
    """Remove the parts of a text and return them; None where another process did, or the caller erased them."""
    rows = tx.execute(delete(text_parts).where(text_parts.c.whole == whole).returning(*text_parts.c)).all()
    if not rows:
        return None
    first = rows[0]
    caller = callers.by_id(tx, first.caller_id)
    if caller is None or caller.number is None:
        return None
    opened = {
        row.number: tx.ring.open_text(
            row.text, table="text_parts", column="text", row=name_row(whole, row.number)
        )
        or ""
        for row in rows
    }
    return ReceivedText(
        channel=first.channel,
        number=caller.number,
        turn=f"parts:{whole.hex()[:24]}:{max(row.at for row in rows).timestamp():.6f}",
        service=first.service,
        link=first.link,
        total=first.total,
        parts=opened,
    )
