"""The tutorials work as they are written: their blocks are taken out of the pages and done, in their order."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner, Result

import gateway.channels
from gateway.channels.contract import Channel, ChannelConfig, Request, find_channel
from gateway.cli.main import main

TUTORIALS = Path(__file__).resolve().parents[2] / "docs" / "tutorials"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks_of(page: str, language: str) -> list[str]:
    text = (TUTORIALS / page).read_text(encoding="utf-8")
    return [block for name, block in BLOCK.findall(text) if name == language]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_DATA_DIR", str(tmp_path / "var"))

    def run(command: str) -> Result:
        words = command.removeprefix(".venv/bin/gateway ").replace("'", "").split()
        return CliRunner().invoke(main, words)

    return run


def test_the_first_menu_is_made_checked_tried_and_dialled(tmp_path: Path, run) -> None:
    make, check, test, dial = (block.strip() for block in blocks_of("first-menu.md", ""))
    numbers, screen, choice, conversation = blocks_of("first-menu.md", "yaml")
    folder = tmp_path / "safeline"

    assert run(make).exit_code == 0
    found = run(check)
    assert (found.exit_code, "4 errors" in found.output) == (1, True)

    fill_in_numbers(folder / "danger.yaml", numbers)
    (folder / "papers.yaml").write_text(screen)
    screens = folder / "screens.yaml"
    screens.write_text(screens.read_text().replace('      - key: "7"\n', f'{choice}      - key: "7"\n', 1))
    (folder / "tests" / "papers.yaml").write_text(conversation)

    found = run(check)
    assert (found.exit_code, "0 errors" in found.output) == (0, True), found.output
    assert "0 failed" in run(test).output
    assert "2 My papers" in run(dial).output


def fill_in_numbers(file: Path, block: str) -> None:
    """Write the numbers and their sources into the open values; the days that stand there are today's."""
    wanted = iter(re.findall(r'(?:value|source): "[^"]+"', block))
    file.write_text(re.sub(r'(?:value|source): ""', lambda _: next(wanted), file.read_text()))


@pytest.fixture
def carrier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Channel]:
    folder = tmp_path / "channels" / "carrier"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(blocks_of("first-provider.md", "python")[0])
    monkeypatch.setattr(gateway.channels, "__path__", [*gateway.channels.__path__, str(folder.parent)])
    yield find_channel(ChannelConfig(name="carrier-1", provider="carrier", menu="helpline"))
    sys.modules.pop("gateway.channels.carrier", None)


def test_the_first_provider_reads_every_case_of_its_table(carrier: Channel) -> None:
    cases = ModuleType("cases")
    exec(blocks_of("first-provider.md", "python")[1], vars(cases))
    assert {case.event for case in cases.TABLE.cases} == carrier.contract.events
    for case in cases.TABLE.cases:
        events = carrier.parse(Request(event=case.event, fields=dict(case.fields)))
        assert tuple(events) == case.gives, case.name


def test_the_block_of_the_first_provider_is_a_block_of_the_file() -> None:
    import tomllib

    [block] = blocks_of("first-provider.md", "toml")
    written = tomllib.loads(block)["channels"]["carrier"]
    assert set(written) <= set(ChannelConfig.__dataclass_fields__)
