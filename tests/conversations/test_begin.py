"""What a session begins with: what she let us remember, what her number says, and what can be promised at that hour."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gateway.conversations import remembered_moves
from gateway.domain.callbacks.windows import DAYS, Hours
from gateway.foundation.services import Services
from gateway.menus.engine.session import Known
from gateway.storage import callers
from tests.support.clocks import SetClock
from tests.support.house import HER, Phone, requests
from tests.support.outage_rig import sql_away

OFFICE = Hours.parse({day: ["08:00-12:00", "13:00-17:00"] for day in DAYS[:5]} | {"sat": ["08:00-12:00"]})
EARLY = Hours.parse({day: ["05:00-07:30"] for day in DAYS})
SUNDAYS = Hours.parse({"sun": ["08:00-18:00"]})
NIGHT = Hours.parse({day: ["21:00-24:00", "00:00-05:00"] for day in DAYS})


def known(parts: Services, number: str = HER, **fields: bool) -> Known:
    menu = parts.versions.live("helpline")[1]
    return remembered_moves.find_known(parts, menu, number, now=parts.clock.now(), trial=True, **fields)


def test_of_a_stranger_only_the_number_is_known(light: Services) -> None:
    found = known(light)
    assert (found.language, found.script, found.region, found.lost) == ("", "", "LA", False)
    assert known(light, lost=True) == replace(found, lost=True)


@pytest.mark.parametrize(
    ("number", "region"),
    [(HER, "LA"), ("+66800000123", "TH"), ("+254700001234", "KE"), ("", ""), ("nobody", ""), ("+999", "")],
)
def test_the_country_is_that_of_the_number(light: Services, number: str, region: str) -> None:
    assert known(light, number).region == region


@pytest.mark.parametrize(
    ("keys", "language", "script"),
    [
        ("1 1 7 2 1 3 1", "lo", "lo"),
        ("1 2 7 2 1 3 1", "lo", "lo-Latn"),
        ("3 1 7 2 1 3 1", "th", "th"),
        ("3 2 7 2 1 3 1", "th", "en"),
        ("4 7 2 1 3 1", "en", "en"),
        ("1 1 7 2 2 3 1", "", ""),  # others see that phone
        ("1 1 7 2 3 1 1", "", ""),  # it is not even hers
        ("1 1 7 2 1 6", "", ""),  # she did not agree to anything
    ],
)
def test_language_and_letters_are_remembered_where_nobody_else_sees_the_phone(
    phone: Phone, keys: str, language: str, script: str
) -> None:
    phone.dial(keys)
    found = known(phone.parts)
    assert (found.language, found.script) == (language, script)
    told = phone.dial()
    assert told.screen == ("main" if language else "language")


def test_a_shared_phone_forgets_what_an_own_one_let_us_remember(phone: Phone) -> None:
    phone.dial("4 7 2 1 3 1")
    phone.dial("7 2 2 3 1")
    assert known(phone.parts).language == ""
    assert phone.dial().screen == "language"


def test_without_sql_nothing_is_known_and_she_is_answered_all_the_same(phone: Phone) -> None:
    phone.dial("1 1 7 2 1 3 1")
    with sql_away(phone.parts.store):
        found = known(phone.parts)
        assert (found.language, found.script, found.region) == ("", "", "LA")
        assert found.offers
        assert phone.dial().screen == "language"
    assert known(phone.parts).language == "lo"
    assert phone.dial().screen == "main"


def test_a_stopped_caller_keeps_her_language(phone: Phone) -> None:
    phone.dial("4 7 2 1 3 1")
    with phone.parts.store.write() as tx:
        caller = callers.find_caller(tx, HER)
        assert caller is not None
        callers.set_stopped(tx, caller.id, stopped_at=phone.parts.clock.now(), now=phone.parts.clock.now())
    assert known(phone.parts).language == "en"


MONDAY = datetime.fromisoformat("2026-11-23T00:00:00+07:00")
WHEN = {"1": "morning", "2": "noon", "3": "evening", "4": "sunday", "5": "now"}


@pytest.mark.parametrize(
    ("hours", "day", "clock_time", "offers"),
    [
        (OFFICE, 0, "09:00", {"morning", "now"}),
        (OFFICE, 0, "12:30", {"morning"}),  # nobody is there at noon
        (OFFICE, 0, "17:00", {"morning"}),
        (OFFICE, 5, "11:50", {"morning", "now"}),
        (OFFICE, 5, "11:51", {"morning"}),  # too little is left for whoever takes it to ring
        (OFFICE, 6, "10:00", {"morning"}),
        (EARLY, 2, "05:10", {"morning", "now"}),
        (EARLY, 2, "07:30", {"morning"}),
        (SUNDAYS, 2, "10:00", {"morning", "noon", "sunday"}),
        (SUNDAYS, 6, "10:00", {"morning", "noon", "sunday", "now"}),
        (NIGHT, 3, "23:30", {"now"}),  # awake when nobody may ring
        (NIGHT, 3, "12:00", set()),
        (Hours(), 3, "12:00", set()),
    ],
)
def test_only_what_can_be_promised_is_offered_at_each_hour_of_the_week(
    light: Services, clock: SetClock, hours: Hours, day: int, clock_time: str, offers: set[str]
) -> None:
    hour, minute = map(int, clock_time.split(":"))
    clock.set(MONDAY + timedelta(days=day, hours=hour, minutes=minute))
    at_work = replace(light, line=replace(light.line, hours=hours))
    assert set(known(at_work).offers) == offers
    with sql_away(light.store):
        assert set(known(at_work).offers) == offers


@pytest.mark.parametrize("hour", [6, 10, 12, 16, 20])
@pytest.mark.parametrize("day", [0, 5, 6])
def test_the_page_shows_the_offers_of_the_dial_and_takes_no_other(
    light: Services, clock: SetClock, day: int, hour: int
) -> None:
    clock.set(MONDAY + timedelta(days=day, hours=hour, minutes=30))
    at_work = replace(light, line=replace(light.line, hours=OFFICE))
    offers = known(at_work).offers
    for key, name in WHEN.items():
        phone = Phone(at_work, number=f"+856205557{day}{hour:02}{key}")
        page = phone.dial("4 7 2 2")
        shown = {line.split(" ", 1)[0] for line in (page.text + "\n" + phone.press("98").text).splitlines()}
        phone.dial("4 7 2 2")
        assert (key in shown) == (name in offers), (page.text, offers)
        assert phone.press(key).screen == ("consent" if name in offers else "when")


@pytest.mark.parametrize("later", [2, 11])  # too little is left of duty; it is over
def test_what_was_offered_holds_until_the_session_ends(light: Services, clock: SetClock, later: int) -> None:
    """Keys mean what they meant at the dial, even where duty ends meanwhile; the promise is made anew at the save."""
    at_work = replace(light, line=replace(light.line, hours=OFFICE))
    clock.set(MONDAY + timedelta(hours=16, minutes=50))
    phone = Phone(at_work)
    phone.dial("4 7 2 2")
    clock.forward(minutes=later)
    assert "now" not in known(at_work).offers
    assert phone.press("5").screen == "consent"
    asked = phone.press("1")
    # Now is over: she is asked again, and nothing is promised that nobody can keep.
    assert asked.screen == "when"
    assert not asked.ends
    assert requests(at_work) == []
    assert phone.press("1").screen == "consent"
    assert phone.press("1").screen == "code"
    assert [one.state for one in requests(at_work)] == ["waiting"]
