"""The documents say what there is: every command, variable and event by its name, and links that lead somewhere."""

import re
from pathlib import Path

import click
import pytest

from config.settings import Environment, File, load_settings
from gateway.bootstrap import _build_channels
from gateway.channels import contract
from gateway.cli.main import main
from gateway.domain.outbox.kinds import KINDS
from gateway.domain.outbox.states import OutboxState

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
DOCS = {path.stem: path.read_text(encoding="utf-8") for path in ROOT.glob("docs/reference/*.md")}
UNITS = sorted(ROOT.glob("config/systemd/*.service"))


def words_of(command: click.Command, before: str = "gateway") -> list[str]:
    context = click.Context(command)
    if not isinstance(command, click.Group):
        return [before]
    inner = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [words for name, each in inner if each for words in words_of(each, f"{before} {name}")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    lost = [
        link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()
    ]
    assert lost == []


@pytest.mark.parametrize("words", words_of(main))
def test_every_command_is_documented(words: str) -> None:
    group, last = words.split()[1], words.rsplit(maxsplit=1)[-1]
    rows = [line for line in DOCS["commands"].splitlines() if f"gateway {group}" in line]
    assert [row for row in rows if re.search(rf"\b{last}\b", row)], words


def test_no_command_is_documented_that_there_is_not() -> None:
    known = {tuple(words.split()[1:3]) for words in words_of(main)}
    groups = {words[0] for words in known if len(words) > 1}
    for first, second in re.findall(r"`gateway (\w+)(?: ([a-z-]+))?", "".join(DOCS.values())):
        assert (
            (first, second) in known if first in groups and second else first in {words[0] for words in known}
        )


def test_every_variable_is_documented() -> None:
    missing = [name for name in Environment.model_fields if f"`{name.upper()}`" not in DOCS["settings"]]
    assert missing == []


def test_every_key_of_the_file_is_documented() -> None:
    line, channels = (
        File.model_fields["line"].annotation,
        ("provider", "menu", "service_codes", "sms_number", "rate"),
    )
    assert line is not None
    missing = [name for name in (*line.model_fields, *channels) if f"`{name}`" not in DOCS["settings"]]
    assert missing == []


@pytest.mark.parametrize("provider", ["africastalking", "simulator"])
def test_every_event_is_documented(provider: str) -> None:
    built: contract.Channel = _build_channels(load_settings({}), real=False)[provider]
    assert [event for event in built.contract.events if f"`{event}`" not in DOCS["webhooks"]] == []


def test_every_kind_and_state_of_the_outbox_is_documented() -> None:
    missing = [word for word in (*KINDS, *OutboxState) if f"{word}" not in DOCS["delivery"]]
    assert missing == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_stops_warm_and_starts_a_command_that_there_is(unit: Path) -> None:
    said = unit.read_text(encoding="utf-8")
    for line in ("KillMode=mixed", "Restart=always", "EnvironmentFile=/etc/helpline.env"):
        assert line in said
    assert int(re.findall(r"TimeoutStopSec=(\d+)", said)[0]) >= 15
    commands = {words.removeprefix("gateway ") for words in words_of(main)}
    assert set(re.findall(r"/gateway (.+)", said)) <= commands


def test_the_processes_of_the_procfile_are_commands() -> None:
    commands = set(words_of(main))
    for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines():
        name, _, words = line.partition(": ")
        assert name in {"release", "web", "worker", "clock"}
        assert set(words.split(" && ")) <= commands
