"""On SQLite a process keeps its locks on the ledger however many connections it opens, and whoever else comes and goes."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import text

from gateway.storage.database import Store
from tests.support.ledgers import MASTER

_VISIT = """
import sys
from gateway.storage.database import Store
from sqlalchemy import text
store = Store(sys.argv[1], master=b"x")
with store.write() as tx:
    tx.execute(text("UPDATE settings SET rev = rev + 1"))
    print(tx.execute(text("SELECT count(*) FROM settings")).scalar())
store.close()
"""


def visit(url: str) -> int:
    """Another process opens the ledger, counts, and leaves."""
    told = subprocess.run(
        [sys.executable, "-c", _VISIT, url], check=True, capture_output=True, text=True, timeout=30
    )
    return int(told.stdout)


def put(store: Store, name: str) -> None:
    with store.write() as tx:
        tx.execute(
            text("INSERT INTO settings VALUES (:name, '1', 0, 'test', '2026-11-24 07:05:00')"), {"name": name}
        )


def test_what_is_written_after_another_process_has_left_is_there_for_the_next(
    sqlite_store: Store, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    log = tmp_path / "gateway.db-wal"
    put(sqlite_store, "one")
    second = Store(url, master=MASTER)
    put(second, "two")
    with second.read() as tx, sqlite_store.read() as other:
        tx.execute(text("SELECT 1 FROM settings"))
        other.execute(text("SELECT 1 FROM settings"))
    before = log.stat().st_ino
    assert visit(url) == 2
    assert log.stat().st_ino == before
    put(sqlite_store, "three")
    assert visit(url) == 3
    second.close()
