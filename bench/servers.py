"""Starts the servers that are compared, learns what each answers, loads them, and asks the kernel what they cost."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import redis

from bench.load import GIVE_UP_AFTER, Order, Told, find_percentile, read_told
from bench.start import find_tree, sum_cpu, sum_pss
from tests.support.running import Running, command, free_port
from tests.support.standin import KEY, Standin

WALKS = tuple(("", language, f"{language}*{topic}") for language in "12" for topic in "123")
"""Language, topic, text: the walks of the menu that the peers have."""
OUR_WALKS = tuple(("", language, f"{language}*{topic}") for language in "24" for topic in "123")
"""The same three hops in the sample: Lao in Latin letters or English, then pay, hours, papers."""
UP_WITHIN = 90.0
_TICK = os.sysconf("SC_CLK_TCK")


class NotComparable(Exception):
    """A server does not answer, or answers something else than its menu says."""


@dataclass
class Round:
    """What one server did in one round."""

    hops_a_second: float
    server_micros: float
    valkey_micros: float
    p99_ms: float
    wrong: int
    client_micros: float
    foreign: float
    """Processors that others took meanwhile, 0 to the number of them."""


@dataclass
class Server:
    """One web server under measurement.

    Args:
        command: what starts it; ``{port}`` is filled in.
        walks: the texts of its sessions.
        words: text → what must stand in the reply, where the menu is known.
        store: the address of the Valkey that keeps its sessions; empty without one.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    path: str = "/ussd"
    walks: Sequence[Sequence[str]] = WALKS
    words: Mapping[str, str] = field(default_factory=dict)
    store: str = ""
    number: str = Order.number
    port: int = 0
    keeps: bool = True
    expected: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    sessions: ClassVar[int] = 1
    """The number of the next session of the whole run: none is met twice, and no caller dials twice."""

    def start(self) -> None:
        """Start it, wait until it answers, and learn what it answers."""
        self.port = free_port()
        environment = {**os.environ, **self.environment, "BENCH_PORT": str(self.port)}
        self.process = subprocess.Popen(
            [word.replace("{port}", str(self.port)) for word in self.command],
            env=environment,
            start_new_session=True,
        )
        self.wait_until_it_answers()
        self.learn()

    def wait_until_it_answers(self) -> None:
        """Ask again and again for its first page."""
        until = time.monotonic() + UP_WITHIN
        while time.monotonic() < until:
            Server.sessions += 1
            try:
                if self.ask(Server.sessions, "").startswith(("CON ", "END ")):
                    return
            except OSError:
                time.sleep(0.1)
        raise NotComparable(f"{self.name} does not answer")

    def stop(self) -> None:
        """End it and all that it started."""
        if self.process is None:
            return
        tree = list(find_tree(self.process.pid))
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid in tree[1:]:
            if command(pid):
                _kill(pid)

    def ask(self, session: int, text: str) -> str:
        """Post one hop; return the body of the reply, and note whether the connection stays open."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=GIVE_UP_AFTER)
        form = {
            "sessionId": f"bench{session:015}",
            "phoneNumber": self.number % session,
            "networkCode": "99999",
            "serviceCode": "*384*12345#",
            "text": text,
        }
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request("POST", self.path, urlencode(form), kind)
            answer = connection.getresponse()
            body = answer.read().decode()
            self.keeps = not answer.will_close
        finally:
            connection.close()
        return body if answer.status == 200 else f"{answer.status} {body[:80]}"

    def learn(self) -> None:
        """Walk every session alone, twice; what came is what must come under load.

        Raises:
            NotComparable: a reply is no page, differs the second time, or lacks the words of the menu.
        """
        for walk in [*self.walks, *self.walks]:
            Server.sessions += 1
            for text in walk:
                told = self.ask(Server.sessions, text)
                check_reply(self.name, text, told, self.words.get(text, ""))
                if self.expected.setdefault(text, told) != told:
                    raise NotComparable(f"{self.name} answers {text!r} differently the second time: {told!r}")

    def load(self, **asked: Any) -> Iterator[Told]:
        """Let the client load it; yield what came of each stretch, as it comes."""
        order = Order(self.port, self.path, self.walks, self.expected, self.keeps, self.number, **asked)
        client = subprocess.Popen(
            [sys.executable, "-m", "bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(json.dumps(asdict(replace(order, first=Server.sessions + 1))))
        client.stdin.close()
        for line in client.stdout:
            told = read_told(line)
            Server.sessions += told.hops + order.connections
            yield told
        if client.wait():
            raise NotComparable(f"the client of {self.name} ended with {client.returncode}")

    def round(self, connections: int, seconds: float) -> Round:
        """Load it for some seconds, and read the kernel's counters around it."""
        before, busy, own, store = (
            self.sum_cpu(),
            read_busy(),
            sum_cpu(os.getpid()),
            read_valkey_cpu(self.store),
        )
        began = time.monotonic()
        (told,) = self.load(connections=connections, seconds=seconds)
        took = time.monotonic() - began
        foreign = (read_busy() - busy) - (sum_cpu(os.getpid()) - own)
        hops = max(1, told.hops)
        return Round(
            hops_a_second=told.hops / told.seconds,
            server_micros=(self.sum_cpu() - before) / hops * 1e6,
            valkey_micros=(read_valkey_cpu(self.store) - store) / hops * 1e6,
            p99_ms=find_percentile(told.slots, 0.99) * 1e3,
            wrong=told.wrong,
            client_micros=told.client_cpu / hops * 1e6,
            foreign=max(0.0, foreign / took),
        )

    def sum_cpu(self) -> float:
        """Seconds of processor time of its whole tree, without Valkey."""
        assert self.process is not None
        return sum_cpu(self.process.pid) - self._sum_stores(sum_cpu)

    def sum_pss(self) -> float:
        """Return the MiB of its whole tree, shared pages counted once, without Valkey."""
        assert self.process is not None
        return sum_pss(self.process.pid) - self._sum_stores(sum_pss)

    def _sum_stores(self, figure: Any) -> float:
        assert self.process is not None
        return sum(figure(pid) for pid in find_tree(self.process.pid) if "valkey-server" in command(pid))


class Gateway(Server):
    """The whole product, as ``gateway up`` starts it: web, worker, clock and a Valkey of its own.

    Its channel is Africa's Talking with an account at a stand-in on this machine, so that nothing leaves it.
    """

    def __init__(self, name: str, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        super().__init__(name, (), walks=OUR_WALKS)
        self.provider = Standin()
        self.account = {
            "AFRICASTALKING_USERNAME": "bench",
            "AFRICASTALKING_API_KEY": KEY,
            "AFRICASTALKING_API_URL": self.provider.url,
        }
        self.house = Running(folder, {**self.account, **(environment or {})})
        self.addresses: dict[str, str] = {}

    def start(self) -> None:
        """Start it, and read from it where its posts go."""
        self.provider.__enter__()
        self.house.start()
        self.process, self.port = self.house.process, self.house.port
        self.addresses = json.loads(self.house.command("webhooks", "--json"))["africastalking"]
        self.path = urlsplit(self.addresses["ussd"]).path
        self.store = f"unix://{find_socket(self.house.data)}"
        self.wait_until_it_answers()
        self.learn()

    def stop(self) -> None:
        """End it, and the stand-in."""
        self.house.end()
        self.provider.__exit__()


@contextmanager
def running_servers(servers: Sequence[Server]) -> Iterator[None]:
    """Start every server, and end them."""
    try:
        for server in servers:
            server.start()
        yield
    finally:
        for server in servers:
            server.stop()


def check_reply(name: str, text: str, told: str, words: str) -> None:
    """Refuse a reply that is no page of a session, or lacks what the menu says.

    Raises:
        NotComparable: with the server's name and what it answered.
    """
    if not told.startswith(("CON ", "END ")) or words not in told:
        raise NotComparable(f"{name} answers {text!r} with {told[:200]!r}")


def find_socket(data: Path) -> Path:
    """Return the socket of the embedded Valkey of a data folder."""
    from gateway.operations.supervisor import find_socket_path

    return find_socket_path(data)


def list_granian(target: str, workers: int, *, interface: str = "wsgi", threads: int = 8) -> list[str]:
    """Return the command that serves an application factory by Granian."""
    served = [sys.executable, "-m", "granian", "--interface", interface, "--factory", target]
    options = ["--host", "127.0.0.1", "--port", "{port}", "--workers", str(workers)]
    options += ["--blocking-threads", str(threads)] if interface == "wsgi" else ["--http", "1"]
    return [*served, *options, "--no-access-log", "--log-level", "error", "--no-ws"]


def list_gunicorn(target: str, workers: int, python: str = sys.executable) -> list[str]:
    """Return the command that serves an application by gunicorn's synchronous workers, as most introductions do."""
    return [
        *(python, "-m", "gunicorn", "--workers", str(workers), "--bind", "127.0.0.1:{port}"),
        *("--log-level", "error", target),
    ]


def read_busy() -> float:
    """Seconds that all processors were busy since the machine started (proc(5), ``/proc/stat``)."""
    numbers = [int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(numbers) - numbers[3] - numbers[4]) / _TICK


def read_valkey_cpu(url: str) -> float:
    """Seconds of processor time of the Valkey at this address; 0 without one."""
    if not url:
        return 0.0
    with redis.Redis.from_url(url) as client:
        told: Any = client.info("cpu")
    return float(told["used_cpu_user"]) + float(told["used_cpu_sys"])


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
