"""Tables, keys, backups and erasing from the command line; a house moves to another machine and either database."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.domain.permissions import Role
from gateway.helpdesk.staff import people
from gateway.operations.maintenance import key_care
from gateway.operations.maintenance import key_care as rotating
from gateway.storage import audit, callers, encryption, versions
from gateway.storage import settings as kept
from gateway.storage.database import Lost, Unavailable
from tests.support.cli_house import Machine, sheet_in
from tests.support.desk_rig import HER, OTHER, Desk
from tests.support.ledgers import PostgresqlLedgers

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


def lived_in(machine: Machine) -> tuple[str, str]:
    """Start the machine and let a request come in; return the recovery sheet and the request's id."""
    letters = sheet_in(machine.starts())
    parts = machine.parts()
    desk = Desk(parts, parts.clock)
    people.add_person(parts, people.OWNER, name="Noy", role=Role.COUNSELLOR, password=PASSWORD)
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
        found = callers.find_caller(tx, HER)
        assert found is not None
        assert found.number == HER
        assert versions.find_live_ids(tx)
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


@pytest.mark.fault("K3")
def test_without_a_sheet_there_is_no_backup_and_it_says_how_to_make_one(
    machine: Machine, tmp_path: Path
) -> None:
    assert machine.run("db", "upgrade").exit_code == 0
    refused = machine.run("backup", tmp_path / "one")
    assert refused.exit_code == 1
    assert "`gateway keys sheet`" in refused.output
    assert not (tmp_path / "one").exists()
    letters = sheet_in(machine.run("keys", "sheet").output.splitlines())
    made = machine.run("backup", tmp_path / "two")
    assert made.exit_code == 0
    assert "is on paper" in made.stderr, "it was shown, and nobody has said that it was read"
    assert machine.run("keys", "confirm", typed=f"{letters}\n").exit_code == 0
    assert machine.run("backup", tmp_path / "three").stderr == ""
    other = Machine(tmp_path / "other", machine.monkeypatch)
    assert other.run("restore", tmp_path / "two", typed=f"{letters}\n").exit_code == 0


@pytest.mark.fault("K3")
def test_a_new_sheet_leaves_the_old_backups_to_the_old_one(machine: Machine, tmp_path: Path) -> None:
    old, _ = lived_in(machine)
    assert machine.run("backup", tmp_path / "before").exit_code == 0
    said = machine.run("keys", "sheet").output
    new = sheet_in(said.splitlines())
    assert "backups that were made until now still open with that one" in said
    assert machine.run("keys", "confirm", typed=f"{old}\n").exit_code == 1
    assert machine.run("backup", tmp_path / "after").exit_code == 0
    for name, right, wrong in (("before", old, new), ("after", new, old)):
        other = Machine(tmp_path / f"other {name}", machine.monkeypatch)
        assert other.run("restore", tmp_path / name, typed=f"{wrong}\n").exit_code == 1
        assert other.run("restore", tmp_path / name, typed=f"{right}\n").exit_code == 0


@pytest.mark.fault("K3")
def test_what_is_no_sheet_confirms_nothing(machine: Machine) -> None:
    machine.starts()
    refused = machine.run("keys", "confirm", typed="AAAA\n")
    assert (refused.exit_code, refused.output.count("Traceback")) == (1, 0)
    assert "the sheet has 56 letters" in refused.output
    refused = machine.run("keys", "confirm", typed=f"{key_care.write_sheet(key_care.draw_secret())}\n")
    assert refused.exit_code == 1
    assert "not sealed to this sheet but to another" in refused.output
    assert re.search(r"^red +recovery", machine.run("doctor").output, re.MULTILINE)


@pytest.mark.fault("K3", "K14")
def test_a_start_that_nobody_reads_draws_no_sheet(machine: Machine) -> None:
    said = machine.starts(at_terminal=False)
    assert any("`gateway keys sheet`" in line for line in said)
    parts = machine.parts()
    with parts.store.read() as tx:
        assert key_care.find_public_key(tx) is None
    again = machine.starts()
    assert sheet_in(again)
    assert any("nobody has said" in line.lower() for line in machine.starts())


MASTER = "c0ffee5e1f7b92a84d36e0b1f9c27a58"


@pytest.mark.fault("K4")
def test_a_house_moves_to_a_machine_whose_master_key_is_given(
    machine: Machine, next_machine: Machine, tmp_path: Path
) -> None:
    letters, asked = lived_in(machine)
    machine.run("backup", tmp_path / "file")
    back = next_machine.run("restore", tmp_path / "file", typed=f"{letters}\n", GATEWAY_SECRET_KEY=MASTER)
    assert back.exit_code == 0, back.output
    assert "rows are back" in back.output
    assert asked in next_machine.run("callbacks", "list", GATEWAY_SECRET_KEY=MASTER).output


@pytest.mark.fault("K4")
@pytest.mark.parametrize("broken", ["ring copy", "ring refresh"])
def test_what_breaks_after_the_rows_are_back_does_not_unsay_it(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    letters, asked = lived_in(machine)
    machine.run("backup", tmp_path / "file")
    other = Machine(tmp_path / "other", machine.monkeypatch)

    def break_it(*_: object) -> None:
        raise OSError(28, "No space left on device") if broken == "ring copy" else Unavailable("gone")

    if broken == "ring copy":
        monkeypatch.setattr(encryption.atomic_files, "write_file", break_it)
    else:
        monkeypatch.setattr(encryption.Ring, "refresh", break_it)
    back = other.run("restore", tmp_path / "file", typed=f"{letters}\n")
    monkeypatch.undo()
    assert back.exit_code == 0, back.output
    assert "rows are back" in back.output
    assert asked in other.run("callbacks", "list").output


@pytest.mark.fault("K4")
@pytest.mark.parametrize(
    ("fault", "words", "is_back"),
    [
        (Unavailable("full"), "nothing came back", False),
        (OSError(5, "Input/output error"), "nothing came back", False),
        (Lost("at COMMIT"), "nobody knows what it kept", None),
    ],
)
def test_what_breaks_before_is_said_as_it_is(
    machine: Machine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
    words: str,
    is_back: bool | None,
) -> None:
    letters, asked = lived_in(machine)
    machine.run("backup", tmp_path / "file")
    other = Machine(tmp_path / "other", machine.monkeypatch)

    def break_it(*_: object, **__: object) -> None:
        raise fault

    with monkeypatch.context() as here:
        here.setattr(audit, "add_entry", break_it)  # the last thing before the commit
        refused = other.run("restore", tmp_path / "file", typed=f"{letters}\n")
    assert refused.exit_code == 1
    assert words in refused.output
    assert "Traceback" not in refused.output
    if is_back is False:
        assert asked not in other.run("callbacks", "list").output
        assert other.run("restore", tmp_path / "file", typed=f"{letters}\n").exit_code == 0


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
        assert callers.find_caller(tx, HER) is None
        assert callers.find_caller(tx, OTHER) is not None


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
        assert kept.get_setting(tx, "recovery")
