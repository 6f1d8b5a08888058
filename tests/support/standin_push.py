"""Stands in for the push services of browsers: takes RFC 8030 posts, checks the sender (RFC 8292), opens the message (RFC 8291).

It opens what it gets by itself: the receiving half is written from the RFCs here, and uses nothing of the product.
"""

import base64
import json
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar, Self

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.storage.staff_devices import PushAddress
from tests.support.serving import LOOK_EVERY, JoiningServer


def text_of(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def hmac_of(key: bytes, message: bytes) -> bytes:
    made = hmac.HMAC(key, hashes.SHA256())
    made.update(message)
    return made.finalize()


class PushedBrowser:
    """A browser's half: its key and secret, and how it opens a message."""

    def __init__(
        self, private: ec.EllipticCurvePrivateKey | None = None, auth: bytes = b"0123456789abcdef"
    ) -> None:
        self.private = private or ec.generate_private_key(ec.SECP256R1())
        self.auth = auth
        self.point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def opens(self, body: bytes) -> bytes:
        """RFC 8188 (2.1) and RFC 8291 (3.4): header, keys by HMAC, one record, delimiter 2."""
        salt, size = body[:16], body[20]
        assert int.from_bytes(body[16:20], "big") >= 18
        point, sealed = body[21 : 21 + size], body[21 + size :]
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        shared = self.private.exchange(ec.ECDH(), theirs)
        combined = hmac_of(self.auth, shared)
        material = hmac_of(combined, b"WebPush: info\x00" + self.point + point + b"\x01")
        prk = hmac_of(salt, material)
        key = hmac_of(prk, b"Content-Encoding: aes128gcm\x00\x01")[:16]
        nonce = hmac_of(prk, b"Content-Encoding: nonce\x00\x01")[:12]
        record = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\x00")
        assert record.endswith(b"\x02"), "the last record says so"
        return record[:-1]


@dataclass
class Pushed:
    """One accepted post."""

    path: str
    headers: dict[str, str]
    body: bytes
    claims: dict[str, Any] = field(default_factory=dict)


class PushStandin:
    """A push service on a port of this machine; ``answers`` says what it does next, 201 where nothing is said."""

    def __init__(self) -> None:
        self.got: list[Pushed] = []
        self.refused: list[str] = []
        self.answers: deque[tuple[int, dict[str, str]] | str] = deque()
        self.browsers: dict[str, PushedBrowser] = {}
        self.keys: set[str] = set()
        standin = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            times: ClassVar[int] = 0

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                standin.takes(self, body)

            def log_message(self, *_args: object) -> None:
                pass

        self.server = JoiningServer(("127.0.0.1", 0), Door)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.server.serve_forever, args=(LOOK_EVERY,))
        self._thread.start()
        return self

    def __exit__(self, *_fault: object) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    def subscribe(self, name: str = "b1") -> PushAddress:
        """What a browser gets when a page subscribes."""
        browser = self.browsers.setdefault(name, PushedBrowser())
        return PushAddress(
            endpoint=f"{self.origin}/push/{name}", p256dh=text_of(browser.point), auth=text_of(browser.auth)
        )

    def takes(self, door: BaseHTTPRequestHandler, body: bytes) -> None:
        fault = self._fault(door)
        if fault:
            self.refused.append(fault)
            _answer(door, 400)
            return
        answer = self.answers.popleft() if self.answers else (201, {})
        if answer == "reset":
            self.got.append(Pushed(door.path, dict(door.headers), body))
            door.connection.close()
            door.close_connection = True
            return
        status, headers = answer if isinstance(answer, tuple) else (500, {})
        if status == 201:
            claims = self._claims(door.headers["Authorization"])
            self.got.append(Pushed(door.path, dict(door.headers), body, claims))
            headers = {"Location": f"{self.origin}/message/{len(self.got)}", **headers}
        _answer(door, status, headers)

    def said(self, at: int = -1) -> dict[str, Any]:
        """What the browser reads in a message."""
        pushed = self.got[at]
        found: dict[str, Any] = json.loads(self.browsers[pushed.path.rpartition("/")[2]].opens(pushed.body))
        return found

    def _fault(self, door: BaseHTTPRequestHandler) -> str:
        headers = door.headers
        if not headers.get("TTL", "").isdigit():
            return "RFC 8030, 5.2: TTL"
        if headers.get("Urgency", "normal") not in {"very-low", "low", "normal", "high"}:
            return "RFC 8030, 5.3: Urgency"
        topic = headers.get("Topic", "a")
        if len(topic) > 32 or not set(topic) <= set(text_of(bytes(range(256))) + "-_"):
            return "RFC 8030, 5.4: Topic"
        if headers.get("Content-Encoding") != "aes128gcm":
            return "RFC 8291, 4: Content-Encoding"
        return self._sender_fault(headers.get("Authorization", ""))

    def _sender_fault(self, written: str) -> str:
        try:
            claims = self._claims(written)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it
            return f"RFC 8292: {type(error).__name__}"
        return "" if claims["aud"] == self.origin else "RFC 8292, 2: aud"

    def _claims(self, written: str) -> dict[str, Any]:
        scheme, _, fields = written.partition(" ")
        assert scheme == "vapid"
        values = dict(one.strip().split("=", 1) for one in fields.split(","))
        self.keys.add(values["k"])
        head, claims, signature = values["t"].split(".")
        assert json.loads(bytes_of(head)) == {"typ": "JWT", "alg": "ES256"}
        raw = bytes_of(signature)
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes_of(values["k"]))
        key.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        found: dict[str, Any] = json.loads(bytes_of(claims))
        return found


def _answer(door: BaseHTTPRequestHandler, status: int, headers: dict[str, str] | None = None) -> None:
    door.send_response(status)
    for name, value in (headers or {}).items():
        door.send_header(name, value)
    door.send_header("Content-Length", "0")
    door.end_headers()
