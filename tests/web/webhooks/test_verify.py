"""Secrets: who can make them, how two are live at once, and how a line learns of a new one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.foundation.time_and_chance import (
    ENDED_PREFIX,
    PREFIX,
    Serials,
    derive_secret,
    derive_secrets,
    matches_secret,
)

KEY = b"k" * 32


def test_a_secret_is_the_same_for_ever_and_belongs_to_one_line_one_serial_and_one_key() -> None:
    secret = derive_secret(KEY, "africastalking", 1)

    assert secret == derive_secret(KEY, "africastalking", 1)
    others = {
        derive_secret(KEY, "simulator", 1),
        derive_secret(KEY, "africastalking", 2),
        derive_secret(b"x" * 32, "africastalking", 1),
    }
    assert len(others | {secret}) == 4


def test_a_secret_needs_no_escape_in_an_address_and_cannot_be_guessed() -> None:
    for serial in range(1, 50):
        secret = derive_secret(KEY, "a", serial)
        assert secret.isalnum()
        assert secret == secret.lower()
        assert len(secret) == 32


@pytest.mark.parametrize(("serial", "live"), [(1, [1]), (2, [2, 1]), (7, [7, 6])])
def test_the_secret_before_stays_live_while_addresses_are_changed(serial: int, live: list[int]) -> None:
    assert derive_secrets(KEY, "a", serial) == tuple(derive_secret(KEY, "a", each) for each in live)


@given(
    st.text(max_size=40), st.lists(st.text(alphabet="abcdefgh234567", min_size=1, max_size=32), max_size=3)
)
def test_a_secret_matches_only_itself(given_secret: str, live: list[str]) -> None:
    given_secret = given_secret.encode(errors="replace").decode()

    assert matches_secret(given_secret, live) == (given_secret in live)
    assert all(matches_secret(secret, live) for secret in live)
    assert not matches_secret("", live)


@given(serial=st.integers(1, 9), ended=st.integers(0, 12))
def test_whatever_was_ended_the_secret_in_use_is_taken(serial: int, ended: int) -> None:
    live = [serial, *([serial - 1] if serial > 1 and ended < serial - 1 else [])]
    assert derive_secrets(KEY, "a", serial, ended) == tuple(derive_secret(KEY, "a", each) for each in live)


def test_serials_are_read_when_asked_to_and_never_at_a_post() -> None:
    settings: dict[str, object] = {}
    asked: list[str] = []

    def read(name: str) -> object:
        asked.append(name)
        return settings.get(name)

    serials = Serials(["a", "b"], key=lambda: KEY, read=read)
    assert serials.secrets("a") == derive_secrets(KEY, "a", 1)
    assert serials.secrets("stranger") == ()
    assert asked == []

    settings[PREFIX + "a"] = 3
    assert serials.secrets("a") == derive_secrets(KEY, "a", 1)
    serials.renew()
    assert serials.secrets("a") == derive_secrets(KEY, "a", 3)
    assert serials.secrets("b") == derive_secrets(KEY, "b", 1)


@pytest.mark.parametrize("stored", [None, 0, -1, "2", 1.5, True, []])
def test_a_serial_that_is_none_counts_as_the_first(stored: object) -> None:
    serials = Serials(["a"], key=lambda: KEY, read=lambda _: stored)

    serials.renew()

    assert serials.secrets("a") == derive_secrets(KEY, "a", 1)


def test_when_serials_cannot_be_read_the_known_ones_stay() -> None:
    settings: dict[str, object] = {PREFIX + "a": 2}
    serials = Serials(["a", "b"], key=lambda: KEY, read=lambda name: settings[name])
    settings |= {PREFIX + "b": 2, ENDED_PREFIX + "a": 0, ENDED_PREFIX + "b": 0}
    serials.renew()
    settings[PREFIX + "a"] = 9
    del settings[PREFIX + "b"]

    with pytest.raises(KeyError):
        serials.renew()

    assert serials.secrets("a") == derive_secrets(KEY, "a", 2)


@pytest.mark.fault("K6")
def test_beside_an_account_the_address_that_anybody_could_read_before_is_dead():
    open_to_all = Serials(["simulator", "a"], key=lambda: KEY, read=lambda _: None)
    beside = Serials(["simulator", "a"], key=lambda: KEY, read=lambda _: None, guarded=["simulator"])
    assert not set(open_to_all.secrets("simulator")) & set(beside.secrets("simulator"))
    assert open_to_all.secrets("a") == beside.secrets("a"), "what was pasted into a dashboard stays"
