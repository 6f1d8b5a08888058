"""The placeholders of a text: which value each gets, and how long it may become."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.foundation.display_values import DisplayValues
from gateway.menus.engine.keys import MOST_CODE_DIGITS
from gateway.menus.engine.model import LINE_PLACEHOLDERS, Menu
from gateway.menus.engine.session import Session
from gateway.menus.engine.text_breaks import PLACEHOLDER
from gateway.menus.engine.text_size import BASIC, GSM7, count_septets, count_units, find_coding
from gateway.menus.engine.visibility import find_language, find_time_questions, option_line
from gateway.menus.engine.window_hours import hours_by_name
from gateway.menus.engine.wording import fill_facts, list_openings, longest_words, opening_words, widen_facts

MAY_BE_EMPTY = frozenset({"price", "embassy"})
"""Settings that say nothing when they are empty; every other empty setting is told to be missing."""

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
    return PLACEHOLDER.sub(lambda found: values.get(found.group(1), ""), template)


def find_current_values(
    menu: Menu, session: Session, line: DisplayValues, now: datetime, facts: Iterable[str] | None = None
) -> dict[str, str]:
    """Return what holds at this instant: facts by the day of the line's zone in her language, settings, results.

    With ``facts`` only these are looked up, so that a page costs the same in a menu of any size.
    """
    day = now.astimezone(ZoneInfo(line.zone)).date()
    language = find_language(menu, session)
    told = fill_facts(menu, day, language, facts)
    opens = {"opens": opening_words(menu, session.opens, language, line.zone, now)}
    return {**told, **hours_by_name(menu), **opens, **_list_settings(line), **session.values}


def find_longest_values(
    menu: Menu, language: str, settings: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return what each placeholder may need in this language at the most, to be reserved when pages are cut.

    Args:
        menu: whose facts are asked.
        language: of the texts; the words of a window, of a date and of a fact that is old depend on it.
        settings: values of the line that are known already.
    """
    facts = {name: find_widest(shown) for name, shown in widen_facts(menu, language).items()}
    known = {name: value for name, value in (settings or {}).items() if value}
    results = {
        **LONGEST_BESIDE,
        "code": LONGEST_CODE,
        "when": longest_words(menu, language),
        "until": LONGEST_UNTIL,
        "opens": find_widest(list_openings(menu, language)),
    }
    asked = [choice for question in find_time_questions(menu) for choice in question.choices]
    times = {
        "times": "\n".join(option_line(menu, choice, language) for choice in asked),
        "time": max((choice.key for choice in asked), key=len, default=""),
    }
    return {**facts, **hours_by_name(menu), **LONGEST_SETTINGS, **known, **results, **times}


def find_widest(values: Iterable[str]) -> str:
    """Return a text that takes at least the room of each of the values, in whichever alphabet the page ends up.

    Where one of them needs the large alphabet so does the text, for that one turns the whole page.
    """
    known = list(values)
    large = [value for value in known if find_coding(value) != GSM7]
    text = max(known, key=count_units, default="")
    if large:
        odd = next(character for character in large[0] if find_coding(character) != GSM7)
        return text if find_coding(text) != GSM7 else odd + text[len(odd) :]
    room = max(map(count_septets, known), default=0)
    doubled = room - count_septets(text)
    return (
        "€" * doubled + text[doubled:]
        if all(character in BASIC for character in text)
        else text + "0" * doubled
    )


def _list_settings(line: DisplayValues) -> dict[str, str]:
    missing = {name: f"‹not set: {name}›" for name in LINE_PLACEHOLDERS - MAY_BE_EMPTY}
    return {**missing, **{name: value for name, value in line.values.items() if value}}
