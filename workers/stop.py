"""How the worker and the clock are asked to stop: by TERM or INT, remembered until the work under way is done."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Stop:
    """Remembers that TERM or INT asked this process to stop."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def __call__(self) -> bool:
        """Say whether it was asked."""
        return self._asked.is_set()

    def ask(self, *_: object) -> None:
        """Ask it; this is a signal handler too."""
        self._asked.set()

    def wait(self, seconds: float) -> None:
        """Wait for so long, or until it is asked."""
        self._asked.wait(seconds)

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Be asked by TERM and INT inside this block."""
        if threading.current_thread() is not threading.main_thread():
            yield  # signals reach the main thread only; whoever runs this in another one asks by itself
            return
        before = [(number, signal.signal(number, self.ask)) for number in (signal.SIGTERM, signal.SIGINT)]
        try:
            yield
        finally:
            for number, handler in before:
                signal.signal(number, handler)
