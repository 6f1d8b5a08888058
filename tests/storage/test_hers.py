"""What is known of callers: one row a number whatever happens at once, sealed, locked, and gone when she says so."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from gateway.domain.contact_safety import PhoneSeen, SafeContact, When
from gateway.storage import callbacks, callers, conversations, counts
from gateway.storage.database import Store, Tx
from gateway.storage.tables import callers as caller_table
from gateway.storage.tables import texts as text_table
from gateway.storage.tables import turns as turn_table
from tests.storage.test_callbacks import request
from tests.support.windows import EVERY

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
H = timedelta(hours=1)
HER, OTHER = "+8562055512345", "+8562055554321"
KEY, SESSION = b"k" * 32, b"s" * 32


@pytest.fixture
def tx(store: Store):
    with store.write() as tx:
        yield tx


@pytest.mark.parametrize("trial", [True, False])
def test_a_number_has_one_row_and_the_second_time_finds_it(tx: Tx, *, trial: bool) -> None:
    first = callers.upsert_caller(tx, HER, now=NOW, trial=trial)
    second = callers.upsert_caller(tx, HER, now=NOW + H, trial=trial)
    assert (second.id, second.number, second.trial) == (first.id, HER, trial)
    assert second.contacted_at == NOW + H
    assert callers.find_caller(tx, HER) == callers.find_caller(tx, HER, trial=trial) == second
    assert callers.find_caller(tx, HER, trial=not trial) is None
    assert callers.by_id(tx, first.id) == second
    assert callers.find_caller(tx, OTHER) is None
    assert callers.by_id(tx, "nobody") is None


@pytest.mark.fault("K6")
@pytest.mark.parametrize("first", [True, False])
def test_a_trial_phone_and_whoever_bears_its_number_are_two_callers(tx: Tx, *, first: bool) -> None:
    ids = {trial: callers.upsert_caller(tx, HER, now=NOW, trial=trial).id for trial in (first, not first)}
    assert ids[True] != ids[False]
    for trial, caller_id in ids.items():
        found = callers.find_caller(tx, HER, trial=trial)
        assert found is not None
        assert (found.id, found.number, found.trial) == (caller_id, HER, trial)
    assert callers.find_caller(tx, HER) == callers.find_caller(tx, HER, trial=False)


def test_the_database_itself_refuses_a_second_row_of_a_number(store: Store) -> None:
    with store.write() as tx:
        lookup = tx.ring.lookup("caller", HER)
        callers.upsert_caller(tx, HER, now=NOW)
    with pytest.raises(IntegrityError), store.write() as tx:
        tx.execute(caller_table.insert().values(id="x" * 20, lookup=lookup, lookup_key="k", changed_at=NOW))


def test_twenty_turns_of_one_number_at_once_are_one_caller(store: Store) -> None:
    def one(_: int) -> str:
        with store.write() as tx:
            return callers.upsert_caller(tx, HER, now=NOW).id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(one, range(20)))) == 1
    with store.read() as tx:
        assert len(tx.execute(select(caller_table.c.id)).all()) == 1


def test_the_number_stands_nowhere_in_clear(tx: Tx) -> None:
    caller = callers.upsert_caller(tx, HER, now=NOW)
    conversations.add_text(
        tx, channel="phone", caller_id=caller.id, text=f"from {HER}", understood="pay", now=NOW
    )
    for table in ("callers", "texts"):
        row = tx.execute(text(f"SELECT * FROM {table}")).one()
        assert HER[4:].encode() not in b"".join(bytes(v) for v in row if isinstance(v, bytes | memoryview))
        assert HER[4:] not in str([v for v in row if isinstance(v, str)])


CONTACT = SafeContact(phone_seen=PhoneSeen.NO, when=When("evening"), said_at=NOW, sms_safe=True)


@pytest.mark.parametrize("seen", list(PhoneSeen))
@pytest.mark.parametrize("when", list(EVERY))
def test_what_she_said_is_safe_comes_back(tx: Tx, seen: PhoneSeen, when: When) -> None:
    caller = callers.upsert_caller(tx, HER, now=NOW)
    said = SafeContact(phone_seen=seen, when=when, said_at=NOW, sms_safe=False)
    callers.set_contact(tx, caller.id, said, now=NOW)
    found = callers.find_caller(tx, HER)
    assert found is not None
    assert found.contact == said


def test_language_is_kept_as_given_and_forgotten_when_not_and_consent_stays(tx: Tx) -> None:
    her = callers.upsert_caller(tx, HER, now=NOW).id
    callers.set_contact(
        tx, her, CONTACT, now=NOW, language="lo", script="lo-Latn", zone="Asia/Bangkok", consent_version="v1"
    )
    found = callers.by_id(tx, her)
    assert found is not None
    assert (found.language, found.script, found.zone, found.consent_at) == (
        "lo",
        "lo-Latn",
        "Asia/Bangkok",
        NOW,
    )
    callers.set_contact(tx, her, CONTACT, now=NOW + H)
    found = callers.by_id(tx, her)
    assert found is not None
    assert (found.language, found.script, found.zone, found.consent_at) == ("", "", "", NOW)


def test_stopped_is_part_of_what_is_safe(tx: Tx) -> None:
    her = callers.upsert_caller(tx, HER, now=NOW).id
    callers.set_contact(tx, her, CONTACT, now=NOW)
    for stopped_at in (NOW, None):
        callers.set_stopped(tx, her, stopped_at=stopped_at, now=NOW)
        found = callers.by_id(tx, her)
        assert found is not None
        assert found.contact is not None
        assert (found.stopped, found.contact.stopped) == (stopped_at is not None,) * 2


def test_dropping_a_caller_empties_every_row_that_named_her(tx: Tx) -> None:
    her, other = callers.upsert_caller(tx, HER, now=NOW).id, callers.upsert_caller(tx, OTHER, now=NOW).id
    for who in (her, other):
        conversations.save_thread(tx, "phone", who, {"v": 1}, version="v", expires_at=NOW + H)
        conversations.add_text(tx, channel="phone", caller_id=who, text="wage", understood="pay", now=NOW)
    callers.drop_caller(tx, her)
    assert callers.find_caller(tx, HER) is None
    assert conversations.load_thread(tx, "phone", her, now=NOW) is None
    assert conversations.load_thread(tx, "phone", other, now=NOW) == {"v": 1}
    owners = tx.execute(select(text_table.c.caller_id)).scalars().all()
    assert sorted(owners, key=str) == sorted([None, other], key=str)


# Turns


def test_a_turn_is_begun_once_and_its_receipt_is_told_to_every_repeat(tx: Tx) -> None:
    assert conversations.begin_turn(tx, KEY, session=SESSION, kind="effect", now=NOW)
    assert conversations.find_receipt(tx, KEY) is None
    conversations.finish_turn(tx, KEY, {"code": "4821"})
    for _ in range(3):
        assert not conversations.begin_turn(tx, KEY, session=SESSION, kind="effect", now=NOW + H)
        assert conversations.find_receipt(tx, KEY) == {"code": "4821"}
    assert conversations.find_receipt(tx, b"n" * 32) is None


def test_of_ten_equal_turns_at_once_one_does_the_deed_and_nine_read_its_receipt(store: Store) -> None:
    def one(n: int) -> tuple[bool, Any]:
        with store.write() as tx:
            mine = conversations.begin_turn(tx, KEY, session=SESSION, kind="effect", now=NOW)
            if mine:
                conversations.finish_turn(tx, KEY, {"by": n})
            return mine, conversations.find_receipt(tx, KEY)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(one, range(10)))
    assert sum(mine for mine, _ in found) == 1
    assert len({str(receipt) for _, receipt in found}) == 1


def _begin_of(
    tx: Tx, key: bytes, at: datetime = NOW, codes: tuple[str, ...] = ()
) -> tuple[callers.Caller, bool] | None:
    return callers.begin_turn_of(
        tx, key, session=SESSION, kind="effect", number=HER, now=at, trial=False, codes=codes
    )


def test_a_turn_is_begun_with_its_caller_and_a_repeat_touches_neither(tx: Tx) -> None:
    first = _begin_of(tx, KEY)
    assert first is not None
    her, is_new = first
    assert (her.number, her.contacted_at, is_new) == (HER, NOW, True)
    assert _begin_of(tx, KEY, NOW + H) is None
    assert not conversations.begin_turn(tx, KEY, session=SESSION, kind="effect", now=NOW + H)
    assert callers.by_id(tx, her.id) == her
    assert _begin_of(tx, b"o" * 32, NOW + H) == (replace(her, contacted_at=NOW + H), False)
    begun = select(turn_table.c.session, turn_table.c.kind, turn_table.c.at, turn_table.c.caller_id)
    assert tx.execute(begun.where(turn_table.c.key == KEY)).one() == (SESSION, "effect", NOW, None)


def test_codes_in_use_are_read_with_the_beginning_of_a_turn(store: Store) -> None:
    codes = "4821", "4822", "4823", "4824"
    with store.write() as tx:
        her = callers.upsert_caller(tx, OTHER, now=NOW)
        assert callbacks.insert_callback(tx, request(her.id, "c1"))
        callbacks.add_code(tx, "c1", "4823", now=NOW)
    with store.write() as tx:
        assert _begin_of(tx, KEY, codes=codes) is not None
        assert callbacks.find_taken(tx, codes) == {"4821", "4823"}
        assert callbacks.insert_callback(tx, request(her.id, "c2", slot=1, code="4822"))
        assert callbacks.find_taken(tx, codes) == {"4821", "4822", "4823"}
        assert callbacks.find_taken(tx, ["4824"]) == frozenset()
    with store.write() as tx:
        assert _begin_of(tx, b"o" * 32, codes=codes[3:] * 4) is not None
        assert callbacks.find_taken(tx, codes[3:] * 4) == frozenset()


def _begin_and_ask(store: Store, codes: tuple[str, ...]) -> frozenset[str]:
    with store.write() as tx:
        assert _begin_of(tx, b"o" * 32, codes=codes) is not None
        return callbacks.find_taken(tx, codes)


def test_a_turn_that_waited_for_another_of_its_number_knows_the_code_given_meanwhile(
    postgresql_store: Store,
) -> None:
    """On the phone a code is looked up among the requests of its number, so no two of them may have the same."""
    codes = "4821", "4822", "4823", "4824"
    with ThreadPoolExecutor(1) as pool:
        with postgresql_store.write() as tx:
            begun = _begin_of(tx, KEY, codes=codes)
            assert begun is not None
            waiting = pool.submit(_begin_and_ask, postgresql_store, codes)
            _wait_for_a_lock(postgresql_store)
            assert callbacks.insert_callback(tx, request(begun[0].id, "c1", code="4821"), is_first=True)
        assert waiting.result() == {"4821"}


def _wait_for_a_lock(store: Store) -> None:
    asked, until = text("SELECT count(*) FROM pg_locks WHERE NOT granted"), time.monotonic() + 2
    while True:
        with store.read() as tx:
            if tx.execute(asked).scalar_one():
                return
        assert time.monotonic() < until
        time.sleep(0.01)


def test_of_equal_turns_at_once_one_is_begun_and_other_turns_of_the_number_wait(store: Store) -> None:
    def begin(n: int) -> bool | None:
        with store.write() as tx:
            found = _begin_of(tx, bytes([n // 4]) * 32, NOW + n * H)
            return None if found is None else found[1]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(begin, range(12)))
    assert sorted(map(str, found)) == ["False", "False", *["None"] * 9, "True"]


def test_a_turn_that_is_rolled_back_was_never_begun(store: Store) -> None:
    with suppress(RuntimeError), store.write() as tx:
        assert conversations.begin_turn(tx, KEY, session=SESSION, kind="effect", now=NOW)
        raise RuntimeError
    with store.write() as tx:
        assert conversations.begin_turn(tx, KEY, session=SESSION, kind="effect", now=NOW)


def test_an_erased_receipt_leaves_its_key(tx: Tx) -> None:
    her, other = callers.upsert_caller(tx, HER, now=NOW).id, callers.upsert_caller(tx, OTHER, now=NOW).id
    for key, who in ((KEY, her), (b"o" * 32, other)):
        conversations.begin_turn(tx, key, session=SESSION, kind="effect", now=NOW)
        conversations.finish_turn(tx, key, {"of": who}, caller_id=who)
    conversations.forget_receipts(tx, her)
    assert conversations.find_receipt(tx, KEY) is None
    assert not conversations.begin_turn(tx, KEY, session=SESSION, kind="effect", now=NOW)
    assert conversations.find_receipt(tx, b"o" * 32) == {"of": other}
    assert tx.execute(select(turn_table.c.caller_id).where(turn_table.c.key == KEY)).scalar() is None


# Threads and texts


def test_a_thread_is_replaced_ends_by_time_and_is_one_a_line(tx: Tx) -> None:
    her = callers.upsert_caller(tx, HER, now=NOW).id
    for n in range(3):
        conversations.save_thread(tx, "phone", her, {"n": n}, version=f"v{n}", expires_at=NOW + H)
    conversations.save_thread(tx, "simulator", her, {"n": 9}, version="v", expires_at=NOW + H)
    assert conversations.load_thread(tx, "phone", her, now=NOW) == {"n": 2}
    assert conversations.load_thread(tx, "phone", her, now=NOW + H - timedelta(seconds=1)) == {"n": 2}
    assert conversations.load_thread(tx, "phone", her, now=NOW + H) is None
    assert conversations.load_thread(tx, "simulator", her, now=NOW) == {"n": 9}
    assert tx.execute(text("SELECT rev FROM threads WHERE channel = 'phone'")).scalar() == 2
    conversations.drop_threads(tx, her)
    assert conversations.load_thread(tx, "simulator", her, now=NOW) is None


def test_a_thread_of_nobody_is_refused_by_the_database(store: Store) -> None:
    with pytest.raises(IntegrityError), store.write() as tx:
        conversations.save_thread(tx, "phone", "nobody", {}, version="v", expires_at=NOW)


# Budgets


def test_a_budget_counts_by_scope_and_window(tx: Tx) -> None:
    one, other = b"1" * 32, b"2" * 32
    assert [counts.spend_use(tx, one, "today", now=NOW) for _ in range(4)] == [1, 2, 3, 4]
    assert counts.spend_use(tx, one, "tomorrow", now=NOW) == 1
    assert counts.spend_use(tx, other, "today", now=NOW) == 1
    assert counts.spend_use(tx, one, "today", now=NOW) == 5


def test_uses_at_once_are_all_counted_and_each_is_told_another_number(store: Store) -> None:
    def one(_: int) -> int:
        with store.write() as tx:
            return counts.spend_use(tx, b"1" * 32, "today", now=NOW)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(20))) == list(range(1, 21))


def test_a_use_that_is_rolled_back_is_not_spent(store: Store) -> None:
    with suppress(RuntimeError), store.write() as tx:
        counts.spend_use(tx, b"1" * 32, "today", now=NOW)
        raise RuntimeError
    with store.write() as tx:
        assert counts.spend_use(tx, b"1" * 32, "today", now=NOW) == 1
