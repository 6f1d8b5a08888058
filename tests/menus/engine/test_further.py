"""Further questions of a form by text: asked once the request is on record, answered by number or by words."""

from functools import cache
from textwrap import dedent, indent

import pytest

from gateway.menus.authoring.conversation_files import read_conversations
from gateway.menus.authoring.conversation_runner import run_conversation
from gateway.menus.engine import serialization
from gateway.menus.keywords import read_form_answer
from tests.conversations.test_windows_of_a_menu import menu_with

pytestmark = pytest.mark.fault("H2")

FIELDS = """schema: 1

fields:
  children: {label: {en: Children with her, lo: ມີເດັກນຳ, lo-Latn: Mi dek nam, th: มีเด็กด้วย}, values: ["yes", "no"]}
  locked: {label: {en: Locked in, lo: ຖືກຂັງ, lo-Latn: Thuek khang, th: ถูกขัง}, values: [locked, free]}
"""
QUESTIONS = """  with_children:
    kind: question
    asks: children
    text: {en: Are children with you?, lo: ມີເດັກນຳບໍ?, lo-Latn: Mi dek nam bo?, th: มีเด็กด้วยไหม}
    choices:
      - {key: "1", answer: "yes", label: {en: "Yes", lo: ມີ, lo-Latn: Mi, th: มี}}
      - {key: "2", answer: "no", label: {en: "No", lo: ບໍ່, lo-Latn: Bo, th: ไม่}}

  may_go_out:
    kind: question
    asks: locked
    text: {en: May you leave the house?, lo: ອອກນອກໄດ້ບໍ?, lo-Latn: Ok nok dai bo?, th: ออกข้างนอกได้ไหม}
    choices:
      - {key: "1", answer: free, label: {en: I may leave, lo: ອອກໄດ້, lo-Latn: Ok dai, th: ออกได้}}
      - {key: "2", answer: locked, to: danger_numbers, label: {en: I may not, lo: ອອກບໍ່ໄດ້, lo-Latn: Ok bo dai, th: ออกไม่ได้}}
      - {key: "3", answer: locked, to: no_call, does: refuse_calls, label: {en: Do not ring, lo: ຢ່າໂທມາ, lo-Latn: Ya tho ma, th: อย่าโทรมา}}

  consent:
    kind: question
"""


@cache
def menu_that_asks_twice() -> serialization.Menu:
    """The sample with two questions more between the time and her consent."""
    return serialization.load_menu(
        menu_with(
            ("schema: 1\n", FIELDS),
            (
                "questions: [danger, phone_seen, when, consent]",
                "questions: [danger, phone_seen, when, with_children, may_go_out, consent]",
            ),
            ("  consent:\n    kind: question\n", QUESTIONS),
        )
    )


def walk(steps: str, **more: str) -> list[str]:
    head = ["- it: walks", '  from: "+8562055512345"', '  at: "2026-11-24 14:05"']
    text = "\n".join(
        [
            *head,
            *(f"  {name}: {value}" for name, value in more.items()),
            "  steps:",
            indent(dedent(steps), "    "),
        ]
    )
    cases, problems = read_conversations({"walk.yaml": text.encode()}, "Asia/Vientiane")
    assert not problems
    (case,) = cases
    return [
        each.message
        for each in run_conversation(menu_that_asks_twice(), case, zone="Asia/Vientiane").differences
    ]


LANGUAGES = [
    pytest.param("call me", "Are children with you?\\n1 Yes\\n2 No", "May you leave the house?", "I may leave", "Noted. Thank you.", id="en"),
    pytest.param("ໂທຫາຂ້ອຍ", "ມີເດັກນຳບໍ?\\n1 ມີ\\n2 ບໍ່", "ອອກນອກໄດ້ບໍ?", "ອອກໄດ້", "ຮັບແລ້ວ. ຂອບໃຈ.", id="lo"),
    pytest.param("tho ha khoy", "Mi dek nam bo?\\n1 Mi\\n2 Bo", "Ok nok dai bo?", "ok dai", "Hap leo. Khop chai.", id="lo-Latn"),
    pytest.param("โทรหาฉัน", "มีเด็กด้วยไหม\\n1 มี\\n2 ไม่", "ออกข้างนอกได้ไหม", "ออกได้", "รับแล้ว ขอบคุณ", id="th"),
]  # fmt: skip


@pytest.mark.parametrize(("asks", "first", "second", "free", "noted"), LANGUAGES)
def test_each_is_asked_by_one_text_and_added_to_the_request(asks, first, second, free, noted):
    assert not walk(
        f"""
        - {{texts: "{asks}", screen: sms_form}}
        - {{texts: "2 3", screen: sms_saved, sees: "{{code}}\\n{first}", effects: [{{callback: {{phone_seen: sometimes, when: evening}}}}]}}
        - {{texts: "1", screen: sms_noted, contains: "{second}", effects: [{{amend: {{children: "yes"}}}}]}}
        - {{texts: "{free}", screen: sms_noted, sees: "{noted}", effects: [{{amend: {{locked: free}}}}]}}
        - {{texts: "00", screen: main}}
        """
    )


@pytest.mark.parametrize(
    "words", ["1", "1.", "(1)", "໑", "๑", "1️⃣", "no 1", "1 ค่ะ", "Yes", "yes please", "ມີ", "มีค่ะ"]
)
def test_a_number_or_the_words_of_the_answer(words):
    assert not walk(
        f"""
        - {{texts: "call me", screen: sms_form}}
        - {{texts: "1 3", screen: sms_saved, effects: [callback]}}
        - {{texts: "{words}", screen: sms_noted, effects: [{{amend: {{children: "yes"}}}}]}}
        """
    )


def test_a_number_that_is_no_answer_asks_again_and_loses_nothing():
    assert not walk(
        """
        - {texts: "call me", screen: sms_form}
        - {texts: "1 3", screen: sms_saved, effects: [callback]}
        - {texts: "7", screen: invalid, contains: "1 Yes"}
        - {texts: "2", screen: sms_noted, effects: [{amend: {children: "no"}}]}
        """
    )


def test_it_stays_answerable_in_words_for_its_day_and_a_number_means_what_was_read_last():
    assert not walk(
        """
        - {texts: "call me", screen: sms_form}
        - {texts: "1 3", screen: sms_saved, effects: [callback]}
        - {texts: "pay", screen: pay}
        - {texts: "1", screen: wage_area}
        - {texts: "ມີ", after: "20 h", screen: sms_noted, effects: [{amend: {children: "yes"}}]}
        - {texts: "ອອກໄດ້", after: "25 h", screen: sms_help, effects: []}
        """
    )


def test_danger_comes_before_an_answer_and_the_numbers_that_an_answer_leads_to_are_told():
    assert not walk(
        """
        - {texts: "call me", screen: sms_form}
        - {texts: "1 3", screen: sms_saved, effects: [callback]}
        - {texts: "he hits me", screen: sos}
        - {texts: "ບໍ່ມີ", screen: sms_help}
        - {texts: "Yes", screen: sms_noted, effects: [{amend: {children: "yes"}}]}
        - {texts: "2", screen: sms_noted, contains: "{la.phone.police}", effects: [{amend: {locked: locked}}]}
        """
    )


def test_an_answer_that_refuses_is_a_refusal():
    assert not walk(
        """
        - {texts: "call me", screen: sms_form}
        - {texts: "1 3 1", screen: sms_saved, contains: "May you leave the house?", effects: [{callback: {children: "yes"}}]}
        - {texts: "3", screen: sms_noted, effects: [{refuse: {how: plain, phone_seen: "no"}}]}
        """
    )


def test_stop_and_a_refusal_count_as_ever_while_it_waits():
    assert not walk(
        """
        - {texts: "call me", screen: sms_form}
        - {texts: "1 3", screen: sms_saved, effects: [callback]}
        - {texts: "do not call me", screen: sms_no_call, effects: [{refuse: {how: said}}]}
        """
    )


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ("2 3", {}),
        ("2 3 1", {"children": "yes"}),
        ("2, 3, 2, 1", {"children": "no", "locked": "free"}),
        ("໒ ໓ ໑ ໒", {"children": "yes", "locked": "locked"}),
        ("2 3 มี", {"children": "yes"}),
        ("2 3 ອອກໄດ້ ມີ", {"children": "yes", "locked": "free"}),
        ("2 3 yes", {}),
        ("2 3 1 i may leave", {"children": "yes", "locked": "free"}),
    ],
)
def test_answers_may_stand_in_the_same_text(words, more):
    assert read_form_answer(menu_that_asks_twice(), words) == {
        "phone_seen": "sometimes",
        "when": "evening",
        **more,
    }


@pytest.mark.parametrize(
    "words",
    [
        "2 3 3",
        "2 3 1 9",
        "2 3 1 1 1",
        "2 3 no",
        "2 3 ບໍ່",
        "2 3 ok bo dai",
        "2 3 i may not",
        "2 3 i may leave i may not",
        "2 3 today",
    ],
)
def test_anything_else_behind_the_numbers_is_no_consent(words):
    assert read_form_answer(menu_that_asks_twice(), words) is None
