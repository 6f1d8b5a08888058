"""A first start that is killed at any moment: the sheet that counts was shown, or none counts and the next start shows one."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config import settings as config
from gateway.cli import doctor, first_start
from gateway.cli.upkeep import click
from gateway.operations.maintenance import key_care
from gateway.storage.database import Store, Tx
from tests.support.cli_house import Machine, sheet_in
from tests.support.processes import CONTEXT

POINTS = 20
SHEET = re.compile(r"^\s+((?:[0-9A-Z]{4} ?){14})$", re.MULTILINE)


def watched(folder: Path, machine: Machine, killed_at: int) -> int:
    """Make a first start in a child that dies at this moment, and return how many moments it lived through.

    A moment is each beginning and each end of a transaction, and each line that is said.
    """
    child = CONTEXT.Process(target=_be_killed, args=(folder, machine.environment(), killed_at))
    child.start()
    child.join(60)
    return len((folder / "moments").read_text())


class _Life:
    """What the child lives through: it dies at one moment, as one that is killed, without a goodbye."""

    def __init__(self, folder: Path, killed_at: int) -> None:
        self._moments = (folder / "moments").open("w", encoding="ascii")
        self._left = killed_at
        self._write, self._read = Store.write, Store.read

    def moment(self) -> None:
        self._moments.write(".")
        self._moments.flush()
        self._left -= 1
        if self._left < 0:
            os._exit(9)

    @contextmanager
    def write(self, store: Store) -> Iterator[Tx]:
        self.moment()
        with self._write(store) as tx:
            yield tx
            self.moment()
        self.moment()

    @contextmanager
    def read(self, store: Store) -> Iterator[Tx]:
        self.moment()
        with self._read(store) as tx:
            yield tx

    def echo(self, words: str = "", **_: object) -> None:
        self.moment()
        os.write(1, f"{words}\n".encode())


def _as_methods(life: _Life) -> tuple[object, object]:
    """Its two transactions as functions: a bound method, put on a class, is not bound again."""

    def write(store: Store) -> object:
        return life.write(store)

    def read(store: Store) -> object:
        return life.read(store)

    return write, read


def _be_killed(folder: Path, environ: dict[str, str], killed_at: int) -> None:
    os.dup2(os.open(folder / "said", os.O_WRONLY | os.O_CREAT, 0o600), 1)
    life = _Life(folder, killed_at)
    try:
        Store.write, Store.read = _as_methods(life)  # type: ignore[method-assign,assignment]
        click.echo = life.echo  # type: ignore[assignment]
        first_start.prepare_start(config.load_settings(environ), at_terminal=True)
    finally:
        os._exit(0)


@pytest.mark.fault("K3")
@pytest.mark.slow  # a minute of first starts; what the sheet says before it is kept has tests of its own
def test_a_first_start_killed_at_20_points_leaves_no_sheet_that_nobody_saw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "whole").mkdir()
    whole = watched(tmp_path / "whole", Machine(tmp_path / "whole" / "house", monkeypatch), 10_000)
    assert whole >= POINTS
    counted = 0
    for point in range(POINTS):
        folder = tmp_path / f"killed{point}"
        folder.mkdir()
        machine = Machine(folder / "house", monkeypatch)
        assert watched(folder, machine, whole * point // POINTS) <= whole
        seen = SHEET.findall((folder / "said").read_text())
        counted += _is_looked_after(machine, seen)
    print(f"{POINTS} of {whole} moments: {counted} sheets counted, every one of them had been shown")
    assert 0 < counted < POINTS


def _is_looked_after(machine: Machine, seen: list[str]) -> bool:
    """Start again after the kill: what counts was shown, and whatever happened a sheet can be had."""
    said = machine.starts()
    parts = machine.parts()
    with parts.store.read() as tx:
        known = key_care.find_public_key(tx)
    shown = [line.strip() for line in said if SHEET.match(line)]
    assert known in {key_care.derive_public_half(key_care.read_sheet(letters)) for letters in (*seen, *shown)}
    (finding,) = doctor._recovery_sheet(parts)
    assert not finding.ok
    assert "gateway keys sheet" in finding.fix
    if shown:
        return False
    new = sheet_in(machine.run("keys", "sheet").output.splitlines())
    assert machine.run("keys", "confirm", typed=f"{new}\n").exit_code == 0
    return True
