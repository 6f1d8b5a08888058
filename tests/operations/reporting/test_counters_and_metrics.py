"""Counters: nothing is lost, nothing is counted twice, nothing in them belongs to one caller."""

import re
import threading
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.delivery.send import drain_outbox
from gateway.foundation.services import Services
from gateway.operations import health
from gateway.operations.reporting.metrics import render_metrics
from gateway.storage import reports
from gateway.storage import settings as storage_settings
from gateway.storage.counts import CountedRow, Counters
from gateway.storage.database import Store, Unavailable
from gateway.storage.settings import Life
from tests.support.clocks import SetClock
from tests.support.examples import count_examples
from tests.support.outbox_rig import Rows, made_parts

FIRST, LAST = date(2026, 1, 1), date(2027, 1, 1)


def stored(store: Store) -> dict[tuple[str, str, str], int]:
    with store.read() as tx:
        return {(what, item, channel): n for what, item, channel, n in reports.list_totals(tx)}


def test_counts_of_many_threads_add_up(store: Store, clock: SetClock) -> None:
    processes = [Counters(clock, "Asia/Vientiane") for _ in range(3)]

    def work(count: Counters, n: int) -> None:
        for i in range(100):
            count.add("shown", f"screen{i % 4}", channel="simulator")
            if i % 25 == n:
                count.flush(store)

    threads = [threading.Thread(target=work, args=(count, n)) for n, count in enumerate(processes * 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for count in processes:
        count.flush(store)
        assert count.flush(store) == 0
    assert stored(store) == {("shown", f"screen{i}", "simulator"): 150 for i in range(4)}


ROWS = st.builds(
    CountedRow,
    what=st.sampled_from(["shown", "answered", "finished", "fact:th.wage", "lost", "sessions"]),
    item=st.sampled_from(["", "main", "main/1", "+8562055500001", "a b", "now 12345"]),
    language=st.sampled_from(["", "lo", "en"]),
    n=st.sampled_from([1, 1, -1]),
)


@given(
    hops=st.lists(
        st.tuples(
            st.lists(ROWS, min_size=1, max_size=4).map(tuple),
            st.sampled_from(["africastalking", "trial"]),
            st.integers(0, 90),
        ),
        max_size=6,
    )
)
def test_what_is_counted_together_is_counted_as_one_by_one(
    hops: list[tuple[tuple[CountedRow, ...], str, int]],
) -> None:
    """Over midnight, on a trial line too, and nothing that could be a number is an item."""
    clock = SetClock()
    together, one_by_one = (
        Counters(clock, "Asia/Vientiane", trial_lines=frozenset({"trial"})) for _ in range(2)
    )
    for rows, channel, minutes in hops:
        at = clock.now() + timedelta(minutes=minutes * 7)
        together.add_all(rows, channel=channel, version="v1", at=at)
        for row in rows:
            one_by_one.add(
                row.what, row.item, channel=channel, language=row.language, version="v1", n=row.n, at=at
            )
    found = together.take_counts()
    assert found == one_by_one.take_counts()
    assert not together.take_counts()
    assert {key.item for key in found} <= {"", "main", "main/1", "other"} | {
        "shown",
        "answered",
        "finished",
        "sessions",
    }


def test_what_is_counted_together_waits_while_sql_is_away(
    store: Store, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = Counters(clock)
    rows = (CountedRow("shown", "main", "lo"), CountedRow("answered", "start/1", "lo"))
    with monkeypatch.context() as broken:
        broken.setattr(store, "write", lambda: (_ for _ in ()).throw(Unavailable("away")))
        count.add_all(rows, channel="simulator", version="v1", at=clock.now())
        assert count.flush(store) == 0
    count.add_all(rows, channel="simulator", version="v1", at=clock.now())
    assert count.flush(store) == 2
    assert stored(store) == {("shown", "main", "simulator"): 2, ("answered", "start/1", "simulator"): 2}


@pytest.mark.fault("A3")
def test_a_line_that_posts_is_heard_and_keeps_what_it_told_of_itself(store: Store, clock: SetClock) -> None:
    with store.write() as tx:
        storage_settings.save_heartbeat(tx, "android", Life(seen_at=clock.now(), battery=80), now=clock.now())
    count = Counters(clock, "Asia/Vientiane")
    clock.forward(minutes=3)
    first = clock.now()
    for channel in ("africastalking", "android", "africastalking"):
        count.hear(channel)
        count.flush(store)
    with store.read() as tx:
        assert storage_settings.find_heartbeat(tx, "africastalking").seen_at == first
        assert storage_settings.find_heartbeat(tx, "android") == Life(seen_at=first, battery=80)
        assert storage_settings.find_heartbeat(tx, "simulator").seen_at is None


@pytest.mark.fault("A3")
def test_a_sign_of_life_survives_a_time_without_sql(
    store: Store, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    count, heard = Counters(clock), clock.now()
    count.hear("africastalking")
    clock.forward(minutes=1)

    def away(*_: object, **__: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr("gateway.storage.settings.touch_heartbeat", away)
    assert count.flush(store) == 0
    monkeypatch.undo()
    count.flush(store)
    with store.read() as tx:
        assert storage_settings.find_heartbeat(tx, "africastalking").seen_at == heard


def test_readings_of_facts_are_kept_but_are_no_graph(store: Store, clock: SetClock) -> None:
    count = Counters(clock, "Asia/Vientiane")
    count.add(f"{reports.FACT}th.wage", "pay", channel="simulator", version="v1")
    count.add("shown", "pay", channel="simulator", version="v1")
    count.flush(store)
    assert stored(store) == {("shown", "pay", "simulator"): 1}
    with store.read() as tx:
        assert {found.what for found in reports.list_figures(tx, FIRST, LAST)} == {"shown", "fact:th.wage"}


def test_days_and_hours_are_those_of_the_line(store: Store, clock: SetClock) -> None:
    clock.set("2026-11-24T23:30:00+00:00")
    count = Counters(clock, "Asia/Vientiane")
    count.add("ended", "success", channel="simulator", language="lo", version="v1", n=3)
    count.flush(store)
    clock.forward(hours=1)
    count.add("ended", "success", channel="simulator", language="lo", version="v1")
    count.flush(store)
    with store.read() as tx:
        (found,) = reports.list_figures(tx, FIRST, LAST)
        rows = tx.execute(reports.figures.select()).all()
        assert reports.list_figures(tx, FIRST, LAST, what=("shown",)) == ()
        assert reports.list_figures(tx, FIRST, date(2026, 11, 24)) == ()
    assert (found.day, found.n, found.language) == (date(2026, 11, 25), 4, "lo")
    assert sorted(row.hour for row in rows) == [6, 7]


@pytest.mark.parametrize(
    "item",
    ["+8562055512345", "2055512345", "a 12345", "she said no", "ນ້ອງ", "x" * 61, "call 12345", "n12345"],
)
def test_what_is_not_a_word_of_ours_is_counted_as_other(store: Store, clock: SetClock, item: str) -> None:
    count = Counters(clock)
    count.add("shown", item)
    count.flush(store)
    assert stored(store) == {("shown", "other", ""): 1}


def test_while_sql_is_away_nothing_is_lost(
    store: Store, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = Counters(clock)
    count.add("sent")

    def away(*_: object, **__: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr("gateway.storage.reports.add_counts", away)
    assert count.flush(store) == 0
    count.add("sent")
    monkeypatch.undo()
    assert count.flush(store) == 1
    assert stored(store) == {("sent", "", ""): 2}


WORDS = st.sampled_from(["main", "pay", "danger"])


@settings(
    max_examples=count_examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(WORDS, st.integers(1, 9), st.booleans()), max_size=30))
def test_any_interleaving_of_adds_and_flushes_is_a_sum(
    sqlite_store: Store, clock: SetClock, steps: list[tuple[str, int, bool]]
) -> None:
    with sqlite_store.write() as tx:
        tx.execute(reports.figures.delete())
        tx.execute(reports.figure_months.delete())
    count, oracle = Counters(clock), Counter[str]()
    for item, n, flush in steps:
        count.add("shown", item, n=n)
        oracle[item] += n
        if flush:
            count.flush(sqlite_store)
    count.flush(sqlite_store)
    assert stored(sqlite_store) == {("shown", item, ""): n for item, n in oracle.items()}


@pytest.fixture
def parts(store: Store, clock: SetClock, tmp_path: Path) -> Services:
    return made_parts(store, clock, tmp_path)


def test_the_metrics_page_says_how_things_stand(parts: Services, clock: SetClock) -> None:
    rows = Rows(parts)
    rows.add(to=rows.caller("+8562055512345"))
    drain_outbox(parts)
    rows.add()
    clock.forward(seconds=30)
    parts.count.flush(parts.store)
    page = render_metrics(parts).decode()
    assert "gateway_ledger_up 1.0" in page
    assert 'gateway_outbox_rows{channel="phone",state="sent"} 1.0' in page
    assert 'gateway_outbox_rows{channel="phone",state="pending"} 1.0' in page
    assert "gateway_outbox_oldest_due_seconds 30.0" in page
    assert 'gateway_line_paused{channel="phone"} 0.0' in page
    assert 'gateway_events_total{channel="phone",item="sent",what="outbox"} 1.0' in page
    assert "12345" not in page


def test_the_metrics_page_while_sql_is_away(parts: Services) -> None:
    class Away:
        def read(self) -> None:
            raise Unavailable("gone")

    page = render_metrics(replace(parts, store=Away())).decode()  # type: ignore[arg-type]
    assert "gateway_ledger_up 0.0" in page
    assert "gateway_outbox_rows" not in page
    # The parts beside it are told all the same: an alert about the disk must not wait for the database.
    told = parts_in(page)
    assert told["spool"] == told["disk"] == 1
    assert told["ledger"] == 0
    assert "schema" not in told, "nobody could ask"


def parts_in(page: str) -> dict[str, int]:
    return {
        part: int(ok)
        for part, ok in re.findall(r'^gateway_part_ok\{part="(.+)"\} ([01])\.0$', page, re.MULTILINE)
    }


def test_the_metrics_page_says_which_part_is_wrong_and_none_of_its_words(parts: Services) -> None:
    before = parts_in(render_metrics(parts).decode())
    assert before["ledger"] == before["spool"] == before["disk"] == 1
    assert before["redis"] == 0, "there is none here"
    assert before == {found.part: int(found.ok) for found in health.look_around(parts)}
    secret = parts.data_dir / "5512345.key"
    secret.write_text("for its owner only")
    secret.chmod(0o644)
    (parts.data_dir / "spool" / "a.unreadable").write_text("x")
    page = render_metrics(parts).decode()
    after = parts_in(page)
    assert {part for part in before if after[part] < before[part]} >= {"spool", "file_modes"}
    assert "5512345" not in page
