"""What is no HTTP, or too much of it, is refused in few bytes: no page, no words of ours, and nobody else waits."""

import socket

import pytest

from gateway.web.shared import BARE
from tests.support.running import Running

pytestmark = [pytest.mark.fault("K16"), pytest.mark.xdist_group("house")]
CLOSE = b"Host: x\r\nConnection: close\r\n"
BY_THE_SERVER = [
    (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),  # TLS where none is spoken
    (400, b"hello there\r\n\r\n"),
    (400, b"GET /healthz\r\n\r\n"),
    (400, b"GET /healthz HTTP/3.0\r\n" + CLOSE + b"\r\n"),
    (400, b"GET /a b HTTP/1.1\r\n" + CLOSE + b"\r\n"),
    (400, b"GET /\xff HTTP/1.1\r\n" + CLOSE + b"\r\n"),
    (400, b"GET / HTTP/1.1\r\n" + CLOSE + b"X y: 1\r\n\r\n"),
    (400, b"GET / HTTP/1.1\r\n" + CLOSE + b"X: a\0b\r\n\r\n"),
    (400, b"POST /sign-in HTTP/1.1\r\n" + CLOSE + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
    (400, b"POST /sign-in HTTP/1.1\r\n" + CLOSE + b"Content-Length: -1\r\n\r\nabcd"),
    (400, b"POST /sign-in HTTP/1.1\r\n" + CLOSE + b"Transfer-Encoding: gzip\r\n\r\nabcd"),
    (414, b"POST /webhooks/africastalking/x/ussd?" + b"a" * 70_000 + b" HTTP/1.1\r\n" + CLOSE + b"\r\n"),
    (431, b"GET / HTTP/1.1\r\n" + CLOSE + b"".join(b"X%d: 1\r\n" % n for n in range(200)) + b"\r\n"),
    (431, b"GET / HTTP/1.1\r\n" + CLOSE + b"X: " + b"a" * 600_000 + b"\r\n\r\n"),
]
BY_US = [
    (200, b"GET /sign-in?back=/\xe0\xba\x82 HTTP/1.1\r\n" + CLOSE + b"\r\n"),
    (404, b"GET /\xe0\xba\x82\xff".replace(b"\xff", b"%ff%00") + b" HTTP/1.1\r\n" + CLOSE + b"\r\n"),
    (404, b"OPTIONS * HTTP/1.1\r\n" + CLOSE + b"\r\n"),
    (404, b"CONNECT example.org:443 HTTP/1.1\r\n" + CLOSE + b"\r\n"),
    (405, b"A" * 500 + b" / HTTP/1.1\r\n" + CLOSE + b"\r\n"),
    (400, b"POST /sign-in HTTP/1.1\r\n" + CLOSE + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n"),
    (
        404,
        b"POST /webhooks/africastalking/x/ussd?\xe0\xba\x82 HTTP/1.1\r\n"
        + CLOSE
        + b"Content-Length: 0\r\n\r\n",
    ),
]


def answer_to(running: Running, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the one answer; the connection is closed behind it."""
    found = b""
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as wire:
        wire.sendall(request)
        while piece := wire.recv(65536):
            found += piece
    head, _, body = found.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    return (
        int(status.split()[1]),
        {name.lower(): value for name, value in (x.split(": ", 1) for x in lines)},
        body,
    )


def test_what_the_server_refuses_itself_has_no_body(house: Running) -> None:
    """These answers are made before any header of ours could be set, and Granian has no option for them."""
    for status, request in BY_THE_SERVER:
        found, headers, body = answer_to(house, request)
        assert (found, body) == (status, b""), request[:60]
        assert set(headers) == {"connection", "content-length", "date"}, request[:60]


def test_what_reaches_us_is_answered_by_us(house: Running) -> None:
    for status, request in BY_US:
        found, headers, body = answer_to(house, request)
        assert found == status, request[:60]
        assert {name.lower() for name in (*BARE, "Cache-Control")} <= set(headers), request[:60]
        assert b"Traceback" not in body
        if request.startswith(b"POST /webhooks"):
            assert headers["content-type"] == "text/plain; charset=utf-8"
    assert "front failed" not in house.said()
    assert house.get("/healthz") == (200, "OK")
