"""`gateway outbox`: what it prints, and how it refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.channels.contract import SendOutcome, SendResult
from gateway.cli.callbacks import outbox
from gateway.delivery.send import drain_outbox
from gateway.foundation.services import Services
from gateway.storage import people
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.outbox_rig import HER, Phone, Rows, made_parts


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def parts(
    sqlite_store: Store, clock: SetClock, tmp_path: Path, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> Services:
    parts = made_parts(sqlite_store, clock, tmp_path, phone)
    monkeypatch.setattr("gateway.bootstrap.open_parts", lambda: parts)
    return parts


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(outbox, words)
    return result.exit_code, result.output


@pytest.fixture
def unclear(parts: Services, phone: Phone) -> str:
    rows = Rows(parts)
    row_id = rows.add(to=rows.caller(HER), text="about her pay")
    phone.answers.append(SendResult(outcome=SendOutcome.UNCLEAR, reason="no-answer"))
    drain_outbox(parts)
    return row_id


def person(parts: Services, name: str, role: str) -> None:
    rows = Rows(parts)
    made = rows.person(name, None)
    with parts.store.write() as tx:
        people.set_role(tx, made, role)


def test_the_list_as_json_and_as_a_table(parts: Services, unclear: str) -> None:
    code, printed = run("list", "--json", "--state", "unclear")
    assert code == 0
    (row,) = json.loads(printed)
    assert (row["id"], row["state"], row["reason"]) == (unclear, "unclear", "no-answer")
    code, table = run("list")
    assert code == 0
    assert unclear in table
    for told in (printed, table):
        assert "12345" not in told
        assert "pay" not in told
    assert json.loads(run("list", "--json", "--state", "sent")[1]) == []


def test_a_supervisor_settles(parts: Services, unclear: str) -> None:
    person(parts, "Noy", "supervisor")
    assert run("settle", unclear, "sent", "--as", "Noy") == (0, f"{unclear} is sent\n")
    code, said = run("settle", unclear, "failed", "--as", "Noy")
    assert (code, "not unclear" in said) == (1, True)


def test_nobody_else_does(parts: Services, unclear: str) -> None:
    person(parts, "Dao", "counsellor")
    for name in ("Dao", "Nobody"):
        code, said = run("settle", unclear, "sent", "--as", name)
        assert code == 1
        assert said.startswith("Error:")
    assert Rows(parts).state(unclear) == "unclear"


def test_a_third_verdict_is_none(parts: Services, unclear: str) -> None:
    assert run("settle", unclear, "again", "--as", "Noy")[0] == 2
