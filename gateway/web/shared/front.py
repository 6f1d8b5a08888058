"""Reads each request whole before a thread is taken for it, so that slow and half requests hold a socket and no more.

A WSGI server hands the body over as a stream, and whoever reads it waits in a thread: sixteen posts of which half came
stopped every page and every call, for as long as they were held. Here the event loop of Granian (its interface RSGI)
reads, under a limit of time and size, and the Flask application gets a body that is there already. Any WSGI server can
still serve ``gateway.app:create``, behind a proxy that reads bodies first.
"""

from __future__ import annotations

import asyncio
import io
import logging
import sys
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from gateway.foundation.ip_addresses import find_subscriber

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
    from wsgiref.types import WSGIApplication

# Says a request in the words of WSGI (PEP 3333), once its head and its body are there.

Headers = list[tuple[str, str]]

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
    """What Granian knows of a request before its body; the path is decoded already."""

    method: str
    path: str
    query_string: str
    http_version: str
    scheme: str
    client: str
    server: str
    headers: Any


def build_environ(scope: Scope, headers: Headers, length: str, body: bytes) -> dict[str, Any]:
    """Return the environment of one request.

    Args:
        scope: its head.
        headers: its headers, names in small letters, one entry a line.
        length: bytes of the body in digits, as the application is to know them; empty where there is no body.
        body: what was read of it.
    """
    host, _, port = scope.server.rpartition(":")
    environ = _ALWAYS | {
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        # Browsers escape it; a provider, or a link that somebody typed, may not.
        "QUERY_STRING": scope.query_string.encode("utf-8", "replace").decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "REMOTE_ADDR": address_of(scope.client),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.input": io.BytesIO(body),
    }
    for name, value in headers:
        _add_header(environ, name, value)
    if length:
        environ["CONTENT_LENGTH"] = length
    environ.pop("HTTP_TRANSFER_ENCODING", None)  # the body lies there whole
    return environ


def address_of(peer: str) -> str:
    """Return the address of ``address:port``, without the brackets that IPv6 wears there."""
    return peer.rpartition(":")[0].strip("[]")


def call_app(app: WSGIApplication, environ: dict[str, Any]) -> tuple[int, Headers, bytes]:
    """Let the application answer; return status, headers and the whole body."""
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
        _close_pieces(pieces)
    status, headers = begun[-1]
    return int(status[:3]), headers, b"".join(written)


def _add_header(environ: dict[str, Any], name: str, value: str) -> None:
    key = name.upper().replace("-", "_")
    if "_" in name:
        return  # it would read like another header, with a hyphen; nginx and Apache drop such names too
    if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
        key = f"HTTP_{key}"
        joint = "; " if key == "HTTP_COOKIE" else ","
        value = f"{environ[key]}{joint}{value}" if key in environ else value
    environ[key] = value


def _close_pieces(pieces: Iterable[bytes]) -> None:
    close = getattr(pieces, "close", None)
    if close is not None:
        close()


BODY_WITHIN = 15.0
"""Seconds from the head of a request to the end of its body; a form of 20 kB comes through on a bad line."""

MOST_HALF = 24
"""Slow bodies of one address that may be on their way in one process; for one more the oldest of them is given up."""

SLOW_AFTER = 3.0
"""Seconds after which a body is slow. A provider posts every call of a country from one address, many within one
second: bodies that are merely many must never be taken for bodies that are held."""

MOST_PAGES = 32
"""Requests for pages of one address that one process works on or keeps waiting; an office has some."""

MOST_WAITING = 256
"""Requests that are in one room, at work or waiting; one more is told at once to come again."""

_PLAIN: Headers = [
    ("content-type", "text/plain; charset=utf-8"),
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-resource-policy", "same-origin"),
]
_log = logging.getLogger(__name__)


class Exchange(Protocol):
    """What Granian offers to read the body by, and to answer."""

    def __call__(self) -> Awaitable[bytes]:
        """Read the body whole."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Read the body piece by piece."""

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        """Answer."""


class _Refused(Exception):
    """The request is not handed on."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class _Room:
    """The threads of one sort of request, so that another sort can never use them up."""

    def __init__(self, name: str, threads: int) -> None:
        self.threads = ThreadPoolExecutor(threads, name)
        self._inside = 0
        self._of: Counter[str] = Counter()

    @contextmanager
    def place(self, who: str, most: int) -> Iterator[None]:
        """Count one request of this address among those that are inside."""
        if self._inside >= MOST_WAITING or self._of[who] >= most:
            raise _Refused(503, "Too many requests at once; please come again in a moment")
        self._inside += 1
        self._of[who] += 1
        try:
            yield
        finally:
            self._inside -= 1
            self._of[who] -= 1
            if not self._of[who]:
                del self._of[who]


class Front:
    """The application as Granian's interface RSGI calls it.

    Args:
        app: the WSGI application behind.
        threads: how many threads each room has.
        most_bytes: of a body; of a longer one nothing is read, and the application refuses it by its length.
        proxies: how many proxies stand before us and may be believed.
        within: seconds that a body may take.
        slow_after: seconds after which a body may be given up for a newer one of its address.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        threads: int,
        most_bytes: int,
        proxies: int,
        within: float = BODY_WITHIN,
        slow_after: float = SLOW_AFTER,
    ) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._proxies = proxies
        self._within = within
        self._slow_after = slow_after
        self._rooms = {name: _Room(name, threads) for name in ("hops", "posts", "pages")}
        self._half: defaultdict[str, list[asyncio.Timeout]] = defaultdict(list)

    async def __rsgi__(self, scope: Scope, exchange: Exchange) -> None:
        """Take one request and answer it."""
        headers: Headers = scope.headers.items()
        who = self._caller(scope.client, headers)
        try:
            length, body = await self._body(headers, exchange, who)
            answer = await self._answer(scope.path, who, build_environ(scope, headers, length, body))
        except _Refused as refused:
            answer = refused.status, _PLAIN, str(refused).encode()
        except Exception as error:  # noqa: BLE001 - Granian would write its words down, and they may quote her
            _log.error("front failed kind=%s", type(error).__name__)
            answer = 500, _PLAIN, b"Something failed here; please try again later"
        exchange.response_bytes(*answer)

    async def _body(self, headers: Headers, exchange: Exchange, who: str) -> tuple[str, bytes]:
        """Return the length that the application is told, and the body, which is empty where it is too long."""
        found = dict(headers)
        told = found.get("content-length")
        if told is None and "transfer-encoding" not in found:
            return "", b""
        if told is not None and int(told) > self._most_bytes:
            return told, b""
        try:
            async with asyncio.timeout(self._within) as limit:
                with self._among_half(who, limit):
                    body = await (_pieces(exchange, self._most_bytes) if told is None else exchange())
        except TimeoutError:
            raise _Refused(408, "The body took too long; please send it again") from None
        except RuntimeError:  # RSGIProtocolError: the connection ended
            raise _Refused(400, "The body is shorter than announced") from None
        return str(len(body)), body if len(body) <= self._most_bytes else b""

    @contextmanager
    def _among_half(self, who: str, limit: asyncio.Timeout) -> Iterator[None]:
        """Count a body among those on their way from this address; of too many the oldest goes, if it is slow."""
        half = self._half[who]
        half.append(limit)
        if len(half) > MOST_HALF and self._is_slow(half[0]):
            half.pop(0).reschedule(0)
        try:
            yield
        finally:
            if limit in half:
                half.remove(limit)
            if not half:
                self._half.pop(who, None)

    def _is_slow(self, limit: asyncio.Timeout) -> bool:
        ends_at = limit.when()
        left = self._within if ends_at is None else ends_at - asyncio.get_running_loop().time()
        return self._within - left >= self._slow_after

    async def _answer(self, path: str, who: str, environ: dict[str, Any]) -> tuple[int, Headers, bytes]:
        name = _room_of(path)
        room = self._rooms[name]
        with room.place(who, MOST_PAGES if name == "pages" else MOST_WAITING):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(room.threads, call_app, self._app, environ)

    def _caller(self, peer: str, headers: Headers) -> str:
        """Return from whom this comes, by the word of the proxies that may be believed."""
        if self._proxies:
            told = ",".join(value for name, value in headers if name == "x-forwarded-for").split(",")
            if len(told) >= self._proxies and (address := told[-self._proxies].strip()):
                return find_subscriber(address)
        return find_subscriber(address_of(peer))


async def _pieces(exchange: Exchange, most: int) -> bytes:
    """Read a body that does not tell its length; one byte too many is enough to know that it is too long."""
    body, ends = b"", 0
    async for piece in exchange:
        ends += not piece  # a broken body ends with one empty piece more than a whole one
        body += piece
        if len(body) > most:
            return body
    if ends > 1:
        raise _Refused(400, "The body is shorter than announced")
    return body


def _room_of(path: str) -> str:
    """Return the room of this address: a caller waits for a hop, and a provider for its post, whatever the pages do."""
    if path.startswith("/webhooks/"):
        return "hops" if path.endswith("/ussd") else "posts"
    return "pages"
