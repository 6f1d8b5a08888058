"""The addresses that people paste into dashboards."""

from gateway.foundation.time_and_chance import derive_secrets
from gateway.web.webhooks.views import list_addresses
from tests.support.channel_tables import line_of

KEY = b"k" * 32


def test_every_line_has_an_address_for_each_of_its_events_with_its_newest_secret() -> None:
    lines = {"at": line_of("africastalking"), "sim": line_of("simulator")}

    written = list_addresses("http://127.0.0.1:8000", lines, lambda channel: derive_secrets(KEY, channel, 2))

    newest = derive_secrets(KEY, "at", 2)[0]
    assert written["at"]["ussd-end"] == f"http://127.0.0.1:8000/webhooks/at/{newest}/ussd-end"
    assert {line: list(events) for line, events in written.items()} == {
        "at": ["delivery", "optout", "sms", "ussd", "ussd-end", "voice"],
        "sim": ["sms", "thread", "ussd", "ussd-end", "voice"],
    }
