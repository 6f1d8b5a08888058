"""The claim walks the partial indexes on both databases: a backlog costs what is due, not what was ever sent."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.foundation.services import Services
from gateway.storage import outbox, outbox_claims
from tests.storage.test_plans import plan
from tests.support.outbox_rig import Rows

LIVE = ("ix_outbox_due", "ix_outbox_lane", "ix_outbox_lease", "ix_outbox_unclear")
"""The indexes that hold only rows which are still under way."""


@pytest.mark.parametrize(
    ("what", "indexes"),
    [
        ("claim", ("ix_outbox_due", "ix_outbox_lane")),
        ("leases", ("ix_outbox_lease",)),
        ("overdue", ("ix_outbox_due",)),
        ("unclear", ("ix_outbox_unclear",)),
    ],
)
def test_what_is_asked_often_uses_its_index(
    parts: Services, rows: Rows, what: str, indexes: tuple[str, ...]
) -> None:
    rows.add()
    now = parts.clock.now()
    with parts.store.write() as tx:
        asked = {
            "claim": lambda tx: outbox_claims.claim_due(
                tx,
                kinds=("answer",),
                channels=("phone",),
                token="t",
                now=now,
                lease=timedelta(seconds=9),
            ),
            "leases": lambda tx: outbox_claims.end_leases(tx, now=now, repeatable=()),
            "overdue": lambda tx: outbox.list_overdue(tx, due_before=now, nudged_before=now, limit=9),
            "unclear": lambda tx: outbox.list_rows(tx, state="unclear"),
        }[what]
        found = plan(tx, asked)
    if tx.dialect == "postgresql":
        # In a table of one row any index of the live rows costs the same; what counts is that no history is read.
        assert "Seq Scan" not in found, found
        assert any(index in found for index in LIVE), found
    else:
        assert all(index in found for index in indexes), found


@pytest.mark.parametrize("channels", [[], ["phone"], ["other", "phone", "third"]])
def test_a_claim_takes_any_number_of_channels(parts: Services, rows: Rows, channels: list[str]) -> None:
    row_id, now = rows.add(), parts.clock.now()
    given: Any = {"kinds": ["ours", "answer"], "channels": channels, "now": now}
    with parts.store.write() as tx:
        due = outbox_claims.has_due(tx, **given)
        row = outbox_claims.claim_due(tx, **given, token="t", lease=timedelta(minutes=2), calling=channels)
    assert due is ("phone" in channels)
    assert (row.id if row else None) == (row_id if due else None)
