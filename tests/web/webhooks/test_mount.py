"""The usual post is answered without Flask's routing, to the letter as through it; any other goes through it."""

import io
import json
import sys
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.foundation.time_and_chance import Clock, Serials
from gateway.storage.counts import Counters
from gateway.web.shared.front import build_environ, join_headers
from gateway.web.webhooks.request_guard import MOST_BYTES, PostHeaders
from gateway.web.webhooks.views import Gate, mount_webhooks
from tests.support.channel_tables import line_of
from tests.support.examples import count_examples
from tests.support.served_webhooks import Behind, Page
from tests.web.shared.test_front import Head

FORM = "application/x-www-form-urlencoded"
FIELDS = {
    "sessionId": "S",
    "phoneNumber": "+8562055500001",
    "networkCode": "9",
    "serviceCode": "*1#",
    "text": "1",
}
Posted = tuple[str, dict[str, str], bytes]


class _Rig:
    """An app with the webhooks mounted, and how often Flask routed a request of theirs."""

    def __init__(self) -> None:
        lines = {line.config.name: line for line in (line_of("africastalking"), line_of("simulator"))}
        self.serials = Serials(lines, key=lambda: b"k" * 32, read=lambda _: None)
        self.behind = Behind()
        self.behind.page = Page("ສະບາຍດີ\n1 ຕໍ່", ends=False, screen="main")
        gate = Gate(
            channels=lines,
            secrets=self.serials.secrets,
            doors=self.behind.doors(),
            count=Counters(Clock()),
            clock=Clock(),
        )
        self.app = Flask("pages")
        mount_webhooks(self.app, gate, most_bytes=64 * 1024)
        hooks = self.app.extensions["webhooks"]
        self.through_flask = hooks.wsgi_app
        self.routed = 0

        def routed(environ: Any, start_response: Any) -> Any:
            self.routed += 1
            return self.through_flask(environ, start_response)

        hooks.wsgi_app = routed

    def path(self, event: str, channel: str = "africastalking-1", *, secret: str = "") -> str:
        return f"/webhooks/{channel}/{secret or self.serials.secrets(channel)[0]}/{event}"

    def ask(self, app: Any, path: str, *, body: bytes, method: str = "POST", **more: str) -> Posted:
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "",
            "SERVER_NAME": "x", "SERVER_PORT": "1", "SERVER_PROTOCOL": "HTTP/1.1", "CONTENT_TYPE": FORM,
            "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http", **more,
        }  # fmt: skip
        begun: list[Any] = []
        pieces = app(environ, lambda status, headers, *_: begun.append((status, headers)))
        written = b"".join(pieces)
        status, headers = begun[-1]
        return status, {name.lower(): value for name, value in headers}, written

    def ask_door(
        self, path: str, *, body: bytes, method: str = "POST", query: str = "", **more: str
    ) -> tuple[int, dict[str, str], bytes] | None:
        """Ask as the front does, which has read the body; None where it would pass the request by WSGI."""
        given = [("content-type", FORM)] if "CONTENT_TYPE" not in more else []
        given += [
            (name.removeprefix("HTTP_").replace("_", "-").lower(), value) for name, value in more.items()
        ]
        head = Head(path, method=method, given=given, query_string=query)
        found = self.app.extensions["webhook door"].open(head, join_headers(given), body)
        if found is None:
            return None
        status, headers, words = found() if callable(found) else found
        return status, {name.lower(): value for name, value in headers}, words


@pytest.fixture
def rig() -> _Rig:
    return _Rig()


@pytest.mark.parametrize(
    ("event", "fields", "more"),
    [
        ("ussd", FIELDS, {}),
        ("ussd", FIELDS, {"CONTENT_TYPE": f"{FORM}; charset=UTF-8"}),
        ("ussd", FIELDS, {"CONTENT_TYPE": "text/plain"}),
        ("ussd", FIELDS, {"CONTENT_TYPE": f"{FORM}; charset=latin-1"}),
        ("ussd", FIELDS, {"HTTP_CONTENT_ENCODING": "gzip"}),
        ("ussd", FIELDS, {"CONTENT_LENGTH": str(MOST_BYTES + 1)}),
        ("ussd", FIELDS, {"CONTENT_LENGTH": "500"}),
        ("ussd", {**FIELDS, "phoneNumber": "nobody"}, {}),
        ("ussd", {**FIELDS, "text": "x" * MOST_BYTES}, {}),
        ("sms", {"from": "+8562055500001", "id": "1", "text": "ຄ່າແຮງ"}, {}),
        ("delivery", {"id": "1", "status": "Success"}, {}),
        ("nothing", FIELDS, {}),
    ],
)
def test_a_post_is_answered_as_through_flask(
    rig: _Rig, event: str, fields: dict[str, str], more: dict[str, str]
) -> None:
    body, path = urlencode(fields).encode(), rig.path(event)
    directly = rig.ask(rig.app.wsgi_app, path, body=body, **more)
    assert rig.routed == 0
    assert directly == rig.ask(rig.through_flask, path, body=body, **more)
    if "CONTENT_LENGTH" not in more:  # the front compares it with the body
        assert _number(directly) == rig.ask_door(path, body=body, **more)


def _number(posted: Posted) -> tuple[int, dict[str, str], bytes]:
    status, headers, body = posted
    return int(status[:3]), headers, body


def test_headers_of_the_simulator_are_the_same(rig: _Rig) -> None:
    path = rig.path("ussd", "simulator-1")
    body, kind = json.dumps(FIELDS).encode(), {"CONTENT_TYPE": "application/json"}
    directly = rig.ask(rig.app.wsgi_app, path, body=body, **kind)
    assert directly[1]["x-screen"] == "main"
    assert directly == rig.ask(rig.through_flask, path, body=body, **kind)
    assert _number(directly) == rig.ask_door(path, body=body, **kind)


@pytest.mark.parametrize("secret", ["wrong", "a" * 32, "Ä"])
@pytest.mark.parametrize("channel", ["africastalking-1", "nobody"])
def test_a_stranger_is_refused_as_through_flask(rig: _Rig, channel: str, secret: str) -> None:
    path = rig.path("ussd", channel, secret=secret).encode().decode("latin-1")
    body = urlencode(FIELDS).encode()
    routed = rig.ask(rig.through_flask, path, body=body)
    assert rig.ask(rig.app.wsgi_app, path, body=body) == routed
    assert rig.ask_door(path, body=body) in (None, _number(routed))
    assert not rig.behind.taken


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/webhooks/africastalking-1/x", "POST"),
        ("/webhooks/africastalking-1//ussd", "POST"),
        ("/webhooks/africastalking-1/x/ussd/", "POST"),
        ("/webhooks/", "POST"),
        ("/webhooks/a/b/c", "PUT"),
        ("/webhooks/a/b/c", "HEAD"),
    ],
)
def test_an_odd_address_or_method_goes_through_flask(rig: _Rig, path: str, method: str) -> None:
    status, _, _ = rig.ask(rig.app.wsgi_app, path, body=b"", method=method)
    assert rig.routed == 1
    assert status.startswith(("404", "405"))
    assert rig.ask_door(path, body=b"", method=method) is None


def test_a_query_that_is_not_plain_goes_by_wsgi(rig: _Rig) -> None:
    assert rig.ask_door(rig.path("ussd"), body=urlencode(FIELDS).encode(), query="x=\u0e01") is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([("x-a", "1"), ("x-b", "2")], {"x-a": "1", "x-b": "2"}),
        ([("x-a", "1"), ("x-a", "2")], {"x-a": "1,2"}),
        ([("cookie", "a=1"), ("cookie", "b=2")], {"cookie": "a=1; b=2"}),
        ([("x_a", "forged"), ("x-a", "1")], {"x-a": "1"}),
        ([("content-type", "a"), ("content-type", "b")], {"content-type": "b"}),
    ],
)
def test_headers_are_joined_as_in_the_environment(given: list[tuple[str, str]], told: dict[str, str]) -> None:
    assert join_headers(given) == told
    assert dict(PostHeaders(build_environ(Head(given=given), given, "", b""))) == told


@given(st.lists(st.text(st.characters(codec="ascii", categories=("L", "N", "P")), max_size=12), max_size=6))
@settings(max_examples=count_examples(80), deadline=None)
def test_any_address_is_answered_as_through_flask(parts: list[str]) -> None:
    rig = _Rig()
    path = "/webhooks/" + "/".join(parts)
    directly = rig.ask(rig.app.wsgi_app, path, body=urlencode(FIELDS).encode())
    assert directly == rig.ask(rig.through_flask, path, body=urlencode(FIELDS).encode())


@given(st.lists(st.text(st.characters(codec="ascii", categories=("L", "N", "P")), max_size=12), max_size=6))
@settings(max_examples=count_examples(30), deadline=None)
def test_a_get_is_answered_as_through_flask(parts: list[str]) -> None:
    rig = _Rig()
    path = "/webhooks/" + "/".join(parts)
    directly = rig.ask(rig.app.wsgi_app, path, body=b"", method="GET")
    assert directly == rig.ask(rig.through_flask, path, body=b"", method="GET")


def test_headers_of_a_post_are_read_by_their_names_in_lower_case() -> None:
    headers = PostHeaders(
        {"HTTP_X_SIGNATURE": "s", "CONTENT_TYPE": FORM, "wsgi.input": "", "REQUEST_METHOD": "POST"}
    )
    assert dict(headers) == {"x-signature": "s", "content-type": FORM}
    assert headers.get("x-timestamp") is None
    assert "method" not in headers
    assert len(headers) == 2
