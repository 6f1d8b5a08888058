"""Starts the servers that are compared, all with the same options, and asks the kernel what they cost."""

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode

_TICK = os.sysconf("SC_CLK_TCK")
_CLIENTS = 4


@dataclass
class Server:
    """One web server under measurement."""

    target: str
    path: str
    environment: dict[str, str]
    interface: str = "wsgi"
    port: int = 0
    workers: int = 1
    process: subprocess.Popen[bytes] | None = None
    hops: list[float] = field(default_factory=list)
    micros: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it and wait until it answers."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            self._list_command(), env={**os.environ, **self.environment}, start_new_session=True
        )
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                if self._post(HTTPConnection("127.0.0.1", self.port, timeout=2), "warm", "+254700000001", ""):
                    return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"{self.target} does not answer")

    def _list_command(self) -> list[str]:
        if self.interface == "gunicorn":  # its synchronous workers, as most introductions to Flask show it
            options = [
                "--workers",
                str(self.workers),
                "--bind",
                f"127.0.0.1:{self.port}",
                "--log-level",
                "error",
            ]
            return [sys.executable, "-m", "gunicorn", *options, self.target]
        command = [sys.executable, "-m", "granian", "--interface", self.interface, "--factory", self.target]
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--workers", str(self.workers)]
        options += ["--blocking-threads", "8"] if self.interface == "wsgi" else ["--http", "1"]
        return [*command, *options, "--no-access-log", "--log-level", "error", "--no-ws"]

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=20)

    def round(self, walk: list[str], seconds: float, number: int, connections: int = _CLIENTS) -> int:
        """Walk sessions for some seconds; note hops a second and the server's microseconds a hop; return the hops."""
        counts = [0] * connections
        until = time.monotonic() + seconds
        before, began = self._cpu(), time.monotonic()

        def client(index: int) -> None:
            connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
            made = 0
            while time.monotonic() < until:
                made += 1
                session, caller = (
                    f"b{number}-{index}-{made}",
                    f"+2547{number % 100:02}{index % 100:02}{made % 10_000:04}",
                )
                for hop in range(len(walk) + 1):
                    self._post(connection, session, caller, "*".join(walk[:hop]))
                    counts[index] += 1

        threads = [Thread(target=client, args=(index,)) for index in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        total, took = sum(counts), time.monotonic() - began
        self.hops.append(total / took)
        self.micros.append((self._cpu() - before) / total * 1e6)
        return total

    def pace(
        self, walk: list[str], seconds: float, number: int, *, connections: int, rate: float
    ) -> list[float]:
        """Walk sessions at so many hops a second in all; return how long each hop took from when it was due, in order.

        A hop that could not begin in time because the one before was still under way counts from when it was due, so
        that a pause of the server shows in all that it delayed (coordinated omission).
        """
        taken: list[list[float]] = [[] for _ in range(connections)]
        began = time.monotonic() + 0.1

        def client(index: int) -> None:
            connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
            every, hop, made = connections / rate, 0, 0
            due = began + index / rate
            while due < began + seconds:
                time.sleep(max(0.0, due - time.monotonic()))
                session, caller = f"p{number}-{index}-{made}", f"+2547{number:02}{index:02}{made % 10_000:04}"
                self._post(connection, session, caller, "*".join(walk[:hop]))
                taken[index].append(time.monotonic() - due)
                hop, due = hop + 1, due + every
                if hop > len(walk):
                    hop, made = 0, made + 1

        threads = [Thread(target=client, args=(index,)) for index in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(one for each in taken for one in each)

    def _post(self, connection: HTTPConnection, session: str, caller: str, text: str) -> bool:
        body = urlencode(
            {
                "sessionId": session,
                "phoneNumber": caller,
                "networkCode": "99999",
                "serviceCode": "*384*12345#",
                "text": text,
            }
        )
        connection.request("POST", self.path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        words = answer.read()
        if not words.startswith((b"CON ", b"END ")):
            raise SystemExit(f"{self.target} answered {answer.status}: {words[:80]!r}")
        return True

    def _cpu(self) -> float:
        """Seconds of processor time of every process of this server."""
        assert self.process is not None
        total = 0.0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == self.process.pid:  # the session that this server leads
                total += (int(fields[11]) + int(fields[12])) / _TICK
        return total
