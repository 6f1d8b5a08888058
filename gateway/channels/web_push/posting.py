"""Post one body to the address of a push service that was looked at, over a connection of its own."""

import ssl
from functools import cache
from urllib.parse import SplitResult

import certifi
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError
from urllib3.util.ssl_ import create_urllib3_context

from gateway.channels.contract import SendOutcome
from gateway.channels.http_client import CONNECT, READ

_HTTP_PORT, _HTTPS_PORT = 80, 443


class PostFailed(Exception):
    """No answer came; ``outcome`` says whether the service may have taken the message."""

    def __init__(self, outcome: SendOutcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


def send_body(
    to: SplitResult, address: str, body: bytes, headers: dict[str, str]
) -> tuple[int, dict[str, str]]:
    """Return the status and the headers of the answer, names in lower case; its body is not read.

    Args:
        to: address of the subscription.
        address: IP address of its host, to which the connection is made.
        body: sealed payload.
        headers: headers of the request, without Host.

    Raises:
        PostFailed: there is no answer.
    """
    path = f"{to.path or '/'}{'?' + to.query if to.query else ''}"
    try:
        with _open_pool(to, address) as pool:
            response = pool.urlopen(
                "POST", path, body=body, headers={**headers, "Host": to.netloc}, retries=False,
                redirect=False, timeout=urllib3.Timeout(connect=CONNECT, read=READ), preload_content=False,
            )  # fmt: skip
            response.close()
            return response.status, {name.lower(): value for name, value in response.headers.items()}
    except (NewConnectionError, ConnectTimeoutError) as error:
        raise PostFailed(SendOutcome.NOT_SENT, "no-connection") from error
    except SSLError as error:
        raise PostFailed(SendOutcome.NOT_SENT, "tls") from error
    except (HTTPError, OSError) as error:
        raise PostFailed(SendOutcome.UNCLEAR, "no-answer") from error


def _open_pool(to: SplitResult, address: str) -> urllib3.HTTPConnectionPool:
    if to.scheme == "http":
        return urllib3.HTTPConnectionPool(address, to.port or _HTTP_PORT)
    return urllib3.HTTPSConnectionPool(
        address,
        to.port or _HTTPS_PORT,
        ssl_context=_make_tls_context(),
        server_hostname=to.hostname,
        assert_hostname=to.hostname,
    )


@cache
def _make_tls_context() -> ssl.SSLContext:
    context = create_urllib3_context()
    context.load_verify_locations(certifi.where())
    return context
