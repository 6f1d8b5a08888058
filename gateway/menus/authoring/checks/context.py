"""Define what checks get: the built menu with its places, and the day, limits and settings to check for.

The checks of characters and figures share one look at every text, which leaves them the few that may be at fault.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from gateway.domain.contact_safety import When
from gateway.domain.events import USSD_LIMITS, Limits
from gateway.foundation.bounded_table import keep_per_owner
from gateway.menus.authoring.graph import AuthoredText, Declared, list_sent_texts
from gateway.menus.authoring.pages import Cut
from gateway.menus.authoring.passages import Reviews
from gateway.menus.authoring.problems import Level, Place, Problem
from gateway.menus.authoring.schema.build import list_dated_values
from gateway.menus.authoring.yaml_nodes import NOWHERE, ListNode, MapNode, Node, Scalar
from gateway.menus.engine.model import Menu


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckContext:
    """What a menu is checked for.

    Attributes:
        today: the day for which facts are checked.
        limits: page limits of each configured channel.
        zone: time zone of the helpline.
        settings: placeholder → value of the helpline's settings; None where unknown.
        staffed: returns which windows are covered by duty hours; None where unknown.
        real: the menu is for real phones.
        live: menu id → live version; empty where none is live or it is unknown.
        moves_keys: keys about danger and consent may change, since the publisher gave a reason.
        tells_drafts: report unreviewed texts and stale translations.
    """

    today: date
    limits: tuple[Limits, ...] = (USSD_LIMITS,)
    zone: str = "Asia/Vientiane"
    settings: Mapping[str, str] | None = None
    staffed: Callable[[Iterable[When]], frozenset[str]] | None = None
    real: bool = False
    live: Mapping[str, Menu] = field(default_factory=dict)
    moves_keys: bool = False
    tells_drafts: bool = True


_OF_A_FACT = 2
"""Length of the path of a fact."""


class Places:
    """Where each part of a menu was written, looked up by its path; most menus ask for few of them."""

    def __init__(self, root: Node = NOWHERE) -> None:
        self._root = root
        self._below: dict[int, dict[str, tuple[Place, Node]]] = {}

    def of(self, *path: str) -> Place:
        """Return the place of the part at this path, or of its nearest parent that was written."""
        place, node = self._root.place, self._root
        for depth, name in enumerate(path):
            found = self._list_children(node, path[:depth]).get(name)
            if found is not None:
                place, node = found
            elif path[0] != "messages" or name != "text":  # which a message without variants leaves out
                break
        return place

    def _list_children(self, node: Node, path: tuple[str, ...]) -> Mapping[str, tuple[Place, Node]]:
        known = self._below.get(id(node))
        if known is None:
            known = self._below[id(node)] = dict(_name_children(node, path))
        return known


def _name_children(node: Node, path: tuple[str, ...]) -> Iterator[tuple[str, tuple[Place, Node]]]:
    """Yield the parts of a node: of a mapping where its key stands or a text its words, values of a fact by age."""
    match node:
        case MapNode():
            for key, child in node.entries:
                yield key.text, (child.place if isinstance(child, Scalar) else key.place, child)
        case ListNode():
            items = (
                list_dated_values(node) if path[:1] == ("facts",) and len(path) == _OF_A_FACT else node.items
            )
            for at, item in enumerate(items):
                yield str(at), (item.place, item)
        case Scalar():
            pass


@dataclass(frozen=True, slots=True)
class Subject:
    """The menu to check; ``cut`` has its pages for all limits, cut once for all checks."""

    menu: Menu
    asked: CheckContext
    places: Places = field(default_factory=Places)
    reviews: Reviews = field(default_factory=Reviews)
    cut: Cut = field(default_factory=Cut)
    declared: Declared = field(default_factory=Declared)

    def problem(
        self,
        code: str,
        path: tuple[str, ...],
        message: str,
        hint: str,
        *,
        level: Level = Level.ERROR,
        screen: str = "",
        language: str = "",
        about: str = "",
    ) -> Problem:
        """Return a problem at the place where the part at this path was written."""
        if not screen and path[:1] == ("screens",) and len(path) > 1:
            screen = path[1]
        return Problem(
            code=code,
            place=self.places.of(*path),
            level=level,
            message=message,
            hint=hint,
            screen=screen,
            language=language,
            about=about,
        )

    def warning(
        self,
        code: str,
        path: tuple[str, ...],
        message: str,
        hint: str,
        *,
        language: str = "",
        about: str = "",
    ) -> Problem:
        """Return a problem that does not prevent publishing."""
        return self.problem(code, path, message, hint, level=Level.WARNING, language=language, about=about)


# One look at every text.

_MARKED = re.compile(
    r"[\d<&%$@\\#\u00a1-\u00ff\u0370-\u04ff\u20e3\u2190-\u2bff\u3030\u303d\u3297\u3299\u2774\u2775"
    r"\ue000-\uf8ff\ufe5b\ufe5c\uff5b\uff5d\ufffd\U0001f000-\U0001faff]"
)
"""Signs without which no text holds a figure, a mark of a tool, a foreign letter, an emoji or a legacy font."""
_LOST = "????"
"""What a wrong encoding makes of letters."""

_TWO_SIGNS = re.compile("[\u0e4d\u0ecd][\u0e48-\u0e4b\u0ec8-\u0ecb]?[\u0e32\u0eb2]")
_TWICE = ("\u0e40\u0e40", "\u0ec0\u0ec0")
_LAO, _THAI = re.compile("[\u0e80-\u0eff]"), re.compile("[\u0e01-\u0e5b]")


def may_be_odd(words: str) -> bool:
    """Say whether a text may hold what a check of characters or figures reports; most plainly do not."""
    if _MARKED.search(words) or _LOST in words:
        return True
    if words.isascii():
        return False
    in_two = _TWO_SIGNS.search(words) or any(signs in words for signs in _TWICE)
    return bool(in_two or (_THAI.search(words) and _LAO.search(words)))


@keep_per_owner
def list_odd_texts(menu: Menu) -> tuple[tuple[AuthoredText, str, str], ...]:
    """Return the texts of ``list_sent_texts`` that may be odd, in its order."""
    return tuple(each for each in list_sent_texts(menu) if may_be_odd(each[2]))
