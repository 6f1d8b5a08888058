"""Run synchronous work on an event loop: it is suspended where it waits, and stops before it would block.

A hop is written once, as plain functions. In a thread they block; as a turn on the loop they wait for Redis without
holding a thread, and whatever else would block (SQL, a menu that must be walked) ends the turn with ``NeedsThread``, so
that the same work begins again in a thread. Work may therefore run on the loop only as far as it can be repeated.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from greenlet import GreenletExit, getcurrent, greenlet  # type: ignore[import-untyped]

T = TypeVar("T")


class NeedsThread(BaseException):
    """The work would block the event loop. No ``Exception``, since nothing on the way may take it for a fault."""


class _Turn(greenlet):  # type: ignore[misc]
    """Runs one work after the other on an event loop; its parent is the coroutine that awaits the work."""

    def run(self) -> None:
        """Wait for work, do it and say that it is done; while it waits, nothing of the last one is kept."""
        told: list[_Done | None] = [None]
        while True:
            told.append(_do_work(self.parent.switch(told.pop())))


class _Done:
    """The result of a work, or its fault."""

    __slots__ = ("fault", "result")

    def __init__(self, result: Any, fault: BaseException | None = None) -> None:
        self.result, self.fault = result, fault


def _do_work(work: Callable[[], Any]) -> _Done:
    try:
        return _Done(work())
    except GreenletExit:  # nobody waits any more
        raise
    except BaseException as fault:  # noqa: BLE001 - it is the fault of who gave the work
        return _Done(None, fault)


_FREE = threading.local()
"""Turns of this thread that wait for work: to begin and to end one costs more than the rest of a turn."""

_MOST_FREE = 64


async def run_turn(work: Callable[[], T]) -> T:
    """Run the work on this loop and return its result.

    Raises:
        NeedsThread: it would block, and must be run in a thread from its beginning.
    """
    free = _list_free()
    turn = free.pop() if free else _begin_turn()
    turn.parent = getcurrent()
    told: Any = turn.switch(work)
    while type(told) is not _Done:
        try:
            answer = await told
        except BaseException as fault:  # noqa: BLE001 - a cancelled request ends its work as well
            told = turn.throw(type(fault), fault, fault.__traceback__)
        else:
            told = turn.switch(answer)
    if len(free) < _MOST_FREE:
        free.append(turn)
    if told.fault is not None:
        raise told.fault
    result: T = told.result
    return result


def _begin_turn() -> _Turn:
    turn = _Turn()
    turn.switch()  # to where it waits for work
    return turn


def _list_free() -> list[_Turn]:
    free: list[_Turn] | None = getattr(_FREE, "turns", None)
    if free is None:
        free = _FREE.turns = []
    return free


def is_on_loop() -> bool:
    """Say whether this work runs on an event loop."""
    return isinstance(getcurrent(), _Turn)


def take_answer(future: asyncio.Future[T]) -> T:
    """Suspend this turn until the future is done, and return its result."""
    answer: T = getcurrent().parent.switch(future)
    return answer


def refuse_loop() -> None:
    """Stop here where this work runs on an event loop, because what follows may block.

    Raises:
        NeedsThread: it does.
    """
    if isinstance(getcurrent(), _Turn):
        raise NeedsThread
