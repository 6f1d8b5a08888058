"""The list of all commands: it says of each what its own help says, and imports none of them."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from gateway.cli.main import COMMANDS, main

PROGRAM = """
import sys
from click.testing import CliRunner
from gateway.cli.main import main
assert CliRunner().invoke(main, ["--help"]).exit_code == 0
print(*sorted(set(sys.modules) & {"sqlalchemy", "flask", "redis", "pydantic", "gateway.bootstrap"}))
"""


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_the_first_sentence_of_the_commands_own_help(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.get_short_help_str(limit=1_000) == COMMANDS[name][1]


def test_the_list_names_every_command_in_whole_sentences() -> None:
    listed = CliRunner().invoke(main, ["--help"], terminal_width=200).output
    for name, (_, sentence) in COMMANDS.items():
        assert f"  {name} " in listed
        assert sentence in listed


def test_the_list_imports_no_command() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_command_that_is_none_is_refused() -> None:
    refused = CliRunner().invoke(main, ["diel"])
    assert refused.exit_code == 2
    assert "No such command" in refused.output
