"""What libyaml reads in a file without anything unusual is what the careful parser reads: the same nodes at the same places."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.menus import files as generated
from gateway.menus.authoring import yaml_loader, yaml_nodes
from gateway.menus.authoring.yaml_loader import Loaded, load
from gateway.menus.authoring.yaml_nodes import may_differ
from tests.support.examples import count_examples

ROOT = Path(__file__).parents[3]
SAMPLE = sorted((ROOT / "menus").glob("*.yaml"))
LINES = [line for path in SAMPLE for line in path.read_text().splitlines()]

SIGNS = [
    *(
        "a",
        "b c",
        "key",
        '"x"',
        "'y'",
        '"',
        "'",
        ": ",
        ":",
        "- ",
        "-",
        "\n",
        "\n  ",
        "\n    ",
        " ",
        "  ",
        "{",
        "}",
    ),
    *(
        "[",
        "]",
        ", ",
        ",",
        "#",
        " # c",
        "?",
        "? ",
        "|",
        ">",
        "|-\n",
        "!",
        "&a",
        "*a",
        "%",
        "@",
        "`",
        "0",
        "1.5",
    ),
    *(
        "~",
        "=",
        "<<",
        '\\"',
        "\\n",
        "\\u0041",
        "\\u",
        "\\\\",
        "ກ",
        "\U0001f600",
        "e\u0301",
        "...",
        "---",
        "\n- ",
    ),
    *(
        "\n\n",
        "a: b",
        '"k": v',
        "{a: b}",
        "[x, y]",
        "::",
        "a:b",
        "a#b",
        "\u00a0",
        "null",
        "!!str",
        "--",
        "\t",
    ),
]


DIFFERENT = re.compile(
    r"""[\t\r]                              # as indentation, or line breaks of another kind
    | ^ (?: --- | \.\.\. | % )              # directives and further documents
    | (?: ^ | [\s\[\]{},"'] ) : (?=\S)      # a sign that begins a value or a text: YAML 1.1 and 1.2 differ
    | (?: ^ | [\[{,:\-] ) \s* \?            # a key of several lines
    | [\[\]{},"'] \#                        # a comment without a space before it
    | (?: ^ | [\[{,:\-] ) \s* [|>]          # texts in blocks
    | \S [ ] \#                            # a comment, or the rest of a text
    | \\ (?! ["\\nu] )                      # rare escapes
    """,
    re.VERBOSE | re.MULTILINE,
)
"""All that two parsers may read differently, as one pattern, which takes ten times as long to search."""

ODD = [
    "\u00a0",
    "\u2003",
    "\u3000",
    "\u2028",
    "\x0c",
    "\x85",
    "\x07",
    "\ufeff",
    "\ud800",
    "\uffff",
    "\U0002ffff",
    "\U0001f600",
]


def read_carefully(content: bytes) -> Loaded:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_loader, "may_differ", lambda _text: True)
        load.cache_clear()
        found = load("x.yaml", content)
    load.cache_clear()
    return found


def read_quickly(content: bytes) -> Loaded | None:
    """What libyaml makes of a file, or None where the careful parser is asked."""
    try:
        text = yaml_loader.read_text("x.yaml", content)
    except yaml_loader.Unreadable:
        return None
    found = None if may_differ(text) else yaml_loader.read_quickly("x.yaml", text)
    return Loaded(found[0], tuple(found[1])) if found else None


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.name)
def test_each_file_of_the_sample_is_read_quickly_and_alike(path):
    content = path.read_bytes()
    assert repr(read_quickly(content)) == repr(read_carefully(content))


def test_generated_folders_are_read_quickly_and_alike():
    for content in generated(120).values():
        assert repr(read_quickly(content)) == repr(read_carefully(content))


@settings(max_examples=count_examples(60))
@given(st.lists(st.sampled_from(SIGNS), max_size=14).map("".join))
def test_any_text_of_signs_is_read_alike(text):
    content = text.encode()
    found = read_quickly(content)
    assert found is None or repr(found) == repr(read_carefully(content))


@settings(max_examples=count_examples(60))
@given(st.integers(0, len(LINES) - 12), st.integers(1, 12), st.data())
def test_a_part_of_the_sample_with_a_slip_is_read_alike(first, count, data):
    text = "\n".join(LINES[first : first + count])
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(st.sampled_from(SIGNS)) + text[at + data.draw(st.integers(0, 2)) :]
    content = text.encode()
    found = read_quickly(content)
    assert found is None or repr(found) == repr(read_carefully(content))


@pytest.mark.parametrize(
    "text",
    [
        "a :b",
        "{a :b}",
        '{"a":b}',
        "? a\n: b",
        "a:\tb",
        "a: b\r\n",
        "--- a",
        "%YAML 1.1\n---\na: b",
        "a: |\n  b",
        '"a\\tb"',
    ],
)
def test_what_two_parsers_read_differently_goes_to_the_careful_one(text):
    assert may_differ(text)


@settings(max_examples=count_examples(300))
@given(st.lists(st.sampled_from([*SIGNS, "\r", "\u2003"]), max_size=10).map("".join))
def test_the_look_at_single_signs_finds_what_the_pattern_finds(text):
    assert may_differ(text) == (DIFFERENT.search(text) is not None)


@pytest.mark.parametrize("count", [1, 49, 50, 60])
def test_values_that_need_quotes_are_told_alike_up_to_the_most_problems(count):
    content = "".join(f"a{n}: {{b: 18:00, valid_from: 2026-11-24}}\n" for n in range(count)).encode()
    found = read_quickly(content)
    assert (found is None) == (count >= 50)
    assert found is None or repr(found) == repr(read_carefully(content))


@pytest.mark.parametrize("path", sorted((ROOT / "menus/tests").glob("*.yaml")), ids=lambda path: path.name)
def test_conversations_whose_answers_need_no_quotes_are_read_alike(path):
    content = path.read_bytes()
    found = read_quickly(content)
    assert found is None or repr(found) == repr(read_carefully(content))


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.name)
def test_no_file_of_the_sample_is_left_to_the_careful_parser(path):
    assert not DIFFERENT.search(path.read_text())


@settings(max_examples=count_examples(200))
@given(st.lists(st.sampled_from(["a", " ", "\n", "\n ", *ODD]), max_size=6).map("".join))
def test_a_text_without_an_unusual_sign_is_readable_and_indented_by_spaces(text):
    odd = yaml_nodes.UNREADABLE.search(text) or yaml_loader._ODD_INDENT.search(text)
    assert yaml_loader._UNUSUAL.search(text) or not odd


@pytest.mark.parametrize(
    "text",
    [
        "a: &x b",
        "a: *x",
        "a: !!str b",
        "a: b\na: c",
        "a: ",
        "a: {b, c: d}",
        "? a",
        "{[a]: b}",
        "a: b\n--- c",
    ],
)
def test_what_may_be_a_fault_is_left_to_the_careful_parser(text):
    assert yaml_nodes.read_quickly("x.yaml", text) is None
