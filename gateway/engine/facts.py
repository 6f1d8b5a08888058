"""What a fact says on a day, in a language: its value, or the words that stand in when the value is too old."""

from collections.abc import Iterable, Iterator
from datetime import date

from gateway.engine.cuts import PLACEHOLDER
from gateway.engine.dates import date_words
from gateway.engine.menu import Fact, FactValue, Menu, Screen


def told(menu: Menu, fact: Fact, day: date, language: str) -> str:
    """Return what is shown for a fact on this day."""
    current = fact.on(day)
    old = menu.text(current.when_old, language) if day > current.expires_on else ""
    return old or value_words(current, language)


def told_on(menu: Menu, day: date, language: str, names: Iterable[str] | None = None) -> dict[str, str]:
    """Return what is shown for these facts of a menu on this day, by name; without names for all of them."""
    asked = menu.facts if names is None else names
    return {name: told(menu, menu.facts[name], day, language) for name in asked}


def ever_told(menu: Menu, fact: Fact, language: str) -> Iterator[str]:
    """Yield everything that may be shown for a fact on any day, so that room can be kept for the widest."""
    for each in fact.values:
        yield value_words(each, language)
        yield menu.text(each.when_old, language)


def value_words(value: FactValue, language: str) -> str:
    """Return one value of a fact in the words of the language; only dates differ from language to language."""
    return date_words(value.value, language) if value.is_date else value.value


def named(menu: Menu, templates: Iterable[str]) -> tuple[str, ...]:
    """Return the facts that these texts name, each once, in their order."""
    names = (name for words in templates for name in PLACEHOLDER.findall(words))
    return tuple(dict.fromkeys(name for name in names if name in menu.facts))


def naming(menu: Menu, fact: str, language: str) -> tuple[str, ...]:
    """Return the screens whose words in this language name the fact, on whichever page."""
    return tuple(
        name for name, screen in menu.screens.items() if fact in named(menu, _words(menu, screen, language))
    )


def _words(menu: Menu, screen: Screen, language: str) -> Iterator[str]:
    yield menu.text(screen.text, language)
    for variant in screen.variants:
        yield menu.text(variant.text, language)
    for choice in screen.choices:
        yield menu.text(choice.label, language)
