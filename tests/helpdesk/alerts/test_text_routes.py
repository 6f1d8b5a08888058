"""By which channel an alert leaves where the caller's own carries no texts: a USSD code wakes nobody."""

from pathlib import Path

import pytest

from gateway.channels import find_channel
from gateway.channels.contract import ChannelConfig
from gateway.helpdesk.alerts.alerts import choose_channel, find_route
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.house import made_parts

KANNEL = {"send_url": "http://127.0.0.1:1/cgi-bin/sendsms", "username": "u", "password": "p"}
OURS = "+8562055500009"


@pytest.mark.parametrize("order", [("code", "texts"), ("texts", "code")])
def test_an_alert_about_a_caller_of_a_ussd_code_leaves_by_a_channel_of_texts(
    sqlite_store: Store, clock: SetClock, tmp_path: Path, order: tuple[str, str]
) -> None:
    lines = {
        "code": find_channel(
            ChannelConfig(name="code", provider="hubtel", menu="helpline", options={"live": "yes"})
        ),
        "texts": find_channel(
            ChannelConfig(name="texts", provider="kannel", menu="helpline", options=KANNEL)
        ),
    }
    parts = made_parts(sqlite_store, clock, tmp_path, channels={name: lines[name] for name in order})
    with sqlite_store.read() as tx:
        assert [choose_channel(parts, tx, first, OURS) for first in ("code", "texts", "")] == ["texts"] * 3
        assert [one.name for one in find_route(parts, tx)] == ["texts"]


def test_where_no_real_channel_carries_texts_an_alert_does_not_go_to_a_simulator(
    sqlite_store: Store, clock: SetClock, tmp_path: Path
) -> None:
    """It is refused by the code with an alarm, which people see; in a simulator nobody would."""
    code = find_channel(
        ChannelConfig(name="code", provider="hubtel", menu="helpline", options={"live": "yes"})
    )
    parts = made_parts(sqlite_store, clock, tmp_path)
    parts = made_parts(sqlite_store, clock, tmp_path, channels={**parts.channels, "code": code})
    with sqlite_store.read() as tx:
        assert choose_channel(parts, tx, "code", OURS) == "code"
