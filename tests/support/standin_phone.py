"""Stands in for the Android phone: takes texts as its app does, fails as told, goes off for hours, and posts what it got.

``StandinPhone`` is the app's own HTTP, with the rules and the ledger of ``tests.support.standin``; a text under an id that it has is
409. ``Posts`` is the other way: signed envelopes, repeated, out of order or forged as a test likes.
"""

import base64
import json
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

from gateway.channels.android.posts import sign_body
from gateway.menus.engine.text_size import split_parts
from tests.support.standin import Posted, Rule, Standin, _Server, _Wire, post_bytes

NAME, PASSWORD = "sms", "a password of the phone"
KEY = "a signing key that is long enough"

FIRST_TEXT = datetime(2026, 11, 24, 14, 5, tzinfo=timezone(timedelta(hours=7)))
"""When the first text came to the phone; each further one a second later."""


class _App(_Wire):
    """The app's HTTP."""

    def do_POST(self) -> None:  # noqa: N802 - the library's own name
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        if not self._is_let_in():
            return
        if path == "/messages":
            self._message(json.loads(body))
        elif path == "/webhooks":
            hook = json.loads(body)
            if hook["event"] in self.server.standin.unknown:
                self._json(400, {"message": "unknown event"})
                return
            self.server.standin.hooks[hook["id"]] = hook
            self._json(201, hook)
        else:
            self._json(404, {"message": "Not found"})

    def do_GET(self) -> None:  # noqa: N802 - the same
        phone, path = self.server.standin, urlsplit(self.path).path
        if not self._is_let_in():
            return
        own_id = path.removeprefix("/messages/")
        if path == "/health":
            self._json(200, phone.health())
        elif own_id in phone.states:
            self._json(200, phone.told(own_id))
        else:
            self._json(404, {"message": "Not found"})

    def _is_let_in(self) -> bool:
        phone = self.server.standin
        phone.posts.append({"path": self.path, "headers": dict(self.headers.items()), "form": {}})
        right = base64.b64encode(f"{NAME}:{phone.key}".encode()).decode()
        if self.headers.get("Authorization") == f"Basic {right}":
            return True
        self.rfile.read(0)
        self._json(401, {"message": "Unauthorized"})
        return False

    def _message(self, message: dict[str, Any]) -> None:
        phone = self.server.standin
        phone.given.append(message)
        rule = phone.next_rule()
        if not self._before(rule):
            return
        if rule.do == "status" and not rule.accept:
            self._answer(rule.status, rule.body.encode(), "application/json", rule.headers)
            return
        taken = rule.do != "html" and phone.take(message)
        if self._after(rule):
            self._say(rule, message["id"], taken=taken)

    def _say(self, rule: Rule, own_id: str, *, taken: bool) -> None:
        if rule.do == "html":
            self._answer(200, b"<!doctype html><html>Please log in</html>", "text/html")
        elif not taken:
            self._json(409, {"message": "Message with this ID already exists"})
        elif rule.do == "broken":
            self._answer(202, b'{"id":', "application/json")
        else:
            self._json(202, self.server.standin.told(own_id))

    def _json(self, status: int, content: Mapping[str, Any]) -> None:
        self._answer(status, json.dumps(content).encode(), "application/json")


class StandinPhone(Standin):
    """A phone with one SIM.

    Attributes:
        given: every text that was given to it, taken or not, in order.
        states: own id → what the app says became of it.
        hooks: where it was told to post.
        unknown: events that this version of the app refuses.
        battery: in percent.
    """

    wire = _App

    def __init__(self, port: int = 0, **more: Any) -> None:
        self.given: list[dict[str, Any]] = []
        self.states: dict[str, str] = {}
        self.hooks: dict[str, dict[str, str]] = {}
        self.unknown: set[str] = set()
        self.battery = 80
        super().__init__(port, **{"key": PASSWORD, **more})

    def take(self, message: Mapping[str, Any]) -> bool:
        """Take a text, once under each id."""
        with self._lock:
            if message["id"] in self.states:
                return False
            self.states[message["id"]] = "Pending"
        (number,) = message["phoneNumbers"]
        text = message["textMessage"]["text"]
        self.accept(number, text, "", "")
        self.sent[-1] |= {"own_id": message["id"], "parts": str(len(split_parts(text)))}
        return True

    def told(self, own_id: str) -> dict[str, Any]:
        """What the app says of a text."""
        return {
            "id": own_id,
            "deviceId": "dev01",
            "state": self.states[own_id],
            "recipients": [],
            "states": {},
        }

    def health(self) -> dict[str, Any]:
        """What the app says of itself."""
        return {
            "status": "pass",
            "checks": {
                "battery:level": {"observedValue": self.battery},
                "battery:charging": {"observedValue": 4},
                "messages:failed": {"observedValue": 0},
            },
        }

    def off(self) -> None:
        """Lose the network: nobody listens any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def on(self) -> None:
        """Be back, at the same address."""
        address = self._server.server_address
        self._server = _Server(address, _App)
        self._server.standin = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()


class Posts:
    """What the phone posts. ``addresses`` is one line of ``gateway webhooks --json``: event → address."""

    def __init__(self, addresses: Mapping[str, str], *, key: str = KEY, now: float | None = None) -> None:
        self.addresses = addresses
        self.key = key
        self.now = now  # the second by which it signs; the machine's own where there is none
        self._made = 0
        self._moments: dict[str, int] = {}

    def text(self, number: str, words: str, *, again: str = "", at: str = "") -> Posted:
        """Post a text of hers; the same ``again`` is the same text once more, any other came a moment later."""
        payload = {
            "messageId": f"{hash(words) & 0xFFFFFFFF:08x}",
            "message": words,
            "sender": number,
            "recipient": "+8562055500009",
            "simNumber": 1,
            "receivedAt": at or self._received_at(again),
        }
        return self.envelope("sms:received", payload, again=again)

    def _received_at(self, again: str) -> str:
        moment = self._moments.setdefault(again, len(self._moments)) if again else self._made + 10_000
        return (FIRST_TEXT + timedelta(seconds=moment)).isoformat(timespec="milliseconds")

    def became(self, own_id: str, word: str, *, number: str = "+8562055500001", **more: Any) -> Posted:
        """Post what became of a text of ours: sent, delivered, failed or cancelled."""
        payload = {"messageId": own_id, "phoneNumber": number, "simNumber": 1, **more}
        return self.envelope(f"sms:{word}", payload, to="delivery")

    def ring(self, number: str, *, again: str = "", word: str = "ringing") -> Posted:
        """Post a ring."""
        return self.envelope(f"call:{word}", {"phoneNumber": number}, to="voice", again=again)

    def ping(self, phone: StandinPhone) -> Posted:
        """Post how the phone is."""
        return self.envelope("system:ping", {"health": phone.health()}, to="health")

    def envelope(self, event: str, payload: Mapping[str, Any], *, to: str = "sms", again: str = "") -> Posted:
        """Post an envelope, signed afresh as each attempt is."""
        self._made += 1
        made = again or f"evt{self._made:05d}"
        whole = {"deviceId": "dev01", "event": event, "id": made, "payload": payload, "webhookId": "wh01"}
        return self.raw(json.dumps(whole, ensure_ascii=False).encode(), to=to)

    def raw(self, body: bytes, *, to: str = "sms", headers: Mapping[str, str] | None = None) -> Posted:
        """Post these very bytes, signed unless headers say otherwise."""
        stamp = str(int(time.time() if self.now is None else self.now))
        signed = {"X-Signature": sign_body(self.key, body, stamp), "X-Timestamp": stamp}
        found = dict(signed if headers is None else headers)
        return post_bytes(self.addresses[to], body, content_type="application/json", headers=found)
