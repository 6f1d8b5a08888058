"""What a fact says on a day, in a language: its value, or the words that stand in when the value is too old."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.menus.engine.dates import date_words
from gateway.menus.engine.model import Fact, FactValue, Menu, Screen
from gateway.menus.engine.text_breaks import PLACEHOLDER
from gateway.menus.engine.text_size import count_units
from gateway.menus.engine.window_hours import span_words, spans_in


def word_fact(menu: Menu, fact: Fact, day: date, language: str) -> str:
    """Return what is shown for a fact on this day."""
    current = fact.on(day)
    old = menu.text(current.when_old, language) if day > current.expires_on else ""
    return old or value_words(menu, current, language)


def word_facts(menu: Menu, day: date, language: str, names: Iterable[str] | None = None) -> dict[str, str]:
    """Return what is shown for these facts of a menu on this day, by name; without names for all of them."""
    asked = menu.facts if names is None else names
    return {name: word_fact(menu, menu.facts[name], day, language) for name in asked}


def fill_facts(menu: Menu, day: date, language: str, names: Iterable[str] | None = None) -> dict[str, str]:
    """Return what each placeholder of these facts shows: the value, since when it holds, when it was checked."""
    shown = word_facts(menu, day, language, names)
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


def list_named_facts(menu: Menu, templates: Iterable[str]) -> tuple[str, ...]:
    """Return the facts that these texts name, each once, in their order."""
    names = (name.partition(":")[0] for words in templates for name in PLACEHOLDER.findall(words))
    return tuple(dict.fromkeys(name for name in names if name in menu.facts))


def list_naming_screens(menu: Menu, fact: str, language: str) -> tuple[str, ...]:
    """Return the screens whose words in this language name the fact, on whichever page."""
    return tuple(
        name
        for name, screen in menu.screens.items()
        if fact in (*screen.rests_on, *list_named_facts(menu, _list_words(menu, screen, language)))
    )


def _check_is_old(menu: Menu, language: str) -> str:
    return menu.text(menu.messages.get("checked_old", {}), language)


def _list_words(menu: Menu, screen: Screen, language: str) -> Iterator[str]:
    yield menu.text(screen.text, language)
    for variant in screen.variants:
        yield menu.text(variant.text, language)
    for choice in screen.choices:
        yield menu.text(choice.label, language)


# A planned time in the few words that fit a screen of hers: ``Wed 18-21``.

WEEK = timedelta(days=7)


def window_words(
    menu: Menu, due_at: datetime, due_until: datetime, language: str, zone: str, now: datetime
) -> str:
    """Return the day and hours of a window in her zone.

    A day of the month is added when the weekday alone could mean an earlier one. A window of whole hours that has
    begun is told by its hours, though it is planned from this minute on.
    """
    start, end = (instant.astimezone(ZoneInfo(zone)) for instant in (due_at, due_until))
    names = menu.pattern(language).days
    date = f"{start.day}/{start.month}"
    day = f"{names[start.weekday()]} {date}" if names and due_at - now >= WEEK else date
    if names and due_at - now < WEEK:
        day = names[start.weekday()]
    begun = due_at <= now and not end.minute
    return f"{day} {start.hour if begun else _format_hour(start)}-{_format_hour(end)}"


def opening_words(menu: Menu, opens: str, language: str, zone: str, now: datetime) -> str:
    """Return the day and the hour at which somebody is there next, or the menu's words for a day that nobody knows."""
    if not opens:
        return menu.text(menu.messages.get("opens_unknown", {}), language)
    at = datetime.fromisoformat(opens)
    local = at.astimezone(ZoneInfo(zone))
    names, date = menu.pattern(language).days, f"{local.day}/{local.month}"
    day = f"{names[local.weekday()]} {date}" if names and at - now >= WEEK else date
    return f"{names[local.weekday()] if names and at - now < WEEK else day} {local:%-H:%M}"


def list_openings(menu: Menu, language: str) -> tuple[str, ...]:
    """Return the words that an opening may need in a language, so that room can be kept for the widest."""
    days = menu.pattern(language).days or ("30/12",)
    unknown = menu.text(menu.messages.get("opens_unknown", {}), language)
    return (*(f"{day} 30/12 00:00" for day in days), unknown)


def until_words(due_until: datetime, zone: str) -> str:
    """Return the instant at which a promise dies, as her clock shows it."""
    return f"{due_until.astimezone(ZoneInfo(zone)):%H:%M}"


def longest_words(menu: Menu, language: str) -> str:
    """Return the longest words that a window of this menu can need in a language, within the coming week."""
    hours = max((*map(span_words, spans_in(menu)), "18-21"), key=len)
    return f"{max(menu.pattern(language).days or ('30/12',), key=count_units)} {hours}"


def _format_hour(instant: datetime) -> str:
    return f"{instant.hour}:{instant.minute:02d}" if instant.minute else str(instant.hour)
