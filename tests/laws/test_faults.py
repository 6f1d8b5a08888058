"""No known fault is without the test that would see it again."""

from tests.faults.table import known_faults, marked_tests


def test_every_known_fault_has_a_test_and_every_mark_names_a_known_fault() -> None:
    known, marked = set(known_faults()), {name for name, _ in marked_tests()}
    assert known - marked == set(), "ids in tests/faults/*.toml that no test bears"
    assert marked - known == set(), "marks whose id stands in no file of tests/faults"
