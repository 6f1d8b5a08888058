"""Runs the background processes (the RQ worker that sends, the clock, the links), and holds their stop flag.

SIGTERM and SIGINT set the flag, so that the work in progress is finished first.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Stop:
    """A flag that SIGTERM or SIGINT sets."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def __call__(self) -> bool:
        """Return whether the flag is set."""
        return self._asked.is_set()

    def ask(self, *_: object) -> None:
        """Set the flag; also a signal handler, hence the ignored arguments."""
        self._asked.set()

    def wait(self, seconds: float) -> None:
        """Wait until the flag is set, at most ``seconds``."""
        self._asked.wait(seconds)

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Handle SIGTERM and SIGINT inside this block."""
        if threading.current_thread() is not threading.main_thread():
            yield  # Python runs signal handlers in the main thread only; elsewhere the caller sets the flag
            return
        before = [(number, signal.signal(number, self.ask)) for number in (signal.SIGTERM, signal.SIGINT)]
        try:
            yield
        finally:
            for number, handler in before:
                signal.signal(number, handler)
