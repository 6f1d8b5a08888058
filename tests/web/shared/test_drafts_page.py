"""The pages of facts, drafts and versions, as plain forms: few clicks, faults beside their field, nothing lost."""

import html
import re

import pytest

from gateway.channels.contract import ChannelConfig, find_channel
from gateway.domain.permissions import Role
from gateway.operations.publishing import menu_drafts, stored
from gateway.operations.publishing.publish import publish_menu
from gateway.storage.live_menus import Versions
from tests.support.menu_folders import HERE
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser, parts_around, somebody, token_of

FORM = {
    "sort": "change",
    "value": "420",
    "valid_from": "2027-03-01",
    "source": "Royal Gazette",
    "checked_on": "2026-11-24",
    "expires_on": "2027-12-31",
    "seen": "400",
}


@pytest.fixture
def parts(sqlite_store, clock, tmp_path):
    simulator = find_channel(ChannelConfig(name="simulator", provider="simulator", menu="helpline"))
    versions = Versions(sqlite_store, tmp_path / "live")
    made = parts_around(sqlite_store, clock, tmp_path, versions=versions, channels={"simulator": simulator})
    publish_menu(made, stored.read_whole_folder(HERE / "base"), author="Noy", why="first")
    return made


@pytest.fixture
def app(parts):
    return pages_of(parts)


@pytest.fixture
def came(parts, app):
    def come(name="Noy", role=Role.ADMINISTRATOR):
        somebody(parts, name, role)
        browser = Browser(app.test_client()).carry(token_of(parts, name))
        browser.get("/admin/menus")
        return browser

    return come


def text_of(answer):
    return html.unescape(answer.get_data(as_text=True))


def rev_of(page):
    return re.search(r'name="rev" value="(\d+)"', page)[1]


def changed(browser, **fields):
    answer = browser.post("/admin/facts/th.wage", **(FORM | fields))
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["Location"]


def value_of(parts):
    return [each.value for each in parts.versions.live("helpline")[1].facts["th.wage"].values]


def test_a_number_changes_in_three_forms(parts, came):
    noy = came()
    assert "th.wage" in text_of(noy.get("/admin/facts"))
    assert 'name="seen" value="400"' in text_of(noy.get("/admin/facts/th.wage"))
    draft = changed(noy)
    page = text_of(noy.get(draft))
    assert "At least 420 baht a day." in page  # the phone, on the day from which it holds
    assert value_of(parts) == ["400", "410"]
    answer = noy.post(f"{draft}/publish", rev=rev_of(page), why="the new wage of March")
    assert answer.status_code == 303
    assert value_of(parts) == ["400", "410", "420"]
    page = text_of(noy.get("/admin/menus"))
    assert "the new wage of March" in page
    assert noy.post("/admin/menus/helpline/1/back", why="too early").status_code == 303
    assert value_of(parts) == ["400", "410"]


def test_a_fault_stands_beside_its_field_and_leaves_no_draft(parts, came):
    noy = came()
    answer = noy.post("/admin/facts/th.wage", **(FORM | {"valid_from": "next year", "value": "<b>"}))
    page = text_of(answer)
    assert answer.status_code == 422
    assert 'id="valid_from-fault"' in page
    assert 'value="<b>"' in page
    assert menu_drafts.list_board(parts, _actor(parts)).drafts == ()
    assert noy.post("/admin/facts/nothing", **FORM).status_code == 404
    answer = noy.post("/admin/facts/th.wage", **(FORM | {"seen": "399"}))
    assert answer.status_code == 409
    assert "it is 400 there now" in text_of(answer)


def _actor(parts):
    from gateway.helpdesk.staff.people import find_actor

    return find_actor(parts, "Noy")


def test_two_changes_go_into_one_draft(parts, came):
    noy = came()
    draft = changed(noy)
    again = changed(noy, value="430", valid_from="2027-06-01", draft=draft.rsplit("/", 1)[1])
    assert again == draft
    page = text_of(noy.get(draft))
    assert "420" in page
    assert "430" in page


def test_publishing_asks_why_and_refuses_an_older_sight(came):
    noy = came()
    draft = changed(noy)
    rev = rev_of(text_of(noy.get(draft)))
    answer = noy.post(f"{draft}/publish", rev=rev, why="")
    assert answer.status_code == 422
    assert 'id="why-fault"' in text_of(answer)
    changed(noy, value="430", draft=draft.rsplit("/", 1)[1])
    answer = noy.post(f"{draft}/publish", rev=rev, why="because")
    assert answer.status_code == 409
    assert "changed this draft meanwhile" in text_of(answer)
    assert 'value="because"' in text_of(answer)


def test_the_second_person_approves_and_looks_afterwards(parts, came):
    noy, boss = came(), came("Boss", Role.SUPERVISOR)
    assert boss.post("/admin/menus/approval", on="yes").status_code == 303
    draft = changed(noy)
    rev = rev_of(text_of(noy.get(draft)))
    answer = noy.post(f"{draft}/publish", rev=rev, why="new")
    assert "a second person has to approve" in text_of(answer)
    assert boss.post(f"{draft}/approve", rev=rev).status_code == 303
    assert noy.post(f"{draft}/publish", rev=rev, why="new").status_code == 303
    assert "Approved by Boss" in text_of(noy.get("/admin/menus"))
    urgent = changed(noy, value="430", valid_from="2027-06-01")
    page = text_of(noy.get(urgent))
    assert 'name="urgent"' in page
    assert noy.post(f"{urgent}/publish", rev=rev_of(page), why="now", urgent="yes").status_code == 303
    page = text_of(boss.get("/admin/menus"))
    assert "published by Noy alone" in page
    boss.get(urgent)
    assert boss.post(f"{urgent}/look").status_code == 303
    assert "published by Noy alone" not in text_of(boss.get("/admin/menus"))


def test_two_administrators_publish_one_after_the_other_and_nothing_is_undone(parts, came):
    noy, mali = came(), came("Mali")
    first = changed(noy)
    second = changed(mali, value="430", valid_from="2027-06-01")
    assert noy.post(f"{first}/publish", rev=rev_of(text_of(noy.get(first))), why="March").status_code == 303
    page = text_of(mali.get(second))
    assert "went live since, by Noy: March" in page
    answer = mali.post(f"{second}/publish", rev=rev_of(page), why="June")
    assert answer.status_code == 409
    assert mali.post(f"{second}/take-up", rev=rev_of(page)).status_code == 303
    page = text_of(mali.get(second))
    assert mali.post(f"{second}/publish", rev=rev_of(page), why="June").status_code == 303
    assert value_of(parts) == ["400", "410", "420", "430"]


def test_the_same_place_changed_twice_is_shown_with_both(parts, came):
    noy, mali = came(), came("Mali")
    first = changed(noy, sort="correct", value="401")
    second = changed(mali, sort="correct", value="402")
    noy.post(f"{first}/publish", rev=rev_of(text_of(noy.get(first))), why="so")
    answer = mali.post(f"{second}/take-up", rev=rev_of(text_of(mali.get(second))))
    page = text_of(answer)
    assert answer.status_code == 409
    assert "401" in page
    assert "402" in page
    assert mali.post(f"{second}/take-up", rev=rev_of(page), prefer="draft").status_code == 303
    page = text_of(mali.get(second))
    mali.post(f"{second}/publish", rev=rev_of(page), why="so again")
    assert value_of(parts)[0] == "402"


def test_a_draft_is_begun_and_given_up(parts, came):
    noy = came()
    assert noy.post("/admin/drafts", menu="helpline", name=" ").status_code == 422
    assert noy.post("/admin/drafts", menu="nothing", name="x").status_code == 422
    made = noy.post("/admin/drafts", menu="helpline", name="January").headers["Location"]
    assert "Nothing differs" in text_of(noy.get(made))
    assert noy.post(f"{made}/drop").status_code == 303
    assert noy.post(f"{made}/drop").status_code == 409
    assert noy.get("/admin/drafts/nothing").status_code == 404


def test_pages_are_small(came):
    noy = came()
    draft = changed(noy)
    for where in ("/admin/facts", "/admin/facts/th.wage", "/admin/menus", draft):
        answer = noy.client.get(where, headers={"Accept-Encoding": "gzip"})
        assert len(answer.get_data()) < 20_000
