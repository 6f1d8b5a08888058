"""Says a request in the words of WSGI (PEP 3333), once its head and its body are there."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import WSGIApplication

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


def call(app: WSGIApplication, environ: dict[str, Any]) -> tuple[int, Headers, bytes]:
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
        _close(pieces)
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


def _close(pieces: Iterable[bytes]) -> None:
    close = getattr(pieces, "close", None)
    if close is not None:
        close()
