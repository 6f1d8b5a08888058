"""A wage entered in December is read on 1 January in every place that could have kept the old one, with nobody awake."""

import html
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
import redis

from gateway.conversations import ussd
from gateway.domain.events import SMS_LIMITS, USSD_LIMITS
from gateway.foundation.services import Services
from gateway.menus.authoring.pages import add_pages
from gateway.menus.engine.model import Menu
from gateway.menus.engine.serialization import dump_menu, load_menu
from gateway.storage.database import Store
from gateway.storage.live_menus import Versions
from tests.support import phone_rig
from tests.support.clocks import SetClock
from tests.support.house import LINE, Phone, made_parts, publish, requests
from tests.support.menu_folders import base, checked

OLD_WAGE, NEW_WAGE = "At least 400 baht a day.", "At least 410 baht a day."
EVENING, NIGHT = "2026-12-31T23:58:00+07:00", "2027-01-01T00:02:00+07:00"
TO_PAY = "4 1"


@cache
def december() -> str:
    """A small menu of December with the wage of January in it, cut and compiled as a publish does."""
    menu = checked(base()).menu
    assert menu is not None
    menu = replace(menu, messages={**menu.messages, "down": {"en": "Sorry. Wage: {th.wage}."}})
    return dump_menu(add_pages(menu, (USSD_LIMITS, SMS_LIMITS), LINE.for_engine().values))


@dataclass
class Houses:
    """Two processes of one house, both with the menu of December in their memory."""

    first: Services
    second: Services
    clock: SetClock
    version: str


@pytest.fixture
def houses(store: Store, clock: SetClock, tmp_path: Path, redis_client: redis.Redis) -> Houses:
    clock.set(EVENING)
    first = made_parts(store, clock, tmp_path / "first", redis_client)
    version = publish(first, december())
    second = made_parts(store, clock, tmp_path / "second", redis_client)
    second.versions.refresh()
    assert second.versions.live("helpline")[0] == version
    return Houses(first, second, clock, version)


def test_who_dials_after_midnight_reads_the_new_wage_in_each_process(houses: Houses) -> None:
    phones = [Phone(houses.first), Phone(houses.second, number="+66800000071")]
    assert [OLD_WAGE in phone.dial(TO_PAY).text for phone in phones] == [True, True]
    houses.clock.set(NIGHT)
    assert [NEW_WAGE in phone.dial(TO_PAY).text for phone in phones] == [True, True]


def test_who_is_in_a_session_at_midnight_reads_on_in_another_process(houses: Houses) -> None:
    phone = Phone(houses.first)
    assert OLD_WAGE in phone.dial(TO_PAY).text
    phone.press("0")
    houses.clock.set(NIGHT)
    phone.parts = houses.second
    assert NEW_WAGE in phone.press("1").text
    phone.parts = houses.first
    assert NEW_WAGE in phone.press("0 1").text


def test_a_post_that_comes_twice_is_told_twice_the_same(houses: Houses) -> None:
    phone = Phone(houses.first)
    before = phone.dial(TO_PAY)
    houses.clock.set(NIGHT)
    assert phone.post(phone.text) == before


@pytest.mark.parametrize(
    ("at", "wage"),
    [
        ("2026-12-31T16:59:59+00:00", OLD_WAGE),
        ("2026-12-31T17:00:00+00:00", NEW_WAGE),  # midnight in Vientiane, seven hours before it is in London
        ("2027-01-01T00:00:00+00:00", NEW_WAGE),
        ("2027-12-31T23:00:00+00:00", NEW_WAGE),
    ],
)
def test_the_day_begins_in_the_zone_of_the_line(houses: Houses, at: str, wage: str) -> None:
    houses.clock.set(at)
    assert wage in Phone(houses.second).dial(TO_PAY).text


def test_a_text_after_midnight_is_answered_with_the_new_wage(houses: Houses) -> None:
    phone = Phone(houses.first)
    (before,) = phone.texts("pay")
    houses.clock.set(NIGHT)
    phone.parts = houses.second
    (after,) = phone.texts("wage")
    assert OLD_WAGE in before
    assert NEW_WAGE in after


def test_a_thread_that_began_last_year_goes_on_with_the_new_wage(houses: Houses) -> None:
    phone = Phone(houses.first)
    assert OLD_WAGE in phone.texts("pay")[0]
    phone.texts("0")
    houses.clock.set(NIGHT)
    phone.parts = houses.second
    assert NEW_WAGE in phone.texts("1")[0]


def test_the_pages_that_were_cut_at_publish_hold_no_value(houses: Houses) -> None:
    menu: Menu = load_menu(december())
    texts = [piece.text for pages in menu.pages.values() for page in pages for piece in page]
    assert any("{th.wage}" in words for words in texts)
    assert not any("400" in words or "410" in words for words in texts)


def test_a_process_that_starts_in_the_night_without_sql_reads_the_file_of_last_year(
    houses: Houses, tmp_path: Path
) -> None:
    houses.clock.set(NIGHT)
    left = Versions(houses.first.store, tmp_path / "first" / "live")
    left._read_files()
    alone = replace(houses.first, versions=left)
    assert NEW_WAGE in Phone(alone).dial(TO_PAY).text


class Damaged:
    """The versions of a process in which a menu is damaged in memory."""

    def __init__(self, real: Versions) -> None:
        self.live = real.live

    def get(self, _version: str) -> Menu:
        raise RuntimeError


def test_the_apology_takes_the_day_of_the_line_too(houses: Houses) -> None:
    phone = Phone(houses.first)
    phone.dial("4")
    damaged = replace(houses.first, versions=Damaged(houses.first.versions))  # type: ignore[arg-type]
    assert ussd.answer_turn(damaged, phone.inbound("4*1")).text == "Sorry. Wage: 400."
    houses.clock.set(NIGHT)
    assert ussd.answer_turn(damaged, phone.inbound("4*1")).text == "Sorry. Wage: 410."


def test_a_request_keeps_the_version_and_the_way_on_which_the_old_wage_was_read(houses: Houses) -> None:
    phone = Phone(houses.first)
    phone.dial(f"{TO_PAY} 7 2 2 3")
    houses.clock.set(NIGHT)
    newer = publish(houses.second, december().replace("At least", "Now"))
    phone.parts = houses.second
    phone.press("1")
    (found,) = requests(houses.first)
    assert (found.version, found.path) == (houses.version, ("main", "pay"))
    assert newer != houses.version


@pytest.fixture
def light(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> Services:
    clock.set(EVENING)
    found = made_parts(sqlite_store, clock, tmp_path)
    publish(found, december())
    return found


def test_the_phone_on_the_page_reads_it_over_the_real_webhook(light: Services, clock: SetClock) -> None:
    client = phone_rig.app_of(light).test_client()
    page = html.unescape(client.get("/phone/").get_data(as_text=True))
    (address,) = re.findall(r'"(/webhooks/simulator/[^"/]+/ussd)"', page)

    def press(text: str) -> str:
        fields = {"sessionId": "S1", "phoneNumber": "+8562055500001", "networkCode": "SIM", "text": text}
        return client.post(address, data={**fields, "serviceCode": "*123*4#"}).get_data(as_text=True)

    assert press("").startswith("CON")
    assert OLD_WAGE in press("4*1")
    clock.set(NIGHT)
    assert NEW_WAGE in press("4*1*0*1")
