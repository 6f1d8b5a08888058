"""Faults planted on purpose turn a named test red; and the script that says so can itself fail."""

from pathlib import Path

import pytest

from tests.laws import plant, trees
from tests.laws.plant import FAULTS, Fault, NotThere

HARMLESS = Fault(
    "nothing is wrong",
    "gateway/menus/engine/text_size.py",
    '"""Return the number of UTF-16 units; a character above U+FFFF counts two.',
    '"""Return the number of UTF-16 units.',
    "tests/menus/engine/test_text_size.py::test_sizes",
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_what_is_to_be_spoiled_is_there(fault: Fault, tmp_path: Path) -> None:
    folder = trees.copied(tmp_path / "tree", "pyproject.toml")
    (folder / fault.path).parent.mkdir(parents=True)
    (folder / fault.path).write_bytes((trees.ROOT / fault.path).read_bytes())
    assert fault.right in plant.plant(folder, fault)
    test, _, name = fault.test.partition("::")
    assert f"def {name.partition('[')[0]}(" in (trees.ROOT / test).read_text(encoding="utf-8")


def test_a_text_that_is_gone_is_said_loudly(tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(NotThere, match="stands 0 times"):
        plant.plant(tmp_path, Fault("gone", "file.py", "y = 1", "y = 2", "tests/x.py::test_x"))


def test_some_are_chosen_by_a_word() -> None:
    assert plant.choose([]) == [*FAULTS]
    (one,) = plant.choose(["conversations/commit.py"])
    assert one.name == "the turn key is skipped"
    assert plant.main("a word of none") != 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_fault_turns_its_test_red(tmp_path: Path) -> None:
    folder = trees.copied(tmp_path / "tree")
    assert [ran.fault.name for ran in plant.all_of(folder) if not ran.red] == []


@pytest.mark.slow
def test_a_change_that_breaks_nothing_stays_green(tmp_path: Path) -> None:
    folder = trees.copied(tmp_path / "tree")
    (ran,) = plant.all_of(folder, [HARMLESS])
    assert not ran.red
