"""Define YAML nodes (text, list, mapping) with their places, and functions to read them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gateway.menus.authoring.problems import Place


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text; ``plain`` says that it was not quoted."""

    text: str
    place: Place
    plain: bool = False


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list of nodes."""

    items: tuple["Node", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping in the order written; keys are unique."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    place: Place

    def get(self, key: str) -> "Node | None":
        """Return the node of this key, or None."""
        return next((node for name, node in self.entries if name.text == key), None)

    def keys(self) -> tuple[str, ...]:
        """Return the keys in order."""
        return tuple(name.text for name, _ in self.entries)

    def pairs(self) -> Iterator[tuple[str, "Node"]]:
        """Yield each key with its node."""
        for name, node in self.entries:
            yield name.text, node


Node = Scalar | ListNode | MapNode

NOWHERE = MapNode((), Place())


@dataclass(slots=True)
class Places:
    """Path → place of each part of a menu; for an unwritten part, that of its parent."""

    found: dict[tuple[str, ...], Place] = field(default_factory=dict)

    def of(self, *path: str) -> Place:
        """Return the place of the part at this path, or of its nearest parent."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.found:
                return self.found[path[:end]]
        return self.found.get((), Place())

    def add(self, node: Node, path: tuple[str, ...] = ()) -> None:
        """Add the places of a node and everything inside it."""
        self.found[path] = node.place
        for name, key_place, child in _children(node):
            self.add(child, (*path, name))
            if not isinstance(child, Scalar):
                self.found[(*path, name)] = key_place


def _children(node: Node) -> Sequence[tuple[str, Place, Node]]:
    match node:
        case MapNode(entries):
            return [(key.text, key.place, child) for key, child in entries]
        case ListNode(items):
            return [(str(at), item.place, item) for at, item in enumerate(items)]
        case Scalar():
            return []


def get_text(node: Node | None, key: str = "", default: str = "") -> str:
    """Return the text of the node, or of the node at the key; else the default."""
    if key:
        node = node.get(key) if isinstance(node, MapNode) else None
    return node.text if isinstance(node, Scalar) else default


def get_pairs(node: Node | None, key: str = "") -> tuple[tuple[Scalar, Node], ...]:
    """Return the entries of the mapping, or of the mapping at the key; empty for another type."""
    if key:
        node = node.get(key) if isinstance(node, MapNode) else None
    return node.entries if isinstance(node, MapNode) else ()


def get_wordings(message: Node | None) -> Node | None:
    """Return the languages of a message, which are under ``text`` where it has variants."""
    long = isinstance(message, MapNode) and not {"text", "variants"}.isdisjoint(message.keys())
    return message.get("text") if isinstance(message, MapNode) and long else message


def get_items(node: Node | None, key: str = "") -> tuple[Node, ...]:
    """Return the items of the list, or of the list at the key; a single text counts as a list of one."""
    if key:
        node = node.get(key) if isinstance(node, MapNode) else None
    match node:
        case ListNode(items):
            return items
        case Scalar():
            return (node,)
        case _:
            return ()


def get_scalars(node: Node | None, key: str = "") -> tuple[Scalar, ...]:
    """Return the items of the list that are texts."""
    return tuple(item for item in get_items(node, key) if isinstance(item, Scalar))
