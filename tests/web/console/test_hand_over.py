"""The end of a shift: what is promised by hour, and several claims passed on or given back in one form."""

import re

import pytest

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Role
from gateway.helpdesk.queue import claim
from gateway.helpdesk.staff import people
from tests.support.desk_rig import Desk
from tests.support.web_surroundings import Browser


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


@pytest.fixture
def held(signed, line: Desk) -> tuple[Browser, list[str]]:
    """Noy, who leaves, and the three requests that Noy holds; Dao is on duty and speaks Lao only."""
    browser = signed("Noy", on_duty=True)
    line.person("Dao", on_duty=True, languages=("lo",))
    noy = people.find_actor(line.parts, "Noy")
    made = []
    for n, language in enumerate(("lo", "lo", "th")):
        made.append(line.requested(f"+8562055500{n:03}", when="now", language=language))
        claim.claim_callback(line.parts, noy, made[-1])
    browser.get("/hand-over")
    return browser, made


def holders(line: Desk, ids: list[str]) -> list[str]:
    names = dict(line.rows("SELECT id, name FROM people"))
    return [names.get(line.callback(one).holder_id, "") for one in ids]


@pytest.mark.fault("Q31")
def test_several_are_passed_on_at_once_and_who_cannot_have_one_is_said(held, line):
    browser, made = held
    dao = people.find_person(line.parts, "Dao").id
    answer = browser.post("/hand-over", one=made, to=dao, reason="my shift ends")
    assert holders(line, made) == ["Dao", "Dao", "Noy"]
    page = text_of(browser.get(answer.location))
    assert "2 were passed on" in page
    assert "Dao does not speak" in page
    assert line.rows("SELECT count(*) FROM notes") == [(2,)]


def test_several_are_given_back_and_their_places_are_kept(held, line):
    browser, made = held
    browser.post("/hand-over", one=made[:2], to="")
    assert [line.callback(one).state for one in made] == [CallbackState.WAITING] * 2 + [CallbackState.CLAIMED]
    assert "2 were given back" in text_of(browser.get("/hand-over"))


@pytest.mark.parametrize("odd", ["unknown", "another's", "twice", "nothing", "nobody"])
def test_what_cannot_be_moved_changes_nothing_and_keeps_no_other(held, line, odd):
    browser, made = held
    dao = people.find_actor(line.parts, "Dao")
    other = line.requested("+8562055500777", when="now")
    claim.claim_callback(line.parts, dao, other)
    chosen, to = {
        "unknown": (["nonsense", made[0]], ""),
        "another's": ([other, made[0]], ""),
        "twice": ([made[0], made[0]], ""),
        "nothing": ([], ""),
        "nobody": ([made[0]], "nobody"),
    }[odd]
    answer = browser.post("/hand-over", one=chosen, to=to)
    assert answer.status_code == 303
    assert holders(line, [other]) == ["Dao"]
    moved = odd not in {"nothing", "nobody"}
    assert (holders(line, made[:1]) == [""]) is moved
    page = text_of(browser.get("/hand-over"))
    assert ("1 was given back" in page) is moved
    assert ('role="status">Nothing was changed' in page) is not moved


def test_what_is_promised_stands_by_hour(signed, line):
    browser = signed("Noy", Role.SUPERVISOR)
    for n in range(3):
        line.requested(f"+8562055500{n:03}", when="evening")
    line.requested("+8562055500009", when="now")
    titles = re.findall(
        r"<summary>([^<]+ · \d+)</summary>", re.sub("</?span[^>]*>", "", text_of(browser.get("/hand-over")))
    )
    assert titles == ["Due now · 1", "18:00–21:00 · 3"]


def test_whoever_holds_nothing_has_nothing_to_pass_on(signed):
    assert "Pass on or give back several" not in text_of(signed("Noy").get("/hand-over"))
