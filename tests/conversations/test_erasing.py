"""She erases her number, at every moment an outage allows: nothing of hers comes back, and she may begin anew."""

from collections.abc import Callable

import pytest

from gateway.conversations import effects, one_shot
from gateway.domain.events import Inbound, Kind, OptOut
from gateway.foundation.services import Services
from gateway.helpdesk.requests.refuse import forget_number
from gateway.storage import callers
from tests.support.clocks import SetClock
from tests.support.house import HER, Phone, requests, rows
from tests.support.outage_rig import sql_away

ERASE = "98 8 8 1"
OTHER = "+8562055554321"
OWN, SHARED = "4 7 2 1 3 1", "4 7 2 2 3 1"


def is_known(parts: Services, number: str = HER) -> bool:
    with parts.store.read() as tx:
        return callers.find_caller(tx, number) is not None


def texts(parts: Services, words: str) -> None:
    inbound = Inbound(channel="africastalking", kind=Kind.SMS, number=HER, text=words, turn=words)
    assert one_shot.TEXTS.take(parts, inbound)


def asks_while_away(phone: Phone) -> None:
    phone.dial(SHARED.removesuffix(" 1"))
    with sql_away(phone.parts.store):
        assert "Your code is" in phone.press("1").text


def texts_while_away(phone: Phone) -> None:
    with sql_away(phone.parts.store):
        texts(phone.parts, "call me")


LEFT = [asks_while_away, texts_while_away]


@pytest.mark.parametrize("left", LEFT, ids=lambda found: found.__name__)
def test_what_waits_in_the_spool_does_not_bring_her_back_after_erasing(
    phone: Phone, left: Callable[[Phone], None]
) -> None:
    left(phone)
    Phone(phone.parts, number=OTHER).dial(SHARED)
    assert phone.dial(f"4 {ERASE}").ends
    one_shot.replay_spool(phone.parts)
    assert not is_known(phone.parts)
    assert requests(phone.parts) == []
    assert phone.parts.spool.list() == []
    assert len(requests(phone.parts, OTHER)) == 1


@pytest.mark.parametrize("left", LEFT, ids=lambda found: found.__name__)
def test_whoever_runs_the_server_reaches_the_spool_too(phone: Phone, left: Callable[[Phone], None]) -> None:
    left(phone)
    assert forget_number(phone.parts, "020 5551 2345")
    assert phone.parts.spool.list() == []
    assert one_shot.replay_spool(phone.parts) == 0
    assert not is_known(phone.parts)
    assert not forget_number(phone.parts, "020 5551 2345")


def test_forgetting_one_number_leaves_the_spool_of_another(phone: Phone) -> None:
    other = Phone(phone.parts, number=OTHER)
    for each in (phone, other):
        asks_while_away(each)
    assert forget_number(phone.parts, HER)
    assert one_shot.replay_spool(phone.parts) == 1
    assert [len(requests(phone.parts, number)) for number in (HER, OTHER)] == [0, 1]


def test_a_place_in_the_menu_is_forgotten_even_where_nothing_else_is_known(phone: Phone) -> None:
    phone.dial("4 7 1")
    assert not forget_number(phone.parts, HER)
    assert phone.press("1").screen == "language"


def test_erasing_while_sql_is_away_is_done_when_it_is_back_and_takes_all_that_was_before(
    phone: Phone,
) -> None:
    phone.dial(OWN)
    phone.dial("98 8 8")
    with sql_away(phone.parts.store):
        assert phone.press("1").ends
    assert is_known(phone.parts)
    assert one_shot.replay_spool(phone.parts) == 1
    assert not is_known(phone.parts)


def test_asking_and_erasing_in_one_outage_end_erased(phone: Phone) -> None:
    asks_while_away(phone)
    phone.dial("4 98 8 8")
    with sql_away(phone.parts.store):
        assert phone.press("1").ends
    assert one_shot.replay_spool(phone.parts) == 2
    assert not is_known(phone.parts)
    assert phone.parts.spool.list() == []


def test_she_erases_herself_by_text(phone: Phone) -> None:
    phone.dial("4 7 2 1 3 1")
    (question,) = phone.texts("erase")
    assert question.startswith("Erase everything")
    assert phone.texts("1") == []
    assert requests(phone.parts) == []
    assert phone.parts.spool.list() == []
    with phone.parts.store.read() as tx:
        assert callers.find_caller(tx, HER) is None


def test_she_who_texts_after_erasing_is_new(phone: Phone) -> None:
    phone.dial(OWN)
    phone.dial(ERASE)
    assert phone.texts("wage")
    assert is_known(phone.parts)
    assert phone.dial().screen == "language"


def test_a_request_after_erasing_is_a_first_one(phone: Phone) -> None:
    phone.dial(OWN)
    phone.dial(f"7 {OWN.removeprefix('4 7 ')}")
    assert [one.asks for one in requests(phone.parts)] == [2]
    phone.dial(ERASE)
    told = phone.dial(OWN)
    (found,) = requests(phone.parts)
    assert (found.asks, found.slot) == (1, 0)
    assert found.code in told.text


def test_the_old_code_opens_nothing_after_erasing(phone: Phone) -> None:
    phone.dial(SHARED)
    code = requests(phone.parts)[0].code
    phone.dial(f"4 {ERASE}")
    told = phone.dial(f"4 {code}")
    assert told.screen == "main"
    assert code not in told.text


def test_erasing_one_request_s_number_leaves_the_rows_that_are_counted(phone: Phone) -> None:
    phone.dial(OWN)
    phone.dial(ERASE)
    (row,) = rows(phone.parts)
    assert (row.state, row.caller_id) == ("cancelled", None)
    with phone.parts.store.read() as tx:
        found = tx.conn.exec_driver_sql("SELECT state, reason, code, caller_id FROM callbacks").all()
    assert [tuple(one) for one in found] == [("cancelled", "erased", "", None)]


def test_erasing_twice_is_erasing(phone: Phone) -> None:
    phone.dial(OWN)
    assert phone.dial(ERASE).ends
    assert phone.dial(f"4 {ERASE}").ends
    assert not is_known(phone.parts)


@pytest.mark.parametrize("key", ["2", "0", "00", "9"])
def test_any_other_key_erases_nothing(phone: Phone, key: str) -> None:
    phone.dial(OWN)
    assert not phone.dial(f"98 8 8 {key}").ends
    assert len(requests(phone.parts)) == 1


def test_the_provider_s_opt_out_stops_texts_and_leaves_her_request_to_a_person(
    phone: Phone, clock: SetClock
) -> None:
    phone.dial(OWN)
    phone.texts("wage")
    clock.forward(seconds=1)
    assert effects.opt_out(phone.parts, OptOut(channel="africastalking", number="02055512345"))
    assert {row.kind: row.state for row in rows(phone.parts)} == {
        "announce": "cancelled",
        "answer": "cancelled",
    }
    assert [one.state for one in requests(phone.parts)] == ["review"]
    with phone.parts.store.read() as tx:
        caller = callers.find_caller(tx, HER)
    assert caller is not None
    assert caller.stopped
