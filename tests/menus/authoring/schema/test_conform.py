"""Asking whether a file has any difference from its shape gives the answer of listing all of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.menus import files as generated
from gateway.menus.authoring.schema.conform import _compile_shape, check_file, check_shape, merge_files
from gateway.menus.authoring.schema.grammar import FILE
from gateway.menus.authoring.yaml_loader import load, load_all
from gateway.menus.engine.shapes import Either, Named, Record, Several, Word
from tests.support.examples import count_examples
from tests.support.menu_folders import BROKEN, base, broken

FILES = [content.decode() for content in (*base().values(), *generated(20).values())]
SLIPS = [
    "",
    "kind: end",
    "key: ",
    '""',
    "text: x",
    "[]",
    "{}",
    "  ",
    "3",
    "2026-11-24",
    "- a",
    "asks: when",
    "[a, b]",
    "to: main",
]


def agree(root):
    listed = list(check_shape(root, FILE))
    assert _compile_shape(FILE)(root) == (listed == [])
    assert list(check_file(root, FILE)) == listed


@pytest.mark.parametrize("folder", BROKEN, ids=lambda folder: folder.name)
def test_of_broken_folders(folder):
    for loaded in load_all(broken(folder)).values():
        if loaded.root is not None:
            agree(loaded.root)


@settings(max_examples=count_examples(200), deadline=None)
@given(st.sampled_from(FILES), st.data())
def test_of_files_with_slips(text, data):
    lines = text.split("\n")
    for _ in range(data.draw(st.integers(0, 2))):
        at = data.draw(st.integers(0, len(lines) - 1))
        name, colon, _ = lines[at].partition(":")
        lines[at] = f"{name}{colon} {data.draw(st.sampled_from(SLIPS))}"
    root = load("x.yaml", "\n".join(lines).encode()).root
    if root is not None:
        agree(root)


SHAPES = [
    Word(may_be_empty=True),
    Word(values=("a", "b"), pattern="[a-y]"),
    Several(of=Word(), or_one=True, least=1),
    Named(of=Several(of=Word(pattern="[a-z]+")), least=1),
    Record(what="x", fields={"a": Word(), "b": Word()}, required=("a",), one_of=("a", "b")),
    Record(what="x", fields={"a": Word(), "b": Word()}, one_of=("b",)),
    Either(short=Named(of=Word()), long=Record(what="x", fields={"a": Several(of=Word())})),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(
    "text",
    [
        "a",
        '""',
        '" "',
        "z",
        "[]",
        "[a]",
        "[[a]]",
        "{}",
        "{a: b}",
        "{b: a}",
        "{a: [b]}",
        "{c: a}",
        "{a: }",
        "[\u200b]",
    ],
)
def test_of_each_shape(shape, text):
    root = load("x.yaml", f"- {text}".encode()).root
    assert root is not None
    (node,) = root.items
    assert _compile_shape(shape)(node) == (list(check_shape(node, shape)) == [])


def test_many_files_are_merged_in_order_and_each_repetition_is_told():
    files = {
        "a.yaml": b"schema: 1\nfacts: {x: [a], y: [b]}\nkeywords: [a]\n",
        "b.yaml": b"schema: 1\nfacts: {z: [c], x: [d]}\nkeywords: [b, c]\nmenu: m\n",
        "c.yaml": b"schema: 1\nfacts: [no]\nkeywords: [d]\nmenu: n\n",
        "d.yaml": b"schema: 1\nfacts: {w: [e], z: [f]}\n",
    }
    merged = merge_files(load_all(files))
    assert merged.root.get("facts").keys() == ("x", "y", "z", "w")
    assert [item.text for item in merged.root.get("keywords").items] == ["a", "b", "c", "d"]
    assert merged.root.get("menu").text == "m"
    told = sorted((each.place.file, each.message) for each in merged.problems)
    assert told == [
        ("b.yaml", "'x' stands already in a.yaml:2:9"),
        ("c.yaml", "'facts' stands already in a.yaml:2:8"),
        ("c.yaml", "'menu' stands already in b.yaml:4:7"),
        ("d.yaml", "'z' stands already in b.yaml:2:9"),
    ]
