"""What is remembered of a hop changes no letter of it, and tells nothing of anybody."""

import json
import random
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import Engine, event

from gateway.conversations import ussd
from gateway.conversations.remembered_moves import Move, NextPage
from gateway.domain.contact_safety import PhoneSeen, SafeContact, When
from gateway.domain.events import Inbound, Kind
from gateway.foundation.bounded_table import BoundedTable
from gateway.foundation.services import Services
from gateway.storage import callers, duty, versions
from gateway.storage.database import Store
from gateway.storage.sessions import Sessions
from tests.support.channel_tables import line_of
from tests.support.clocks import SetClock
from tests.support.house import Phone, made_parts, publish, requests, sample
from tests.support.loops import Loop, LoopPhone, running_loop
from tests.support.servers import Valkey

LANGUAGES = ("1 1", "1 2", "2", "3 1", "3 2", "4")
FREE = ("wage", "ຊ່ວຍແດ່", "khoy", "0205551", "1#", " 2", "9753", "123", "100", "٣", "a" * 200, "1234567")
ALONE = SafeContact(phone_seen=PhoneSeen.NO, when=When.NOW, said_at=datetime(2026, 11, 24, tzinfo=UTC))
FORM = ("7", "2", "1", "2", "3", "1")


@pytest.fixture
def parts(sqlite_store: Store, clock: SetClock, tmp_path: Path, redis_client: redis.Redis) -> Services:
    found = made_parts(sqlite_store, clock, tmp_path, redis_client)
    publish(found)
    return found


@pytest.fixture
def loop() -> Iterator[Loop]:
    with running_loop() as found:
        yield found


def alone(parts: Services) -> Services:
    """The same house without any memory: the engine runs on each hop, and each session is loaded."""
    return replace(
        parts,
        moves=BoundedTable(0),
        sessions=Sessions(redis.Redis(connection_pool=pool_of(parts)), parts.store, parts.clock),
        count=type(parts.count)(parts.clock, parts.line.zone),
    )


def patient(parts: Services, valkey: Valkey) -> Services:
    """The same house with half a minute for each answer of Valkey, where the product has 0.3 s.

    A machine on which others work may keep Valkey from running for so long, and then a place is lost as documented,
    which says nothing of what is remembered.
    """
    client = redis.Redis.from_url(valkey.url, socket_timeout=30, socket_connect_timeout=30, retry=None)
    return replace(parts, sessions=Sessions(client, parts.store, parts.clock))


def count_lost(parts: Services) -> dict[str, int]:
    """How often a place was lost, by what was told then."""
    return {key.item: n for key, n in parts.count._counts.items() if key.what == "lost"}


def pool_of(parts: Services) -> redis.ConnectionPool:
    in_redis = parts.sessions._redis
    assert in_redis is not None
    return in_redis._client.connection_pool


def list_keys(chance: random.Random) -> Iterator[str]:
    """Keys as people press them: on a way through the menu, wrong, twice, back, and words now and then."""
    yield from chance.choice(LANGUAGES).split()
    if chance.random() < 0.3:
        yield from FORM[: chance.randint(1, len(FORM))]
    for _ in range(chance.randint(0, 6)):
        odds = chance.random()
        if odds < 0.08:
            yield chance.choice(FREE)
        elif odds < 0.3:
            yield chance.choice(("0", "00", "98", "9"))
        else:
            yield str(chance.randint(1, 9))


def press_typed(phone: Phone, typed: str) -> Any:
    """Press what may hold spaces."""
    return phone.post(f"{phone.text}*{typed}" if phone.text else typed)


def list_codes(both: list[Phone]) -> list[str]:
    """The codes of both phones, which a turn key decides.

    All are hidden on both: the code of one may be a short number that stands on the same page of the other.
    """
    return [one.code for phone in both for one in requests(phone.parts, phone.number)]


def hide_inside(codes: list[str], value: Any) -> Any:
    """A value without these codes as a whole: their digits also stand in phone numbers and instants."""
    match value:
        case str() if codes:
            return re.sub(rf"(?<![0-9:T+-])({'|'.join(codes)})(?![0-9:T-])", "<code>", value)
        case dict():
            return {name: hide_inside(codes, each) for name, each in value.items()}
        case list():
            return [hide_inside(codes, each) for each in value]
        case _:
            return value


def state_of(phone: Phone, codes: list[str]) -> dict[str, Any]:
    """The stored session, without what a turn key decides."""
    stored = phone.parts.sessions.ask().load(phone.channel, phone.number)
    assert stored is not None
    value: dict[str, Any] = json.loads(stored.state)
    session = json.loads(value.pop("session"))
    session["callback"] = bool(session["callback"])
    session["values"].pop("code", None)
    return {**hide_inside(codes, value), "session": hide_inside(codes, session), "hop": stored.hop}


def take_phones(houses: tuple[Services, Services], nth: int, loop: Loop | None) -> list[Phone]:
    """A phone of each house; the first is answered on the loop, where there is one."""
    numbers = [f"+85620555{nth:04}{which}" for which in range(2)]
    both = [
        Phone(house, number=number, channel="africastalking")
        for house, number in zip(houses, numbers, strict=True)
    ]
    if loop is not None:
        both[0] = phone = LoopPhone(houses[0], number=numbers[0], channel="africastalking")
        phone.loop = loop
    return both


def walk_both(
    parts: Services, clock: SetClock, sessions: int, *, seed: int, loop: Loop | None = None
) -> Services:
    """Walk random sessions on two phones, one with the memory and one without, and compare each page and place.

    With a loop, the one with the memory is answered as a web process does.
    """
    chance = random.Random(seed)
    without = alone(parts)
    for nth in range(sessions):
        both = take_phones((parts, without), nth, loop)
        for _ in range(chance.choice((1, 1, 2))):  # some dial again, and are asked whether to go on
            for phone in both:
                phone.dial()
            for typed in list_keys(chance):
                with_memory, engine_alone = (press_typed(phone, typed) for phone in both)
                codes = list_codes(both)
                texts = [hide_inside(codes, phone.shown[-1].reply.text) for phone in both]
                assert texts[0] == texts[1]
                assert with_memory.reply.ends == engine_alone.reply.ends
                assert with_memory.reply.screen == engine_alone.reply.screen
                assert state_of(both[0], codes) == state_of(both[1], codes)
                if with_memory.reply.ends:
                    break
                if chance.random() < 0.02:
                    clock.forward(minutes=chance.choice((1, 20, 29)))
        if chance.random() < 0.1:
            clock.forward(hours=chance.choice((1, 5, 11, 24, 100)))
    assert parts.count._counts == without.count._counts
    assert count_lost(parts) == count_lost(without) == {}
    return without


def test_a_code_like_a_number_on_the_page_is_hidden_on_both() -> None:
    pages = [hide_inside(["1362", "2711"], f"code {code}\nambulance 1362") for code in ("1362", "2711")]
    assert pages[0] == pages[1] == "code <code>\nambulance <code>"


def test_random_sessions_read_the_same_as_by_the_engine_alone(
    parts: Services, clock: SetClock, valkey: Valkey
) -> None:
    without = walk_both(patient(parts, valkey), clock, 40, seed=13)
    assert len(parts.moves) > 80
    assert len(without.moves) == 0


def test_random_sessions_read_the_same_on_the_event_loop(
    parts: Services, clock: SetClock, loop: Loop, valkey: Valkey
) -> None:
    walk_both(patient(parts, valkey), clock, 40, seed=14, loop=loop)
    assert loop.on_it > 40
    assert loop.in_threads > len(LANGUAGES)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_five_thousand_random_sessions_read_the_same_as_by_the_engine_alone(
    parts: Services, clock: SetClock, valkey: Valkey
) -> None:
    with running_loop() as loop:
        walk_both(patient(parts, valkey), clock, 5_000, seed=5_000, loop=loop)


def test_a_place_is_lost_where_valkey_does_not_answer_in_its_time_and_then_it_is_told_and_counted(
    parts: Services, valkey: Valkey
) -> None:
    """One stall in one session, with the product's limit and without: nothing else begins again."""
    told = []
    for nth, house in enumerate((parts, patient(parts, valkey))):
        phone = Phone(house, number=f"+856205550000{nth}")
        phone.dial("4 1")
        valkey.freeze()
        thaw = threading.Timer(1.0, valkey.thaw)
        thaw.start()
        told.append(phone.press("1"))
        thaw.join()
        assert count_lost(parts) == {"again": 1}
    assert [page.screen for page in told] == ["language", "wage_area"]
    assert told[0].text.startswith("We begin again.")


def test_the_whole_table_tells_of_nobody(parts: Services) -> None:
    numbers, typed = [], ["0205551234", "my name is", "ຂ້ອຍຢູ່", "9753", "100", "1#"]
    for nth in range(12):
        phone = Phone(parts, number=f"+85620555{nth:05}")
        numbers.append(phone.number)
        phone.dial(f"{LANGUAGES[nth % len(LANGUAGES)]} 7 2 {1 + nth % 2} 3 1 1 1")
        (found,) = requests(parts, phone.number)
        typed.append(found.code)
        phone.dial("4")
        for words in (*typed[:-1], found.code, "1", "2"):
            phone.post(f"{phone.text}*{words}")
    rows = parts.moves.list_rows()
    assert len(rows) > 50
    for name, move in rows:
        assert isinstance(move, Move)
        assert (move.page.inputs, move.page.turn) == ("", "")
        assert not move.page.session.values
        assert not move.page.session.callback
        if isinstance(name, NextPage):
            assert re.fullmatch(r"[0-9]{1,2}", name.typed)
            assert '\\"values\\": {}' in name.place or '\\"values\\":{}' in name.place
        held = repr((name, move.page)).replace(move.page.version, "")  # whose digits are chance
        for word in (*numbers, *(each[4:] for each in numbers), *typed):
            assert word in sample() or word not in held, word


def test_where_a_process_saw_sessions_last_tells_of_nobody_either(parts: Services) -> None:
    typed = ["0205551234", "my name is", "ຂ້ອຍຢູ່", "9753", "100", "1#"]
    numbers = [f"+85620555{nth:05}" for nth in range(12)]
    for nth, number in enumerate(numbers):
        phone = Phone(parts, number=number, channel="africastalking")
        phone.dial(f"4 1 {1 + nth % 3}")
        if nth % 3 == 1:
            press_typed(phone, typed[nth % len(typed)])
            phone.press("1")
        elif nth % 3 == 2:
            phone.dial("4 7 2 1 2 3 1")
            typed += [one.code for one in requests(parts, number)]
    in_redis = parts.sessions._redis
    assert in_redis is not None
    rows = in_redis._saved.list_rows()
    assert len(rows) == len(numbers[::3]), "what anything but menu keys led to is not remembered"
    version, _ = parts.versions.live("helpline")
    held = repr([row.place for _, row in rows]).replace(version, "")  # whose digits are chance
    assert "4*1*" in held
    assert all(number.encode() not in row.raw for number in numbers for _, row in rows)
    for word in (*numbers, *(each[4:] for each in numbers), *typed):
        assert word in sample() or word not in held, word


def test_a_hop_that_was_seen_here_is_one_trip_to_redis_and_any_other_two(
    parts: Services, redis_client: redis.Redis
) -> None:
    Phone(parts, number="+8562055500001").dial("4 1 2")
    asked: list[list[str]] = []
    for nth, house in enumerate(
        (parts, replace(parts, sessions=Sessions(redis_client, parts.store, parts.clock)))
    ):
        phone = Phone(parts, number=f"+856205550001{nth}")
        phone.dial("4")
        phone.parts = house
        redis_client.config_resetstat()
        phone.press("1")
        ran = redis_client.info("commandstats")
        asked.append(sorted(name for name in ("get", "set", "evalsha", "eval") if f"cmdstat_{name}" in ran))
    assert asked == [["set"], ["get", "set"]]


def test_single_inputs_are_one_trip_too_and_go_on_from_what_another_process_saved(
    parts: Services, redis_client: redis.Redis
) -> None:
    parts = replace(parts, channels={**parts.channels, "arkesel": line_of("arkesel", "arkesel")})
    other = replace(parts, sessions=Sessions(redis_client, parts.store, parts.clock))

    def walk(number: str, *posts: tuple[Services, str]) -> list[str]:
        return [
            ussd.answer_turn(
                house,
                Inbound(
                    channel="arkesel", kind=Kind.USSD, number=number, session=number, text=key, first=not key
                ),
            ).text
            for house, key in posts
        ]

    keys = ("", "4", "1", "2", "0", "1", "1")
    straight = walk("+8562055500001", *((parts, key) for key in keys))
    assert walk("+8562055500002", *((parts, key) for key in keys[:3])) == straight[:3]
    redis_client.config_resetstat()
    assert walk("+8562055500002", (parts, keys[3])) == straight[3:4]
    ran = redis_client.info("commandstats")
    assert [name for name in ("get", "set", "evalsha") if f"cmdstat_{name}" in ran] == ["set"]
    houses = (parts, parts, other, parts, other, parts, parts)
    assert walk("+8562055500003", *zip(houses, keys, strict=True)) == straight


def test_a_post_that_comes_again_to_another_process_reads_what_stands(
    parts: Services, redis_client: redis.Redis
) -> None:
    other = replace(parts, sessions=Sessions(redis_client, parts.store, parts.clock))
    Phone(parts, number="+8562055500001").dial("4 1 2")
    phone = Phone(parts)
    phone.dial("4")
    phone.parts = other
    told = phone.press("1")
    further = phone.press("2")
    phone.parts = parts
    assert phone.post("4*1") == replace(told, reply=further.reply), "a late repeat gets the newest page"
    assert phone.post("4*1*2").reply.text == further.reply.text


@pytest.mark.parametrize("hop", [1, 2, 3])
def test_a_wipe_between_two_remembered_hops_begins_again(
    parts: Services, redis_client: redis.Redis, hop: int
) -> None:
    keys = ["4", "1", "2"]
    Phone(parts, number="+8562055500001").dial(" ".join(keys))
    phone = Phone(parts)
    phone.dial(" ".join(keys[: hop - 1]))
    redis_client.flushall()
    assert phone.press(keys[hop - 1]).reply.screen == "language"


def test_a_withdrawn_version_is_not_gone_on_with_by_heart(parts: Services) -> None:
    Phone(parts, number="+8562055500001").dial("4 1 1")
    first = parts.versions.live("helpline")[0]
    phone = Phone(parts)
    phone.dial("4 1")
    publish(parts)
    with parts.store.write() as tx:
        assert versions.withdraw_version(tx, first, now=parts.clock.now())
    parts.versions.refresh()
    assert phone.press("1").reply.screen == "language"


def test_other_settings_of_the_line_are_not_answered_by_heart(parts: Services) -> None:
    Phone(parts, number="+8562055500001").dial("4 9")
    other = replace(parts, line=replace(parts.line, helpline="+85621999999"))
    told = Phone(other, number="+8562055500002").dial("4 9").reply.text
    assert told == Phone(alone(other), number="+8562055500003").dial("4 9").reply.text


@pytest.mark.parametrize("lost", ["frozen", "killed"])
def test_a_fault_in_the_only_trip_still_answers_and_the_session_goes_on(
    parts: Services, valkey: Any, lost: str
) -> None:
    Phone(parts, number="+8562055500001").dial("4 1 1")
    phone = Phone(parts)
    phone.dial("4 1")
    valkey.freeze() if lost == "frozen" else valkey.kill()
    told = phone.press("1")
    assert told.reply.screen == "wage_area"
    if lost == "frozen":
        valkey.thaw()
    else:
        valkey.start()
    assert phone.press("0").reply.screen != "language"


def press_on_loop(parts: Services, loop: Loop, number: str = "+8562055500002") -> LoopPhone:
    """A phone behind a loop that is connected to Redis, and a key that somebody pressed before."""
    Phone(parts, number="+8562055500001").dial("4 1 1")
    phone = LoopPhone(parts, number=number)
    phone.loop = loop
    phone.dial("4 1")
    while not loop.on_it:  # the connection is opened beside the first hops
        phone.dial("4 1")
    return phone


@pytest.mark.parametrize("lost", ["frozen", "killed"])
def test_a_fault_on_the_loop_still_answers_and_the_session_goes_on(
    parts: Services, valkey: Any, loop: Loop, lost: str
) -> None:
    phone = press_on_loop(parts, loop)
    valkey.freeze() if lost == "frozen" else valkey.kill()
    before = loop.in_threads
    assert phone.press("1").reply.screen == "wage_area"
    assert loop.in_threads == before + 1
    if lost == "frozen":
        valkey.thaw()
    else:
        valkey.start()
    assert phone.press("0").reply.screen != "language"


def test_many_on_the_loop_at_once_share_a_connection_and_each_gets_its_own_page(
    parts: Services, redis_client: redis.Redis, loop: Loop
) -> None:
    press_on_loop(parts, loop)
    phones = [Phone(parts, number=f"+85620555{nth:05}") for nth in range(100, 150)]
    pages = {}
    for keys in ("4", "4*1", "4*2"):
        phones[0].dial(" ".join(keys.split("*")))
        pages[keys] = phones[0].shown[-1]
    for phone in phones:
        phone.dial()
    clients = len(redis_client.client_list())
    asked = [(phone.inbound("4"), "4") for phone in phones]
    told = loop.run(*(lambda one=one: ussd.answer_turn(parts, one) for one, _ in asked))
    assert told == [pages["4"]] * len(phones)
    before = loop.on_it
    asked = [(phone.inbound(f"4*{1 + nth % 2}"), f"4*{1 + nth % 2}") for nth, phone in enumerate(phones)]
    told = loop.run(*(lambda one=one: ussd.answer_turn(parts, one) for one, _ in asked))
    assert told == [pages[keys] for _, keys in asked]
    assert loop.on_it == before + len(phones)
    assert len(redis_client.client_list()) == clients


def test_what_needs_sql_or_the_engine_never_runs_on_the_loop(parts: Services, loop: Loop) -> None:
    phone = press_on_loop(parts, loop)
    before = loop.on_it
    phone.dial("4")  # she has a session to resume
    assert loop.on_it == before + 1
    phone.press("9 9 98")  # keys that nobody pressed here before
    assert loop.on_it == before + 1


def test_a_dial_is_answered_on_the_loop_where_nobody_knows_the_number(
    parts: Services, loop: Loop, redis_client: redis.Redis
) -> None:
    parts.duty.refresh()
    trial = parts.is_trial(press_on_loop(parts, loop).channel)
    with parts.store.write() as tx:
        caller = callers.upsert_caller(tx, "+8562055500008", now=parts.clock.now(), trial=trial)
        callers.set_contact(tx, caller.id, ALONE, now=parts.clock.now(), language="th", script="th")
    known, unknown = (LoopPhone(parts, number=f"+856205550000{end}") for end in (8, 9))
    known.loop = unknown.loop = loop
    before, threads = loop.on_it, loop.in_threads
    redis_client.config_resetstat()
    first = unknown.dial()
    ran = redis_client.info("commandstats")
    assert [name for name in ("get", "set", "evalsha") if f"cmdstat_{name}" in ran] == ["set"]
    assert (loop.on_it, loop.in_threads) == (before + 1, threads)
    assert first.reply == Phone(alone(parts), number="+8562055500010").dial().reply
    assert unknown.post("").reply == first.reply, "the same post again"
    assert loop.in_threads == threads
    assert known.dial().reply != first.reply, "her language is read from SQL"
    assert loop.in_threads == threads + 1


@pytest.mark.parametrize("away", ["shut", "played"])
def test_a_dial_leaves_the_loop_while_sql_is_away(parts: Services, loop: Loop, away: str) -> None:
    parts.duty.refresh()
    press_on_loop(parts, loop)
    phone = LoopPhone(parts, number="+8562055500009")
    phone.loop = loop
    threads = loop.in_threads
    if away == "shut":
        parts.store.shut()
    else:
        parts.store._away = lambda: True
    assert phone.dial().reply.screen == "language"
    assert loop.in_threads == threads + 1


@contextmanager
def counted_sql() -> Iterator[list[str]]:
    """Every statement that any engine runs inside the block."""
    ran: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: object) -> None:
        if not statement.lstrip().upper().startswith(("PRAGMA", "BEGIN", "COMMIT", "ROLLBACK")):
            ran.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_a_first_dial_asks_sql_once_and_a_key_that_moves_never(parts: Services) -> None:
    parts.duty.refresh()
    phone = Phone(parts)
    with counted_sql() as ran:
        phone.dial()
    assert len(ran) == 1
    with counted_sql() as ran:
        phone.press("4 1 0 2 00 98")
    assert ran == []


def test_shifts_are_kept_a_second_and_no_longer(parts: Services, clock: SetClock) -> None:
    def offers(number: str) -> list[str]:
        phone = Phone(parts, number=number, channel="simulator")
        found: list[str] = phone.dial().facts["session"]["offers"]
        return found

    parts.duty.refresh()
    before = offers("+8562055500001")
    assert before
    with parts.store.write() as tx:
        today = clock.now().date()
        for day in range(20):
            duty.add_holiday(tx, duty.TEAM, today + timedelta(days=day), "closed")
    assert offers("+8562055500002") == before
    clock.forward(seconds=3)
    assert offers("+8562055500003") == [], "a copy that nobody renews is not believed"
    clock.forward(seconds=-3)
    parts.duty.refresh()
    assert offers("+8562055500004") == []
