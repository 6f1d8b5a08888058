"""A turn with effects is written once, however often it comes: the key of the turn says so, not the deeds."""

from dataclasses import replace

import pytest

from gateway.conversations.commit import Turn, commit_turn
from gateway.foundation.services import Services
from gateway.menus.engine.effects import CallbackAccepted, RequestCallback
from gateway.menus.engine.session import Session
from tests.support.house import HER, requests, rows


@pytest.fixture
def asks(parts: Services) -> Turn:
    """She asks for a call on a phone that others see, where each new request is a row of its own."""
    answers = {"danger": "no", "phone_seen": "sometimes", "when": "evening", "consent": "yes"}
    effect = RequestCallback(topic="pay", path=("main", "pay"), answers=answers, language="lo", script="lo")
    return Turn(
        key=b"k" * 32,
        session_key=b"s" * 32,
        channel="simulator",
        number=HER,
        version=parts.versions.loaded()["helpline"],
        session=Session(screen="code", language="lo", script="lo"),
        effects=(effect,),
        now=parts.clock.now(),
        trial=True,
    )


def test_a_repeat_is_told_what_came_of_the_first(parts: Services, asks: Turn) -> None:
    first = commit_turn(parts, asks)
    again = [commit_turn(parts, replace(asks, now=parts.clock.now())) for _ in range(3)]
    assert again == [first] * 3
    (receipt,) = first.receipts
    assert isinstance(receipt, CallbackAccepted)
    assert [row.code for row in requests(parts)] == [receipt.code]
    assert [row.kind for row in rows(parts)] == ["announce"]


def test_another_turn_on_a_shared_phone_is_another_request(parts: Services, asks: Turn) -> None:
    first = commit_turn(parts, asks)
    second = commit_turn(parts, replace(asks, key=b"l" * 32, session_key=b"t" * 32))
    assert first.receipts != second.receipts
    assert len({row.code for row in requests(parts)}) == 2


def test_what_nobody_can_have_written_yet_is_not_read(
    parts: Services, asks: Turn, statements: list[str]
) -> None:
    """Of a number met for the first time there is no request, call or text; of a known one each is read once."""
    about_her = ("FROM callbacks \nWHERE callbacks.caller_id", "FROM attempts", "FROM texts")
    statements.clear()
    commit_turn(parts, asks)
    assert [sum(each in one for one in statements) for each in about_her] == [0, 0, 0]
    statements.clear()
    commit_turn(parts, replace(asks, key=b"l" * 32, session_key=b"t" * 32))
    assert [sum(each in one for one in statements) for each in about_her] == [1, 1, 1]


def test_a_first_request_takes_few_trips_to_a_server(
    parts: Services, asks: Turn, statements: list[str]
) -> None:
    """Key, caller and codes in use; whether the number is staff's; and all that is written."""
    statements.clear()
    commit_turn(parts, asks)
    sent = [one for one in statements if not one.startswith("BEGIN")]
    assert len(sent) == (3 if parts.store.dialect == "postgresql" else 9), sent


def test_the_second_wish_of_a_first_turn_sees_what_the_first_one_wrote(parts: Services, asks: Turn) -> None:
    """Two requests in one turn of a number met for the first time are one session's, so one row."""
    commit_turn(parts, replace(asks, effects=asks.effects * 2))
    (found,) = requests(parts)
    assert found.asks == 2


def test_a_turn_that_asks_for_nothing_is_kept_and_repeated(parts: Services, asks: Turn) -> None:
    nothing = replace(asks, effects=())
    assert commit_turn(parts, nothing).receipts == ()
    assert commit_turn(parts, nothing) == commit_turn(parts, nothing)
    assert requests(parts) == []


def test_only_what_was_written_is_nudged(parts: Services, asks: Turn) -> None:
    nudged: list[str] = []

    def nudge(row_id: str) -> bool:
        nudged.append(row_id)
        return True

    noting = replace(parts, nudge=nudge)
    commit_turn(noting, asks)
    commit_turn(noting, asks)
    assert nudged == [row.id for row in rows(parts)]
