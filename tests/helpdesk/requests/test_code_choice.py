"""Her code: the same for every repeat, asked by candidates, longer where short ones are in use, and never refused."""

import pytest
from sqlalchemy import insert

from gateway.domain.callbacks.queue_rules import is_simple
from gateway.foundation.time_and_chance import list_code_candidates
from gateway.helpdesk.queue import search
from gateway.helpdesk.requests.intake_rules import choose_code
from gateway.menus.engine.effects import CallbackAccepted, CallbackFound, CodeWrong
from gateway.storage import callbacks, callers
from gateway.storage.tables import callbacks as table
from tests.support.desk_rig import HER, OTHER, Desk


def chosen(desk: Desk, turn: bytes, number: str = HER, *, besides: frozenset[str] = frozenset()) -> str:
    with desk.parts.store.read() as tx:
        return choose_code(desk.parts, turn, number, tx=tx, besides=besides)


def take_all_of(desk: Desk, digits: int, *, but: frozenset[str] = frozenset()) -> None:
    """Let every code of so many digits stand for an open request of somebody."""
    one = desk.callback(desk.requested(OTHER))
    with desk.parts.store.write() as tx:
        values = callbacks.seal_values(tx, one) | {"caller_id": None}
        rows = [
            values | {"id": f"x{n:0{digits}}", "code": f"{n:0{digits}}"}
            for n in range(10**digits)
            if f"{n:0{digits}}" not in but
        ]
        tx.execute(insert(table), rows)


def test_the_code_is_the_same_for_every_repeat_and_never_easy(light: Desk) -> None:
    seen = set()
    for n in range(200):
        turn = n.to_bytes(32)
        code = chosen(light, turn)
        assert code == chosen(light, turn)
        assert len(code) == 4
        assert code != HER[-4:]
        assert not is_simple(code)
        seen.add(code)
    assert len(seen) > 190


def test_what_is_in_use_is_passed_over_in_order(light: Desk) -> None:
    turn = b"t" * 32
    first = chosen(light, turn)
    second = chosen(light, turn, besides=frozenset({first}))
    order = list_code_candidates(light.parts.store.ring.key("code"), turn.hex())
    assert order.index(first) < order.index(second)


@pytest.mark.fault("K8")
@pytest.mark.parametrize("danger", ["no", "yes"])
def test_with_every_short_code_in_use_she_gets_a_longer_one(line: Desk, danger: str) -> None:
    take_all_of(line, 4)
    receipt = line.asks(danger=danger).receipt
    assert isinstance(receipt, CallbackAccepted)
    assert len(receipt.code) == 5
    assert receipt.code.isdigit()
    assert not is_simple(receipt.code)
    noy = line.person("Noy")
    assert [row.id for row in search.find_callbacks(line.parts, noy, receipt.code)] == [receipt.callback]
    with line.parts.store.write() as tx:
        her = callers.find_caller(tx, HER)
        assert her is not None
    assert isinstance(line.does(find, code=receipt.code), CallbackFound)
    assert line.does(find, code=receipt.code[:4]) == CodeWrong()


def find(parts, tx, *, caller, now, code):  # type: ignore[no-untyped-def]
    from gateway.helpdesk.requests.self_service import find_by_code

    return find_by_code(parts, tx, caller=caller, code=code, now=now)


@pytest.mark.fault("K8")
def test_a_code_is_chosen_at_one_price_whatever_the_queue(line: Desk, statements: list[str]) -> None:
    """Two statements of candidates a length at most; none reads the codes of all open requests."""
    take_all_of(line, 4)
    statements.clear()
    line.asks()
    about_codes = [one for one in statements if "callbacks.code \nFROM" in one]
    assert len(about_codes) == 3, about_codes
    assert all("IN (" in one.replace("__[POSTCOMPILE_", "(") for one in about_codes)


@pytest.mark.fault("K8")
def test_nobody_is_refused_even_when_every_candidate_of_every_length_is_in_use(
    light: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "find_taken", lambda _tx, candidates: frozenset(candidates))
    receipt = light.asks(danger="yes").receipt
    assert isinstance(receipt, CallbackAccepted)
    assert len(receipt.code) == 6
    assert isinstance(light.does(find, code=receipt.code), CallbackFound)


def test_no_longer_code_holds_the_end_of_her_number(light: Desk) -> None:
    take_all_of(light, 4)
    for n in range(300):
        assert HER[-4:] not in chosen(light, n.to_bytes(32))
