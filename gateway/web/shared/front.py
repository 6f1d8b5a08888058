"""Reads every request body completely before a worker thread is used, so that slow clients hold only a socket.

A WSGI server passes the body as a stream, and reading it blocks a thread: sixteen half-sent posts once stopped all
pages and calls. Here Granian's event loop reads it through RSGI, limited in time and size, and the Flask application
gets a complete body. Any WSGI server can still serve ``gateway.web.app:create`` behind a proxy that buffers bodies.
"""

from __future__ import annotations

import asyncio
import io
import logging
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from gateway.foundation.loop_turns import NeedsThread, run_turn
from gateway.foundation.network_addresses import find_subscriber

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from wsgiref.types import WSGIApplication

# Conversion of a complete request to WSGI (PEP 3333).

Headers = list[tuple[str, str]]
Sent = tuple[int, Headers, bytes]
"""Status, headers and body of an answer."""

_ALWAYS: dict[str, Any] = {
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "Granian",
    "wsgi.version": (1, 0),
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
}


class Scope(Protocol):
    """The head of a request as in Granian's RSGI specification; the path is percent-decoded already."""

    method: str
    path: str
    query_string: str
    http_version: str
    scheme: str
    client: str
    server: str
    headers: Any


def build_environ(scope: Scope, headers: Headers, length: str, body: bytes) -> dict[str, Any]:
    """Return the WSGI environment of a request.

    Args:
        scope: the head.
        headers: (lower-case name, value) pairs, one per header line.
        length: the Content-Length for the application, in digits; empty without a body.
        body: the body as read.
    """
    host, _, port = scope.server.rpartition(":")
    environ = _ALWAYS | {
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        # Browsers percent-encode the query; providers and typed links may not.
        "QUERY_STRING": scope.query_string.encode("utf-8", "replace").decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "REMOTE_ADDR": strip_port(scope.client),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.input": io.BytesIO(body),
    }
    for name, value in headers:
        _add_header(environ, name, value)
    if length:
        environ["CONTENT_LENGTH"] = length
    # The body is complete, so no transfer coding applies (RFC 9112, 6.1).
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return environ


def strip_port(peer: str) -> str:
    """Return the IP address of ``address:port``, without the brackets of IPv6 (RFC 3986, 3.2.2)."""
    return peer.rpartition(":")[0].strip("[]")


def join_headers(headers: Headers) -> dict[str, str]:
    """Return header in lower case → value, as in a WSGI environment: repeated ones joined, odd ones dropped."""
    found = dict(headers)
    if len(found) == len(headers) and "_" not in "".join(found):
        return found
    environ: dict[str, Any] = {}
    for name, value in headers:
        _add_header(environ, name, value)
    return {key.removeprefix("HTTP_").replace("_", "-").lower(): value for key, value in environ.items()}


def call_app(app: WSGIApplication, environ: dict[str, Any]) -> Sent:
    """Call the WSGI application; return status, headers and the whole body."""
    begun: list[tuple[str, Headers]] = []

    def start_response(
        status: str, headers: Headers, _exc_info: object = None, /
    ) -> Callable[[bytes], object]:
        begun.append((status, headers))
        return written.append

    written: list[bytes] = []
    pieces = app(environ, start_response)
    try:
        written.extend(pieces)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
    status, headers = begun[-1]
    return int(status[:3]), headers, b"".join(written)


def _add_header(environ: dict[str, Any], name: str, value: str) -> None:
    key = _name_key(name)
    if not key:
        return  # with an underscore it would be read as the header with a hyphen; nginx and Apache drop such names too
    if key in environ and key not in _ONCE:
        joint = "; " if key == "HTTP_COOKIE" else ","
        value = f"{environ[key]}{joint}{value}"
    environ[key] = value


_ONCE = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})


@lru_cache(maxsize=256)
def _name_key(name: str) -> str:
    """Return the key of a header in the environment; empty for a name with an underscore."""
    key = name.upper().replace("-", "_")
    return "" if "_" in name else key if key in _ONCE else f"HTTP_{key}"


BODY_WITHIN = 15.0
"""Seconds from the head of a request to the end of its body; enough for a form of 20 kB on a slow connection."""

_LOOK_EVERY = 0.5
"""Seconds between two looks for bodies whose time is over."""

MOST_HALF = 24
"""Limit on slow bodies in progress per address and process; for one more, the oldest is aborted."""

SLOW_AFTER = 3.0
"""Seconds after which a body counts as slow.

A provider may send all calls of a country from one address, many within a second; these must not be aborted."""

MOST_PAGES = 32
"""Limit on page requests of one address, running or waiting, per process; an office shares one address."""

MOST_WAITING = 256
"""Limit on requests in one room, running or waiting; one more is refused at once with 503 (RFC 9110, 15.6.4)."""

_PLAIN: Headers = [
    ("content-type", "text/plain; charset=utf-8"),
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-resource-policy", "same-origin"),
]
_log = logging.getLogger(__name__)


class Exchange(Protocol):
    """What Granian's RSGI protocol object offers: reading the body, and responding."""

    def __call__(self) -> Awaitable[bytes]:
        """Read the whole body."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Read the body in pieces."""

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        """Send the response."""


class _Refused(Exception):
    """The request is refused before the application sees it."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(slots=True, eq=False)
class _Reading:
    """A body in progress."""

    task: asyncio.Task[Any] | None
    began: float
    is_given_up: bool = False

    def give_up(self) -> None:
        """End the reading with 408."""
        if self.task is not None and not self.is_given_up:
            self.is_given_up = True
            self.task.cancel()


class Door(Protocol):
    """A way into the application beside WSGI, for posts that were read whole."""

    def open(self, scope: Scope, headers: Mapping[str, str], body: bytes) -> Callable[[], Sent] | Sent | None:
        """Return the answer, or work that returns it, on the loop or else in a thread; None to pass it by WSGI."""


class _Room:
    """A thread pool for one kind of request, so that other kinds cannot exhaust it."""

    def __init__(self, name: str, threads: int) -> None:
        self.threads = ThreadPoolExecutor(threads, name)
        self._inside = 0
        self._of: defaultdict[str, int] = defaultdict(int)

    def enter(self, who: str, most: int) -> None:
        """Count one request of this address, which is running or waiting until it leaves."""
        if self._inside >= MOST_WAITING or self._of[who] >= most:
            raise _Refused(503, "Too many requests at once; please come again in a moment")
        self._inside += 1
        self._of[who] += 1

    def leave(self, who: str) -> None:
        """Count one request less."""
        self._inside -= 1
        self._of[who] -= 1
        if not self._of[who]:
            del self._of[who]


class Front:
    """The RSGI application.

    Args:
        app: the WSGI application behind it.
        threads: threads per room.
        most_bytes: size limit of a body; a longer one is not read, and the application refuses it by its length.
        proxies: number of trusted proxies in front.
        larger: beginning of a path → size limit of bodies posted there.
        hops: the door for hops, which are answered on the loop where nothing blocks; else all go through ``app``.
        within: seconds that a body may take.
        slow_after: seconds after which a body may be aborted in favour of a newer one of its address.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        threads: int,
        most_bytes: int,
        proxies: int,
        larger: Mapping[str, int] | None = None,
        hops: Door | None = None,
        within: float = BODY_WITHIN,
        slow_after: float = SLOW_AFTER,
    ) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._larger = dict(larger or {})
        self._hops = hops
        self._proxies = proxies
        self._within = within
        self._slow_after = slow_after
        self._rooms = {name: _Room(name, threads) for name in ("hops", "posts", "pages")}
        self._half: defaultdict[str, dict[_Reading, None]] = defaultdict(dict)
        self._watched: asyncio.AbstractEventLoop | None = None

    async def __rsgi__(self, scope: Scope, exchange: Exchange) -> None:
        """Handle one request."""
        lines: Headers = scope.headers.items()
        headers = join_headers(lines)
        who = self._caller(scope.client, headers)
        try:
            length, body = await self._body(headers, exchange, who, self._find_most(scope.path))
            answer = await self._answer(scope, who, lines, headers, length, body)
        except _Refused as refused:
            answer = refused.status, _PLAIN, str(refused).encode()
        except Exception as error:  # noqa: BLE001 - Granian would log the message, which may quote personal data
            _log.error("front failed kind=%s", type(error).__name__)
            answer = 500, _PLAIN, b"Something failed here; please try again later"
        exchange.response_bytes(*answer)

    def _find_most(self, path: str) -> int:
        for below, most in self._larger.items():
            if path.startswith(below):
                return most
        return self._most_bytes

    async def _body(
        self, headers: Mapping[str, str], exchange: Exchange, who: str, most: int
    ) -> tuple[str, bytes]:
        """Return the Content-Length for the application, and the body, which is empty if it is too long."""
        announced = headers.get("content-length")
        if announced is None and "transfer-encoding" not in headers:
            return "", b""
        if announced is not None and int(announced) > most:
            return announced, b""
        try:
            body = await self._read(_pieces(exchange, most) if announced is None else exchange(), who)
        except RuntimeError:  # RSGIProtocolError: the connection ended
            raise _Refused(400, "The body is shorter than announced") from None
        return str(len(body)), body if len(body) <= most else b""

    async def _read(self, body: Awaitable[bytes], who: str) -> bytes:
        """Read a body, counted as in progress for its address: above the limit, the oldest slow one is given up."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        reading = _Reading(task, loop.time())
        half = self._half[who]
        half[reading] = None
        if len(half) > MOST_HALF:
            self._give_up_oldest(half, loop.time())
        if self._watched is not loop:
            self._watch(loop)
        try:
            return await body
        except asyncio.CancelledError:
            if task is None or not reading.is_given_up:
                raise
            task.uncancel()
            raise _Refused(408, "The body took too long; please send it again") from None
        finally:
            half.pop(reading, None)
            if not half:
                self._half.pop(who, None)

    def _give_up_oldest(self, half: dict[_Reading, None], now: float) -> None:
        """Give up the oldest body of an address that has too many, if it is slow."""
        oldest = next(iter(half))
        if now - oldest.began >= self._slow_after:
            half.pop(oldest)
            oldest.give_up()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give up the bodies whose time is over, and look again soon: a timer for each costs the front a fifth."""
        over = loop.time() - self._within
        for reading in [each for half in self._half.values() for each in half if each.began <= over]:
            reading.give_up()
        self._watched = loop if self._half else None
        if self._half:
            loop.call_later(min(_LOOK_EVERY, self._within / 4), self._watch, loop)

    async def _answer(
        self, scope: Scope, who: str, lines: Headers, headers: Mapping[str, str], length: str, body: bytes
    ) -> Sent:
        name = _room_of(scope.path)
        room = self._rooms[name]
        room.enter(who, MOST_PAGES if name == "pages" else MOST_WAITING)
        try:
            if name == "hops" and self._hops is not None and (body or length in ("", "0")):
                found = self._hops.open(scope, headers, body)
                if callable(found):
                    try:
                        return await run_turn(found)
                    except NeedsThread:
                        return await asyncio.get_running_loop().run_in_executor(room.threads, found)
                if found is not None:
                    return found
            environ = build_environ(scope, lines, length, body)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(room.threads, call_app, self._app, environ)
        finally:
            room.leave(who)

    def _caller(self, peer: str, headers: Mapping[str, str]) -> str:
        """Return the client address, from X-Forwarded-For if proxies are trusted (counted from the right)."""
        forwarded = headers.get("x-forwarded-for", "").split(",") if self._proxies else ()
        if len(forwarded) >= self._proxies > 0 and (address := forwarded[-self._proxies].strip()):
            return find_subscriber(address)
        return find_subscriber(strip_port(peer))


async def _pieces(exchange: Exchange, most: int) -> bytes:
    """Read a body without Content-Length; it stops one byte above the limit."""
    body, ends = b"", 0
    async for piece in exchange:
        ends += not piece  # Granian ends a broken body with one more empty piece than a complete one
        body += piece
        if len(body) > most:
            return body
    if ends > 1:
        raise _Refused(400, "The body is shorter than announced")
    return body


def _room_of(path: str) -> str:
    """Return the room of a path: USSD hops, other webhook posts and pages have separate threads."""
    if path.startswith("/webhooks/"):
        return "hops" if path.endswith("/ussd") or "/ussd/" in path else "posts"
    return "pages"
