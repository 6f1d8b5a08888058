"""Says who shares an address on the network, so that limits by address count one subscriber as one."""

import ipaddress
import re

_SUBNET = 64
_MOST = 64
_WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|([^:]+):\d+")


def find_subscriber(written: str) -> str:
    """Return the IPv4 address, or of IPv6 its first half, as whose all requests from there are counted.

    One subscriber has all the rest of an IPv6 address (RFC 6177). A socket that listens on both shows IPv4 inside IPv6
    (``::ffff:192.0.2.1``, RFC 4291 2.5.5.2): taken by its half, the whole of IPv4 would be one subscriber. Some proxies
    write the port of each connection behind the address.

    Args:
        written: the peer of a connection, or what a proxy that may be believed wrote; else it is returned as it is,
            shortened.
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
