"""Asks a machine something over HTTP, once, so that it is always known whether a byte of it had left us."""

import functools
import io
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

import certifi
import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_ import create_urllib3_context

from gateway.foundation.clock import Clock

CONNECT, READ = 3, 20
"""Seconds for the connection and for each wait for an answer."""

WHOLE_ANSWER_SECONDS = 25
MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """An HTTP answer as it came. ``cut`` says that it was longer or slower than we were ready to read."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    cut: bool = False


class NoAnswer(Exception):
    """There was no answer that could be read; ``begun`` says whether a byte of what we wanted to say had left us."""

    def __init__(self, *, begun: bool) -> None:
        super().__init__("no answer")
        self.begun = begun


class OverHttp:
    """Makes requests, each over a connection of its own: one kept from before may be closed, and nobody would know."""

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
        """Make one request, and never a second time; redirects are answers like any other.

        Raises:
            NoAnswer: there is none.
        """
        said = _Body(body)
        with urllib3.PoolManager(retries=False, ssl_context=self._tls) as pool:
            try:
                response = pool.request(
                    method,
                    url,
                    body=said,
                    headers={**headers, "Connection": "close", "Content-Length": str(len(body))},
                    timeout=urllib3.Timeout(connect=times[0], read=times[1]),
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )
                return self._read(response)
            except (HTTPError, OSError) as error:
                raise NoAnswer(begun=said.begun) from error

    def _read(self, response: urllib3.BaseHTTPResponse) -> HttpReply:
        deadline = self._clock.monotonic() + WHOLE_ANSWER_SECONDS
        body, cut = b"", False
        try:
            while not cut and (part := response.read1(MOST_BYTES)):
                body += part
                cut = len(body) > MOST_BYTES or self._clock.monotonic() > deadline
        except (HTTPError, OSError):
            cut = True  # the status is known, and says enough where it is not a success
        finally:
            response.close()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return HttpReply(status=response.status, headers=headers, body=body, cut=cut)


class _Body(io.BytesIO):
    """A request's body that remembers whether sending it has begun; before that, whatever fails, nothing was said."""

    begun = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.begun = True
        return super().read(size)


@functools.cache
def _make_trust() -> ssl.SSLContext:
    """The authorities whose certificates count, read once a process: reading them takes as long as many requests."""
    context = create_urllib3_context()
    context.load_verify_locations(certifi.where())
    return context
