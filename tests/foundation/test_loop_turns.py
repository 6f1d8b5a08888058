"""Work on a loop waits without a thread, ends where it would block, and tells its faults like any other."""

import asyncio
import gc
import weakref
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import pytest

from gateway.foundation.loop_turns import NeedsThread, is_on_loop, refuse_loop, run_turn, take_answer
from gateway.storage.database import Store

T = TypeVar("T")


def run(work: Awaitable[T]) -> T:
    async def wait() -> T:
        return await asyncio.wait_for(work, 10)

    with ThreadPoolExecutor(1) as alone:  # the browser's loop may be at work on the thread of the tests
        return alone.submit(asyncio.run, wait()).result()


async def later(value: T) -> T:
    await asyncio.sleep(0)
    return value


def wait(value: T) -> T:
    return take_answer(asyncio.ensure_future(later(value)))


def test_work_waits_as_often_as_it_likes_and_returns_its_result() -> None:
    assert run(run_turn(lambda: [wait(1), wait(None), wait("x")])) == [1, None, "x"]
    assert run(run_turn(lambda: "nothing to wait for")) == "nothing to wait for"


def test_many_turns_go_on_side_by_side() -> None:
    order: list[int] = []

    def work(nth: int) -> int:
        for _ in range(3):
            order.append(nth)
            wait(nth)
        return nth

    async def together() -> list[int]:
        return list(await asyncio.gather(*(run_turn(lambda nth=nth: work(nth)) for nth in range(3))))

    assert run(together()) == [0, 1, 2]
    assert order == [0, 1, 2] * 3


def test_what_it_waits_for_fails_in_the_work() -> None:
    async def fail() -> None:
        raise KeyError("lost")

    def work() -> str:
        try:
            take_answer(asyncio.ensure_future(fail()))
        except KeyError:
            return f"told {wait('and went on')}"
        return "not told"

    assert run(run_turn(work)) == "told and went on"


def test_a_fault_of_the_work_is_the_callers() -> None:
    def work() -> None:
        wait(1)
        raise LookupError("hers")

    with pytest.raises(LookupError, match="hers"):
        run(run_turn(work))


def test_a_cancelled_request_ends_its_work() -> None:
    ended: list[str] = []

    def work() -> None:
        try:
            take_answer(asyncio.get_running_loop().create_future())
        finally:
            ended.append("ended")

    async def cancel() -> None:
        task = asyncio.create_task(run_turn(work))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(cancel())
    assert ended == ["ended"]


def test_a_turn_takes_one_work_after_the_other_and_keeps_nothing_of_it() -> None:
    class Held:
        pass

    def work(nth: int, held: Held) -> int:
        wait(nth)
        if nth == 2:
            raise LookupError(held)
        return nth

    async def one_by_one() -> list[object]:
        told: list[object] = []
        for nth in range(4):
            held = Held()
            seen.append(weakref.ref(held))
            try:
                told.append(await run_turn(partial(work, nth, held)))
            except LookupError:
                told.append("fault")
            del held
        gc.collect()
        told.append([each() for each in seen])
        return told

    seen: list[weakref.ref[Held]] = []
    assert run(one_by_one()) == [0, 1, "fault", 3, [None] * 4]


def test_only_work_on_the_loop_must_leave_it() -> None:
    refuse_loop()
    assert not is_on_loop()
    assert run(run_turn(is_on_loop))
    with pytest.raises(NeedsThread):
        run(run_turn(refuse_loop))

    async def plain() -> bool:
        refuse_loop()
        return is_on_loop()

    assert not run(plain())


def test_no_transaction_runs_on_the_loop(sqlite_store: Store) -> None:
    def read() -> None:
        with sqlite_store.read():
            raise AssertionError

    def write() -> None:
        with sqlite_store.write():
            raise AssertionError

    for work in (read, write):
        with pytest.raises(NeedsThread):
            run(run_turn(work))
