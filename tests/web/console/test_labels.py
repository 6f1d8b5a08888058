"""Every code of the desk has its word on the pages, and no word stands for nothing."""

import re

import pytest

from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.callbacks.states import CallbackState
from gateway.domain.contact_safety import PhoneSeen
from gateway.domain.permissions import Role
from gateway.helpdesk.queue.outcome import DECISIONS, REASONS
from gateway.web.console import labels
from gateway.web.shared import list_addresses
from gateway.web.shared.labels import name_happening
from tests.support.desk_rig import HER
from tests.support.web_apps import pages_of
from tests.support.windows import EVERY

CODES = {
    "state": tuple(CallbackState),
    "outcome": tuple(Outcome),
    "reason": REASONS,
    "decision": tuple(DECISIONS),
    "phone": tuple(PhoneSeen),
    "when": tuple(EVERY),
}


@pytest.fixture
def speaking(parts):
    with pages_of(parts).test_request_context(headers={"Accept-Language": "en"}):
        yield


@pytest.mark.usefixtures("speaking")
class TestWords:
    @pytest.mark.parametrize("group", CODES)
    def test_every_code_has_a_word(self, group):
        table = labels._WORDS[group]
        assert set(CODES[group]) <= set(table)
        assert all(labels.find_label(group, code).strip() for code in CODES[group])

    @pytest.mark.parametrize("group", ["outcome", "state", "when"])
    def test_two_codes_do_not_read_the_same(self, group):
        said = [labels.find_label(group, code) for code in CODES[group]]
        assert len(set(said)) == len(said)

    @pytest.mark.parametrize(
        ("act", "detail", "said"),
        [
            ("reveal", "", "number shown"),
            ("reveal", "outside her window", "number shown (outside her window)"),
            ("closed", "no_need", "closed (No need any more)"),
            ("outcome", "no_answer", "No answer"),
            ("added", "phoned_in", "added (She phones us)"),
            ("refused", "her", "she said: do not call"),
            ("something_new", "", "something new"),
            ("one more try", "other", "one more try (Another reason)"),
        ],
    )
    def test_history_reads_as_words(self, act, detail, said):
        assert name_happening(labels.find_label, act, detail) == said


class TestHelp:
    """Each page says in three sentences what it is for, on the page itself and without a script."""

    def pages(self, app, browser, line):
        wanted = line.requested(HER, when="now")
        browser.post(f"/callbacks/{wanted}/claim")
        rules = [
            str(rule) for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments
        ]
        named = [f"/{tab}" for tab in ("mine", "later", "review", "closed")]
        for address in (*rules, *named, f"/callbacks/{wanted}"):
            with browser.get(address) as answer:
                page = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
            if answer.status_code == 200 and '<header class="top">' in page:
                yield address, page

    @pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ADMINISTRATOR, Role.TRANSLATOR])
    def test_every_page_has_its_own(self, app, signed, line, role):
        found = {}
        for address, page in self.pages(app, signed("Boss", role), line):
            words = re.search(r'<p id="help">([^<]+)</p>', page)
            assert words, address
            assert len(re.findall(r"[.?](?: |$)", words.group(1))) == 3, address
            assert page.count('href="#help"') == 1, address
            found[address] = words.group(1)
        own = {address: words for address, words in found.items() if not address.startswith("/me/")}
        assert len(set(own.values())) == len(own), (
            "each page says its own",
            sorted((w, a) for a, w in own.items()),
        )
        assert len(found) > 3

    @pytest.mark.parametrize(
        ("role", "hears"), [(Role.COUNSELLOR, True), (Role.SUPERVISOR, True), (Role.READER, False)]
    )
    def test_sound_and_the_sharing_of_links_are_on_every_page_of_the_desk(
        self, app, signed, line, role, hears
    ):
        """Who takes requests hears a new one on whatever page; a link or code to pass on has its button there."""
        sound, copying = (list_addresses()[name] for name in ("sound.js", "copy.js"))
        found = dict(self.pages(app, signed("Boss", role), line))
        assert len(found) > 3
        assert {
            address for address, page in found.items() if (f'data-sound-js="{sound}"' in page) != hears
        } == set()
        for address, page in found.items():
            assert ("data-copies=" in page) <= (f'src="{copying}"' in page), address
            assert ("data-shares=" in page) <= ("data-copies=" in page), address

    def test_a_refused_form_has_the_help_of_its_page(self, signed):
        page = signed("Boss", Role.SUPERVISOR).post("/admin/holidays", day="x").get_data(as_text=True)
        assert "Before a time disappears" in page
