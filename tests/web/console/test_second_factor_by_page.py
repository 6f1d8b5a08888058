"""Whoever may see callers sees none, on no page, before the second factor of their role is on: the table is walked."""

import pytest

from gateway.domain.permissions import Role
from tests.support.desk_rig import HER
from tests.support.web_surroundings import Browser, token_of
from tests.web.console.test_roles import ANYONE, FORMS, TABLE, A, C, R, S, address

pytestmark = pytest.mark.fault("K7")

ENROL = "/me/second-factor"
OPEN = {ENROL, "/me/second-factor/confirm", "/sign-out"}
"""Where the second factor is turned on, and the way out."""

ONE_TAP = {("GET", "/t/<token>"), ("POST", "/t/<token>"), ("GET", "/tapped"), ("POST", "/tapped/call"), ("POST", "/tapped/outcome")}  # fmt: skip
"""The only addresses that show a request without a sign-in: a link to the helpline phone, once, bound to that phone."""

SHOWS_CALLERS = [
    route for route, who in TABLE.items() if who != ANYONE and C in who and not {A, R} & set(who)
]


def ask(browser: Browser, method: str, rule: str, callback_id: str):
    where = address(rule, callback_id)
    fields = FORMS.get(where.rpartition("/")[2], {})
    return browser.client.get(where) if method == "GET" else browser.post(where, **fields)


@pytest.fixture
def half(app, parts, line, request):
    line.person("Noy", request.param, on_duty=True)
    browser = Browser(app.test_client()).carry(token_of(parts, "Noy", enrolled=False))
    browser.get(ENROL)
    return browser


@pytest.mark.parametrize("half", [C, S, A], indirect=True)
def test_every_page_leads_to_where_it_is_turned_on_and_says_nothing_of_her(half, line):
    callback_id = line.requested(HER)
    code = line.callback(callback_id).code
    for (method, rule), who in TABLE.items():
        if who == ANYONE or rule in OPEN:
            continue
        answer = ask(half, method, rule, callback_id)
        page = answer.get_data(as_text=True)
        assert (answer.status_code, answer.location) == (303, ENROL), rule
        assert code not in page
        assert HER[-4:] not in page
    assert line.callback(callback_id).state == "waiting"


def test_what_shows_callers_is_most_of_the_console():
    assert len(SHOWS_CALLERS) > 30
    assert not ONE_TAP & set(SHOWS_CALLERS)
    for route in ONE_TAP:
        assert TABLE[route] == ANYONE


@pytest.mark.parametrize("half", [C], indirect=True)
@pytest.mark.parametrize("route", [("GET", "/"), ("GET", "/look/<any(queue, mine, later, review, closed):tab>"), ("GET", "/callbacks/<callback_id>/look")], ids=" ".join)  # fmt: skip
def test_a_piece_of_a_page_is_no_way_round(half, line, route):
    callback_id = line.requested(HER)
    where = address(route[1], callback_id)
    answer = half.client.get(where, headers={"HX-Request": "true", "X-Polls": "yes"})
    assert (answer.status_code, answer.get_data()) == (401, b"")


@pytest.mark.parametrize("role", [C, S])
def test_with_it_the_pages_are_there(signed, line, role: Role):
    browser = signed("Noy", role)
    assert browser.get(f"/callbacks/{line.requested(HER)}").status_code == 200


@pytest.mark.parametrize("role", [A, R])
def test_a_refused_page_is_put_on_record_by_its_name_and_not_its_address(signed, line, parts, role: Role):
    from gateway.storage import audit

    callback_id = line.requested(HER)
    assert signed("Noy", role).get(f"/callbacks/{callback_id}").status_code == 403
    with parts.store.read() as tx:
        (refused,) = [row for row in audit.list_latest(tx) if row.act == "page refused"]
    assert refused.subject == "console.callback"
    assert callback_id not in repr(refused)
