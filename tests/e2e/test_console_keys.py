"""Every single key on the page with two panes acts on the request that is open, and on no other row."""

import pytest
from playwright.sync_api import expect

from gateway.domain.callbacks.states import CallbackState
from tests.support.desk_rig import HER, OTHER
from tests.support.web_surroundings import token_of

THIRD = "+8562055500003"

pytestmark = pytest.mark.xdist_group("browser")


def states(line, *ids: str) -> list[CallbackState]:
    return [line.callback(one).state for one in ids]


def test_each_key_means_the_open_request(line, parts, opened) -> None:
    first, second, third = (line.requested(number, when="now") for number in (HER, OTHER, THIRD))
    line.person("Noy", number="+8562055590001")
    page = opened(width=1280, height=800, token=token_of(parts, "Noy"))
    page.goto(f"/callbacks/{third}")
    page.wait_for_load_state()
    waiting, claimed, calling = CallbackState.WAITING, CallbackState.CLAIMED, CallbackState.CALLING
    page.keyboard.press("c")
    expect(page.get_by_text("Claimed.")).to_be_visible()
    assert states(line, first, second, third) == [waiting, waiting, claimed]
    page.keyboard.press("c")  # it is claimed: the key takes no other one behind it
    page.wait_for_timeout(300)
    assert states(line, first, second, third) == [waiting, waiting, claimed]
    page.keyboard.press("n")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    expect(page.locator(".number")).to_have_attribute("href", f"tel:{THIRD}")
    assert states(line, first, second, third) == [waiting, waiting, calling]
    page.keyboard.press("x")
    expect(page.locator("#first-outcome")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#sheet")).to_be_visible()
    page.keyboard.press("e")
    page.keyboard.press("Space")
    page.keyboard.press("x")
    expect(page.get_by_text("Saved and closed.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone.")).to_be_visible()
    assert states(line, first, second, third) == [waiting, waiting, CallbackState.REACHED]


def test_a_key_on_the_list_alone_takes_the_next_one(line, parts, opened) -> None:
    waiting, claimed = CallbackState.WAITING, CallbackState.CLAIMED
    first, second = (line.requested(number, when="now") for number in (HER, OTHER))
    line.person("Noy", number="+8562055590001")
    page = opened(width=1280, height=800, token=token_of(parts, "Noy"))
    page.goto(f"/callbacks/{second}")
    page.wait_for_load_state()
    page.keyboard.press("c")
    expect(page.get_by_text("Claimed.")).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_text("Given back.")).to_be_visible()
    assert states(line, first, second) == [waiting, waiting]
    page.keyboard.press("/")
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("c")  # on the list alone it takes the next one
    expect(page.get_by_text("Claimed.")).to_be_visible()
    assert sorted(states(line, first, second)) == [claimed, waiting]
