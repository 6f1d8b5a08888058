"""A menu names its own windows: offered, planned, told, kept and rolled by the hours that she read, whatever comes after."""

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from gateway.domain.events import SMS_LIMITS, USSD_LIMITS
from gateway.foundation.services import Services
from gateway.helpdesk.queue import timers
from gateway.helpdesk.requests.planning import find_window_start
from gateway.menus.authoring.check import check_menu
from gateway.menus.authoring.checks import CheckContext
from gateway.menus.authoring.pages import add_pages
from gateway.menus.engine import serialization
from tests.support.clocks import SetClock
from tests.support.house import LINE, MENUS, Phone, publish, requests

KEYS = {"lo": "1 1", "lo-Latn": "2", "th": "3 1", "en": "4"}
BACK = datetime(2026, 11, 27, 7, 5, tzinfo=UTC)
"""Friday, 14:05 in Vientiane: the week's last weekday morning is over."""


@cache
def menu_with(*changes: tuple[str, str]) -> str:
    """The sample, compiled, with words of its callback changed."""
    files = {path.name: path.read_bytes() for path in sorted(MENUS.glob("*.yaml"))}
    text = files["callback.yaml"].decode().replace("th: เวลาปลอดภัย", "th: ปลอดภัย")  # room for longer hours
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    settings = LINE.for_engine().values
    asked = CheckContext(
        today=datetime(2026, 11, 24, tzinfo=UTC).date(), limits=(USSD_LIMITS, SMS_LIMITS), settings=settings
    )
    checked = check_menu({**files, "callback.yaml": text.encode()}, asked)
    assert checked.menu is not None, checked.problems
    return serialization.dump_menu(add_pages(checked.menu, (USSD_LIMITS, SMS_LIMITS), settings))


def weekdays() -> str:
    """A menu whose morning is one of weekdays, from nine."""
    return menu_with(
        (
            'morning: {hours: "06:00-09:00"}',
            'weekday_morning: {days: [mon, tue, wed, thu, fri], hours: "09:00-12:00"}',
        ),
        ("answer: morning", "answer: weekday_morning"),
        ("when: morning", "when: weekday_morning"),
    )


def later() -> str:
    """A menu whose morning begins later."""
    return menu_with(('morning: {hours: "06:00-09:00"}', 'morning: {hours: "08:30-12:00"}'))


def due(parts: Services) -> tuple[str, datetime | None, datetime | None]:
    one = requests(parts)[0]
    return str(one.window), one.due_at, one.due_until


@pytest.mark.fault("H1")
@pytest.mark.fault("X6")
@pytest.mark.parametrize("language", KEYS)
def test_every_language_reads_the_hours_of_each_window_on_one_page(light: Services, language: str) -> None:
    shown = Phone(light).dial(f"{KEYS[language]} 7 2 1").text
    lines = shown.split("\n")
    for hours, key in (("6-9", "1"), ("12-13", "2"), ("18-21", "3"), ("9-18", "4")):
        assert any(line.startswith(f"{key} ") and line.endswith(hours) for line in lines), shown
    assert "{" not in shown


@pytest.mark.fault("H1")
def test_one_row_moves_label_plan_and_what_she_is_told(light: Services, clock: SetClock) -> None:
    publish(light, later())
    phone = Phone(light)
    assert "1 Morning 8:30-12" in phone.dial("4 7 2 1").text
    assert "Wed 8:30-12" in phone.press("1 1").text
    assert due(light) == (
        "morning",
        datetime(2026, 11, 25, 1, 30, tzinfo=UTC),
        datetime(2026, 11, 25, 5, tzinfo=UTC),
    )


@pytest.mark.fault("H2")
def test_a_window_of_weekdays_is_offered_planned_and_told(parts: Services, clock: SetClock) -> None:
    publish(parts, weekdays())
    clock.set(BACK)
    phone = Phone(parts)
    assert "1 Morning 9-12" in phone.dial("4 7 2 1").text
    assert "Mon 9-12" in phone.press("1 1").text
    monday = datetime(2026, 11, 30, 2, tzinfo=UTC)
    assert due(parts) == ("weekday_morning", monday, monday + timedelta(hours=3))


@pytest.mark.fault("H2")
def test_the_attempts_of_one_weekday_morning_share_its_beginning(light: Services, clock: SetClock) -> None:
    publish(light, weekdays())
    Phone(light).dial("4 7 2 1 1 1")
    clock.set(datetime(2026, 11, 25, 4, tzinfo=UTC))
    assert find_window_start(light, requests(light)[0]) == datetime(2026, 11, 25, 2, tzinfo=UTC)


@pytest.mark.fault("H2")
def test_by_text_the_numbers_are_the_keys_of_the_menu(light: Services) -> None:
    publish(light, weekdays())
    phone = Phone(light, number="+8562055598765")
    phone.texts("call me")
    phone.texts("1 1")
    [one] = requests(light, "+8562055598765")
    assert one.window == "weekday_morning"


@pytest.mark.fault("H2")
def test_her_hours_outlive_the_edition_that_offered_them(parts: Services, clock: SetClock) -> None:
    """The window is gone from the menu, and *morning* means other hours: what she read still holds."""
    publish(parts, weekdays())
    phone = Phone(parts)
    phone.dial("4 7 2 1 1 1")
    publish(parts)
    clock.set(BACK)
    assert timers.roll_windows(parts) == 1
    monday = datetime(2026, 11, 30, 2, tzinfo=UTC)
    assert due(parts) == ("weekday_morning", monday, monday + timedelta(hours=3))
    [one] = requests(parts)
    assert "Mon 9-12" in phone.dial(one.code).text
    assert "evening" not in str(one.window)


@pytest.mark.fault("H2")
def test_who_agreed_to_the_old_hours_is_not_rung_at_the_new_ones(light: Services, clock: SetClock) -> None:
    Phone(light).dial("4 7 2 1 1 1")
    publish(light, later())
    clock.set(datetime(2026, 11, 25, 5, tzinfo=UTC))
    assert timers.roll_windows(light) == 1
    wednesday_night = datetime(2026, 11, 25, 23, tzinfo=UTC)
    assert due(light) == ("morning", wednesday_night, wednesday_night + timedelta(hours=3))


@pytest.mark.fault("H2")
def test_a_request_of_the_first_release_holds_the_word_alone_and_means_its_hours(light: Services) -> None:
    Phone(light).dial("4 7 2 1 3 1")
    [one] = requests(light)
    with light.store.write() as tx:
        sealed = tx.ring.seal_json("evening", table="callbacks", column="window", row=one.id)
        tx.execute(_bare(), {"sealed": sealed, "id": one.id})
    [again] = requests(light)
    assert again.window == "evening"
    assert again.window.rule == "mon,tue,wed,thu,fri,sat,sun 18:00-21:00"  # type: ignore[attr-defined]


def _bare():  # type: ignore[no-untyped-def]
    from sqlalchemy import text

    return text("UPDATE callbacks SET window = :sealed WHERE id = :id")
