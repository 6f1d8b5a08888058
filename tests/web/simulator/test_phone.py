"""The pages of the phone: there only where they are wanted, open to anyone there, and nothing in them runs from elsewhere."""

import html
import json
import re

import pytest

from gateway.operations.publishing.publish import publish_menu
from gateway.web.shared import FOLDER
from gateway.web.simulator.draft_pages import find_trial_channel
from tests.support import phone_rig
from tests.support.web_surroundings import Browser, somebody, token_of

WALK = {
    "it": "walks to main",
    "number": "+8562055500001",
    "dial": "*123*4#",
    "keys": ["4", "1"],
    "seen": ["language", "main", "pay"],
    "language": "",
    "script": "",
    "offers": ["morning", "noon", "evening", "sunday", "now"],
}


def page_of(browser: Browser, **headers: str) -> str:
    answer = browser.get("/phone/", headers=headers)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def attribute(page: str, name: str) -> str:
    found = re.search(rf"""data-{name}=("[^"]*"|'[^']*')""", page)
    assert found
    return html.unescape(found.group(1)[1:-1])


def kind_of(browser: Browser, address: str) -> str:
    with browser.client.get(address) as answer:
        assert answer.status_code == 200
        return answer.mimetype


@pytest.mark.parametrize("address", ["/phone/", "/phone/yaml/1/main", "/phone/test", "/phone/draft"])
def test_switched_off_there_is_nothing(parts, address):
    client = phone_rig.app_of(parts, phone="off").test_client()
    assert client.get(address).status_code == 404


def test_it_is_open_to_anyone_and_says_that_nothing_leaves(browser):
    page = page_of(browser)
    assert "Nothing leaves this computer" in page
    assert "Phone 1" in page
    assert "Phone 2" in page


def test_without_scripts_it_names_the_terminal(browser):
    (words,) = re.findall(r"<p [^>]*data-without>(.*?)</p>", page_of(browser), re.DOTALL)
    assert "gateway dial &#34;*123*4#&#34;" in words or 'gateway dial "*123*4#"' in words


def test_it_knows_the_real_webhook(parts, browser):
    page = page_of(browser)
    paths = json.loads(attribute(page, "paths"))
    assert set(paths) == set(parts.channels["simulator"].contract.events)
    fields = {
        "sessionId": "S1",
        "phoneNumber": "+8562055500001",
        "networkCode": "SIM",
        "serviceCode": "*123*4#",
        "text": "",
    }
    answer = browser.client.post(paths["ussd"], data=fields)
    assert answer.get_data(as_text=True).startswith("CON Info line.")
    assert json.loads(answer.headers["X-Facts"])["path"] == ["language"]
    assert attribute(page, "code") == "*123*4#"
    assert attribute(page, "sms") == "1234"


def test_every_word_that_the_script_says_is_on_the_page(browser):
    say = json.loads(attribute(page_of(browser), "say"))
    used = set()
    for path in (FOLDER / "phone").glob("*.js"):
        used |= set(re.findall(r"\bsay\.([a-z_0-9]+)", path.read_text(encoding="utf-8")))
    assert used <= set(say)


def test_nothing_in_it_is_inline(browser):
    page = page_of(browser)
    assert re.findall(r"<script(?![^>]* src=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=", page) == []


def test_its_files_carry_their_hash_and_import_what_is_there(browser):
    page = page_of(browser)
    files = re.findall(r'(?:src|href)="(/static/phone/[^"]+)"', page)
    assert len(files) == 2
    assert all("?" in each and kind_of(browser, each).startswith("text/") for each in files)
    for path in (FOLDER / "phone").glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert "http:" not in text
        assert len(text.splitlines()) <= 400
        for name in re.findall(r'from "\./([a-z]+\.js)"', text):
            assert kind_of(browser, f"/static/phone/{name}") == "text/javascript"


def test_keys_are_named_as_they_are_read(browser):
    page = page_of(browser)
    names = re.findall(r'data-key="(?:\d|[*#])" aria-label="([^"]+)"', page)
    assert names[:12] == [
        "1", "2, A B C", "3, D E F", "4, G H I", "5, J K L", "6, M N O",
        "7, P Q R S", "8, T U V", "9, W X Y Z", "star", "0, +", "hash",
    ]  # fmt: skip


def test_where_no_trial_line_is_configured_it_says_what_to_do(parts):
    del parts.channels["simulator"]
    page = page_of(Browser(phone_rig.app_of(parts).test_client()))
    assert "gateway.toml" in page
    assert "data-phones" not in page


def test_a_line_without_a_live_secret_is_no_line(parts):
    assert find_trial_channel(parts.channels, lambda _name: ()) is None
    found = find_trial_channel(parts.channels, lambda name: (f"of-{name}", "old"))
    assert found is not None
    assert found.paths["sms"] == "/webhooks/simulator/of-simulator/sms"
    assert found.code == "*123*4#"


class TestSource:
    def test_a_screen_leads_to_its_line_of_yaml(self, parts, browser):
        version = publish_menu(parts, phone_rig.files(), author="Noy", why="words").version.id
        page = browser.get(f"/phone/yaml/{version}/pay").get_data(as_text=True)
        text = html.unescape(page)
        found = re.search(r'<span id="L(\d+)" class="here"><b id="here">\1</b>  pay:\n', text)
        assert found
        assert 'href="#here"' in page

    def test_what_is_not_there_is_not_found(self, parts, browser):
        version = publish_menu(parts, phone_rig.files(), author="Noy", why="words").version.id
        for address in (f"{version}/nowhere", f"{version}/helpline.yaml", "unknown/pay"):
            assert browser.get(f"/phone/yaml/{address}").status_code == 404

    def test_a_version_kept_without_its_files_has_no_lines(self, parts, browser):
        version, _ = parts.versions.live("helpline")
        assert browser.get(f"/phone/yaml/{version}/pay").status_code == 404


class TestSave:
    def save(self, browser: Browser, walk: object, **fields: str):
        browser.get("/phone/")
        return browser.post("/phone/test", walk=json.dumps(walk), **fields)

    def test_a_walk_comes_back_as_a_test_that_passes(self, browser):
        saved = self.save(browser, WALK).get_json()
        assert saved["differences"] == []
        assert saved["text"].startswith(
            '- it: "walks to main"\n  from: "+8562055500001"\n  at: "2026-11-24 14:05"\n'
        )
        assert '{sends: "1", screen: pay, sees: "' in saved["text"]

    def test_a_walk_that_cannot_be_repeated_says_where(self, browser):
        saved = self.save(browser, WALK | {"seen": ["language", "main", "hurt"]}).get_json()
        assert saved["differences"] == ["step 3: the phone showed screen hurt, the test shows pay"]

    def test_what_is_no_walk_is_refused(self, browser):
        assert self.save(browser, [1]).status_code == 422

    def test_where_no_menu_is_live_nothing_is_written(self, browser, parts):
        del parts.channels["simulator"]
        assert self.save(browser, WALK).status_code == 422

    def test_only_the_page_itself_may_ask(self, browser):
        browser.get("/phone/")
        assert browser.post("/phone/test", csrf="", walk=json.dumps(WALK)).status_code == 400


@pytest.mark.fault("K6")
class TestBesideAnAccount:
    """Whoever can show any number must not be anybody."""

    ADDRESSES = (
        ("GET", "/phone/"),
        ("POST", "/phone/state"),
        ("POST", "/phone/test"),
        ("POST", "/phone/clock"),
        ("GET", "/phone/yaml/1/main"),
        ("GET", "/phone/draft"),
        ("GET", "/phone/yaml/draft/main"),
        ("POST", "/phone/draft/ussd"),
        ("POST", "/phone/draft/end"),
        ("POST", "/phone/draft/test"),
    )

    @pytest.fixture
    def guarded(self, parts) -> Browser:
        app = phone_rig.app_of(parts, AFRICASTALKING_USERNAME="helpline", AFRICASTALKING_API_KEY="k")
        return Browser(app.test_client())

    def test_a_stranger_gets_nothing_of_it(self, guarded):
        guarded.get("/sign-in")
        for method, address in self.ADDRESSES:
            answer = guarded.get(address) if method == "GET" else guarded.post(address)
            assert answer.status_code in {302, 401}, address
            assert "data-paths" not in answer.get_data(as_text=True), address

    @pytest.mark.parametrize("role", ["counsellor", "supervisor", "reader"])
    def test_nor_does_anybody_but_an_administrator(self, parts, guarded, role):
        somebody(parts, "Noy", role)
        guarded.carry(token_of(parts, "Noy")).get("/me")
        for method, address in self.ADDRESSES:
            answer = (
                guarded.get(address) if method == "GET" else guarded.post(address, number="+8562055500001")
            )
            assert answer.status_code == 403, address
            assert "data-paths" not in answer.get_data(as_text=True), address

    def test_an_administrator_tries_texts_there(self, parts, guarded):
        somebody(parts, "Boss", "administrator")
        guarded.carry(token_of(parts, "Boss"))
        assert "data-paths" in page_of(guarded)
        answer = guarded.post("/phone/state", number="+8562055500001")
        assert answer.get_json()["requests"] == []

    def test_who_lacks_the_second_factor_is_led_to_it(self, parts, guarded):
        somebody(parts, "Boss", "administrator")
        answer = guarded.carry(token_of(parts, "Boss", enrolled=False)).get("/phone/")
        assert (answer.status_code, answer.location) == (303, "/me/second-factor")


def test_a_provider_may_be_chosen_and_its_post_and_our_answer_come_with_the_page(browser):
    page = page_of(browser)
    assert "<option>CON/END: advanta</option>" in page
    fields = {
        "sessionId": "S1",
        "phoneNumber": "+8562055500001",
        "networkCode": "SIM",
        "serviceCode": "*123*4#",
        "text": "",
        "dialect": "TruRoute",
    }
    answer = browser.client.post(json.loads(attribute(page, "paths"))["ussd"], data=fields)
    shown = json.loads(answer.headers["X-Exchange"])
    assert "<type>1</type><msg>*123*4#</msg>" in shown["posted"]
    body = answer.get_data(as_text=True).removeprefix("CON ")
    assert html.unescape(shown["answered"]).endswith(f"<ussd><type>2</type><msg>{body}</msg></ussd>")


def test_the_phone_of_a_draft_offers_no_provider(browser):
    assert "data-dialect" not in browser.get("/phone/draft").get_data(as_text=True)
