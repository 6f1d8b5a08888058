"""Texts of the same kinds as the faults that were found, written by somebody who knew the kinds and not the rules.

Before the rules and lists were changed 194 of the 517 in the table were mistaken, 99 of them cries for help that nobody heard.
"""

from collections import Counter

import pytest

from gateway.menus.engine.effects import RefuseCalls, RequestCallback
from gateway.menus.engine.model import Menu
from gateway.menus.engine.sms import COPY, DANGER
from gateway.menus.keywords import find_refusal, understand_text
from tests.menus.keywords import tables
from tests.menus.keywords.test_answers import Phone, asked, phone
from tests.menus.keywords.test_dangers import each

__all__ = ["phone"]

ROWS = tables.rows("neighbours.tsv")
LEAST = {"W4": 140, "W8": 50, "R2": 130, "R4": 40, "R5": 60, "R6": 15, "W13": 20, "W14": 30}


def is_as_meant(menu: Menu, text: str, meant: str) -> bool:
    match = understand_text(menu, text)
    topic = match.topic if match else "-"
    return topic not in meant[1:].split("|") if meant.startswith("!") else topic in meant.split("|")


def test_the_table_is_what_it_says_it_is() -> None:
    assert len(ROWS) == len({text for text, *_ in ROWS})
    kinds = Counter(kind for *_, kind in ROWS)
    assert all(kinds[kind] >= least for kind, least in LEAST.items()), kinds


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("R2", marks=pytest.mark.fault("R2")),
        pytest.param("R4", marks=pytest.mark.fault("R4")),
        pytest.param("R5", marks=pytest.mark.fault("R5")),
        pytest.param("R6", marks=pytest.mark.fault("R6")),
        pytest.param("W13", marks=pytest.mark.fault("W13")),
        pytest.param("W14", marks=pytest.mark.fault("W14")),
        pytest.param("W4", marks=pytest.mark.fault("W4")),
        pytest.param("W8", marks=pytest.mark.fault("W8")),
    ],
)
def test_neighbours_of_each_fault_are_understood_as_meant(menu: Menu, kind: str) -> None:
    rows = [(text, meant) for text, meant, of in ROWS if of == kind]
    assert [text for text, meant in rows if not is_as_meant(menu, text, meant)] == []


REFUSED_IN_DANGER = """
do not call, he hits me|he beats me. don't phone me|he will kill me if you call, please do not call|dont call he locked me in
ຢ່າໂທ ລາວຕີຂ້ອຍ|ລາວຊິຂ້າຂ້ອຍ ບໍ່ຕ້ອງໂທມາ|อย่าโทรมา เขาตีฉัน|เขาขู่หนู ห้ามโทรกลับ|ya tho ma lao ti khoy|no one should call, he has a knife
""".replace("\n", "|")


@pytest.mark.fault("R1")
@pytest.mark.parametrize("text", each(REFUSED_IN_DANGER))
@pytest.mark.parametrize("before", [(), ("call me",), ("pay",)])
def test_a_refusal_beside_danger_is_a_deed_too(phone: Phone, before: tuple[str, ...], text: str) -> None:
    meaning, reply = phone.says(*before, text)
    assert (meaning.understood, reply.screen) == (DANGER, "sos")
    assert meaning.effects == (RefuseCalls(how="said"),)


@pytest.mark.parametrize("text", ["2 3 don't call he hits me", "he hits me do not call 2 3"])
def test_an_answer_beside_danger_and_a_refusal_asks_for_nothing(phone: Phone, text: str) -> None:
    meaning, _ = phone.says("call me", text)
    assert not any(isinstance(effect, RequestCallback) for effect in meaning.effects)


@pytest.mark.parametrize("text", ["he hits me, call me", "ช่วยด้วย โทรหาหนูหน่อย", "lao ti khoy tho ha khoy dae"])
def test_danger_alone_refuses_nothing(menu: Menu, phone: Phone, text: str) -> None:
    assert find_refusal(menu, text) is None
    assert phone.says(text)[0].effects == ()


@pytest.mark.fault("W6")
@pytest.mark.parametrize(
    "text",
    [
        "2,3 คับ", "2 3👍", "2/3", "2&3", "๒ ๓ ค่ะ", "2 กับ 3 ค่า", "2-3 ເດີ", "answer 2 and 3", "2 3 full stop", "2 3 okkkk", "2 3 plzzz",
        "2 3 ครับบบ", "2 3 krub", "2 3 naka", "2 3 is ok", "some times, evening", "evenings, sometimes", "ບາງຄັ້ງ ຕອນແລງ", "บางทีค่ะ ตอนเย็น",
        "②③", "❷ ❸", "2 3 krap", "2 3 na", "2 3 khop jai", "ans 2 3", "answers: 2, 3", "my answer 2 3", "2 3 you can call", "u can call 2 3", "reply 2 3 thank you very much",
        "2 3 จ้าา", "2 3 ໂທມາໄດ້ເລີຍ", "2 3 โทรได้เลยค่ะ", "(2)(3)", "2:3", "2\n3\nthank you", "ເອົາ 2 3 ເດີ້", "เอา 2 กับ 3 ค่ะ", "ao 2 3 der", "i want 2 3",
    ],
)  # fmt: skip
def test_a_clear_yes_in_other_manners(phone: Phone, text: str) -> None:
    assert asked(phone.says("call me", text)[0]) == ("sometimes", "evening")


@pytest.mark.fault("W9")
@pytest.mark.parametrize(
    "text",
    [
        "1 ค่า",
        "1 kub",
        "1ครับบบ",
        "1.)",
        "[1]",
        "«1»",
        "➊",
        "1️⃣👍",
        "*1#",
        "ຂໍ້໑ແດ່",
        "1 and thanks",
        "1 okkk",
        "I want 1",
        "เอา 1",
        "เอาข้อ 1 ค่ะ",
        "ເອົາ 1",
        "ao 1 der",
        "1 krap",
        "ans 1",
        "❶",
        "①",
        "1⃣",
    ],
)
def test_a_number_in_other_manners(phone: Phone, text: str) -> None:
    assert phone.says("pay", text)[1].screen == "wage_area"


@pytest.mark.fault("W13")
@pytest.mark.parametrize(
    "text", ["Can't talk now. Call me later?", "I’ll call you right back", "ขณะนี้ไม่สะดวกรับสาย จะโทรกลับภายหลัง"]
)
def test_what_a_phone_writes_by_itself_gets_no_answer_and_keeps_the_form(phone: Phone, text: str) -> None:
    meaning, reply = phone.says("call me", text)
    assert (meaning.understood, meaning.effects, reply.pieces) == (COPY, (), ())
    assert asked(phone.says("2 3")[0]) == ("sometimes", "evening")


def test_stop_in_the_middle_of_a_form_ends_it(phone: Phone) -> None:
    meaning, reply = phone.says("call me", "STOP!!!", "2 3")
    assert (meaning.effects, reply.pieces) == ((), ())


@pytest.mark.fault("W1")
def test_danger_then_a_refusal_then_a_wish_is_a_request_in_danger(phone: Phone) -> None:
    meaning, _ = phone.says("he beat my little girl", "do not call me", "call me", "pay", "2 3")
    (effect,) = meaning.effects
    assert isinstance(effect, RequestCallback)
    assert effect.answers["danger"] == "yes"


@pytest.mark.fault("W2")
@pytest.mark.parametrize(
    "between", ["help", "language", "ok", "1", "👍", "?", "Bangkok wage", "go home when?", "ค่าแรง", "ຄ່າແຮງ", "kha heng", "ພາສາ", "asdf"]
)  # fmt: skip
def test_whatever_came_between_the_form_waits_for_its_answer(phone: Phone, between: str) -> None:
    assert asked(phone.says("call me", between, "2 3")[0]) == ("sometimes", "evening")


@pytest.mark.parametrize(
    "text", ["2 3 from my sister", "2 3 tomorrow", "2 3 after 7pm", "2 3 my name is noi", "two days", "1)2 2)3", "2nd 3rd", "²³"]
)  # fmt: skip
def test_numbers_that_may_mean_something_else_are_no_consent(phone: Phone, text: str) -> None:
    meaning, _ = phone.says("call me", text)
    assert not any(isinstance(effect, RequestCallback) for effect in meaning.effects)
