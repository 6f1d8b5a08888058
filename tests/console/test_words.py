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


@pytest.mark.parametrize(
    ("language", "tongues"),
    [("lo", ["lo", "en"]), ("lo-Latn", ["lo", "en"]), ("th", ["th", "en"]), ("en", ["en"]), ("km", ["en"])],
)
def test_the_opener_is_in_her_language_then_english_and_says_nothing_of_us(language, tongues):
    said = words.opener(language, "4821")
    assert [tongue for tongue, _, _ in said] == tongues
    for _, hello, sorry in said:
        assert "4821" in hello
        assert "4821" not in sorry
        assert not any(word in (hello + sorry).lower() for word in ("helpline", "union", "ສາຍດ່ວນ", "สายด่วน"))


@pytest.mark.parametrize(
    ("number", "read"),
    [
        ("+8562055512345", "+856 20 55 512 345"),
        ("+66800000123", "+66 80 000 0123"),
        ("nonsense", "nonsense"),
        ("", ""),
    ],
)
def test_a_number_is_read_in_groups(number, read):
    assert words.spaced(number) == read
