"""A text by SMS: understood in her language, answered once, stopped for good, and the callback in two texts."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.conversation import ended
from gateway.conversation import text as text_turn
from gateway.engine.text import sms_parts
from gateway.messages import Inbound, Kind, OptOut
from gateway.parts import Parts
from gateway.store import callers, outbox
from tests.house import HER, Phone, payload_text, requests, rows


@pytest.mark.parametrize(
    ("words", "part"),
    [("wage", "Minimum wage"), ("ຄ່າແຮງ", "ຄ່າແຮງ"), ("kha heng", "Kha heng"), ("ค่าจ้าง", "ค่าจ้าง")],
)
def test_a_word_is_answered_in_its_own_language(phone: Phone, words: str, part: str) -> None:
    (answer,) = phone.texts(words)
    assert part in answer


def test_a_number_chooses_from_the_last_answer(phone: Phone) -> None:
    phone.texts("pay")
    (answer,) = phone.texts("1")
    assert "Bangkok" in answer


def test_a_text_nobody_understands_gets_help_in_english_or_her_language(phone: Phone) -> None:
    (answer,) = phone.texts("zzz qqq")
    assert answer
    assert requests(phone.parts) == []


def test_call_me_and_two_numbers_are_a_request_with_a_code_and_nothing_else(phone: Phone) -> None:
    phone.texts("pay")
    (form,) = phone.texts("call me")
    assert "2 3" in form
    (saved,) = phone.texts("2 3")
    (found,) = requests(phone.parts)
    assert found.code in saved
    assert (found.topic, found.window) == ("pay", "evening")
    assert found.contact is not None
    assert found.contact.phone_seen == "sometimes"
    assert not found.contact.sms_safe
    assert not found.contact.may_text(phone.parts.clock.now())


@pytest.mark.parametrize("answer", ["3 3", "1 6", "3 6"])
def test_an_answer_that_leaves_no_safe_call_makes_no_request(phone: Phone, answer: str) -> None:
    phone.texts("call me")
    phone.texts(answer)
    assert requests(phone.parts) == []


def test_an_answer_that_cannot_be_read_is_asked_for_again(phone: Phone) -> None:
    phone.texts("call me")
    (answer,) = phone.texts("maybe")
    assert answer
    assert requests(phone.parts) == []
    phone.texts("2 3")
    assert len(requests(phone.parts)) == 1


def test_numbers_without_the_question_are_no_consent(phone: Phone) -> None:
    phone.texts("2 3")
    assert requests(phone.parts) == []


def test_one_message_posted_five_times_is_answered_once(phone: Phone) -> None:
    inbound = Inbound(channel=phone.channel, kind=Kind.SMS, number=HER, text="wage", turn="same")
    with ThreadPoolExecutor(5) as pool:
        assert all(pool.map(lambda _: text_turn.take(phone.parts, inbound), range(5)))
    assert len(rows(phone.parts)) == 1


def test_after_stop_nothing_leaves_what_was_due_included(phone: Phone) -> None:
    phone.texts("wage")
    phone.texts("STOP")
    assert [row.state for row in rows(phone.parts)] == ["cancelled"]
    assert phone.texts("zzz") == []
    with phone.parts.store.read() as tx:
        caller = callers.find(tx, HER)
    assert caller is not None
    assert caller.stopped


def test_she_who_asks_again_after_stop_wants_an_answer(phone: Phone) -> None:
    phone.texts("STOP")
    assert phone.texts("wage")


def test_stop_leaves_her_request_for_a_call_alone(phone: Phone) -> None:
    phone.texts("call me")
    phone.texts("2 3")
    phone.texts("stop")
    assert len(requests(phone.parts)) == 1
    assert [row.state for row in rows(phone.parts) if row.kind == "announce"] == ["pending"]


def test_the_providers_opt_out_is_a_stop(phone: Phone) -> None:
    phone.texts("wage")
    assert ended.opt_out(phone.parts, OptOut(channel=phone.channel, number=HER))
    assert [row.state for row in rows(phone.parts)] == ["cancelled"]


def test_danger_words_get_the_numbers_first_and_no_call_without_consent(phone: Phone) -> None:
    (answer,) = phone.texts("help me he beat me, call me")
    assert "1191" in answer
    assert requests(phone.parts) == []


def test_a_machine_that_repeats_itself_gets_no_more_answers(phone: Phone) -> None:
    answers = [phone.texts("hello hello") for _ in range(12)]
    assert sum(map(len, answers)) == text_turn.SAME_TEXT


def test_a_line_answers_only_so_often_in_an_hour(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_turn, "LINE_REPLIES_AN_HOUR", 3)
    answered = [bool(Phone(parts, f"+85620555{n:05}").texts("wage")) for n in range(5)]
    assert answered == [True, True, True, False, False]


def test_the_answer_goes_back_with_what_the_provider_needs_to_bill_it(phone: Phone) -> None:
    inbound = Inbound(channel=phone.channel, kind=Kind.SMS, number=HER, text="wage", turn="m", link="L1")
    text_turn.take(phone.parts, inbound)
    (row,) = rows(phone.parts)
    with phone.parts.store.read() as tx:
        payload = outbox.opened(tx, row).payload
    assert payload is not None
    assert payload["link"] == "L1"


def test_a_text_whose_sender_is_no_number_is_taken_and_left(phone: Phone) -> None:
    inbound = Inbound(channel=phone.channel, kind=Kind.SMS, number="BANK", text="wage", turn="m")
    assert text_turn.take(phone.parts, inbound)
    assert rows(phone.parts) == []


@pytest.mark.parametrize("words", ["", " ", "\u0000", "ຄ່າ" * 400, "1*2*3", "🙏", "\u202e911"])
def test_odd_texts_are_taken_and_never_fail(
    phone: Phone, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    phone.texts(words)
    assert "failed" not in caplog.text
    assert payload_text(phone.parts, rows(phone.parts)[0])


def test_a_row_says_what_its_text_costs(phone: Phone) -> None:
    phone.texts("ໂທຫາຂ້ອຍ")
    (row,) = rows(phone.parts)
    assert row.parts == len(sms_parts(payload_text(phone.parts, row))) > 1
