"""What a person wrote down is read again, and a slip of the pen is noticed."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.store.engines import Store
from gateway.upkeep import sheet
from gateway.upkeep.sheet import NotTheSheet
from tests.clocks import SetClock

SECRETS = st.binary(min_size=32, max_size=32)


@given(secret=SECRETS)
def test_what_was_written_is_read(secret: bytes) -> None:
    letters = sheet.written(secret)
    assert sheet.read(letters) == secret
    groups = letters.split(" ")
    assert len(groups) == 14
    assert {len(group) for group in groups} == {4}


@given(secret=SECRETS)
def test_hands_differ(secret: bytes) -> None:
    letters = sheet.written(secret)
    for otherwise in (
        letters.lower(),
        letters.replace(" ", ""),
        letters.replace(" ", "-"),
        letters.replace(" ", "\n  "),
        letters.replace("0", "O").replace("1", "l"),
        letters.replace("1", "I"),
    ):
        assert sheet.read(otherwise) == secret


@given(secret=SECRETS, at=st.integers(0, 55), step=st.integers(1, 31))
def test_one_wrong_letter_is_noticed(secret: bytes, at: int, step: int) -> None:
    letters = list(sheet.written(secret).replace(" ", ""))
    letters[at] = sheet._LETTERS[(sheet._LETTERS.index(letters[at]) + step) % 32]
    with pytest.raises(NotTheSheet):
        sheet.read("".join(letters))


@given(secret=SECRETS, at=st.integers(0, 54))
def test_two_letters_in_each_others_place_are_noticed(secret: bytes, at: int) -> None:
    letters = list(sheet.written(secret).replace(" ", ""))
    if letters[at] == letters[at + 1]:
        return
    letters[at], letters[at + 1] = letters[at + 1], letters[at]
    with pytest.raises(NotTheSheet):
        sheet.read("".join(letters))


@given(text=st.text())
def test_anything_else_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(NotTheSheet) as told:
        sheet.read(text)
    assert len(text) < 4 or text not in str(told.value)


def test_a_group_left_out_is_noticed() -> None:
    letters = sheet.written(bytes(range(32)))
    with pytest.raises(NotTheSheet, match="56 letters, these are 52"):
        sheet.read(letters[5:])


def test_the_sheet_is_made_once(store: Store, clock: SetClock) -> None:
    parts = SimpleNamespace(store=store, clock=clock)
    with store.read() as tx:
        assert sheet.known(tx) is None
    letters = sheet.first(parts)
    assert letters is not None
    with store.read() as tx:
        assert sheet.known(tx) == sheet.public(sheet.read(letters))
    assert sheet.first(parts) is None
    with store.read() as tx:
        assert sheet.known(tx) == sheet.public(sheet.read(letters))
