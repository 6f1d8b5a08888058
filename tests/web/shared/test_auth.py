"""Ways back and addresses under hostile input: one never leaves by a link of ours."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.permissions import Role
from gateway.helpdesk.staff.sign_in import SignedIn
from gateway.web.shared import FOLDER, auth, list_addresses
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser, somebody, token_of

HERE = "http://127.0.0.1:8000/sign-in"
PARTS = [
    "/",
    "\\",
    "//",
    "evil.example",
    "http:",
    "https://",
    "@",
    "?",
    "#",
    ":",
    "\t",
    "\n",
    "..",
    "%2f",
    "a",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PARTS), max_size=8).map("".join)))
def test_a_way_back_stays_on_this_host(written):
    way = auth.check_way_back(written)
    assert way in {"", written}
    if way:
        assert way.startswith("/")
        # Browsers read a backslash as a slash and drop tabs and line ends.
        as_read = way.replace("\\", "/").replace("\t", "").replace("\n", "").replace("\r", "")
        assert urlsplit(urljoin(HERE, as_read)).netloc == "127.0.0.1:8000"


@pytest.mark.parametrize("way", ["/", "/callbacks/1m86?tab=later", "/me#phone", "/search?code=48%2021"])
def test_our_own_ways_are_kept(way):
    assert auth.check_way_back(way) == way


@pytest.mark.parametrize("role", list(Role))
def test_the_first_page_of_a_role_opens(parts, role):
    somebody(parts, "Noy", role)
    browser = Browser(pages_of(parts).test_client()).carry(token_of(parts, "Noy"))
    home = browser.get("/")
    while home.status_code == 302:
        home = browser.get(home.location)
    assert home.status_code == 200


def test_a_visitor_is_led_back_to_where_they_wanted(parts):
    somebody(parts, "Noy")
    browser = Browser(pages_of(parts).test_client())
    turned = browser.get("/callbacks/abc?tab=later")
    assert turned.location == "/sign-in?back=%2Fcallbacks%2Fabc%3Ftab%3Dlater"
    assert 'value="/callbacks/abc?tab=later"' in browser.get(turned.location).get_data(as_text=True)


@pytest.mark.parametrize("token", ["", "x", "x" * 3_000, "ນາງ", "' OR 1=1 --", "\x00"])
def test_no_made_up_cookie_opens_anything(parts, token):
    client = pages_of(parts).test_client()
    client.set_cookie("sign-in", token)
    assert client.get("/me").status_code == 302


def test_a_fault_is_logged_by_place_and_never_by_its_words(parts, monkeypatch, caplog):
    somebody(parts, "Noy")
    app = pages_of(parts)
    browser = Browser(app.test_client()).carry(token_of(parts, "Noy"))

    def broken(*_args: object) -> SignedIn:
        raise ValueError("+8562055512345 said something")

    monkeypatch.setitem(app.view_functions, "sign_in.own", broken)
    answer = browser.get("/me?secret=+8562055512345")
    assert answer.status_code == 500
    assert "said something" not in answer.get_data(as_text=True)
    assert "5512345" not in caplog.text
    assert "sign_in.own" in caplog.text
    assert "ValueError" in caplog.text


def test_every_file_has_an_address_that_changes_with_it():
    found = list_addresses()
    assert "app.css" in found
    assert len(set(found.values())) == sum(path.is_file() for path in FOLDER.rglob("*"))
    assert all(address.startswith("/static/") and "?" in address for address in found.values())


def test_while_sql_is_away_what_anyone_may_see_is_shown_and_the_rest_says_so(parts, monkeypatch):
    somebody(parts, "Noy")
    browser = Browser(pages_of(parts).test_client()).carry(token_of(parts, "Noy"))
    monkeypatch.setattr(parts.store, "_away", lambda: True)
    assert browser.get("/sign-in").status_code == 200
    assert browser.get("/me").status_code == 503
    monkeypatch.undo()
    assert browser.get("/me").status_code == 200
