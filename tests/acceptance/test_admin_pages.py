"""Database killed, disk full, newest version damaged, a setting changed: callers go on, and administrators are told."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.test_disks import filled, provider_of
from tests.support.running import Running, wait
from tests.support.servers import PostgreSQL
from tests.support.trial_phones import FORM, LANGUAGES, Phone, code_in
from tests.support.visitors import Visitor

pytestmark = [pytest.mark.kills, pytest.mark.slow, pytest.mark.timeout(400)]
WALK = [*LANGUAGES["en"], *FORM]
PAGES = (
    "/admin/people",
    "/admin/menus",
    "/admin/settings",
    "/admin/channels",
    "/admin/begin",
    "/admin/state",
)


def say_of_each(boss: Visitor) -> dict[str, tuple[int, str]]:
    """What each page of an administrator says now."""
    return {path: boss.look(path) for path in PAGES}


def show(what: str, found: dict[str, tuple[int, str]], words: str) -> None:
    print(
        f"{what}: {', '.join(f'{path} {status}' for path, (status, _) in found.items())}; all say “{words}”"
    )


def read_danger(running: Running) -> None:
    """A caller reads the numbers for danger."""
    page = Phone(provider_of(running)).walk(["4", "9"])
    assert "191" in page


def wreck_sqlite(running: Running) -> Callable[[], object]:
    """Fill the file of the database with zeros under the running processes."""
    file = running.data / "gateway.sqlite3"
    with closing(sqlite3.connect(file)) as ledger:
        ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = file.read_bytes()
    descriptor = os.open(file, os.O_WRONLY)
    try:
        os.write(descriptor, bytes(len(whole)))
    finally:
        os.close(descriptor)
    return lambda: file.write_bytes(whole)


@pytest.fixture(params=["postgresql stopped", "sqlite unusable"])
def without_database(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Running, Callable[[], object]]]:
    """A running line, and what takes its database away."""
    if request.param == "sqlite unusable":
        with Running(tmp_path / "h") as running:
            yield running, lambda: wreck_sqlite(running)
        return
    server = PostgreSQL()
    try:
        server.start()
        with Running(tmp_path / "h", {"DATABASE_URL": server.url()}) as running:
            yield running, server.stop
    finally:
        server.close()


def test_the_database_is_killed(without_database: tuple[Running, Callable[[], object]]) -> None:
    running, take_away = without_database
    provider = running.provider()
    boss, noy = Visitor(running, "Boss", "administrator"), Visitor(running, "Noy", "counsellor")
    assert code_in(Phone(provider).walk(WALK))
    boss.get("/admin/people")
    take_away()
    page = Phone(provider).walk(WALK)
    assert code_in(page), "she gets her code all the same"
    wait(lambda: "ledger" in running.ready()["degraded"], 30, "the line knows")
    found = say_of_each(boss)
    for path, (status, said) in found.items():
        assert status == 503, path
        assert "<b>The database</b> Callers still read the menu" in said, path
        assert "Whoever runs the server starts the database" in said, path
    status, said = noy.look("/")
    assert status == 503
    assert "The records cannot be reached just now" in said
    assert "The database</b>" not in said, "only administrators are told which part"
    assert code_in(Phone(provider).walk(WALK)), "and so does the next"
    assert "Traceback" not in running.said()
    show("database killed", found, "The database: callers still read the menu")


def test_the_disk_is_full(small: Path) -> None:
    with Running(small.parent) as running:
        boss = Visitor(running, "Boss", "administrator")
        assert code_in(Phone(provider_of(running)).walk(WALK))
        with filled(small):
            for _ in range(4):
                read_danger(running)
            found = say_of_each(boss)
            for path, (status, said) in found.items():
                assert status in {200, 503}, path
                assert "<b>The disk of the server</b>" in said, path
                assert "make room" in said or "Once it is full" in said, path
            read_danger(running)
        wait(lambda: running.get("/readyz")[0] == 200, 60, "ready once there is room")
        assert boss.look("/admin/people")[0] == 200
        assert "Traceback" not in running.said()
        show("disk full", found, "The disk of the server")


def test_the_newest_version_is_damaged(tmp_path: Path) -> None:
    with Running(tmp_path / "h") as running:
        boss = Visitor(running, "Boss", "administrator")
        before = running.ready()["versions"]["helpline"]
        start = Path(running.environment["GATEWAY_MENUS_DIR"]) / "start.yaml"
        start.write_text(start.read_text(encoding="utf-8") + "\n# another version\n", encoding="utf-8")
        running.stop()
        running.command("menus", "publish")
        with closing(sqlite3.connect(running.data / "gateway.sqlite3")) as ledger:
            ledger.execute("UPDATE versions SET compiled='{' WHERE number=(SELECT max(number) FROM versions)")
            ledger.commit()
        running.start()
        assert running.ready()["versions"]["helpline"] == before
        assert code_in(Phone(running.provider()).walk(WALK)), "calls go on on the last good version"
        found = say_of_each(boss)
        for path, (status, said) in found.items():
            assert status == 200, path
            assert "<b>The newest version of the menu</b>" in said, path
            assert "Callers read the last good one" in said, path
        assert "Traceback" not in running.said()
        show(
            "newest version damaged", found, "The newest version of the menu: callers read the last good one"
        )


def test_a_changed_number_reaches_every_process_and_outlives_a_restart(
    tmp_path: Path,
) -> None:
    """Public reports of settings that one worker of several knew, and that others read only when they were restarted."""
    keys, new = [*LANGUAGES["en"], "5", "4"], "+85621999999"
    with Running(tmp_path / "h") as running:
        provider = running.provider()
        boss = Visitor(running, "Boss", "administrator")
        assert "+85620555000" in Phone(provider).walk(keys)
        boss.get("/admin/settings")
        assert boss.post("/admin/settings/line.helpline", value=new, why="the centre moved", seen="-1") == 200
        took = wait(
            lambda: all(new in Phone(provider).walk(keys) for _ in range(8)), 10, "all processes tell it"
        )
        running.stop()
        running.start()
        assert new in Phone(running.provider()).walk(keys)
        assert "Traceback" not in running.said()
        print(
            f"a changed helpline number was read on eight dials in a row {took:.1f} s after the press, and after a restart"
        )
