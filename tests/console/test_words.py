"""Every code of the desk has its word on the pages, and no word stands for nothing."""

import pytest

from gateway.callbacks.model import State
from gateway.callbacks.outcomes import Outcome
from gateway.console import words
from gateway.desk.record import DECISIONS, REASONS
from gateway.safe_contact import PhoneSeen
from tests.web.apps import pages_of
from tests.windows import EVERY

CODES = {
    "state": tuple(State),
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
        table = words._WORDS[group]
        assert set(CODES[group]) <= set(table)
        assert all(words.of(group, code).strip() for code in CODES[group])

    @pytest.mark.parametrize("group", ["outcome", "state", "when"])
    def test_two_codes_do_not_read_the_same(self, group):
        said = [words.of(group, code) for code in CODES[group]]
        assert len(set(said)) == len(said)

    @pytest.mark.parametrize(
        ("what", "said"),
        [
            ("reveal", "number shown"),
            ("reveal (outside her window)", "number shown (outside her window)"),
            ("closed (no_need)", "closed (No need any more)"),
            ("no_answer", "No answer"),
            ("something_new", "something new"),
            ("one more try (other)", "one more try (Another reason)"),
        ],
    )
    def test_history_reads_as_words(self, what, said):
        assert words.of("happening", what) == said
