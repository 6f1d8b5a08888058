"""The command that prints the addresses, against a data folder of its own."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from config.settings import load_settings
from gateway.bootstrap import open_ledger
from gateway.cli.main import main
from gateway.storage import migrate


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_DATA_DIR", str(tmp_path))
    migrate.upgrade(open_ledger(load_settings({"GATEWAY_DATA_DIR": str(tmp_path)})))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["webhooks", *arguments], catch_exceptions=False)


def secret(line: str, event: str = "ussd") -> str:
    return str(json.loads(run("--json").stdout)[line][event]).split("/")[-2]


def test_every_line_and_event_has_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    found = json.loads(run("--json").stdout)

    assert set(found) == {"africastalking", "simulator"}
    assert set(found["africastalking"]) == {"ussd", "ussd-end", "sms", "delivery", "optout", "voice"}
    for line, events in found.items():
        for event, address in events.items():
            assert address == f"http://127.0.0.1:8000/webhooks/{line}/{secret(line)}/{event}"
    assert secret("africastalking") != secret("simulator")

    monkeypatch.setenv("PUBLIC_URL", "https://help.example.org")
    assert json.loads(run("--json").stdout)["simulator"]["sms"].startswith(
        "https://help.example.org/webhooks/"
    )


def test_without_json_it_can_be_read() -> None:
    lines = run().stdout.splitlines()

    assert lines[0] == "africastalking"
    assert any(line.startswith("  ussd-end   http://127.0.0.1:8000/webhooks/simulator/") for line in lines)


def test_a_new_secret_is_for_one_line_only() -> None:
    before = {line: secret(line) for line in ("africastalking", "simulator")}

    assert run("--new-secret", "simulator").exit_code == 0

    assert secret("simulator") != before["simulator"]
    assert secret("africastalking") == before["africastalking"]


def test_a_line_that_is_not_there_is_named_with_those_that_are() -> None:
    result = run("--new-secret", "pigeon")

    assert result.exit_code == 2
    assert "africastalking, simulator" in result.stderr
