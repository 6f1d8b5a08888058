"""Send Web Push messages to the push services of browsers (RFC 8030), and to no address inside our own network.

The address of a subscription comes from a browser, so it is treated like any foreign URL (OWASP, Server-Side Request
Forgery Prevention): https only, its host is resolved here, every address must be a public one, and the connection is
made to the address that was looked at.
"""

import ipaddress
import socket
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

from gateway.channels.contract import ChannelConfig, Contract, SendOutcome, SendResult
from gateway.channels.web_push import encryption
from gateway.domain.events import PUSH, OutgoingPush

HTTPS_PORT = 443

LONGEST_ENDPOINT = 1_000
GONE = "gone"
"""Reason of a push to a subscription that no longer exists: it is dropped."""

RATE = 20
"""Push messages per second, of all people together."""

_CREATED, _TOO_MANY, _AWAY = range(200, 300), 429, 503
_ENDED = (404, 410)
_OUR_FAULT = (400, 401, 403)
_LONGEST_WAIT = timedelta(minutes=30)
_SHORTEST_LIFE = 60
_TUNNELS = tuple(
    ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)
"""IPv6 addresses that lead to an IPv4 address inside them (RFC 6052, 8215, 3056, 4380)."""


def check_endpoint(endpoint: str, *, private: bool = False) -> bool:
    """Return whether an address may be one of a push service: https, the usual port, a name or a public address.

    Args:
        endpoint: as a browser gave it.
        private: plain http, other ports and addresses of this machine are allowed, for a service that stands in.
    """
    if len(endpoint) > LONGEST_ENDPOINT or not endpoint.isascii() or not endpoint.isprintable():
        return False
    try:
        to = urlsplit(endpoint)
        port, host = to.port, to.hostname
    except ValueError:
        return False
    if not host or to.username is not None or to.password is not None or to.fragment:
        return False
    if private:
        return to.scheme in {"http", "https"}
    try:
        is_public = _is_public(host)
    except ValueError:  # a name, which is resolved when a message is sent
        is_public = "." in host.strip(".") and not host.endswith((".local", ".internal", ".localhost"))
    return to.scheme == "https" and port in {None, HTTPS_PORT} and is_public


class PushService:
    """Sends push messages, each over a new connection; the services differ by address only."""

    def __init__(self, *, private: bool = False) -> None:
        self.config = ChannelConfig(name=PUSH, provider="", menu="", rate=RATE)
        self.contract = Contract(
            events=frozenset(), accumulates=False, has_turn_id=False, takes_our_id=False, can_ask=False
        )
        self.allows_private = private

    def push(self, message: OutgoingPush, *, now: datetime) -> SendResult:
        """Send one message. Faults of network or service are results, never exceptions."""
        if not check_endpoint(message.endpoint, private=self.allows_private):
            return SendResult(outcome=SendOutcome.REFUSED, reason="address")
        to = urlsplit(message.endpoint)
        try:
            body = encryption.seal_payload(
                message.text.encode(), public_key=message.public_key, auth=message.auth
            )
            address = self._resolve(to)
        except ValueError:
            return SendResult(outcome=SendOutcome.REFUSED, reason="keys")
        except OSError:
            return SendResult(outcome=SendOutcome.NOT_SENT, reason="unknown-host")
        if not address:
            return SendResult(outcome=SendOutcome.REFUSED, reason="private-address")
        # Late: a process that pushes nothing needs no HTTP client (urllib3, 30 ms of a start).
        from gateway.channels.web_push import posting

        try:
            status, headers = posting.send_body(to, address, body, _write_headers(message, now))
        except posting.PostFailed as fault:
            return SendResult(outcome=fault.outcome, reason=fault.reason)
        return read_push_result(status, headers, now)

    def _resolve(self, to: SplitResult) -> str:
        """Return the address to connect to; empty where any address of the host is not public."""
        found = socket.getaddrinfo(to.hostname, to.port or HTTPS_PORT, type=socket.SOCK_STREAM)
        addresses = [str(each[4][0]).partition("%")[0] for each in found]
        if not self.allows_private and not all(map(_is_public, addresses)):
            return ""
        return addresses[0] if addresses else ""


def read_push_result(status: int, headers: dict[str, str], now: datetime) -> SendResult:
    """Return what a push service's answer means (RFC 8030, 5 and 8.4; header names in lower case)."""
    if status in _CREATED:
        return SendResult(outcome=SendOutcome.SENT)
    if status in _ENDED:
        return SendResult(outcome=SendOutcome.REFUSED, reason=GONE)
    if status in (_TOO_MANY, _AWAY):
        return SendResult(outcome=SendOutcome.NOT_SENT, reason="throttled", retry_at=_read_wait(headers, now))
    if status in _OUR_FAULT:
        return SendResult(outcome=SendOutcome.REFUSED, reason=f"http-{status}", alarm=True)
    if status < 500:  # noqa: PLR2004 - the first status of a fault of the server
        return SendResult(outcome=SendOutcome.REFUSED, reason=f"http-{status}")
    return SendResult(outcome=SendOutcome.UNCLEAR, reason=f"http-{status}")


def _read_wait(headers: dict[str, str], now: datetime) -> datetime | None:
    """Return the instant of ``Retry-After``, at most half an hour ahead (RFC 9110, 10.2.3)."""
    written = headers.get("retry-after", "")
    try:
        at = (
            now + timedelta(seconds=int(written[:6])) if written.isdigit() else parsedate_to_datetime(written)
        )
        return min(max(at, now), now + _LONGEST_WAIT)
    except (ValueError, TypeError):
        return None


def _write_headers(message: OutgoingPush, now: datetime) -> dict[str, str]:
    left = int((message.valid_until - now).total_seconds())
    return {
        "Authorization": encryption.sign_sender(
            message.endpoint, message.signing_key, contact=message.contact, now=now
        ),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(max(left, _SHORTEST_LIFE)),
        "Urgency": "high",
        "Topic": "alert",  # one that was not delivered yet is replaced, and the phone rings once
    }


def _is_public(address: str) -> bool:
    """Return whether an address belongs to the public internet.

    Raises:
        ValueError: it is no address.
    """
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif any(found in net for net in _TUNNELS):
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved
