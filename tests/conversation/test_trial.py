"""What a trial phone is told of a page, and that a phone on a line for people is told nothing but the page."""

import json
from pathlib import Path

import pytest
import redis

from gateway.channels.simulator.line import FACTS
from gateway.parts import Parts
from gateway.store.engines import Store
from tests.clocks import SetClock
from tests.house import Phone, made_parts, publish, requests


@pytest.fixture
def parts(sqlite_store: Store, clock: SetClock, tmp_path: Path, redis_client: redis.Redis) -> Parts:
    found = made_parts(sqlite_store, clock, tmp_path, redis_client)
    publish(found)
    return found


def of(parts: Parts) -> Phone:
    return Phone(parts, channel="simulator")


def test_a_page_comes_with_its_room_its_place_and_her_way(parts: Parts) -> None:
    told = of(parts).dial("1 1 1")
    facts = told.facts
    assert (facts["coding"], facts["limit"], facts["language"]) == ("ucs2", 70, "lo")
    assert facts["units"] == len(told.text)
    assert facts["path"] == ["main", "pay"]
    assert (facts["page"], facts["pages"]) == (1, 1)
    assert facts["session"]["script"] == "lo"
    assert facts["effects"] == []


def test_the_page_of_several_is_told(parts: Parts) -> None:
    phone = of(parts)
    told = phone.dial("2 7 2 1 1 1")
    assert told.facts["pages"] > 1
    assert phone.press("98").facts["page"] == 2


def test_an_effect_is_told_once_and_a_repeat_did_nothing(parts: Parts) -> None:
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


def test_the_simulator_writes_facts_into_one_header_of_ascii(parts: Parts) -> None:
    told = of(parts).dial("1 1")
    answer = parts.channels["simulator"].answer(told.text, ends=False, screen="main", facts=told.facts)
    assert answer.headers[FACTS].isascii()
    assert json.loads(answer.headers[FACTS]) == json.loads(json.dumps(told.facts))
    assert (
        FACTS not in parts.channels["africastalking"].answer(told.text, ends=False, facts=told.facts).headers
    )
    assert FACTS not in parts.channels["simulator"].answer(told.text, ends=False).headers
