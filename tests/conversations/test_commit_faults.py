"""SQL fails before, at and after COMMIT: what she is told is what comes true, once, with the code that she read."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest

from gateway.conversations import one_shot
from gateway.conversations.commit import NotSaved, Turn, TurnRecord, commit_turn, find_record
from gateway.foundation.services import Services
from gateway.menus.engine.effects import (
    AmendCallback,
    CallbackAccepted,
    CallbackCancelled,
    CallbackChanged,
    CallbackRefused,
    CancelCallback,
    ChangeWindow,
    Effect,
    Erased,
    EraseEverything,
    LookUpCode,
    Noted,
    Receipt,
    ReportWrong,
    RequestCallback,
)
from gateway.menus.engine.session import Session
from gateway.storage import callers, conversations
from gateway.storage.database import Store
from tests.support.house import HER, requests, rows
from tests.support.outage_rig import full_disk, lost_at_commit, sql_away

ANSWERS = {"danger": "no", "phone_seen": "sometimes", "when": "evening", "consent": "yes"}
Fault = Callable[[Store], AbstractContextManager[Any]]


def asking(**answers: str) -> RequestCallback:
    return RequestCallback(
        topic="pay", path=("main", "pay"), answers={**ANSWERS, **answers}, language="lo", script="lo"
    )


def turn_of(parts: Services, effect: Effect, key: bytes = b"k" * 32, **fields: Any) -> Turn:
    return replace(
        Turn(
            key=key,
            session_key=b"s" * 32,
            channel="simulator",
            number=HER,
            version=parts.versions.loaded()["helpline"],
            session=Session(screen="code", language="lo", script="lo"),
            effects=(effect,),
            now=parts.clock.now(),
            trial=True,
        ),
        **fields,
    )


def code_of(record: TurnRecord) -> str:
    (receipt,) = record.receipts
    assert isinstance(receipt, CallbackAccepted)
    return receipt.code


def before_commit(times: int) -> Fault:
    return lambda store: lost_at_commit(store, kept=False, times=times)


def after_commit(times: int) -> Fault:
    return lambda store: lost_at_commit(store, kept=True, times=times)


def at_statement(number: int) -> Fault:
    return lambda store: full_disk(store, number)


@pytest.mark.parametrize(
    ("fault", "written", "spooled_files"),
    [
        pytest.param(sql_away, 0, 1, id="before BEGIN"),
        *(pytest.param(at_statement(n), 0, 1, id=f"disk full at statement {n}") for n in (1, 2, 3, 5, 7)),
        pytest.param(before_commit(1), 1, 0, id="lost before COMMIT, once"),
        pytest.param(after_commit(1), 1, 0, id="lost after COMMIT, once"),
        pytest.param(before_commit(2), 0, 1, id="lost before COMMIT, twice"),
        pytest.param(after_commit(2), 1, 1, id="lost after COMMIT, twice"),
    ],
)
def test_whatever_fails_her_code_is_told_and_comes_true_once(
    parts: Services, fault: Fault, written: int, spooled_files: int
) -> None:
    asks = turn_of(parts, asking())
    with fault(parts.store):
        code = code_of(commit_turn(parts, asks))
    assert len(requests(parts)) == written
    assert len(parts.spool.list()) == spooled_files
    assert code_of(commit_turn(parts, asks)) == code  # a repeat, now that SQL is back
    found = find_record(parts, asks.key)
    assert found is not None
    assert code_of(found) == code
    assert one_shot.replay_spool(parts) == spooled_files
    assert one_shot.replay_spool(parts) == 0
    assert code_of(commit_turn(parts, asks)) == code
    assert [(one.code, one.asks) for one in requests(parts)] == [(code, 1)]
    assert [row.kind for row in rows(parts)] == ["announce"]
    assert parts.spool.list() == []


def test_a_deed_that_was_written_although_it_looked_lost_is_found_by_the_clock_and_not_nudged(
    parts: Services,
) -> None:
    nudged: list[str] = []
    noting = replace(parts, nudge=lambda row: not nudged.append(row))
    with lost_at_commit(parts.store, kept=True, times=1) as broken:
        commit_turn(noting, turn_of(parts, asking()))
    assert broken == ["after"]
    assert nudged == []
    (row,) = rows(parts)
    assert (row.state, row.nudged_at) == ("pending", None)


EFFECTS: list[tuple[Effect, type[Receipt]]] = [
    (asking(), CallbackAccepted),
    (asking(when="never"), CallbackRefused),
    (CancelCallback(callback="c" * 20), CallbackCancelled),
    (ChangeWindow(callback="c" * 20, when="morning"), CallbackChanged),
    (ChangeWindow(callback="c" * 20, when="never"), CallbackCancelled),
    (AmendCallback(callback="c" * 20, answers={"woman": "yes"}), Noted),
    (ReportWrong(screen="pay", digit="1"), Noted),
    (EraseEverything(), Erased),
]


@pytest.mark.parametrize(("effect", "receipt"), EFFECTS, ids=lambda found: getattr(found, "__name__", ""))
def test_what_is_promised_without_sql(parts: Services, effect: Effect, receipt: type[Receipt]) -> None:
    with sql_away(parts.store):
        record = commit_turn(parts, turn_of(parts, effect))
        again = commit_turn(parts, turn_of(parts, effect, now=parts.clock.now()))
    assert [type(found) for found in record.receipts] == [receipt]
    assert again == record
    assert len(parts.spool.list()) == 1


def test_a_code_cannot_be_looked_up_without_sql_and_nothing_is_kept_of_the_try(parts: Services) -> None:
    with sql_away(parts.store), pytest.raises(NotSaved):
        commit_turn(parts, turn_of(parts, LookUpCode(code="9753")))
    assert parts.spool.list() == []
    assert find_record(parts, b"k" * 32) is None


def test_two_deeds_of_one_turn_of_which_one_cannot_be_kept_keep_neither(parts: Services) -> None:
    both = (asking(), LookUpCode(code="9753"))
    with sql_away(parts.store), pytest.raises(NotSaved):
        commit_turn(parts, turn_of(parts, asking(), effects=both))
    assert parts.spool.list() == []


def test_without_sql_and_spool_she_is_never_told_done(parts: Services) -> None:
    folder = parts.spool._folder
    folder.rmdir()
    folder.write_text("in the way")
    with sql_away(parts.store), pytest.raises(NotSaved):
        commit_turn(parts, turn_of(parts, asking()))


def test_a_spool_that_cannot_be_read_stops_nobody_while_sql_is_well(parts: Services) -> None:
    folder = parts.spool._folder
    folder.rmdir()
    folder.write_text("in the way")
    code = code_of(commit_turn(parts, turn_of(parts, asking())))
    assert [one.code for one in requests(parts)] == [code]
    assert find_record(parts, b"k" * 32) is not None


def test_ten_turns_while_sql_is_away_are_written_oldest_first(parts: Services) -> None:
    numbers = [f"+8562055570{n:03}" for n in range(10)]
    with sql_away(parts.store):
        codes = [
            code_of(commit_turn(parts, turn_of(parts, asking(), key=bytes([n]) * 32, number=number)))
            for n, number in enumerate(numbers)
        ]
    assert one_shot.replay_spool(parts) == 10
    assert [requests(parts, number)[0].code for number in numbers] == codes


def test_a_replay_that_dies_before_it_drops_the_file_writes_nothing_twice(parts: Services) -> None:
    with sql_away(parts.store):
        code = code_of(commit_turn(parts, turn_of(parts, asking())))
    (key,) = parts.spool.list()
    entry = parts.spool.load(key)
    assert entry is not None
    for _ in range(2):
        assert one_shot.replay_spool(parts) == 1
        parts.spool.keep(key, entry)  # as if the process had died before the unlink
    assert [(one.code, one.asks) for one in requests(parts)] == [(code, 1)]
    assert [row.kind for row in rows(parts)] == ["announce"]


def test_a_turn_on_record_wins_over_its_spooled_twin(parts: Services) -> None:
    asks = turn_of(parts, asking())
    first = commit_turn(parts, asks)
    with sql_away(parts.store):
        second = commit_turn(parts, asks)  # it cannot know better
    assert code_of(second) == code_of(first)
    assert one_shot.replay_spool(parts) == 1
    assert len(requests(parts)) == 1


def test_sql_that_goes_away_in_the_middle_of_a_replay_leaves_the_rest(parts: Services) -> None:
    with sql_away(parts.store):
        for n in range(3):
            commit_turn(parts, turn_of(parts, asking(), key=bytes([n]) * 32, session_key=bytes([n]) * 32))
    with sql_away(parts.store), pytest.raises(Exception, match="gone"):
        one_shot.replay_spool(parts)
    assert len(parts.spool.list()) == 3
    assert one_shot.replay_spool(parts) == 3
    assert len(requests(parts)) == 3


@pytest.mark.parametrize(
    "harm",
    [{"kind": "nonsense"}, {"effects": [{"is": "Nothing"}]}, {"number": None}, {"record": {}}],
    ids=lambda harm: next(iter(harm)),
)
def test_one_bad_entry_keeps_no_other_from_being_written(
    parts: Services, harm: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with sql_away(parts.store):
        for n in range(3):
            commit_turn(parts, turn_of(parts, asking(), key=bytes([n]) * 32, session_key=bytes([n]) * 32))
    key = b"\1" * 32
    entry = parts.spool.load(key)
    assert entry is not None
    parts.spool.drop(key)
    parts.spool.keep(key, {**entry, **harm})
    assert one_shot.replay_spool(parts) == 2
    assert (parts.spool.list(), list(parts.spool.failed())) == ([], [key])
    assert parts.spool.load(key) is not None
    assert len(requests(parts)) == 2
    assert HER not in caplog.text
    assert "replay failed" in caplog.text


def test_the_repeat_of_a_turn_whose_receipt_was_erased_does_nothing_and_tells_nothing_of_hers(
    parts: Services,
) -> None:
    asks = turn_of(parts, asking())
    code = code_of(commit_turn(parts, asks))
    commit_turn(parts, turn_of(parts, EraseEverything(), key=b"e" * 32))
    record = commit_turn(parts, asks)
    assert record.receipts == (Erased(),)
    assert code not in str(record)
    assert find_record(parts, asks.key) is None
    with parts.store.read() as tx:
        assert callers.find_caller(tx, HER) is None


def test_a_key_without_a_receipt_is_no_receipt(parts: Services) -> None:
    with parts.store.write() as tx:
        assert conversations.begin_turn(
            tx, b"k" * 32, session=b"s" * 32, kind="effect", now=parts.clock.now()
        )
    assert find_record(parts, b"k" * 32) is None
    assert find_record(parts, b"n" * 32) is None
    with sql_away(parts.store):
        assert find_record(parts, b"k" * 32) is None
