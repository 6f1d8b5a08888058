"""A house whose line is Kannel: the real bearerbox and smsbox, and the operator's centre played over Kannel's fake one.

The fake centre's wire is a line a message: sender, receiver, ``text`` and the words, or ``ucs-2`` or ``udh … data`` and
octets with percent signs; what the centre writes are texts of phones, what it reads are ours.
"""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from flask import Flask

from gateway.channels import find_channel
from gateway.channels.contract import ChannelConfig
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import Serials
from gateway.storage.database import Store
from gateway.web.app import _build_doors
from gateway.web.webhooks.views import Gate, build_blueprint
from tests.support.clocks import SetClock
from tests.support.house import made_parts
from tests.support.running import free_port
from tests.support.serving import serve_app

NUMBER = "1444"
CONFIG = """
group = core
admin-port = {admin}
admin-password = x
admin-interface = 127.0.0.1
smsbox-port = {box}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1

group = smsc
smsc = fake
smsc-id = lao
host = 127.0.0.1
port = {centre}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {send}
sendsms-interface = 127.0.0.1
mo-recode = true
http-request-retry = 5
http-queue-delay = 1

group = sendsms-user
username = gateway
password = kannel-password
concatenation = true
max-messages = 10

group = sms-service
keyword = default
catch-all = true
max-messages = 0
omit-empty = true
get-url = "{sms}?id=%I&from=%q&to=%P&text=%b&coding=%c&charset=%C&ts=%T&smsc=%i"
"""


@dataclass
class KannelRig:
    """The house, and the centre that phones reach."""

    parts: Services
    centre: socket.socket
    lines: list[bytes]

    def text(self, number: str, words: str) -> None:
        """Let a phone text the line."""
        self.centre.sendall(f"{number} {NUMBER} text {words}\n".encode())

    def received(self) -> list[str]:
        """What the centre was given: each text whole, its parts put together in their order."""
        found: list[str] = []
        parts: dict[int, str] = {}
        for line in self.lines:
            _, _, kind, rest = line.split(b" ", 3)
            if kind == b"text":
                found.append(rest.decode())
            elif kind == b"ucs-2":
                found.append(unquote_to_bytes(rest).decode("utf-16-be"))
            else:
                head, _, body = rest.partition(b" data ")
                _, _, _, _, total, nth = unquote_to_bytes(head)  # 3GPP TS 23.040, 9.2.3.24.1
                parts[nth] = unquote_to_bytes(body).decode("utf-16-be")
                if len(parts) == total:
                    found.append("".join(parts[n] for n in sorted(parts)))
                    parts.clear()
        return found


def until(what: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for another process."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


@contextmanager
def kannel_line(store: Store, clock: SetClock, folder: Path) -> Iterator[KannelRig]:
    """Run it; without the programs the test is skipped, on the build machine it fails."""
    programs = [
        shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin") for name in ("bearerbox", "smsbox")
    ]
    if None in programs:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("kannel is not installed here")
    ports = {name: free_port() for name in ("admin", "box", "centre", "send", "web")}
    with _serve_house(store, clock, folder, ports) as (parts, base):
        config = folder / "kannel.conf"
        config.write_text(CONFIG.format(**ports, sms=f"{base}/sms"))
        running: list[subprocess.Popen[bytes]] = []
        try:
            for program, name in zip(programs, ("box", "send"), strict=True):
                with (folder / f"{name}.log").open("wb") as log:
                    command = [str(program), "-v", "4", str(config)]
                    running.append(subprocess.Popen(command, stdout=log, stderr=log))
                _connect(ports[name]).close()
            with _connect(ports["centre"]) as centre:
                rig = KannelRig(parts, centre, [])
                threading.Thread(target=_collect, args=(centre, rig.lines), daemon=True).start()
                yield rig
        finally:
            for process in reversed(running):
                process.terminate()
                process.wait(10)


@contextmanager
def _serve_house(
    store: Store, clock: SetClock, folder: Path, ports: dict[str, int]
) -> Iterator[tuple[Services, str]]:
    """Serve the webhooks of a house with the line; give its parts and the line's address without the event."""
    found = made_parts(store, clock, folder)
    serials = Serials(["kannel"], key=lambda: store.ring.key("webhook"), read=lambda _: None)
    base = f"http://127.0.0.1:{ports['web']}/webhooks/kannel/{serials.secrets('kannel')[0]}"
    options = {
        "send_url": f"http://127.0.0.1:{ports['send']}/cgi-bin/sendsms",
        "username": "gateway",
        "password": "kannel-password",
        "delivery_url": f"{base}/delivery",
    }
    config = ChannelConfig(
        name="kannel", provider="kannel", menu="helpline", sms_number=NUMBER, rate=50, options=options
    )
    parts = replace(found, channels={**found.channels, "kannel": find_channel(config)})
    gate = Gate(
        channels=parts.channels,
        secrets=serials.secrets,
        doors=_build_doors(parts),
        count=parts.count,
        clock=clock,
    )
    app = Flask("webhooks")
    app.register_blueprint(build_blueprint(gate))
    with serve_app(app, ports["web"]):
        yield parts, base


def _connect(port: int) -> socket.socket:
    found: list[socket.socket] = []

    def connects() -> bool:
        try:
            found.append(socket.create_connection(("127.0.0.1", port)))
        except OSError:
            return False
        return True

    until(connects)
    return found[0]


def _collect(centre: socket.socket, lines: list[bytes]) -> None:
    with centre.makefile("rb") as wire:
        for line in wire:
            if line.startswith(NUMBER.encode() + b" "):
                lines.append(line.rstrip(b"\n"))
            elif lines:
                lines[-1] += b"\n" + line.rstrip(b"\n")  # a text of several lines
