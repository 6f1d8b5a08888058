"""Kills the product's own processes while they send, and counts what the provider got.

``python -m tests.support.kills --kills 20`` kills so many times in each place: while the provider holds a text that it has not
accepted, while it holds its answer to one that it has, and right after our record. With ``--redrive`` the rig does
after each kill what the product never does, and puts rows that were in flight back into the queue: then it must show doubles.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

from config.settings import load_settings
from gateway.bootstrap import open_ledger, open_parts
from gateway.foundation.time_and_chance import new_id
from gateway.storage import callers, outbox
from gateway.storage.migrate import upgrade
from gateway.storage.tables import chores
from gateway.storage.tables import outbox as rows
from tests.support.servers import Valkey
from tests.support.standin import KEY, Standin, key_of, read_ledger

CONFIG = """
[line]
helpline = "+85620555000000"
[channels.africastalking]
provider = "africastalking"
menu = "helpline"
sms_number = "22384"
rate = 1000
"""
LEASE = 2
UP_WITHIN = 30.0
PLACES = ("before", "between", "after")


@dataclass(frozen=True)
class Tally:
    """What became of all rows."""

    once: int
    unclear: int
    lost: int
    twice: int

    def __str__(self) -> str:
        return f"sent once {self.once}, unclear {self.unclear}, lost {self.lost}, twice {self.twice}"


class Rig:
    """The product's worker and clock as processes, a real Valkey, and a provider that keeps a ledger."""

    channel = "africastalking"
    config = CONFIG

    def __init__(self, folder: Path, *, redrive: bool = False) -> None:
        self.folder = folder
        self.redrive = redrive
        self.valkey = Valkey()
        self.standin = self.made_standin()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.texts: dict[str, str] = {}  # row → key in the ledger
        self.kills: Counter[str] = Counter()
        self._log = (folder / "log").open("wb")
        (folder / "gateway.toml").write_text(self.config)

    def made_standin(self) -> Standin:
        """The provider."""
        return Standin(ledger=self.folder / "ledger")

    def account(self) -> dict[str, str]:
        """What the environment says of it."""
        return {
            "AFRICASTALKING_USERNAME": "sandbox",
            "AFRICASTALKING_API_KEY": KEY,
            "AFRICASTALKING_API_URL": self.standin.url,
        }

    def __enter__(self) -> Self:
        self.valkey.start()
        self.standin.__enter__()
        self.environment = {
            "GATEWAY_DATA_DIR": str(self.folder / "var"),
            "GATEWAY_CONFIG": str(self.folder / "gateway.toml"),
            "GATEWAY_OUTBOX_LEASE": str(LEASE),
            "REDIS_URL": self.valkey.url,
            **self.account(),
        }
        settings = load_settings(self.environment)
        upgrade(open_ledger(settings))
        self.parts = open_parts(settings)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.standin.__exit__()
        self.valkey.close()
        self.parts.store.close()
        self._log.close()

    def start(self, name: str) -> None:
        """Start the worker or the clock, anew where one runs."""
        if name in self.processes:
            self.kill(name)
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", name],
            env={**os.environ, **self.environment},
            stdout=self._log,
            stderr=self._log,
        )

    def kill(self, name: str, number: int = signal.SIGKILL) -> float:
        """Send a signal and wait for the end; return how long it took."""
        began = time.monotonic()
        process = self.processes.pop(name)
        process.send_signal(number)
        process.wait(30)
        return time.monotonic() - began

    def add(self, *, nudge: bool = True) -> str:
        """Add an answer to somebody new, as a text of hers would."""
        n = len(self.texts)
        number, text = f"+85620555{n:05d}", f"An answer ({n})"
        now = self.parts.clock.now()
        with self.parts.store.write() as tx:
            caller = callers.upsert_caller(tx, number, now=now)
            row_id = outbox.add_row(
                tx,
                kind="answer",
                channel=self.channel,
                lane=f"{self.channel}:{caller.id}",
                due_at=now,
                expires_at=now + timedelta(minutes=10),
                once=new_id(now),
                now=now,
                payload={"text": text, "link": ""},
                priority=0,
                caller_id=caller.id,
            )
        assert row_id is not None
        self.texts[row_id] = key_of(number, text)
        if nudge:
            self.parts.nudge(row_id)
        return row_id

    def state(self, row_id: str) -> str:
        """Return the state of a row."""
        with self.parts.store.read() as tx:
            row = outbox.by_id(tx, row_id)
        assert row is not None
        return row.state

    def wait(self, done: Callable[[], bool], seconds: float = UP_WITHIN) -> None:
        """Wait until it is so."""
        until = time.monotonic() + seconds
        while not done():
            if time.monotonic() > until:
                log = (self.folder / "log").read_text(errors="replace")[-3000:]
                raise TimeoutError(f"not within {seconds} s; the log ends with:\n{log}")
            time.sleep(0.01)

    def kill_sender(self, name: str, place: str, *, nudge: bool) -> None:
        """Let a process send a row, and kill it in that place."""
        if place != "after":
            self.standin.rule("hold", at="before" if place == "before" else "after")
        row_id = self.add(nudge=nudge)
        if name not in self.processes:
            self.start(name)
        if place == "after":
            self.wait(lambda: self.state(row_id) == "sent")
        else:
            self.standin.wait_held(1, UP_WITHIN)
        self.kill(name)
        self.kills[f"{name} {place}"] += 1
        self.standin.release()
        if self.redrive:
            self._drive_again(row_id)

    def kill_workers(self, kills: int) -> None:
        """Kill the worker so often in each place."""
        for _ in range(kills):
            for place in PLACES:
                self.kill_sender("worker", place, nudge=True)

    def kill_clocks(self, kills: int) -> None:
        """Kill the clock so often in each place; Redis is away, so that it sends by itself."""
        self.valkey.kill()
        for _ in range(kills):
            for place in PLACES:
                self.kill_sender("clock", place, nudge=False)
                self._let_go_of_chores()
        self.valkey.heal()

    def wipe(self, times: int) -> None:
        """Empty Redis so often, each time with a nudge in it that nobody has taken yet."""
        if times and "clock" not in self.processes:
            self.start("clock")
        for _ in range(times):
            self.add()
            with self.valkey.client() as client:
                client.flushall()

    def settle(self, seconds: float = 90) -> Tally:
        """Let everything come to rest and count."""
        for name in ("worker", "clock"):
            if name not in self.processes:
                self.start(name)
        self.wait(lambda: not {"pending", "sending"} & set(self._states().values()), seconds)
        return self.tally()

    def tally(self) -> Tally:
        """Compare our rows with what the provider accepted."""
        states, accepted = self._states(), read_ledger(self.folder / "ledger")
        got = {row_id: accepted[key] for row_id, key in self.texts.items()}
        unclear = {row_id for row_id, state in states.items() if state == "unclear"}
        return Tally(
            once=sum(1 for row_id, state in states.items() if state == "sent" and got[row_id] == 1),
            unclear=len(unclear),
            lost=sum(1 for row_id, n in got.items() if n == 0 and row_id not in unclear),
            twice=sum(1 for n in got.values() if n > 1),
        )

    def _states(self) -> dict[str, str]:
        with self.parts.store.read() as tx:
            return {row.id: row.state for row in outbox.list_rows(tx, limit=100_000)}

    def _drive_again(self, row_id: str) -> None:
        with self.parts.store.write() as tx:
            tx.execute(
                rows.update()
                .where(rows.c.state.in_(("sending", "unclear")))
                .values(state="pending", token=None, lease_until=None, attempts=0)
            )
        self.parts.nudge(row_id)

    def _let_go_of_chores(self) -> None:
        """Spare the rig the lease that a dead clock leaves on its chore."""
        with self.parts.store.write() as tx:
            tx.execute(chores.delete())


def run(
    folder: Path,
    *,
    kills: int,
    clock_kills: int,
    wipes: int,
    redrive: bool = False,
    rig_of: type[Rig] = Rig,
) -> tuple[Tally, Rig]:
    """Do it all once."""
    with rig_of(folder, redrive=redrive) as rig:
        rig.kill_workers(kills)
        rig.kill_clocks(clock_kills)
        rig.wipe(wipes)
        return rig.settle(), rig


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="in each place")
    parser.add_argument("--clock-kills", type=int, default=5, help="in each place")
    parser.add_argument("--wipes", type=int, default=10)
    parser.add_argument("--redrive", action="store_true", help="the control: must show doubles")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gw-kills-") as folder:
        tally, rig = run(
            Path(folder),
            kills=asked.kills,
            clock_kills=asked.clock_kills,
            wipes=asked.wipes,
            redrive=asked.redrive,
        )
    print(", ".join(f"{place}: {n}" for place, n in sorted(rig.kills.items())))
    print(tally)
    return int(bool(tally.twice) != asked.redrive or bool(tally.lost))


if __name__ == "__main__":
    sys.exit(main())
