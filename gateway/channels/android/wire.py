"""Speaks HTTP with the app on the phone, so that it is always known whether a byte had left us."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import certifi
import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_ import create_urllib3_context

from gateway.channels.android.account import Account
from gateway.clock import Clock

CONNECT, READ = 3, 20
WHOLE_ANSWER_SECONDS = 25
MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """An answer as it came; ``found`` is its JSON object, or None where it is none or came only in part."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[str, Any] | None = field(default=None, repr=False)


class NoAnswer(Exception):
    """The phone gave no answer; ``begun`` says whether a byte of what we wanted to say had left us."""

    def __init__(self, *, begun: bool) -> None:
        super().__init__("no answer")
        self.begun = begun


class Wire:
    """The way to one phone."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._headers = urllib3.make_headers(basic_auth=f"{account.username}:{account.password}")
        self._tls = create_urllib3_context()
        self._tls.load_verify_locations(certifi.where())
        self._clock = Clock()

    def ask(
        self, method: str, path: str, content: Mapping[str, Any] | None = None, *, read: float = READ
    ) -> HttpReply:
        """Make one request, over a connection of its own, and never a second time.

        Raises:
            NoAnswer: there is none.
        """
        written = b"" if content is None else json.dumps(content).encode()
        body = _Body(written)
        headers = {
            **self._headers,
            "Accept": "application/json",
            "Connection": "close",
            "Content-Length": str(len(written)),
        }
        if content is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        with urllib3.PoolManager(retries=False, ssl_context=self._tls) as pool:
            try:
                response = pool.request(
                    method,
                    self._account.api_url + path,
                    body=body,
                    headers=headers,
                    timeout=urllib3.Timeout(connect=CONNECT, read=read),
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )
                return self._read(response)
            except (HTTPError, OSError) as error:
                raise NoAnswer(begun=body.begun) from error

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
        return HttpReply(status=response.status, headers=headers, found=None if cut else _object(body))


def _object(body: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


class _Body(io.BytesIO):
    """A request's body that remembers whether sending it has begun; before that, whatever fails, nothing was said."""

    begun = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.begun = True
        return super().read(size)
