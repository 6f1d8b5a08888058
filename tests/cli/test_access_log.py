"""The web server writes down no address: one holds the secret of a webhook, another lets somebody in by one tap."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner

from gateway.cli.main import main
from tests.support.running import free_port

pytestmark = pytest.mark.kills
TOKEN = "tokenofonetap0000000000000000000"
WISHED = {
    "GRANIAN_LOG_ACCESS_ENABLED": "true",
    "GRANIAN_ACCESS_LOG": "true",
    "GRANIAN_LOG_LEVEL": "debug",
    "GRANIAN_LOG_ACCESS_FMT": "%(path)s",
    "GRANIAN_ACCESS_LOG_FMT": "%(path)s",
}
"""All by which whoever runs the server might ask Granian for such a log."""


LOUD = """
import granian
from gateway.cli import processes
quiet = granian.Granian
granian.Granian = lambda *target, **options: quiet(*target, **options | {"log_access": True, "log_level": "info"})
processes.web()
"""
"""A `gateway web` that writes such a log after all."""


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A data folder of its own, with tables."""
    for name, value in {
        "GATEWAY_DATA_DIR": str(tmp_path / "var"),
        "PORT": str(free_port()),
        "WEB_WORKERS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    assert CliRunner().invoke(main, ["db", "upgrade"]).exit_code == 0


@contextmanager
def serving(command: Sequence[str], log: Path, **more: str) -> Iterator[str]:
    address = f"http://127.0.0.1:{os.environ['PORT']}"
    with log.open("wb") as written:
        server = subprocess.Popen(
            command,
            env={**os.environ, **more},
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until = time.monotonic() + 60
        while asked(f"{address}/healthz") != 200:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def asked(address: str, **fields: str) -> int:
    try:
        body = urlencode(fields).encode() if fields else None
        with urllib.request.urlopen(address, body, timeout=15) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def secrets() -> dict[str, str]:
    done = CliRunner().invoke(main, ["webhooks", "--json"], catch_exceptions=False)
    return dict(json.loads(done.stdout)["simulator"])


def visit(address: str) -> str:
    """Go where addresses are secrets: by a dial that is taken, one that is not, and a link of one tap."""
    hop = {
        "sessionId": "S",
        "phoneNumber": "+8562055500001",
        "networkCode": "SIM",
        "serviceCode": "*1#",
        "text": "",
    }
    webhook = secrets()["ussd"]
    assert asked(webhook, **hop) == 200
    assert asked(webhook, **(hop | {"phoneNumber": ""})) == 400
    assert asked(f"{address}/t/{TOKEN}") in {200, 302, 303, 404, 410}
    assert asked(f"{address}/t/{TOKEN}/nowhere") in {302, 404}
    return webhook.rsplit("/", 2)[1]


@pytest.mark.parametrize("wishes", [{}, WISHED], ids=["as it is", "whatever is wished"])
def test_no_secret_is_written_down(tmp_path: Path, wishes: dict[str, str]) -> None:
    with serving([sys.executable, "-m", "gateway.cli", "web"], tmp_path / "log", **wishes) as address:
        secret = visit(address)
    said = (tmp_path / "log").read_text()
    for word in (secret, TOKEN, "/webhooks/", "/t/", "85620555"):
        assert word not in said


def test_this_test_would_see_one(tmp_path: Path) -> None:
    with serving([sys.executable, "-c", LOUD], tmp_path / "log") as address:
        secret = visit(address)
    said = (tmp_path / "log").read_text()
    assert secret in said
    assert TOKEN in said
