"""Stands in for Africa's Talking: takes texts as it does, fails as told, and posts webhooks byte for byte as documented.

Run it as ``python tests/support/standin.py --port 8099 --ledger FILE`` or start ``Standin`` in a test. What it accepted is in the
ledger: one fsynced line a text, under a hash of number and text, so that a kill of anybody loses nothing of the truth.
"""

import argparse
import hashlib
import http.client
import json
import os
import socket
import struct
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support.serving import JoiningServer

KEY = "standin-key"
WORDS = {
    100: "Processed",
    101: "Success",
    102: "Queued",
    401: "RiskHold",
    402: "InvalidSenderId",
    403: "InvalidPhoneNumber",
    404: "UnsupportedNumberType",
    405: "InsufficientBalance",
    406: "UserInBlacklist",
    407: "CouldNotRoute",
    409: "DoNotDisturbRejection",
    500: "InternalServerError",
    501: "GatewayError",
    502: "RejectedByGateway",
}
LONGEST_HOLD = 120


def key_of(number: str, text: str) -> str:
    """Return what one text to one number is filed under in the ledger."""
    return hashlib.sha256(f"{number}\n{text}".encode()).hexdigest()[:24]


@dataclass
class Rule:
    """What happens to the next texts.

    ``do`` is one of: accept, hold, drop, reset, delay, status, code, silent, html, charset, text, xml, broken, redirect, huge.
    ``at`` says for hold, drop, reset and delay whether it falls ``before`` or ``after`` the acceptance; ``times`` 0 is for ever.
    """

    do: str = "accept"
    at: str = "before"
    times: int = 1
    seconds: float = 0
    status: int = 500
    code: int = 500
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    accept: bool = False


class Standin:
    """The server, in a thread of this process; another provider's stand-in answers in its own ``wire``."""

    wire: ClassVar["type[_Wire] | None"] = None

    def __init__(self, port: int = 0, *, ledger: Path | None = None, key: str = KEY) -> None:
        self.key = key
        self.sent: list[dict[str, str]] = []  # what was accepted, in full; the ledger holds only hashes
        self.posts: list[dict[str, object]] = []
        self.held = 0
        self.abandoned = 0
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        self._release, self._ended = threading.Event(), threading.Event()
        self._ledger = ledger.open("ab", buffering=0) if ledger else None
        self._server = _Server(("127.0.0.1", port), self.wire or _Wire)
        self._server.standin = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        if self._ledger:
            self._ledger.close()

    def rule(self, do: str, **how: object) -> None:
        """Say what happens to the next texts; rules are used up in order."""
        with self._lock:
            self._rules.append(Rule(do=do, **how))

    def next_rule(self) -> Rule:
        with self._lock:
            if not self._rules:
                return Rule()
            rule = self._rules[0]
            if rule.times == 1:
                self._rules.pop(0)
            elif rule.times:
                rule.times -= 1
            return rule

    def wait(self, seconds: float) -> None:
        """Wait, unless it ends before."""
        self._ended.wait(seconds)

    def hold(self) -> None:
        """Wait until released."""
        with self._lock:
            self.held += 1
            release = self._release
        release.wait(LONGEST_HOLD)
        with self._lock:
            self.held -= 1

    def release(self) -> None:
        """Let everything that is held go on; what is held after this waits for the next release."""
        with self._lock:
            self._release.set()
            self._release = threading.Event()

    def reset(self) -> None:
        """Forget the rules and let everything go; the ledger stays."""
        with self._lock:
            self._rules.clear()
        self.release()

    def accept(self, number: str, text: str, sender: str, link: str) -> str:
        """Put one text on record, on disk before anybody is told."""
        with self._lock:
            message_id = f"ATXid_{len(self.sent) + 1:032x}"
            entry = {"id": message_id, "key": key_of(number, text)}
            if self._ledger:
                self._ledger.write(json.dumps(entry).encode() + b"\n")
                os.fsync(self._ledger.fileno())
            self.sent.append({**entry, "to": number, "text": text, "from": sender, "link": link})
            return message_id

    def state(self) -> dict[str, object]:
        """Return what a rig asks for from outside."""
        with self._lock:
            counts = Counter(entry["key"] for entry in self.sent)
            return {
                "held": self.held,
                "abandoned": self.abandoned,
                "posts": len(self.posts),
                "accepted": len(self.sent),
                "twice": sum(1 for count in counts.values() if count > 1),
            }

    def wait_held(self, many: int = 1, seconds: float = 10) -> None:
        """Wait until this many posts are held."""
        deadline = time.monotonic() + seconds
        while self.held < many:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.held} held, not {many}")
            time.sleep(0.005)


def read_ledger(path: Path) -> Counter[str]:
    """Return how often each text was accepted; a last line that a kill cut short was never answered."""
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return Counter(json.loads(line)["key"] for line in lines)


class _Server(JoiningServer):
    standin: Standin


class _Wire(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 150

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/control/"):
            self._control(self.path.removeprefix("/control/"), body)
        elif urlsplit(self.path).path in ("/version1/messaging", "/redirected"):
            self._messaging(
                {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
            )
        else:
            self._answer(404, b"Not Found", "text/plain")

    def do_GET(self) -> None:
        standin = self.server.standin
        found = {"/control/state": standin.state, "/control/sent": lambda: list(standin.sent)}.get(self.path)
        if found is None:
            standin.posts.append({"path": self.path, "headers": dict(self.headers.items()), "form": {}})
            self._answer(404, b"Not Found", "text/plain")
        else:
            self._answer(200, json.dumps(found()).encode(), "application/json")

    def _control(self, verb: str, body: bytes) -> None:
        standin = self.server.standin
        if verb == "rules":
            for rule in json.loads(body):
                standin.rule(**rule)
        elif verb == "release":
            standin.release()
        elif verb == "reset":
            standin.reset()
        else:
            self._answer(404, b"Not Found", "text/plain")
            return
        self._answer(200, json.dumps(standin.state()).encode(), "application/json")

    def _messaging(self, form: dict[str, str]) -> None:
        standin = self.server.standin
        standin.posts.append({"path": self.path, "headers": dict(self.headers.items()), "form": form})
        if self.headers.get("apiKey") != standin.key:
            self._answer(401, b"The supplied authentication is invalid", "text/plain")
            return
        if not all(form.get(name) for name in ("username", "to", "message")):
            self._answer(400, b"Request is missing required form field", "text/plain")
            return
        rule = standin.next_rule()
        if not self._before(rule):
            return
        recipients = self._recipients(rule, form)
        if self._after(rule):
            self._told(rule, recipients)

    def _before(self, rule: Rule) -> bool:
        standin = self.server.standin
        if rule.do in ("drop", "reset") and rule.at == "before":
            self._hang_up(reset=rule.do == "reset")
            return False
        if rule.do == "hold" and rule.at == "before":
            standin.hold()
            if self._client_is_gone():
                standin.abandoned += 1
                self.close_connection = True
                return False
        if rule.do == "delay" and rule.at == "before":
            self.server.standin.wait(rule.seconds)
        return True

    def _recipients(self, rule: Rule, form: dict[str, str]) -> list[dict[str, object]]:
        if rule.do in ("silent", "redirect", "html", "broken") or (rule.do == "status" and not rule.accept):
            return []
        code = rule.code if rule.do == "code" else 101
        return [self._recipient(code, number, form) for number in form["to"].split(",")]

    def _recipient(self, code: int, number: str, form: dict[str, str]) -> dict[str, object]:
        told: dict[str, object] = {"statusCode": code, "number": number, "status": WORDS.get(code, "Unheard")}
        if code not in (100, 101, 102):
            return {**told, "cost": "0", "messageId": "None"}
        sender, link = form.get("from", "AFRICASTKNG"), form.get("linkId", "")
        message_id = self.server.standin.accept(number, form["message"], sender, link)
        return {**told, "cost": "KES 0.8000", "messageId": message_id}

    def _after(self, rule: Rule) -> bool:
        if rule.at != "after":
            return True
        if rule.do in ("drop", "reset"):
            self._hang_up(reset=rule.do == "reset")
            return False
        if rule.do == "hold":
            self.server.standin.hold()
        if rule.do == "delay":
            self.server.standin.wait(rule.seconds)
        return True

    def _told(self, rule: Rule, recipients: list[dict[str, object]]) -> None:
        done = sum(1 for each in recipients if each["messageId"] != "None")
        summary = f"Sent to {done}/{len(recipients)} Total Cost: KES {0.8 * done:.4f}"
        whole = {
            "SMSMessageData": {
                "Message": rule.body if rule.do == "silent" else summary,
                "Recipients": recipients,
            }
        }
        told = json.dumps(whole).encode()
        answers = {
            "status": (rule.status, rule.body.encode(), "text/plain", rule.headers),
            "html": (200, b"<!doctype html><html><body>Please log in</body></html>", "text/html", {}),
            "charset": (201, told, "application/json; charset=utf-8", {}),
            "text": (200, told, "text/plain", {}),
            "xml": (201, b"<AfricasTalkingResponse/>", "application/xml", {}),
            "broken": (201, told[:-5], "application/json", {}),
            "redirect": (302, b"", "text/plain", {"Location": "/redirected"}),
            "huge": (201, told[:-1] + b" " * 1_000_000 + b"}", "application/json", {}),
        }
        status, body, content_type, headers = answers.get(rule.do, (201, told, "application/json", {}))
        self._answer(status, body, content_type, headers)

    def _answer(
        self, status: int, body: bytes, content_type: str, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _client_is_gone(self) -> bool:
        self.connection.setblocking(False)
        try:
            return self.connection.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            self.connection.settimeout(self.timeout)

    def _hang_up(self, *, reset: bool) -> None:
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        else:
            self.connection.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Posted:
    """What came back for a webhook."""

    status: int
    headers: dict[str, str]
    body: str


class Provider:
    """Posts webhooks as the provider does. ``addresses`` is one line of ``gateway webhooks --json``: event → address."""

    def __init__(
        self, addresses: dict[str, str], *, code: str = "*384*12345#", short_code: str = "22384"
    ) -> None:
        self.addresses = addresses
        self.code = code
        self.short_code = short_code

    def ussd(self, session: str, number: str, text: str = "") -> Posted:
        """Post one hop; ``text`` is all of her inputs, joined by ``*``."""
        return self.post(
            "ussd",
            sessionId=session,
            phoneNumber=number,
            networkCode="99999",
            serviceCode=self.code,
            text=text,
        )

    def ended(
        self, session: str, number: str, *, status: str = "Success", typed: str = "", read: str = ""
    ) -> Posted:
        """Post the end of a session with all that the provider adds to it."""
        return self.post(
            "ussd-end",
            date="2026-01-02 03:05:00",
            sessionId=session,
            serviceCode=self.code,
            networkCode="99999",
            phoneNumber=number,
            status=status,
            cost="KES 0.00",
            durationInMillis="41000",
            hopsCount="3",
            input=typed,
            lastAppResponse=read,
            errorMessage="",
        )

    def sms(self, message_id: str, number: str, text: str, *, link: str = "") -> Posted:
        """Post a text of hers."""
        return self.post(
            "sms",
            **{
                "date": "2026-01-02 03:04:05",
                "from": number,
                "id": message_id,
                "linkId": link,
                "text": text,
                "to": self.short_code,
                "cost": "KES 0.00",
                "networkCode": "99999",
            },
        )

    def delivery(self, message_id: str, number: str, status: str, *, reason: str = "") -> Posted:
        """Post what became of a text of ours."""
        failure = {"failureReason": reason} if reason else {}
        return self.post(
            "delivery",
            id=message_id,
            status=status,
            phoneNumber=number,
            networkCode="99999",
            **failure,
            retryCount="0",
        )

    def opt_out(self, number: str) -> Posted:
        """Post that a number wants no more texts."""
        return self.post("optout", senderId="HELPLINE", phoneNumber=number)

    def post(self, event: str, **fields: str) -> Posted:
        """Post these fields, in this order."""
        return self.raw(event, urlencode(fields).encode())

    def raw(
        self,
        event: str,
        body: bytes,
        *,
        method: str = "POST",
        content_type: str = "application/x-www-form-urlencoded",
        headers: dict[str, str] | None = None,
    ) -> Posted:
        """Post these very bytes to the address of an event."""
        return post_bytes(
            self.addresses[event], body, method=method, content_type=content_type, headers=headers
        )


def post_bytes(
    address: str,
    body: bytes,
    *,
    method: str = "POST",
    content_type: str = "application/x-www-form-urlencoded",
    headers: dict[str, str] | None = None,
) -> Posted:
    """Send one request over a connection of its own."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=30)
    sent = {"Content-Type": content_type, "User-Agent": "AfricasTalking", **(headers or {})}
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, path, body=body, headers=sent)
        answer = connection.getresponse()
        received = {name.lower(): value for name, value in answer.getheaders()}
        return Posted(status=answer.status, headers=received, body=answer.read().decode())
    finally:
        connection.close()


def main() -> None:
    """Serve until stopped."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--ledger", type=Path)
    options.add_argument("--key", default=KEY)
    chosen = options.parse_args()
    with Standin(chosen.port, ledger=chosen.ledger, key=chosen.key) as standin:
        print(f"listening {standin.url}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
