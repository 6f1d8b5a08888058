"""The second factor at the door, one's own sign-ins, and the proof before something leaves: plain forms."""

import re
from dataclasses import replace

import pyotp
import pytest

from gateway.helpdesk.staff import people, sign_in, two_factor
from gateway.helpdesk.staff.people import OWNER
from gateway.web.shared.auth import _FOR_ANYONE
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import PASSWORD, Browser, somebody, token_of


def secret_on(page: str) -> str:
    return re.search(r"<code[^>]*>([A-Z2-7]{32})</code>", page).group(1)


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


@pytest.fixture
def app(parts):
    return pages_of(parts)


@pytest.fixture
def sup(parts, app):
    somebody(parts, "Sup", "supervisor")
    browser = Browser(app.test_client()).carry(token_of(parts, "Sup", enrolled=False))
    browser.get("/me/second-factor")
    return browser


@pytest.fixture
def code(clock, sup):
    """Turns the second factor on; returns the app's code of now and the recovery codes."""
    page = text_of(sup.post("/me/second-factor"))
    secret = secret_on(page)
    page = text_of(sup.post("/me/second-factor/confirm", code=pyotp.TOTP(secret).at(clock.now())))
    recovery = re.findall(r"<li><code>([^<]+)</code>", page)
    assert len(recovery) == two_factor.RECOVERY_CODES
    clock.forward(seconds=60)

    def now() -> str:
        return pyotp.TOTP(secret).at(clock.now())

    now.recovery = recovery
    return now


def at_the_door(app, back=""):
    browser = Browser(app.test_client())
    browser.get("/sign-in")
    answer = browser.post("/sign-in", name="Sup", password=PASSWORD, back=back)
    assert answer.location.startswith("/sign-in/code")
    browser.get(answer.location)
    return browser


def test_a_wrong_first_code_turns_nothing_on_and_the_secret_stays(sup):
    secret = secret_on(text_of(sup.post("/me/second-factor")))
    answer = sup.post("/me/second-factor/confirm", code="000000x")
    assert answer.status_code == 422
    assert "wrong or was used" in text_of(answer)
    assert secret_on(text_of(answer)) == secret
    assert secret_on(text_of(sup.get("/me/second-factor"))) == secret
    assert secret_on(text_of(sup.post("/me/second-factor"))) != secret
    assert sup.get("/later").location == "/me/second-factor"


def test_where_it_may_be_left_out_the_page_says_that_the_role_wants_it(parts):
    somebody(parts, "Sup", "supervisor")
    free = pages_of(replace(parts, asks_second_factor=False))
    browser = Browser(free.test_client()).carry(token_of(parts, "Sup", enrolled=False))
    assert "please turn it on" in text_of(browser.get("/me/second-factor"))
    assert "It is off." in text_of(browser.get("/me"))
    assert browser.get("/").status_code == 200


class TestBeforeItIsOn:
    """Whose role needs one and who has none gets to the page where it is turned on, and nowhere else."""

    @pytest.mark.parametrize("role", ["supervisor", "administrator"])
    def test_after_the_password_comes_the_page(self, parts, app, role):
        somebody(parts, "New", role)
        browser = Browser(app.test_client())
        browser.get("/sign-in")
        answer = browser.post("/sign-in", name="New", password=PASSWORD, back="/later")
        assert answer.location == "/me/second-factor"
        page = text_of(browser.get("/me/second-factor"))
        assert secret_on(page)
        assert "so this comes first" in page
        assert "otpauth://totp/" in page

    def test_the_first_administrator_comes_from_the_link_to_the_codes_to_the_first_steps(
        self, parts, app, clock
    ):
        browser = Browser(app.test_client())
        link = f"/invitation/{people.invite_first_administrator(parts)}"
        browser.get(link)
        assert browser.post(link, name="Boss", password=PASSWORD).location == "/me/second-factor"
        secret = secret_on(text_of(browser.get("/me/second-factor")))
        assert browser.get("/admin/people").location == "/me/second-factor"
        page = text_of(browser.post("/me/second-factor/confirm", code=pyotp.TOTP(secret).at(clock.now())))
        assert "Write these codes down" in page
        assert 'href="/"' in page
        assert browser.get("/").location == "/admin/begin"
        assert browser.get("/admin/people").status_code == 200

    def test_every_other_address_leads_back_whatever_is_asked(self, app, sup):
        open_ones = {"/me/second-factor", "/me/second-factor/confirm", "/sign-out", "/language"}
        closed = 0
        for rule in app.url_map.iter_rules():
            view = app.view_functions[rule.endpoint]
            if rule.rule in open_ones or view in _FOR_ANYONE:
                continue
            where = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule)
            where = re.sub(r"<int:[^>]+>", "1", where)
            where = re.sub(r"<[^>]+>", "made-up", where)
            asked = sup.get if "GET" in rule.methods else sup.post
            answer = asked(where)
            assert (answer.status_code, answer.location) == (303, "/me/second-factor"), rule
            closed += 1
        assert closed > 40

    def test_a_piece_of_an_open_page_is_refused_and_not_filled_with_another(self, sup):
        answer = sup.get("/look/queue", headers={"HX-Request": "true", "X-Polls": "yes"})
        assert (answer.status_code, text_of(answer)) == (401, "")

    def test_leaving_and_the_language_go_on_working(self, sup):
        assert sup.post("/language", language="lo", back="/me/second-factor").status_code == 303
        assert sup.post("/sign-out").location == "/sign-in"

    def test_on_the_next_day_the_same_secret_waits(self, app, sup):
        secret = secret_on(text_of(sup.post("/me/second-factor")))
        browser = Browser(app.test_client())
        browser.get("/sign-in")
        assert browser.post("/sign-in", name="Sup", password=PASSWORD).location == "/me/second-factor"
        assert secret_on(text_of(browser.get("/me/second-factor"))) == secret

    @pytest.mark.parametrize("role", ["counsellor", "reader"])
    def test_others_may_have_one_and_need_none(self, parts, app, role):
        somebody(parts, "Noy", role)
        browser = Browser(app.test_client()).carry(token_of(parts, "Noy"))
        page = text_of(browser.get("/me/second-factor"))
        assert "comes first" not in page
        assert "please turn it on" not in page
        assert browser.get("/me").status_code == 200


def test_password_alone_lets_nobody_in(app, code):
    browser = at_the_door(app)
    assert browser.get("/").location.startswith("/sign-in")
    assert browser.post("/sign-in/code", code="123").status_code == 422
    assert browser.get("/").location.startswith("/sign-in")
    answer = browser.post("/sign-in/code", code=code())
    assert answer.location == "/"
    assert browser.get("/").status_code == 200


def test_the_way_back_is_kept_and_only_ours(app, code):
    browser = at_the_door(app, back="/later")
    assert browser.post("/sign-in/code", code=code(), back="/later").location == "/later"
    other = at_the_door(app)
    recovery = code.recovery[0]
    assert other.post("/sign-in/code", code=recovery, back="//evil.example").location == "/"


def test_a_recovery_code_is_good_once(app, code):
    for status in (303, 422):
        browser = at_the_door(app)
        assert browser.post("/sign-in/code", code=code.recovery[0]).status_code == status


def test_without_a_waiting_sign_in_the_page_leads_to_the_door(app):
    assert Browser(app.test_client()).get("/sign-in/code").location == "/sign-in"


def test_it_is_taken_away_by_one_more_code_and_the_secret_is_not_shown_again(sup, code):
    page = text_of(sup.get("/me/second-factor"))
    assert "8 recovery codes are left" in page
    assert code.recovery[0] not in page
    assert sup.post("/me/second-factor").status_code == 422
    assert sup.post("/me/second-factor/off", code="no").status_code == 422
    assert "Move it to another phone" in page
    assert sup.post("/me/second-factor/off", code=code()).status_code == 303
    assert sup.get("/me").location == "/me/second-factor"
    assert "so this comes first" in text_of(sup.get("/me/second-factor"))


def test_an_administrator_takes_it_away_from_whoever_lost_it(parts, app, code):
    somebody(parts, "Boss", "administrator")
    boss = Browser(app.test_client()).carry(token_of(parts, "Boss"))
    page = text_of(boss.get("/admin/people"))
    where = f"/admin/people/{people.find_person(parts, 'Sup').id}/second-factor-off"
    assert f'action="{where}"' in page
    assert boss.post(where).status_code == 303
    browser = Browser(app.test_client())
    browser.get("/sign-in")
    assert browser.post("/sign-in", name="Sup", password=PASSWORD).location == "/me/second-factor"


class TestSignIns:
    @pytest.fixture
    def sup(self, parts, app):
        somebody(parts, "Sup", "supervisor")
        browser = Browser(app.test_client()).carry(token_of(parts, "Sup"))
        browser.get("/me/sign-ins")
        return browser

    def test_they_are_listed_and_one_is_ended(self, parts, sup):
        token = sign_in.sign_in(parts, "Sup", PASSWORD, "", device="Android")
        page = text_of(sup.get("/me/sign-ins"))
        assert "Android" in page
        assert page.count("this one") == 1
        assert sup.post(re.search(r'action="(/me/sign-ins/\w+/end)"', page).group(1)).status_code == 303
        assert sign_in.find_signed_in(parts, token) is None
        assert "Android" not in text_of(sup.get("/me/sign-ins"))

    @pytest.mark.parametrize("listed", ["00", "nonsense", "ff" * 32])
    def test_one_that_is_none_ends_nothing(self, sup, listed):
        sup.post(f"/me/sign-ins/{listed}/end")
        assert "It had ended already." in text_of(sup.get("/me/sign-ins"))

    def test_nobody_ends_that_of_another(self, parts, sup):
        somebody(parts, "Noy")
        token = token_of(parts, "Noy")
        own = parts.store.ring.lookup("sign_in", token).hex()
        sup.post(f"/me/sign-ins/{own}/end")
        assert sign_in.find_signed_in(parts, token) is not None

    def test_the_browser_is_called_what_people_call_it(self, parts, app):
        own = somebody(parts, "Noy")
        browser = Browser(app.test_client())
        browser.get("/sign-in")
        agent = {"User-Agent": "Mozilla/5.0 (Linux; Android 9; SM-J260) Chrome/120"}
        data = {"name": "Noy", "password": PASSWORD, "csrf_token": browser.csrf}
        assert browser.client.post("/sign-in", data=data, headers=agent).location == "/me/second-factor"
        assert [one.device for one in sign_in.list_sign_ins(parts, OWNER, own)] == ["Android"]


class TestProof:
    def test_the_password_shows_it_for_a_while(self, parts, app, clock):
        somebody(parts, "Noy", "reader")
        token = token_of(parts, "Noy")
        noy = Browser(app.test_client()).carry(token)
        clock.forward(minutes=20)
        noy.get("/prove?back=/closed")
        assert noy.post("/prove", password="wrong", back="/closed").status_code == 422
        assert noy.post("/prove", password=PASSWORD, back="/closed").location == "/closed"
        assert sign_in.find_signed_in(parts, token).actor.proved_at == clock.now()

    def test_with_a_second_factor_its_code_is_asked_too(self, sup, code):
        assert 'name="code"' in text_of(sup.get("/prove"))
        assert sup.post("/prove", password=PASSWORD).status_code == 422
        assert sup.post("/prove", password=PASSWORD, code=code(), back="//x").location == "/"
