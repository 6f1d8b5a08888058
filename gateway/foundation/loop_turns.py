"""Run synchronous work on an event loop: it is suspended where it waits, and stops before it would block.

A hop is written once, as plain functions. In a thread they block; as a turn on the loop they wait for Redis without
holding a thread, and whatever else would block (SQL, a menu that must be walked) ends the turn with ``NeedsThread``, so
that the same work begins again in a thread. Work may therefore run on the loop only as far as it can be repeated.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

T = TypeVar("T")


class NeedsThread(BaseException):
    """The work would block the event loop. No ``Exception``, since nothing on the way may take it for a fault."""


class _Turn(greenlet):  # type: ignore[misc]
    """Work that runs on an event loop; its parent is the coroutine that awaits it."""


async def run_turn(work: Callable[[], T]) -> T:
    """Run the work on this loop and return its result.

    Raises:
        NeedsThread: it would block, and must be run in a thread from its beginning.
    """
    turn = _Turn(work)
    waited: Any = turn.switch()
    while not turn.dead:
        try:
            answer = await waited
        except BaseException as fault:  # noqa: BLE001 - a cancelled request ends its work as well
            waited = turn.throw(type(fault), fault, fault.__traceback__)
        else:
            waited = turn.switch(answer)
    result: T = waited
    return result


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
