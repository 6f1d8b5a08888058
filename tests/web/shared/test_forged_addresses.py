"""Whoever writes headers of their own is still whoever they are: limits and brakes count by the address that a proxy of ours saw."""

import pytest
from flask import request

from gateway.foundation.network_addresses import find_subscriber
from gateway.web.shared.auth import anyone
from gateway.web.shared.front import join_headers
from tests.support.web_apps import pages_of
from tests.web.shared.test_front import Head, Wire, asked, built

HER, PROXY, OTHER_PROXY = "198.51.100.7", "127.0.0.1", "203.0.113.80"
FORGED = [
    {"X-Forwarded-For": "192.0.2.{n}"},
    {"X-Forwarded-For": "192.0.2.{n}, 192.0.2.250"},
    {"X-Forwarded-For": "::ffff:192.0.2.{n}"},
    {"X_Forwarded_For": "192.0.2.{n}"},
    {"X-Real-IP": "192.0.2.{n}"},
    {"X-Client-IP": "192.0.2.{n}"},
    {"CF-Connecting-IP": "192.0.2.{n}"},
    {"True-Client-IP": "192.0.2.{n}"},
    {"Forwarded": "for=192.0.2.{n};proto=https;by=192.0.2.{n}"},
    {"X-Forwarded-Host": "192.0.2.{n}", "X-Forwarded-Port": "{n}", "X-Forwarded-Proto": "https"},
    {"Via": "1.1 192.0.2.{n}", "Host": "192.0.2.{n}"},
]


@pytest.fixture
def addresses_of(parts):
    """Returns who is counted, by the pages and by the front, of these headers."""

    def find(peer: str, headers: list[tuple[str, str]], proxies: int) -> tuple[str, str]:
        app = pages_of(parts, proxies=proxies)
        app.add_url_rule("/where", view_func=anyone(lambda: request.remote_addr or "none"))
        given = [(name.lower(), value) for name, value in headers]
        head = Head("/where", "GET", given=given, client=f"{peer}:4711")
        _, _, body = asked(built(app.wsgi_app, most_bytes=0), head, Wire())
        front = built(proxies=proxies)._caller(head.client, join_headers(given))
        return find_subscriber(body.decode()), front

    return find


@pytest.mark.fault("K12")
@pytest.mark.parametrize("forged", FORGED, ids=lambda forged: next(iter(forged.values())))
def test_without_a_proxy_no_header_makes_anybody_somebody_else(addresses_of, forged):
    for n in (1, 2):
        headers = [(name, value.format(n=n)) for name, value in forged.items()]
        assert addresses_of(HER, headers, 0) == (HER, HER)


@pytest.mark.fault("K12")
@pytest.mark.parametrize("forged", FORGED, ids=lambda forged: next(iter(forged.values())))
@pytest.mark.parametrize("proxies", [1, 2])
def test_behind_proxies_only_what_they_wrote_themselves_counts(addresses_of, forged, proxies):
    """A proxy that appends (nginx) leaves hers before its own; one that replaces (Caddy) leaves none of hers."""
    seen = [HER, OTHER_PROXY][:proxies]
    for n in (1, 2):
        headers = [(name, value.format(n=n)) for name, value in forged.items()]
        before = [value for name, value in headers if name == "X-Forwarded-For"]
        others = [(name, value) for name, value in headers if name != "X-Forwarded-For"]
        appended = [*others, ("X-Forwarded-For", ", ".join([*before, *seen]))]
        in_lines = [*headers, *(("X-Forwarded-For", each) for each in seen)]
        for each in (appended, in_lines):
            assert addresses_of(PROXY, each, proxies) == (HER, HER)


def test_what_no_proxy_wrote_is_counted_as_the_proxy_s(addresses_of):
    assert addresses_of(PROXY, [], 1) == (PROXY, PROXY)
    assert addresses_of(PROXY, [("X-Forwarded-For", HER)], 2) == (PROXY, PROXY)


def test_a_proxy_that_writes_the_port_of_each_connection_makes_nobody_many(addresses_of):
    for port in (4711, 4712):
        headers = [("X-Forwarded-For", f"{HER}:{port}")]
        assert addresses_of(PROXY, headers, 1) == (HER, HER)
