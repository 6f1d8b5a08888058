"""Make one HTTP request without retries, so that it is always known whether a byte of the body was sent.

A send is not idempotent, so it must not be repeated automatically (RFC 9110, section 9.2.2). The libraries are
imported at the first use, because a process that only answers callers asks nobody.
"""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.foundation.clock import Clock

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    import urllib3

CONNECT, READ = 3, 20
"""Seconds to connect, and to wait for each read."""

WHOLE_ANSWER_SECONDS = 25
MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """An HTTP response, header names in lower case; ``cut`` says that it was too long or slow to read completely."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    cut: bool = False


class NoAnswer(Exception):
    """No readable response; ``begun`` says whether a byte of the body was sent."""

    def __init__(self, *, begun: bool) -> None:
        super().__init__("no answer")
        self.begun = begun


class OverHttp:
    """Makes requests, each over a new connection: a kept one may be closed by the server unnoticed."""

    def __init__(self) -> None:
        self._tls = _make_trust()
        self._clock = Clock()

    def ask(
        self,
        method: str,
        url: str,
        *,
        body: bytes,
        headers: Mapping[str, str],
        times: tuple[float, float] = (CONNECT, READ),
    ) -> HttpReply:
        """Make one request, without retries; a redirect is returned like any other response.

        Args:
            method: the HTTP method.
            url: the address.
            body: the request body.
            headers: header → value.
            times: seconds to connect and to read.

        Raises:
            NoAnswer: no response.
        """
        import urllib3

        tracked_body = _Body(body)
        with urllib3.PoolManager(retries=False, ssl_context=self._tls) as pool:
            try:
                response = pool.request(
                    method,
                    url,
                    body=tracked_body,
                    headers={**headers, "Connection": "close", "Content-Length": str(len(body))},
                    timeout=urllib3.Timeout(connect=times[0], read=times[1]),
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )
                return self._read(response)
            except (urllib3.exceptions.HTTPError, OSError) as error:
                raise NoAnswer(begun=tracked_body.begun) from error

    def _read(self, response: urllib3.BaseHTTPResponse) -> HttpReply:
        from urllib3.exceptions import HTTPError

        deadline = self._clock.monotonic() + WHOLE_ANSWER_SECONDS
        body, cut = b"", False
        try:
            while not cut and (part := response.read1(MOST_BYTES)):
                body += part
                cut = len(body) > MOST_BYTES or self._clock.monotonic() > deadline
        except (HTTPError, OSError):
            cut = True  # the status is known, which is enough where it is not 2xx
        finally:
            response.close()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return HttpReply(status=response.status, headers=headers, body=body, cut=cut)


class _Body(io.BytesIO):
    """A request body that records whether sending has begun; a fault before that means nothing was sent."""

    begun = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.begun = True
        return super().read(size)


@functools.cache
def _make_trust() -> ssl.SSLContext:
    """Return the TLS context with the trusted authorities, loaded once a process because loading is slow."""
    import certifi
    from urllib3.util.ssl_ import create_urllib3_context

    context = create_urllib3_context()
    context.load_verify_locations(certifi.where())
    return context
