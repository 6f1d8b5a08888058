"""A second channel is a folder and a block of configuration: the whole of it stands here, and its diff is shown."""

import difflib
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import pytest

import gateway.channels
from config import settings as config
from gateway import bootstrap
from gateway.channels import UnknownProvider, find_channel
from gateway.channels.contract import SendOutcome
from gateway.delivery.send import drain_outbox
from gateway.domain.events import Inbound, Outgoing
from gateway.storage import migrate
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.outbox_rig import Rows
from tests.support.served_webhooks import served
from tests.support.standin import post_bytes

FOLDER = '''\
"""A pigeon: takes a form with who and what, and keeps what it is to carry."""

from datetime import datetime

from gateway.channels.contract import (Answer, Contract, SendOutcome, SendResult)
from gateway.domain.events import Inbound, Kind


class Line:
    def __init__(self, config):
        self.config = config
        real = bool(config.options.get("token"))
        self.contract = Contract(
            events=frozenset({"sms"}), accumulates=False, has_turn_id=True, takes_our_id=True, can_ask=False, real=real
        )
        self.carried = []

    def parse(self, request):
        who, what, turn = request.need("who"), request.need("what"), request.need("ring")
        return (Inbound(channel=self.config.name, kind=Kind.SMS, number=who, text=what, turn=turn),)

    def answer(self, reply, inbound):
        return Answer(body=reply.text)

    def send(self, message, *, now: datetime):
        self.carried.append(message)
        return SendResult(outcome=SendOutcome.SENT, provider_id=message.own_id)


def build(config):
    return Line(config)
'''
BLOCK = """
[channels.pigeon]
provider = "pigeon"
prefixes = ["+856"]
[channels.pigeon.options]
loft = 3
"""
LINES = """
[line]
helpline = "+85620555000000"
mrc = "+85620555000001"
[channels.simulator]
provider = "simulator"
"""


@pytest.fixture
def pigeon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, in a place of its own beside the others; nothing of the product is touched."""
    folder = tmp_path / "channels" / "pigeon"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(FOLDER)
    monkeypatch.setattr(gateway.channels, "__path__", [*gateway.channels.__path__, str(folder.parent)])
    monkeypatch.delitem(sys.modules, "gateway.channels.pigeon", raising=False)
    yield folder
    sys.modules.pop("gateway.channels.pigeon", None)


def environment(tmp_path: Path, block: str) -> dict[str, str]:
    (tmp_path / "gateway.toml").write_text(LINES + block)
    return {
        "GATEWAY_CONFIG": str(tmp_path / "gateway.toml"),
        "GATEWAY_DATA_DIR": str(tmp_path / "var"),
        "PIGEON_TOKEN": "grain",
    }


def test_a_toy_provider_is_a_folder_and_a_block(pigeon: Path, tmp_path: Path, sqlite_store: Store) -> None:
    settings = config.load_settings(environment(tmp_path, BLOCK))
    store = bootstrap.open_ledger(settings)
    migrate.upgrade(store)
    parts = bootstrap.open_parts(settings)
    try:
        line = parts.channels["pigeon"]
        assert dict(line.config.options) == {"loft": "3", "token": "grain"}
        assert (line.config.prefixes, line.contract.real) == (("+856",), True)
        with served(*parts.channels.values()) as house:
            posted = urlencode({"who": "+8562055500001", "what": "pay", "ring": "r1"}).encode()
            assert post_bytes(house.addresses("pigeon")["sms"], posted).status == 200
            assert isinstance(house.behind.taken[0], Inbound)
        made = Rows(parts).add(channel="pigeon")
        drain_outbox(parts)
        assert [message.own_id for message in line.carried] == [made]  # type: ignore[attr-defined]
    finally:
        parts.store.close()
        store.close()
    new = [f"gateway/channels/pigeon/__init__.py (new, {len(FOLDER.splitlines())} lines)"]
    diff = list(difflib.unified_diff(LINES.splitlines(), (LINES + BLOCK).splitlines(), lineterm="", n=0))
    print("\n".join(["", *new, *diff]))
    assert all(not one.startswith("-") or one.startswith("---") for one in diff)


def test_without_its_folder_the_block_is_a_fault_by_name(tmp_path: Path) -> None:
    with pytest.raises(config.SettingsError, match="channel pigeon: there is no provider 'pigeon'"):
        bootstrap._build_channels(config.load_settings(environment(tmp_path, BLOCK)), real=True)


def test_the_product_knows_nothing_of_it() -> None:
    root = Path(gateway.channels.__file__).parent.parent.parent
    found = subprocess.run(
        ["grep", "-ril", "pigeon", "gateway", "config", "workers"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in found.stdout.split() if not line.endswith(".pyc")] == []


def test_the_toy_alone_keeps_the_contract(pigeon: Path, clock: SetClock) -> None:
    from gateway.channels.contract import ChannelConfig

    line = find_channel(ChannelConfig(name="pigeon", provider="pigeon", menu="helpline"))
    message = Outgoing(own_id="01hzy2m4c9k3p7qrs5tv", number="+8562055500001", text="Hello")
    assert line.send(message, now=clock.now()).outcome is SendOutcome.SENT
    with pytest.raises(UnknownProvider):
        find_channel(ChannelConfig(name="pigeon", provider="dove", menu="helpline"))
