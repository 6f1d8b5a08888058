"""Word facts and times for a screen: the value of a fact on a day, its dates, and windows as ``Wed 18-21``.

An expired fact is worded by ``when_old`` of the menu, so that a caller is not shown a figure that is no longer
checked.
"""

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
    """Return fact id → what is shown on this day, for these facts or for all."""
    asked = menu.facts if names is None else names
    return {name: word_fact(menu, menu.facts[name], day, language) for name in asked}


def fill_facts(menu: Menu, day: date, language: str, names: Iterable[str] | None = None) -> dict[str, str]:
    """Return placeholder → text for the value, ``:since`` and ``:checked`` of these facts."""
    shown = word_facts(menu, day, language, names)
    for name in list(shown):
        fact = menu.facts[name]
        shown[f"{name}:since"] = date_words(fact.on(day).valid_from.isoformat(), menu.pattern(language))
        shown[f"{name}:checked"] = tell_check(menu, fact, day, language)
    return shown


def tell_check(menu: Menu, fact: Fact, day: date, language: str) -> str:
    """Return when this day's value was last checked, or the menu's text for an expired check."""
    current = fact.on(day)
    old = _check_is_old(menu, language) if day > current.expires_on else ""
    return old or date_words(current.checked_on.isoformat(), menu.pattern(language))


def widen_facts(menu: Menu, language: str) -> dict[str, tuple[str, ...]]:
    """Return placeholder → every text that a fact may show in this language, to reserve room for the longest."""
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
    """Yield every text that a fact may show on any day."""
    for each in fact.values:
        yield value_words(menu, each, language)
        yield menu.text(each.when_old, language)


def value_words(menu: Menu, value: FactValue, language: str) -> str:
    """Return a value as text; only dates differ by language."""
    return date_words(value.value, menu.pattern(language)) if value.is_date else value.value


def list_named_facts(menu: Menu, templates: Iterable[str]) -> tuple[str, ...]:
    """Return the facts named by these texts, each once, in order of appearance."""
    names = (name.partition(":")[0] for words in templates for name in PLACEHOLDER.findall(words))
    return tuple(dict.fromkeys(name for name in names if name in menu.facts))


def list_naming_screens(menu: Menu, fact: str, language: str) -> tuple[str, ...]:
    """Return the screens that name or depend on the fact in this language, on any page."""
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


# Times, short enough for a USSD page.

WEEK = timedelta(days=7)


def window_words(
    menu: Menu, due_at: datetime, due_until: datetime, language: str, zone: str, now: datetime
) -> str:
    """Return day and hours of a window in the given time zone.

    A week or more ahead the date is added to the weekday. A window of whole hours that has begun keeps its full hour
    as the start, although the request is planned from the present minute on.
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
    """Return day and time when duty begins next, or the menu's text for an unknown time."""
    if not opens:
        return menu.text(menu.messages.get("opens_unknown", {}), language)
    at = datetime.fromisoformat(opens)
    local = at.astimezone(ZoneInfo(zone))
    names, date = menu.pattern(language).days, f"{local.day}/{local.month}"
    day = f"{names[local.weekday()]} {date}" if names and at - now >= WEEK else date
    return f"{names[local.weekday()] if names and at - now < WEEK else day} {local:%-H:%M}"


def list_openings(menu: Menu, language: str) -> tuple[str, ...]:
    """Return the texts that an opening may need in a language, to reserve room for the longest."""
    days = menu.pattern(language).days or ("30/12",)
    unknown = menu.text(menu.messages.get("opens_unknown", {}), language)
    return (*(f"{day} 30/12 00:00" for day in days), unknown)


def until_words(due_until: datetime, zone: str) -> str:
    """Return the time of day until which *now* is promised, in the given time zone."""
    return f"{due_until.astimezone(ZoneInfo(zone)):%H:%M}"


def longest_words(menu: Menu, language: str) -> str:
    """Return the longest text that a window of this menu needs in a language within the coming week."""
    hours = max((*map(span_words, spans_in(menu)), "18-21"), key=len)
    return f"{max(menu.pattern(language).days or ('30/12',), key=count_units)} {hours}"


def _format_hour(instant: datetime) -> str:
    return f"{instant.hour}:{instant.minute:02d}" if instant.minute else str(instant.hour)
