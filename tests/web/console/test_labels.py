"""Every code of the desk has its word on the pages, and no word stands for nothing."""

import pytest

from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.callbacks.states import CallbackState
from gateway.domain.contact_safety import PhoneSeen
from gateway.helpdesk.queue.outcome import DECISIONS, REASONS
from gateway.web.console import labels
from gateway.web.shared.labels import name_happening
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
