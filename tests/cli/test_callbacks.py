"""`gateway callbacks`: the shapes it prints, who may do what, and exit 1 with the holder's name."""

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.callbacks import callbacks
from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Role
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.desk_rig import HER, OTHER, Desk, made_parts


@pytest.fixture
def line(sqlite_store: Store, clock: SetClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    parts = made_parts(sqlite_store, clock, tmp_path)
    monkeypatch.setattr("gateway.bootstrap.open_parts", lambda: parts)
    return Desk(parts, clock)


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(callbacks, words)
    return result.exit_code, result.output


def test_an_empty_line_is_an_empty_list(line: Desk) -> None:
    assert run("list", "--json") == (0, "[]\n")
    code, printed = run("list")
    assert code == 0
    assert printed.startswith("id\tcode\tstate")


def test_the_line_as_json_and_as_a_table(line: Desk) -> None:
    callback = line.requested(HER, when="evening", danger="yes")
    code, printed = run("list", "--json")
    assert code == 0
    (row,) = json.loads(printed)
    assert list(row) == [
        "id", "code", "state", "priority", "topic", "path", "language", "script", "channel",
        "asked_at", "due_at", "due_until", "attempts", "claimed_by", "phone",
    ]  # fmt: skip
    assert (row["id"], row["state"], row["priority"], row["claimed_by"]) == (
        callback,
        "waiting",
        "danger",
        None,
    )
    _, table = run("list")
    assert callback in table
    assert "+856•••••345" in table
    assert HER not in table + printed


def test_all_shows_what_is_over_too(line: Desk) -> None:
    line.person("Noy")
    callback = line.requested()
    run("claim", callback, "--as", "Noy")
    run("record", callback, "reached", "--as", "Noy")
    assert json.loads(run("list", "--json")[1]) == []
    assert [row["state"] for row in json.loads(run("list", "--json", "--all")[1])] == ["reached"]


def test_one_callback_with_answers_and_history(line: Desk) -> None:
    line.person("Noy")
    callback = line.requested(HER, phone_seen="sometimes")
    line.clock.forward(seconds=1)
    run("claim", callback, "--as", "Noy")
    code, printed = run("show", callback, "--json")
    assert code == 0
    shown = json.loads(printed)
    assert shown["answers"]["phone_seen"] == "sometimes"
    assert [(one["what"], one["who"]) for one in shown["history"]] == [("asked", None), ("claimed", "Noy")]
    assert shown["claimed_by"] == "Noy"
    code, words = run("show", callback)
    assert code == 0
    assert "phone_seen: sometimes" in words
    assert HER not in words + printed


def test_claiming_what_another_has_says_who_and_ends_with_1(line: Desk) -> None:
    line.person("Noy")
    line.person("Dao")
    callback = line.requested()
    assert run("claim", callback, "--as", "Noy")[0] == 0
    for words in (("claim",), ("release",), ("record", "reached")):
        code, printed = run(words[0], callback, *words[1:], "--as", "Dao")
        assert code == 1
        assert "Noy" in printed
    assert run("release", callback, "--as", "Noy") == (0, f"{callback} is free\n")
    assert run("claim", callback, "--as", "Dao")[0] == 0


def test_recording_is_for_the_holder_and_moves_the_callback(line: Desk) -> None:
    line.person("Noy")
    callback = line.requested()
    code, printed = run("record", callback, "no_answer", "--as", "Noy")
    assert code == 1
    assert "waiting" in printed
    run("claim", callback, "--as", "Noy")
    assert run("record", callback, "no_answer", "--as", "Noy") == (0, f"{callback} is waiting\n")
    assert line.callback(callback).attempts == 1


def test_a_time_she_names_is_read_in_the_zone_of_the_line(line: Desk) -> None:
    line.person("Noy")
    callback = line.requested(when="evening")
    run("claim", callback, "--as", "Noy")
    code, _ = run("record", callback, "asked_later", "--as", "Noy", "--at", "2026-11-25 19:30")
    assert code == 0
    due = line.callback(callback).due_at
    assert due is not None
    assert due.isoformat() == "2026-11-25T12:30:00+00:00"


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.READER])
def test_the_command_line_asks_the_roles_too(line: Desk, role: Role) -> None:
    line.person("Somebody", role)
    callback = line.requested()
    code, printed = run("claim", callback, "--as", "Somebody")
    assert code == 1
    assert "may not" in printed
    assert line.callback(callback).state is CallbackState.WAITING


def test_faults_are_one_sentence(line: Desk) -> None:
    line.person("Noy")
    callback = line.requested()
    for words in (
        ("show", "nothing"),
        ("claim", "nothing", "--as", "Noy"),
        ("claim", callback, "--as", "Nobody"),
        ("release", callback, "--as", "Noy"),
    ):
        code, printed = run(*words)
        assert code == 1
        assert printed.startswith("Error: ")
        assert printed.count("\n") == 1
    assert run("record", callback, "vanished", "--as", "Noy")[0] == 2
    assert run("claim", callback)[0] == 2


def test_the_export_holds_nothing_of_her_and_is_on_record(line: Desk) -> None:
    callback = line.requested(HER, phone_seen="sometimes")
    line.requested(OTHER)
    code, printed = run("export")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert {row["id"] for row in rows} >= {callback}
    assert len(rows) == 2
    assert not {"code", "phone", "answers", "path"} & set(rows[0])
    assert HER not in printed
    assert "sometimes" not in printed
    assert line.rows("SELECT act FROM audit WHERE act = 'exported'") == [("exported",)]
