"""Fills a ledger with requests by the thousand in one statement a state: due now, planned, in review, closed."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from gateway.storage.database import Store

_COLUMNS = """
    INSERT INTO callbacks
    (id, session, state, priority, zone, topic, language, code, asked_at, last_asked_at, changed_at, due_at, due_until)
"""
_ROWS = {
    "sqlite": """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)
        SELECT printf('%s%017d', :name, i), x'', :state, i > :dangers, 'Asia/Vientiane', 'pay', 'lo',
               printf('%0' || :digits || 'd', i - 1), :asked, :asked, :asked, :due, :until FROM n""",
    "postgresql": """
        SELECT :name || lpad(i::text, 17, '0'), ''::bytea, :state, (i > cast(:dangers AS int))::int, 'Asia/Vientiane', 'pay', 'lo',
               lpad((i - 1)::text, :digits, '0'), :asked, :asked, :asked, :due, :until
        FROM generate_series(1, cast(:many AS int)) AS i""",
}


def add_requests(
    store: Store,
    many: int,
    *,
    name: str,
    now: datetime,
    state: str = "waiting",
    opens: timedelta = timedelta(hours=-1),
    digits: int = 4,
    dangers: int = 40,
) -> None:
    """Add so many requests without a caller, whose windows open then (from now) for three hours.

    ``name`` is three letters; the codes run from 0 in ``digits`` digits; the first ``dangers`` are of danger.
    """
    given: dict[str, Any] = {"many": many, "name": name, "state": state, "digits": digits, "dangers": dangers}
    given |= {"asked": now - timedelta(days=1), "due": now + opens, "until": now + opens + timedelta(hours=3)}
    if store.dialect == "sqlite":
        given |= {key: f"{given[key]:%Y-%m-%d %H:%M:%S.%f}" for key in ("asked", "due", "until")}
    with store.write() as tx:
        if store.dialect == "postgresql":
            tx.execute(text("SET LOCAL statement_timeout = 0"))
        tx.execute(text(_COLUMNS + _ROWS[store.dialect]), given)


def fill_queue(store: Store, many: int, *, now: datetime) -> None:
    """Add so many requests of each kind, and gather statistics."""
    add_requests(store, many, name="due", now=now)
    add_requests(store, many, name="lat", now=now, opens=timedelta(hours=15), digits=5)
    add_requests(store, many, name="rev", now=now, state="review", digits=6)
    add_requests(store, many, name="clo", now=now, state="closed")
    with store.write() as tx:
        tx.execute(text("ANALYZE"))
