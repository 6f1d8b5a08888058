"""Writes the marks of one language as a file of the menu: a person can read it, a diff shows one line a text."""

import json
from collections.abc import Mapping

from gateway.catalogue.load import load_all
from gateway.catalogue.marks import Mark
from gateway.catalogue.nodes import MapNode

FOLDER = "reviews"
_HEAD = "# What each text in {language} was made from, and who read it when. Written by `gateway menus reviews`.\n"


def name_file(language: str) -> str:
    """Return the name of the file below the folder."""
    return f"{FOLDER}/{language}.yaml"


def write_marks(language: str, marks: Mapping[str, Mark]) -> str:
    """Return the text of the file, with the texts in the order given."""
    lines = [
        f"    {json.dumps(name)}: {json.dumps(str(mark), ensure_ascii=False)}\n"
        for name, mark in marks.items()
    ]
    return f"{_HEAD.format(language=language)}schema: 1\nreviews:\n  {language}:\n{''.join(lines)}"


def find_strays(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the names of other files that hold marks: what is written beside them would stand twice."""
    roots = {name: loaded.root for name, loaded in load_all(files).items()}
    return tuple(
        name
        for name, root in roots.items()
        if not name.startswith(f"{FOLDER}/") and isinstance(root, MapNode) and root.get("reviews")
    )
