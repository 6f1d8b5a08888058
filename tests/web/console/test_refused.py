"""What the counsellor reads of a refusal: in the line, on the page, while the call runs, and in the history."""

import hashlib

import pytest

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Role
from gateway.helpdesk.requests import refuse
from gateway.menus.engine.effects import RefuseCalls
from tests.support.desk_rig import HER, Desk

NUMBER = "+85620555900001"


def refuses(line: Desk, how: str) -> None:
    effect = RefuseCalls(how=how)  # type: ignore[arg-type]
    line.does(refuse.refuse_calls, HER, effect=effect, session=hashlib.sha256(b"later").digest())


@pytest.fixture
def callback(line: Desk) -> str:
    made = line.requested()
    line.clock.forward(hours=5)
    return made


@pytest.mark.fault("R1")
@pytest.mark.parametrize("how", ["plain", "said"])
def test_while_she_is_called_her_number_goes_and_the_outcome_is_asked(signed, line, callback, how):
    browser = signed("Noy", number=NUMBER)
    browser.post(f"/callbacks/{callback}/claim")
    browser.post(f"/callbacks/{callback}/call")
    assert HER in browser.get(f"/callbacks/{callback}").get_data(as_text=True)
    refuses(line, how)
    page = browser.get(f"/callbacks/{callback}").get_data(as_text=True)
    assert "She refused while you were calling." in page
    assert HER not in page
    assert "tel:" not in page
    assert f"/callbacks/{callback}/outcome" in page
    again = browser.post(f"/callbacks/{callback}/call")
    assert again.status_code == 409
    assert HER not in again.get_data(as_text=True)
    form = page.partition('name="form" value="')[2].partition('"')[0]
    assert browser.post(f"/callbacks/{callback}/outcome", outcome="no_answer", form=form).status_code == 303
    assert line.callback(callback).state is (
        CallbackState.CANCELLED if how == "plain" else CallbackState.REVIEW
    )
    assert line.rows("SELECT outcome FROM attempts") == [("no_answer",)]


@pytest.mark.fault("R1")
@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("plain", "She said: do not call."),
        ("said", "She wrote: do not call."),
        ("stop", "She wrote STOP"),
    ],
)
def test_the_page_and_the_list_say_what_she_said(signed, line, callback, how, said):
    refuses(line, how)
    browser = signed("Boss", Role.SUPERVISOR, number=NUMBER)
    page = browser.get(f"/callbacks/{callback}").get_data(as_text=True)
    assert said in page
    assert "she said: do not call" in page  # the history
    listed = browser.get("/closed" if how == "plain" else "/review").get_data(as_text=True)
    assert said in listed


@pytest.mark.fault("R1")
@pytest.mark.parametrize("language", ["lo", "th"])
def test_it_is_said_in_each_language_of_the_pages(signed, line, callback, language):
    refuses(line, "said")
    browser = signed("Boss", Role.SUPERVISOR, number=NUMBER)
    answer = browser.get(f"/callbacks/{callback}", headers={"Accept-Language": language})
    page = answer.get_data(as_text=True)
    assert {"lo": "ຢ່າໂທ", "th": "อย่าโทร"}[language] in page
