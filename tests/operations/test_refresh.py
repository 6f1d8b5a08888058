"""The thread of every process: what it does each second goes on whatever one of its tasks runs into."""

import threading

import pytest

from gateway.operations import refresh
from gateway.operations.refresh import Refresh
from gateway.storage.database import Unavailable


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "_EVERY", 0.01)


class Task:
    """Counts how often it was done, and fails as it is told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.done = 0
        self.often_enough = threading.Event()

    def __call__(self) -> None:
        self.done += 1
        if self.done >= 3:
            self.often_enough.set()
        if self.error is not None:
            raise self.error


def test_its_tasks_are_done_again_and_again() -> None:
    task = Task()
    thread = Refresh([task])
    thread.start()
    assert task.often_enough.wait(5)
    thread.stop()


def test_a_task_that_fails_stops_neither_the_others_nor_itself(caplog: pytest.LogCaptureFixture) -> None:
    broken, sound = Task(ValueError("+8562055512345 said ຊ່ວຍແດ່")), Task()
    thread = Refresh([broken, sound])
    thread.start()
    assert broken.often_enough.wait(5)
    assert sound.often_enough.wait(5)
    thread.stop()
    assert "ValueError" in caplog.text
    assert "55512345" not in caplog.text
    assert "ຊ່ວຍ" not in caplog.text


def test_while_sql_is_away_the_rest_of_this_second_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    away, behind = Task(Unavailable("gone")), Task()
    thread = Refresh([away, behind])
    thread.start()
    assert away.often_enough.wait(5)
    thread.stop()
    assert behind.done == 0
    assert caplog.text == ""


def test_what_is_seldom_is_done_once_more_at_the_end() -> None:
    often, seldom = Task(), Task()
    thread = Refresh([often], seldom=[seldom])
    thread.start()
    assert often.often_enough.wait(5)
    before = seldom.done
    thread.stop()
    assert seldom.done == before + 1


def test_it_can_be_stopped_before_it_did_anything() -> None:
    seldom = Task()
    thread = Refresh([], seldom=[seldom])
    thread.start()
    thread.stop()
    assert seldom.done >= 1
