"""Puts together what can be drawn of a folder, whatever is wrong with it: a drawing shows where the fault is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from gateway.catalogue.load import load_all
from gateway.catalogue.nodes import MapNode, Node, items_in, pairs_in
from gateway.catalogue.schema import build
from gateway.catalogue.schema.merge import merge
from gateway.engine.cuts import PLACEHOLDER
from gateway.engine.facts import fill_facts
from gateway.engine.hours import hours_by_name, label_in
from gateway.engine.menu import Choices, Entry, Form, Information, Menu, Screen
from gateway.engine.showing import TARGETS

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sketch:
    """A menu to be drawn, and the screens in it that something leads to and nobody wrote."""

    menu: Menu
    missing: frozenset[str] = frozenset()


def sketch(files: Mapping[str, bytes], built: Menu | None = None) -> Sketch | None:
    """Return what can be drawn of a folder's files; None where they hold no screen at all.

    Args:
        files: of the folder, by name.
        built: the menu, where its parts fit together.
    """
    menu = built or _put_together(merge(load_all(files)).root)
    if not menu.screens:
        return None
    missing = tuple(dict.fromkeys(name for name in _aims(menu) if name not in menu.screens))
    screens = {**menu.screens, **{name: Information(id=name) for name in missing}}
    start = menu.start if menu.start in screens else next(iter(screens))
    return Sketch(replace(menu, start=start, screens=screens), frozenset(missing))


def fill_for_drawing(menu: Menu, day: date, language: str) -> Menu:
    """Return the menu with the values of the day in its texts of one language, as callers read them.

    What is known only at run time stands as ‹code›.
    """
    values = dict(hours_by_name(menu))
    for name in menu.facts:  # a day that does not exist spoils no other fact
        values |= _try(lambda name=name: fill_facts(menu, day, language, [name])) or {}  # type: ignore[misc]

    def words(text: str) -> str:
        return PLACEHOLDER.sub(lambda found: values.get(found[1], f"‹{found[1]}›"), text)

    def filled(screen: Screen) -> Screen:
        choices = tuple(
            replace(each, label={language: words(label_in(menu, each, language))} if each.label else {})
            for each in screen.choices
        )
        text = {language: words(menu.text(screen.text, language))} if screen.text else {}
        return replace(screen, text=text, choices=choices)

    return replace(menu, screens={name: filled(screen) for name, screen in menu.screens.items()})


def _put_together(root: MapNode) -> Menu:
    """Build what can be built: of a part that cannot, less is shown, and the rest stands where it belongs."""
    parts = dict(root.pairs())
    rows = {"facts", "windows", "calendar", "topics", "fields", "keywords", "speech", "messages", "screens"}
    head = MapNode(tuple(each for each in root.entries if each[0].text not in rows), root.place)
    menu = build.build(head)
    return replace(
        menu,
        screens=_all_that_can(parts.get("screens"), _sketch_screen),
        messages=_all_that_can(parts.get("messages"), lambda _, node: build.build_message(node)),
        facts=_all_that_can(parts.get("facts"), build.build_fact),
        windows=_all_that_can(parts.get("windows"), build.build_window),
        calendar=_all_that_can(parts.get("calendar"), lambda _, node: build.build_pattern(node)),
    )


def _all_that_can(node: Node | None, make: Callable[[str, Node], T]) -> dict[str, T]:
    return {
        name.text: made
        for name, each in pairs_in(node)
        if (made := _try(lambda name=name, each=each: make(name.text, each))) is not None  # type: ignore[misc]
    }


def _try(make: Callable[[], T]) -> T | None:
    try:
        return make()
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None


def _sketch_screen(name: str, node: Node) -> Screen:
    whole = _try(lambda: build.build_screen(name, node))
    if whole is not None:
        return whole
    choices = (_try(lambda each=each: build.build_choice(each)) for each in items_in(node, "choices"))  # type: ignore[misc]
    text = node.get("text") if isinstance(node, MapNode) else None
    return Choices(
        id=name, text=build.build_text(text), choices=tuple(each for each in choices if each is not None)
    )


def _aims(menu: Menu) -> Iterator[str]:
    """Yield every name that something leads to."""
    yield from _named(menu.start, menu.home, menu.offer, menu.sos, menu.call_me)
    for screen in menu.screens.values():
        match screen:
            case Form():
                yield from _named(*screen.questions, screen.to)
            case Entry():
                yield from _named(screen.to)
            case Choices():
                yield from _named(screen.code_to)
            case _:
                pass
        yield from _named(*(choice.to for choice in screen.choices))


def _named(*names: str) -> Iterator[str]:
    return (name for name in names if name not in TARGETS and name.strip())
