"""Fill the placeholders of a text, and estimate how long each value can become."""

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
    return PLACEHOLDER.sub(lambda found: values.get(found.group(1), ""), template)


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
    opens = {"opens": opening_words(menu, session.opens, language, line.zone, now)}
    return {**fact_values, **hours_by_name(menu), **opens, **_list_settings(line), **session.values}


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


def _list_settings(line: DisplayValues) -> dict[str, str]:
    missing = {name: f"‹not set: {name}›" for name in LINE_PLACEHOLDERS - MAY_BE_EMPTY}
    return {**missing, **{name: value for name, value in line.values.items() if value}}
