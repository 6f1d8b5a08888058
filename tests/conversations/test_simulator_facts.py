"""What a trial phone is told of a page, and that a phone on a line for people is told nothing but the page."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from gateway.channels.contract import Simulated
from gateway.channels.simulator import FACTS
from gateway.conversations.simulator_facts import format_cost, list_texts
from gateway.domain.events import ThreadAsked
from gateway.foundation.services import Services
from gateway.storage import callers, outbox
from gateway.storage.callers import SentText
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.house import HER, Phone, made_parts, publish, requests


@pytest.fixture
def parts(sqlite_store: Store, clock: SetClock, tmp_path: Path, redis_client: redis.Redis) -> Services:
    found = made_parts(sqlite_store, clock, tmp_path, redis_client)
    publish(found)
    return found


def of(parts: Services) -> Phone:
    return Phone(parts, channel="simulator")


def test_a_page_comes_with_its_room_its_place_and_her_way(parts: Services) -> None:
    told = of(parts).dial("1 1 1 1")
    facts = told.facts
    assert (facts["coding"], facts["limit"], facts["language"]) == ("ucs2", 70, "lo")
    assert facts["units"] == len(told.text)
    assert facts["path"] == ["main", "pay", "wage_area"]
    assert (facts["page"], facts["pages"]) == (1, 1)
    assert facts["session"]["script"] == "lo"
    assert facts["effects"] == []


@pytest.mark.parametrize(
    ("keys", "path"),
    [("2 7 2 1 1 1", None), ("1 1 1", ["main", "pay"])],  # six choices in Lao are two pages
)
def test_the_page_of_several_is_told(parts: Services, keys: str, path: list[str] | None) -> None:
    phone = of(parts)
    told = phone.dial(keys)
    assert told.facts["page"] == 1
    assert told.facts["pages"] > 1
    after = phone.press("98")
    assert (after.facts["page"], after.facts["pages"]) == (2, told.facts["pages"])
    assert path is None or told.facts["path"] == after.facts["path"] == path


def test_an_effect_is_told_once_and_a_repeat_did_nothing(parts: Services) -> None:
    phone = of(parts)
    told = phone.dial("4 7 2 2 3 1")
    (effect,) = told.facts["effects"]
    assert (effect["is"], effect["topic"], effect["answers"]["when"]) == (
        "RequestCallback",
        "other",
        "evening",
    )
    assert told.facts["session"]["code"] == requests(parts)[0].code
    again = phone.post(phone.text)
    assert (again.text, again.facts["effects"]) == (told.text, [])


def test_a_line_for_people_is_told_the_page_only(phone: Phone) -> None:
    assert phone.dial("4 7").facts == {}


def test_the_simulator_writes_facts_into_one_header_of_ascii(parts: Services) -> None:
    told = of(parts).dial("1 1")
    line = parts.channels["simulator"]
    assert isinstance(line, Simulated)
    answer = line.add_facts(line.answer(told.reply, None), told.facts)
    assert answer.headers[FACTS].isascii()
    assert json.loads(answer.headers[FACTS]) == json.loads(json.dumps(told.facts))
    assert not isinstance(parts.channels["africastalking"], Simulated)
    assert FACTS not in line.answer(told.reply, None).headers


@pytest.mark.parametrize(
    ("price", "parts", "costs"),
    [
        ("0.05 USD", 1, "0.05 USD"),
        ("0.05 USD", 3, "0.15 USD"),
        ("0.025 USD", 2, "0.050 USD"),
        ("120 kip", 3, "360 kip"),
        ("7", 2, "14"),
        ("0.1", 3, "0.3"),  # as money is counted, not as 0.30000000000000004
        ("", 3, ""),
    ],
)
def test_a_text_costs_its_parts(price: str, parts: int, costs: str) -> None:
    assert format_cost(price, parts) == costs


LAO = "ຄ່າແຮງ"


@pytest.mark.parametrize(
    ("text", "coding", "units", "room", "parts"),
    [
        ("a", "gsm7", 1, 160, 1),
        ("a" * 160, "gsm7", 160, 160, 1),
        ("a" * 161, "gsm7", 161, 306, 2),
        ("a" * 306, "gsm7", 306, 306, 2),
        ("a" * 459, "gsm7", 459, 459, 3),
        ("[" * 80, "gsm7", 160, 160, 1),
        (LAO, "ucs2", 6, 70, 1),
        ("ກ" * 71, "ucs2", 71, 134, 2),
        ("ກ" * 201, "ucs2", 201, 201, 3),
    ],
)
def test_a_text_of_ours_comes_with_its_room_its_parts_and_what_it_costs(
    light_parts: Services, text: str, coding: str, units: int, room: int, parts: int
) -> None:
    (told,) = threaded(light_parts, text, price="0.05 USD")
    assert told.text == text
    assert told.facts == {
        "coding": coding,
        "units": units,
        "room": room,
        "parts": parts,
        "most": 3,
        "cost": format_cost("0.05 USD", parts),
    }


def test_without_a_price_nothing_is_said_of_money(light_parts: Services) -> None:
    (told,) = threaded(light_parts, "a", price="")
    assert told.facts["cost"] == ""


def test_what_waits_on_a_line_for_people_is_nobodys_to_see(light_parts: Services) -> None:
    line = light_parts.channels["simulator"]
    line.contract = replace(line.contract, real=True)  # type: ignore[misc]  # a line like the one it stands for
    assert threaded(light_parts, "a", price="") == ()


def threaded(parts: Services, text: str, *, price: str) -> tuple[SentText, ...]:
    """A text that waits on the simulator's line, as the thread of its phone shows it."""
    line = parts.channels["simulator"]
    line.config = replace(line.config, part_price=price)
    now = parts.clock.now()
    with parts.store.write() as tx:
        caller = callers.upsert_caller(tx, HER, now=now, trial=True)
        assert outbox.add_row(
            tx, kind="answer", channel="simulator", lane="l", due_at=now, expires_at=now, once="o",
            now=now, payload={"text": text}, caller_id=caller.id,
        )  # fmt: skip
    return list_texts(parts, ThreadAsked(channel="simulator", number=HER))
