"""Tables, keys, backups and erasing from the command line; a house moves to another machine and either database."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.access import Role
from gateway.desk import people
from gateway.store import callers, versions
from gateway.store import settings as kept
from gateway.upkeep import rotate as rotating
from tests.cli.house import Machine
from tests.desk.rig import HER, OTHER, Desk
from tests.ledgers import PostgresqlLedgers

PASSWORD = "a long enough password"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path / "first", monkeypatch)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.store)])
def next_machine(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machine]:
    """An empty machine, on either database."""
    machine = Machine(tmp_path / "next", monkeypatch)
    if request.param == "postgresql":
        ledgers: PostgresqlLedgers = request.getfixturevalue("postgresql_ledgers")
        machine.database = ledgers.empty_url()
    yield machine
    machine.close()


def sheet_in(lines: list[str]) -> str:
    (letters,) = (line.strip() for line in lines if re.fullmatch(r"\s+(?:[0-9A-Z]{4} ?){14}", line))
    return letters


def lived_in(machine: Machine) -> tuple[str, str]:
    """Start the machine and let a request come in; return the recovery sheet and the request's id."""
    letters = sheet_in(machine.starts())
    parts = machine.parts()
    desk = Desk(parts, parts.clock)
    people.add(parts, people.OWNER, name="Noy", role=Role.COUNSELLOR, password=PASSWORD)
    assert machine.run("webhooks", "--new-secret", "africastalking").exit_code == 0
    asked = desk.requested(HER, phone_seen="sometimes", when="evening")
    parts.store.close()
    return letters, asked


def test_a_house_moves_to_another_machine(machine: Machine, next_machine: Machine, tmp_path: Path) -> None:
    letters, asked = lived_in(machine)
    before = {words: machine.run(*words).stdout for words in (
        ("callbacks", "list", "--json"), ("callbacks", "show", asked, "--json"), ("webhooks", "--json"),
        ("people", "list"), ("menus", "versions"),
    )}  # fmt: skip
    kept_in = tmp_path / "kept elsewhere"
    made = machine.run("backup", kept_in)
    assert made.exit_code == 0, made.output
    assert letters not in made.output

    back = next_machine.run("restore", kept_in, typed=letters.lower().replace(" ", "-") + "\n")

    assert back.exit_code == 0, back.output
    assert letters not in back.output.upper().replace("-", " ").partition("BACK")[2]
    assert {words: next_machine.run(*words).stdout for words in before} == before
    assert '"code"' in before["callbacks", "list", "--json"]
    with next_machine.parts().store.read() as tx:
        found = callers.find(tx, HER)
        assert found is not None
        assert found.number == HER
        assert versions.live_ids(tx)
    said = next_machine.starts()
    assert not any("Recovery sheet" in line or "First sign-in" in line for line in said[:1])
    assert next_machine.run("backup", tmp_path / "again").exit_code == 0


def test_only_the_sheet_opens_a_backup_and_nothing_is_half_restored(
    machine: Machine, next_machine: Machine, tmp_path: Path
) -> None:
    letters, _ = lived_in(machine)
    machine.run("backup", tmp_path / "file")
    other = Machine(tmp_path / "third", machine.monkeypatch)
    for typed, words in (
        (sheet_in(other.starts()), "does not open the file"),
        (letters[:-1] + ("A" if letters[-1] != "A" else "B"), "one of the letters is wrong"),
        ("AAAA", "the sheet has 56 letters"),
    ):
        refused = next_machine.run("restore", tmp_path / "file", typed=f"{typed}\n")
        assert refused.exit_code == 1
        assert words in refused.output
        assert "Traceback" not in refused.output
    assert next_machine.run("restore", tmp_path / "file", typed=f"{letters}\n").exit_code == 0


def test_a_ledger_that_holds_something_is_not_restored_into(machine: Machine, tmp_path: Path) -> None:
    letters, asked = lived_in(machine)
    machine.run("backup", tmp_path / "file")
    refused = machine.run("restore", tmp_path / "file", typed=f"{letters}\n")
    assert refused.exit_code == 1
    assert "restore into an empty one" in refused.output
    assert asked in machine.run("callbacks", "list").output


def test_a_backup_that_is_not_there_is_said_before_the_sheet_is_asked_for(
    machine: Machine, tmp_path: Path
) -> None:
    refused = machine.run("restore", tmp_path / "nowhere")
    assert refused.exit_code == 2
    assert "Recovery sheet" not in refused.output


def test_a_backup_into_a_folder_that_is_not_there_is_said(machine: Machine, tmp_path: Path) -> None:
    machine.starts()
    refused = machine.run("backup", tmp_path / "nowhere" / "file")
    assert refused.exit_code == 1
    assert "cannot be written" in refused.output


def test_where_nothing_was_started_by_up_the_first_backup_makes_the_sheet(
    machine: Machine, tmp_path: Path
) -> None:
    assert machine.run("db", "upgrade").output == "The tables are those of revision 0001.\n"
    first = machine.run("backup", tmp_path / "one")
    second = machine.run("backup", tmp_path / "two")
    letters = sheet_in(first.output.splitlines())
    assert "Recovery sheet" not in second.output
    other = Machine(tmp_path / "other", machine.monkeypatch)
    assert other.run("restore", tmp_path / "two", typed=f"{letters}\n").exit_code == 0


def test_new_keys_seal_everything_again_and_leave_the_webhooks_alone(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotating, "KNOWN_EVERYWHERE", 0.0)
    _, asked = lived_in(machine)
    addresses = machine.run("webhooks", "--json").stdout
    shown = machine.run("callbacks", "show", asked, "--json").stdout
    first = machine.parts().store.ring
    webhook = first.key("webhook")
    rotated = machine.run("keys", "rotate")
    assert rotated.exit_code == 0
    assert rotated.output.startswith("Key 2 is in use; ")
    assert machine.parts().store.ring.key("webhook") == webhook
    assert machine.run("webhooks", "--json").stdout == addresses
    assert machine.run("callbacks", "show", asked, "--json").stdout == shown


def test_values_that_no_key_opens_are_counted_and_end_with_1(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotating, "KNOWN_EVERYWHERE", 0.0)
    machine.starts()
    parts = machine.parts()
    desk = Desk(parts, parts.clock)
    asked = desk.requested()
    with parts.store.write() as tx:
        from sqlalchemy import text

        tx.execute(
            text("UPDATE callbacks SET answers = :torn WHERE id = :id"), {"torn": b"torn", "id": asked}
        )
    rotated = machine.run("keys", "rotate")
    assert rotated.exit_code == 1
    assert "1 values are opened by no key" in rotated.output


@pytest.mark.parametrize("written", [HER, "020 555 12345", "+856 20 5551 2345"])
def test_a_number_is_erased_with_everything_of_hers(machine: Machine, written: str) -> None:
    machine.starts()
    parts = machine.parts()
    desk = Desk(parts, parts.clock)
    gone, stays = desk.requested(HER), desk.requested(OTHER)
    done = machine.run("erase", typed=f"{written}\ny\n")
    assert done.exit_code == 0, done.output
    assert desk.callback(gone).answers in (None, {})
    assert desk.callback(gone).state.value == "cancelled"
    assert desk.callback(stays).state.value == "waiting"
    with parts.store.read() as tx:
        assert callers.find(tx, HER) is None
        assert callers.find(tx, OTHER) is not None


@pytest.mark.fault("N2")
def test_a_number_of_two_countries_erases_nobody(machine: Machine) -> None:
    machine.starts()
    parts = machine.parts()
    asked = Desk(parts, parts.clock).requested("+6674212345")
    done = machine.run("erase", typed="074 212 345\ny\n")
    assert done.exit_code == 1
    assert "nothing was erased" in done.output
    assert Desk(parts, parts.clock).callback(asked).state.value == "waiting"


def test_erasing_asks_first_and_takes_no_number_on_the_command_line(machine: Machine) -> None:
    machine.starts()
    parts = machine.parts()
    asked = Desk(parts, parts.clock).requested(HER)
    assert machine.run("erase", HER).exit_code == 2
    assert machine.run("erase", typed=f"{HER}\nn\n").exit_code == 1
    assert Desk(parts, parts.clock).callback(asked).state.value == "waiting"
    unknown = machine.run("erase", typed=f"{OTHER}\ny\n")
    assert unknown.exit_code == 1
    assert "nothing is known of that number" in unknown.output


def test_what_is_done_by_hand_is_on_record(machine: Machine) -> None:
    machine.starts()
    parts = machine.parts()
    Desk(parts, parts.clock).requested(HER)
    machine.run("erase", typed=f"{HER}\ny\n")
    acts = [act for (act,) in Desk(parts, parts.clock).rows("SELECT act FROM audit")]
    assert "erased" in acts
    with parts.store.read() as tx:
        assert kept.get(tx, "recovery")
