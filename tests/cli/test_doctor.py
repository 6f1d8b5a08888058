"""`gateway doctor`: every part green or red, what to do in words, and exit 1 when one is red."""

import re
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from gateway.cli.doctor import _describe_finding
from gateway.delivery import clock_guard, nudge
from gateway.domain.permissions import Role
from gateway.foundation.fault_injection import STORE, Outages
from gateway.operations.health import Finding
from gateway.storage import settings, versions
from tests.support.cli_house import Machine, sheet_in
from tests.support.desk_rig import Desk
from tests.support.servers import Valkey

ACCOUNT = {"AFRICASTALKING_USERNAME": "sandbox", "AFRICASTALKING_API_KEY": "a key"}
ANOTHER = "0b9d6c3e8f1a2475" * 2 + "e0d1c2b3"
REAL = ACCOUNT | {"AFRICASTALKING_USERNAME": "centre"}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path / "house", monkeypatch)


@pytest.fixture
def started(machine: Machine) -> Machine:
    machine.starts()
    return machine


def told(machine: Machine, *words: str, **environ: str) -> dict[str, tuple[str, str]]:
    """part → (green or red, everything said of it)."""
    result = machine.run("doctor", *words, **environ)
    found = re.findall(r"^(green|red  )  (.{12,13}) (.*(?:\n .*)?)", result.output, re.MULTILINE)
    said = {part.strip(): (colour.strip(), words) for colour, part, words in found}
    assert result.exit_code == (1 if any(colour == "red" for colour, _ in said.values()) else 0), (
        result.output
    )
    return said


def reds(said: dict[str, tuple[str, str]]) -> set[str]:
    return {part for part, (colour, _) in said.items() if colour == "red"}


def test_before_the_first_start_it_says_how_to_start(machine: Machine) -> None:
    result = machine.run("doctor")
    assert result.exit_code == 1
    assert "nothing was ever started here" in result.output
    assert "gateway up" in result.output


def test_every_red_part_says_what_to_do(started: Machine) -> None:
    said = told(started)
    assert reds(said) == {"redis", "clock", "worker", "recovery"}
    assert all("→ " in words for colour, words in said.values() if colour == "red")
    assert {"settings", "menu", "ledger", "spool", "schema", "outbox", "account"} <= set(said)


def test_with_every_process_at_work_all_is_green(started: Machine, valkey: Valkey) -> None:
    parts = started.parts()
    now = parts.clock.now()
    with parts.store.write() as tx:
        settings.lease_task(
            tx, "sweep", token="t", now=now, every=clock_guard.TOLERANCE, lease=clock_guard.TOLERANCE
        )
        settings.finish_task(tx, "sweep", token="t", due_at=now, now=now)
    with valkey.client() as client:
        queue = Queue(nudge.QUEUE, connection=client, serializer=JSONSerializer)
        worker = SimpleWorker([queue], connection=client, serializer=JSONSerializer)
        worker.register_birth()
        letters = sheet_in(started.run("keys", "sheet").output.splitlines())
        assert started.run("keys", "confirm", typed=f"{letters}\n").exit_code == 0
        result = started.run("doctor", REDIS_URL=valkey.url)
        worker.register_death()
    assert (result.exit_code, "red  " in result.output) == (0, False), result.output
    assert "1 at work" in result.output


def test_numbers_that_are_not_set_are_red(started: Machine) -> None:
    started.numbers = "[line]\n"
    said = told(started)
    assert "line.helpline" in reds(said)
    assert said["line.mrc"] == ("green", "not set, and no text names it")


def test_an_account_without_the_numbers_reaches_no_real_phone_and_is_red(started: Machine) -> None:
    assert "account" not in reds(told(started, **REAL))
    assert started.parts(**REAL).channels["africastalking"].contract.real
    started.numbers = '[line]\nmrc = "+85620555000001"\n'
    colour, words = told(started, **REAL)["account"]
    assert colour == "red"
    assert "no text leaves for real phones" in words
    assert "set helpline under [line]" in words
    line = started.parts(**REAL).channels["africastalking"]
    assert not line.contract.real
    assert "ussd" in line.contract.events


def test_a_sandbox_goes_on_without_the_numbers(started: Machine) -> None:
    started.numbers = "[line]\n"
    line = started.parts(**ACCOUNT).channels["africastalking"]
    assert not line.contract.takes_our_id, "its texts go to the provider's own simulator"


def test_a_password_that_opens_everything_is_red(started: Machine) -> None:
    assert told(started)["sign-in"][0] == "green"
    colour, words = told(started, GATEWAY_SECOND_FACTOR="off")["sign-in"]
    assert (colour, "unset GATEWAY_SECOND_FACTOR" in words) == ("red", True)


def test_a_menus_folder_that_differs_is_said(started: Machine, tmp_path: Path) -> None:
    assert "menus folder" not in reds(told(started))
    other = tmp_path / "other"
    other.mkdir()
    (other / "head.yaml").write_text("schema: 1\n", encoding="utf-8")
    colour, words = told(started, GATEWAY_MENUS_DIR=str(other))["menus folder"]
    assert colour == "red"
    assert "gateway menus publish" in words


def test_a_menu_that_is_not_loaded_is_red(started: Machine) -> None:
    parts = started.parts()
    with parts.store.write() as tx:
        (live,) = versions.find_live_ids(tx).values()
        versions.withdraw_version(tx, live, now=parts.clock.now())
    started.numbers += '[channels.more]\nprovider = "simulator"\nmenu = "other"\n'
    assert "menu" in reds(told(started))


def test_settings_that_cannot_be_used_are_red_one_a_line(machine: Machine) -> None:
    result = machine.run("doctor", PORT="many", PUBLIC_URL="x")
    assert result.exit_code == 1
    assert [line.split()[1:3] for line in result.output.splitlines() if line.startswith("red")] == [
        ["settings", "PORT:"],
        ["settings", "PUBLIC_URL:"],
    ]


def test_an_account_that_only_looks_right_is_one_sentence(machine: Machine) -> None:
    result = machine.run("doctor", **ACCOUNT | {"AFRICASTALKING_USERNAME": "Sandbox"})
    assert result.exit_code == 1
    assert "write exactly sandbox" in result.output
    assert "Traceback" not in result.output


def test_a_database_that_is_gone_is_red(started: Machine) -> None:
    said = told(started, DATABASE_URL="postgresql://nobody@127.0.0.1:1/gone")
    assert "ledger" in reds(said)
    assert "DATABASE_URL" in said["ledger"][1]


def test_a_master_key_of_another_house_is_red(started: Machine) -> None:
    result = started.run("doctor", GATEWAY_SECRET_KEY=ANOTHER)
    assert result.exit_code == 1
    assert "keys" in result.output


def test_a_person_confirms_the_clock(started: Machine) -> None:
    parts = started.parts()
    Desk(parts, parts.clock).person("Noy", Role.SUPERVISOR)
    Desk(parts, parts.clock).person("Dao", Role.READER)
    clock_guard.trip_guard(parts, "jumped")
    assert "clock_guard" in reds(told(started))
    assert started.run("doctor", "--confirm-clock").exit_code == 2
    for name in ("Dao", "Nobody"):
        refused = started.run("doctor", "--confirm-clock", "--as", name)
        assert (refused.exit_code, refused.output.count("\n")) == (1, 1)
    assert clock_guard.find_state(parts)["on"]
    assert "clock_guard" not in reds(told(started, "--confirm-clock", "--as", "Noy"))
    assert not clock_guard.find_state(parts)["on"]


def test_a_green_part_has_no_second_line() -> None:
    assert (
        _describe_finding(Finding(part="disk", ok=True, words="5 MiB free"))
        == "green  disk          5 MiB free"
    )
    red = _describe_finding(Finding(part="disk", ok=False, words="full", fix="make room"))
    assert red.splitlines() == ["red    disk          full", "                      → make room"]


def test_who_counts_workers_where_redis_is_gone_counts_none() -> None:
    assert nudge.count_listeners(redis.Redis(port=1, retry=Retry(NoBackoff(), 0))) == 0


def test_an_outage_that_is_tried_at_the_phone_is_told_and_the_next_start_ends_it(started: Machine) -> None:
    now = started.parts().clock.now()
    Outages(started.folder / "var" / "outages").begin(STORE, now=now)
    colour, words = told(started)["ledger"]
    assert colour == "red"
    assert "an outage is tried" in words
    started.starts()
    assert told(started)["ledger"][0] == "green"
