"""One subscriber is one, in whichever way the address is written, and two are two."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.foundation.network_addresses import find_subscriber


@pytest.mark.parametrize(
    ("written", "subscriber"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1 ", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:c000:201", "192.0.2.1"),
        ("[::ffff:192.0.2.1]:4711", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:0DB8:1:2::6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::6]:4711", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::6]", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("unknown", "unknown"),
        ("_hidden:12", "_hidden:12"),
        ("", ""),
        ("x" * 5000, "x" * 64),
    ],
)
def test_one_subscriber_has_one_name(written: str, subscriber: str) -> None:
    assert find_subscriber(written) == subscriber


@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.integers(1, 65535))
def test_two_addresses_of_ipv4_are_never_one_however_a_socket_shows_them(
    one: ipaddress.IPv4Address, other: ipaddress.IPv4Address, port: int
) -> None:
    ways = [f"{one}", f"{one}:{port}", f"::ffff:{one}", f"[::ffff:{one}]:{port}"]
    assert {find_subscriber(way) for way in ways} == {str(one)}
    assert (find_subscriber(f"::ffff:{other}") == str(one)) == (one == other)


@given(st.ip_addresses(v=6, network="2001:db8::/32"), st.integers(0, 2**64 - 1))
def test_whatever_a_subscriber_of_ipv6_chooses_behind_the_first_half_is_the_same_one(
    one: ipaddress.IPv6Address, rest: int
) -> None:
    other = ipaddress.IPv6Address(int(one) >> 64 << 64 | rest)
    assert find_subscriber(str(one)) == find_subscriber(f"[{other}]:80")


@given(st.text(max_size=80))
def test_whatever_stands_there_is_somebody(written: str) -> None:
    assert len(find_subscriber(written)) <= 80
