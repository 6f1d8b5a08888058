"""Three faults in a row open it; after five seconds one request tries for all."""

import threading

import pytest

from gateway.storage.sessions import Breaker
from tests.support.clocks import SetClock


@pytest.fixture
def breaker(clock: SetClock) -> Breaker:
    return Breaker(clock)


def _fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        assert breaker.allows()
        breaker.failed()


def test_two_faults_are_borne(breaker: Breaker) -> None:
    _fail(breaker, 2)
    assert breaker.closed
    assert breaker.allows()


def test_three_in_a_row_open_it(breaker: Breaker) -> None:
    _fail(breaker, 3)
    assert not breaker.closed
    assert not breaker.allows()


def test_an_answer_between_them_starts_the_count_again(breaker: Breaker) -> None:
    _fail(breaker, 2)
    breaker.answered()
    _fail(breaker, 2)
    assert breaker.allows()


def test_after_five_seconds_one_tries_and_the_others_wait(breaker: Breaker, clock: SetClock) -> None:
    _fail(breaker, 3)
    clock.forward(seconds=4.9)
    assert not breaker.allows()
    clock.forward(seconds=0.2)
    assert breaker.allows()
    assert not breaker.allows()
    breaker.answered()
    assert breaker.closed
    assert breaker.allows()


def test_a_try_that_fails_keeps_it_open_as_long_again(breaker: Breaker, clock: SetClock) -> None:
    _fail(breaker, 3)
    clock.forward(seconds=5.1)
    _fail(breaker, 1)
    clock.forward(seconds=4.8)
    assert not breaker.allows()
    clock.forward(seconds=0.3)
    assert breaker.allows()


def test_a_try_that_never_answers_lets_the_next_one_try(breaker: Breaker, clock: SetClock) -> None:
    _fail(breaker, 3)
    clock.forward(seconds=5.1)
    assert breaker.allows()
    clock.forward(seconds=5.1)
    assert breaker.allows()


def test_of_many_threads_one_tries(breaker: Breaker, clock: SetClock) -> None:
    _fail(breaker, 3)
    clock.forward(seconds=6)
    barrier, allowed = threading.Barrier(8), []

    def ask() -> None:
        barrier.wait()
        allowed.append(breaker.allows())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert allowed.count(True) == 1
