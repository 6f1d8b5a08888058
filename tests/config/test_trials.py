"""What may be tried on a machine without an account is out of reach on one that has any: by the real bootstrap."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import gateway.channels
from config.settings import CLOCK_BESIDE_ACCOUNT, SettingsError, load_settings
from gateway import bootstrap
from gateway.channels.contract import SendOutcome
from gateway.domain.events import Outgoing
from gateway.foundation.fault_injection import KINDS, PROVIDER, STORE, Outages
from gateway.foundation.services import Services
from gateway.operations import health
from gateway.storage import migrate
from gateway.storage.database import Unavailable

ACCOUNT = {"AFRICASTALKING_USERNAME": "sandbox", "AFRICASTALKING_API_KEY": "a key"}
NUMBERS = '[line]\nhelpline = "+85620555000000"\nmrc = "+85620555000001"\n'
LINES = (
    '[channels.simulator]\nprovider = "simulator"\n[channels.africastalking]\nprovider = "africastalking"\n'
)
BIRD = '[channels.bird]\nprovider = "tern"\n[channels.bird.options]\nloft = "north"\n'
"""A provider whose account is known by a word that the settings do not know."""

TERN = """
from gateway.channels.simulator import SimulatorChannel as Simulated
from dataclasses import replace


class Line(Simulated):
    def __init__(self, config):
        super().__init__(config)
        self.contract = replace(self.contract, real="loft" in config.options, shows_facts=False)


def build(config):
    return Line(config)
"""


@pytest.fixture
def tern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "channels" / "tern"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(TERN)
    monkeypatch.setattr(gateway.channels, "__path__", [*gateway.channels.__path__, str(folder.parent)])
    yield
    sys.modules.pop("gateway.channels.tern", None)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[list[Services]]:
    found: list[Services] = []
    yield found
    for parts in found:
        parts.store.close()


def start(folder: Path, opened: list[Services], toml: str = LINES, **environ: str) -> Services:
    """One process of a machine whose data folder is there already."""
    (folder / "gateway.toml").write_text(NUMBERS + toml)
    said = {"GATEWAY_DATA_DIR": str(folder / "var"), "GATEWAY_CONFIG": str(folder / "gateway.toml")}
    settings = load_settings({**said, **environ})
    ledger = bootstrap.open_ledger(settings)
    migrate.upgrade(ledger)
    ledger.close()
    opened.append(bootstrap.open_parts(settings))
    return opened[-1]


def everything_down(folder: Path, parts: Services) -> None:
    for kind in KINDS:
        Outages(folder / "var" / "outages").begin(kind, now=parts.clock.now())


def looks(parts: Services) -> bool:
    try:
        with parts.store.read():
            return True
    except Unavailable:
        return False


def sends(parts: Services) -> SendOutcome:
    message = Outgoing(own_id="01hzy2m4c9k3p7qrs5tv", number="+8562055500001", text="Hello")
    return parts.channels["simulator"].send(message, now=parts.clock.now()).outcome


def test_without_an_account_both_outages_are_real(tmp_path: Path, opened: list[Services]) -> None:
    parts = start(tmp_path, opened)
    assert (looks(parts), sends(parts)) == (True, SendOutcome.SENT)
    everything_down(tmp_path, parts)
    assert (looks(parts), sends(parts)) == (False, SendOutcome.NOT_SENT)
    Outages(tmp_path / "var" / "outages").end(STORE)
    assert (looks(parts), sends(parts)) == (True, SendOutcome.NOT_SENT)
    Outages(tmp_path / "var" / "outages").end(PROVIDER)
    assert sends(parts) is SendOutcome.SENT


def test_the_doctor_says_that_it_is_a_trial(tmp_path: Path, opened: list[Services]) -> None:
    parts = start(tmp_path, opened)
    everything_down(tmp_path, parts)
    (ledger,) = [finding for finding in health.look_around(parts) if finding.part == "ledger"]
    assert not ledger.ok
    assert "an outage is tried" in ledger.words


def test_a_process_that_starts_during_one_stands_on_its_own_copy(
    tmp_path: Path, opened: list[Services]
) -> None:
    everything_down(tmp_path, start(tmp_path, opened))
    assert not looks(start(tmp_path, opened))


@pytest.mark.parametrize("phone", ["auto", "on", "off"])
def test_beside_an_account_files_in_the_folder_move_nothing(
    tmp_path: Path, opened: list[Services], phone: str
) -> None:
    parts = start(tmp_path, opened, **ACCOUNT, GATEWAY_PHONE=phone)
    everything_down(tmp_path, parts)
    assert parts.store._away is None
    assert "outages" not in parts.channels["simulator"].config.options
    assert (looks(parts), sends(parts)) == (True, SendOutcome.SENT)


def test_with_the_phone_off_they_move_nothing_either(tmp_path: Path, opened: list[Services]) -> None:
    parts = start(tmp_path, opened, GATEWAY_PHONE="off")
    everything_down(tmp_path, parts)
    assert (looks(parts), sends(parts)) == (True, SendOutcome.SENT)


@pytest.mark.usefixtures("tern")
class TestALineKnownByOtherWords:
    def test_keeps_the_ledger_out_of_reach(self, tmp_path: Path, opened: list[Services]) -> None:
        parts = start(tmp_path, opened, LINES + BIRD, GATEWAY_PHONE="on")
        everything_down(tmp_path, parts)
        assert parts.channels["bird"].contract.real
        assert looks(parts)

    def test_refuses_a_clock_that_can_be_moved(self, tmp_path: Path, opened: list[Services]) -> None:
        with pytest.raises(SettingsError) as refused:
            start(tmp_path, opened, LINES + BIRD, GATEWAY_TEST_CLOCK="1")
        assert refused.value.faults == [CLOCK_BESIDE_ACCOUNT]

    def test_that_only_listens_refuses_nothing(self, tmp_path: Path, opened: list[Services]) -> None:
        silent = BIRD.replace('loft = "north"\n', "")
        assert start(tmp_path, opened, LINES + silent, GATEWAY_TEST_CLOCK="1").clock.is_moved_by_tests


def test_the_price_of_a_part_reaches_the_line(tmp_path: Path, opened: list[Services]) -> None:
    parts = start(tmp_path, opened, LINES + 'part_price = "0.02 USD"\n')
    assert parts.channels["africastalking"].config.part_price == "0.02 USD"
    assert parts.channels["simulator"].config.part_price == ""


# --- the second factor


def test_without_an_account_one_may_go_without_the_second_factor(
    tmp_path: Path, opened: list[Services]
) -> None:
    assert start(tmp_path, opened).asks_second_factor
    assert not start(tmp_path, opened, GATEWAY_SECOND_FACTOR="off").asks_second_factor


def test_beside_an_account_the_second_factor_cannot_be_left_out(
    tmp_path: Path, opened: list[Services]
) -> None:
    assert start(tmp_path, opened, **ACCOUNT).asks_second_factor
    with pytest.raises(SettingsError, match="GATEWAY_SECOND_FACTOR"):
        start(tmp_path, opened, **ACCOUNT, GATEWAY_SECOND_FACTOR="off")


@pytest.mark.usefixtures("tern")
def test_an_account_that_the_settings_do_not_know_asks_for_it_all_the_same(
    tmp_path: Path, opened: list[Services]
) -> None:
    assert start(tmp_path, opened, BIRD, GATEWAY_SECOND_FACTOR="off").asks_second_factor
