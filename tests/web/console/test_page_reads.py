"""Each page of the desk is one model, read at one moment: ten statements in one transaction, whatever it shows."""

from pathlib import Path

import pytest

from gateway.domain.permissions import Role
from gateway.foundation.services import Services
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.queue import call_sheet, claim, transfer
from gateway.helpdesk.queue import outcome as outcomes
from gateway.helpdesk.requests import case_record
from gateway.storage import callbacks
from gateway.storage.database import Store, Unavailable
from tests.support.clocks import SetClock
from tests.support.desk_rig import HER, OTHER, made_parts
from tests.support.house import publish
from tests.support.sql_counting import count_sql
from tests.support.web_surroundings import Browser, token_of

MOST, THIRD = 10, "+8562055500077"


@pytest.fixture
def parts(store: Store, clock: SetClock, tmp_path: Path) -> Services:
    found = made_parts(store, clock, tmp_path)
    publish(found)
    return found


@pytest.fixture
def busy(line, app, parts, clock):
    """A big centre with danger, a transfer, notes, drafts, ticks and an earlier request of the same number.

    Returns Noy's browser, Noy, and a name of each kind of callback → its id.
    """
    noy = line.person("Noy", languages=("lo",), on_duty=True, number="+8562055590001")
    dao = line.person("Dao", languages=("lo",), on_duty=True)
    boss = line.person("Boss", Role.SUPERVISOR, on_duty=True)
    line.person("Keo", languages=("lo",), on_duty=True)
    passed = line.requested(THIRD, when="now", danger="yes")
    claim.claim_callback(parts, dao, passed)
    transfer.hand_over(parts, dao, passed, noy.person_id)
    earlier = line.requested(OTHER, when="now")
    claim.claim_callback(parts, boss, earlier)
    outcomes.record_outcome(
        parts, boss, callback_id=earlier, outcome="wrong_number", form=line.calling(boss, earlier).form
    )
    waiting = line.requested("+8562055500078", when="now", danger="yes")
    held = line.requested(HER, when="now")
    claim.claim_callback(parts, noy, held)
    call_sheet.keep_draft(parts, noy, held, "half a word")
    case_record.save_form(parts, noy, held, {"person": "woman"})
    browser = Browser(app.test_client()).carry(token_of(parts, "Noy"))
    browser.get("/me")
    return browser, noy, {"passed": passed, "review": earlier, "waiting": waiting, "held": held}


def measure(browser: Browser, address: str) -> tuple[int, int]:
    browser.get(address)  # the first look of a person is recorded
    with count_sql() as found:
        answer = browser.get(address)
    assert answer.status_code == 200
    return len(found.statements), found.transactions


def assert_cheap(browser: Browser, address: str) -> None:
    statements, transactions = measure(browser, address)
    assert (statements <= MOST, transactions) == (True, 1), (address, statements, transactions)


def test_every_page_of_the_desk_costs_ten_statements_in_one_transaction(busy, parts):
    browser, noy, known = busy
    for tab in ("", "mine", "later", "review", "closed"):
        assert_cheap(browser, f"/{tab}")
    assert_cheap(browser, f"/callbacks/{known['held']}/look")
    for one in known.values():
        assert_cheap(browser, f"/callbacks/{one}")
        assert_cheap(browser, f"/callbacks/{one}?tab=review")
    call = attempts.begin_call(parts, noy, known["held"])
    assert_cheap(browser, f"/callbacks/{known['held']}")
    outcomes.record_outcome(parts, noy, callback_id=known["held"], outcome="reached", form=call.form)
    assert_cheap(browser, f"/callbacks/{known['held']}")
    outcomes.close_callback(parts, noy, known["held"], reason="helped")
    assert_cheap(browser, f"/callbacks/{known['held']}")


def test_the_page_shows_what_each_of_its_lists_holds(busy, parts):
    browser, _noy, known = busy
    page = browser.get(f"/callbacks/{known['held']}").get_data(as_text=True)
    assert "half a word" in page
    assert "Dao passed" in page
    assert "Pass on to a colleague" in page
    assert "in danger" in browser.get("/").get_data(as_text=True)
    assert browser.get("/callbacks/none").status_code == 404
    with parts.store.read() as tx, parts.store.read() as other:
        assert tx.conn is not other.conn, "no page leaves its transaction open"


def test_readers_of_one_block_see_one_moment_and_writes_go_on(store, line):
    def find(callback_id: str) -> bool:
        with store.read() as tx:
            return callbacks.by_id(tx, callback_id) is not None

    with store.read_once():
        assert not find("none")
        with store.read() as first, store.read() as second:
            assert first is second
        wanted = line.requested(when="now")  # written on another connection meanwhile
        assert not find(wanted)
    assert find(wanted)


def test_a_fault_in_the_block_is_not_carried_to_the_page_of_the_error(store: Store):
    with store.read_once():
        with pytest.raises(Unavailable), store.read() as broken:
            raise Unavailable("it broke")
        with store.read() as fresh:
            assert fresh is not broken
