"""The whole product as a user starts it: ``gateway up`` in a folder of its own, with all that the outside can do to it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from click.testing import CliRunner

from gateway.cli.main import main
from tests.support.reviewed import reviewed_copy
from tests.support.standin import Provider

REPOSITORY = Path(__file__).parents[2]
GATEWAY = Path(sys.executable).parent / "gateway"
READY = "Ready. Ctrl-C stops everything."
UP_WITHIN = 60.0
DOWN_WITHIN = 15.0
"""Seconds that the product promises for its own end."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CONFIG = "\n".join(
    [
        "[line]",
        'helpline = "+85620555000"',
        'mrc = "+85620555001"',
        "[hours]",  # somebody is always on duty, so that no test depends on the hour at which it runs
        *(f'{day} = ["00:00-24:00"]' for day in DAYS),
        *("[channels.africastalking]", 'provider = "africastalking"', 'service_codes = ["*384*12345#"]'),
        *('sms_number = "22384"', "rate = 1000"),
        *(
            "[channels.simulator]",
            'provider = "simulator"',
            'service_codes = ["*123*4#"]',
            'sms_number = "1234"',
        ),
    ]
)


class NotStarted(AssertionError):
    """It ended before it was ready; the text is all that it said."""


class Running:
    """One gateway with all its processes.

    Args:
        folder: its own, made here; the data folder is ``var`` in it.
        environment: variables beside the usual ones, e.g. ``DATABASE_URL``.
        user: the user id under which everything runs, where it is not ours.
    """

    def __init__(
        self, folder: Path, environment: Mapping[str, str] | None = None, *, user: int | None = None
    ) -> None:
        self.folder = folder
        self.data = folder / "var"
        self.port = free_port()
        self.user = user
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "gateway.toml").write_text(CONFIG)
        if user is not None:
            os.chown(folder, user, user)
        self.environment = {
            **os.environ,
            "GATEWAY_DATA_DIR": str(self.data),
            "GATEWAY_CONFIG": str(folder / "gateway.toml"),
            "GATEWAY_MENUS_DIR": str(reviewed_copy(REPOSITORY / "menus", folder / "menus")),
            "PORT": str(self.port),
            **(environment or {}),
        }
        self.log = folder / "log"

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    # Its life

    def begin(self) -> None:
        """Start it and wait for nothing."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [GATEWAY, "up"],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a group of its own, as a terminal gives it
                **self._as(),
            )

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        before = self.said().count(READY)
        self.begin()
        try:
            wait(lambda: self.said().count(READY) > before or not self.lives(), UP_WITHIN, "ready")
        except TimeoutError as error:
            raise NotStarted(f"{error}; it said:\n{self.said()}") from None
        if not self.lives():
            raise NotStarted(self.said())

    def stop(self, sign: signal.Signals = signal.SIGTERM, *, group: bool = False) -> float:
        """Ask it to end as a person or the system does; return the seconds until the last process was gone."""
        assert self.process is not None
        began = time.monotonic()
        if group:
            os.killpg(self.process.pid, sign)
        else:
            self.process.send_signal(sign)
        self.process.wait(DOWN_WITHIN + 10)
        wait(lambda: not self.pids(), DOWN_WITHIN, "no process of it lives")
        return time.monotonic() - began

    def end(self) -> None:
        """Leave nothing, whatever the test did."""
        if self.process is not None and self.lives():
            for pid in self.pids():
                signal_to(pid, signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(DOWN_WITHIN)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pid in self.pids():
            signal_to(pid, signal.SIGKILL)

    def lives(self) -> bool:
        """Say whether ``gateway up`` itself runs."""
        return self.process is not None and self.process.poll() is None

    def said(self) -> str:
        """All that any of its processes wrote to the terminal."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    # Its processes

    def pids(self, *words: str) -> list[int]:
        """The processes that bear its data folder in their environment, and these words in their command."""
        return [pid for pid in all_of(self.data) if all(word in command(pid) for word in words)]

    @property
    def webs(self) -> list[int]:
        """The processes that answer requests: the children of the web server's own first process."""
        servers = self.pids("granian", "gateway.web.app:create")
        return [pid for pid in servers if parent(pid) in servers]

    # What the outside does

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def get(self, path: str) -> tuple[int, str]:
        """Ask for a page for machines."""
        try:
            with urllib.request.urlopen(self.url(path), timeout=15) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def ready(self) -> dict[str, Any]:
        """The body of ``/readyz``."""
        return dict(json.loads(self.get("/readyz")[1]))

    def counted(self, what: str) -> int:
        """How often something was counted since the first day, by ``/metrics``."""
        return sum(
            map(
                int,
                re.findall(rf'gateway_events_total\{{[^}}]*what="{what}"\}} (\d+)', self.get("/metrics")[1]),
            )
        )

    def command(self, *words: str) -> str:
        """Run ``gateway`` with these words, as a person beside it would."""
        done = subprocess.run(
            [GATEWAY, *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            **self._as(),
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def said_by(self, *words: str, typed: str = "") -> str:
        """What ``gateway`` says to these words, on both of its outputs, however it ends."""
        done = subprocess.run(
            [GATEWAY, *words],
            cwd=self.folder,
            env=self.environment,
            input=f"{typed}\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=60,
            **self._as(),
        )
        return done.stdout

    def asked(self, *words: str) -> Any:
        """Run the same command inside the test, which spares a second each time, and read its JSON."""
        if "DATABASE_URL" in self.environment:  # a command leaves its connections to the end of its process
            return json.loads(self.command(*words, "--json"))
        done = CliRunner().invoke(main, [*words, "--json"], env=self.environment, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def provider(self, channel: str = "africastalking") -> Provider:
        """A provider that has pasted the addresses of a line into its dashboard."""
        return Provider(self.asked("webhooks")[channel])

    def local(self, provider: Provider) -> Provider:
        """The same provider, posting straight to this machine where the addresses name another."""
        for event, address in provider.addresses.items():
            provider.addresses[event] = self.url(urlsplit(address).path)
        return provider

    def callbacks(self) -> list[dict[str, Any]]:
        """What ``gateway callbacks list --json`` prints."""
        return list(self.asked("callbacks", "list"))

    def shown(self, callback_id: str) -> dict[str, Any]:
        """What ``gateway callbacks show ID --json`` prints."""
        return dict(self.asked("callbacks", "show", callback_id))

    def _as(self) -> dict[str, Any]:
        return {} if self.user is None else {"user": self.user, "group": self.user, "extra_groups": []}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def all_of(data: Path) -> list[int]:
    """Every living process that was started for this data folder; Valkey overwrites its environment and stands in it."""
    mark = f"GATEWAY_DATA_DIR={data}\0".encode()
    living = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]
    return [pid for pid in living if mark in _read(pid, "environ") + b"\0" or _stands_in(pid, data)]


def _stands_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(folder)
    except OSError:
        return False


def command(pid: int) -> str:
    """The command of a process, its words between spaces."""
    return _read(pid, "cmdline").replace(b"\0", b" ").decode()


def parent(pid: int) -> int:
    """The process that started this one; 0 where there is none any more."""
    fields = _read(pid, "stat").rpartition(b")")[2].split()
    return int(fields[1]) if fields else 0


def signal_to(pid: int, sign: signal.Signals) -> None:
    """Send a signal to a process that may be gone."""
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        return


def wait(done: Callable[[], object], seconds: float, what: str) -> float:
    """Wait until it is so, and return how long that took."""
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(0.02)
    return time.monotonic() - began


class Background:
    """Something that is done again and again in threads while a test looks at something else."""

    def __init__(self, work: Callable[[int], object], threads: int = 1) -> None:
        self._work = work
        self._over = threading.Event()
        self.faults: list[BaseException] = []
        self._threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def _run(self, number: int) -> None:
        while not self._over.is_set():
            try:
                self._work(number)
            except Exception as error:  # noqa: BLE001 - the test decides what a fault means
                self.faults.append(error)


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
