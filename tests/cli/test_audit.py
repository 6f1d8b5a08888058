"""`gateway audit check`: it names the row, and exits 1."""

import pytest
from sqlalchemy import text

from gateway.storage import audit
from tests.support.cli_house import Machine


def written(machine: Machine, *acts: str) -> None:
    parts = machine.parts()
    with parts.store.write() as tx:
        for act in acts:
            audit.add_entry(tx, now=parts.clock.now(), person_id=None, act=act, kind="callback", subject="c1")


def damage(machine: Machine, statement: str) -> None:
    with machine.parts().store.write() as tx:
        tx.execute(text(statement))


def test_a_whole_chain_holds(machine: Machine) -> None:
    written(machine, "asked", "claimed", "reveal")
    result = machine.run("audit", "check")
    assert result.exit_code == 0
    assert "The chain holds: " in result.stdout


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE audit SET act = 'nothing' WHERE seq = 2", "row 2 ("),
        ("DELETE FROM audit WHERE seq = 2", "row 2 is missing, next to one of "),
        ("DELETE FROM audit WHERE seq > 1", "row 2 is missing, at the end"),
        ("UPDATE audit SET seq = CASE seq WHEN 1 THEN -2 ELSE -1 END WHERE seq < 3", ""),
    ],
)
def test_what_was_done_to_it_is_named(machine: Machine, statement: str, words: str) -> None:
    written(machine, "asked", "claimed", "reveal")
    machine.run("audit", "check")
    damage(machine, statement)
    if not words:
        damage(machine, "UPDATE audit SET seq = -seq WHERE seq < 0")
        words = "stands in another row's place"
    result = machine.run("audit", "check")
    assert result.exit_code == 1
    assert words in result.output
