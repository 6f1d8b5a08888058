"""A further question of a menu's form goes all the way: asked by USSD, kept with the request, read by the counsellor."""

import re
from functools import cache

import pytest

from tests.conversations.test_windows_of_a_menu import menu_with
from tests.support.house import Phone, made_parts, publish, requests

QUESTION = """  with_children:
    kind: question
    asks: children
    text: {en: Are children with you?, lo: ມີເດັກນຳບໍ?, lo-Latn: Mi dek nam bo?, th: มีเด็กด้วยไหม}
    choices:
      - {key: "1", answer: "yes", label: {en: "Yes", lo: ມີ, lo-Latn: Mi, th: มี}}
      - {key: "2", answer: "no", label: {en: "No", lo: ບໍ່, lo-Latn: Bo, th: ไม่}}

  consent:
    kind: question
"""
FIELD = """schema: 1

fields:
  children: {label: {en: Children with her, lo: ມີເດັກນຳ, lo-Latn: Mi dek nam, th: มีเด็กด้วย}, values: ["yes", "no"]}
"""


@cache
def menu_that_asks() -> str:
    """The sample, compiled, with one question more between the time and her consent."""
    return menu_with(
        ("schema: 1\n", FIELD),
        (
            "questions: [danger, phone_seen, when, consent]",
            "questions: [danger, phone_seen, when, with_children, consent]",
        ),
        ("  consent:\n    kind: question\n", QUESTION),
    )


@pytest.fixture
def parts(sqlite_store, clock, tmp_path):
    return made_parts(sqlite_store, clock, tmp_path)


@pytest.fixture
def phone(parts):
    publish(parts, menu_that_asks())
    return Phone(parts)


def page_of(noy, phone):
    (wanted,) = requests(phone.parts, phone.number)
    return noy.get(f"/callbacks/{wanted.id}").get_data(as_text=True)


@pytest.mark.fault("H2")
@pytest.mark.parametrize(
    ("to_form", "answer", "read"),
    [("4 7", "1", "Yes"), ("4 7", "2", "No"), ("1 1 7", "1", "Yes"), ("2 7", "2", "No")],
)
def test_by_ussd_it_is_asked_and_read_on_the_page(phone, signed, to_form, answer, read):
    asked = phone.dial(f"{to_form} 2 1 3")
    assert re.search("children|ເດັກ|dek", asked.text)
    assert re.search(r"\d{4}", phone.press(f"{answer} 1").text)
    assert f"<li>Children with her: <bdi>{read}</bdi></li>" in page_of(signed(), phone)


@pytest.mark.fault("H2")
def test_another_key_asks_again_and_loses_nothing(phone, signed):
    phone.dial("4 7 2 1 3 7")
    assert "children" in phone.shown[-1].text
    phone.press("1 1")
    assert "<bdi>Yes</bdi>" in page_of(signed(), phone)


@pytest.mark.fault("H2")
@pytest.mark.parametrize(("asks", "asked", "answer", "read"), [
    ("call me", "Are children with you?\n1 Yes\n2 No", "1", "Yes"),
    ("ໂທຫາຂ້ອຍ", "ມີເດັກນຳບໍ?\n1 ມີ\n2 ບໍ່", "ມີ", "Yes"),
    ("tho ha khoy", "Mi dek nam bo?\n1 Mi\n2 Bo", "2.", "No"),
    ("โทรหาฉัน", "มีเด็กด้วยไหม\n1 มี\n2 ไม่", "๒ ค่ะ", "No"),
])  # fmt: skip
def test_by_text_it_is_asked_below_the_code_and_read_on_the_page(phone, signed, asks, asked, answer, read):
    phone.texts(asks)
    (code,) = phone.texts("1 3")
    assert re.fullmatch(r"\d{4}\n" + re.escape(asked), code)
    assert "Children with her" not in page_of(signed(), phone)
    assert len(phone.texts(answer)) == 1
    assert f"<li>Children with her: <bdi>{read}</bdi></li>" in page_of(signed(), phone)


@pytest.mark.fault("H2")
def test_by_text_it_is_taken_beside_the_numbers_and_is_not_asked_then(phone, signed):
    phone.texts("call me")
    (code,) = phone.texts("1 3 1")
    assert re.fullmatch(r"\d{4}", code)
    assert "<bdi>Yes</bdi>" in page_of(signed(), phone)


@pytest.mark.fault("H2")
def test_an_answer_to_a_request_that_is_over_is_not_said_to_be_noted(phone, signed):
    phone.texts("call me")
    phone.texts("1 3")
    (one,) = requests(phone.parts, phone.number)
    phone.dial(one.code)
    phone.press("2")
    (said,) = phone.texts("1")
    assert "Noted" not in said
