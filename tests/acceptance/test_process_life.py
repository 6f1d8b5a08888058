"""How it starts, ends and begins again: labels, signals with work in flight, kills, and one sentence for each refusal."""

import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.start import measure_import, read_memory, sum_cpu
from tests.support.running import (
    DOWN_WITHIN,
    GATEWAY,
    READY,
    Background,
    Running,
    command,
    parent,
    signal_to,
    wait,
)
from tests.support.standin import KEY, Standin
from tests.support.trial_phones import FORM, LANGUAGES, Phone, code_in, new_number

pytestmark = [pytest.mark.kills, pytest.mark.timeout(240)]

LABELS = ("Console", "First sign-in", "Phone", "Webhooks")
SHEET = "There is no recovery sheet yet"


@pytest.fixture
def standin() -> Iterator[Standin]:
    with Standin() as standin:
        yield standin


def with_account(folder: Path, standin: Standin, *, user: int | None = None) -> Running:
    """A gateway whose texts leave through the stand-in."""
    account = {
        "AFRICASTALKING_USERNAME": "sandbox",
        "AFRICASTALKING_API_KEY": KEY,
        "AFRICASTALKING_API_URL": standin.url,
        "GATEWAY_OUTBOX_LEASE": "2",
    }
    return Running(folder, account, user=user)


@pytest.mark.xdist_group("process-life")
def test_one_life_started_killed_begun_again_and_ended(
    tmp_path_factory: pytest.TempPathFactory, standin: Standin
) -> None:
    """The life is led where it is hardest: by an ordinary user, in a folder whose path is 120 characters long."""
    user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 and _open_to_all() else None
    with with_account(_long_folder(tmp_path_factory, user), standin, user=user) as running:
        assert len(str(running.data)) == 120
        lines = running.said().rpartition(SHEET)[2].splitlines()
        assert lines[-1] == READY
        assert all(any(line.startswith(label) for line in lines) for label in LABELS)
        assert running.ready()["ready"]
        _keeps_its_socket_elsewhere(running)
        for name, words in PARTS.items():
            _kill_a_part(running, name, words)
        _killed_as_a_whole(running)
        _ends_in_flight(running, standin, signal.SIGINT, group=True)
    assert running.said().count(SHEET) > 1, "each start says so until there is one"
    assert "Traceback" not in running.said()
    print(f"a folder of 120 characters works, as user {user if user is not None else os.geteuid()}")


@pytest.mark.slow
@pytest.mark.xdist_group("process-life")
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGHUP])
def test_it_ends_as_well_by_every_other_signal(
    tmp_path: Path, standin: Standin, sign: signal.Signals
) -> None:
    with with_account(tmp_path / "h", standin) as running:
        _ends_in_flight(running, standin, sign)
        assert "Traceback" not in running.said()


def _long_folder(tmp_path_factory: pytest.TempPathFactory, user: int | None) -> Path:
    folder = tmp_path_factory.mktemp("f")
    if user is not None:
        for each in (folder, *folder.parents[:-2]):
            each.chmod(each.stat().st_mode | 0o055)
    return folder / ("f" * (120 - len(str(folder)) - len("//var")))


def _keeps_its_socket_elsewhere(running: Running) -> None:
    words = [word for pid in running.pids("valkey-server") for word in command(pid).split()]
    sockets = [word for word in words if word.startswith("unixsocket:")]
    assert sockets
    assert str(running.data) not in sockets[0], "the path would be too long for a socket"


def _ends_in_flight(running: Running, standin: Standin, sign: signal.Signals, *, group: bool = False) -> None:
    many = len(running.pids())
    took = _stop_in_flight(running, standin, sign, group=group)
    assert took < DOWN_WITHIN
    assert running.process is not None
    assert running.process.returncode == 0, running.said()
    whom = "the group" if group else "gateway up"
    print(
        f"{sign.name} to {whom}: {many} processes gone in {took:.1f} s, with a hop, a job and a poll in flight"
    )


def _stop_in_flight(running: Running, standin: Standin, sign: signal.Signals, *, group: bool) -> float:
    provider = running.provider()
    standin.rule("hold", at="after")
    provider.sms(f"flight {sign}", new_number(), "wage")
    standin.wait_held(1, 30)
    hops = Background(lambda _: Phone(provider).walk(["4", "1"]), threads=2)
    polls = Background(lambda _: running.get("/readyz"))
    with hops, polls:
        time.sleep(0.3)
        assert standin.held == 1, "the job is still in flight"
        took = running.stop(sign, group=group)
    standin.reset()
    return took


def _killed_as_a_whole(running: Running) -> None:
    phone = Phone(running.provider())
    page = phone.walk([*LANGUAGES["en"], *FORM])
    assert running.process is not None
    left = set(running.pids()) - {running.process.pid}
    running.process.kill()
    running.process.wait()
    running.start()
    _has_imported_once(running)
    wait(lambda: not left & set(running.pids()), DOWN_WITHIN, "what the killed one left is gone")
    assert len(running.webs) == 2
    assert code_in(page) in {row["code"] for row in running.callbacks()}
    assert phone.again().body == page, "her session outlived it too"
    print(f"KILL to gateway up: {len(left)} leftovers ended, ready again")


def _has_imported_once(running: Running) -> None:
    """Five interpreters of their own took six times an import and shared a tenth of their memory."""
    assert running.process is not None
    spent, alone = sum_cpu(running.process.pid), measure_import("import gateway.web.app, workers.main")
    assert spent < 3 * alone
    taken, summed = (sum(read_memory(pid, word) for pid in running.pids()) for word in ("Pss", "Rss"))
    assert taken < summed / 2
    print(
        f"again ready for {spent / alone:.1f} imports; {taken:.0f} MiB taken, {summed:.0f} if nothing were shared"
    )


PARTS = {
    "web": ("granian",),
    "worker": ("workers.main worker",),
    "clock": ("workers.main clock",),
    "store": ("valkey-server",),
}


def _kill_a_part(running: Running, name: str, words: tuple[str, ...]) -> None:
    assert running.process is not None
    firsts = [pid for pid in running.pids(*words) if parent(pid) == running.process.pid]
    assert len(firsts) == 1, [command(pid) for pid in running.pids()]
    signal_to(firsts[0], signal.SIGKILL)

    def renewed() -> bool:
        ready = running.ready() if name != "web" or len(running.webs) == 2 else {}
        return (
            bool(ready.get("ready"))
            and not set(running.pids(*words)) <= set(firsts)
            and firsts[0] not in running.pids()
        )

    took = wait(lambda: _quietly(renewed), 30, f"{name} is back")
    print(f"kill -9 of {name}: back after {took:.1f} s")


def _quietly(done: object) -> bool:
    try:
        return bool(done())  # type: ignore[operator]
    except OSError:
        return False


def have_own_processors(house: Running) -> bool:
    """Whether each web process keeps to one processor, where there are just as many; else all keep to none."""
    allowed, webs = os.sched_getaffinity(0), [os.sched_getaffinity(pid) for pid in house.webs]
    if len(allowed) != len(webs):
        return webs == [allowed] * len(webs)
    return sorted(map(sorted, webs)) == [[each] for each in sorted(allowed)]


@pytest.mark.skipif(sys.platform != "linux", reason="sched_getaffinity(2) is Linux's")
@pytest.mark.xdist_group("house")
def test_web_processes_keep_to_a_processor_each_where_there_are_just_as_many(house: Running) -> None:
    assert len(house.webs) == 2
    assert have_own_processors(house)


@pytest.mark.xdist_group("house")
def test_a_killed_web_process_is_renewed_while_the_other_answers(house: Running) -> None:
    first, second = house.webs
    wait(lambda: house.ready()["pid"] == second, 20, "the other is ready to answer too")
    signal_to(first, signal.SIGKILL)
    provider = house.provider()
    wait(lambda: len(house.webs) == 2 and first not in house.webs, 20, "two again")
    assert second in house.webs
    wait(lambda: have_own_processors(house), 20, "the new one keeps to the processor of the killed one")
    assert Phone(provider).walk(["4"]).startswith("CON ")


@pytest.mark.skipif(sys.platform != "linux", reason="SCHED_BATCH is Linux's")
@pytest.mark.xdist_group("house")
def test_web_processes_are_woken_without_interrupting_what_runs(house: Running) -> None:
    threads = [
        int(thread.name)
        for pid in house.webs
        for thread in Path(f"/proc/{pid}/task").iterdir()
        if "iou" not in (thread / "comm").read_text()  # the kernel's own, of io_uring
    ]
    assert len(threads) > len(house.webs)
    assert {os.sched_getscheduler(thread) for thread in threads} == {os.SCHED_BATCH}
    workers = house.pids("workers.main", "worker")
    assert {os.sched_getscheduler(pid) for pid in workers} == {os.SCHED_OTHER}


@pytest.mark.xdist_group("house")
def test_what_stops_a_start_is_said_in_one_sentence(house: Running, tmp_path: Path) -> None:
    running = house
    taken = _refused(tmp_path, PORT=str(running.port))
    assert f"Port {running.port} is taken" in taken
    locked = _refused(tmp_path, GATEWAY_DATA_DIR=str(running.data))
    assert f"Another gateway is running on the data folder {running.data}" in locked
    file = tmp_path / "file"
    file.write_text("")
    unusable = _refused(tmp_path, GATEWAY_DATA_DIR=str(file / "var"))
    assert "cannot be used" in unusable
    assert running.ready()["ready"], "none of that touched the one that runs"
    for sentence in (taken, locked, unusable):
        print(sentence)


def _refused(tmp_path: Path, **environment: str) -> str:
    usual = {"GATEWAY_DATA_DIR": str(tmp_path / "other"), "PORT": "1"} | environment
    done = subprocess.run(
        [GATEWAY, "up"],
        env={**os.environ, **usual},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.endswith(".\n")
    return done.stderr.strip()


def _open_to_all() -> bool:
    """Say whether an ordinary user can reach the product at all: it may lie in a folder of root alone."""
    nobody = pwd.getpwnam("nobody")
    try:
        done = subprocess.run(
            [GATEWAY, "--version"],
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=[],
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return False
    return done.returncode == 0
