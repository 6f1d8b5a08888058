"""What was told while SQL was away is true afterwards: every reason by which the ledger could say no, and none does."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gateway.conversations import commit as module
from gateway.conversations import one_shot
from gateway.conversations.commit import Turn, commit_turn
from gateway.domain.callbacks.states import CallbackState
from gateway.domain.callbacks.windows import Hours
from gateway.domain.permissions import Actor, Role
from gateway.foundation.services import Services
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.queue import claim, outcome
from gateway.helpdesk.staff import shifts
from gateway.menus.engine.effects import (
    CallbackAccepted,
    CallbackCancelled,
    CallbackChanged,
    CallbackFound,
    CallbackRefused,
    CancelCallback,
    ChangeWindow,
    CodeWrong,
    EraseEverything,
    LookUpCode,
    Receipt,
)
from gateway.operations.health import look_around
from gateway.storage import database, people
from gateway.storage.callbacks import Callback
from gateway.storage.database import Store, Unavailable
from tests.conversations.test_commit_faults import asking, turn_of
from tests.support.clocks import SetClock
from tests.support.house import HER, requests, rows
from tests.support.outage_rig import lost_at_commit, sql_away

BOSS = Actor.of(person_id="boss", name="Boss", role=Role.SUPERVISOR)


def key(n: int) -> bytes:
    return bytes([n]) * 32


def asks(parts: Services, n: int, number: str = HER, **answers: str) -> Turn:
    return turn_of(
        parts, asking(**answers), key=key(n), session_key=key(n), number=number, now=parts.clock.now()
    )


def told(parts: Services, turn: Turn) -> Receipt:
    """What she is told while SQL is away."""
    with sql_away(parts.store):
        (receipt,) = commit_turn(parts, turn).receipts
    return receipt


def promised(parts: Services, turn: Turn) -> CallbackAccepted:
    receipt = told(parts, turn)
    assert isinstance(receipt, CallbackAccepted), receipt
    return receipt


def of_code(parts: Services, code: str, number: str = HER) -> Callback:
    (found,) = [one for one in requests(parts, number) if one.code == code]
    return found


def boss(parts: Services) -> Actor:
    with parts.store.write() as tx:
        if people.by_id(tx, "boss") is None:
            people.add_person(
                tx, "boss", name="Boss", name_key="boss", role="supervisor", now=parts.clock.now()
            )
            people.set_number(tx, "boss", "+85620555900001")
            people.set_duty(tx, "boss", on=True)
    return BOSS


def three_are_open(parts: Services) -> None:
    for n in (101, 102, 103):
        commit_turn(parts, asks(parts, n))


def a_holiday_came(parts: Services) -> None:
    for days in range(20):
        day = parts.clock.now().date() + timedelta(days=days)
        shifts.set_holiday(parts, boss(parts), day, "New Year")


def shifts_came(parts: Services) -> None:
    """From now on somebody works on Mondays before noon, and never in her window."""
    boss(parts)
    shifts.set_week(parts, boss(parts), "boss", {"mon": ["08:00-09:00"]})


def she_was_rung_in_this_window(parts: Services) -> None:
    commit_turn(parts, asks(parts, 104, when="now"))
    (hers,) = requests(parts)
    claim.claim_callback(parts, boss(parts), hers.id)
    attempts.begin_call(parts, BOSS, hers.id)
    outcome.record_outcome(parts, BOSS, callback_id=hers.id, outcome="someone_else")


REASONS: dict[str, Callable[[Services], Any]] = {
    "three on a shared phone": three_are_open,
    "a holiday": a_holiday_came,
    "shifts that leave out her window": shifts_came,
    "a number that rests": she_was_rung_in_this_window,
}


@pytest.mark.fault("K1")
@pytest.mark.parametrize("danger", ["no", "yes"])
@pytest.mark.parametrize("reason", REASONS)
def test_whatever_the_ledger_would_say_now_what_she_was_told_is_a_row(
    parts: Services, reason: str, danger: str
) -> None:
    REASONS[reason](parts)
    before = {one.id for one in requests(parts)}
    receipt = promised(parts, asks(parts, 1, danger=danger))
    assert one_shot.replay_spool(parts) == 1
    found = of_code(parts, receipt.code)
    assert found.id not in before
    assert found.state is CallbackState.REVIEW
    assert found.reason == "told_away"
    assert (found.due_at, found.due_until) == (receipt.due_at, receipt.due_until)
    assert found.priority == (0 if danger == "yes" else 1)
    assert (parts.spool.list(), parts.spool.failed()) == ([], [])
    # Somebody is told at once, not after the half hour that a review may wait.
    assert [row.kind for row in rows(parts) if row.callback_id == found.id] == ["escalate"]


@pytest.mark.fault("K1")
def test_a_number_that_is_never_called_by_now_is_a_row_that_a_person_sees(
    parts: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = promised(parts, asks(parts, 1))
    monkeypatch.setattr("gateway.helpdesk.requests.accept.may_be_called", lambda *_: False)
    one_shot.replay_spool(parts)
    assert of_code(parts, receipt.code).state is CallbackState.REVIEW


@pytest.mark.fault("K1")
def test_a_window_that_was_cut_since_is_kept_as_far_as_it_goes(parts: Services) -> None:
    receipt = promised(parts, asks(parts, 1, when="evening"))
    shifts.set_week(
        parts, boss(parts), "boss", {day: ["19:00-20:00"] for day in ("mon", "tue", "wed", "thu")}
    )
    one_shot.replay_spool(parts)
    found = of_code(parts, receipt.code)
    assert found.state is CallbackState.WAITING
    assert found.due_at is not None
    assert found.due_until is not None
    assert receipt.due_at < found.due_at < found.due_until < receipt.due_until
    assert [row.kind for row in rows(parts)] == ["announce"]


@pytest.mark.fault("K1")
@pytest.mark.parametrize(
    "started_again", [False, True], ids=["the same process", "started again without SQL"]
)
def test_promises_keep_the_shifts_and_holidays_that_were_read_last(
    parts: Services, clock: SetClock, started_again: bool
) -> None:
    shifts.set_week(parts, boss(parts), "boss", {"thu": ["18:00-21:00"], "fri": ["18:00-19:00"]})
    shifts.set_holiday(parts, BOSS, date(2026, 11, 26), "a holiday")
    parts.duty.refresh()
    if started_again:
        parts = replace(parts, duty=type(parts.duty)(parts.store, parts.data_dir / "live"))
    receipt = promised(parts, asks(parts, 1, when="evening"))
    assert receipt.due_at.isoformat() == "2026-11-27T11:00:00+00:00"  # Friday, Thursday being a holiday
    other = "+8562055500002"  # on her own number this newer answer would bind what she asked for before
    assert told(parts, asks(parts, 2, number=other, when="sunday")) == CallbackRefused(reason="hours")
    one_shot.replay_spool(parts)
    found = of_code(parts, receipt.code)
    assert (found.state, found.due_at, found.due_until) == (
        CallbackState.WAITING,
        receipt.due_at,
        receipt.due_until,
    )
    assert len(requests(parts)) == 1


@pytest.mark.fault("K1")
def test_what_was_refused_makes_no_request_when_sql_is_back(parts: Services) -> None:
    """She was told that nobody can call her: her phone must not ring all the same."""
    closed = replace(parts, line=replace(parts.line, hours=Hours()))
    assert told(closed, asks(parts, 1)) == CallbackRefused(reason="hours")
    assert one_shot.replay_spool(parts) == 1
    assert requests(parts) == []


@pytest.mark.fault("K1")
def test_a_code_that_she_had_and_the_one_she_was_told_both_open_it(parts: Services) -> None:
    first = commit_turn(parts, asks(parts, 1, phone_seen="no")).receipts[0]
    assert isinstance(first, CallbackAccepted)
    second = promised(parts, asks(parts, 2, phone_seen="no", when="morning"))
    one_shot.replay_spool(parts)
    assert [one.code for one in requests(parts)] == [second.code]
    for n, code in enumerate((first.code, second.code)):
        (found,) = commit_turn(parts, turn_of(parts, LookUpCode(code=code), key=key(50 + n))).receipts
        assert isinstance(found, CallbackFound), code
        assert found.callback == requests(parts)[0].id


@pytest.mark.fault("K1")
def test_two_on_one_phone_are_never_told_one_code(parts: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    same = ["4821", "4821", "7731", "9035"]
    monkeypatch.setattr("gateway.helpdesk.requests.intake_rules.list_code_candidates", lambda *_: same)
    codes = [promised(parts, asks(parts, n)).code for n in (1, 2, 3)]
    assert codes == ["4821", "7731", "9035"]
    one_shot.replay_spool(parts)
    assert sorted(one.code for one in requests(parts)) == codes


@pytest.mark.fault("K1")
def test_where_a_told_code_is_anothers_on_the_same_phone_neither_opens_the_other(
    parts: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "gateway.helpdesk.requests.intake_rules.list_code_candidates", lambda *_: ["4821", "7731"]
    )
    commit_turn(parts, asks(parts, 1))
    receipt = promised(parts, asks(parts, 2))
    assert receipt.code == "4821"  # nobody could know
    one_shot.replay_spool(parts)
    assert [one.code for one in requests(parts)] == ["4821", "4821"]
    (answer,) = commit_turn(parts, turn_of(parts, LookUpCode(code="4821"), key=key(60))).receipts
    assert answer == CodeWrong()


@pytest.mark.fault("K1")
def test_a_repeat_that_was_told_a_code_after_a_refusal_that_nobody_read_is_a_row(parts: Services) -> None:
    three_are_open(parts)
    turn = asks(parts, 1)
    with lost_at_commit(parts.store, kept=True, times=2):
        receipt = commit_turn(parts, turn).receipts[
            0
        ]  # written as refused; nobody knew, and she was told a code
    assert isinstance(receipt, CallbackAccepted)
    one_shot.replay_spool(parts)
    assert of_code(parts, receipt.code).state is CallbackState.REVIEW
    assert len(requests(parts)) == 4


@pytest.mark.fault("K1")
@pytest.mark.parametrize("how", ["closed since", "full of rest"])
def test_a_new_time_that_was_told_holds_or_a_person_decides(parts: Services, how: str) -> None:
    commit_turn(parts, asks(parts, 1, when="noon"))
    (hers,) = requests(parts)
    turn = turn_of(parts, ChangeWindow(callback=hers.id, when="evening"), key=key(2))
    receipt = told(parts, turn)
    assert isinstance(receipt, CallbackChanged)
    if how == "closed since":
        commit_turn(parts, turn_of(parts, EraseEverything(), key=key(3), number="+8562055554321"))
        outcome.close_callback(parts, boss(parts), hers.id, reason="no_need")
    else:
        a_holiday_came(parts)
    one_shot.replay_spool(parts)
    (found,) = requests(parts)
    assert (found.state, found.reason, found.window) == (CallbackState.REVIEW, "told_away", "evening")
    assert (found.due_at, found.due_until) == (receipt.due_at, receipt.due_until)


@pytest.mark.fault("K1")
def test_a_promised_request_can_be_moved_and_cancelled_in_the_session_that_was_told(parts: Services) -> None:
    promised(parts, asks(parts, 1))
    session = {"session_key": key(1)}
    moved = told(parts, turn_of(parts, ChangeWindow(callback="promised", when="noon"), key=key(2), **session))
    assert isinstance(moved, CallbackChanged)
    one_shot.replay_spool(parts)
    assert [one.window for one in requests(parts)] == ["noon"]
    (gone,) = commit_turn(
        parts, turn_of(parts, CancelCallback(callback="promised"), key=key(3), **session)
    ).receipts
    assert gone == CallbackCancelled()
    assert requests(parts) == []


@pytest.mark.fault("K1")
def test_an_erasure_that_was_told_holds_and_what_was_asked_after_it_too(
    parts: Services, clock: SetClock
) -> None:
    commit_turn(parts, asks(parts, 1))
    told(parts, turn_of(parts, EraseEverything(), key=key(2)))
    clock.forward(minutes=1)
    later = promised(parts, asks(parts, 3))
    one_shot.replay_spool(parts)
    assert [one.code for one in requests(parts)] == [later.code]


@pytest.mark.fault("K1")
def test_what_cannot_be_put_in_is_kept_aside_and_makes_the_doctor_red(
    parts: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = asks(parts, 1)
    receipt = promised(parts, turn)

    def no(*_: object, **__: object) -> object:
        return module.accept.Accepted(receipt=CallbackRefused(reason="full"))

    with monkeypatch.context() as broken:
        broken.setattr("gateway.helpdesk.requests.accept.accept_request", no)
        assert one_shot.replay_spool(parts) == 0
    assert list(parts.spool.failed()) == [turn.key]
    (finding,) = [one for one in look_around(parts) if one.part == "promises"]
    assert not finding.ok
    assert "1 turns" in finding.words
    # She hears the same words all the while, and the next start tries it anew.
    assert commit_turn(parts, turn).receipts == (receipt,)
    assert parts.spool.take_up() == 1
    assert one_shot.replay_spool(parts) == 1
    assert of_code(parts, receipt.code).state is CallbackState.WAITING
    assert all(one.ok for one in look_around(parts) if one.part == "promises")


def test_a_further_code_goes_with_its_request(parts: Services) -> None:
    commit_turn(parts, asks(parts, 1, phone_seen="no"))
    promised(parts, asks(parts, 2, phone_seen="no"))
    one_shot.replay_spool(parts)
    commit_turn(parts, turn_of(parts, EraseEverything(), key=key(3)))
    with parts.store.read() as tx:
        assert tx.conn.exec_driver_sql("SELECT count(*) FROM told_codes").scalar() == 0


# A writer that holds the ledger longer than a turn waits.


@contextmanager
def held_by_another(store: Store) -> Iterator[None]:
    """Another process writes, and does not end: nothing of a turn can be written, all can be read."""
    other = Store(store._url.render_as_string(hide_password=False), master=bytes(32))
    try:
        with other.write() as tx:
            if tx.dialect == "postgresql":
                tx.execute(text("LOCK TABLE callers IN EXCLUSIVE MODE"))
            yield
    finally:
        other.close()


def wait_less(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a write give up after a tenth of its time, so that the test need not wait as long as a caller."""
    store.close()
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.2)
    monkeypatch.setitem(database._POSTGRESQL_BOTH, "lock_timeout", "200")


def ask_at_once(parts: Services, turns: list[Turn]) -> list[str]:
    """The codes that so many callers read who ask at the same time."""
    with ThreadPoolExecutor(6) as threads:
        records = list(threads.map(lambda turn: commit_turn(parts, turn), turns))
    receipts = [receipt for record in records for receipt in record.receipts]
    return [one.code for one in receipts if isinstance(one, CallbackAccepted)]


def replay_as_often(parts: Services, until: threading.Event) -> None:
    """Write what waits again and again, as the thread of each process does each second."""
    while not until.is_set():
        with suppress(Unavailable):
            one_shot.replay_spool(parts)


@pytest.mark.fault("K1")
def test_each_code_that_was_read_beside_a_writer_that_holds_on_too_long_has_one_row(
    parts: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [f"+85620555{n:05}" for n in range(18)]
    turns = [asks(parts, n + 1, number) for n, number in enumerate(numbers)]
    wait_less(parts.store, monkeypatch)
    with held_by_another(parts.store):
        early = ask_at_once(parts, turns[:9])
        assert len(early) == 9
        assert len(parts.spool.list()) == 9, (
            "read, and not yet in the ledger: a count of rows says nothing now"
        )
        assert [requests(parts, number) for number in numbers] == [[]] * 18
    over = threading.Event()
    replays = [threading.Thread(target=replay_as_often, args=(parts, over)) for _ in range(2)]
    for each in replays:
        each.start()
    again, late = ask_at_once(parts, turns[:9]), ask_at_once(parts, turns[9:])
    over.set()
    for each in replays:
        each.join()
    assert again == early, "who posts again reads the same code, whether its row is there yet or not"
    one_shot.replay_spool(parts)
    assert parts.spool.is_empty(), "one look at what waits is enough, once the ledger can be written"
    kept = [[one.code for one in requests(parts, number)] for number in numbers]
    assert kept == [[code] for code in (*early, *late)]
