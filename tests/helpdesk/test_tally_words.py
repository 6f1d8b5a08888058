"""The figures form against hypothesis: whatever is sent, only closed words are kept, and every word is counted once."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.helpdesk.errors import Rejected
from gateway.helpdesk.requests import case_record
from gateway.storage.counts import OTHER, Counters
from tests.support.clocks import SetClock
from tests.support.lists import WORDS

fields = st.sampled_from([*WORDS, *case_record.NUMBERS, "name", "employer", ""])
values = st.one_of(
    st.text(max_size=12),
    st.lists(st.text(max_size=8), max_size=3),
    st.sampled_from([word for words in WORDS.values() for word in words]),
    st.lists(st.sampled_from([word for words in WORDS.values() for word in words]), max_size=4),
    st.integers(-5, 10**13).map(str),
)
one_form = st.fixed_dictionaries(
    {},
    optional={
        name: st.lists(st.sampled_from(words), max_size=3, unique=True)
        if name in case_record.SEVERAL
        else st.sampled_from(words)
        for name, words in WORDS.items()
    }
    | {name: st.integers(1, most) for name, most in case_record.NUMBERS.items()},
)


class Book:
    """Counters that a test can read."""

    def __init__(self) -> None:
        self.counted: Counter[tuple[str, str]] = Counter()
        self.count = self

    def add(self, what: str, item: str, *, n: int = 1, **_: object) -> None:
        self.counted[what, item] += n


@given(fields, values)
def test_nothing_but_closed_words_is_ever_kept(name: str, value: str | list[str]) -> None:
    try:
        kept = case_record._tidy_value(WORDS, name, value)
    except Rejected:
        return
    if name in case_record.NUMBERS:
        assert kept is None or (isinstance(kept, int) and 0 < kept <= case_record.NUMBERS[name])
        return
    words = [kept] if isinstance(kept, str) else kept or []
    assert isinstance(words, list)
    assert set(words) <= set(WORDS[name])
    assert len(words) <= 1 or name in case_record.SEVERAL


@given(one_form)
def test_what_was_ticked_is_counted_once_and_the_rest_as_not_asked(said: dict[str, object]) -> None:
    book = Book()
    case_record.count_form(book, said)  # type: ignore[arg-type]
    if not said:
        assert book.counted == Counter()
        return
    for name in WORDS:
        if name == "currency":
            continue
        value = said.get(name)
        ticked = [value] if isinstance(value, str) else value or [case_record.NOT_ASKED]
        found = {
            item: n
            for (what, item), n in book.counted.items()
            if what == "record" and item.startswith(f"{name}:")
        }
        assert found == {f"{name}:{word}": 1 for word in ticked}  # type: ignore[union-attr]
    for name in ("women", "men"):
        assert book.counted["record_sum", name] == said.get(name, 0)
    sums = sum(n for (what, item), n in book.counted.items() if what == "record_sum" and ":" in item)
    assert sums == sum(int(said.get(name, 0)) for name in case_record._AMOUNTS)  # type: ignore[call-overload]


@pytest.mark.parametrize("name", sorted(WORDS))
def test_every_word_is_one_that_the_counters_take(name: str) -> None:
    """A word that looks like a number of hers would be counted as other."""
    count = Counters(SetClock())
    for word in (*WORDS[name], case_record.NOT_ASKED):
        count.add("record", f"{name}:{word}")
    assert not [key for key in count._counts if key.item == OTHER]
    assert len(count._counts) == len(WORDS[name]) + 1


def test_what_is_seen_at_once_is_of_the_form() -> None:
    assert set(case_record.VISIBLE) <= set(WORDS)
    assert set(WORDS) >= case_record.SEVERAL
    for words in WORDS.values():
        assert case_record.NOT_ASKED not in words
        assert len(set(words)) == len(words)
