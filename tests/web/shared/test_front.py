"""The front reads bodies under a limit, keeps rooms apart, and hands the application what a WSGI server would."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask, request
from werkzeug.wrappers import Response

from gateway.foundation.loop_turns import is_on_loop, refuse_loop
from gateway.web.shared import front
from gateway.web.shared.front import MOST_HALF, MOST_PAGES, Front

pytestmark = pytest.mark.fault("S1")


class Broken(RuntimeError):
    """What Granian raises where the connection ended before the body did."""


@dataclass
class Head:
    """A request's head, as Granian tells it."""

    path: str = "/"
    method: str = "POST"
    given: list[tuple[str, str]] = field(default_factory=list)
    query_string: str = ""
    http_version: str = "1.1"
    scheme: str = "http"
    client: str = "192.0.2.1:4711"
    server: str = "127.0.0.1:8000"

    @property
    def headers(self) -> Any:
        return dict(self.given) if len(dict(self.given)) == len(self.given) else _Items(self.given)


class _Items:
    def __init__(self, given: list[tuple[str, str]]) -> None:
        self._given = given

    def items(self) -> list[tuple[str, str]]:
        return self._given


class Wire:
    """A body that comes when the test says so, and the answer that went back."""

    def __init__(self, *pieces: bytes, ends: bool = True, breaks: bool = False) -> None:
        self.pieces = pieces
        self.ends = ends
        self.breaks = breaks
        self.asked = 0
        self.answer: tuple[int, dict[str, str], bytes] | None = None

    async def __call__(self) -> bytes:
        self.asked += 1
        if not self.ends:
            await asyncio.Event().wait()
        if self.breaks:
            raise Broken
        return b"".join(self.pieces)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.asked += 1
        for piece in self.pieces:
            yield piece
        if not self.ends:
            await asyncio.Event().wait()
        for _ in range(2 if self.breaks else 1):
            yield b""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.answer = status, dict(headers), body

    @property
    def status(self) -> int:
        assert self.answer is not None
        return self.answer[0]


def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("content-length", str(len(body)))])
    return [body]


def built(app: Any = echo, **options: Any) -> Front:
    return Front(app, **{"threads": 2, "most_bytes": 100, "proxies": 0, "within": 0.2} | options)


def sized(body: bytes) -> list[tuple[str, str]]:
    return [("content-length", str(len(body)))]


def run(work: Coroutine[Any, Any, None]) -> None:
    # In a thread of its own: a browser test before it on the same runner leaves its event loop in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(asyncio.wait_for(work, 20))).result()


def asked(served: Front, head: Head, wire: Wire) -> tuple[int, dict[str, str], bytes]:
    run(served.__rsgi__(head, wire))
    assert wire.answer is not None
    return wire.answer


@pytest.mark.parametrize(
    "given", [sized(b"text=1"), [("transfer-encoding", "chunked")]], ids=["told", "chunked"]
)
def test_a_whole_body_reaches_the_application(given: list[tuple[str, str]]) -> None:
    assert asked(built(), Head(given=given), Wire(b"tex", b"t=1"))[::2] == (200, b"text=1")


@pytest.mark.parametrize(("path", "whole"), [("/large/x", True), ("/larger", False), ("/sign-in", False)])
@pytest.mark.parametrize(
    "given", [sized(b"x" * 150), [("transfer-encoding", "chunked")]], ids=["told", "chunked"]
)
def test_a_larger_body_is_read_below_its_path_only(
    given: list[tuple[str, str]], path: str, whole: bool
) -> None:
    served = built(larger={"/large/": 200})
    body = asked(served, Head(path, given=given), Wire(b"x" * 150))[2]
    assert body == (b"x" * 150 if whole else b"")


@pytest.mark.parametrize(
    "given", [sized(b"x" * 50), [("transfer-encoding", "chunked")]], ids=["told", "chunked"]
)
@pytest.mark.parametrize("path", ["/sign-in", "/static/x.css", "/webhooks/a/b/ussd", "/webhooks/a/b/sms"])
def test_half_a_body_is_given_up_after_the_limit_and_never_takes_a_thread(
    given: list[tuple[str, str]], path: str
) -> None:
    called: list[object] = []
    served = built(lambda *_: called.append(1))
    assert asked(served, Head(path, given=given), Wire(b"abc", ends=False))[0] == 408
    assert not called


@pytest.mark.parametrize(
    "given", [sized(b"x" * 50), [("transfer-encoding", "chunked")]], ids=["told", "chunked"]
)
def test_a_body_whose_sender_went_away_is_not_taken_for_a_whole_one(given: list[tuple[str, str]]) -> None:
    assert asked(built(), Head(given=given), Wire(b"half of her wor", breaks=True))[0] == 400


def refusing(limit: int) -> Flask:
    app = Flask("refusing", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = limit

    @app.post("/")
    def take() -> bytes:
        return request.get_data()

    return app


@pytest.mark.parametrize(
    ("given", "asks"),
    [(sized(b"x" * 101), 0), ([("transfer-encoding", "chunked")], 1)],
    ids=["told", "chunked"],
)
def test_too_long_a_body_is_refused_by_the_application_without_being_read(
    given: list[tuple[str, str]], asks: int
) -> None:
    wire = Wire(b"x" * 60, b"x" * 60, ends=False)
    assert asked(built(refusing(100).wsgi_app), Head(given=given), wire)[0] == 413
    assert wire.asked == asks


def test_without_a_body_none_is_waited_for() -> None:
    wire = Wire(ends=False)
    assert asked(built(), Head("/", "GET"), wire)[0] == 200
    assert wire.asked == 0


def test_of_too_many_halves_of_one_address_the_oldest_are_given_up_at_once() -> None:
    served = built(within=5, slow_after=0)
    wires = [Wire(ends=False) for _ in range(MOST_HALF + 3)]
    other, whole = Wire(ends=False), Wire(b"text=1")

    async def flood() -> None:
        tasks = [asyncio.create_task(served.__rsgi__(Head(given=sized(b"x" * 9)), wire)) for wire in wires]
        stranger = Head(given=sized(b"x" * 9), client="198.51.100.7:1")
        tasks.append(asyncio.create_task(served.__rsgi__(stranger, other)))
        await asyncio.sleep(0.2)
        await served.__rsgi__(Head(given=sized(b"text=1")), whole)
        await asyncio.sleep(0.1)
        assert [wire.answer and wire.status for wire in wires[:4]] == [408] * 4, (
            "three, and one for the whole post"
        )
        assert all(wire.answer is None for wire in (*wires[4:], other))
        assert whole.status == 200
        for task in tasks:
            task.cancel()

    run(flood())


def test_bodies_that_are_merely_many_are_all_read() -> None:
    served = built(within=5)
    wires = [Wire(ends=False) for _ in range(MOST_HALF * 8)]

    async def burst() -> None:
        tasks = [asyncio.create_task(served.__rsgi__(Head(given=sized(b"x" * 9)), wire)) for wire in wires]
        await asyncio.sleep(0.3)
        assert all(wire.answer is None for wire in wires), "a provider posts them all from one address"
        for task in tasks:
            task.cancel()

    run(burst())


def test_behind_a_proxy_the_address_is_the_one_that_it_tells() -> None:
    served = built(within=5, proxies=1)
    wires = [Wire(ends=False) for _ in range(MOST_HALF + 3)]

    async def flood() -> None:
        tasks = [
            asyncio.create_task(
                served.__rsgi__(
                    Head(given=[*sized(b"x" * 9), ("x-forwarded-for", f"made up, 198.51.100.{number}")]), wire
                )
            )
            for number, wire in enumerate(wires)
        ]
        await asyncio.sleep(0.2)
        assert all(wire.answer is None for wire in wires)
        for task in tasks:
            task.cancel()

    run(flood())


def blocked(over: threading.Event, path: str) -> Callable[..., Iterable[bytes]]:
    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(path):
            over.wait(20)
        start_response("200 OK", [])
        return [b"ok"]

    return app


HOP, TEXT, PAGE = "/webhooks/line/secret/ussd", "/webhooks/line/secret/sms", "/callbacks"


@pytest.mark.parametrize(("slow", "quick"), [(PAGE, HOP), (PAGE, TEXT), (TEXT, HOP)])
def test_slow_requests_of_one_sort_leave_the_others_their_threads(slow: str, quick: str) -> None:
    over = threading.Event()
    served = built(blocked(over, slow))
    held, hop = [Wire() for _ in range(8)], Wire()

    async def walk() -> None:
        tasks = [asyncio.create_task(served.__rsgi__(Head(slow, "GET"), wire)) for wire in held]
        await asyncio.sleep(0.1)
        await asyncio.wait_for(served.__rsgi__(Head(quick, "GET"), hop), 2)
        assert hop.status == 200
        assert all(wire.answer is None for wire in held)
        over.set()
        await asyncio.gather(*tasks)
        assert {wire.status for wire in held} == {200}

    run(walk())


def test_one_address_cannot_fill_the_room_of_the_pages() -> None:
    over = threading.Event()
    served = built(blocked(over, PAGE))
    wires = [Wire() for _ in range(MOST_PAGES + 2)]
    stranger = Wire()

    async def walk() -> None:
        tasks = [asyncio.create_task(served.__rsgi__(Head(PAGE, "GET"), wire)) for wire in wires]
        tasks.append(
            asyncio.create_task(served.__rsgi__(Head(PAGE, "GET", client="198.51.100.7:1"), stranger))
        )
        await asyncio.sleep(0.2)
        assert [wire.status for wire in wires if wire.answer] == [503, 503]
        over.set()
        await asyncio.gather(*tasks)
        assert stranger.status == 200

    run(walk())


def test_the_many_addresses_of_one_subscriber_of_ipv6_are_one() -> None:
    over = threading.Event()
    served = built(blocked(over, PAGE))
    wires = [Wire() for _ in range(MOST_PAGES + 2)]

    async def walk() -> None:
        heads = [Head(PAGE, "GET", client=f"[2001:db8::{n:x}]:1") for n in range(len(wires))]
        tasks = [
            asyncio.create_task(served.__rsgi__(head, wire)) for head, wire in zip(heads, wires, strict=True)
        ]
        await asyncio.sleep(0.2)
        assert [wire.status for wire in wires if wire.answer] == [503, 503]
        over.set()
        await asyncio.gather(*tasks)

    run(walk())


def test_no_more_wait_in_one_room_than_it_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "MOST_WAITING", 4)
    over = threading.Event()
    served = built(blocked(over, HOP))
    wires = [Wire() for _ in range(6)]

    async def walk() -> None:
        tasks = [asyncio.create_task(served.__rsgi__(Head(HOP, "GET"), wire)) for wire in wires]
        await asyncio.sleep(0.1)
        assert [wire.status for wire in wires if wire.answer] == [503, 503]
        over.set()
        await asyncio.gather(*tasks)

    run(walk())


def test_a_fault_of_the_application_is_told_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: object) -> Iterable[bytes]:
        raise ValueError("+85620555")

    status, headers, body = asked(built(broken), Head("/", "GET"), Wire())
    assert (status, headers["content-type"]) == (500, "text/plain; charset=utf-8")
    assert "85620" not in body.decode() + caplog.text
    assert "ValueError" in caplog.text


def shown(head: Head, wire: Wire | None = None) -> dict[str, Any]:
    """What the application was told."""
    told: dict[str, Any] = {}

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        told.update(environ)
        start_response("200 OK", [])
        return []

    asked(built(app), head, wire or Wire())
    return told


def test_the_environment_says_what_pep_3333_asks_for() -> None:
    given = [
        *sized(b"abc"),
        ("content-type", "text/plain"),
        ("host", "helpline.example.org"),
        ("x-forwarded-for", "192.0.2.9"),
        ("x-forwarded-for", "192.0.2.10"),
        ("cookie", "a=1"),
        ("cookie", "b=2"),
        ("x_forwarded_for", "made up"),
    ]
    head = Head("/ຂໍ້", given=given, query_string="a=%20", client="[2001:db8::1]:99")
    told = shown(head, Wire(b"abc"))
    expected = {
        "REQUEST_METHOD": "POST",
        "QUERY_STRING": "a=%20",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "3",
        "REMOTE_ADDR": "2001:db8::1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "helpline.example.org",
        "HTTP_X_FORWARDED_FOR": "192.0.2.9,192.0.2.10",
        "HTTP_COOKIE": "a=1; b=2",
        "wsgi.url_scheme": "http",
    }
    assert {name: told[name] for name in expected} == expected
    assert told["PATH_INFO"].encode("latin-1").decode() == "/ຂໍ້"


@pytest.mark.fault("K16")
@pytest.mark.parametrize("query", ["back=/ຂໍ້", "back=/é", "q=\udcff", "ok=1&q=สวัสดี"])
def test_a_question_that_nobody_escaped_is_read(query: str) -> None:
    app = Flask("asking", static_folder=None)

    @app.get("/")
    def ask() -> dict[str, str]:
        return dict(request.args)

    status, _, body = asked(built(app.wsgi_app), Head("/", "GET", query_string=query), Wire())
    assert status == 200
    told = json.loads(body)
    name, _, value = query.rpartition("&")[2].partition("=")
    assert told[name] == value.replace("\udcff", "?")


def test_an_answer_in_pieces_is_sent_whole_and_closed() -> None:
    closed: list[bool] = []

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        response = Response(iter([b"one ", b"two"]), mimetype="text/plain")
        response.call_on_close(lambda: closed.append(True))
        return response(environ, start_response)

    assert asked(built(app), Head("/", "GET"), Wire())[2] == b"one two"
    assert closed == [True]


class Doorway:
    """A door that notes what came, and answers as it is told."""

    def __init__(self, *, found: Any) -> None:
        self.found = found
        self.came: list[tuple[str, dict[str, str], bytes]] = []

    def open(self, scope: front.Scope, headers: Mapping[str, str], body: bytes) -> Any:
        self.came.append((scope.path, dict(headers), body))
        return self.found


def test_a_hop_is_answered_on_the_loop_where_it_can_be() -> None:
    where: list[int] = []

    def work() -> front.Sent:
        where.append(threading.get_ident())
        return 200, [("x-a", "1")], b"CON hello"

    door = Doorway(found=work)
    wire = Wire(b"text=1")
    loops: list[int] = []

    async def ask() -> None:
        loops.append(threading.get_ident())
        await built(hops=door).__rsgi__(Head(HOP, given=sized(b"text=1")), wire)

    run(ask())
    assert wire.answer == (200, {"x-a": "1"}, b"CON hello")
    assert where == loops
    assert door.came == [(HOP, dict(sized(b"text=1")), b"text=1")]


def test_a_hop_that_would_block_is_begun_again_in_a_thread() -> None:
    ways: list[bool] = []

    def work() -> front.Sent:
        ways.append(is_on_loop())
        refuse_loop()
        return 200, [], b"CON later"

    served = built(hops=Doorway(found=work))
    assert asked(served, Head(HOP, given=sized(b"text=1")), Wire(b"text=1"))[2] == b"CON later"
    assert ways == [True, False]


def test_a_fault_of_a_hop_is_told_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    def work() -> front.Sent:
        raise ValueError("+85620555")

    served = built(hops=Doorway(found=work))
    assert asked(served, Head(HOP, given=sized(b"x")), Wire(b"x"))[0] == 500
    assert "85620" not in caplog.text


def test_what_the_door_refuses_is_answered_and_what_it_passes_reaches_the_application() -> None:
    refused = built(hops=Doorway(found=(404, [], b"Not found")))
    assert asked(refused, Head(HOP, given=sized(b"x")), Wire(b"x"))[::2] == (404, b"Not found")
    passed = built(hops=Doorway(found=None))
    assert asked(passed, Head(HOP, given=sized(b"x")), Wire(b"x"))[::2] == (200, b"x")


@pytest.mark.parametrize(
    ("path", "given"), [(TEXT, sized(b"x")), (PAGE, sized(b"x")), (HOP, sized(b"x" * 101))]
)
def test_other_posts_and_too_long_ones_never_come_to_the_door(
    path: str, given: list[tuple[str, str]]
) -> None:
    door = Doorway(found=None)
    asked(built(hops=door), Head(path, given=given), Wire(b"x"))
    assert door.came == []
