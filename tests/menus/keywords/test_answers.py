"""Answers to our texts, however they are written: the numbers of the form, a number of a list, the label of a line."""

from datetime import UTC, datetime

import pytest

from gateway.conversations.sms_turn import TextAnswer
from gateway.domain.events import Reply
from gateway.foundation.display_values import DisplayValues
from gateway.menus.authoring.conversation_runner import Thread
from gateway.menus.engine import sms
from gateway.menus.engine.effects import (
    CallbackAccepted,
    Effect,
    Noted,
    Receipt,
    RefuseCalls,
    RequestCallback,
)
from gateway.menus.engine.model import Menu
from gateway.menus.engine.session import Known
from gateway.menus.engine.sms import Meant

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
LINE = DisplayValues(zone="Asia/Vientiane")
OFFERS = ("morning", "noon", "evening", "sunday", "now")
CODE = "4821"


class Phone:
    """A phone that texts the sample."""

    def __init__(self, menu: Menu) -> None:
        self.thread = Thread(menu, Known(region="TH", offers=OFFERS), self.came)

    def came(self, effect: Effect) -> Receipt:
        if isinstance(effect, RequestCallback):
            return CallbackAccepted(callback="c", code=CODE, due_at=NOW, due_until=NOW)
        return Noted()

    def says(self, *texts: str) -> tuple[Meant, Reply]:
        for text in texts:
            meaning, reply = self.thread.take(text, LINE, NOW)
        return meaning, reply


@pytest.fixture
def phone(menu: Menu) -> Phone:
    return Phone(menu)


def asked(meaning: Meant) -> tuple[str, str]:
    (effect,) = meaning.effects
    assert isinstance(effect, RequestCallback)
    return effect.answers["phone_seen"], effect.answers["when"]


@pytest.mark.fault("W6")
@pytest.mark.parametrize(
    "text",
    [
        "2 3 agree", "2 3 ครับ", "2 3 ค่ะ", "2 3 please call", "Reply 2 3", "02 03", "2 then 3", "sometimes evening",
        "2 3 ok thanks", "2, 3 แล้วค่ะ", "ตอบ 2 3 นะคะ", "2 และ 3 ตกลง", "2 3 ເດີ້", "ຕອບ 2 3 ຂອບໃຈ", "ຕົກລົງ 2 3", "໒ ແລະ ໓ ໄດ້",
        "2 3 der", "top 2 3 dae", "2 lae 3 toklong", "hello 2 3", "2 3 call me please", "I agree 2 3", "2️⃣ 3️⃣ 🙏",
        "2 evening", "2 evening please", "บางครั้ง เย็น", "2 ตอนเย็นค่ะ", "ບາງເທື່ອ ແລງ", "2 ແລງ ເດີ້", "bang theua leng", "2 ton leng der",
    ],
)  # fmt: skip
def test_a_clear_yes_is_an_answer_of_the_form(phone: Phone, text: str) -> None:
    meaning, reply = phone.says("call me", text)
    assert asked(meaning) == ("sometimes", "evening")
    assert reply.pieces[0].text == CODE


@pytest.mark.parametrize(
    "text", ["2 3 not today", "2 3 but he is here", "no evening", "2 3 4", "evening", "3 2 ไม่", "maybe"]
)
def test_what_is_not_clear_is_no_consent(phone: Phone, text: str) -> None:
    meaning, _ = phone.says("call me", text)
    assert not any(isinstance(effect, RequestCallback) for effect in meaning.effects)


@pytest.mark.parametrize(
    "text",
    ["cancel", "no thanks", "never mind", "ຍົກເລີກ", "ບໍ່ເອົາ", "ไม่เอาค่ะ", "ยกเลิก", "nyok leuk", "bo ao der"],
)
def test_no_to_the_form_is_a_refusal_and_she_reads_the_neutral_line(phone: Phone, text: str) -> None:
    meaning, reply = phone.says("call me", text)
    assert meaning.effects == (RefuseCalls(how="said"),)
    assert reply.screen == "sms_no_call"


@pytest.mark.fault("R2")
@pytest.mark.parametrize(
    "text", ["please do not call me, he is here", "ຢ່າໂທຫາຂ້ອຍ", "ห้ามติดต่อกลับ", "ham tho kap"]
)
@pytest.mark.parametrize("before", [(), ("pay",), ("call me",)])
def test_a_refusal_in_her_words_is_a_deed_and_a_person_reads_it(
    phone: Phone, before: tuple[str, ...], text: str
) -> None:
    meaning, reply = phone.says(*before, text)
    assert meaning.effects == (RefuseCalls(how="said"),)
    assert reply.screen == "sms_no_call"
    kept = TextAnswer(text="", understood=meaning.understood, match=meaning.match).kept
    assert kept == sms.NOT_UNDERSTOOD


def test_a_refusal_after_stop_is_a_deed_in_silence(phone: Phone) -> None:
    meaning, reply = phone.says("stop", "do not call me again")
    assert meaning.effects == (RefuseCalls(how="said"),)
    assert reply.pieces == ()


@pytest.mark.fault("W9")
@pytest.mark.parametrize(
    "text",
    ["1", "1.", "1)", "#1", "1,", "1!", "01", "No 1", "option 1", "ข้อ 1", "(1)", "1 please", "1 ครับ", "ເລກ 1", "ຂໍ້ 1 ເດີ້", "໑.", "๑ ค่ะ", "1️⃣", "①", "lek 1 dae", "No. 1", "กด 1 นะคะ"],
)  # fmt: skip
def test_a_number_with_signs_or_courtesy_is_the_number(phone: Phone, text: str) -> None:
    meaning, reply = phone.says("pay", text)
    assert (meaning.understood, reply.screen) == ("key", "wage_area")


@pytest.mark.parametrize("text", ["1 month no salary", "10:30", "1.5", "not 1", "1st floor"])
def test_a_number_beside_other_words_is_no_key(phone: Phone, text: str) -> None:
    meaning, _ = phone.says("pay", text)
    assert meaning.understood != "key"


@pytest.mark.fault("W10")
def test_every_label_of_a_list_chooses_its_line_in_every_language(menu: Menu) -> None:
    screen = menu.screens["wage_area"]
    tried = 0
    for choice in screen.choices:
        for label in choice.label.values():
            for text in (label, f"{choice.key} {label}", f"{label}!"):
                if any(label in other.label.values() for other in screen.choices if other is not choice):
                    continue
                phone = Phone(menu)
                meaning, reply = phone.says("pay", "1", text)
                assert (meaning.understood, reply.screen) == ("key", choice.to), text
                tried += 1
    assert tried >= 12


def test_a_label_behind_another_number_chooses_nothing(menu: Menu, phone: Phone) -> None:
    first, second, *_ = menu.screens["wage_area"].choices
    meaning, _ = phone.says("pay", "1", f"{first.key} {second.label['en']}")
    assert meaning.understood != "key"


def test_danger_comes_before_a_label(phone: Phone) -> None:
    assert phone.says("pay", "1", "he hits me")[0].understood == "danger"


@pytest.mark.fault("W13")
@pytest.mark.parametrize(
    "text", ["Liked “Police 191. Ambulance 1669.”", "👍 to “Hello. Text one word: PAY, HOURS”"]
)
def test_a_copy_gets_no_answer_and_is_kept_for_a_person(phone: Phone, text: str) -> None:
    meaning, reply = phone.says("help", text)
    assert (meaning.understood, meaning.effects, reply.pieces) == (sms.COPY, (), ())
    assert TextAnswer(text="", understood=meaning.understood).kept == sms.NOT_UNDERSTOOD
    assert phone.says("pay")[1].screen == "pay"


@pytest.mark.fault("W15")
@pytest.mark.parametrize(
    "text", ["ok", "👍", "thanks!", "ขอบคุณค่ะ", "ຂອບໃຈຫຼາຍໆ", "khop chai der", "...", "ok 🙏"]
)
@pytest.mark.parametrize("before", [(), ("pay",), ("call me",)])
def test_thanks_and_signs_get_at_most_one_answer(phone: Phone, before: tuple[str, ...], text: str) -> None:
    if before:
        phone.says(*before)
    answers = [phone.says(text)[1].pieces for _ in range(12)]
    assert sum(map(bool, answers)) <= 1


def test_thanks_leave_the_thread_where_it_was(phone: Phone) -> None:
    meaning, reply = phone.says("pay", "ok", "1")
    assert (meaning.understood, reply.screen) == ("key", "wage_area")
