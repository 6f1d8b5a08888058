"""Two changes of one text come together: nothing of either is lost, and a clash is named with both sides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.menus.authoring.differences import merge_texts

BASE = "a\nb\nc\nd\ne\n"
LINES = st.lists(st.sampled_from([f"{n}\n" for n in range(6)]), max_size=8).map("".join)


@pytest.mark.parametrize(
    ("first", "second", "merged"),
    [
        (BASE, BASE.replace("b", "B"), BASE.replace("b", "B")),
        (BASE.replace("b", "B"), BASE, BASE.replace("b", "B")),
        (BASE.replace("b", "B"), BASE.replace("d", "D"), "a\nB\nc\nD\ne\n"),
        (BASE.replace("b", "B"), BASE.replace("c", "C"), "a\nB\nC\nd\ne\n"),  # lines beside each other
        (BASE.replace("b", "B"), BASE.replace("b", "B"), BASE.replace("b", "B")),  # the same change twice
        (BASE.replace("b\n", ""), BASE.replace("d\n", ""), "a\nc\ne\n"),
        (BASE + "f\n", BASE + "g\n", BASE + "g\nf\n"),  # both add at one place: both stay
        ("", BASE, ""),
    ],
)
def test_changes_of_other_lines_come_together(first, second, merged):
    found = merge_texts(BASE, first, second)
    assert (found.text, found.conflicts) == (merged, ())


@pytest.mark.parametrize(("prefers", "taken"), [(True, "X"), (False, "Y")])
def test_a_clash_is_named_and_goes_as_preferred(prefers, taken):
    found = merge_texts(BASE, BASE.replace("c", "X"), BASE.replace("c", "Y"), prefer_first=prefers)
    assert found.text == BASE.replace("c", taken)
    (clash,) = found.conflicts
    assert (clash.line, clash.before, clash.first, clash.second) == (3, "c\n", "X\n", "Y\n")


def test_a_line_taken_out_and_changed_is_a_clash():
    found = merge_texts(BASE, BASE.replace("c\n", ""), BASE.replace("c", "Y"))
    assert [(each.first, each.second) for each in found.conflicts] == [("", "Y\n")]


@given(before=LINES, changed=LINES)
def test_one_side_alone_is_taken_as_it_is(before, changed):
    assert merge_texts(before, before, changed).text == changed
    assert merge_texts(before, changed, before).text == changed
    assert merge_texts(before, changed, changed).text == changed


@given(before=LINES, first=LINES, second=LINES)
def test_a_preferred_side_keeps_every_line_that_it_added(before, first, second):
    merged = merge_texts(before, first, second, prefer_first=True).text
    for line in set(first.splitlines()):
        added = first.splitlines().count(line) > before.splitlines().count(line)
        assert not added or line in merged.splitlines()
