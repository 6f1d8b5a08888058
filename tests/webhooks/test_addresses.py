"""The addresses that people paste into dashboards."""

import pytest

from gateway.webhooks.addresses import addresses, base_of
from gateway.webhooks.verify import secrets_for
from tests.channels.tables import line_of

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("public_url", "host", "port", "base"),
    [
        ("", "127.0.0.1", 8000, "http://127.0.0.1:8000"),
        ("", "0.0.0.0", 80, "http://127.0.0.1:80"),
        ("", "::", 8000, "http://127.0.0.1:8000"),
        ("", "::1", 8000, "http://[::1]:8000"),
        ("", "gateway.lan", 8000, "http://gateway.lan:8000"),
        ("https://help.example.org", "127.0.0.1", 8000, "https://help.example.org"),
        ("https://help.example.org/", "127.0.0.1", 8000, "https://help.example.org"),
    ],
)
def test_where_the_gateway_is_found(public_url: str, host: str, port: int, base: str) -> None:
    assert base_of(public_url=public_url, host=host, port=port) == base


def test_every_line_has_an_address_for_each_of_its_events_with_its_newest_secret() -> None:
    lines = {"at": line_of("africastalking"), "sim": line_of("simulator")}

    written = addresses("http://127.0.0.1:8000", lines, lambda channel: secrets_for(KEY, channel, 2))

    newest = secrets_for(KEY, "at", 2)[0]
    assert written["at"]["ussd-end"] == f"http://127.0.0.1:8000/webhooks/at/{newest}/ussd-end"
    assert {line: list(events) for line, events in written.items()} == {
        "at": ["delivery", "optout", "sms", "ussd", "ussd-end"],
        "sim": ["sms", "thread", "ussd", "ussd-end"],
    }
