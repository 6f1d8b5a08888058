"""The one-tap link: a scanner's GET takes nothing, the first press wins, another phone gets nothing."""

import re
from dataclasses import replace

import pytest

from gateway.domain.callbacks.states import CallbackState
from gateway.helpdesk.alerts import alert_answers
from tests.support.desk_rig import HER
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


@pytest.fixture
def parts(parts):
    return replace(parts, public_url="https://desk.example")


@pytest.fixture
def app(parts):
    return pages_of(parts)


@pytest.fixture
def wanted(line):
    return line.requested(HER, when="now")


@pytest.fixture
def where(parts, line, wanted):
    noy = line.person("Noy")
    with parts.store.write() as tx:
        return alert_answers.make_link(parts, tx, noy.person_id, wanted).removeprefix("https://desk.example")


@pytest.fixture
def phone(app):
    return Browser(app.test_client())


def test_opening_it_takes_nothing_and_says_nothing_of_her(phone, line, wanted, where):
    for _ in range(3):
        page = text_of(phone.get(where))
    assert "Take it" in page
    assert not any(secret in page for secret in (HER, HER[-7:], line.callback(wanted).code, "Pay"))
    assert line.callback(wanted).state is CallbackState.WAITING
    assert phone.client.head(where).status_code == 200
    assert line.callback(wanted).state is CallbackState.WAITING


def test_from_the_press_to_the_outcome_without_a_script(phone, line, wanted, where):
    phone.get(where)
    taken = phone.post(where)
    assert taken.location == "/tapped"
    assert "HttpOnly" in taken.headers["Set-Cookie"]
    assert line.callback(wanted).state is CallbackState.CLAIMED
    page = text_of(phone.get("/tapped"))
    assert HER not in page
    assert phone.post("/tapped/call").location == "/tapped"
    page = text_of(phone.get("/tapped"))
    assert f'href="tel:{HER}"' in page
    form = re.search(r'name="form" value="([\w-]{16,})"', page).group(1)
    assert phone.post("/tapped/outcome", outcome="reached", form=form).location == "/tapped"
    assert line.callback(wanted).state is CallbackState.REACHED
    assert HER not in text_of(phone.get("/tapped"))


def test_a_second_use_and_another_phone_get_nothing(app, phone, where):
    other = Browser(app.test_client())
    phone.get(where)
    other.get(where)
    assert phone.post(where).status_code == 303
    for browser in (phone, other):
        assert browser.get(where).status_code == 410
        assert browser.post(where).status_code == 410
    for address in ("/tapped/call", "/tapped/outcome"):
        assert other.post(address, outcome="reached").status_code == 410
    assert other.get("/tapped").status_code == 410


def test_it_ends_by_itself(phone, clock, where):
    phone.get(where)
    clock.forward(minutes=61)
    assert phone.get(where).status_code == 410
    assert phone.post(where).status_code == 410


def test_whoever_was_faster_has_it(phone, signed, wanted, where):
    phone.get(where)
    signed("Dao").post(f"/callbacks/{wanted}/claim")
    assert "Somebody has taken it already" in text_of(phone.get(where))
    assert phone.post(where).status_code == 410


def test_the_press_needs_its_own_page(phone, line, wanted, where):
    assert phone.post(where, csrf="").status_code == 400
    phone.get(where)
    assert (
        phone.client.post(
            where, data={"csrf_token": phone.csrf}, headers={"Origin": "https://evil.example"}
        ).status_code
        == 403
    )
    assert line.callback(wanted).state is CallbackState.WAITING


def test_the_link_opens_no_other_page(phone, wanted, where):
    phone.get(where)
    phone.post(where)
    assert phone.get("/").location.startswith("/sign-in")
    assert phone.get(f"/callbacks/{wanted}").location.startswith("/sign-in")


@pytest.mark.parametrize("outcome", ["", "bogus"])
def test_an_outcome_that_is_none_is_refused_in_words(phone, where, outcome):
    phone.get(where)
    phone.post(where)
    phone.post("/tapped/call")
    form = re.search(r'name="form" value="([\w-]{16,})"', text_of(phone.get("/tapped"))).group(1)
    assert phone.post("/tapped/outcome", outcome=outcome, form=form).status_code == 409
    assert f"tel:{HER}" in text_of(phone.get("/tapped"))
