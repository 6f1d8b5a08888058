"""Dialled again after a session that broke off: asked only where it betrays nothing, and never led wrong."""

from dataclasses import replace

import pytest
import redis

from gateway.conversations import ussd
from gateway.foundation.services import Services
from gateway.menus.engine import serialization
from gateway.storage import callers
from tests.support.clocks import SetClock
from tests.support.house import HER, Phone, publish, requests, sample

ASKS = "Go on where you were?"
SAVED = "4 7 2 1 3 1 1"
"""English, call me, no danger, nobody else sees the phone, evening, agreed, finish."""


@pytest.fixture
def known(phone: Phone) -> Phone:
    """A phone of one who said that nobody else sees it; one request of hers is open."""
    phone.dial(SAVED)
    return phone


@pytest.fixture
def light_known(light_parts: Services) -> Phone:
    phone = Phone(light_parts)
    phone.dial(SAVED)
    return phone


def test_she_goes_on_where_she_was(known: Phone) -> None:
    broken = known.dial("1 1")
    told = known.dial()
    assert told.text.splitlines() == [ASKS, "1 Continue", "2 Start again", "00 Home"]
    assert known.press("1").text == broken.text
    assert "My pay" in known.press("0 0").text


def test_she_starts_again(known: Phone) -> None:
    known.dial("1 1")
    known.dial()
    assert "1 My pay" in known.press("2").text


@pytest.mark.parametrize("keys", ["7", "7 2", "7 2 1", "7 2 1 3"])
def test_the_form_goes_on_with_its_answers(light_known: Phone, keys: str) -> None:
    asked = light_known.dial(keys)
    light_known.dial()
    assert light_known.press("1").text == asked.text
    rest = ["2", "1", "3", "1"][len(keys.split()) - 1 :]
    light_known.press(" ".join(rest))
    assert len(requests(light_known.parts)) == 1


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ("", "home"),
        ("8 4", "the first screen"),
        ("8 8", "erasing"),
        ("8 5", "typing her code"),
        ("7 2 2", "she just said that others see it"),
        ("7 2 1 3 2", "the session ended"),
    ],
)
def test_nothing_is_asked_after(light_known: Phone, keys: str, why: str) -> None:
    light_known.dial(keys)
    assert ASKS not in light_known.dial().text, why


def test_nothing_is_asked_after_her_code(light_known: Phone) -> None:
    light_known.dial("7 2 1 3 1")
    assert ASKS not in light_known.dial().text


@pytest.mark.parametrize("seen", ["2 2 3 1 1", "2 3 1 1 1"])
def test_nothing_is_asked_on_a_phone_that_others_see(light_parts: Services, seen: str) -> None:
    phone = Phone(light_parts)
    phone.dial(f"4 7 {seen}")
    phone.dial("4 1 1")
    assert ASKS not in phone.dial().text


def test_nothing_is_asked_of_one_who_never_said(light_parts: Services) -> None:
    phone = Phone(light_parts)
    phone.dial("4 1 1")
    assert ASKS not in phone.dial().text


def test_old_safety_answers_are_none(light_known: Phone, clock: SetClock) -> None:
    clock.forward(days=15)
    light_known.dial("1 1")
    assert ASKS not in light_known.dial().text


def test_nothing_is_asked_after_half_an_hour(light_known: Phone, clock: SetClock) -> None:
    light_known.dial("1 1")
    clock.forward(minutes=31)
    assert ASKS not in light_known.dial().text


def test_nothing_is_asked_after_a_publish(light_known: Phone) -> None:
    light_known.dial("1 1")
    publish(light_known.parts)
    assert ASKS not in light_known.dial().text


def test_a_menu_without_the_screen_just_begins(light_known: Phone) -> None:
    menu = serialization.load_menu(sample())
    screens = {name: screen for name, screen in menu.screens.items() if name != "resume"}
    publish(light_known.parts, serialization.dump_menu(replace(menu, screens=screens)))
    light_known.dial("1 1")
    assert ASKS not in light_known.dial().text


def test_keys_dialled_with_the_code_are_not_taken_for_the_answer(light_known: Phone) -> None:
    light_known.dial("1 1")
    light_known.dial()
    light_known.session = "ATUid_with_keys"
    told = light_known.post("2*1")
    assert ASKS not in told.text


def test_another_number_is_never_asked(light_known: Phone) -> None:
    light_known.dial("1 1")
    other = Phone(light_known.parts, "+8562055554321")
    assert ASKS not in other.dial().text


@pytest.mark.parametrize("times", [1, 3])
def test_a_repeated_first_post_reads_the_same(known: Phone, times: int) -> None:
    known.dial("1 1")
    first = known.dial()
    assert {known.post("").text for _ in range(times)} == {first.text}
    assert "Bangkok" in known.press("1").text


def test_wiped_before_the_answer_she_begins_again_and_nothing_is_guessed(
    known: Phone, redis_client: redis.Redis
) -> None:
    known.dial("7 2 1 3")
    known.dial()
    redis_client.flushall()
    told = known.press("1")
    assert told.text.startswith("We begin again.")
    assert len(requests(known.parts)) == 1


def test_wiped_before_the_redial_she_just_begins(known: Phone, redis_client: redis.Redis) -> None:
    known.dial("1 1")
    redis_client.flushall()
    assert ASKS not in known.dial().text


def test_after_a_late_post_of_the_broken_session_nothing_is_guessed(known: Phone) -> None:
    known.dial("1")
    late = known.inbound("1*1")
    known.dial()
    ussd.answer_turn(known.parts, late)
    assert known.press("1").text.startswith("We begin again.")


def test_the_consent_after_going_on_is_one_request(known: Phone) -> None:
    known.dial("7 2 1 1")
    known.dial()
    known.press("1 1")
    with known.parts.store.read() as tx:
        assert callers.find_caller(tx, HER) is not None
    assert [one.window for one in requests(known.parts)] == ["morning"]
