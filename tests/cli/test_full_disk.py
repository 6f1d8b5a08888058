"""A disk that is full, read-only or gone: whoever asks is told so in words, and callers still find the danger numbers."""

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from config import settings as config
from gateway.bootstrap import open_parts
from gateway.cli import doctor, first_start
from gateway.foundation.time_and_chance import Clock
from gateway.operations import health
from gateway.operations.health import Finding
from gateway.operations.maintenance import key_care
from gateway.operations.supervisor import CannotStart, Child, DataFolder, Supervisor
from gateway.storage import atomic_files
from gateway.storage import settings as kept
from gateway.storage.database import Unavailable, WriteRefused
from tests.support.cli_house import Machine, sheet_in
from tests.support.outage_rig import sql_away

pytestmark = pytest.mark.fault("K9")
GATEWAY = Path(sys.executable).parent / "gateway"


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path / "house", monkeypatch)
    machine.starts()
    return machine


def full() -> None:
    """No file may grow any more: to a process that is just what a full disk is to it, and needs no rights."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def on_a_full_disk(machine: Machine, *command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(command),
        env={**os.environ, **machine.environment()},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=full,
    )


READY = """
from gateway import bootstrap
from gateway.operations import health
parts = bootstrap.open_parts()
parts.versions.refresh()
print("ready" if health.is_ready(health.look_around(parts)) else "not ready")
"""


def test_ready_is_tried_by_writing(started: Machine) -> None:
    assert "not ready" in on_a_full_disk(started, sys.executable, "-c", READY).stdout
    with started.monkeypatch.context() as here:
        for name, value in started.environment().items():
            here.setenv(name, value)
        done = subprocess.run(
            [sys.executable, "-c", READY], capture_output=True, text=True, check=True, timeout=60
        )
    assert done.stdout == "ready\n"


def test_the_doctor_says_what_a_full_disk_does(started: Machine) -> None:
    said = on_a_full_disk(started, GATEWAY, "doctor")
    assert said.returncode == 1
    assert "Traceback" not in said.stdout + said.stderr
    reds = {line.split()[1] for line in said.stdout.splitlines() if line.startswith("red")}
    assert {"ledger", "spool"} <= reds
    assert "line.helpline" in said.stdout, "the other parts are looked at all the same"


@pytest.mark.parametrize(
    "command", [["callbacks", "list"], ["webhooks"], ["keys", "sheet"], ["backup", "kept"]]
)
def test_no_command_ends_in_a_traceback(started: Machine, command: list[str]) -> None:
    said = on_a_full_disk(started, GATEWAY, *command)
    assert "Traceback" not in said.stdout + said.stderr


@pytest.mark.fault("K3")
def test_a_sheet_that_a_full_disk_did_not_take_is_said_to_open_nothing(started: Machine) -> None:
    def full_by_now(*_: object, **__: object) -> None:
        raise Unavailable("the database cannot be asked (SQLITE_FULL)")

    with started.monkeypatch.context() as here:
        here.setattr(key_care.settings, "save_setting", full_by_now)
        said = started.run("keys", "sheet")
    assert said.exit_code == 1
    assert sheet_in(said.output.splitlines())
    assert "it opens nothing. Throw it away" in said.output


def test_a_request_can_be_kept_while_either_takes_it(started: Machine) -> None:
    parts = started.parts()
    parts.versions.refresh()
    assert health.is_ready(health.look_around(parts))
    with sql_away(parts.store):
        assert health.is_ready(health.look_around(parts)), "the spool takes it"
        with started.monkeypatch.context() as here:
            here.setattr(atomic_files, "write_file", _no_room)
            assert not health.is_ready(health.look_around(parts))
    with started.monkeypatch.context() as here:
        here.setattr(atomic_files, "write_file", _no_room)
        assert health.is_ready(health.look_around(parts)), "SQL takes it"
    assert not list((parts.data_dir / "spool").iterdir()), "what was tried is taken away again"


def test_without_a_key_nothing_can_be_promised(started: Machine) -> None:
    parts = started.parts()
    parts.versions.refresh()
    with sql_away(parts.store):
        parts.store.ring._keys = type(parts.store.ring._keys)()
        assert not health.is_ready(health.look_around(parts))


def _no_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_what_breaks_under_the_look_is_red_and_hides_nothing() -> None:
    def broken() -> Finding:
        raise ValueError("+85620555")

    (found,) = health.look_safely("some part", broken)
    assert (found.part, found.ok) == ("some part", False)
    assert "ValueError" in found.words
    assert "85620" not in doctor._describe_finding(found)


@pytest.mark.parametrize("code", [errno.EROFS, errno.ENOSPC])
def test_the_lock_is_held_on_a_disk_that_takes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    folder = DataFolder(tmp_path)
    folder.hold()
    real = os.open

    def refusing(path: object, flags: int, *more: int, **named: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(code, "as it says")
        return real(path, flags, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refusing)
    other = DataFolder(tmp_path)
    with pytest.raises(CannotStart, match="Another gateway is running"):
        other.hold()


def test_a_list_of_children_that_cannot_be_written_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = DataFolder(tmp_path)
    (tmp_path / "children.json.new").mkdir()
    folder.remember([])
    assert "could not be written" in capsys.readouterr().err


def test_a_part_that_cannot_be_started_is_tried_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tries: list[int] = []

    def start() -> subprocess.Popen[bytes]:
        tries.append(1)
        if len(tries) < 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True
        )

    clock = Clock()
    supervisor = Supervisor(DataFolder(tmp_path), clock)
    child: Child = supervisor.start("store", start)
    until = clock.monotonic() + 20
    while child.process is None and clock.monotonic() < until:
        supervisor.look_after()
        clock.sleep(0.05)
    assert len(tries) == 3
    assert child.process is not None
    assert "store cannot be started (No space left on device)" in capsys.readouterr().err
    child.process.kill()
    child.process.communicate()


def test_a_first_start_on_a_full_disk_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(tmp_path / "house", monkeypatch)
    settings = config.load_settings(machine.environment())
    monkeypatch.setattr(first_start, "open_ledger", _no_room)
    with pytest.raises(CannotStart, match="cannot be used"):
        first_start.prepare_start(settings, at_terminal=False)


def test_sqlite_on_a_read_only_disk_is_away_and_no_fault_of_ours(started: Machine) -> None:
    store = started.parts().store
    with store.write() as tx:
        tx.conn.exec_driver_sql("PRAGMA query_only=ON")  # what every write then says, it says on such a disk
    with pytest.raises(Unavailable), store.write() as tx:
        kept.save_setting(tx, "x", 1, by="", now=Clock().now())
    with pytest.raises(WriteRefused), store.read() as tx:
        kept.save_setting(tx, "x", 1, by="", now=Clock().now())


def test_a_spool_that_cannot_be_made_keeps_no_process_from_starting(started: Machine) -> None:
    with started.monkeypatch.context() as here:
        here.setattr(Path, "chmod", _no_room)
        assert open_parts(config.load_settings(started.environment())).spool.list() == []
