"""Ids sort by time, codes are the same for every repeat, tokens never come twice."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.foundation.time_and_chance import (
    add_jitter,
    list_code_candidates,
    make_random_bytes,
    new_id,
    new_token,
)

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
LETTERS = set("0123456789abcdefghjkmnpqrstvwxyz")


def test_an_id_is_twenty_plain_letters() -> None:
    made = new_id(NOW)
    assert len(made) == 20
    assert set(made) <= LETTERS


@given(INSTANTS, st.timedeltas(timedelta(milliseconds=1), timedelta(days=400)))
def test_a_later_id_sorts_behind_an_earlier_one(at: datetime, later: timedelta) -> None:
    assert new_id(at) < new_id(at + later + timedelta(milliseconds=1))


def test_ids_of_one_instant_are_all_different() -> None:
    assert len({new_id(NOW) for _ in range(5_000)}) == 5_000


def test_ids_of_one_instant_sort_as_they_were_made() -> None:
    made = [new_id(NOW + timedelta(seconds=1)) for _ in range(1_000)]
    assert made == sorted(made)


def test_tokens_are_long_and_never_come_twice() -> None:
    tokens = {new_token() for _ in range(1_000)}
    assert len(tokens) == 1_000
    assert min(map(len, tokens)) >= 43
    assert all(
        set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        for token in tokens
    )


def test_random_bytes_have_the_size_asked_for() -> None:
    assert [len(make_random_bytes(size)) for size in (0, 1, 12, 32)] == [0, 1, 12, 32]
    assert make_random_bytes(16) != make_random_bytes(16)


@given(st.binary(min_size=1, max_size=64), st.text(max_size=64), st.integers(4, 6))
def test_codes_of_a_turn_are_the_same_for_every_repeat(key: bytes, turn: str, digits: int) -> None:
    candidates = list_code_candidates(key, turn, digits)
    assert candidates == list_code_candidates(key, turn, digits)
    assert len(candidates) == 16
    assert all(len(code) == digits and code.isdigit() for code in candidates)


def test_codes_depend_on_the_key_and_on_the_turn() -> None:
    assert list_code_candidates(b"one", "turn") != list_code_candidates(b"two", "turn")
    assert list_code_candidates(b"one", "turn") != list_code_candidates(b"one", "other turn")


def test_codes_are_spread_over_all_there_are() -> None:
    first = Counter(list_code_candidates(b"key", f"turn {n}")[0][0] for n in range(5_000))
    assert set(first) == set("0123456789")
    assert max(first.values()) < 2 * min(first.values())


@given(st.floats(min_value=0, max_value=86_400))
def test_jitter_only_adds_and_never_more_than_a_quarter(seconds: float) -> None:
    assert seconds <= add_jitter(seconds) <= seconds * 1.25
