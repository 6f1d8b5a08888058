"""Compute the graph of a menu: ways between screens, what can be reached, and the way to a callback."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from gateway.foundation.bounded_table import keep_per_owner
from gateway.menus.engine.model import NO_TIME, RESUME, Choice, Menu, Screen, make_page_key
from gateway.menus.engine.paging import Page
from gateway.menus.engine.session import Session
from gateway.menus.engine.visibility import NEXT_QUESTION, PLAIN, find_language


@dataclass(frozen=True, slots=True)
class MenuWay:
    """A step from one screen to another.

    ``presses`` includes paging; ``language`` is the tag of the texts from there on, where it changes.
    """

    source: str
    target: str
    key: str = ""
    presses: int = 1
    language: str = ""


@keep_per_owner
def list_ways(menu: Menu) -> tuple[MenuWay, ...]:
    """Return every way opened by a choice, a form or a typed code."""
    found = (way for screen in menu.screens.values() for way in _list_screen_ways(menu, screen))
    return tuple(dict.fromkeys(way for way in found if way.target in menu.screens))


def list_shown_ways(
    menu: Menu, pages: Mapping[str, tuple[Page, ...]], limits: str, language: str
) -> tuple[MenuWay, ...]:
    """Return every way with its presses, including 98 to the page of its option."""
    return tuple(
        replace(way, presses=_find_last_page(menu, pages, limits, language, way)) for way in list_ways(menu)
    )


def find_reached(ways_of: Iterable[MenuWay], begin: Iterable[str]) -> dict[str, int]:
    """Return the reachable screens with the fewest presses (shortest paths)."""
    out: dict[str, list[MenuWay]] = {}
    for way in ways_of:
        out.setdefault(way.source, []).append(way)
    presses = dict.fromkeys(begin, 0)
    queue = list(presses)
    while queue:
        here = queue.pop(0)
        for way in out.get(here, ()):
            total = presses[here] + way.presses
            if total < presses.get(way.target, total + 1):
                presses[way.target] = total
                queue.append(way.target)
    return presses


@keep_per_owner
def read_in(menu: Menu) -> frozenset[tuple[str, str]]:
    """Return every (screen, language) in which the screen can be read."""
    words = {keyword.to for keyword in menu.keywords} & set(menu.screens)
    begin = {menu.home, menu.offer, menu.sos, menu.call_me} | words | ({RESUME, NO_TIME} & set(menu.screens))
    queue = [(name, language) for name in begin for language in menu.languages]
    queue.append((menu.start, find_language(menu, Session(screen=menu.start))))
    out: dict[str, list[MenuWay]] = {}
    for way in list_ways(menu):
        out.setdefault(way.source, []).append(way)
    found = set(queue)
    while queue:
        name, language = queue.pop()
        for way in out.get(name, ()):
            there = (way.target, way.language or language)
            if there not in found:
                found.add(there)
                queue.append(there)
    return frozenset(found)


def find_callback_path(menu: Menu) -> tuple[str, ...]:
    """Return the screens from the first one through danger and the form to the end."""
    form = menu.screens[menu.call_me]
    questions = form.list_questions()
    form_screens = [*questions, *(way.target for way in list_ways(menu) if way.source in questions)]
    last = form.get_following()
    ends = [way.target for way in list_ways(menu) if way.source == last and _is_end(menu, way.target)]
    path = [menu.start, menu.home, menu.sos, *form_screens, last, *ends]
    return tuple(dict.fromkeys(name for name in path if name in menu.screens))


@keep_per_owner
def walk_to_callback(menu: Menu) -> tuple[str, ...]:
    """Return the same, with the screens that ask for the language, and the offer."""
    chosen = [way for way in list_ways(menu) if way.language and way.target != menu.home]
    between = find_reached(chosen, [menu.start])
    return tuple(dict.fromkeys((*between, *find_callback_path(menu), menu.offer)))


def _find_last_page(
    menu: Menu, pages: Mapping[str, tuple[Page, ...]], limits: str, language: str, way: MenuWay
) -> int:
    """Return the last page, over all variants, on which the key of a way first appears."""
    texts = range(PLAIN, len(menu.screens[way.source].variants))
    cuts = [pages.get(make_page_key(limits, language, way.source, variant), ()) for variant in texts]
    found = [
        next(
            (number for number, page in enumerate(cut, start=1) for piece in page if piece.key == way.key), 0
        )
        for cut in cuts
        if way.key
    ]
    return max([min(way.presses, 1), *found])


def _is_end(menu: Menu, name: str) -> bool:
    return menu.screens[name].ends


def _list_screen_ways(menu: Menu, screen: Screen) -> Iterator[MenuWay]:
    for target, presses in screen.list_targets():
        yield MenuWay(screen.id, target, presses=presses)
    for choice in screen.choices:
        for target in _list_targets(menu, screen, choice):
            language = choice.script or choice.language
            yield MenuWay(screen.id, target, choice.key, max(1, choice.page), language)


def _list_targets(menu: Menu, screen: Screen, choice: Choice) -> Iterator[str]:
    if choice.to and choice.to != NEXT_QUESTION:
        yield choice.to
    elif choice.to == NEXT_QUESTION or screen.get_asked():
        for form in menu.screens.values():
            if form.list_questions():
                yield from (target for target, _presses in form.list_targets() if target != screen.id)
