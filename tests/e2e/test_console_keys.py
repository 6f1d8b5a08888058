"""Every single key on the page with two panes acts on the request that is open, and on no other row."""

import re
import threading

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Role
from tests.support.desk_rig import HER, OTHER
from tests.support.web_surroundings import token_of

THIRD = "+8562055500003"


def states(line, *ids: str) -> list[CallbackState]:
    return [line.callback(one).state for one in ids]


@pytest.mark.fault("Q1")
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


@pytest.mark.fault("Q1")
class TestThePalette:
    """A code, a number, a page or a deed by its name; the request that is open wins."""

    @pytest.fixture
    def at_desk(self, parts, line, opened):
        wanted = [line.requested(f"+8562055500{n:03}", when="now") for n in range(3)]
        line.person("Noy", on_duty=True)
        page = opened(width=1280, token=token_of(parts, "Noy"))
        page.goto(f"/callbacks/{wanted[1]}")
        return page, wanted

    def test_it_opens_from_the_keyboard_and_does_what_is_typed(self, at_desk, line):
        page, wanted = at_desk
        palette = page.locator("#palette")
        page.keyboard.press("Control+k")
        expect(palette).to_be_visible()
        expect(palette.get_by_role("option").first).to_be_visible()
        page.keyboard.type("hand")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/hand-over$"))
        page.keyboard.press("Control+k")
        page.keyboard.type(line.callback(wanted[2]).code)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"/callbacks/{wanted[2]}$"))

    def test_a_deed_is_done_to_the_request_that_is_open(self, at_desk, line):
        page, wanted = at_desk
        page.keyboard.press("Control+k")
        page.keyboard.type("claim")
        expect(page.locator("#palette [role=option][aria-selected=true]")).to_contain_text("(c)")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Claimed.")).to_be_visible()
        assert [line.callback(one).holder_id is not None for one in wanted] == [False, True, False]

    def test_what_is_typed_while_its_script_is_still_coming_does_no_deed(self, at_desk, line):
        page, wanted = at_desk
        came = threading.Event()

        def deliver_late(route):
            came.wait(5)
            route.continue_()

        page.route("**/palette.js*", deliver_late)
        page.keyboard.press("Control+k")
        page.keyboard.type("cdn")
        came.set()
        expect(page.locator("#palette-wish")).to_have_value("cdn")
        page.keyboard.press("Escape")
        assert all(line.callback(one).holder_id is None for one in wanted)

    def test_arrows_choose_and_escape_leaves_everything_as_it_was(self, at_desk, line):
        page, wanted = at_desk
        page.keyboard.press("Control+k")
        first = page.locator("#palette [role=option]").first.text_content()
        page.keyboard.press("ArrowDown")
        chosen = page.locator("#palette [aria-selected=true]")
        expect(chosen).to_have_count(1)
        assert chosen.text_content() != first
        for _ in range(20):
            page.keyboard.press("ArrowUp")
        expect(page.locator("#palette [aria-selected=true]")).to_have_text(first)
        assert Axe().run(page, context="#palette").response["violations"] == []
        page.keyboard.type("nothing of that name")
        expect(page.locator("#palette [role=option]")).to_have_count(0)
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        expect(page.locator("#palette")).to_be_hidden()
        assert page.url.endswith(wanted[1])
        assert all(line.callback(one).holder_id is None for one in wanted)

    def test_a_person_leads_to_her_day(self, parts, opened, line):
        dao = line.person("Dao Vong").person_id
        line.person("Boss", Role.SUPERVISOR)
        page = opened(width=1280, token=token_of(parts, "Boss"))
        page.goto("/later")
        page.keyboard.press("Control+k")
        page.keyboard.type("vong")
        expect(page.get_by_role("option")).to_have_text(
            ["Dao Vong · People", "Dao Vong · Shifts", "Dao Vong · Today"]
        )
        page.keyboard.type(" · tod")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"/admin/record\\?who={dao}&day="))
        expect(page.get_by_role("heading", name="Dao Vong")).to_be_visible()
