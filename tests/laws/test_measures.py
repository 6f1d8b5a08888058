"""The measures count what they say, and the source stays within their targets."""

import pytest

from tests.laws import measures
from tests.laws.measures import ROOT, Tree, measure, read_tree

# Beside the house's rules, whose worker has parsed the tree already.
pytestmark = pytest.mark.xdist_group("tree")

TEXT = '''"""Counts septets (3GPP TS 23.038, section 6.2.1)."""

# RFC 4226 names the window.
class Page:
    def kept(self) -> int:
        return 1 if self and True else 2


def send_page(a, b, c, d, e, f): ...
'''


def measured(*texts: str) -> dict[str, str]:
    tree = Tree()
    for number, text in enumerate(texts):
        tree.add_file(f"gateway/{number}.py", text)
    return measure(tree)


def test_what_is_counted() -> None:
    found = measured(TEXT)

    assert found["files"] == found["files under 40 lines, without `__init__`"] == "1"
    assert found["functions"] == "2"
    assert found["functions of six arguments and more"] == found["functions with a typed result"] == "50.0 %"
    assert found["one-word function names"] == "50.0 %"
    assert found["function names that begin with a participle"] == "50.0 %"
    assert found["comment and docstring lines that name a source"] == "2"
    assert found["branches of a function, median/p90/max"] == "2/3/3"
    assert found["class names used twice"] == "0"


def test_a_class_name_in_two_files_is_counted_once() -> None:
    assert measured(TEXT, TEXT)["class names used twice"] == "1"


def test_every_measure_says_what_it_was_before() -> None:
    assert set(measures.MEASURED_BEFORE) == set(measured(TEXT))
    assert set(measures.TARGETS) <= set(measured(TEXT))


def test_the_source_keeps_its_targets() -> None:
    found = {
        name: float(value.rstrip(" %"))
        for name, value in measure(read_tree(ROOT)).items()
        if "/" not in value
    }

    assert found["class names used twice"] == found["functions above 40 lines"] == 0
    assert found["files"] <= 330
    assert found["one-word function names"] <= 30
    assert found["function names that begin with a participle"] <= 2
    assert found["comment and docstring lines that name a source"] >= 40
