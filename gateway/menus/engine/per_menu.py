"""Keep what a pure function finds in a menu for as long as the menu is in use: a version never changes.

Menus hold mappings and have no hash, so they are known again by identity, and the menu is held beside what was found.
"""

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec, TypeVar

from gateway.menus.engine.model import Menu

P = ParamSpec("P")
T = TypeVar("T")

KEPT = 8
"""Results kept of each function; a server has one or two menus live at a time."""


def keep_per_menu(find: Callable[Concatenate[Menu, P], T]) -> Callable[Concatenate[Menu, P], T]:
    """Keep the latest results of a function of a menu and of values that have a hash; nobody may change them."""
    known: dict[tuple[object, ...], tuple[Menu, T]] = {}

    def find_once(menu: Menu, /, *args: P.args, **named: P.kwargs) -> T:
        key = (id(menu), args, tuple(named.items()))
        kept = known.get(key)
        if kept is None or kept[0] is not menu:
            kept = menu, find(menu, *args, **named)
            while len(known) >= KEPT:
                known.pop(next(iter(known), key), None)
            known[key] = kept
        return kept[1]

    update_wrapper(find_once, find)
    return find_once
