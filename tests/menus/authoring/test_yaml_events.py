"""What libyaml reads in a file without anything unusual is what the careful parser reads: the same nodes at the same places."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.menus import files as generated
from gateway.menus.authoring import yaml_loader
from gateway.menus.authoring.yaml_loader import Loaded, load
from gateway.menus.authoring.yaml_nodes import may_differ

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
    root = None if may_differ(text) else yaml_loader._read_quickly("x.yaml", text)
    return Loaded(root) if root else None


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.name)
def test_each_file_of_the_sample_is_read_quickly_and_alike(path):
    content = path.read_bytes()
    assert read_quickly(content) == read_carefully(content)


def test_generated_folders_are_read_quickly_and_alike():
    for content in generated(120).values():
        assert read_quickly(content) == read_carefully(content)


@settings(max_examples=60)
@given(st.lists(st.sampled_from(SIGNS), max_size=14).map("".join))
def test_any_text_of_signs_is_read_alike(text):
    content = text.encode()
    found = read_quickly(content)
    assert found is None or found == read_carefully(content)


@settings(max_examples=60)
@given(st.integers(0, len(LINES) - 12), st.integers(1, 12), st.data())
def test_a_part_of_the_sample_with_a_slip_is_read_alike(first, count, data):
    text = "\n".join(LINES[first : first + count])
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(st.sampled_from(SIGNS)) + text[at + data.draw(st.integers(0, 2)) :]
    content = text.encode()
    found = read_quickly(content)
    assert found is None or found == read_carefully(content)


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
