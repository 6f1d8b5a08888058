"""The tutorials work as they are written: their blocks are taken out of the pages and done, in their order."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner, Result

import gateway.channels
from gateway.channels import find_channel
from gateway.channels.contract import Channel, ChannelConfig, Request
from gateway.cli.main import main
from tests.channels import test_every_channel as runner

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


@pytest.fixture
def cases(carrier: Channel, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("tests.channels.carrier.cases")
    exec(blocks_of("first-provider.md", "python")[1], vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_the_first_provider_passes_what_every_provider_must(carrier: Channel, cases: ModuleType) -> None:
    assert {case.event for case in cases.TABLE.cases} == carrier.contract.events
    for case in cases.TABLE.cases:
        events = carrier.parse(Request(event=case.event, fields=dict(case.fields)))
        assert tuple(events) == case.gives, case.name
        runner.test_a_post_is_read_into_its_events("carrier", case)
    runner.test_without_an_account_a_line_reaches_nobody_and_a_repeat_keeps_the_same_id("carrier")
    runner.test_a_page_is_written_in_the_dialect_and_answers_the_very_post("carrier")


def test_the_folder_of_the_first_provider_is_clean(carrier: Channel, tmp_path: Path) -> None:
    """As CONTRIBUTING asks of every file."""
    settings = TUTORIALS.parents[1] / "pyproject.toml"
    checked = subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "check",
            "--no-cache",
            "--config",
            str(settings),
            str(tmp_path / "channels"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_the_block_of_the_first_provider_is_a_block_of_the_file() -> None:
    import tomllib

    [block] = blocks_of("first-provider.md", "toml")
    written = tomllib.loads(block)["channels"]["carrier"]
    assert set(written) <= set(ChannelConfig.__dataclass_fields__)


@pytest.mark.slow
def test_a_provider_by_the_page_alone_touches_nothing_else(tmp_path: Path) -> None:
    """A copy of the product gets the folder, the table and the block of the page, and the shared runner runs it.

    What differs from the product afterwards is printed: ``pytest -m slow -s -k by_the_page_alone``.
    """
    root, copy = TUTORIALS.parents[1], tmp_path / "product"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (root / name).is_file() and not name.startswith("docs/pictures"):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, copy / name)
    folder, table = blocks_of("first-provider.md", "python")
    [block] = blocks_of("first-provider.md", "toml")
    for place, text in (
        ("gateway/channels/carrier/__init__.py", folder),
        ("tests/channels/carrier/cases.py", table),
    ):
        (copy / place).parent.mkdir()
        (copy / place).write_text(text)
    settings = copy / "config" / "gateway.toml"
    settings.write_text(settings.read_text() + block)

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", "-k", "carrier",
         "tests/channels/test_every_channel.py"],
        cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-2000:]
    new = {path for path in copy.rglob("*") if path.is_file() and is_new(path, root, copy)}
    lines = {
        str(path.relative_to(copy)): len(path.read_text(encoding="utf-8").splitlines())
        for path in new
        if path.suffix in {".py", ".toml", ".md", ".html", ".yaml"}
    }
    lines["config/gateway.toml"] -= len((root / "config" / "gateway.toml").read_text().splitlines())
    print(*(f"{place} | {count} +" for place, count in sorted(lines.items())), ran.stdout[-120:], sep="\n")
    assert set(lines) == {
        "gateway/channels/carrier/__init__.py",
        "tests/channels/carrier/cases.py",
        "config/gateway.toml",
    }


def is_new(path: Path, root: Path, copy: Path) -> bool:
    """Whether the product has no such file, or another one."""
    before = root / path.relative_to(copy)
    return not before.is_file() or before.read_bytes() != path.read_bytes()
