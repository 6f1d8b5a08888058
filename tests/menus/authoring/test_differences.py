"""Two texts side by side: every line of both stands there once, marked where it has no twin."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.menus.authoring.differences import show_side_by_side

LINES = st.lists(st.sampled_from(["1 My pay", "2 ຄ່າແຮງ", "98 ຕໍ່", "ค่าจ้าง", ""]), max_size=6)


def test_lines_stand_beside_their_twins():
    assert show_side_by_side("a\n1 ຄ່າແຮງ\nc", "a\nb\nc\nd") == [
        "  expected | got",
        "  a        | a",
        "! 1 ຄ່າແຮງ  | b",
        "  c        | c",
        "!          | d",
    ]


@given(LINES, LINES)
def test_no_line_is_lost_and_equal_texts_have_no_mark(left, right):
    head, *rows = show_side_by_side("\n".join(left), "\n".join(right))
    assert head.endswith("| got")
    assert sum(bool(row) for row in "\n".join(left).splitlines()) <= len(rows)
    assert [row.partition(" | ")[2] for row in rows if row.partition(" | ")[2]] == [
        line for line in right if line
    ]
    assert any(row.startswith("!") for row in rows) == (
        "\n".join(left).splitlines() != "\n".join(right).splitlines()
    )
