"""Half posts, half heads and slow readers hold their own sockets and nothing else, with the guide's proxy and without."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.held_state import Hops, holding, sockets_at
from tests.support.running import REPOSITORY, Running, free_port, wait
from tests.support.trial_phones import percentile

pytestmark = [pytest.mark.kills, pytest.mark.fault("S1"), pytest.mark.xdist_group("slow-clients")]
GUIDE = REPOSITORY / "docs" / "how-to" / "run-on-a-server.md"
ANSWERED_WITHIN = 1.0
LEFT_OPEN = 4
"""Connections that the test's own phones or the proxy may still keep open."""


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A gateway of its own: what is held would slow down the tests of others."""
    with Running(tmp_path_factory.mktemp("walked"), {"TRUSTED_PROXIES": "1"}) as running:
        yield running


@contextmanager
def caddy(upstream: int) -> Iterator[int]:
    """The proxy of the guide, its file taken word for word but for the two addresses; yields its port."""
    program = shutil.which("caddy")
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("caddy is not installed here")
    (written,) = re.findall(r"```caddyfile\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    port = free_port()
    assert written.count("helpline.example.org") == 1
    assert "127.0.0.1:8000" in written
    written = written.replace("helpline.example.org", f"http://127.0.0.1:{port}")
    written = written.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    with tempfile.TemporaryDirectory(prefix="gw-caddy-") as folder:
        file = Path(folder) / "Caddyfile"
        file.write_text("{\n    admin off\n" + written.removeprefix("{\n"))
        home = {"HOME": folder, "XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder}
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                [program, "run", "--config", str(file), "--adapter", "caddyfile"],
                env={**os.environ, **home},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            wait(lambda: _listens(port) or process.poll() is not None, 20, "the proxy listens")
            assert process.poll() is None, (Path(folder) / "log").read_text()
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _stand(house: Running, port: int, seconds: float) -> None:
    provider = house.provider()
    for event, address in provider.addresses.items():
        provider.addresses[event] = address.replace(str(house.port), str(port))
    hops = Hops(provider)
    with holding(house, port) as held:
        hops.run(seconds)
        left = held.open_ones()
        status, _ = house.get("/sign-in")
        assert status == 200
        if seconds > 25:
            assert left == 0, "whoever holds on is let go by us"
    worst, p99 = max(hops.seconds), percentile(hops.seconds, 99)
    print(
        f"port {port}: {len(hops.seconds)} hops in {seconds:g} s, p50 {percentile(hops.seconds, 50) * 1000:.0f} ms, "
        f"p99 {p99 * 1000:.0f} ms, worst {worst * 1000:.0f} ms, {left} of 400 still held at the end"
    )
    assert not hops.faults
    assert len(hops.seconds) > 5 * seconds
    assert p99 < ANSWERED_WITHIN
    took = wait(lambda: sockets_at(house.port) <= LEFT_OPEN, 30, "the sockets are free again")
    print(f"sockets freed {took:.1f} s after they were let go: {sockets_at(house.port)} are left")


@pytest.mark.parametrize("seconds", [4, pytest.param(60, marks=[pytest.mark.slow, pytest.mark.timeout(240)])])
@pytest.mark.parametrize("proxy", ["none", "caddy"])
def test_hops_are_answered_while_slow_clients_hold_on(walked: Running, proxy: str, seconds: int) -> None:
    if proxy == "none":
        _stand(walked, walked.port, seconds)
        return
    with caddy(walked.port) as port:
        _stand(walked, port, seconds)


def test_sixteen_half_posts_of_a_bad_line_are_told_so_and_let_go(walked: Running) -> None:
    half = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\nabc"
    connections = [socket.create_connection(("127.0.0.1", walked.port), timeout=30) for _ in range(16)]
    for connection in connections:
        connection.sendall(half)
    began = time.monotonic()
    assert walked.get("/healthz")[0] == 200
    assert time.monotonic() - began < ANSWERED_WITHIN
    for connection in connections:
        assert connection.recv(100).startswith(b"HTTP/1.1 408 ")
        connection.close()
    assert 10 < time.monotonic() - began < 25
