"""Processes forked from a warm one: what a child has of its own, what it shares, and that two never draw alike."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.foundation.time_and_chance import Clock
from gateway.operations import forking
from gateway.operations.forking import ForkedProcess
from gateway.operations.supervisor import DataFolder, Supervisor

DRAWS = """
import random, sys, uuid
from datetime import UTC, datetime
from gateway.foundation import time_and_chance as ids
from gateway.operations import forking

NOW = datetime(2026, 11, 27, tzinfo=UTC)

def draw():
    yield from (ids.new_id(NOW) for _ in range(200))
    yield from (ids.new_token(16) for _ in range(20))
    yield from (ids.make_random_bytes(16).hex() for _ in range(20))
    yield " ".join(str(ids.add_jitter(1.0)) for _ in range(20))  # of a thousand values: equal ones are no fault
    yield from (str(uuid.uuid4()) for _ in range(20))
    yield from (str(random.random()) for _ in range(20))

list(draw())  # whatever could be made once is made before the fork
children = [forking.run_apart(lambda: list(draw())) for _ in range(2)]
drawn = [*draw(), *children[0], *children[1]]
print(len(drawn), len(set(drawn)))
"""


def alone(program: str) -> str:
    """Run a program in an interpreter with one thread, as the product's parent is, and return what it prints."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def until(true: Callable[[], object], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
class TestAChild:
    @pytest.fixture
    def forked(self, tmp_path: Path) -> Iterator[ForkedProcess]:
        child = forking.fork_process(lambda: _tell(tmp_path / "told"))
        assert until((tmp_path / "told").exists)
        yield child
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
            child.wait()

    def test_leads_a_session_and_a_group_of_its_own(self, forked: ForkedProcess) -> None:
        assert os.getsid(forked.pid) == os.getpgid(forked.pid) == forked.pid

    def test_reads_nothing_from_the_terminal(self, forked: ForkedProcess) -> None:
        assert Path(f"/proc/{forked.pid}/fd/0").readlink() == Path("/dev/null")

    @pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
    def test_ends_by_each_signal_though_its_parent_would_only_note_it(self, sign: signal.Signals) -> None:
        noted: list[int] = []
        before = {
            each: signal.signal(each, lambda number, _: noted.append(number)) for each in forking._STOPPING
        }
        try:
            child = forking.fork_process(lambda: time.sleep(60))
            child.send_signal(sign)  # at once: before it has come to itself
            assert until(lambda: child.poll() is not None)
            assert child.wait() == (1 if sign is signal.SIGINT else -sign)
            assert noted == []
            os.kill(os.getpid(), signal.SIGHUP)
            assert until(lambda: noted == [signal.SIGHUP]), "the parent notes again"
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def test_gives_its_status_back(self) -> None:
        child = forking.fork_process(lambda: sys.exit(7))
        assert child.wait() == 7
        assert child.poll() == 7
        child.send_signal(signal.SIGTERM)  # to nobody


def _tell(told: Path) -> None:
    told.write_text("")
    time.sleep(60)


def test_two_children_and_their_parent_never_draw_the_same() -> None:
    drawn, different = map(int, alone(DRAWS).split())
    assert drawn == different > 0


def test_the_lock_on_the_folder_is_let_go_by_a_child_and_kept_by_its_parent(tmp_path: Path) -> None:
    program = f"""
import os, time
from pathlib import Path
from gateway.operations import forking
from gateway.operations.supervisor import CannotStart, DataFolder
folder = DataFolder(Path({str(tmp_path)!r}))
folder.hold()
def run():
    folder.close()
    Path({str(tmp_path / "told")!r}).write_text(str(os.getpid()))
    time.sleep(60)
child = forking.fork_process(run)
while not Path({str(tmp_path / "told")!r}).exists():
    time.sleep(0.02)
try:
    DataFolder(Path({str(tmp_path)!r})).hold()
except CannotStart:
    print("held", flush=True)
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "held\n", done.stderr
    child = int((tmp_path / "told").read_text())
    DataFolder(tmp_path).hold()  # though the child may live for a moment yet
    assert until(lambda: not Path(f"/proc/{child}/stat").exists() or _is_dead(child)), (
        "it ends with its parent"
    )


def _is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_work_apart_gives_its_result_and_leaves_nothing_behind(tmp_path: Path) -> None:
    program = f"""
import os, sys
from pathlib import Path
from gateway.operations import forking
def work():
    import sqlite3
    sqlite3.connect({str(tmp_path / "x.db")!r}).execute("CREATE TABLE t (x)")
    return {{"pid": os.getpid(), "lines": ["one"]}}
before = sorted(os.listdir("/proc/self/fd"))
found = forking.run_apart(work)
assert found["pid"] != os.getpid() and found["lines"] == ["one"]
assert "sqlite3" not in sys.modules
assert sorted(os.listdir("/proc/self/fd")) == before
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("no child is left")
"""
    assert alone(program) == "no child is left\n"


@pytest.mark.skipif(sys.platform != "linux", reason="sched_getaffinity(2) is Linux's")
@pytest.mark.parametrize(
    ("nth", "more", "own"),
    [
        pytest.param(1, 0, True, id="as many processors as processes"),
        pytest.param(0, 0, False, id="a process without a number"),
        pytest.param(1, 1, False, id="more processes than processors"),
        pytest.param(1, -1, False, id="more processors than processes"),
    ],
)
def test_a_process_keeps_to_a_processor_only_where_there_are_just_as_many(
    nth: int, more: int, *, own: bool
) -> None:
    program = f"""
import os
from gateway.operations import forking
allowed = os.sched_getaffinity(0)
forking.keep_to_processor({nth}, len(allowed) + {more})
kept = os.sched_getaffinity(0)
print(len(kept) == 1 and kept <= allowed if {own} else kept == allowed)
"""
    assert alone(program) == "True\n"


@pytest.mark.parametrize(
    ("work", "status", "said"),
    [
        ("sys.exit(3)", 3, ""),
        ("os.kill(os.getpid(), 9)", 1, ""),
        ("1 / 0", 1, "ZeroDivisionError"),
    ],
)
def test_work_apart_that_fails_ends_its_parent_with_its_status(work: str, status: int, said: str) -> None:
    program = f"import os, sys\nfrom gateway.operations import forking\nforking.run_apart(lambda: {work})\nprint('on')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_the_supervisor_watches_a_forked_child_as_any_other(tmp_path: Path) -> None:
    supervisor = Supervisor(DataFolder(tmp_path / "var"), Clock())
    child = supervisor.start("one", lambda: forking.fork_process(lambda: time.sleep(60)))
    try:
        assert child.process is not None
        first = child.process.pid
        os.kill(first, signal.SIGKILL)
        assert until(
            lambda: supervisor.look_after() or (child.process is not None and child.process.pid != first)
        )
        second = child.process.pid
        assert until(lambda: os.getpgid(second) == second), "it leads its group"
        DataFolder(tmp_path / "var").end_leftovers(Clock())
        assert child.process.poll() == -signal.SIGTERM, "found by pid and start time"
    finally:
        supervisor.stop()
    assert child.process.poll() is not None
