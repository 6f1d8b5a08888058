"""A part that is looked up by its path stands where a table of all parts has it."""

from pathlib import Path

import pytest

from gateway.menus.authoring.checks.context import Places
from gateway.menus.authoring.folder import read_folder
from gateway.menus.authoring.problems import Place
from gateway.menus.authoring.schema.build import list_dated_values
from gateway.menus.authoring.schema.conform import merge_files
from gateway.menus.authoring.yaml_loader import load_all
from gateway.menus.authoring.yaml_nodes import ListNode, MapNode, Scalar, get_pairs, get_wordings
from tests.support.menu_folders import base

ROOT = Path(__file__).parents[4]


def add(table, node, path=()):
    table[path] = node.place
    children = []
    if isinstance(node, MapNode):
        children = [(key.text, key.place, child) for key, child in node.entries]
    if isinstance(node, ListNode):
        children = [(str(at), item.place, item) for at, item in enumerate(node.items)]
    for name, place, child in children:
        add(table, child, (*path, name))
        if not isinstance(child, Scalar):
            table[*path, name] = place


def list_all(root):
    """Every path with its place, also of what a message leaves out; values of a fact from the oldest."""
    table = {}
    add(table, root)
    for name, message in get_pairs(root, "messages"):
        if get_wordings(message) is message:
            add(table, message, ("messages", name.text, "text"))
            table["messages", name.text, "text"] = name.place
    for name, fact in get_pairs(root, "facts"):
        for at, value in enumerate(list_dated_values(fact)):
            add(table, value, ("facts", name.text, str(at)))
    return table


@pytest.mark.parametrize("files", [base(), read_folder(ROOT / "menus")], ids=["base", "sample"])
def test_each_part_is_found_where_it_was_written(files):
    root = merge_files(load_all(files)).root
    places, table = Places(root), list_all(root)
    assert {path: places.of(*path) for path in table} == table


def test_what_was_not_written_has_the_place_of_its_nearest_parent():
    content = "screens:\n  main:\n    choices: [{key: a}]\nmessages:\n  back: {en: Back}\n"
    places = Places(merge_files(load_all({"a.yaml": content.encode()})).root)
    assert places.of("screens", "main", "choices", "0", "does") == Place("a.yaml", 3, 15)
    assert places.of("screens", "main", "text", "en") == Place("a.yaml", 2, 3)
    assert places.of("messages", "back", "text", "lo") == Place("a.yaml", 5, 3)
    assert places.of("messages", "back", "text", "en") == Place("a.yaml", 5, 14)
    assert places.of("nothing") == places.of() == Place("a.yaml", 1, 1)
    assert Places().of("screens", "main") == Place()
