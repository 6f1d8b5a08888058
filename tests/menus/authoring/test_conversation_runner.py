"""Authors' conversations by text: the same words lead to the same screens as before the gateway itself."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.foundation.services import Services
from gateway.menus.authoring.conversation_files import read_conversations
from gateway.menus.authoring.conversation_runner import Thread, run_conversation
from gateway.menus.engine import serialization
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
from gateway.menus.engine.sms import SILENCE
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.house import Phone, made_parts, publish, sample

ZONE = "Asia/Vientiane"
CODE, CODES = "4821", re.compile(r"(?<!\d)\d{4}(?!\d)")
OFFERS = ("morning", "noon", "evening", "sunday", "now")
TALKS = {
    "pay": ["wage", "1", "0", "00", "98", "7", "2", "1", "3", "1"],
    "form": ["call me", "hm", "2 3"],
    "never": ["ໂທຫາຂ້ອຍ", "1 6"],
    "language": ["language", "3", "ค่าจ้าง", "1"],
    "danger": ["he beat me, call me", "7", "1", "3", "1"],
    "wrong": ["pay", "55", "56", "57", "1"],
    "help": ["hello", "ສະບາຍດີ"],
    "stop": ["pay", "stop"],
}


@pytest.fixture(scope="module")
def menu() -> Menu:
    return serialization.load_menu(sample())


@pytest.fixture
def phone(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> Phone:
    parts: Services = made_parts(sqlite_store, clock, tmp_path)
    publish(parts)
    return Phone(parts)


@pytest.mark.parametrize("name", TALKS)
def test_a_thread_of_the_tests_leads_where_the_gateway_leads(menu: Menu, phone: Phone, name: str) -> None:
    steps = "\n".join(f'    - {{texts: "{words}", screen: x}}' for words in TALKS[name])
    (case,), problems = read_conversations(
        {"t.yaml": f'- it: t\n  from: "+8562055512345"\n  steps:\n{steps}\n'.encode()}, ZONE
    )
    assert problems == []
    thread = Thread(menu, Known(region="LA", offers=OFFERS), receipt_of)
    for step in case.steps:
        assert step.texts is not None
        _, reply = thread.take(step.texts, phone.parts.line.for_engine(), phone.parts.clock.now())
        answers = [CODES.sub(CODE, words) for words in phone.texts(step.texts)]
        assert answers == ([CODES.sub(CODE, reply.text)] if reply.screen != SILENCE else [])


def receipt_of(effect: Effect) -> Receipt:
    """What comes of a request made now, in the evening that she asked for."""
    if isinstance(effect, RefuseCalls):
        return Noted()
    assert isinstance(effect, RequestCallback)
    day = datetime(2026, 11, 24, tzinfo=UTC)
    return CallbackAccepted(
        callback="c", code=CODE, due_at=day.replace(hour=11), due_until=day.replace(hour=14)
    )


def ran(menu: Menu, steps: str) -> list[str]:
    (case,), problems = read_conversations({"t.yaml": f"- it: t\n  steps: [{steps}]\n".encode()}, ZONE)
    assert problems == []
    return [each.message for each in run_conversation(menu, case, zone=ZONE).differences]


def test_a_difference_names_the_text(menu: Menu) -> None:
    (message,) = ran(menu, "{texts: wage, screen: money}")
    assert message.startswith("step 1, texts wage: expected screen money, got pay")


def test_effects_of_texts_are_asserted_too(menu: Menu) -> None:
    assert ran(menu, '{texts: call me, screen: sms_form}, {texts: "2 3", screen: sms_saved}') == [
        "step 2, texts 2 3: expected effects: none; got: callback"
    ]


def test_a_text_before_any_dial_needs_no_session(menu: Menu) -> None:
    assert ran(menu, '{texts: "1", screen: sms_help}, {dial: "*1#", screen: language}') == []
