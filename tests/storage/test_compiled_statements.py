"""A compiled statement does what SQLAlchemy does with it, on both databases: rows, values, and faults."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rq.timeouts import JobTimeoutException
from sqlalchemy.exc import IntegrityError

from gateway.storage import value_limits
from gateway.storage.database import Lost, Store, Tx, WriteRefused
from gateway.storage.sql_drivers import merge_texts, write_places
from gateway.storage.tables import lines, tries
from gateway.storage.tables import settings as stored
from gateway.storage.value_limits import CompiledStatement, NotText, TooLong, build_insert
from tests.support.examples import count_examples

NOW = datetime(2026, 11, 24, 11, 5, 7, 123456, tzinfo=UTC)
TRY = {"scope": b"\0" * 32, "n": 3, "first_at": NOW, "last_at": NOW + timedelta(hours=1)}
_OF_SCOPE = CompiledStatement(sa.select(tries).where(tries.c.scope == sa.bindparam("_scope")))
_ADD = CompiledStatement(tries.insert())
_words = st.text(max_size=12)
_instants = st.datetimes(
    min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=7)), timezone(-timedelta(hours=3, minutes=30))]),
)  # fmt: skip


def _read_both(tx: Tx, compiled: CompiledStatement, values: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    by_text, by_core = tx.execute(compiled, values).all(), tx.conn.execute(compiled.statement, values).all()
    return [row._asdict() for row in by_text], [row._asdict() for row in by_core]


@settings(
    max_examples=count_examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(n=st.integers(0, 2**31 - 1), first=_instants, last=_instants, scope=st.binary(min_size=1, max_size=32))
def test_what_is_written_by_text_is_read_as_by_sqlalchemy(
    store: Store, n: int, first: datetime, last: datetime, scope: bytes
) -> None:
    values = {"scope": scope, "n": n, "first_at": first, "last_at": last}
    with store.write() as tx:
        tx.execute(tries.delete())
        tx.execute(_ADD, values)
        assert _read_both(tx, _OF_SCOPE, {"_scope": scope}) == ([values], [values])
        tx.execute(tries.delete())
        tx.conn.execute(_ADD.statement, values)
        assert _read_both(tx, _OF_SCOPE, {"_scope": scope}) == ([values], [values])


_LONG = st.integers(59, 62).flatmap(lambda size: st.text(min_size=size, max_size=size))
_NOT_TEXT = st.builds(
    "{}{}{}".format, st.text(max_size=9), st.sampled_from("\0\ud83d\udc80"), st.text(max_size=9)
)


@settings(
    max_examples=40,  # all: a quarter seldom has each of what is odd
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    word=st.text(max_size=60) | _LONG | _NOT_TEXT,
    value=st.recursive(st.integers(-9, 9) | _words, st.lists, max_leaves=4),
)
def test_a_text_is_taken_or_refused_as_by_sqlalchemy(store: Store, word: str, value: Any) -> None:
    values = {"name": word, "value": value, "rev": 0, "by": "x", "at": NOW}
    compiled = CompiledStatement(build_insert(store.dialect, stored).returning(*stored.c))
    came = []
    for statement in (compiled, compiled.statement):
        try:
            with store.write() as tx:
                came.append(tx.execute(statement, values).one()._asdict())
                tx.execute(stored.delete().where(stored.c.name == word))
        except (NotText, TooLong) as refused:
            came.append((type(refused), str(refused)))
    assert came[0] == came[1]


def test_each_set_of_columns_has_its_text(store: Store) -> None:
    compiled = CompiledStatement(tries.update().where(tries.c.scope == sa.bindparam("_scope")))
    with store.write() as tx:
        tx.execute(_ADD, TRY)
        tx.execute(compiled, {"_scope": TRY["scope"], "n": 4})
        tx.execute(compiled, {"n": 5, "_scope": TRY["scope"], "last_at": NOW})
        assert tx.execute(_OF_SCOPE, {"_scope": TRY["scope"]}).one() == (TRY["scope"], 5, NOW, NOW)
        assert tx.execute(compiled, {"_scope": b"nobody", "n": 4}).all() == []


def test_faults_have_the_names_they_had(store: Store) -> None:
    with store.write() as tx:
        tx.execute(_ADD, TRY)
    with pytest.raises(IntegrityError) as twice, store.write() as tx:
        tx.execute(_ADD, TRY)
    assert "\\x00" not in str(twice.value)
    assert "Failing row" not in str(twice.value)
    with pytest.raises(WriteRefused), store.read() as tx:
        tx.execute(_ADD, TRY | {"scope": b"1" * 32})
    with pytest.raises(NotText), store.write() as tx:
        tx.execute(
            CompiledStatement(lines.update().where(lines.c.channel == sa.bindparam("_of"))),
            {"_of": "a\0", "n": 1},
        )
    with pytest.raises(ValueError, match="zone"), store.write() as tx:
        tx.execute(_ADD, TRY | {"first_at": NOW.replace(tzinfo=None)})
    with store.write() as tx:
        assert tx.execute(_OF_SCOPE, {"_scope": TRY["scope"]}).one().n == 3


def _end_own_connection(store: Store, tx: Tx) -> None:
    pid = tx.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
    with store.read() as other:
        other.execute(sa.text("SELECT pg_terminate_backend(:pid, 2000)"), {"pid": pid})
    tx.execute(_OF_SCOPE, {"_scope": TRY["scope"]})


def test_a_connection_that_is_lost_is_named_so_and_replaced(postgresql_store: Store) -> None:
    with postgresql_store.write() as tx:
        tx.execute(_ADD, TRY)
    with pytest.raises(Lost), postgresql_store.write() as tx:
        _end_own_connection(postgresql_store, tx)
    with postgresql_store.write() as tx:
        assert tx.execute(_OF_SCOPE, {"_scope": TRY["scope"]}).one().n == 3


_SLEEP = CompiledStatement(sa.select(sa.func.pg_sleep(sa.bindparam("_s", type_=sa.Float)).label("slept")))


@contextmanager
def _stopped_after(seconds: float, error: type[BaseException]) -> Iterator[None]:
    """Raise this error in the main thread, as RQ's time limit does, or Ctrl-C."""

    def stop(*_: object) -> None:
        raise error

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _add_and_sleep(tx: Tx) -> None:
    tx.execute(_ADD, TRY)
    tx.execute(_SLEEP, {"_s": 4.0})


@pytest.mark.parametrize("error", [JobTimeoutException, KeyboardInterrupt])
def test_a_time_limit_inside_a_statement_keeps_its_class(
    postgresql_store: Store, error: type[BaseException]
) -> None:
    with postgresql_store.write():  # connected before the time runs
        pass
    with pytest.raises(error), _stopped_after(0.05, error), postgresql_store.write() as tx:
        _add_and_sleep(tx)
    with postgresql_store.write() as tx:
        assert tx.execute(_OF_SCOPE, {"_scope": TRY["scope"]}).all() == []


def _find_cursor(tx: Tx) -> Any:
    return tx.conn.info[value_limits._CURSOR]


def test_a_connection_keeps_one_cursor_and_drops_that_of_a_fault(store: Store) -> None:
    with store.write() as tx:
        tx.execute(_ADD, TRY)
        kept = _find_cursor(tx)
        assert tx.execute(_OF_SCOPE, {"_scope": TRY["scope"]}).one().n == 3
        assert _find_cursor(tx) is kept
    with pytest.raises(IntegrityError), store.write() as tx:
        tx.execute(_ADD, TRY)
    with store.write() as tx:
        assert tx.execute(_OF_SCOPE, {"_scope": TRY["scope"]}).one().n == 3
        assert _find_cursor(tx) is not kept


def test_rows_of_one_statement_stay_while_another_runs(store: Store) -> None:
    with store.write() as tx:
        tx.execute(_ADD, [TRY | {"scope": bytes([n]) * 32, "n": n} for n in range(3)])
        first = tx.execute(_OF_SCOPE, {"_scope": b"\1" * 32})
        assert tx.execute(_OF_SCOPE, {"_scope": b"\2" * 32}).one().n == 2
        assert first.one().n == 1


def test_a_list_whose_text_depends_on_its_length_is_refused(store: Store) -> None:
    listed = CompiledStatement(sa.select(tries).where(tries.c.n.in_(sa.bindparam("_some", expanding=True))))
    with pytest.raises(TypeError, match="no text"), store.read() as tx:
        tx.execute(listed, {"_some": [1, 2]})


def test_several_rows_at_once_go_by_sqlalchemy(store: Store) -> None:
    rows = [TRY | {"scope": bytes([n]) * 32} for n in range(3)]
    with store.write() as tx:
        tx.execute(_ADD, rows)
        assert len(tx.execute(sa.select(tries)).all()) == 3


def test_what_listens_to_statements_hears_these(store: Store) -> None:
    heard: list[str] = []
    with store.read() as tx:
        sa.event.listen(tx.conn, "before_cursor_execute", lambda *given: heard.append(given[2]))
        tx.execute(_OF_SCOPE, {"_scope": b"x"})
    assert len(heard) == 1
    text = str(_OF_SCOPE.statement.compile(dialect=tx.conn.dialect, column_keys=["_scope"]))
    assert heard[0] == text.replace("%(_scope)s", "$1")


# What is posted: written by the next statement, or at the end.

_ADD_LINE = CompiledStatement(lines.insert())
_CHANGE_TRY = CompiledStatement(tries.update().where(tries.c.scope == sa.bindparam("_scope")))
LINE = {"channel": "phone", "tokens": 5, "filled_at": NOW}
SETTING = {"name": "a", "value": {"b": "100 %"}, "by": "x", "at": NOW}
_ADD_SETTING = CompiledStatement(stored.insert())


@contextmanager
def _heard(tx: Tx) -> Iterator[list[str]]:
    found: list[str] = []

    def note(*given: Any) -> None:
        found.append(given[2])

    sa.event.listen(tx.conn, "before_cursor_execute", note)
    yield found
    sa.event.remove(tx.conn, "before_cursor_execute", note)


def _count_rows(tx: Tx) -> list[int]:
    return [
        tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in (tries, lines, stored)
    ]


def test_what_is_posted_goes_in_one_trip_and_is_there_for_the_next_statement(store: Store) -> None:
    with store.write() as tx:
        with _heard(tx) as heard:
            tx.post(_ADD, TRY)
            tx.post(_ADD_LINE, LINE)
            tx.post(_ADD_SETTING, SETTING)
            assert len(heard) == (0 if tx.dialect == "postgresql" else 3)
            assert tx.execute(_OF_SCOPE, {"_scope": TRY["scope"]}).one().n == 3
        assert len(heard) == (2 if tx.dialect == "postgresql" else 4)
        assert _count_rows(tx) == [1, 1, 1]
    with store.read() as tx:
        assert tx.execute(sa.select(stored.c.value)).scalar_one() == {"b": "100 %"}


def test_posted_statements_take_the_values_of_each_in_their_order() -> None:
    first = write_places("INSERT INTO a VALUES (%(x)s, %(y)s, %(x)s)", ["x", "y"])
    assert first == "INSERT INTO a VALUES ($1, $2, $1)"
    last = write_places("UPDATE b SET c = %(c)s %% 7 WHERE d = %(_d)s", ["_d", "c"])
    assert last == "UPDATE b SET c = $2 % 7 WHERE d = $1"
    assert merge_texts((first, last), (2, 2)) == f"WITH w0 AS ({first}) UPDATE b SET c = $4 % 7 WHERE d = $3"
    assert merge_texts((last,), (2,)) == last


def test_the_driver_does_not_read_a_statement_anew_for_each_run(postgresql_store: Store) -> None:
    with postgresql_store.write() as tx:
        tx.post(_ADD, TRY)
        tx.write_posted()
        assert isinstance(_find_cursor(tx), psycopg.RawCursor)


def test_what_is_posted_last_is_written_at_the_end(store: Store) -> None:
    with store.write() as tx:
        tx.post(_ADD_LINE, LINE)
    with store.write() as tx:
        tx.post(_ADD_SETTING, SETTING)
        tx.post(_ADD, TRY)
    with store.read() as tx:
        assert _count_rows(tx) == [1, 1, 1]


def test_two_changes_of_a_row_keep_their_order(store: Store) -> None:
    with store.write() as tx:
        tx.post(_ADD, TRY)
        tx.post(_CHANGE_TRY, {"_scope": TRY["scope"], "n": 4})
        tx.post(_CHANGE_TRY, {"_scope": TRY["scope"], "n": 5})
    with store.read() as tx:
        assert tx.execute(_OF_SCOPE, {"_scope": TRY["scope"]}).one().n == 5


def _post_two(store: Store, first: dict[str, Any], second: dict[str, Any]) -> None:
    with store.write() as tx:
        tx.post(_ADD_SETTING, first)
        tx.post(_ADD, second)


def _post_and_stop(store: Store) -> None:
    with store.write() as tx:
        tx.post(_ADD_LINE, LINE)
        raise KeyError


def test_nothing_of_what_was_posted_stays_where_one_fails_or_the_block_does(store: Store) -> None:
    with store.write() as tx:
        tx.post(_ADD, TRY)
    with pytest.raises(IntegrityError):
        _post_two(store, SETTING, TRY)
    with pytest.raises(NotText):
        _post_two(store, SETTING | {"by": "a\0"}, TRY | {"scope": b"1" * 32})
    with pytest.raises(TooLong):
        _post_two(store, SETTING | {"by": "a" * 41}, TRY | {"scope": b"1" * 32})
    with pytest.raises(KeyError):
        _post_and_stop(store)
    with pytest.raises(WriteRefused), store.read() as tx:
        tx.post(_ADD_LINE, LINE)
    with store.read() as tx:
        assert _count_rows(tx) == [1, 0, 0]
