"""Encrypt a Web Push message for one browser, and sign who sends it.

RFC 8291 (message encryption), RFC 8188 (aes128gcm), RFC 8292 (VAPID). The libraries of this field were weighed: one
brings two HTTP clients and a source-only package, the other forgets the port of an audience and cannot pad.
"""

import base64
import json
import struct
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.foundation.ids import make_random_bytes

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
