"""The documents say what there is: every command, variable and event by its name, and links that lead somewhere."""

import re
from pathlib import Path

import click
import pytest

from config.settings import Environment, File, load_settings
from gateway.bootstrap import _build_channels
from gateway.channels import contract
from gateway.cli.main import main
from gateway.domain.outbox.states import KINDS, OutboxState

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
DOCS = {path.stem: path.read_text(encoding="utf-8") for path in ROOT.glob("docs/reference/*.md")}
MADE_UP = re.compile(r"/carrier/")
"""The provider of a tutorial."""
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_headings(page: Path) -> None:
    """Also where the site does not look: links of the pages beside ``docs/``."""
    named = re.findall(r"\]\(([^):]*)#([^)]+)\)", page.read_text(encoding="utf-8"))
    lost = [
        (path, anchor)
        for path, anchor in named
        if anchor not in anchors_of(page.parent / path if path else page)
    ]
    assert lost == []


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_is_one_with_the_options_that_it_is_given(page: Path) -> None:
    for line in commands_in(page.read_text(encoding="utf-8")):
        command, rest = find_command(line.split())
        assert command is not None, f"there is no such command: gateway {line}"
        known = {name for option in command.params for name in option.opts}
        given = re.findall(r"--[a-z][a-z-]*", rest)
        assert set(given) - {"--help"} <= known, f"gateway {line}"


def commands_in(text: str) -> list[str]:
    """Every call of the command in code: a span that begins with it, or a line of a block that holds it."""
    fences = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(
        r"`gateway ([a-z][^`]*)`", re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    )
    lines = [line for fence in fences for line in fence.splitlines()]
    typed = [
        found[1]
        for line in lines
        if (found := re.match(r" *(?:\$ )?(?:\.venv/bin/)?gateway ([a-z].*)", line))
    ]
    return [re.sub(r" *# .*", "", each) for each in (*spans, *typed)]


def find_command(words: list[str]) -> tuple[click.Command | None, str]:
    """The command that these words name, and what is behind them."""
    command: click.Command | None = main
    while isinstance(command, click.Group) and words:
        first, *words = words
        command = command.get_command(click.Context(command), first)
    return command, " ".join(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_target_of_make_in_a_page_is_one(page: Path) -> None:
    targets = set(
        re.findall(r"^([\w$()/.]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    named = set(re.findall(r"(?:`|^ *)make ([a-z]+)\b", page.read_text(encoding="utf-8"), re.MULTILINE))
    if page.name != "CHANGELOG.md":
        assert named <= targets


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=lambda page: page.name
)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(
        r"`((?:gateway|workers|config|menus|tests|docs|bench)/[\w./-]*)`", page.read_text(encoding="utf-8")
    )
    lost = [path for path in named if not (ROOT / path).exists() and not MADE_UP.search(path)]
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
    missing = [name for name in (*line.model_fields, *channels) if f"{name}`" not in DOCS["settings"]]
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
        assert name in {"release", "web", "worker", "clock", "links"}
        assert set(words.split(" && ")) <= commands


RECIPES = {
    "a screen kind": re.compile(r"\bOffer\b"),
    "an outcome of a call": re.compile(r"\"voicemail\"|Outcome\.VOICEMAIL"),
}
"""What is added by a recipe, as one that is there is written in the code."""


@pytest.mark.parametrize("what", RECIPES)
def test_a_recipe_names_every_file_that_what_it_adds_stands_in(what: str) -> None:
    [row] = [
        line
        for line in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()
        if line.startswith(f"| {what} |")
    ]
    named = set(re.findall(r"`((?:gateway|config)/[\w./]+\.py)`", row))
    sources = [path for room in ("gateway", "config", "workers") for path in (ROOT / room).rglob("*.py")]
    touched = {
        path.relative_to(ROOT).as_posix()
        for path in sources
        if RECIPES[what].search(path.read_text(encoding="utf-8"))
    }
    assert touched
    assert touched <= named
