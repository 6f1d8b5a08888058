"""The doors: sign-in, the one-time link, one's own settings, and that nothing opens without them."""

import gc
import gzip
import re
import warnings
from dataclasses import replace
from itertools import product

import brotli
import pytest
from werkzeug.test import create_environ

from gateway.helpdesk.staff import people, sign_in
from gateway.helpdesk.staff.people import OWNER
from gateway.web.shared import ALWAYS, BARE, FOLDER, list_addresses
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import PASSWORD, Browser, somebody, token_for, token_of


@pytest.fixture
def parts(parts):
    """A house that asks nobody for a second factor; that one has tests of its own."""
    return replace(parts, asks_second_factor=False)


@pytest.fixture
def app(parts):
    return pages_of(parts)


@pytest.fixture
def browser(app):
    return Browser(app.test_client())


def enter(browser, name="Noy", password=PASSWORD, **fields):
    browser.get("/sign-in")
    return browser.post("/sign-in", name=name, password=password, **fields)


def cookie_of(answer, name="sign-in"):
    return next((c for c in answer.headers.getlist("Set-Cookie") if c.startswith(f"{name}=")), "")


class TestSignIn:
    @pytest.mark.parametrize(
        ("role", "home"),
        [
            ("counsellor", "/me/second-factor"),
            ("supervisor", "/me/second-factor"),
            ("administrator", "/me/second-factor"),
            ("reader", "/admin/"),
        ],
    )
    def test_everybody_lands_on_a_page_of_theirs(self, parts, role, home):
        browser = Browser(pages_of(replace(parts, asks_second_factor=True)).test_client())
        somebody(parts, "Noy", role)
        answer = enter(browser)
        assert (answer.status_code, answer.location) == (303, home)

    def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(self, parts, browser):
        somebody(parts)
        cookie = cookie_of(enter(browser))
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert "Expires" not in cookie

    def test_over_https_the_cookie_is_bound_to_the_host(self, parts, app):
        somebody(parts)
        client = app.test_client()
        secure = {"base_url": "https://helpline.example"}
        page = client.get("/sign-in", **secure).get_data(as_text=True)
        csrf = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
        data = {"name": "Noy", "password": PASSWORD, "csrf_token": csrf}
        answer = client.post("/sign-in", data=data, **secure)
        assert "Secure" in cookie_of(answer, "__Host-sign-in")
        assert client.get("/me", **secure).status_code == 200
        assert answer.headers["Strict-Transport-Security"]

    def test_wrong_name_and_wrong_password_read_the_same(self, parts, browser):
        somebody(parts)
        answers = [enter(browser, "Noy", "wrong password"), enter(browser, "Nox", PASSWORD)]
        texts = [
            re.sub(r'value="[^"]*"', "", a.get_data(as_text=True)).replace("Nox", "Noy") for a in answers
        ]
        assert [a.status_code for a in answers] == [422, 422]
        assert texts[0] == texts[1]
        assert "Name or password is wrong." in texts[0]

    @pytest.mark.fault("Q27")
    @pytest.mark.parametrize("password", ["wrong", PASSWORD])
    def test_after_an_error_the_focus_is_where_it_was_and_the_language_can_be_chosen(
        self, parts, browser, password
    ):
        somebody(parts)
        page = enter(browser, name="Noy" if password == "wrong" else "Nobody", password=password).get_data(
            as_text=True
        )
        focused = re.findall(r'<input id="(\w+)"[^>]* autofocus', page)
        assert focused == ["password"]
        assert '<input type="hidden" name="back" value="/sign-in">' in page
        assert browser.post("/language", language="lo", back="/sign-in").location == "/sign-in"

    def test_the_name_stays_typed_and_the_password_does_not(self, browser):
        page = enter(browser, "Somebody", "wrong password").get_data(as_text=True)
        assert 'value="Somebody"' in page
        assert "wrong password" not in page

    def test_too_many_tries_say_how_long_to_wait(self, parts, browser):
        from gateway.helpdesk.staff import passwords

        for _ in range(5):
            passwords.take_a_try(parts, "noy", "127.0.0.1")
        answer = enter(browser)
        assert answer.status_code == 429
        assert "Try again in 3 seconds" in answer.get_data(as_text=True)

    @pytest.mark.parametrize(
        ("back", "goes"),
        [
            ("/callbacks/abc", "/callbacks/abc"),
            ("https://evil.example/", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/a\r\nSet-Cookie: x=y", "/"),
            ("javascript:alert(1)", "/"),
        ],
    )
    def test_one_goes_back_only_to_a_page_of_ours(self, parts, browser, back, goes):
        somebody(parts)
        assert enter(browser, back=back).location == goes

    def test_a_sign_in_from_before_is_not_taken_over(self, parts, browser):
        somebody(parts)
        browser.client.set_cookie("sign-in", "chosen by somebody else")
        answer = enter(browser)
        assert "chosen by somebody else" not in cookie_of(answer)
        assert sign_in.find_signed_in(parts, "chosen by somebody else") is None


class TestSignOut:
    def test_a_copied_cookie_is_dead_afterwards(self, parts, app, browser):
        somebody(parts)
        enter(browser)
        copied = browser.client.get_cookie("sign-in").value
        other = Browser(app.test_client()).carry(copied)
        assert other.get("/me").status_code == 200
        browser.get("/me")
        answer = browser.post("/sign-out")
        assert answer.status_code == 303
        assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
        assert other.get("/me").status_code == 302

    def test_signing_out_needs_its_token_too(self, parts, browser):
        somebody(parts)
        enter(browser)
        assert browser.post("/sign-out", csrf="").status_code == 400
        assert browser.get("/me").status_code == 200

    def test_removal_ends_the_next_request(self, parts, browser):
        own = somebody(parts)
        enter(browser)
        people.disable_person(parts, OWNER, own)
        assert browser.get("/me").status_code == 302


class TestLink:
    def test_the_first_administrator_comes_in_by_it_once(self, parts, app, browser):
        browser = Browser(pages_of(replace(parts, asks_second_factor=True)).test_client())
        link = f"/invitation/{people.invite_first_administrator(parts)}"
        assert "first administrator" in browser.get(link).get_data(as_text=True)
        again = browser.post(link, name="x", password="short").get_data(as_text=True)
        assert "at least one letter" in again
        assert browser.post(link, name="Boss", password="short").status_code == 422
        answer = browser.post(link, name="Boss", password=PASSWORD)
        assert (answer.status_code, answer.location) == (303, "/me/second-factor")
        assert browser.get("/me/second-factor").status_code == 200
        late = Browser(app.test_client())
        assert late.get(link).status_code == 410

    def test_looking_at_it_does_not_use_it_up(self, parts, browser):
        link = f"/invitation/{people.invite_first_administrator(parts)}"
        for _ in range(3):
            assert browser.get(link).status_code == 200

    def test_a_made_up_one_opens_nothing(self, browser):
        assert browser.get("/invitation/made-up").status_code == 410
        browser.get("/sign-in")
        assert browser.post("/invitation/made-up", name="Boss", password=PASSWORD).status_code == 410


class TestOwnSettings:
    @pytest.fixture
    def mine(self, parts, browser):
        self.own = somebody(parts)
        browser.carry(token_of(parts, "Noy")).get("/me")
        return browser

    def test_duty_is_switched(self, parts, mine):
        assert mine.post("/me/duty", on="yes", back="/").status_code == 303
        assert people.find_person(parts, "Noy").on_duty
        mine.post("/me/duty", on="no")
        assert not people.find_person(parts, "Noy").on_duty

    def test_a_wrong_phone_is_said_beside_its_field_and_kept(self, parts, mine):
        answer = mine.post("/me/number", number="12")
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert 'value="12"' in page
        assert "number-fault" in page
        mine.post("/me/number", number="020 55500111")
        assert people.find_person(parts, "Noy").number == "+8562055500111"

    @pytest.mark.fault("N2")
    def test_a_landline_of_two_countries_is_asked_about(self, parts, mine):
        page = mine.post("/me/number", number="021 123 456").get_data(as_text=True)
        assert 'value="021 123 456"' in page
        assert 'name="number_meant" value="+85621123456"' in page
        mine.post("/me/number", number="021 123 456", number_meant="+85621123456")
        assert people.find_person(parts, "Noy").number == "+85621123456"

    def test_a_new_password_keeps_this_browser_in_and_all_others_out(self, app, mine):
        other = Browser(app.test_client())
        other.carry(token_for("Noy"))
        assert mine.post("/me/password", old="nope", new="another long password").status_code == 422
        assert mine.post("/me/password", old=PASSWORD, new="short").status_code == 422
        assert mine.post("/me/password", old=PASSWORD, new="another long password").status_code == 303
        assert mine.get("/me").status_code == 200
        assert other.get("/me").status_code == 302

    def test_signing_out_everywhere(self, parts, mine):
        assert mine.post("/me/sign-out-everywhere").status_code == 303
        assert sign_in.find_signed_in(parts, token_for("Noy")) is None

    @pytest.mark.parametrize(("language", "word"), [("lo", "ອອກ"), ("th", "ออกจากระบบ"), ("en", "Sign out")])
    def test_the_pages_speak_the_persons_language(self, mine, language, word):
        mine.post("/language", language=language, back="/me")
        page = mine.get("/me").get_data(as_text=True)
        assert f'<html lang="{language}">' in page
        assert word in page


def test_a_visitor_chooses_a_language_before_the_sign_in(browser):
    assert '<html lang="th">' in browser.get(
        "/sign-in", headers={"Accept-Language": "th-TH,th;q=0.9"}
    ).get_data(as_text=True)
    browser.post("/language", language="lo", back="/sign-in")
    assert '<html lang="lo">' in browser.get("/sign-in").get_data(as_text=True)
    browser.post("/language", language="xx", back="https://evil.example")
    assert '<html lang="lo">' in browser.get("/sign-in").get_data(as_text=True)


class TestForms:
    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 422),
            ({"Origin": "http://localhost"}, 422),
            ({"Sec-Fetch-Site": "same-origin"}, 422),
            ({"Origin": "https://evil.example"}, 403),
            ({"Origin": "null"}, 422),
            ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 422),
            ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
        ],
    )
    def test_a_form_comes_from_a_page_of_ours(self, browser, headers, status):
        browser.get("/sign-in")
        data = {"name": "Noy", "password": "wrong password", "csrf_token": browser.csrf}
        assert browser.client.post("/sign-in", data=data, headers=headers).status_code == status

    def test_a_form_without_its_token_changes_nothing_and_says_so(self, browser):
        answer = browser.client.post("/sign-in", data={"name": "Noy", "password": PASSWORD})
        assert answer.status_code == 400
        assert "Nothing was changed" in answer.get_data(as_text=True)

    def test_a_huge_form_is_refused_in_words(self, browser):
        browser.get("/sign-in")
        answer = browser.post("/sign-in", name="x" * 100_000, password="y")
        assert answer.status_code == 413
        assert "too much text" in answer.get_data(as_text=True)


class TestHeaders:
    @pytest.mark.parametrize("address", ["/sign-in", "/me", "/nowhere", "/invitation/x"])
    def test_every_page_has_them_and_none_is_kept(self, browser, address):
        answer = browser.get(address)
        for name, value in ALWAYS.items():
            assert answer.headers[name] == value
        assert answer.headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(
        ("name", "headers"), [("app.css", BARE), ("live.js", BARE), ("icon.svg", ALWAYS)]
    )
    def test_a_file_has_those_that_a_file_needs(self, browser, name, headers):
        with browser.client.get(f"/static/{name}") as answer:
            assert {one for one in ALWAYS if one in answer.headers} == set(headers)

    def test_no_page_of_ours_needs_more_than_the_policy_allows(self, parts, browser):
        somebody(parts)
        browser.carry(token_of(parts, "Noy"))
        for address in ("/sign-in", "/me", "/nowhere"):
            page = browser.get(address).get_data(as_text=True)
            assert not re.search(r"<script(?![^>]*\ssrc=)", page)
            assert not re.search(r"\son\w+=", page)
            assert not re.search(r"\sstyle=", page)
            assert "<style" not in page

    def test_an_answer_that_nobody_closes_leaves_no_file_open(self, app):
        """Some servers forget to close it when the browser goes away: Werkzeug's, if what it still sends is reset."""
        names = ("app.css", "sound.js", "icon.svg", "vendor/htmx.LICENSE", "vendor/none.js", "vendor")
        asked = (
            {},
            {"Accept-Encoding": "gzip"},
            {"Accept-Encoding": "br"},
            {"Range": "bytes=5-9"},
            {"Range": "bytes=9000000-"},
            {"If-None-Match": "*"},
            {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
        )
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            for method, name, headers in product(("GET", "HEAD", "OPTIONS", "POST"), names, asked):
                given = app.wsgi_app(
                    create_environ(f"/static/{name}", method=method, headers=headers), lambda *_: print
                )
                next(iter(given), b"")
                del given
            gc.collect(0)
        assert [str(one.message) for one in seen] == []

    @pytest.mark.parametrize(
        "name",
        ["", "../__init__.py", "..%2f__init__.py", "vendor", "vendor/", "app.css/", "APP.CSS", "a%00b", "ກ"],
    )
    def test_nothing_but_the_files_is_served(self, browser, name):
        assert browser.client.get(f"/static/{name}").status_code == 404

    def test_every_file_is_served_as_what_it_is(self, browser):
        kinds = set()
        for name, address in list_addresses().items():
            answer = browser.client.get(address)
            assert (answer.status_code, answer.get_data()) == (200, (FOLDER / name).read_bytes())
            kinds.add(answer.mimetype)
        assert kinds == {"text/css", "text/javascript", "application/json", "image/svg+xml", "text/plain"}

    def test_files_are_kept_for_long_under_an_address_of_their_content(self, browser):
        page = browser.get("/sign-in").get_data(as_text=True)
        address = re.search(r'href="(/static/app\.css\?\w+)"', page).group(1)
        with browser.client.get(address, headers={"Accept-Encoding": "gzip"}) as answer:
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["Content-Encoding"] == "gzip"
        with browser.client.get("/static/app.css") as answer:
            assert answer.headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(
        ("accepted", "coding", "open_body"),
        [
            ("gzip, deflate", "gzip", gzip.decompress),
            ("gzip, deflate, br, zstd", "br", brotli.decompress),
            ("br;q=0, gzip", "gzip", gzip.decompress),
        ],
    )
    def test_a_slow_line_carries_what_the_browser_can_open(self, browser, accepted, coding, open_body):
        plain = browser.get("/sign-in").get_data()
        answer = browser.client.get("/sign-in", headers={"Accept-Encoding": accepted})
        assert answer.headers["Content-Encoding"] == coding
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert len(open_body(answer.get_data())) == len(plain)
        for name in ("app.css", "live.js"):
            with browser.client.get(f"/static/{name}", headers={"Accept-Encoding": accepted}) as answer:
                text = open_body(answer.get_data()).decode()
                assert text.count("{") == text.count("}") > 0
                assert "\n " not in text
                assert "/* " not in text

    def test_a_proxys_word_counts_only_where_it_is_configured(self, parts):
        said = {
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "203.0.113.9",
            "X-Forwarded-Host": "h.example",
        }
        for proxies, secure in ((0, False), (1, True)):
            answer = pages_of(parts, proxies=proxies).test_client().get("/sign-in", headers=said)
            assert ("Strict-Transport-Security" in answer.headers) is secure


def test_hostile_names_are_shown_as_text(parts, app):
    people.add_person(parts, OWNER, name="<script>x</script>", role="counsellor", password=PASSWORD)
    browser = Browser(app.test_client()).carry(token_of(parts, "<script>x</script>"))
    page = browser.get("/me").get_data(as_text=True)
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page
