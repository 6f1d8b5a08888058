"""What a fact says: the value of the day, a date in her words, and what stands in when nobody vouches for it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.events import USSD_LIMITS
from gateway.menus.engine.model import Fact, FactValue, Menu
from gateway.menus.engine.paging import cut_screen, write_page
from gateway.menus.engine.screens import Information
from gateway.menus.engine.session import Session
from gateway.menus.engine.text_size import GSM7, count_septets, count_units, find_coding, measure_text
from gateway.menus.engine.wording import (
    fill_facts,
    find_current_values,
    find_longest_values,
    format_fact,
    format_facts,
    format_value,
    list_all_wordings,
    widen_facts,
)
from tests.support.menu_builders import LANGUAGES, LINE, menu_of

EXPIRES = date(2027, 5, 24)
OLD = {"en": "ask us: the sum changed", "lo": "ຖາມພວກເຮົາ"}


def value(words="400", *, since=date(2025, 7, 1), expires=EXPIRES, **more) -> FactValue:
    return FactValue(
        value=words, valid_from=since, source="Gazette", checked_on=since, expires_on=expires, **more
    )


def menu(*values: FactValue) -> Menu:
    text = {"en": "Pay: {wage} baht.", "lo": "ຄ່າແຮງ {wage} ບາດ."}
    screens = (Information(id="start", text=text), Information(id="pay", text=text))
    return menu_of(*screens, facts={"wage": Fact(id="wage", values=values)})


def shown(of: Menu, day: date, language: str = "en") -> str:
    return format_fact(of, of.facts["wage"], day, language)


@pytest.mark.parametrize(
    ("day", "language", "words"),
    [
        (date(2020, 1, 1), "en", "400"),  # before the first value begins it is the first
        (date(2027, 5, 23), "en", "400"),
        (date(2027, 5, 24), "en", "400"),  # the last day on which somebody vouches for it
        (date(2027, 5, 25), "en", "ask us: the sum changed"),
        (date(2027, 5, 25), "lo", "ຖາມພວກເຮົາ"),
        (date(2027, 5, 25), "lo-Latn", "ask us: the sum changed"),  # by the fallback of the language
        (date(2027, 5, 25), "th", "ask us: the sum changed"),
        (date(2040, 1, 1), "lo", "ຖາມພວກເຮົາ"),
    ],
)
def test_after_its_last_day_other_words_stand_in(day, language, words):
    assert shown(menu(value(when_old=OLD)), day, language) == words


@pytest.mark.parametrize("when_old", [{}, {"lo": "ຖາມ"}, {"en": ""}])
def test_where_nothing_stands_in_the_value_stays(when_old):
    assert shown(menu(value(when_old=when_old)), date(2027, 5, 25)) == "400"


def test_a_new_value_ends_the_words_for_the_old_one():
    of = menu(value(when_old=OLD), value("420", since=date(2027, 6, 1), expires=date(2027, 12, 1)))
    assert [shown(of, date(2027, month, 1)) for month in (5, 6, 7)] == ["400", "420", "420"]
    assert shown(of, date(2027, 5, 31)) == "ask us: the sum changed"
    assert shown(of, date(2027, 12, 2)) == "420"


def test_a_value_that_was_replaced_in_time_is_never_old():
    of = menu(
        value(expires=date(2025, 8, 1), when_old=OLD), value("420", since=date(2025, 8, 1), when_old=OLD)
    )
    days = [date(2025, 7, 1) + timedelta(days=ahead) for ahead in range(40)]
    assert {shown(of, day) for day in days} == {"400", "420"}


def test_a_date_is_told_in_the_words_of_each_language():
    of = menu(value("2025-07-01", is_date=True))
    assert {language: shown(of, EXPIRES, language) for language in LANGUAGES} == {
        "en": "1 Jul 2025",
        "th": "1 ก.ค. 2568",
        "lo": "1/7/2025",
        "lo-Latn": "1/7/2025",
    }
    assert format_value(menu(), value("2025-07-01"), "th") == "2025-07-01"


@pytest.mark.parametrize(
    ("now", "script", "words"),
    [
        (datetime(2027, 5, 24, 16, 59, tzinfo=UTC), "lo", "400"),
        (datetime(2027, 5, 24, 17, 0, tzinfo=UTC), "lo", "ຖາມພວກເຮົາ"),  # midnight in Vientiane
        (datetime(2027, 5, 24, 17, 0, tzinfo=UTC), "en", "ask us: the sum changed"),
        (datetime(2027, 5, 24, 17, 0, tzinfo=UTC), "", "ask us: the sum changed"),
    ],
)
def test_it_is_the_day_of_the_line_and_the_language_of_her_texts(now, script, words):
    session = Session(screen="pay", script=script)
    assert find_current_values(menu(value(when_old=OLD)), session, LINE, now)["wage"] == words


def test_all_facts_of_a_day_at_once():
    of = menu(value(when_old=OLD))
    assert format_facts(of, EXPIRES, "lo") == {"wage": "400"}
    assert format_facts(of, EXPIRES + timedelta(days=1), "lo") == {"wage": "ຖາມພວກເຮົາ"}


def test_only_those_that_are_asked_for():
    of = menu(value())
    assert format_facts(of, EXPIRES, "en", []) == {}
    assert format_facts(of, EXPIRES, "en", ["wage"]) == {"wage": "400"}


WORDS = st.text("0123456789.,ຖາມ?aé", max_size=9)
VALUES = st.lists(
    st.builds(
        value,
        WORDS,
        since=st.dates(date(2025, 1, 1), date(2026, 12, 31)),
        expires=st.dates(date(2025, 1, 1), date(2027, 12, 31)),
        when_old=st.dictionaries(st.sampled_from([*LANGUAGES]), WORDS, max_size=3),
    )
    | st.builds(
        value,
        st.dates(date(1990, 1, 1), date(2030, 1, 1)).map(str),
        is_date=st.just(True),
    ),
    min_size=1,
    max_size=4,
).map(lambda found: sorted(found, key=lambda each: each.valid_from))
DAYS = st.dates(date(2024, 1, 1), date(2029, 1, 1))


@given(VALUES, DAYS, st.sampled_from([*LANGUAGES]))
def test_nothing_is_ever_told_for_which_no_room_was_kept(values, day, language):
    of = menu(*values)
    words, room = shown(of, day, language), find_longest_values(of, language)["wage"]
    assert words in set(list_all_wordings(of, of.facts["wage"], language))
    assert count_units(words) <= count_units(room)
    assert find_coding(room) != GSM7 or count_septets(words) <= count_septets(room)


@given(VALUES, DAYS, st.sampled_from([*LANGUAGES]))
def test_a_page_that_was_cut_once_holds_whatever_is_told_on_any_day(values, day, language):
    of = menu(*values)
    (page,) = cut_screen(of, of.screens["pay"], -1, language, USSD_LIMITS, find_longest_values(of, language))
    size = measure_text(write_page(page, format_facts(of, day, language)))
    assert size.units <= (USSD_LIMITS.gsm7 if size.coding == GSM7 else USSD_LIMITS.ucs2)


DAYS = {"en": "1 Jul 2025", "lo": "1/7/2025", "lo-Latn": "1/7/2025", "th": "1 ก.ค. 2568"}
NEXT = {"en": "1 Jan 2027", "lo": "1/1/2027", "lo-Latn": "1/1/2027", "th": "1 ม.ค. 2570"}


@pytest.mark.fault("D2")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", ["since", "checked"])
def test_a_fact_tells_its_own_days_and_they_change_with_the_value(language, part):
    of = menu(value(), value("420", since=date(2027, 1, 1)))
    for day, days in ((date(2026, 12, 31), DAYS), (date(2027, 1, 1), NEXT)):
        assert fill_facts(of, day, language)[f"wage:{part}"] == days[language]


@pytest.mark.fault("D2")
def test_a_check_that_is_too_long_ago_is_told_in_the_words_of_the_menu_if_it_has_any():
    of = menu(value())
    after = EXPIRES + timedelta(days=1)
    assert fill_facts(of, after, "en")["wage:checked"] == "1 Jul 2025"
    said = replace(of, messages={**of.messages, "checked_old": {"en": "long ago", "lo": "ດົນແລ້ວ"}})
    assert fill_facts(said, EXPIRES, "en")["wage:checked"] == "1 Jul 2025"
    shown_after = {tag: fill_facts(said, after, tag)["wage:checked"] for tag in LANGUAGES}
    assert shown_after["en"] == "long ago"
    assert shown_after["lo"] == "ດົນແລ້ວ"
    assert fill_facts(said, after, "en")["wage:since"] == "1 Jul 2025"


@given(
    days=st.lists(st.dates(date(2020, 1, 1), date(2040, 1, 1)), min_size=1, max_size=4, unique=True),
    day=st.dates(date(2019, 1, 1), date(2041, 1, 1)),
    language=st.sampled_from(sorted(LANGUAGES)),
    words=st.sampled_from(["", "long ago: ask us", "ດົນແລ້ວ"]),
)
def test_room_was_kept_for_every_day_that_a_fact_tells(days, day, language, words):
    of = menu(*(value(since=each) for each in sorted(days)))
    of = replace(of, messages={**of.messages, "checked_old": {"en": words} if words else {}})
    kept = widen_facts(of, language)
    for name, told_now in fill_facts(of, day, language).items():
        assert told_now in kept[name]
        assert count_units(told_now) <= count_units(find_longest_values(of, language)[name])
