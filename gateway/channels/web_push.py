"""Send Web Push messages to browsers of staff; it is no provider, since no caller reaches us through it.

RFC 8030 (push), RFC 8291 (message encryption), RFC 8188 (aes128gcm), RFC 8292 (VAPID). The libraries of
this field were weighed: one brings two HTTP clients and a source-only package, the other forgets the port of an
audience and cannot pad.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import socket
import struct
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.channels.contract import ChannelConfig, Contract, SendOutcome, SendResult
from gateway.channels.http_client import CONNECT, READ
from gateway.domain.events import PUSH, OutgoingPush
from gateway.foundation.time_and_chance import make_random_bytes

if TYPE_CHECKING:
    import ssl

    import urllib3

SALT_BYTES, AUTH_BYTES, POINT_BYTES = 16, 16, 65
_RECORD = 4096
_PADDED = 128
"""Every message is padded to this length, so that its size says nothing (RFC 8188, 2)."""

_CURVE = ec.SECP256R1()
_SCALAR_BYTES = 32
_TOKEN_LASTS = timedelta(hours=12)
"""RFC 8292 (2) allows at most 24 hours."""


def write_base64(value: bytes) -> str:
    """Return base64url without padding (RFC 4648, 5), as browsers write keys."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def read_base64(text: str) -> bytes:
    """Return the bytes of base64url with or without padding.

    Raises:
        ValueError: it is none.
    """
    bare = text.strip().rstrip("=")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)


def create_signing_key() -> bytes:
    """Return a new VAPID private key: the scalar, 32 bytes."""
    return ec.generate_private_key(_CURVE).private_numbers().private_value.to_bytes(_SCALAR_BYTES, "big")


def derive_public_key(signing_key: bytes) -> bytes:
    """Return the public half of a VAPID key: an uncompressed point, 65 bytes."""
    return _write_point(_load_scalar(signing_key).public_key())


def read_public_key(point: bytes) -> ec.EllipticCurvePublicKey:
    """Return the browser's public key.

    Raises:
        ValueError: the bytes are no point of the curve.
    """
    return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)


def seal_payload(
    text: bytes,
    *,
    public_key: bytes,
    auth: bytes,
    salt: bytes = b"",
    ephemeral: ec.EllipticCurvePrivateKey | None = None,
    padded: int = _PADDED,
) -> bytes:
    """Return the body of a push message.

    Args:
        text: the message, at most ``padded`` - 1 bytes.
        public_key: the browser's key ``p256dh``.
        auth: the browser's secret ``auth``, 16 bytes.
        salt: 16 random bytes; made where empty.
        ephemeral: our key of this message; made where None.
        padded: length of the padded record in bytes, the delimiter included; 0 for no padding.

    Raises:
        ValueError: the key is no point of the curve.
    """
    salt, ephemeral = salt or make_random_bytes(SALT_BYTES), ephemeral or ec.generate_private_key(_CURVE)
    own_point = _write_point(ephemeral.public_key())
    shared = ephemeral.exchange(ec.ECDH(), read_public_key(public_key))
    secret = _derive_secret(shared, auth, b"WebPush: info\x00" + public_key + own_point, 32)
    key = _derive_secret(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derive_secret(secret, salt, b"Content-Encoding: nonce\x00", 12)
    record = (text + b"\x02").ljust(padded, b"\x00")  # 2 marks the last record; zeros are padding
    head = salt + struct.pack("!LB", _RECORD, len(own_point)) + own_point
    return head + AESGCM(key).encrypt(nonce, record, None)


def sign_sender(endpoint: str, signing_key: bytes, *, contact: str, now: datetime) -> str:
    """Return the header ``Authorization`` that names the sender to the push service.

    Args:
        endpoint: the subscription's address; the token holds for its origin only.
        signing_key: the VAPID private key.
        contact: an https or mailto address of the operator; empty where there is none.
        now: the instant from which the token counts its life.
    """
    to = urlsplit(endpoint)
    claims = {"aud": f"{to.scheme}://{to.netloc}", "exp": int((now + _TOKEN_LASTS).timestamp())}
    if contact:
        claims["sub"] = contact
    parts = ({"typ": "JWT", "alg": "ES256"}, claims)
    signed = ".".join(write_base64(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    private = _load_scalar(signing_key)
    r, s = decode_dss_signature(private.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = r.to_bytes(_SCALAR_BYTES, "big") + s.to_bytes(_SCALAR_BYTES, "big")  # RFC 7518, 3.4
    public = write_base64(_write_point(private.public_key()))
    return f"vapid t={signed}.{write_base64(signature)}, k={public}"


def _derive_secret(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(material)


def _load_scalar(signing_key: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(signing_key, "big"), _CURVE)


def _write_point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


# The address of a subscription comes from a browser, so it is treated like any foreign URL (OWASP, Server-Side Request
# Forgery Prevention): https only, its host is resolved here, every address must be a public one, and the connection is
# made to the address that was looked at.

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
            body = seal_payload(message.text.encode(), public_key=message.public_key, auth=message.auth)
            address = self._resolve(to)
        except ValueError:
            return SendResult(outcome=SendOutcome.REFUSED, reason="keys")
        except OSError:
            return SendResult(outcome=SendOutcome.NOT_SENT, reason="unknown-host")
        if not address:
            return SendResult(outcome=SendOutcome.REFUSED, reason="private-address")
        try:
            status, headers = send_body(to, address, body, _write_headers(message, now))
        except PostFailed as fault:
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
        "Authorization": sign_sender(message.endpoint, message.signing_key, contact=message.contact, now=now),
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
    # Late: a process that pushes nothing needs no HTTP client (urllib3, 30 ms of a start).
    import urllib3
    from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

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
    import urllib3

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
    import certifi
    from urllib3.util.ssl_ import create_urllib3_context

    context = create_urllib3_context()
    context.load_verify_locations(certifi.where())
    return context
