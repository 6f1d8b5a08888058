"""Group network addresses by subscriber, and find the path of a Unix socket however deep the data folder lies.

Limits per address treat one subscriber as one. unix(7) allows a path of 108 bytes with the final zero; servers add a
suffix while they start.
"""

import hashlib
import ipaddress
import os
import re
from functools import lru_cache
from pathlib import Path

_SUBNET = 64
_MOST = 64
_WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|([^:]+):\d+")


@lru_cache(maxsize=256)
def find_subscriber(written: str) -> str:
    """Return the IPv4 address, or the first half (/64) of an IPv6 address, for which requests are counted together.

    One subscriber has the whole rest of an IPv6 address (RFC 6177). An IPv4-mapped address (``::ffff:192.0.2.1``, RFC
    4291, section 2.5.5.2) counts as IPv4, or all of IPv4 would be one subscriber. A port, which some proxies append,
    is removed.

    Args:
        written: the peer's address, or what a trusted proxy wrote; anything else is returned shortened to 64
            characters.
    """
    found = _WITH_PORT.fullmatch(written.strip())
    bare = next(filter(None, found.groups())) if found else written.strip()
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return written[:_MOST]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((int(address), _SUBNET), strict=False))
        address = address.ipv4_mapped
    return str(address)


_LONGEST = 100
"""Bytes of a path, so that a suffix fits behind it."""

_TEMPORARY = Path("/tmp")  # noqa: S108 - our folder in it is private, and that is checked
"""Not ``tempfile.gettempdir()``: it looks for a folder by writing into it, so it finds none while the disk is full."""


def find_socket_path(folder: Path, name: str) -> Path:
    """Return the socket's path: in the folder, or in a private temporary folder if that path is too long.

    Raises:
        PermissionError: the private folder belongs to somebody else.
    """
    plain = folder / f"{name}.sock"
    if len(os.fsencode(plain)) <= _LONGEST:
        return plain
    private = _TEMPORARY / f"helpline-{os.getuid()}"
    private.mkdir(mode=0o700, exist_ok=True)
    if private.stat().st_uid != os.getuid() or private.stat().st_mode & 0o077:
        raise PermissionError(
            f"{private} belongs to somebody else; remove it or choose a shorter GATEWAY_DATA_DIR"
        )
    seed = os.fsencode(folder if name == "valkey" else plain)  # Valkey's has the name of earlier releases
    return private / f"{hashlib.sha256(seed).hexdigest()[:16]}.sock"
