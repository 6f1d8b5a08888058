"""Dates on the command line: a year of another calendar is refused with the date that is meant."""

import pytest
from click.testing import CliRunner

from gateway.cli.main import main


@pytest.fixture(autouse=True)
def house(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("GATEWAY_DATA_DIR", str(tmp_path_factory.mktemp("var")))


@pytest.mark.fault("D4")
@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("report 2569-11", "did you mean 2026-11?"),
        ("report 1926-11", "write a year near"),
        ("menus seen th.wage --from 2569-11-01 --to 2026-11-30", "did you mean 2026-11-01?"),
        ("menus seen th.wage --from 2026-11-01 --to 2569-11-30", "did you mean 2026-11-30?"),
        ("callbacks record X asked_later --as Noy --at '2569-11-24 18:30'", "did you mean 2026-11-24 18:30?"),
    ],
)
def test_the_year_that_is_meant_is_told_and_nothing_is_done(words: str, hint: str) -> None:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert hint in result.output
