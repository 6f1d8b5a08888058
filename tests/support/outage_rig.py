"""Takes SQL away from one store, or breaks its connection at COMMIT, on either database and in no time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from gateway.storage.database import Lost, Store, Tx, Unavailable


@contextmanager
def sql_away(store: Store) -> Iterator[None]:
    """Nobody reaches the database."""

    def gone() -> NoReturn:
        raise Unavailable("gone")

    store._engines = gone  # type: ignore[method-assign]
    try:
        yield
    finally:
        del store._engines  # type: ignore[method-assign]


@contextmanager
def lost_at_commit(store: Store, *, kept: bool, times: int) -> Iterator[list[str]]:
    """Break the connection at COMMIT so many times; ``kept`` says whether the database had written by then."""
    real = store.write
    broken: list[str] = []

    @contextmanager
    def write() -> Iterator[Tx]:
        breaks = len(broken) < times
        with real() as tx:
            yield tx
            if breaks and not kept:
                broken.append("before")
                raise Lost("at COMMIT")
        if breaks:
            broken.append("after")
            raise Lost("at COMMIT")

    store.write = write  # type: ignore[method-assign]
    try:
        yield broken
    finally:
        del store.write  # type: ignore[method-assign]


@contextmanager
def full_disk(store: Store, at: int) -> Iterator[list[str]]:
    """Let the statement with this number of each writing transaction fail as on a full disk."""
    real = store.write
    said: list[str] = []

    @contextmanager
    def write() -> Iterator[Tx]:
        with real() as tx:
            yield _Failing(tx, at, said)  # type: ignore[misc]

    store.write = write  # type: ignore[method-assign]
    try:
        yield said
    finally:
        del store.write  # type: ignore[method-assign]


class _Failing:
    """A transaction that fails at its nth statement."""

    def __init__(self, tx: Tx, at: int, said: list[str]) -> None:
        self._tx, self._at, self._n, self._said = tx, at, 0, said
        self.conn, self.ring, self.dialect, self.mark = tx.conn, tx.ring, tx.dialect, tx.mark
        self.foreseen = tx.foreseen

    def mark_as(self, _mark: str) -> "_Failing":
        return self

    def execute(self, *args: Any) -> Any:
        self._count(args[0])
        return self._tx.execute(*args)

    def post(self, *args: Any) -> None:
        self._count(args[0])
        self._tx.post(*args)

    def _count(self, statement: Any) -> None:
        self._n += 1
        if self._n == self._at:
            self._said.append(type(statement).__name__)
            raise Unavailable("disk full")
