"""Who read a fact: counted page by page without anybody's number, told by day and value, with the open requests."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.cli.callbacks import ONLOOKER
from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.foundation.services import Services
from gateway.menus.engine.serialization import dump_menu, load_menu
from gateway.operations.publishing.fact_changes import FactReaders, NoFact, Read, find_readers
from gateway.storage import reports, versions
from gateway.storage.database import Store
from tests.conversations.test_new_year import december
from tests.support.clocks import SetClock
from tests.support.house import HER, Phone, made_parts, publish, requests

WAGE, POLICE = "th.wage", "th.police"
LAST_DAY, FIRST_DAY = date(2026, 12, 31), date(2027, 1, 1)
OTHER = "+66800000081"


@pytest.fixture
def parts(store: Store, clock: SetClock, tmp_path: Path) -> Services:
    clock.set("2026-12-31T15:00:00+07:00")
    found = made_parts(store, clock, tmp_path)
    publish(found, december())
    return found


def told(parts: Services, fact: str = WAGE, first: date = LAST_DAY, last: date = FIRST_DAY) -> FactReaders:
    parts.count.flush(parts.store)
    return find_readers(parts, ONLOOKER, fact, first, last)


def reads(found: FactReaders) -> list[tuple[str, str, str, int]]:
    return [(read.day.isoformat(), read.screen, read.value, read.n) for read in found.reads]


def test_each_page_with_the_fact_is_one_reading_of_the_value_of_that_day(
    parts: Services, clock: SetClock
) -> None:
    Phone(parts).dial("4 1 0 1")
    Phone(parts, number=OTHER).dial("1 1")
    clock.set("2027-01-01T08:00:00+07:00")
    Phone(parts).dial("4 1")
    found = told(parts)
    assert reads(found) == [("2026-12-31", "pay", "400", 3), ("2027-01-01", "pay", "410", 1)]
    assert (found.n, found.screens, found.requests) == (4, ("pay",), ())


def test_pages_without_it_and_days_outside_are_not_counted(parts: Services, clock: SetClock) -> None:
    Phone(parts).dial("4 9 0 7")
    clock.set("2027-01-02T08:00:00+07:00")
    Phone(parts).dial("4 1")
    assert reads(told(parts)) == []
    assert [row[:3] for row in reads(told(parts, POLICE))] == [("2026-12-31", "sos", "191")]


def test_a_repeat_of_a_post_is_no_second_reading(parts: Services) -> None:
    phone = Phone(parts)
    phone.dial("4 1")
    phone.post(phone.text)
    assert told(parts).n == 1


def test_a_text_with_the_fact_is_a_reading_too_and_one_that_does_not_leave_is_none(parts: Services) -> None:
    phone = Phone(parts)
    assert len(phone.texts("pay")) == 1
    assert told(parts).n == 1
    answered = sum(len(phone.texts("pay")) for _ in range(8))
    assert answered < 8
    assert told(parts).n == 1 + answered


def test_a_message_that_names_it_is_told_by_its_name(parts: Services) -> None:
    menu = load_menu(december())
    helping = replace(menu, messages={**menu.messages, "sms_help": {"en": "Wage {th.wage}."}})
    publish(parts, dump_menu(helping))
    assert Phone(parts).texts("qqqq") == ["Wage 400."]
    assert reads(told(parts)) == [("2026-12-31", "sms_help", "400", 1)]


def test_after_a_correction_each_version_has_its_own_value(parts: Services) -> None:
    phone = Phone(parts)
    phone.dial("4 1")
    publish(parts, december().replace('"value":"400"', '"value":"372"'))
    phone.dial("4 1")
    assert sorted(row[2:] for row in reads(told(parts))) == [("372", 1), ("400", 1)]


def test_a_version_that_was_withdrawn_still_tells_what_was_read_in_it(
    parts: Services, clock: SetClock
) -> None:
    wrong = parts.versions.live("helpline")[0]
    Phone(parts).dial("4 1")
    publish(parts, december().replace('"value":"400"', '"value":"372"'))
    with parts.store.write() as tx:
        assert versions.withdraw_version(tx, wrong, now=clock.now())
    assert reads(told(parts)) == [("2026-12-31", "pay", "400", 1)]


def test_what_stood_in_for_an_old_value_is_told_as_it_was_read(parts: Services, clock: SetClock) -> None:
    clock.set("2027-05-25T08:00:00+07:00")
    menu = load_menu(december())
    (first, last) = menu.facts[WAGE].values
    old = replace(menu.facts[WAGE], values=(first, replace(last, when_old={"en": "?", "lo": "ຖາມ"})))
    publish(parts, dump_menu(replace(menu, facts={**menu.facts, WAGE: old})))
    Phone(parts).dial("4 1")
    Phone(parts, number=OTHER).dial("1 1")
    day = date(2027, 5, 25)
    assert {row[2] for row in reads(told(parts, first=day, last=day))} == {"?", "ຖາມ"}


def test_open_requests_that_came_past_it_are_told_by_code_and_never_by_number(parts: Services) -> None:
    Phone(parts).dial("4 1 7 2 2 3 1")
    Phone(parts, number=OTHER).dial("1 1 7 2 2 3 1")
    Phone(parts, number="+66800000082").dial(
        "4 7 2 2 3 1"
    )  # straight from the main menu: the wage was not read
    found = told(parts)
    hers, other = requests(parts)[0], requests(parts, OTHER)[0]
    assert [(one.code, one.state, one.language, one.screens) for one in found.requests] == [
        (hers.code, "waiting", "en", ("pay",)),
        (other.code, "waiting", "lo", ("pay",)),
    ]
    assert HER[4:] not in repr(found)
    assert OTHER[3:] not in repr(found)


def test_a_request_of_another_day_or_one_that_is_over_is_not_told(parts: Services, clock: SetClock) -> None:
    phone = Phone(parts)
    phone.dial("4 1 7 2 2 3 1")
    (hers,) = requests(parts)
    assert told(parts, first=FIRST_DAY).requests == ()
    assert [one.code for one in told(parts, last=LAST_DAY).requests] == [hers.code]
    phone.dial(f"4 {hers.code} 2")
    assert requests(parts) == []
    assert told(parts).requests == ()


def test_the_edges_of_a_day_are_those_of_the_line(parts: Services, clock: SetClock) -> None:
    clock.set("2026-12-31T20:59:00+07:00")
    Phone(parts).dial("4 1 7 2 2 3 1")
    clock.set("2027-01-01T06:30:00+07:00")  # still the old year in London
    Phone(parts, number=OTHER).dial("4 1 7 2 2 3 1")
    assert len(told(parts, last=LAST_DAY).requests) == 1
    assert len(told(parts, first=FIRST_DAY).requests) == 1
    assert len(told(parts).requests) == 2


def test_a_fact_that_is_known_but_was_read_by_nobody_is_told_as_such(parts: Services) -> None:
    assert told(parts) == FactReaders(
        fact=WAGE, first=LAST_DAY, last=FIRST_DAY, screens=("pay",), reads=(), requests=()
    )


def test_a_slip_in_its_name_is_told(parts: Services) -> None:
    with pytest.raises(NoFact, match=r"no menu has a fact 'th\.wagge'; did you mean 'th\.wage'\?"):
        told(parts, "th.wagge")


def test_a_fact_that_was_taken_out_of_the_menu_is_still_told(parts: Services) -> None:
    Phone(parts).dial("4 1")
    menu = load_menu(december())
    publish(parts, dump_menu(replace(menu, facts={POLICE: menu.facts[POLICE]})))
    found = told(parts)
    assert reads(found) == [("2026-12-31", "pay", "400", 1)]


def test_counts_of_a_version_that_nobody_can_read_any_more_keep_their_number(parts: Services) -> None:
    with parts.store.write() as tx:
        reports.add_count(tx, LAST_DAY, 9, "simulator", "en", "gone", f"{reports.FACT}{WAGE}", "pay", n=7)
        broken = versions.add_version(
            tx,
            menu="other",
            source={},
            compiled='{"format": 99}',
            format=99,
            hash="1" * 64,
            author="",
            why="",
            now=parts.clock.now(),
        )
        reports.add_count(tx, LAST_DAY, 9, "simulator", "en", broken.id, f"{reports.FACT}{WAGE}", "pay", n=2)
    assert told(parts).reads == (Read(day=LAST_DAY, screen="pay", value="", n=9),)


@pytest.mark.parametrize("role", [Role.COUNSELLOR, Role.ADMINISTRATOR, Role.READER])
def test_who_does_not_see_both_figures_and_the_requests_of_others_is_refused(
    parts: Services, role: Role
) -> None:
    with pytest.raises(NotPermitted):
        find_readers(parts, Actor.of(person_id="p", name="Noy", role=role), WAGE, LAST_DAY, FIRST_DAY)
