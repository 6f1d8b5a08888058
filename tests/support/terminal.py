"""A terminal with a person at it: what a command prints there, and what is typed back."""

import os
import pty
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self


class Terminal:
    """One command at a terminal of its own."""

    def __init__(self, command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=dict(env),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._read: list[bytes] = []
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(5)
        os.close(self._ours)

    @property
    def shown(self) -> str:
        """All that stands there by now."""
        return b"".join(self._read).decode(errors="replace").replace("\r\n", "\n")

    def type(self, words: str) -> None:
        """Type a line."""
        os.write(self._ours, f"{words}\n".encode())

    def wait_for(self, words: str, seconds: float = 60.0) -> str:
        """Wait until these words stand there; return all that does."""
        until = time.monotonic() + seconds
        while words not in self.shown:
            assert self.process.poll() is None, f"it ended before {words!r}:\n{self.shown}"
            assert time.monotonic() < until, f"no {words!r} in:\n{self.shown}"
            time.sleep(0.05)
        return self.shown

    def _listen(self) -> None:
        while True:
            try:
                read = os.read(self._ours, 65536)
            except OSError:
                return
            if not read:
                return
            self._read.append(read)
