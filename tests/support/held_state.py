"""Connections that a bad line or ill will leaves open: half posts, half heads, readers that do not read."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.running import Running
from tests.support.standin import Provider
from tests.support.trial_phones import Phone

POSTS, HEADS, READERS = 60, 300, 40
_FORM = "Content-Type: application/x-www-form-urlencoded"


@dataclass
class Held:
    """What is held open at one port, until the block ends."""

    port: int
    sockets: list[socket.socket] = field(default_factory=list)

    def half_posts(self, paths: Sequence[str], count: int) -> None:
        """Posts whose head is whole and whose body is three bytes of five hundred; every other one in chunks."""
        for number in range(count):
            length = "Transfer-Encoding: chunked" if number % 2 else "Content-Length: 500"
            body = "3\r\nabc\r\n" if number % 2 else "abc"
            path = paths[number % len(paths)]
            self._open(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{_FORM}\r\n{length}\r\n\r\n{body}")

    def half_heads(self, count: int) -> None:
        """Heads without an end; a third of them say nothing at all."""
        for number in range(count):
            self._open("POST /sign-in HTTP/1.1\r\nHost: local" if number % 3 else "")

    def slow_readers(self, path: str, count: int) -> None:
        """Requests for something large, many on one connection, whose answers nobody reads."""
        for _ in range(count):
            self._open(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20, room=2048)

    def _open(self, said: str, *, room: int = 0) -> None:
        connection = socket.socket()
        if room:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", self.port))
        connection.sendall(said.encode())
        self.sockets.append(connection)

    def open_ones(self) -> int:
        """Count the connections that the other side has not ended."""
        return sum(not _is_ended(connection) for connection in self.sockets)

    def let_go(self) -> None:
        """Close all of them."""
        for connection in self.sockets:
            connection.close()
        self.sockets.clear()


@contextmanager
def holding(house: Running, port: int) -> Iterator[Held]:
    """Hold everything at once, to the addresses that anyone knows and to one that a provider knows."""
    held = Held(port)
    webhook = urlsplit(house.provider().addresses["ussd"]).path
    text = urlsplit(house.provider().addresses["sms"]).path
    try:
        held.half_posts(["/sign-in", "/static/app.css", webhook, text, "/nowhere"], POSTS)
        held.half_heads(HEADS)
        held.slow_readers("/static/app.css", READERS)
        yield held
    finally:
        held.let_go()


class Hops:
    """Phones that walk through the menu meanwhile; how long each hop took."""

    def __init__(self, provider: Provider, phones: int = 3) -> None:
        self.seconds: list[float] = []
        self.faults: list[str] = []
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._walk, args=(provider,), daemon=True) for _ in range(phones)
        ]

    def run(self, seconds: float) -> None:
        """Walk for so long."""
        for thread in self._threads:
            thread.start()
        time.sleep(seconds)
        self._over.set()
        for thread in self._threads:
            thread.join(30)

    def _walk(self, provider: Provider) -> None:
        while not self._over.is_set():
            phone = Phone(provider)
            try:
                phone.walk(("4", "1", "0", "2", "0"), between=lambda: time.sleep(0.05))
            except Exception as error:  # noqa: BLE001 - the test tells them all
                self.faults.append(f"{type(error).__name__}: {error}"[:200])
            self.seconds += phone.seconds


def sockets_at(port: int) -> int:
    """How many connections the listener at this port still has, whatever their state; those that only linger aside."""
    lingers = {"06", "0A"}  # TIME_WAIT, and LISTEN itself: the kernel's numbers in /proc/net/tcp
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] not in lingers for row in rows)


def _is_ended(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        while data := connection.recv(65536):
            del data
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
