"""Narrow a menu to its reviewed languages, so that callers are never shown a draft."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from gateway.menus.engine.model import Choice, Menu, Screen, Text
from gateway.menus.engine.text_breaks import PLACEHOLDER


def list_offered(menu: Menu) -> tuple[str, ...]:
    """Return the languages that a caller can choose on some screen; all of them where no screen offers one."""
    chosen = {
        choice.script or choice.language
        for screen in menu.screens.values()
        for choice in screen.choices
        if choice.script or choice.language
    }
    return tuple(language for language in menu.languages if language in chosen or not chosen)


def list_reviewed(menu: Menu) -> tuple[str, ...]:
    """Return the offered languages whose texts from the first screen to danger and callback are all reviewed."""
    return tuple(language for language in list_offered(menu) if not menu.waiting.get(language))


def narrow_menu(menu: Menu) -> Menu | None:
    """Return the menu with its reviewed languages only; None where there is none.

    Choices that lead into another language are removed, and its texts too, except where they are a fallback of a
    reviewed language. The keys of the other choices do not change.
    """
    offered = list_reviewed(menu)
    if not offered:
        return None
    if not any(menu.waiting.get(language) for language in menu.languages):
        return menu
    stand_in = {tag for language in offered for tag in menu.fallback.get(language, ())}

    def spoken(text: Text) -> Text:
        return {tag: words for tag, words in text.items() if tag in stand_in or tag in offered}

    return replace(
        menu,
        languages={tag: name for tag, name in menu.languages.items() if tag in offered},
        screens={name: _narrow_screen(screen, offered, spoken) for name, screen in menu.screens.items()},
        messages={name: spoken(text) for name, text in menu.messages.items()},
        message_variants={
            name: tuple(replace(each, text=spoken(each.text)) for each in variants)
            for name, variants in menu.message_variants.items()
        },
    )


def _narrow_screen(screen: Screen, offered: tuple[str, ...], spoken: Callable[[Text], Text]) -> Screen:
    return replace(
        screen,
        text=spoken(screen.text),
        variants=tuple(replace(each, text=spoken(each.text)) for each in screen.variants),
        choices=tuple(
            replace(choice, label=spoken(choice.label))
            for choice in screen.choices
            if _leads_to(choice) in {"", *offered}
        ),
    )


def _leads_to(choice: Choice) -> str:
    return choice.script or choice.language


def list_waiting(menu: Menu) -> Mapping[str, tuple[str, ...]]:
    """Return, for each offered language that is not fully reviewed, the names of its unreviewed texts."""
    return {tag: menu.waiting[tag] for tag in list_offered(menu) if menu.waiting.get(tag)}


def list_named(menu: Menu) -> frozenset[str]:
    """Return the names of all placeholders that occur in any text of the menu."""
    return frozenset(
        name for text in _list_texts(menu) for words in text.values() for name in PLACEHOLDER.findall(words)
    )


def _list_texts(menu: Menu) -> Iterator[Text]:
    yield from menu.messages.values()
    yield from (each.text for variants in menu.message_variants.values() for each in variants)
    yield from (value.when_old for fact in menu.facts.values() for value in fact.values)
    for screen in menu.screens.values():
        yield screen.text
        yield from (each.text for each in screen.variants)
        yield from (choice.label for choice in screen.choices)
