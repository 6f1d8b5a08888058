"""Make one HTTP request without retries, so that it is known whether a byte left, and say what its status proves.

A send is not idempotent, so it must not be repeated automatically (RFC 9110, section 9.2.2). The libraries are
imported at the first use, because a process that only answers callers asks nobody.
"""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from gateway.channels.contract import BadAccount, ChannelConfig, SendOutcome, SendResult
from gateway.foundation.time_and_chance import Clock

if TYPE_CHECKING:
    import ssl

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


# What the status of a send proves: sent, surely not sent, refused, or unclear. What a body proves is the dialect of a
# provider. A body, even an empty one, is always sent by POST: of a GET it would not be known whether its line had left,
# and with it the text.

LONGEST_WAIT = timedelta(hours=1)
REFUSED_FOR_GOOD = (400, 422)

# A fault of the account or its address, not of this text, so an operator must look (RFC 9110, section 15.5).
ALARMS = {
    401: "wrong-key",
    402: "no-money",
    403: "forbidden",
    404: "wrong-address",
    405: "wrong-address",
    **dict.fromkeys((301, 302, 303, 307, 308), "redirected"),
}


def send_post(
    http: OverHttp, url: str, body: bytes, headers: Mapping[str, str]
) -> tuple[HttpReply | None, SendResult | None]:
    """Post once; return the response, or what follows from there being none."""
    try:
        return http.ask("POST", url, body=body, headers=headers), None
    except NoAnswer as error:
        if error.begun:
            return None, SendResult(outcome=SendOutcome.UNCLEAR, reason="no-answer")
        return None, SendResult(outcome=SendOutcome.NOT_SENT, reason="no-connection", down=True)


def read_status(reply: HttpReply, now: datetime) -> SendResult | None:
    """Return what the status proves; None for a success, whose body decides."""
    if 200 <= reply.status < 300:  # noqa: PLR2004 - every success counts alike
        return None
    if reply.status in ALARMS:
        return SendResult(outcome=SendOutcome.NOT_SENT, reason=ALARMS[reply.status], alarm=True)
    if reply.status in (408, 425, 429):
        return SendResult(
            outcome=SendOutcome.NOT_SENT, reason="throttled", retry_at=find_retry(reply.headers, now)
        )
    if reply.status in REFUSED_FOR_GOOD:
        return SendResult(outcome=SendOutcome.REFUSED, reason=f"http-{reply.status}", alarm=True)
    if reply.status < 500:  # noqa: PLR2004 - the client's fault, whatever it is
        return SendResult(outcome=SendOutcome.NOT_SENT, reason=f"http-{reply.status}", alarm=True)
    return SendResult(outcome=SendOutcome.UNCLEAR, reason=f"http-{reply.status}")


def find_retry(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Return the instant of a Retry-After in seconds (RFC 9110, section 10.2.3), an hour from now at most."""
    written = headers.get("retry-after", "").strip()
    if not (written.isascii() and written.isdigit()):
        return None
    return now + min(timedelta(seconds=int(written[:9])), LONGEST_WAIT)


def check_account(config: ChannelConfig, names: Sequence[str]) -> bool:
    """Say whether the channel has an account: all of these options, or none.

    Raises:
        BadAccount: it is only half there.
    """
    missing = [name for name in names if not config.options.get(name)]
    if missing and len(missing) < len(names):
        written = ", ".join(f"{config.name.upper()}_{name.upper()}" for name in missing)
        raise BadAccount(f"{written} is not set, so the account is only half there: set all or none")
    return not missing


def parse_object(reply: HttpReply) -> Mapping[str, Any] | None:
    """Return the JSON object of a response; None where it is none or was cut off."""
    try:
        found = None if reply.cut else json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
