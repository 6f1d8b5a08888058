"""The clock tells UTC, and under test every process adds what one file says."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.foundation.time_and_chance import Clock, NotMovable
from tests.support.clocks import SetClock


def test_it_tells_the_present_in_utc() -> None:
    before = datetime.now(UTC)
    told = Clock().now()
    assert told.tzinfo is UTC
    assert before <= told <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("written", "seconds"), [("0", 0), ("3600", 3_600), ("-86400", -86_400), ("0.5", 0.5), ("\n90\n", 90)]
)
def test_the_file_moves_it(tmp_path: Path, written: str, seconds: float) -> None:
    file = tmp_path / "clock"
    file.write_text(written)
    moved = Clock(file).now() - Clock().now()
    assert abs(moved - timedelta(seconds=seconds)) < timedelta(seconds=2)


@pytest.mark.parametrize("written", ["", "soon", "1 2", "NaN?"])
def test_a_file_without_a_number_moves_nothing(tmp_path: Path, written: str) -> None:
    file = tmp_path / "clock"
    file.write_text(written)
    assert abs(Clock(file).now() - Clock().now()) < timedelta(seconds=2)


def test_a_missing_file_moves_nothing_and_may_appear_later(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    assert abs(clock.now() - Clock().now()) < timedelta(seconds=2)
    (tmp_path / "clock").write_text("600")
    assert clock.now() - Clock().now() > timedelta(seconds=590)


def test_only_a_clock_with_a_file_is_moved_by_tests(tmp_path: Path) -> None:
    assert Clock(tmp_path / "clock").is_moved_by_tests
    assert not Clock().is_moved_by_tests


def test_spans_are_measured_on_a_clock_that_the_file_does_not_move(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    clock = Clock(file)
    before = clock.monotonic()
    file.write_text("100000")
    assert 0 <= clock.monotonic() - before < 10


def test_it_sleeps_for_real_seconds() -> None:
    before = time.monotonic()
    Clock().sleep(0.02)
    assert time.monotonic() - before >= 0.02


def test_the_tests_own_clock_stands_still_until_it_is_moved() -> None:
    clock = SetClock("2026-11-24T14:05:00+07:00")
    assert clock.now() == clock.now() == datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
    clock.sleep(90)
    assert clock.now() == datetime(2026, 11, 24, 7, 6, 30, tzinfo=UTC)
    with pytest.raises(ValueError, match="zone"):
        clock.set("2026-11-24T14:05:00")


def test_it_is_moved_for_every_process_that_reads_the_file_and_goes_on_from_there(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    evening = datetime.now(UTC) + timedelta(hours=5)
    Clock(file).move(evening)
    other = Clock(file)
    assert timedelta() <= other.now() - evening < timedelta(seconds=2)
    assert abs(other.moved_by - timedelta(hours=5)) < timedelta(seconds=2)
    time.sleep(0.02)
    assert other.now() > evening
    assert [path.name for path in tmp_path.iterdir()] == ["clock"]


def test_it_goes_back_to_the_real_time(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    clock.move(datetime.now(UTC) - timedelta(days=40))
    assert clock.moved_by < timedelta(days=-39)
    clock.move(None)
    assert clock.moved_by == timedelta()
    assert abs(clock.now() - Clock().now()) < timedelta(seconds=2)


def test_the_real_clock_cannot_be_moved() -> None:
    with pytest.raises(NotMovable):
        Clock().move(datetime.now(UTC))
    assert Clock().moved_by == timedelta()
