"""A form that the page's script sends is answered in one trip, with the very page that two trips would bring."""

import re

import pytest
from werkzeug.test import TestResponse

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Role
from gateway.helpdesk.queue import claim
from gateway.helpdesk.staff import people
from tests.support.desk_rig import HER, OTHER, Desk
from tests.support.web_surroundings import Browser, token_of

BY_SCRIPT = {"X-Page": "yes"}


@pytest.fixture
def wanted(line: Desk) -> str:
    line.person("Noy", on_duty=True)
    line.person("Boss", Role.SUPERVISOR, number="+85620555900004")
    return line.requested(HER, when="now")


@pytest.fixture
def noy(app, parts, wanted: str) -> Browser:
    browser = Browser(app.test_client()).carry(token_of(parts, "Noy"))
    browser.get("/")
    return browser


def send(browser: Browser, address: str, **fields: str) -> TestResponse:
    return browser.client.post(address, data=fields | {"csrf_token": browser.csrf}, headers=BY_SCRIPT)


def seen(answer: TestResponse) -> str:
    """What is in the middle of a page, without what is new each time."""
    main = re.search(r'<div id="said">.*</main>', answer.get_data(as_text=True), re.DOTALL)
    assert main
    return re.sub(r'value="[^"]*"|&#34;[^&]*&#34;', "", main.group())


def test_it_is_the_page_that_two_trips_bring(noy: Browser, line: Desk, wanted: str) -> None:
    one = send(noy, f"/callbacks/{wanted}/claim")
    assert (one.status_code, one.headers["X-Page"]) == (200, f"/callbacks/{wanted}")
    noy.post(f"/callbacks/{wanted}/release")
    noy.get("/")
    assert line.callback(wanted).state is CallbackState.WAITING
    two = noy.post(f"/callbacks/{wanted}/claim")
    assert (two.status_code, two.headers["Location"]) == (303, f"/callbacks/{wanted}")
    page = noy.get(f"/callbacks/{wanted}")
    assert "Claimed." in seen(one)
    assert re.sub(r'<ol class="history">.*?</ol>', "", seen(one), flags=re.DOTALL) == re.sub(
        r'<ol class="history">.*?</ol>', "", seen(page), flags=re.DOTALL
    )


def test_what_was_said_is_said_once(noy: Browser, wanted: str) -> None:
    assert "Claimed." in send(noy, f"/callbacks/{wanted}/claim").get_data(as_text=True)
    assert "Claimed." not in noy.get("/").get_data(as_text=True)


def test_it_keeps_the_place_on_the_page(noy: Browser, wanted: str) -> None:
    send(noy, f"/callbacks/{wanted}/claim")
    shown = send(noy, f"/callbacks/{wanted}/call")
    assert shown.headers["X-Page"] == f"/callbacks/{wanted}#call"
    assert f"tel:{HER}" in shown.get_data(as_text=True)


def test_it_leaves_out_what_the_page_has_already(noy: Browser, wanted: str) -> None:
    brief = send(noy, f"/callbacks/{wanted}/claim").get_data(as_text=True)
    whole = noy.get(f"/callbacks/{wanted}").get_data(as_text=True)
    for part in ("stylesheet", "<dialog", 'class="own"', "live.js"):
        assert part in whole
        assert part not in brief
    assert 'class="line"' in brief
    narrow = noy.client.get(f"/callbacks/{wanted}", headers={"X-Page": "narrow"}).get_data(as_text=True)
    assert 'class="line"' not in narrow
    assert 'data-mark=""' in narrow  # a screen that is turned asks for the list


def test_a_lost_race_is_told_on_the_page_of_the_request(noy: Browser, parts, wanted: str) -> None:
    claim.claim_callback(parts, people.find_actor(parts, "Boss"), wanted)
    lost = send(noy, f"/callbacks/{wanted}/claim")
    assert (lost.status_code, lost.headers["X-Page"]) == (409, f"/callbacks/{wanted}")
    assert "Boss has this one. Nothing was changed." in lost.get_data(as_text=True)


def test_a_press_that_arrives_twice_does_it_once(noy: Browser, line: Desk, wanted: str) -> None:
    send(noy, f"/callbacks/{wanted}/claim")
    first = send(noy, f"/callbacks/{wanted}/call").get_data(as_text=True)
    form = re.search(r'id="outcome".*?name="form" value="([^"]+)"', first, re.DOTALL)
    assert form
    for _press in range(2):
        told = send(noy, f"/callbacks/{wanted}/outcome", outcome="no_answer", form=form.group(1))
        assert told.status_code == 200
    assert line.rows("SELECT outcome FROM attempts") == [("no_answer",)]


def test_signed_out_it_is_told_and_a_locked_page_leads_to_the_password(
    noy: Browser, parts, wanted: str, clock
) -> None:
    clock.forward(hours=3)
    locked = send(noy, f"/callbacks/{wanted}/claim")
    assert locked.headers["X-Page"].startswith(("/unlock", f"/callbacks/{wanted}"))
    noy.client.delete_cookie("sign-in")
    out = send(noy, f"/callbacks/{wanted}/claim")
    assert out.status_code == 401
    assert "You were signed out" in out.get_data(as_text=True)


def test_a_cookie_that_is_given_counts_in_the_page(noy: Browser, wanted: str) -> None:
    answer = send(noy, "/language", language="lo", back="/later")
    assert answer.headers["X-Page"] == "/later"
    assert '<html lang="lo">' in answer.get_data(as_text=True)


@pytest.mark.parametrize("back", ["//evil.example/", "/\\evil.example", "https://evil.example/"])
def test_it_follows_no_way_out(noy: Browser, back: str) -> None:
    assert send(noy, "/language", language="en", back=back).headers["X-Page"] == "/"


def test_only_a_form_is_followed(noy: Browser, line: Desk, wanted: str) -> None:
    line.requested(OTHER, when="now")
    found = noy.client.get("/sign-in", headers=BY_SCRIPT)
    assert found.status_code == 302
