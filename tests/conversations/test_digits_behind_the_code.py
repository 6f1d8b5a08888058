"""Digits dialled behind a service code: a line that joins all inputs cannot tell them from a session that was lost."""

import pytest
import redis

from gateway.conversations import ussd
from gateway.conversations.ussd import RenderedPage
from tests.support.house import Phone, requests, rows

pytestmark = pytest.mark.fault("A9")


def begin_with(phone: Phone, digits: str, *, session: str = "ATUid_behind") -> RenderedPage:
    """Post the first hop of a session as the provider does where digits stand behind the code."""
    phone.session = session
    return phone.post(digits)


@pytest.mark.parametrize("behind", ["1", "4", "4*7", "4*7*2*2*3*1", "0", "00", "99", ""])
def test_they_are_not_read_and_do_nothing(phone: Phone, behind: str) -> None:
    told = begin_with(phone, behind)
    assert (told.screen, told.ends) == ("language", False)
    assert requests(phone.parts) == []
    assert rows(phone.parts) == []


@pytest.mark.parametrize("behind", ["1", "4*7", "2*2*3"])
def test_she_goes_on_from_the_first_page_by_the_same_keys(phone: Phone, behind: str) -> None:
    begin_with(phone, behind)
    for key in ["4", "7", "2", "2", "3"]:
        phone.press(key)
    told = phone.press("1")
    [request] = requests(phone.parts)
    assert request.code in told.text


def test_the_page_says_in_one_line_that_it_begins_again(phone: Phone) -> None:
    plain, behind = phone.dial().text, begin_with(phone, "1")
    assert behind.text != plain
    assert behind.text.endswith(plain.splitlines()[-1])


def test_such_a_post_looks_like_one_whose_session_was_lost(phone: Phone, redis_client: redis.Redis) -> None:
    """The reason: nothing in the post differs, and to read the keys of a lost session would be to guess."""
    phone.dial("4 7 2")
    redis_client.flushall()
    lost = phone.press("2")
    behind = begin_with(phone, "4*7*2*2")
    assert (lost.text, lost.screen) == (behind.text, behind.screen)


def test_ten_equal_posts_get_ten_equal_pages(phone: Phone) -> None:
    phone.session = "ATUid_behind"
    inbound = phone.inbound("4*7")
    assert len({ussd.answer_turn(phone.parts, inbound).text for _ in range(10)}) == 1
