"""A digit from a helpline phone that was told: done once, answered once, and no caller ever comes of it."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import text

from gateway.conversations import one_shot
from gateway.domain.callbacks.states import CallbackState
from gateway.domain.events import Inbound, Kind
from gateway.foundation.services import Services
from gateway.helpdesk.alerts.announce import announce_request
from gateway.helpdesk.staff import people as desk
from gateway.helpdesk.staff.people import OWNER
from gateway.storage import callbacks, callers, outbox, people
from gateway.storage.outbox import OutboxRow
from tests.support.house import HER, Phone, payload_text, requests, rows
from tests.support.web_surroundings import somebody

OURS = "+8562055590011"
ASKS = "1 1 7 2 1 5 1"


def on_duty_by_text(parts: Services, name: str = "Noy", number: str = OURS) -> str:
    own = somebody(parts, name, number=number)
    with parts.store.write() as tx:
        people.set_duty(tx, own, on=True)
        people.set_by_text(tx, own, on=True)
    return own


def alerts(parts: Services) -> list[OutboxRow]:
    return [row for row in rows(parts) if row.kind == "alert"]


def worked(parts: Services) -> None:
    """Have those on duty told, as the workers do."""
    waiting = [row for row in rows(parts) if row.kind == "announce"]
    with parts.store.write() as tx:
        for row in waiting:
            announce_request(parts, tx, row)


@pytest.fixture
def house(parts: Services) -> Services:
    return replace(parts, public_url="https://desk.example")


@pytest.fixture
def told(house: Services) -> Phone:
    """Noy's phone, which was just told of a request that a caller made."""
    on_duty_by_text(house)
    Phone(house).dial(ASKS)
    worked(house)
    assert len(alerts(house)) == 1
    return Phone(house, number=OURS)


def sms(parts: Services, phone: Phone, words: str, *, message: str = "") -> list[str]:
    """What leaves because of this text, with the kind of row."""
    before = {row.id for row in rows(parts)}
    phone.texts(words, message=message)
    return [f"{row.kind}: {payload_text(parts, row)}" for row in rows(parts) if row.id not in before]


def count(parts: Services, sql: str) -> int:
    with parts.store.read() as tx:
        return int(tx.execute(text(sql)).scalar_one())


def test_one_is_done_answered_and_leaves_no_caller(house: Services, told: Phone) -> None:
    callers_before = count(house, "SELECT count(*) FROM callers")
    [answer] = sms(house, told, "1")
    [callback] = requests(house)
    assert answer == f"alert: Yours: code {callback.code}. Open the console or press the link."
    assert callback.state is CallbackState.CLAIMED
    assert count(house, "SELECT count(*) FROM callers") == callers_before
    assert count(house, "SELECT count(*) FROM texts") == 0
    assert count(house, "SELECT count(*) FROM threads") == 0
    [row] = [row for row in alerts(house) if "Yours" in payload_text(house, row)]
    assert (row.channel, row.caller_id, row.callback_id) == ("africastalking", None, None)


def test_the_same_text_told_ten_times_is_one(house: Services, told: Phone) -> None:
    said = [line for _ in range(10) for line in sms(house, told, "1", message="message 7")]
    assert len(said) == 1
    assert count(house, "SELECT count(*) FROM audit WHERE act = 'by reply'") == 1


def test_a_second_text_is_told_so_and_changes_nothing(house: Services, told: Phone) -> None:
    sms(house, told, "1")
    [callback] = requests(house)
    assert sms(house, told, "2") == ["alert: This was answered before. Nothing is changed."]
    assert requests(house) == [callback]


def test_after_its_hour_it_is_told_so(house: Services, told: Phone, clock) -> None:
    clock.forward(minutes=61)
    assert sms(house, told, "1") == ["alert: This alert is too old. Please look at the list."]
    [callback] = requests(house)
    assert callback.state is CallbackState.WAITING


@pytest.mark.parametrize("words", ["pay", "1 please", "3", "help"])
def test_every_other_text_of_that_phone_is_a_callers(house: Services, told: Phone, words: str) -> None:
    kinds = [line.partition(":")[0] for line in sms(house, told, words)]
    assert kinds == ["answer"]
    [callback] = requests(house)
    assert callback.state is CallbackState.WAITING


@pytest.mark.parametrize("words", ["1", "2", "1 47"])
def test_a_caller_is_answered_as_ever_while_alerts_are_out(house: Services, told: Phone, words: str) -> None:
    her = Phone(house, number=HER)
    assert told
    her.texts("pay")
    said = her.texts(words)
    quiet = Phone(house, number="+8562055577001")
    quiet.texts("pay")
    with house.store.write() as tx:
        tx.execute(text("DELETE FROM links"))
    assert len(said) == 1
    assert said == quiet.texts(words)
    [callback] = requests(house)
    assert callback.state is CallbackState.WAITING


def test_a_helpline_phone_that_was_told_nothing_is_a_callers_too(house: Services) -> None:
    somebody(house, "Dao", number=OURS)
    her, ours = Phone(house), Phone(house, number=OURS)
    for phone in (her, ours):
        phone.texts("pay")
    assert her.texts("1") == ours.texts("1")
    with house.store.read() as tx:
        assert callers.find_caller(tx, OURS) is not None


def test_in_the_language_of_their_pages(house: Services) -> None:
    own = on_duty_by_text(house)
    desk.set_page_language(house, replace(OWNER, person_id=own), "lo")
    Phone(house).dial(ASKS)
    worked(house)
    [row] = alerts(house)
    assert "ຕອບ 1" in payload_text(house, row)
    [said] = sms(house, Phone(house, number=OURS), "໒")
    assert "ຄຳຂໍຍັງຢູ່ໃນລາຍການ" in said


def test_no_number_is_in_any_of_it(house: Services, told: Phone) -> None:
    sms(house, told, "1")
    sms(house, told, "1")
    for row in alerts(house):
        words = payload_text(house, row).partition("https://")[0]
        assert not re.search(r"\d{5}", words)
        assert HER[-6:] not in words
    assert HER not in repr(rows(house))


def test_a_machine_that_answers_us_is_not_answered_for_ever(house: Services, told: Phone) -> None:
    said = [line for _ in range(12) for line in sms(house, told, "1")]
    assert 1 <= len(said) <= 6


def test_two_colleagues_each_answer_from_their_own_phone(house: Services) -> None:
    on_duty_by_text(house)
    second = on_duty_by_text(house, "Dao", "+8562055590012")
    Phone(house).dial(ASKS)
    worked(house)
    assert sms(house, Phone(house, number="+8562055590012"), "1")[0].startswith("alert: Yours")
    assert sms(house, Phone(house, number=OURS), "1") == [
        "alert: It is not free any more. Nothing is changed."
    ]
    with house.store.read() as tx:
        [callback] = [callbacks.by_id(tx, one.id) for one in requests(house)]
        assert callback is not None
        assert callback.holder_id == second
        assert outbox.find_latest_of_person(tx, second, once="test:") is None


def test_the_answer_says_which_text_it_answers(house: Services, told: Phone) -> None:
    inbound = Inbound(
        channel="africastalking", kind=Kind.SMS, number=OURS, text="1", turn="message 9", link="link 7"
    )
    assert told
    one_shot.accept_text(house, inbound, now=house.clock.now())
    with house.store.read() as tx:
        payloads = [outbox.open_row(tx, row).payload for row in alerts(house)]
    assert {one["link"] for one in payloads if one and "Yours" in one["text"]} == {"link 7"}
