"""SQL or Valkey away: she is told what is true, what she asked for is kept, and it is written once."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from gateway.conversations import one_shot
from gateway.foundation.services import Services
from gateway.storage.database import Store
from gateway.storage.sessions import Sessions
from tests.support.clocks import SetClock
from tests.support.house import Phone, made_parts, publish, requests, rows
from tests.support.outage_rig import sql_away
from tests.support.servers import Valkey


@pytest.fixture
def parts(sqlite_store: Store, clock: SetClock, tmp_path: Path, redis_client: redis.Redis) -> Services:
    found = made_parts(sqlite_store, clock, tmp_path, redis_client)
    publish(found)
    return found


@pytest.fixture
def phone(parts: Services) -> Phone:
    return Phone(parts)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Somebody holds the whole database."""
    (file,) = folder.glob("gateway.db")
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        holder.execute("ROLLBACK")
        holder.close()


def test_a_request_while_sql_is_locked_is_kept_with_its_code_and_written_once(
    phone: Phone, tmp_path: Path
) -> None:
    phone.dial("4 7 2 2 3")
    with locked(tmp_path):
        told = phone.press("1")
        again = phone.post(phone.text)
    assert told == again
    assert requests(phone.parts) == []
    assert one_shot.replay_spool(phone.parts) == 1
    assert one_shot.replay_spool(phone.parts) == 0
    (found,) = requests(phone.parts)
    assert found.code in told.text
    assert phone.post(phone.text) == told
    assert len(requests(phone.parts)) == 1


def test_a_text_while_sql_is_locked_is_kept_whole_and_answered_once(phone: Phone, tmp_path: Path) -> None:
    with locked(tmp_path):
        assert phone_texts(phone, "wage")
    assert one_shot.replay_spool(phone.parts) == 1
    assert [row.kind for row in rows(phone.parts)] == ["answer"]


def phone_texts(phone: Phone, words: str) -> bool:
    from gateway.conversations import one_shot
    from gateway.domain.events import Inbound, Kind

    return one_shot.TEXTS.take(
        phone.parts, Inbound(channel=phone.channel, kind=Kind.SMS, number=phone.number, text=words, turn="t")
    )


@pytest.mark.fault("K9")
@pytest.mark.parametrize("before", ["", "4"])
def test_the_danger_numbers_are_found_where_no_place_can_be_kept(
    phone: Phone, tmp_path: Path, valkey: Valkey, before: str
) -> None:
    phone.dial(before)
    valkey.kill()
    with sql_away(phone.parts.store):
        told = phone.press("9")
        assert told.screen == "sos"
        assert "191" in told.text or "1191" in told.text
        assert phone.press("1").screen == "language", "any other key shows the first page again"
    valkey.heal()


@pytest.mark.fault("K9")
def test_a_walk_without_redis_and_without_sql_goes_on_in_memory(
    phone: Phone, valkey: Valkey, clock: SetClock, tmp_path: Path
) -> None:
    store = phone.parts.store
    here = [
        replace(phone.parts, sessions=Sessions(None, store, clock, memory=tmp_path / "memory"))
        for _ in range(2)
    ]
    with sql_away(store):
        phone.parts = here[0]
        phone.dial("")
        for turn, key in enumerate(("4", "1", "1")):
            phone.parts = here[turn % 2]
            told = phone.press(key)
        assert told.screen == "wage_area"


def test_what_cannot_be_kept_at_all_is_never_called_done(phone: Phone, tmp_path: Path) -> None:
    phone.dial("4 7 2 2 3")
    folder = tmp_path / "spool"
    folder.rmdir()
    folder.write_text("in the way")
    with locked(tmp_path):
        told = phone.press("1")
    assert told.ends
    assert phone.parts.line.helpline in told.text
    assert "code" not in told.text.lower()


def test_a_dial_begun_while_valkey_is_away_goes_on_to_its_code(phone: Phone, valkey: Valkey) -> None:
    valkey.kill()
    told = phone.dial("4 7 2 2 3 1")
    (found,) = requests(phone.parts)
    assert found.code in told.text
    assert phone.press("1").ends


def test_a_session_begun_before_valkey_froze_begins_again_with_a_line(phone: Phone, valkey: Valkey) -> None:
    phone.dial("4 1")
    valkey.freeze()
    told = phone.press("1")
    assert told.screen == "language"
    valkey.thaw()


def test_a_process_that_still_leaves_valkey_in_peace_finds_her_place_there(
    phone: Phone, valkey: Valkey, redis_client: redis.Redis, clock: SetClock
) -> None:
    other = replace(phone.parts, sessions=Sessions(redis_client, phone.parts.store, clock))
    valkey.freeze()
    for _ in range(3):
        other.sessions.ask().load(phone.channel, phone.number)
    valkey.thaw()
    phone.dial("4 1")
    phone.parts = other
    assert not other.sessions.healthy
    assert phone.press("1").screen == "wage_area"
