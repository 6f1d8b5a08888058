"""Taking her request: new, merged, on a shared phone, refused; code, window, place, what is remembered."""

from datetime import UTC, datetime
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.contact_safety import When
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.queue import claim, outcome
from gateway.helpdesk.requests import accept
from gateway.menus.engine.effects import CallbackAccepted, CallbackRefused, CancelCallback, RequestCallback
from gateway.storage import callers, outbox
from tests.support.desk_rig import HER, OTHER, Desk


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo("Asia/Vientiane")).astimezone(UTC)


def test_a_request_waits_with_its_code_its_window_and_all_she_said(line: Desk) -> None:
    accepted = line.asks(when="evening", phone_seen="sometimes")
    receipt = accepted.receipt
    assert isinstance(receipt, CallbackAccepted)
    assert (receipt.due_at, receipt.due_until, receipt.now) == (at(24, 18), at(24, 21), False)
    row = line.callback(receipt.callback)
    assert (row.state, row.priority, row.code, row.attempts, row.asks) == (
        CallbackState.WAITING,
        1,
        receipt.code,
        0,
        1,
    )
    assert (row.topic, row.language, row.channel, row.path) == ("pay", "lo", "simulator", ("main", "pay"))
    assert row.answers == {
        "danger": "no",
        "phone_seen": "sometimes",
        "when": "evening",
        "consent": "v1",
        "consent_at": line.clock.now().isoformat(),
    }
    assert row.contact is not None
    assert not row.contact.sms_safe
    with line.parts.store.read() as tx:
        [announced] = outbox.list_rows(tx)
    assert accepted.nudges == (announced.id,)
    assert (announced.kind, announced.once) == ("announce", f"announce:{row.id}:1")


def test_now_dies_in_half_an_hour(line: Desk) -> None:
    receipt = line.asks(when="now").receipt
    assert isinstance(receipt, CallbackAccepted)
    assert (receipt.due_at, receipt.due_until, receipt.now) == (at(24, 14, 5), at(24, 14, 35), True)


def test_danger_goes_first_but_waits_for_her_window(line: Desk) -> None:
    row = line.callback(line.requested(danger="yes"))
    assert (row.priority, row.due_at) == (0, at(24, 18))
    assert row.escalate_at == at(24, 18, 10)


def test_asking_again_keeps_place_and_code_and_the_newest_answers_win(line: Desk) -> None:
    first = line.requested(danger="yes", when="evening")
    before = line.callback(first)
    line.clock.forward(hours=1)
    again = line.asks(danger="no", when="morning", topic="hours", language="th", woman="yes").receipt
    assert isinstance(again, CallbackAccepted)
    after = line.callback(first)
    assert (again.callback, again.code) == (first, before.code)
    assert (after.asked_at, after.slot, after.asks) == (before.asked_at, 0, 2)
    assert (after.window, after.due_at) == ("morning", at(25, 8))
    assert after.priority == 0
    assert after.answers["danger"] == "yes"
    assert (after.language, after.wants_woman, after.topic) == ("th", True, "pay")
    assert [row[0] for row in line.rows("SELECT once FROM outbox ORDER BY once")] == [
        f"announce:{first}:1",
        f"announce:{first}:2",
    ]


def test_a_shared_phone_has_three_requests_with_three_codes_and_no_fourth(line: Desk) -> None:
    made = [line.requested(phone_seen="sometimes") for _ in range(3)]
    rows = [line.callback(one) for one in made]
    assert [row.slot for row in rows] == [0, 1, 2]
    assert len({row.code for row in rows}) == 3
    assert line.asks(phone_seen="sometimes").receipt == CallbackRefused(reason="full")
    assert isinstance(line.asks(OTHER, phone_seen="sometimes").receipt, CallbackAccepted)


def test_the_same_session_never_makes_two(line: Desk) -> None:
    first = line.requested(phone_seen="sometimes", session="s1")
    assert line.requested(phone_seen="sometimes", session="s1", when="noon") == first
    assert line.callback(first).window == "noon"
    assert line.requested(phone_seen="sometimes", session="s2") != first


def test_one_who_is_alone_is_never_merged_into_a_request_of_a_shared_phone(line: Desk) -> None:
    theirs = line.requested(phone_seen="sometimes")
    mine = line.requested(phone_seen="no")
    assert mine != theirs
    assert line.requested(phone_seen="no") == mine
    assert line.callback(theirs).asks == 1
    another = line.requested(phone_seen="sometimes")
    assert another not in (mine, theirs)


def test_a_slot_is_free_again_when_its_request_is_over(line: Desk) -> None:
    first = line.requested(phone_seen="sometimes")
    line.requested(phone_seen="sometimes")
    line.does(accept.cancel_request, effect=CancelCallback(callback=first))
    assert line.callback(line.requested(phone_seen="sometimes")).slot == 0


@pytest.mark.parametrize("number", ["+661900123456", "+881612345678", "+870771234567"])
def test_a_number_that_costs_too_much_is_never_called(light: Desk, number: str) -> None:
    assert light.asks(number).receipt == CallbackRefused(reason="number")
    assert light.rows("SELECT count(*) FROM callbacks") == [(0,)]


@pytest.mark.parametrize(
    "answers",
    [
        {"when": "never"},
        {"phone_seen": "not_mine", "when": "evening"},
        {"consent": ""},
        {"consent": "no"},
    ],
)
def test_without_a_way_to_call_her_nothing_is_kept(light: Desk, answers: dict[str, str]) -> None:
    assert isinstance(light.asks(**answers).receipt, CallbackRefused)
    assert light.rows("SELECT count(*) FROM callbacks") == [(0,)]
    assert light.rows("SELECT count(*) FROM callers WHERE consent_at IS NOT NULL") == [(0,)]


def test_not_my_phone_is_called_now_or_not_at_all(light: Desk) -> None:
    assert isinstance(light.asks(phone_seen="not_mine", when="now").receipt, CallbackAccepted)


def test_a_window_that_nobody_staffs_is_not_promised(light: Desk) -> None:
    mornings = light.with_hours(mon=["08:00-12:00"])
    assert mornings.asks(when="evening").receipt == CallbackRefused(reason="hours")
    assert mornings.asks(when="now").receipt == CallbackRefused(reason="hours")
    assert light.rows("SELECT count(*) FROM callbacks") == [(0,)]


def test_new_answers_win_even_where_nothing_can_be_promised(light: Desk) -> None:
    first = light.requested(when="evening", session="s")
    light.clock.set("2026-11-24T21:30:00+07:00")
    assert light.asks(when="now", phone_seen="not_mine", session="s").receipt == CallbackRefused(
        reason="hours"
    )
    row = light.callback(first)
    assert (row.window, row.due_until) == ("now", light.clock.now())


def test_language_is_remembered_only_where_nobody_else_sees_the_phone(line: Desk) -> None:
    line.asks(phone_seen="sometimes")
    line.asks(OTHER, phone_seen="no")
    with line.parts.store.read() as tx:
        shared, alone = callers.find_caller(tx, HER), callers.find_caller(tx, OTHER)
    assert shared is not None
    assert alone is not None
    assert (shared.language, shared.script, shared.zone) == ("", "", "")
    assert (alone.language, alone.script, alone.zone) == ("lo", "lo", "Asia/Vientiane")
    assert shared.consent_at == alone.consent_at == line.clock.now()
    assert alone.contact is not None
    assert alone.contact.when == When("evening")


def test_texts_are_safe_only_where_nobody_else_sees_the_phone(light: Desk) -> None:
    shared = light.callback(light.requested(phone_seen="sometimes", sms_safe="yes"))
    alone = light.callback(light.requested(OTHER, phone_seen="no", sms_safe="yes"))
    assert shared.contact is not None
    assert alone.contact is not None
    assert not shared.contact.sms_safe
    assert alone.contact.sms_safe


def test_codes_of_open_requests_are_passed_over(light: Desk) -> None:
    first = light.callback(light.requested(turn="same turn"))
    second = light.callback(light.requested(OTHER, turn="same turn"))
    assert first.code != second.code


def test_a_promise_holds_when_it_is_put_in(line: Desk) -> None:
    answers = {"danger": "no", "phone_seen": "no", "when": "evening", "consent": "v1"}
    effect = RequestCallback(topic="pay", path=(), answers=answers, language="lo", script="lo")
    promised = accept.promise_request(
        line.parts, effect=effect, turn_key=b"k" * 32, number=HER, now=line.clock.now()
    )
    assert isinstance(promised, CallbackAccepted)
    kept = line.asks(promised=promised).receipt
    assert isinstance(kept, CallbackAccepted)
    assert (kept.code, kept.due_at, kept.due_until) == (promised.code, promised.due_at, promised.due_until)
    never = RequestCallback(
        topic="", path=(), answers={**answers, "when": "never"}, language="lo", script="lo"
    )
    refused = accept.promise_request(
        line.parts, effect=never, turn_key=b"k" * 32, number=HER, now=line.clock.now()
    )
    assert isinstance(refused, CallbackRefused)


def test_a_window_that_had_its_attempt_is_not_promised_again(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested(when="evening")
    line.clock.set("2026-11-24T18:05:00+07:00")
    line.calling(noy, callback)
    outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="no_answer")
    line.clock.set("2026-11-24T20:30:00+07:00")
    again = line.asks(when="evening").receipt
    assert isinstance(again, CallbackAccepted)
    assert again.due_at == at(25, 18)


def test_a_number_that_was_just_rung_is_not_promised_now(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested(when="now")
    line.calling(noy, callback)
    outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="no_answer")
    line.clock.forward(minutes=20)
    assert line.asks(when="now").receipt == CallbackRefused(reason="hours")


def test_what_is_claimed_or_in_review_takes_her_new_answers_and_stays(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested(when="evening")
    claim.claim_callback(line.parts, noy, callback)
    assert line.requested(when="noon") == callback
    row = line.callback(callback)
    assert (row.state, row.window, row.due_at) == (CallbackState.CLAIMED, "noon", at(25, 12))
    line.clock.set("2026-11-25T12:01:00+07:00")
    claim.claim_callback(line.parts, noy, callback)
    attempts.begin_call(line.parts, noy, callback)
    outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="not_safe")
    line.requested(when="evening")
    assert line.callback(callback).state is CallbackState.REVIEW


@pytest.mark.parametrize("phone_seen", ["no", "sometimes"])
def test_ten_turns_of_one_number_at_once(line: Desk, phone_seen: str) -> None:
    gate, receipts = Barrier(5), []

    def ask(n: int) -> None:
        gate.wait()
        receipts.append(line.asks(turn=f"t{n}", phone_seen=phone_seen).receipt)

    threads = [Thread(target=ask, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    accepted = [one for one in receipts if isinstance(one, CallbackAccepted)]
    if phone_seen == "no":
        assert len(accepted) == 5
        assert len({(one.callback, one.code) for one in accepted}) == 1
    else:
        assert len({one.code for one in accepted}) == len(accepted) == 3
        assert receipts.count(CallbackRefused(reason="full")) == 2
