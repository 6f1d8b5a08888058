"""An event loop as a web process has it: what is remembered is answered on it, the rest in a thread."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from gateway.conversations import ussd
from gateway.conversations.ussd import RenderedPage
from gateway.foundation.loop_turns import NeedsThread, run_turn
from tests.support.house import Phone

T = TypeVar("T")


class Loop:
    """A loop in a thread of its own; ``on_it`` and ``in_threads`` count what was answered where."""

    def __init__(self) -> None:
        self.on_it = self.in_threads = 0
        self.loop = asyncio.new_event_loop()

    async def give(self, work: Callable[[], T]) -> T:
        """Run the work as the front runs a hop."""
        try:
            answer = await run_turn(work)
        except NeedsThread:
            self.in_threads += 1
            return await self.loop.run_in_executor(None, work)
        self.on_it += 1
        return answer

    def end(self) -> None:
        """Close what is open, as the end of a process does, and stop."""
        for transport in list(self.loop._transports.values()):  # type: ignore[attr-defined]
            transport.abort()
        self.loop.call_soon(self.loop.call_soon, self.loop.stop)

    def run(self, *works: Callable[[], T]) -> list[T]:
        """Run all of these at once and return what they returned."""

        async def together() -> list[T]:
            return await asyncio.gather(*map(self.give, works))

        return asyncio.run_coroutine_threadsafe(together(), self.loop).result(30)


@contextmanager
def running_loop() -> Iterator[Loop]:
    """Run a loop and end it."""
    found = Loop()
    thread = threading.Thread(target=found.loop.run_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        # On its own thread: the browser's loop may be at work on this one.
        asyncio.run_coroutine_threadsafe(found.loop.shutdown_default_executor(), found.loop).result(10)
        found.loop.call_soon_threadsafe(found.end)
        thread.join(10)
        found.loop.close()


class LoopPhone(Phone):
    """A phone whose posts a web process answers."""

    loop: Loop

    def post(self, text: str) -> RenderedPage:
        """Post a text of this session."""
        self.text = text
        inbound = self.inbound(text)
        self.shown.extend(self.loop.run(lambda: ussd.answer_turn(self.parts, inbound)))
        return self.shown[-1]
