"""Group network addresses by subscriber, so that limits per address treat one subscriber as one."""

import ipaddress
import re
from functools import lru_cache

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
