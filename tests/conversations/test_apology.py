"""The last words: in her language, with numbers that hold today, and there even where the menu is broken."""

import logging
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.conversations import ussd, ussd_session
from gateway.domain.events import Inbound, Kind
from gateway.foundation.services import Services
from gateway.menus.engine.model import Fact, FactValue, Menu
from gateway.menus.engine.serialization import load_menu
from tests.support.house import HER, LINE, Phone, sample

DAY = date(2026, 11, 24)
VALUES = LINE.for_engine().values
SORRY = {"en": "Sorry", "lo": "ຂໍໂທດ", "lo-Latn": "Kho thot", "th": "ขอโทษ"}


@pytest.fixture(scope="module")
def menu() -> Menu:
    return load_menu(sample())


@pytest.mark.parametrize("language", SORRY)
def test_in_each_language_with_every_number_filled(menu: Menu, language: str) -> None:
    words = ussd_session.find_apology(menu, language, VALUES, DAY)
    assert words.startswith(SORRY[language])
    for number in (LINE.helpline, "191", "1669"):
        assert number in words
    assert "{" not in words


NAMED = {
    "en": ("Thailand", "Laos"),
    "lo": ("ໄທ", "ລາວ"),
    "lo-Latn": ("Thai", "Lao"),
    "th": ("ไทย", "ลาว"),
}
"""Each country as each language names it."""


@pytest.mark.fault("W3")
@pytest.mark.parametrize("language", SORRY)
@pytest.mark.parametrize("region", ["LA", "TH", "KE", ""])
def test_each_number_stands_beside_its_country_and_hers_comes_first(
    menu: Menu, language: str, region: str
) -> None:
    words = ussd_session.find_apology(menu, language, {**VALUES, "helpline": ""}, DAY, region=region)
    thailand, laos = NAMED[language]
    found = re.findall(rf"({thailand}|{laos})\D*?((?:\d+, )*\d+)", words)
    both = {thailand: ("191", "1669"), laos: ("1191",)}
    assert {country: tuple(numbers.split(", ")) for country, numbers in found} == both
    assert (found[0][0] == laos) == (region == "LA")


@pytest.mark.fault("W3")
@pytest.mark.parametrize(
    ("number", "first"), [(HER, "1191"), ("+66800000123", "191"), ("+254700001234", "191")]
)
def test_the_apology_for_a_fault_begins_with_the_country_of_her_number(
    light: Services, number: str, first: str
) -> None:
    phone = Phone(light, number=number)
    phone.dial("4")
    halved = replace(phone.parts, versions=Half(phone.parts.versions))  # type: ignore[arg-type]
    told = ussd.answer_turn(halved, phone.inbound(f"{phone.text}*7"))
    numbers = re.findall(r"(?<![\d+])\d{3,4}(?!\d)", told.text)
    assert numbers[0] == first
    assert {"191", "1669", "1191"} <= set(numbers)


@pytest.mark.parametrize("language", ["", "km", "xx", "lo-Thai", "\0"])
def test_in_english_where_the_language_is_not_known(menu: Menu, language: str) -> None:
    assert ussd_session.find_apology(menu, language, VALUES, DAY) == ussd_session.find_apology(
        menu, "en", VALUES, DAY
    )


@pytest.mark.fault("H4")
def test_without_a_menu_no_number_of_any_country_is_named_but_our_own() -> None:
    words = ussd_session.find_apology(None, "lo", VALUES, DAY)
    assert words.startswith("Sorry")
    assert not re.search(r"\d", words.replace(VALUES["helpline"], ""))
    assert VALUES["helpline"] in words
    assert not re.search(r"\d", ussd_session.find_apology(None, "km", {}, DAY))


def fact(*values: tuple[str, date]) -> Fact:
    return Fact(
        id="th.phone.police",
        values=tuple(
            FactValue(value=value, valid_from=day, source="a test", checked_on=DAY, expires_on=DAY)
            for value, day in values
        ),
    )


@pytest.mark.parametrize(
    ("day", "number"),
    [
        (date(2018, 1, 1), "191"),
        (DAY, "191"),
        (date(2026, 12, 31), "191"),
        (date(2027, 1, 1), "112"),
        (date(2030, 1, 1), "112"),
    ],
)
def test_a_number_that_changes_on_a_day_changes_here_on_that_day(menu: Menu, day: date, number: str) -> None:
    police = fact(("191", date(2019, 1, 1)), ("112", date(2027, 1, 1)))
    dated = replace(menu, facts={**menu.facts, "th.phone.police": police})
    words = ussd_session.find_apology(dated, "en", VALUES, day)
    assert f": {number}," in words


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Asia/Vientiane", date(2027, 1, 1)),
        ("Europe/London", date(2026, 12, 31)),
        *((broken, date(2026, 12, 31)) for broken in ("No/Where", "", "Asia", "../etc", "\0")),
    ],
)
def test_the_day_is_that_of_the_line_and_one_there_always_is(zone: str, day: date) -> None:
    assert ussd_session.find_day(datetime(2026, 12, 31, 17, 30, tzinfo=UTC), zone) == day


BROKEN: dict[str, dict[str, Any]] = {
    "no messages": {"messages": {}},
    "no such message": {"messages": {"back": {"en": "Back"}}},
    "a message without a language": {"messages": {"down": {}}},
    "a message without words": {"messages": {"down": {"en": "", "lo": ""}}},
    "messages that are none": {"messages": None},
    "a fact without values": {"facts": {"th.phone.police": Fact(id="th.phone.police", values=())}},
    "no facts": {"facts": {}},
    "facts that are none": {"facts": None},
    "no fallback": {"fallback": None, "messages": {"down": {"fr": "Pardon"}}},
    "a placeholder of nothing": {"messages": {"down": {"en": "Call {nobody}.", "lo": "{nobody}"}}},
}


@pytest.mark.parametrize("harm", BROKEN.values(), ids=BROKEN)
def test_a_broken_menu_leaves_plain_english(menu: Menu, harm: dict[str, Any]) -> None:
    words = ussd_session.find_apology(replace(menu, **harm), "lo", VALUES, DAY)
    assert words == ussd_session.find_apology(None, "", VALUES, DAY)


@given(
    down=st.dictionaries(st.sampled_from(["en", "lo", "th"]), st.text(max_size=40)),
    language=st.text(max_size=6),
    values=st.dictionaries(st.sampled_from(["helpline", "mrc"]), st.text(max_size=12)),
    day=st.dates(),
)
def test_whatever_the_menu_says_there_are_words(
    menu: Menu, down: dict[str, str], language: str, values: dict[str, str], day: date
) -> None:
    broken = replace(menu, messages={"down": down})
    assert ussd_session.find_apology(broken, language, values, day)


@pytest.mark.parametrize("script", SORRY)
def test_a_fault_in_a_hop_is_told_in_the_language_she_chose(light: Services, script: str) -> None:
    phone = Phone(light)
    phone.dial({"lo": "1 1", "lo-Latn": "2", "th": "3 1", "en": "4"}[script])
    broken = replace(phone.parts, channels={**phone.parts.channels}, count=None)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        ussd.answer_turn(
            broken, phone.inbound(f"{phone.text}*7")
        )  # what cannot even be counted is a fault of the test
    halved = replace(phone.parts, versions=Half(phone.parts.versions))  # type: ignore[arg-type]
    told = ussd.answer_turn(halved, phone.inbound(f"{phone.text}*7"))
    assert told.ends
    assert told.text.startswith(SORRY[script])


class Half:
    """The versions of a process in which one menu is damaged in memory."""

    def __init__(self, real: Any) -> None:
        self.live = real.live

    def get(self, _version: str) -> Menu:
        raise RuntimeError(f"{HER} pressed 7")


def test_the_log_says_where_and_never_what(light: Services, caplog: pytest.LogCaptureFixture) -> None:
    phone = Phone(light)
    phone.dial("4")
    with caplog.at_level(logging.DEBUG):
        ussd.answer_turn(
            replace(phone.parts, versions=Half(phone.parts.versions)),  # type: ignore[arg-type]
            phone.inbound(f"{phone.text}*7"),
        )
    (record,) = [one for one in caplog.records if one.levelname == "ERROR"]
    said = record.getMessage()
    assert "turn failed event=" in said
    assert "kind=RuntimeError" in said
    assert "ussd.py:" in said
    assert record.exc_info is None
    for secret in (HER, HER[4:], "pressed", phone.session):
        assert secret not in caplog.text


def test_a_fault_inside_a_fault_names_both_and_still_answers(
    light: Services, caplog: pytest.LogCaptureFixture
) -> None:
    inbound = Inbound(channel="nobody", kind=Kind.USSD, number=HER, session="s", text="", first=True)
    told = ussd.answer_turn(light, inbound)
    assert told.ends
    assert told.text == ussd_session.find_apology(None, "", VALUES, DAY)
    assert "turn failed" in caplog.text
    assert "apology failed" in caplog.text
    assert HER not in caplog.text


def raised(depth: int, error: Exception) -> BaseException:
    def go(left: int) -> None:
        if left:
            go(left - 1)
        raise error

    try:
        go(depth)
    except type(error) as found:
        return found
    raise AssertionError


@given(secret=st.text(min_size=12, max_size=40), depth=st.integers(0, 30))
def test_no_words_of_an_exception_are_written(secret: str, depth: int) -> None:
    logger, lines = logging.getLogger("gateway.conversations.ussd_session"), []
    tap = logging.Handler()
    tap.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(tap)
    try:
        ussd_session.log_fault(raised(depth, ValueError(f"<{secret}>")), "event", "turn")
    finally:
        logger.removeHandler(tap)
    (line,) = lines
    assert f"<{secret}>" not in line
    assert line.count(" < ") <= 5
    assert line.startswith("turn failed event=event kind=ValueError at=test_apology.py:")


def test_an_exception_without_a_traceback_is_written_too(caplog: pytest.LogCaptureFixture) -> None:
    ussd_session.log_fault(KeyError(HER), "event", "text")
    assert "text failed event=event kind=KeyError at=" in caplog.text
    assert HER not in caplog.text
