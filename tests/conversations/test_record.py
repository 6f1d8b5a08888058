"""A turn on record, both ways: every effect and every receipt comes back equal, and nothing else is read as one."""

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.conversations.commit import FORMAT, TurnRecord, read_effect, read_receipt, write_plain
from gateway.menus.engine.effects import CallbackAccepted, Effect, Erased, EraseEverything, Noted, Receipt
from gateway.menus.engine.session import Session, UnreadableSession

AT = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
WORDS = st.text(max_size=12)
INSTANTS = st.datetimes(
    min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)
)
BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    str: WORDS,
    bool: st.booleans(),
    datetime: INSTANTS,
}


def values(kind: type) -> st.SearchStrategy[Any]:
    """Any value of a class of plain data, made from the types of its fields, so that a new field is tried too."""
    return st.builds(kind, **{field.name: _of_field(field.type) for field in fields(kind)})


def _of_field(kind: Any) -> st.SearchStrategy[Any]:
    if kind in BY_TYPE:
        return BY_TYPE[kind]
    if getattr(kind, "__origin__", None) is tuple:
        return st.lists(WORDS, max_size=4).map(tuple)
    return st.dictionaries(WORDS, WORDS, max_size=4)


EFFECTS, RECEIPTS = get_args(Effect), get_args(Receipt)


@pytest.mark.parametrize(
    ("kind", "back"),
    [*((kind, read_effect) for kind in EFFECTS), *((kind, read_receipt) for kind in RECEIPTS)],
    ids=lambda found: getattr(found, "__name__", ""),
)
def test_each_kind_comes_back_through_json(kind: type, back: Callable[[dict[str, Any]], Any]) -> None:
    @given(values(kind))
    def both_ways(value: Any) -> None:
        written = json.loads(json.dumps(write_plain(value), ensure_ascii=False))
        found = back(written)
        assert found == value
        assert type(found) is kind
        assert written["is"] == kind.__name__

    both_ways()


def test_no_two_kinds_have_one_name() -> None:
    names = [kind.__name__ for kind in (*EFFECTS, *RECEIPTS)]
    assert len(set(names)) == len(names)


@given(st.lists(st.one_of([values(kind) for kind in RECEIPTS]), max_size=3), INSTANTS, WORDS)
def test_a_record_comes_back_through_json(receipts: list[Any], at: datetime, screen: str) -> None:
    session = Session(
        screen=screen, language="lo", script="lo", answers={"when": "now"}, values={"code": "4821"}
    )
    record = TurnRecord(version="v" * 20, session=session, receipts=tuple(receipts), at=at)
    assert TurnRecord.from_json(json.loads(json.dumps(record.to_json()))) == record
    assert record.to_json()["format"] == FORMAT


def test_an_instant_of_another_zone_is_the_same_instant() -> None:
    vientiane = AT.astimezone(timezone(timedelta(hours=7)))
    receipt = CallbackAccepted(callback="c", code="4821", due_at=vientiane, due_until=vientiane)
    found = read_receipt(json.loads(json.dumps(write_plain(receipt))))
    assert found == receipt
    assert isinstance(found, CallbackAccepted)
    assert found.due_at == AT


@pytest.mark.parametrize("name", ["Nothing", "", "Record", "Session", "object", "__class__"])
@pytest.mark.parametrize("back", [read_effect, read_receipt])
def test_what_names_no_kind_is_refused(name: str, back: Callable[[dict[str, Any]], Any]) -> None:
    with pytest.raises(KeyError):
        back({"is": name})


def test_an_effect_is_no_receipt_and_a_receipt_no_effect() -> None:
    with pytest.raises(KeyError):
        read_receipt(write_plain(EraseEverything()))
    with pytest.raises(KeyError):
        read_effect(write_plain(Erased()))


def test_a_field_that_is_unknown_is_refused_and_not_dropped() -> None:
    with pytest.raises(KeyError):
        read_receipt({**write_plain(Noted()), "mood": "good"})


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"session": "{}"}, UnreadableSession),
        ({"session": json.dumps({"format": 99})}, UnreadableSession),
        ({"at": "yesterday"}, ValueError),
        ({"receipts": [{"is": "Nothing"}]}, KeyError),
        ({"receipts": [{}]}, KeyError),
    ],
    ids=["no session", "another format", "no instant", "no receipt", "no name"],
)
def test_a_record_that_is_none_is_told(change: dict[str, Any], error: type[Exception]) -> None:
    record = TurnRecord(version="v", session=Session(screen="main"), receipts=(Noted(),), at=AT)
    with pytest.raises(error):
        TurnRecord.from_json({**record.to_json(), **change})


@pytest.mark.parametrize("field", ["version", "session", "receipts", "at"])
def test_a_record_that_lacks_something_is_told(field: str) -> None:
    record = TurnRecord(version="v", session=Session(screen="main"), receipts=(Noted(),), at=AT).to_json()
    del record[field]
    with pytest.raises(KeyError):
        TurnRecord.from_json(record)


def test_a_receipt_of_an_older_release_without_the_newer_fields_is_read() -> None:
    """Receipts lie in the ledger for seven days and outlive a release; a field that came later has a default."""
    written = write_plain(CallbackAccepted(callback="c", code="4821", due_at=AT, due_until=AT))
    del written["now"]
    found = read_receipt(written)
    assert isinstance(found, CallbackAccepted)
    assert not found.now
