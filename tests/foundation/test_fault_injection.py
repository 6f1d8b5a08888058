"""Outages on purpose: seen by whoever reads the folder, over by themselves, and never a fault."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.foundation.fault_injection import KINDS, LASTS, PROVIDER, STORE, Outages

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
OTHER = {PROVIDER: STORE, STORE: PROVIDER}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var" / "outages"


@pytest.mark.parametrize("kind", KINDS)
def test_one_is_seen_by_every_process_and_touches_nothing_else(folder: Path, kind: str) -> None:
    Outages(folder).begin(kind, now=NOW)
    other = Outages(folder)
    assert other.until(kind, now=NOW) == NOW + LASTS
    assert other.until(OTHER[kind], now=NOW) is None
    assert [path.name for path in folder.iterdir()] == [kind]


@pytest.mark.parametrize("kind", KINDS)
def test_it_ends_when_somebody_ends_it_also_twice(folder: Path, kind: str) -> None:
    outages = Outages(folder)
    outages.end(kind)
    outages.begin(kind, now=NOW)
    outages.end(kind)
    outages.end(kind)
    assert outages.until(kind, now=NOW) is None


@pytest.mark.parametrize(
    ("after", "lasts"),
    [
        (timedelta(), True),
        (LASTS - timedelta(seconds=1), True),
        (LASTS, False),
        (timedelta(days=3), False),
        (-timedelta(seconds=1), False),  # the clock was moved back: it would last longer than any does
    ],
)
def test_it_is_over_by_itself(folder: Path, after: timedelta, lasts: bool) -> None:
    outages = Outages(folder)
    outages.begin(STORE, now=NOW)
    assert (outages.until(STORE, now=NOW + after) is not None) is lasts


def test_begun_again_it_lasts_from_then(folder: Path) -> None:
    outages = Outages(folder)
    outages.begin(STORE, now=NOW)
    later = NOW + LASTS / 2
    outages.begin(STORE, now=later)
    assert outages.until(STORE, now=later) == later + LASTS


def test_without_a_folder_there_is_none(folder: Path) -> None:
    assert Outages(folder).until(STORE, now=NOW) is None
    assert not folder.exists()


@given(st.binary(max_size=40))
def test_a_file_that_says_nothing_is_no_outage(
    tmp_path_factory: pytest.TempPathFactory, written: bytes
) -> None:
    folder = tmp_path_factory.mktemp("outages")
    (folder / STORE).write_bytes(written)
    assert Outages(folder).until(STORE, now=NOW) is None


@pytest.mark.parametrize("written", ["2026-11-24T07:10:00", "24 November", "9999-12-31T23:59:59+00:00", ""])
def test_nor_is_an_instant_that_nobody_wrote(folder: Path, written: str) -> None:
    folder.mkdir(parents=True)
    (folder / PROVIDER).write_text(written)
    assert Outages(folder).until(PROVIDER, now=NOW) is None
