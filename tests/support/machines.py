"""What every machine of hypothesis here shares: a ledger of its own for each run, and how the runs are played."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from gateway.storage.database import Store
from tests.support.clocks import SetClock

Fresh = Callable[[Path], AbstractContextManager[Store]]
"""Gives a ledger with its tables for one run, and takes it away."""


class LedgerMachine(RuleBasedStateMachine):
    """One run on a ledger of its own, with a clock that is set."""

    fresh: Fresh
    seen: Counter[str]
    """What happened in all of the runs, so that a machine that does nothing is noticed."""

    begins_at: str = ""
    """Where the clock stands at first; empty for where the clock of every test does."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self.folder = Path(self._folder.name)
        self._ledger = self.fresh(self.folder)
        self.clock = SetClock(self.begins_at) if self.begins_at else SetClock()
        self.store = self._ledger.__enter__()

    def teardown(self) -> None:
        self._ledger.__exit__(None, None, None)
        self._folder.cleanup()


def number_of(index: int) -> str:
    """A made-up number of a caller of a machine."""
    return f"+8562055500{index:03}"


def play(machine: type[LedgerMachine], fresh: Fresh, examples: int, steps: int, **more: Any) -> Counter[str]:
    """Play a machine and return what happened in all runs together.

    Args:
        machine: whose rules are played.
        fresh: gives the ledger of each run.
        examples: how many runs.
        steps: how many rules a run has at the most.
        more: settings of hypothesis.
    """
    seen: Counter[str] = Counter()
    run_state_machine_as_test(
        type("Machine", (machine,), {"fresh": staticmethod(fresh), "seen": seen}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            **more,
        ),
    )
    print(dict(sorted(seen.items())))
    return seen
