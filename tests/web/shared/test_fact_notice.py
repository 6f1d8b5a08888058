"""The first page of those who keep the menus says which facts ended or end soon; nobody else's does."""

from datetime import UTC, datetime

import pytest

from gateway.domain.permissions import Role
from gateway.operations.reporting.metrics import render_metrics
from tests.support.house import publish
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser, somebody, token_of

pytestmark = pytest.mark.fault("D3")
DAY = {"soon": datetime(2027, 5, 1, 5, tzinfo=UTC), "ended": datetime(2027, 5, 30, 5, tzinfo=UTC)}


@pytest.fixture
def app(parts):
    publish(parts)
    return pages_of(parts)


def page_of(parts, app, role, where, language=""):
    somebody(parts, "Boss", role)
    browser = Browser(app.test_client()).carry(token_of(parts, "Boss"))
    browser.get("/me")
    if language:
        browser.post("/language", language=language)
    return browser.get(where).get_data(as_text=True)


def facts_of(parts):
    return len(parts.versions.live("helpline")[1].facts)


@pytest.mark.parametrize(
    ("role", "where"),
    [(Role.ADMINISTRATOR, "/admin/"), (Role.SUPERVISOR, "/admin/"), (Role.SUPERVISOR, "/")],
)
def test_who_keeps_the_menus_reads_how_many_which_and_until_when(parts, app, clock, role, where):
    clock.set(DAY["soon"])
    page = page_of(parts, app, role, where)
    assert f"Facts of the menu: 0 ended, {facts_of(parts)} end within 60 days." in page
    assert '<li>th.wage.bangkok: <span class="nowrap">2027-05-24</span></li>' in page
    assert "notice warn" in page


@pytest.mark.parametrize(("role", "where"), [(Role.ADMINISTRATOR, "/admin/"), (Role.SUPERVISOR, "/")])
def test_what_ended_is_red_and_said_to_have_ended(parts, app, clock, role, where):
    clock.set(DAY["ended"])
    page = page_of(parts, app, role, where)
    assert f"Facts of the menu: {facts_of(parts)} ended, 0 end within 60 days." in page
    assert '2027-05-24</span> · <b class="danger">ended</b>' in page
    assert "notice bad" in page


@pytest.mark.parametrize(
    ("role", "where"), [(Role.READER, "/admin/"), (Role.COUNSELLOR, "/"), (Role.SUPERVISOR, "/mine")]
)
def test_nobody_else_and_no_other_page_says_it(parts, app, clock, role, where):
    clock.set(DAY["ended"])
    page = page_of(parts, app, role, where)
    assert "<h1" in page
    assert "Facts of the menu" not in page


@pytest.mark.parametrize("where", ["/admin/", "/"])
def test_while_none_ends_soon_nothing_is_said(parts, app, where):
    assert "Facts of the menu" not in page_of(parts, app, Role.SUPERVISOR, where)


def test_the_metrics_count_them_and_name_none(parts, app, clock):
    n = facts_of(parts)
    for day, counts in {
        datetime(2027, 3, 1, 5, tzinfo=UTC): (0, 0, 0, 0),
        datetime(2027, 4, 10, 5, tzinfo=UTC): (0, n, 0, 0),
        DAY["soon"]: (0, n, n, 0),
        datetime(2027, 5, 20, 5, tzinfo=UTC): (0, n, n, n),
        DAY["ended"]: (n, 0, 0, 0),
    }.items():
        clock.set(day)
        page = render_metrics(parts).decode()
        for ends, count in zip(
            ("ended", "within 60 days", "within 30 days", "within 7 days"), counts, strict=True
        ):
            assert f'gateway_facts{{ends="{ends}"}} {float(count)}' in page
        assert "wage" not in page
