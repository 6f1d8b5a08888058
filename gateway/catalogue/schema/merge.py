"""Puts the files of a folder together into one mapping, and says where two of them claim the same name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.catalogue.load import Loaded
from gateway.catalogue.nodes import ListNode, MapNode, Node, Scalar, text_in
from gateway.catalogue.problems import Place, Problem, where

_OF_ONE_FILE = frozenset({"schema", "review"})


@dataclass(slots=True)
class Merged:
    """A folder as one mapping.

    ``drafts`` names the files whose texts are drafts; ``whole`` says that every file could be read.
    """

    root: MapNode
    drafts: frozenset[str] = frozenset()
    whole: bool = True
    problems: list[Problem] = field(default_factory=list)


def merge(loaded: Mapping[str, Loaded]) -> Merged:
    """Merge the files by their top-level keys: mappings by entry, lists one after the other."""
    roots = {name: each.root for name, each in loaded.items() if isinstance(each.root, MapNode)}
    drafts = frozenset(name for name, root in roots.items() if text_in(root, "review") == "draft")
    first = next(iter(loaded), "")
    merged = Merged(MapNode((), Place(first, 1, 1)), drafts, whole=len(roots) == len(loaded))
    found: dict[str, tuple[Scalar, Node]] = {}
    for root in roots.values():
        for key, node in root.entries:
            if key.text in _OF_ONE_FILE:
                continue
            known = found.get(key.text)
            found[key.text] = (key, _joined(known[1], node, key, merged) if known else node)
    place = next((root.place for root in roots.values() if root.get("menu")), merged.root.place)
    merged.root = MapNode(tuple(found.values()), place)
    return merged


def _joined(first: Node, second: Node, key: Scalar, merged: Merged) -> Node:
    match first, second:
        case MapNode(), MapNode():
            return _union(first, second, merged)
        case ListNode(), ListNode():
            return ListNode((*first.items, *second.items), first.place)
        case _:
            merged.problems.append(_twice(key, first.place))
            return first


def _union(first: MapNode, second: MapNode, merged: Merged) -> MapNode:
    known = {name.text: name for name, _ in first.entries}
    new = []
    for name, node in second.entries:
        if name.text in known:
            merged.problems.append(_twice(name, known[name.text].place))
        else:
            new.append((name, node))
    return MapNode((*first.entries, *new), first.place)


def _twice(name: Scalar, first: Place) -> Problem:
    return Problem(
        code="yaml-repeated-key",
        place=name.place,
        message=f"'{name.text}' stands already in {where(first)}",
        hint="delete one of the two or give it another name",
    )
