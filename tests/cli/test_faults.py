"""What any command can meet is said in a sentence, without a traceback."""

from pathlib import Path

import pytest

from tests.support.cli_house import Machine

COMMANDS = (
    ("report", "2026-11"),
    ("outbox", "list"),
    ("callbacks", "list"),
    ("keys", "rotate"),
    ("webhooks",),
)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path / "house", monkeypatch)


@pytest.mark.parametrize("command", COMMANDS)
def test_faults_of_settings_are_told_one_a_line_and_end_with_2(
    machine: Machine, command: tuple[str, ...]
) -> None:
    result = machine.run(*command, PORT="many", PUBLIC_URL="x")
    assert result.exit_code == 2
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == ["PORT", "PUBLIC_URL"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "no tables yet"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/gone"}, "cannot be asked"),
    ],
)
def test_what_is_missing_is_one_sentence(
    machine: Machine, command: tuple[str, ...], environ: dict[str, str], words: str
) -> None:
    result = machine.run(*command, **environ)
    assert result.exit_code in {0, 1} if command == ("webhooks",) else result.exit_code == 1
    assert "Traceback" not in result.output
    if result.exit_code:
        assert result.stderr.startswith("Error: ")
        assert result.stderr.count("\n") == 1


def test_keys_of_another_house_are_one_sentence(machine: Machine) -> None:
    machine.run("db", "upgrade")
    machine.parts()
    result = machine.run("report", "2026-11", GATEWAY_SECRET_KEY="0b9d6c3e8f1a2475" * 2 + "e0d1c2b3")
    assert result.exit_code == 1
    assert "The keys of this database do not open" in result.stderr
