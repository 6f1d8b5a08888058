"""Fill placeholders and word facts and times: the value of a fact on a day, dates, windows as ``Wed 18-21``.

An expired fact is worded by ``when_old`` of the menu, so that a caller is not shown a figure that is no longer
checked.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.foundation.display_values import DisplayValues
from gateway.menus.engine.dates import format_date
from gateway.menus.engine.model import LINE_PLACEHOLDERS, Fact, FactValue, Menu, Screen
from gateway.menus.engine.navigation import MOST_CODE_DIGITS
from gateway.menus.engine.session import Session
from gateway.menus.engine.text_breaks import PLACEHOLDER
from gateway.menus.engine.text_size import BASIC, ESCAPE, GSM7, count_septets, count_units, find_coding
from gateway.menus.engine.visibility import (
    find_language,
    find_time_questions,
    format_option,
    format_span,
    list_hours,
    list_spans,
)


def format_fact(menu: Menu, fact: Fact, day: date, language: str) -> str:
    """Return what is shown for a fact on this day."""
    current = fact.on(day)
    old = menu.text(current.when_old, language) if day > current.expires_on else ""
    return old or format_value(menu, current, language)


def format_facts(menu: Menu, day: date, language: str, names: Iterable[str] | None = None) -> dict[str, str]:
    """Return fact id → what is shown on this day, for these facts or for all."""
    wanted = menu.facts if names is None else names
    return {name: format_fact(menu, menu.facts[name], day, language) for name in wanted}


def fill_facts(menu: Menu, day: date, language: str, names: Iterable[str] | None = None) -> dict[str, str]:
    """Return placeholder → text for the value, ``:since`` and ``:checked`` of these facts."""
    return (
        _fill_named(menu, day, language, names) if names is not None else dict(_fill_all(menu, day, language))
    )


_ALL: dict[tuple[int, date, str], tuple[Menu, Mapping[str, str]]] = {}
_KEPT = 16
"""Days and languages of menus for which all facts are kept; each text of a caller asks for all of them."""


def _fill_all(menu: Menu, day: date, language: str) -> Mapping[str, str]:
    key = id(menu), day, language
    known = _ALL.get(key)
    if known is None or known[0] is not menu:
        known = menu, _fill_named(menu, day, language, None)
        while len(_ALL) >= _KEPT:
            _ALL.pop(next(iter(_ALL)), None)
        _ALL[key] = known
    return known[1]


def _fill_named(menu: Menu, day: date, language: str, names: Iterable[str] | None) -> dict[str, str]:
    shown = format_facts(menu, day, language, names)
    for name in list(shown):
        fact = menu.facts[name]
        shown[f"{name}:since"] = format_date(fact.on(day).valid_from.isoformat(), menu.pattern(language))
        shown[f"{name}:checked"] = tell_check(menu, fact, day, language)
    return shown


def tell_check(menu: Menu, fact: Fact, day: date, language: str) -> str:
    """Return when this day's value was last checked, or the menu's text for an expired check."""
    current = fact.on(day)
    old = _check_is_old(menu, language) if day > current.expires_on else ""
    return old or format_date(current.checked_on.isoformat(), menu.pattern(language))


def widen_facts(menu: Menu, language: str) -> dict[str, tuple[str, ...]]:
    """Return placeholder → every text that a fact may show in this language, to reserve room for the longest."""
    found: dict[str, tuple[str, ...]] = {}
    for name, fact in menu.facts.items():
        found[name] = tuple(list_all_wordings(menu, fact, language))
        found[f"{name}:since"] = tuple(
            format_date(each.valid_from.isoformat(), menu.pattern(language)) for each in fact.values
        )
        checked = (format_date(each.checked_on.isoformat(), menu.pattern(language)) for each in fact.values)
        found[f"{name}:checked"] = (*checked, _check_is_old(menu, language))
    return found


def list_all_wordings(menu: Menu, fact: Fact, language: str) -> Iterator[str]:
    """Yield every text that a fact may show on any day."""
    for each in fact.values:
        yield format_value(menu, each, language)
        yield menu.text(each.when_old, language)


def format_value(menu: Menu, value: FactValue, language: str) -> str:
    """Return a value as text; only dates differ by language."""
    return format_date(value.value, menu.pattern(language)) if value.is_date else value.value


def list_named_facts(menu: Menu, templates: Iterable[str]) -> tuple[str, ...]:
    """Return the facts named by these texts, each once, in order of appearance."""
    names = (name.partition(":")[0] for words in templates for name in PLACEHOLDER.findall(words))
    return tuple(dict.fromkeys(name for name in names if name in menu.facts))


def list_naming_screens(menu: Menu, fact: str, language: str) -> tuple[str, ...]:
    """Return the screens that name or depend on the fact in this language, on any page."""
    return tuple(find_screens_by_fact(menu, language).get(fact, ()))


def find_screens_by_fact(menu: Menu, language: str) -> dict[str, list[str]]:
    """Return fact → the screens that name or depend on it in this language; one reading of the menu for all facts."""
    found: dict[str, list[str]] = {}
    for name, screen in menu.screens.items():
        named = (*screen.rests_on, *list_named_facts(menu, _list_words(menu, screen, language)))
        for fact in dict.fromkeys(named):
            found.setdefault(fact, []).append(name)
    return found


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


def format_window(
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


def format_opening(menu: Menu, opens: str, language: str, zone: str, now: datetime) -> str:
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


def format_deadline(due_until: datetime, zone: str) -> str:
    """Return the time of day until which *now* is promised, in the given time zone."""
    return f"{due_until.astimezone(ZoneInfo(zone)):%H:%M}"


def find_longest_words(menu: Menu, language: str) -> str:
    """Return the longest text that a window of this menu needs in a language within the coming week."""
    hours = max((*map(format_span, list_spans(menu)), "18-21"), key=len)
    return f"{max(menu.pattern(language).days or ('30/12',), key=count_units)} {hours}"


def _format_hour(instant: datetime) -> str:
    return f"{instant.hour}:{instant.minute:02d}" if instant.minute else str(instant.hour)


# Fill the placeholders of a text, and estimate how long each value can become.

MAY_BE_EMPTY = frozenset({"price", "embassy"})
"""Settings that show nothing when empty; any other empty setting shows ``‹not set: name›``."""

LONGEST_SETTINGS = {
    "helpline": "00000000000",
    "mrc": "00000000000",
    "embassy": "",
    "price": "",
    "days": "000",
}
LONGEST_BESIDE = {"number": "+000000000000000", "mark": "00", "choices": "1 00 / 1 00 / 1 00"}
LONGEST_CODE = "0" * MOST_CODE_DIGITS
LONGEST_UNTIL = "00:00"


def fill_template(template: str, values: Mapping[str, str]) -> str:
    """Replace every placeholder by its value; one without a value becomes empty."""
    if "{" not in template:
        return template
    return PLACEHOLDER.sub(lambda found: values.get(found.group(1), ""), template)


def fill_lines(lines: str, values: Mapping[str, str]) -> str:
    """Fill the lines of a page; U+001B, which a phone takes for half a character, is left out."""
    return fill_template(lines, values).replace(ESCAPE, "")


def find_current_values(
    menu: Menu, session: Session, line: DisplayValues, now: datetime, facts: Iterable[str] | None = None
) -> dict[str, str]:
    """Return placeholder → value at this instant: facts in the session's language, window hours, settings, results.

    The day is taken in the helpline's time zone. With ``facts`` only these facts are looked up, so that a page costs
    the same in a menu of any size.
    """
    day = now.astimezone(ZoneInfo(line.zone)).date()
    language = find_language(menu, session)
    fact_values = fill_facts(menu, day, language, facts)
    opens = {"opens": format_opening(menu, session.opens, language, line.zone, now)}
    return {**fact_values, **list_hours(menu), **opens, **_list_settings(line), **session.values}


def find_span(session: Session, zone: str, now: datetime) -> tuple[datetime, datetime]:
    """Return from when and until before when ``find_current_values`` gives the same values as now.

    They change with the day in the helpline's time zone, and when the next opening comes within a week.
    """
    tomorrow = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    until = datetime.combine(tomorrow, time(), ZoneInfo(zone)).astimezone(UTC)
    if session.opens:
        near = datetime.fromisoformat(session.opens) - WEEK
        # At the very instant a week ahead the date is still shown.
        until = min(until, near + timedelta(microseconds=1)) if now <= near else until
    return now, until


def find_longest_values(
    menu: Menu, language: str, settings: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return placeholder → longest possible value in this language, for which the page cutter reserves room.

    Args:
        menu: its facts, windows and time questions.
        language: tag of the texts; windows, dates and expired facts are worded by language.
        settings: values of the helpline that are known already.
    """
    facts = {name: find_widest(shown) for name, shown in widen_facts(menu, language).items()}
    known = {name: value for name, value in (settings or {}).items() if value}
    results = {
        **LONGEST_BESIDE,
        "code": LONGEST_CODE,
        "when": find_longest_words(menu, language),
        "until": LONGEST_UNTIL,
        "opens": find_widest(list_openings(menu, language)),
    }
    time_choices = [choice for question in find_time_questions(menu) for choice in question.choices]
    times = {
        "times": "\n".join(format_option(menu, choice, language) for choice in time_choices),
        "time": max((choice.key for choice in time_choices), key=len, default=""),
    }
    return {**facts, **list_hours(menu), **LONGEST_SETTINGS, **known, **results, **times}


def find_widest(values: Iterable[str]) -> str:
    """Return a text that takes at least the room of each of the values, in GSM-7 as well as in UCS-2.

    Where one of them needs UCS-2 so does the text, because a single such character changes the coding of the whole
    page (3GPP TS 23.038).
    """
    known = list(values)
    large = [value for value in known if find_coding(value) != GSM7]
    text = max(known, key=count_units, default="")
    if large:
        odd = next(character for character in large[0] if find_coding(character) != GSM7)
        return text if find_coding(text) != GSM7 else odd + text[len(odd) :]
    room = max(map(count_septets, known), default=0)
    missing_septets = room - count_septets(text)
    return (
        "€" * missing_septets + text[missing_septets:]
        if all(character in BASIC for character in text)
        else text + "0" * missing_septets
    )


_NOT_SET = {name: f"‹not set: {name}›" for name in LINE_PLACEHOLDERS - MAY_BE_EMPTY}


def _list_settings(line: DisplayValues) -> dict[str, str]:
    return {**_NOT_SET, **{name: value for name, value in line.values.items() if value}}
