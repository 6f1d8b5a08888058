"""What a person wrote down is read again, and a slip of the pen is noticed."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.operations.maintenance import key_care
from gateway.operations.maintenance.key_care import NotTheSheet
from gateway.storage.database import Store
from tests.support.clocks import SetClock

SECRETS = st.binary(min_size=32, max_size=32)


@given(secret=SECRETS)
def test_what_was_written_is_read(secret: bytes) -> None:
    letters = key_care.write_sheet(secret)
    assert key_care.read_sheet(letters) == secret
    groups = letters.split(" ")
    assert len(groups) == 14
    assert {len(group) for group in groups} == {4}


@given(secret=SECRETS)
def test_hands_differ(secret: bytes) -> None:
    letters = key_care.write_sheet(secret)
    for otherwise in (
        letters.lower(),
        letters.replace(" ", ""),
        letters.replace(" ", "-"),
        letters.replace(" ", "\n  "),
        letters.replace("0", "O").replace("1", "l"),
        letters.replace("1", "I"),
    ):
        assert key_care.read_sheet(otherwise) == secret


@given(secret=SECRETS, at=st.integers(0, 55), step=st.integers(1, 31))
def test_one_wrong_letter_is_noticed(secret: bytes, at: int, step: int) -> None:
    letters = list(key_care.write_sheet(secret).replace(" ", ""))
    letters[at] = key_care._LETTERS[(key_care._LETTERS.index(letters[at]) + step) % 32]
    with pytest.raises(NotTheSheet):
        key_care.read_sheet("".join(letters))


@given(secret=SECRETS, at=st.integers(0, 54))
def test_two_letters_in_each_others_place_are_noticed(secret: bytes, at: int) -> None:
    letters = list(key_care.write_sheet(secret).replace(" ", ""))
    if letters[at] == letters[at + 1]:
        return
    letters[at], letters[at + 1] = letters[at + 1], letters[at]
    with pytest.raises(NotTheSheet):
        key_care.read_sheet("".join(letters))


@given(text=st.text())
def test_anything_else_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(NotTheSheet) as told:
        key_care.read_sheet(text)
    assert len(text) < 4 or text not in str(told.value)


def test_a_group_left_out_is_noticed() -> None:
    letters = key_care.write_sheet(bytes(range(32)))
    with pytest.raises(NotTheSheet, match="56 letters, these are 52"):
        key_care.read_sheet(letters[5:])


def _parts(store: Store, clock: SetClock) -> SimpleNamespace:
    return SimpleNamespace(store=store, clock=clock)


@pytest.mark.fault("K3")
def test_of_two_sheets_drawn_at_once_one_counts(store: Store, clock: SetClock) -> None:
    parts = _parts(store, clock)
    one, other = key_care.draw_secret(), key_care.draw_secret()
    assert key_care.put_in_force(parts, one, instead_of=None)
    assert not key_care.put_in_force(parts, other, instead_of=None)
    assert key_care.put_in_force(parts, one, instead_of=None), "the same once more is no other"
    with store.read() as tx:
        assert key_care.find_public_key(tx) == key_care.derive_public_half(one)
    assert key_care.put_in_force(parts, other, instead_of=key_care.derive_public_half(one))
    with store.read() as tx:
        assert key_care.find_public_key(tx) == key_care.derive_public_half(other)


@pytest.mark.fault("K3")
def test_a_sheet_is_on_paper_once_it_was_shown_to_be_and_a_new_one_is_not(
    store: Store, clock: SetClock
) -> None:
    parts = _parts(store, clock)
    secret, stranger = key_care.draw_secret(), key_care.draw_secret()
    assert not key_care.confirm_sheet(parts, secret), "there is none yet"
    key_care.put_in_force(parts, secret, instead_of=None)
    for known in (key_care.confirm_sheet(parts, stranger), _is_confirmed(store)):
        assert not known
    assert key_care.confirm_sheet(parts, secret)
    assert _is_confirmed(store)
    key_care.put_in_force(parts, stranger, instead_of=key_care.derive_public_half(secret))
    assert not _is_confirmed(store)


def _is_confirmed(store: Store) -> bool:
    with store.read() as tx:
        return key_care.is_confirmed(tx)


@pytest.mark.fault("K3")
@settings(max_examples=100)  # all: the group is drawn, and one of thirteen is seldom met by fewer
@given(secret=SECRETS)
def test_one_group_is_asked_for_and_no_other_answers(secret: bytes) -> None:
    question = key_care.draw_question(secret)
    groups = key_care.write_sheet(secret).split(" ")
    asked = int(question.words.split()[2]) - 1
    assert asked in range(1, 14)
    for at, group in enumerate(groups):
        assert question.is_answered_by(group) == (group == groups[asked]), at
        assert question.is_answered_by(f" {group.lower()}\n") == (group == groups[asked])
    assert not question.is_answered_by("")
    assert not question.is_answered_by(" ".join(groups))


@pytest.mark.fault("K3")
def test_no_two_sheets_are_alike() -> None:
    assert len({key_care.draw_secret() for _ in range(20)}) == 20
