"""Start a Valkey of its own for a bench, so that nothing else on the machine is asked or disturbed."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.operations import supervisor


@contextmanager
def start_own_valkey() -> Iterator[Path]:
    """Yield a temporary data folder in which a Valkey answers; end both afterwards."""
    with tempfile.TemporaryDirectory(prefix="gw-bench-") as name:
        folder = Path(name)
        store = supervisor.start_valkey(folder, environment=dict(os.environ))
        try:
            while not supervisor.does_answer(folder):
                time.sleep(0.05)
            yield folder
        finally:
            store.terminate()
            store.wait()
