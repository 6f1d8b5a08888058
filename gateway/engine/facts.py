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
    return old or value_words(menu, current, language)


def told_on(menu: Menu, day: date, language: str, names: Iterable[str] | None = None) -> dict[str, str]:
    """Return what is shown for these facts of a menu on this day, by name; without names for all of them."""
    asked = menu.facts if names is None else names
    return {name: told(menu, menu.facts[name], day, language) for name in asked}


def fill_facts(menu: Menu, day: date, language: str, names: Iterable[str] | None = None) -> dict[str, str]:
    """Return what each placeholder of these facts shows: the value, since when it holds, when it was checked."""
    shown = told_on(menu, day, language, names)
    for name in list(shown):
        fact = menu.facts[name]
        shown[f"{name}:since"] = date_words(fact.on(day).valid_from.isoformat(), menu.pattern(language))
        shown[f"{name}:checked"] = tell_check(menu, fact, day, language)
    return shown


def tell_check(menu: Menu, fact: Fact, day: date, language: str) -> str:
    """Return when the value of this day was last checked, or the menu's words for a check that is too long ago."""
    current = fact.on(day)
    old = _check_is_old(menu, language) if day > current.expires_on else ""
    return old or date_words(current.checked_on.isoformat(), menu.pattern(language))


def widen_facts(menu: Menu, language: str) -> dict[str, tuple[str, ...]]:
    """Return everything that any fact may ever show in this language, by placeholder, so that room can be kept."""
    found: dict[str, tuple[str, ...]] = {}
    for name, fact in menu.facts.items():
        found[name] = tuple(ever_told(menu, fact, language))
        found[f"{name}:since"] = tuple(
            date_words(each.valid_from.isoformat(), menu.pattern(language)) for each in fact.values
        )
        checked = (date_words(each.checked_on.isoformat(), menu.pattern(language)) for each in fact.values)
        found[f"{name}:checked"] = (*checked, _check_is_old(menu, language))
    return found


def ever_told(menu: Menu, fact: Fact, language: str) -> Iterator[str]:
    """Yield everything that may be shown for a fact on any day, so that room can be kept for the widest."""
    for each in fact.values:
        yield value_words(menu, each, language)
        yield menu.text(each.when_old, language)


def value_words(menu: Menu, value: FactValue, language: str) -> str:
    """Return one value of a fact in the words of the language; only dates differ from language to language."""
    return date_words(value.value, menu.pattern(language)) if value.is_date else value.value


def named(menu: Menu, templates: Iterable[str]) -> tuple[str, ...]:
    """Return the facts that these texts name, each once, in their order."""
    names = (name.partition(":")[0] for words in templates for name in PLACEHOLDER.findall(words))
    return tuple(dict.fromkeys(name for name in names if name in menu.facts))


def naming(menu: Menu, fact: str, language: str) -> tuple[str, ...]:
    """Return the screens whose words in this language name the fact, on whichever page."""
    return tuple(
        name
        for name, screen in menu.screens.items()
        if fact in (*screen.rests_on, *named(menu, _words(menu, screen, language)))
    )


def _check_is_old(menu: Menu, language: str) -> str:
    return menu.text(menu.messages.get("checked_old", {}), language)


def _words(menu: Menu, screen: Screen, language: str) -> Iterator[str]:
    yield menu.text(screen.text, language)
    for variant in screen.variants:
        yield menu.text(variant.text, language)
    for choice in screen.choices:
        yield menu.text(choice.label, language)
