"""The supervisor of one machine: one per folder, children started again, everything ended, leftovers too."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.foundation.time_and_chance import Clock
from gateway.operations import supervisor as operations_supervisor
from gateway.operations.supervisor import CannotStart, DataFolder, Supervisor, is_port_free, spawn_process

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)",
]


def sleeper() -> subprocess.Popen[bytes]:
    return spawn_process(SLEEPS, dict(os.environ))


def until(true: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr(operations_supervisor, "_STOP_WITHIN", 1.0)
    monkeypatch.setattr(operations_supervisor, "_KILL_AFTER", 1.0)
    made = Supervisor(DataFolder(tmp_path / "var"), Clock())
    yield made
    made.stop()


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    first = DataFolder(tmp_path / "var")
    first.hold()
    with pytest.raises(CannotStart, match="Another gateway is running on the data folder"):
        DataFolder(tmp_path / "var").hold()


def test_a_folder_that_cannot_be_made_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CannotStart, match="cannot be used") as error:
        DataFolder(tmp_path / "file" / "var")
    assert "\n" not in str(error.value)


def test_the_folder_is_private(tmp_path: Path) -> None:
    DataFolder(tmp_path / "var")
    assert (tmp_path / "var").stat().st_mode & 0o077 == 0


def test_a_child_that_ends_is_started_again(supervisor: Supervisor) -> None:
    child = supervisor.start("one", sleeper)
    assert child.process is not None
    first = child.process.pid
    child.process.kill()
    child.process.wait()
    assert until(
        lambda: supervisor.look_after() or (child.process is not None and child.process.pid != first)
    )
    assert child.deaths == 1


def test_a_child_that_keeps_ending_waits_longer_each_time(supervisor: Supervisor) -> None:
    child = supervisor.start("one", lambda: spawn_process([sys.executable, "-c", ""], dict(os.environ)))
    assert until(lambda: supervisor.look_after() or child.deaths >= 3)
    assert child.pause >= 1.0
    assert child.pause <= 30.0


def test_stopping_ends_every_child_also_one_that_does_not_listen(supervisor: Supervisor) -> None:
    kind = supervisor.start("kind", sleeper)
    rude = supervisor.start("rude", lambda: spawn_process(STUBBORN, dict(os.environ)))
    last = supervisor.start("store", sleeper, outlives=True)
    time.sleep(0.3)
    supervisor.stop()
    for child in (kind, rude, last):
        assert child.process is not None
        assert child.process.poll() is not None


def test_what_a_killed_start_left_behind_is_ended_by_the_next(tmp_path: Path, supervisor: Supervisor) -> None:
    child = supervisor.start("one", sleeper)
    assert child.process is not None
    DataFolder(tmp_path / "var").end_leftovers(Clock())
    assert child.process.poll() is not None


def test_a_pid_that_is_somebody_elses_now_is_left_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "var")
    stranger = subprocess.Popen(SLEEPS, start_new_session=True)
    try:
        (tmp_path / "var" / "children.json").write_text(f'{{"{stranger.pid}": "12345"}}')
        folder.end_leftovers(Clock())
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("written", ["", "nonsense", "[]", "{}", '{"x": 1}'])
def test_a_record_that_cannot_be_read_ends_nobody(tmp_path: Path, written: str) -> None:
    folder = DataFolder(tmp_path / "var")
    (tmp_path / "var" / "children.json").write_text(written)
    folder.end_leftovers(Clock())


def test_a_signal_asks_to_stop(supervisor: Supervisor) -> None:
    before = {sign: signal.getsignal(sign) for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        supervisor.listen()
        assert not supervisor.stopping
        os.kill(os.getpid(), signal.SIGHUP)
        assert until(lambda: supervisor.stopping)
        supervisor.watch()  # returns at once
    finally:
        for sign, old in before.items():
            signal.signal(sign, old)


def test_a_port_is_free_or_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_port_free("127.0.0.1", port)
    assert is_port_free("127.0.0.1", port)


@pytest.mark.parametrize(("name", "inside"), [("var", True), ("v" * 120, False)])
def test_the_socket_lies_in_the_folder_or_where_its_path_is_short_enough(
    tmp_path: Path, name: str, inside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.foundation.network_addresses._TEMPORARY", tmp_path)
    folder = Path("/x") / name
    path = operations_supervisor.find_socket_path(folder)
    assert len(os.fsencode(path)) <= 100 or len(os.fsencode(tmp_path)) > 60
    assert (path.parent == folder) is inside
    assert operations_supervisor.find_socket_path(folder) == path
    assert operations_supervisor.find_url(folder) == f"unix://{path}"


def test_a_private_folder_that_others_may_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.foundation.network_addresses._TEMPORARY", tmp_path)
    folder = tmp_path / f"helpline-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o755)  # whatever mask a command left in this process
    with pytest.raises(PermissionError, match="belongs to somebody else"):
        operations_supervisor.find_socket_path(Path("/") / ("v" * 120))


def test_valkey_listens_on_its_socket_only_and_keeps_what_it_took(tmp_path: Path) -> None:
    command = operations_supervisor.build_command(tmp_path)
    options = dict(zip(command[1::2], command[2::2], strict=False))
    assert options["--port"] == "0"
    assert options["--unixsocketperm"] == "600"
    assert options["--appendonly"] == "yes"
    assert options["--maxmemory-policy"] == "noeviction"
