"""A word of danger by text: those on duty are told once an hour a number, without a word of hers, and nobody is called."""

from pathlib import Path

import pytest

from gateway.delivery.send import drain_outbox
from gateway.storage import callers, conversations
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.desk_rig import HER, Desk
from tests.support.house import Phone, made_parts, payload_text, publish, requests, rows


@pytest.fixture
def line(store: Store, clock: SetClock, tmp_path: Path) -> Desk:
    return _desk(store, clock, tmp_path)


@pytest.fixture
def light(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> Desk:
    return _desk(sqlite_store, clock, tmp_path)


def _desk(store: Store, clock: SetClock, folder: Path) -> Desk:
    parts = made_parts(store, clock, folder)
    publish(parts)
    return Desk(parts, clock)


def alerts(phone: Phone) -> list[str]:
    drain_outbox(phone.parts, seconds=1)
    return [payload_text(phone.parts, row) for row in rows(phone.parts) if row.kind == "alert"]


def test_those_on_duty_are_told_without_her_words_or_number(line: Desk) -> None:
    phone = Phone(line.parts)
    line.person("Noy", on_duty=True)
    line.person("Dao", on_duty=False)
    assert "1191" in phone.texts("my boss beat me")[0]
    assert alerts(phone) == ["An urgent text came. Please read the texts."]
    assert requests(phone.parts) == []


def test_many_texts_of_one_number_are_one_alert_an_hour(line: Desk) -> None:
    phone = Phone(line.parts)
    line.person("Noy", on_duty=True)
    for words in ("he hit me", "he hit me again", "police!"):
        phone.texts(words)
    assert len(alerts(phone)) == 1
    line.clock.forward(hours=1)
    phone.texts("he hit me")
    assert len(alerts(phone)) == 2


def test_a_word_that_is_no_danger_tells_nobody(light: Desk) -> None:
    phone = Phone(light.parts)
    light.person("Noy", on_duty=True)
    for words in ("wage", "call me", "zzz", "stop"):
        phone.texts(words)
    assert [row for row in rows(phone.parts) if row.kind == "danger_text"] == []


def test_the_row_holds_nothing_but_the_caller(light: Desk) -> None:
    phone = Phone(light.parts)
    phone.texts("my boss beat me")
    (row,) = [row for row in rows(phone.parts) if row.kind == "danger_text"]
    assert payload_text(phone.parts, row) == ""
    assert (row.callback_id, row.person_id) == (None, None)
    assert HER not in repr(row)


def test_one_who_was_erased_meanwhile_is_told_of_to_nobody(light: Desk) -> None:
    phone = Phone(light.parts)
    light.person("Noy", on_duty=True)
    phone.texts("my boss beat me")
    phone.dial("4 8 8 1")
    assert alerts(phone) == []


def test_the_text_waits_in_red_until_somebody_has_read_it(line: Desk) -> None:
    phone = Phone(line.parts)
    phone.texts("wage")
    phone.texts("he beats me")
    with phone.parts.store.read() as tx:
        (found,) = conversations.list_dangers(tx)
        caller = callers.find_caller(tx, HER)
    assert caller is not None
    assert (found.text, found.number, found.understood) == ("he beats me", HER, "danger (en): beats")
    noy = line.person("Noy")
    with phone.parts.store.write() as tx:
        assert conversations.mark_read(tx, found.id, person_id=noy.person_id, now=line.clock.now())
        assert conversations.list_dangers(tx) == ()
