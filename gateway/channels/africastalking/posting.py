"""Posts to the provider in the place of its SDK's own request method, which hides the status and the headers."""

import io
import re
from collections.abc import Mapping
from urllib.parse import urlencode

import certifi
import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_ import create_urllib3_context

from gateway.channels.africastalking.codes import HttpReply
from gateway.clock import Clock

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Connection": "close"}

TIMES = (3, 20)
"""Seconds for the connection and for each wait for an answer."""

WHOLE_ANSWER_SECONDS = 25
MOST_BYTES = 64 * 1024
E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class NoAnswer(Exception):
    """The provider gave no answer that could be read. ``begun`` says whether a byte of the text had left us."""

    def __init__(self, *, begun: bool) -> None:
        super().__init__("no answer")
        self.begun = begun


class Posting:
    """Stands before a service of the SDK and replaces its one request method; a test holds it to the SDK's version."""

    def _open(self) -> None:
        self._tls = create_urllib3_context()
        self._tls.load_verify_locations(certifi.where())
        self._clock = Clock()

    def _make_request(
        self,
        url: str,
        method: str,
        headers: Mapping[str, str],
        data: Mapping[str, object],
        params: Mapping[str, str] | None,
        callback: object = None,
        timeout: tuple[float, float] = TIMES,
    ) -> HttpReply:
        if callback is not None or params:
            raise TypeError("this service takes neither a callback nor a query")
        form = urlencode({name: value for name, value in data.items() if value is not None}).encode()
        body = _Body(form)
        # Each text has a connection of its own: one kept from before may be closed, and the text would be unclear.
        with urllib3.PoolManager(retries=False, ssl_context=self._tls) as pool:
            try:
                response = pool.request(
                    method,
                    url,
                    body=body,
                    headers={**headers, **FORM, "Content-Length": str(len(form))},
                    timeout=urllib3.Timeout(connect=timeout[0], read=timeout[1]),
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )
                return self._read(response)
            except (HTTPError, OSError) as error:
                raise NoAnswer(begun=body.begun) from error

    def _read(self, response: urllib3.BaseHTTPResponse) -> HttpReply:
        deadline = self._clock.monotonic() + WHOLE_ANSWER_SECONDS
        body = b""
        cut = False
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
    """A request's body that remembers whether sending it has begun; before that, whatever fails, nothing was sent."""

    begun = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.begun = True
        return super().read(size)
