"""What pages, claims and chores ask again and again walks its partial index on both databases, never the whole table."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from gateway.domain.callbacks.states import CallbackState
from gateway.storage import (
    attempts,
    audit,
    callbacks,
    callers,
    conversations,
    outbox,
    outbox_claims,
    people,
    queue,
    queue_counts,
    reports,
    retention,
)
from gateway.storage.database import Store, Tx
from gateway.storage.queue import Tab
from gateway.storage.sql_drivers import open_cursor
from gateway.storage.tables import callbacks as requests
from tests.storage.test_callbacks import attempt, caller_of, request

NOW = datetime(2026, 11, 24, 11, 30, tzinfo=UTC)
H = timedelta(hours=1)
ROWS = 120

QUESTIONS: dict[str, tuple[Callable[[Tx], Any], set[str]]] = {
    "the queue: due now": (
        lambda tx: queue.list_ready(tx, "main", now=NOW),
        {"ix_callbacks_line", "ix_callbacks_due", "ix_callbacks_later", "ix_callbacks_roll"},
    ),
    "the first days of two metrics": (
        lambda tx: reports.find_first_days(tx, ("shown", "answered")),
        {"ix_figures_what"},
    ),
    "sessions by day": (
        lambda tx: reports.count_days(tx, NOW.date(), NOW.date(), what="dialled"),
        {"ix_figures_what"},
    ),
    "who read a fact": (
        lambda tx: reports.list_figures(tx, NOW.date(), NOW.date(), what=("fact:th.wage",)),
        {"ix_figures_what"},
    ),
    "a month of a report": (
        lambda tx: reports.list_months(tx, NOW.date(), NOW.date(), what=("shown", "answered")),
        {"pk_figure_months", "sqlite_autoindex_figure_months_1"},
    ),
    "windows that passed": (lambda tx: callbacks.list_waiting_past(tx, now=NOW), {"ix_callbacks_roll"}),
    "claims that are over": (lambda tx: callbacks.list_expired_claims(tx, now=NOW), {"ix_callbacks_held"}),
    "which of some codes are in use": (
        lambda tx: callbacks.find_taken(tx, [f"{n:04}" for n in range(64)]),
        {"ix_callbacks_open_code"},
    ),
    "further codes in use": (
        lambda tx: callbacks.find_taken(tx, [f"{n:04}" for n in range(64)]),
        {"ix_told_codes_code"},
    ),
    "what somebody has in hand": (lambda tx: queue_counts.count_in_hand(tx, "p1"), {"ix_callbacks_in_hand"}),
    "what somebody has claimed": (
        lambda tx: callbacks.list_claimed_codes(tx, "p1"),
        {"ix_callbacks_in_hand"},
    ),
    "what happened last to a request": (
        lambda tx: audit.list_last_about(tx, "callback", ["c1"]),
        {"ix_audit_subject"},
    ),
    "who looks at what": (
        lambda tx: people.list_all_lookers(tx, "main", since=NOW, besides="p1"),
        {"ix_looking_at"},
    ),
    "open requests of a number": (
        lambda tx: callbacks.open_of(tx, "c" * 20),
        {"uq_callbacks_one_open", "ix_callbacks_caller"},
    ),
    "all requests of a number": (lambda tx: callbacks.list_of_caller(tx, "c" * 20), {"ix_callbacks_caller"}),
    "attempts of a number": (
        lambda tx: attempts.list_past(tx, "c" * 20),
        {"uq_attempts_one_a_window", "sqlite_autoindex_attempts_2"},
    ),
    "the call that runs": (lambda tx: attempts.find_live_of_caller(tx, "c" * 20), {"uq_attempts_one_live"}),
    "calls without an outcome": (lambda tx: attempts.list_lapsed(tx, now=NOW), {"ix_attempts_lease"}),
    "a claim on what is due": (
        lambda tx: outbox_claims.claim_due(
            tx, kinds=("answer",), channels=("phone",), token="t", now=NOW, lease=H
        ),
        {"ix_outbox_due"},
    ),
    "leases of what is being sent": (
        lambda tx: outbox_claims.end_leases(tx, now=NOW, repeatable=("phone",)),
        {"ix_outbox_lease"},
    ),
    "what nobody nudged": (
        lambda tx: outbox.list_overdue(tx, due_before=NOW, nudged_before=NOW, limit=9),
        {"ix_outbox_due"},
    ),
    "what a person must decide": (lambda tx: outbox.list_rows(tx, state="unclear"), {"ix_outbox_unclear"}),
    "how many those are": (outbox.count_unclear, {"ix_outbox_unclear"}),
    "the row of a delivery": (
        lambda tx: outbox.by_provider_id(tx, "phone", "p 7"),
        {"ix_outbox_provider"},
    ),
    "the last text to a person": (
        lambda tx: outbox.find_latest_of_person(tx, "p1", once="alert:"),
        {"ix_outbox_person"},
    ),
    "closed requests whose time is over": (
        lambda tx: retention.count_over(
            tx, next(one for one in retention.RULES if one.table is requests), NOW
        ),
        {"ix_callbacks_closed"},
    ),
    "what erasing empties": (
        lambda tx: outbox.cancel_of_caller(tx, "c" * 20, reason="erased", now=NOW),
        {"ix_outbox_caller", "ix_outbox_lane"},
    ),
    "her texts": (lambda tx: conversations.forget_texts(tx, "c" * 20), {"ix_texts_caller_id"}),
    "texts that nobody read": (conversations.count_unread, {"ix_texts_unread"}),
    "texts of danger that nobody read": (conversations.count_dangers, {"ix_texts_unread"}),
    "a number at its dial": (
        lambda tx: callers.find_caller(tx, "+8562055500001"),
        {"uq_callers_lookup", "lookup"},
    ),
}


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.store) for name in ("sqlite_ledgers", "postgresql_ledgers")],
)
def full(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A ledger with rows in every state, and statistics that know of them; nothing here changes a row for good."""
    ledgers = request.getfixturevalue(request.param)
    folder = [tmp_path_factory.mktemp("plans")] if request.param == "sqlite_ledgers" else []
    with ledgers.fresh(*folder) as store:
        fill(store)
        yield store


def fill(store: Store) -> None:
    with store.write() as tx:
        people.add_person(tx, "p1", name="One", name_key="one", role="counsellor", now=NOW)
        for n in range(ROWS):
            her = caller_of(tx, f"+8562055500{n:03}")
            state = list(CallbackState)[n % len(CallbackState)]
            callbacks.insert_callback(tx, request(her, f"c{n}", state=state, code=f"{n:04}", held_until=NOW))
            audit.add_entry(tx, now=NOW, person_id="p1", act="claimed", kind="callback", subject=f"c{n}")
            people.note_look(tx, f"c{n}", "p1", now=NOW - n * H)
            attempts.add_attempt(tx, attempt(her, f"a{n}", f"c{n}", ended_at=NOW if n % 2 else None))
            outbox.add_row(
                tx, kind="answer", channel="phone", lane=f"lane {n}", due_at=NOW + n * H, expires_at=NOW + 999 * H,
                once=f"once {n}", now=NOW, caller_id=her,
            )  # fmt: skip
            conversations.add_text(
                tx,
                channel="phone",
                caller_id=her,
                text="wage",
                understood="" if n == 7 else f"pay {n}",
                now=NOW,
            )
        for statement in (
            "UPDATE callbacks SET closed_at = changed_at WHERE state IN ('closed', 'cancelled', 'expired')",
            "UPDATE outbox SET state = 'sent' WHERE id NOT IN (SELECT id FROM outbox LIMIT 6)",
            "UPDATE outbox SET state = 'unclear' WHERE id IN (SELECT id FROM outbox WHERE state = 'sent' LIMIT 3)",
        ):
            tx.execute(text(statement))
    with store.write() as tx:
        tx.execute(text("ANALYZE"))


class Undone(Exception):
    """Nothing of this transaction is kept."""


@contextmanager
def undone(store: Store) -> Iterator[Tx]:
    with suppress(Undone), store.write() as tx:
        yield tx
        raise Undone


def plan(tx: Tx, ask: Callable[[Tx], Any]) -> str:
    """What the database says of each statement that the question runs."""
    seen: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        seen.append((statement, parameters))

    event.listen(tx.conn, "before_cursor_execute", note)
    ask(tx)
    event.remove(tx.conn, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN " if tx.dialect == "sqlite" else "EXPLAIN "
    if tx.dialect == "postgresql":
        tx.execute(text("SET LOCAL enable_seqscan = off"))
    return "\n".join(str(row) for one, values in seen for row in _ask(tx, explain + one, values))


def _ask(tx: Tx, statement: str, values: Any) -> list[Any]:
    if isinstance(values, tuple) and tx.dialect == "postgresql":  # of a statement that keeps its text
        return list(open_cursor(tx.conn.connection).execute(statement, values))
    return list(tx.conn.exec_driver_sql(statement, values))


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_is_read_along_an_index(full: Store, question: str) -> None:
    ask, indexes = QUESTIONS[question]
    with undone(full) as tx:
        found = plan(tx, ask)
    assert any(index in found for index in indexes), found


def test_the_pages_of_the_line_never_scan_all_requests(full: Store) -> None:
    with full.write() as tx:
        for tab in Tab:
            found = plan(tx, lambda tx, tab=tab: queue.list_tab(tx, "main", tab, person_id="p1", now=NOW))
            assert "SCAN callbacks\n" not in found, (tab, found)
            assert "Seq Scan on callbacks" not in found, (tab, found)


def test_a_query_that_does_not_repeat_the_condition_shows_that_this_test_can_fail(full: Store) -> None:
    with full.write() as tx:
        found = plan(
            tx, lambda tx: tx.execute(text("SELECT id FROM callbacks WHERE due_until <= :now"), {"now": NOW})
        )
    assert "ix_callbacks_roll" not in found
