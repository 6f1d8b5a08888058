"""What has been kept long enough goes, in time and not before; the counts stay."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.operations import maintenance
from gateway.storage import audit, settings
from gateway.storage.database import Store
from gateway.storage.encryption import SEALED_COLUMNS
from gateway.storage.retention import RULES
from gateway.storage.tables import attempts, callbacks, callers, metadata, notes, outbox, people, texts
from tests.support.clocks import SetClock
from tests.support.filled import CALLBACK, CALLER, SAID, fill, opened, row

_DONE: dict[str, dict[str, Any]] = {"callbacks": {"state": "closed"}, "outbox": {"state": "sent"}}


def _count(store: Store, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
    with store.read() as tx:
        return int(tx.execute(sa.select(sa.func.count()).select_from(table).where(*conditions)).scalar_one())


def _add(store: Store, table: sa.Table, at: datetime, **values: Any) -> None:
    with store.write() as tx:
        tx.execute(sa.insert(table), [row(tx, table, at, **values)])


# --- the lists agree

OURS = {("push_keys", "secret")}
"""What is sealed and of nobody: our key towards push services, without which every browser falls silent."""


def test_every_sealed_column_has_a_rule() -> None:
    covered = {
        (rule.table.name, column.name)
        for rule in RULES
        for column in rule.table.columns
        if column.name in rule.emptied or not rule.emptied
    }
    assert set(SEALED_COLUMNS) - OURS <= covered


def test_in_the_end_nothing_sealed_is_left(store: Store, clock: SetClock) -> None:
    fill(store, clock.now(), **_DONE)
    with store.read() as tx:
        for table, column in SEALED_COLUMNS:
            assert opened(tx, table, column) == [SAID], (table, column)
    maintenance.apply_rules(store, {}, clock.now() + timedelta(days=1000))
    with store.read() as tx:
        left = {
            (table, column) for table, column in SEALED_COLUMNS if set(opened(tx, table, column)) - {None}
        }
    assert left == OURS


def test_rows_that_are_counted_stay(store: Store, clock: SetClock) -> None:
    fill(store, clock.now(), **_DONE)
    maintenance.apply_rules(store, {}, clock.now() + timedelta(days=1000))
    for table in (
        "callbacks",
        "attempts",
        "figures",
        "figure_months",
        "people",
        "versions",
        "live",
        "settings",
        "keys",
        "lines",
    ):
        assert _count(store, metadata.tables[table]) > 0, table


def test_on_the_same_day_nothing_goes(store: Store, clock: SetClock) -> None:
    fill(store, clock.now(), **_DONE)
    assert set(maintenance.apply_rules(store, {}, clock.now()).values()) == {0}


# --- each span


@pytest.mark.parametrize(
    ("table", "column", "days"),
    [
        ("texts", "at", 7),
        ("turns", "at", 7),
        ("sessions", "expires_at", 0),
        ("deliveries", "at", 3),
        ("sign_ins", "expires_at", 0),
        ("invitations", "expires_at", 0),
        ("tries", "last_at", 2),
        ("budgets", "at", 35),
        ("audit", "at", 365),
        ("outbox", "changed_at", 90),
    ],
)
@pytest.mark.parametrize("over", [True, False])
def test_a_row_goes_when_its_time_is_over(
    sqlite_store: Store, clock: SetClock, table: str, column: str, days: int, over: bool
) -> None:
    now = clock.now()
    at = now - timedelta(days=days, seconds=1 if over else -1)
    fill(sqlite_store, now, **_DONE)
    with sqlite_store.write() as tx:
        tx.execute(sa.update(metadata.tables[table]).values({column: at}))
    gone = maintenance.apply_rules(sqlite_store, {}, now)
    assert _count(sqlite_store, metadata.tables[table]) == (0 if over else 1)
    assert sum(gone.values()) == (2 if table == "outbox" and over else 1 if over or table == "outbox" else 0)


@pytest.mark.parametrize(("days", "left"), [(89, SAID), (91, None)])
def test_a_closed_request_loses_everything_that_is_hers(
    store: Store, clock: SetClock, days: int, left: str | None
) -> None:
    now = clock.now()
    fill(store, now, callbacks={"state": "closed", "closed_at": now - timedelta(days=days)})
    maintenance.apply_rules(store, {}, now)
    with store.read() as tx:
        for column in ("contact", "answers", "path"):
            assert opened(tx, "callbacks", column) == [left]
        kept = tx.execute(sa.select(callbacks)).one()
    assert (kept.caller_id, kept.code) == ((CALLER, "code") if left else (None, ""))
    assert (kept.topic, kept.state) == ("topic", "closed")
    assert _count(store, notes) == (1 if left else 0)
    assert _count(store, attempts, attempts.c.caller_id.is_(None)) == (0 if left else 1)


def test_an_open_request_is_kept_however_old(store: Store, clock: SetClock) -> None:
    fill(store, clock.now(), callbacks={"closed_at": None}, callers={"stopped_at": None})
    maintenance.apply_rules(store, {}, clock.now() + timedelta(days=5000))
    with store.read() as tx:
        assert opened(tx, "callbacks", "answers") == [SAID]
        assert opened(tx, "callers", "number") == [SAID]


def test_a_message_on_its_way_keeps_its_words(store: Store, clock: SetClock) -> None:
    for state in ("pending", "sending", "unclear"):
        _add(
            store,
            outbox,
            clock.now(),
            id=state,
            once=state,
            state=state,
            caller_id=None,
            person_id=None,
            callback_id=None,
        )
    maintenance.apply_rules(store, {}, clock.now() + timedelta(days=5000))
    assert _count(store, outbox, outbox.c.payload.is_not(None)) == 3


def test_a_sent_message_loses_its_words_before_its_row(store: Store, clock: SetClock) -> None:
    fill(store, clock.now(), **_DONE)
    maintenance.apply_rules(store, {}, clock.now() + timedelta(days=8))
    assert _count(store, outbox, outbox.c.payload.is_(None)) == 1


@pytest.mark.parametrize(
    ("stopped", "days", "left"), [(False, 89, 1), (False, 91, 0), (True, 91, 1), (True, 731, 0)]
)
def test_a_caller_of_whom_nothing_is_left_goes_later_if_she_said_stop(
    store: Store, clock: SetClock, stopped: bool, days: int, left: int
) -> None:
    then = clock.now() - timedelta(days=days)
    _add(store, callers, then, contacted_at=then, stopped_at=then if stopped else None)
    maintenance.apply_rules(store, {}, clock.now())
    assert _count(store, callers) == left


def test_the_number_of_a_person_who_left_goes(store: Store, clock: SetClock) -> None:
    now = clock.now()
    _add(store, people, now, id="here", name_key="here", disabled_at=None)
    _add(store, people, now, id="left", name_key="left", disabled_at=now - timedelta(days=91))
    maintenance.apply_rules(store, {}, now)
    with store.read() as tx:
        assert dict(tx.execute(sa.select(people.c.id, people.c.number.is_(None))).all()) == {
            "here": False,
            "left": True,
        }


def test_the_audit_chain_stays_whole(store: Store, clock: SetClock) -> None:
    now = clock.now()
    for days in (400, 380, 366, 364, 370, 10):  # 370 was written late, by a clock that was corrected
        with store.write() as tx:
            audit.add_entry(
                tx, now=now - timedelta(days=days), person_id=None, act="x", kind="y", subject=str(days)
            )
            audit.link_rows(tx, now)
    assert maintenance.apply_rules(store, {}, now)["audit"] == 3
    with store.read() as tx:
        assert audit.verify_chain(tx) is None
        assert [entry.subject for entry in audit.list_latest(tx)] == ["10", "364", "370"]


def test_what_is_not_linked_yet_stays(store: Store, clock: SetClock) -> None:
    with store.write() as tx:
        audit.add_entry(
            tx, now=clock.now() - timedelta(days=400), person_id=None, act="x", kind="y", subject="z"
        )
    assert maintenance.apply_rules(store, {}, clock.now())["audit"] == 0


# --- the use case


def test_many_rows_go_in_batches(store: Store, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "_BATCH", 3)
    with store.write() as tx:
        rows = [row(tx, texts, clock.now(), id=f"text-{n}", caller_id=None) for n in range(10)]
        tx.execute(sa.insert(texts), rows)
    assert maintenance.apply_rules(store, {}, clock.now() + timedelta(days=8))["texts"] == 10
    assert _count(store, texts) == 0


def test_doing_it_twice_finds_nothing_the_second_time(store: Store, clock: SetClock) -> None:
    fill(store, clock.now(), **_DONE)
    later = clock.now() + timedelta(days=100)
    assert sum(maintenance.apply_rules(store, {}, later).values()) > 5
    assert set(maintenance.apply_rules(store, {}, later).values()) == {0}


def test_spans_are_those_of_the_line_and_of_the_settings(sqlite_store: Store, clock: SetClock) -> None:
    fill(sqlite_store, clock.now(), **_DONE)
    with sqlite_store.write() as tx:
        tx.execute(sa.delete(sa.table("settings")))
        settings.save_setting(tx, maintenance.SETTING, {"texts": 30}, by="Noy", now=clock.now())
    clock.forward(days=20)
    parts: Any = SimpleNamespace(store=sqlite_store, clock=clock, line=SimpleNamespace(days=10))
    gone = maintenance.purge_expired(parts)
    assert (gone["texts"], gone["turns"], gone["callbacks"]) == (0, 1, 7)
    clock.forward(days=11)
    assert maintenance.purge_expired(parts)["texts"] == 1
    assert _count(sqlite_store, callbacks, callbacks.c.id == CALLBACK) == 1
