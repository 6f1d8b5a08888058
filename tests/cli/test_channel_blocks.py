"""`gateway channels add`: the block of every provider, what it refuses, and that no secret is ever written."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from config.settings import load_settings
from gateway.bootstrap import _build_channels
from gateway.channels import find_account
from gateway.cli.channel_blocks import NewChannel, list_providers, write_block
from gateway.cli.main import main
from tests.support.channel_tables import PROVIDERS, line_of

HEAD = '# mine\n[line]\nhelpline = "+85620555000000"\n[channels.simulator]\nprovider = "simulator"'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "gateway.toml"
    path.write_text(HEAD, encoding="utf-8")  # without a last newline
    monkeypatch.setenv("GATEWAY_CONFIG", str(path))
    return path


def add(*words: str) -> Result:
    return CliRunner().invoke(main, ["channels", "add", *words])


def flags_of(provider: str) -> list[str]:
    events = line_of(provider).contract.events
    codes = ["--code", "*123#"] if "ussd" in events else []
    return codes + (["--number", "1444"] if "sms" in events else [])


def test_every_provider_can_be_added() -> None:
    assert list(list_providers()) == PROVIDERS


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_block_of_a_provider_starts_and_names_what_its_account_lacks(file: Path, provider: str) -> None:
    result = add(provider, "--name", "line_2", *flags_of(provider))
    assert result.exit_code == 0, result.output
    written = file.read_text(encoding="utf-8")
    assert written.startswith(HEAD + "\n\n")
    block = tomllib.loads(written)["channels"]["line_2"]
    assert block["provider"] == provider
    settings = load_settings({"GATEWAY_CONFIG": str(file), "GATEWAY_DATA_DIR": str(file.parent)})
    assert not _build_channels(settings, real=True)["line_2"].contract.real
    missing = [f"LINE_2_{option}".upper() for option in find_account(provider)]
    assert all(each in result.output for each in missing)
    assert ("Not set yet" in result.output) == bool(missing)
    assert ("live" in block.get("options", {})) == (not line_of(provider).contract.carries_texts)


@pytest.mark.parametrize("provider", [each for each in PROVIDERS if find_account(each)])
def test_with_its_account_set_nothing_is_missing_and_none_of_it_is_written(
    file: Path, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for option in find_account(provider):
        monkeypatch.setenv(f"SECOND_{option}".upper(), f"very-private-{option}")
    result = add(provider, "--name", "second", *flags_of(provider))
    assert result.exit_code == 0, result.output
    assert "Not set yet" not in result.output
    assert "very-private" not in result.output + file.read_text(encoding="utf-8")


def test_an_account_is_all_or_nothing_as_the_adapter_reads_it(file: Path) -> None:
    """What the command names is what the adapter asks for."""
    for provider in PROVIDERS:
        account = dict.fromkeys(find_account(provider), "https://h.example")
        if provider in ("africastalking", "android", "smpp") or not account:
            continue  # theirs have forms of their own
        assert line_of(provider, **account).contract.real, provider


def test_it_only_prints(file: Path) -> None:
    result = add("hubtel", "--code", '*711"2#', "--print")
    assert result.exit_code == 0
    assert file.read_text(encoding="utf-8") == HEAD
    assert tomllib.loads(result.output)["channels"]["hubtel"] == {
        "provider": "hubtel",
        "menu": "helpline",
        "service_codes": ['*711"2#'],
        "options": {"live": "no"},
    }


REFUSED = [
    (("nobody",), "there is no provider 'nobody'; the providers are africastalking"),
    (("../android",), "the name of a line has small letters"),
    (("hsenid", "--code", "*1#"), "masks the caller's number"),
    (("hubtel",), "hubtel needs --code"),
    (("comviva",), "service_codes is empty"),
    (("kannel",), "kannel needs --number"),
    (("smpp",), "smpp needs --code, as callers dial it or --number"),
    (("hubtel", "--code", "*1#", "--number", "1444"), "hubtel carries no texts"),
    (("kannel", "--number", "1444", "--code", "*1#"), "kannel carries no USSD"),
    (("simulator", "--code", "*1#"), "[channels.simulator] is there already"),
    (("hubtel", "--code", "*1#", "--name", "Big Line"), "the name of a line has small letters"),
    (("hubtel", "--code", "*1#", "--option", "live=perhaps"), 'options.live must be "yes" or "no"'),
    (("con_end", "--code", "*1#", "--option", "dialect=klingon"), "options.dialect is none of"),
    (("con_end", "--code", "*1#", "--option", "=x"), "an option is written as NAME=VALUE"),
    (("kannel", "--number", "1", "--option", "password=hush"), "KANNEL_PASSWORD"),
    (
        ("vonage", "--number", "1", "--option", "signature_secret=hush"),
        "set VONAGE_SIGNATURE_SECRET in the environment",
    ),
]


@pytest.mark.parametrize(("words", "said"), REFUSED)
def test_what_is_wrong_is_said_and_nothing_is_written(file: Path, words: tuple[str, ...], said: str) -> None:
    result = add(*words)
    assert result.exit_code == 1
    assert said in result.output
    assert "hush" not in result.output
    assert file.read_text(encoding="utf-8") == HEAD


def test_a_file_that_names_its_lines_in_one_place_is_left_alone(file: Path) -> None:
    file.write_text('channels = {simulator = {provider = "simulator"}}\n')
    result = add("hubtel", "--code", "*1#")
    assert result.exit_code == 1
    assert "nothing was written" in result.output
    assert file.read_text() == 'channels = {simulator = {provider = "simulator"}}\n'


@pytest.mark.parametrize(
    "value", ['a "quoted" one', "back\\slash", "ສາຍ", "tab\there", "new\nline", "\u007f"]
)
def test_whatever_is_typed_is_read_as_it_was_typed(value: str) -> None:
    block, _ = write_block(NewChannel(name="x", provider="hubtel", menu="helpline", codes=(value,)))
    assert tomllib.loads(block)["channels"]["x"]["service_codes"] == [value], json.dumps(value)
