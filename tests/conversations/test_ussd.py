"""A turn by USSD: what she reads, what is kept, and what a repeat, a wipe or a fault changes: nothing of hers."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
import redis

from gateway.conversations import ussd
from gateway.conversations.ussd_session import Post, PostKind, place_post
from gateway.domain.events import Reply
from gateway.storage import callers, reports, versions
from gateway.storage.sessions import Stored
from tests.support.house import HER, Phone, publish, requests, rows

TO_CODE = {
    "lo": "1 1 7 2 2 3 1",
    "lo-Latn": "2 7 2 2 3 1",
    "th": "3 1 7 2 2 3 1",
    "en": "4 7 2 2 3 1",
}


@pytest.mark.parametrize("script", TO_CODE)
def test_from_the_first_dial_to_the_code_in_each_language(phone: Phone, script: str) -> None:
    told = phone.dial(TO_CODE[script])
    found = requests(phone.parts)
    assert [one.script for one in found] == [script]
    assert found[0].code in told.text
    assert not told.ends
    assert phone.press("1").ends
    assert len(TO_CODE[script].split()) <= 7


def test_a_drop_before_the_save_leaves_nothing_of_hers(phone: Phone) -> None:
    phone.dial("4 7 2 2 3")
    assert requests(phone.parts) == []
    assert rows(phone.parts) == []
    with phone.parts.store.read() as tx:
        assert callers.find_caller(tx, HER) is None


def test_a_hop_that_only_moves_writes_nothing_to_sql(phone: Phone) -> None:
    phone.dial("4 1 0 2 00 98")
    for table in ("turns", "callers", "sessions", "outbox", "audit"):
        with phone.parts.store.read() as tx:
            assert tx.conn.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0


def test_ten_equal_posts_at_once_are_one_deed_with_one_answer(phone: Phone) -> None:
    phone.dial("4 7 2 2 3")
    again = phone.inbound(f"{phone.text}*1")
    with ThreadPoolExecutor(10) as pool:
        answers = {told.text for told in pool.map(lambda _: ussd.answer_turn(phone.parts, again), range(10))}
    assert len(answers) == 1
    assert requests(phone.parts)[0].code in answers.pop()
    assert [row.kind for row in rows(phone.parts)] == ["announce"]


def test_a_repeat_hours_later_reads_the_same_words(phone: Phone, redis_client: redis.Redis) -> None:
    told = phone.dial("4 7 2 2 3 1")
    redis_client.flushall()
    phone.parts.clock.forward(hours=20)  # type: ignore[attr-defined]
    assert phone.post(phone.text) == told
    assert len(requests(phone.parts)) == 1


@pytest.mark.parametrize("wiped_before", range(1, 9))
def test_a_wiped_valkey_never_leads_to_a_wrong_leaf(
    phone: Phone, redis_client: redis.Redis, wiped_before: int
) -> None:
    keys = ["4", "7", "2", "2", "3", "1", "1", "0"]
    phone.dial()
    for hop, key in enumerate(keys, start=1):
        if hop == wiped_before:
            redis_client.flushall()
            told = phone.press(key)
            break
        phone.press(key)
    else:
        return
    done = wiped_before > 6
    assert len(requests(phone.parts)) == int(done)
    assert told.screen == "language" or (done and told.screen == "main")
    assert "again" not in phone.parts.versions.live("helpline")[1].screens


def test_a_lost_deed_is_told_again_not_done_again(phone: Phone, redis_client: redis.Redis) -> None:
    told = phone.dial("4 7 2 2 3 1")
    redis_client.flushall()
    assert phone.post(phone.text).text == told.text
    assert len(requests(phone.parts)) == 1
    assert len(rows(phone.parts)) == 1


def test_a_session_on_a_withdrawn_version_begins_again(phone: Phone) -> None:
    first = phone.parts.versions.live("helpline")[0]
    phone.dial("4 1")
    publish(phone.parts)
    assert phone.press("1").screen == "wage_area"  # she stays on the version she began with
    with phone.parts.store.write() as tx:
        assert versions.withdraw_version(tx, first, now=phone.parts.clock.now())
    phone.parts.versions.refresh()
    assert phone.press("1").screen == "language"


def test_a_shared_phone_has_a_second_request_with_another_code_and_shows_nothing_at_redial(
    phone: Phone,
) -> None:
    one = phone.dial("4 7 2 2 3 1")
    assert phone.dial().screen == "language"
    two = phone.press("4 7 2 2 3 1")
    codes = [found.code for found in requests(phone.parts)]
    assert len(set(codes)) == 2
    assert codes[0] in one.text
    assert codes[1] in two.text


def test_a_phone_nobody_else_sees_keeps_one_request_and_its_code(phone: Phone) -> None:
    phone.dial("4 7 2 1 3 1")
    code = requests(phone.parts)[0].code
    told = phone.dial("7 1 1 1 1 1")
    assert [found.code for found in requests(phone.parts)] == [code]
    assert code in told.text
    assert requests(phone.parts)[0].priority == 0
    assert requests(phone.parts)[0].window == "morning"


def test_her_language_is_remembered_only_where_nobody_else_sees_the_phone(phone: Phone) -> None:
    phone.dial("4 7 2 2 3 1")
    assert phone.dial().screen == "language"
    phone.dial("4 7 2 1 3 1")
    assert phone.dial().screen == "main"


def test_a_code_opens_her_request_and_nothing_else_does(phone: Phone) -> None:
    phone.dial("4 7 2 2 3 1")
    code = requests(phone.parts)[0].code
    wrong = "9753" if code != "9753" else "9754"
    assert phone.dial(f"4 {wrong}").screen == "main"
    told = phone.press(code)
    assert told.screen == "status"
    phone.press("2")
    assert requests(phone.parts) == []


def test_erasing_leaves_no_trace_of_the_number(phone: Phone) -> None:
    phone.dial("4 7 2 1 3 1")
    told = phone.dial("98 8 8 1")
    assert told.ends, told
    with phone.parts.store.read() as tx:
        assert callers.find_caller(tx, HER) is None
    assert requests(phone.parts) == []


def test_a_fault_of_ours_ends_kindly_in_her_language_and_names_an_event(
    phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    phone.dial("1 1 7 2 2 3")
    broken = replace(phone.parts, line=replace(phone.parts.line, zone="No/Where"))
    told = ussd.answer_turn(broken, phone.inbound(f"{phone.text}*1"))
    assert told.ends
    assert phone.parts.line.helpline in told.text
    assert "ຂໍ" in told.text or "1191" in told.text or "191" in told.text
    assert "event=" in caplog.text
    for secret in (HER, HER[1:], "sometimes", phone.text):
        assert secret not in caplog.text


MARK = "abcdefgh"


@pytest.mark.parametrize(
    ("post", "stored_mark", "known", "expected"),
    [
        (Post(MARK, "", "", True), None, "", PostKind.FIRST),
        (Post(MARK, "1", "", False), None, "", PostKind.LOST),
        (Post(MARK, "1", "", False), "otherone", "1", PostKind.LOST),
        (Post(MARK, "", "", True), "otherone", "1*2", PostKind.FIRST),
        (Post(MARK, "", "", True), MARK, "", PostKind.REPEAT),
        (Post(MARK, "1", "", False), MARK, "", PostKind.NEXT),
        (Post(MARK, "1*2", "", False), MARK, "1", PostKind.NEXT),
        (Post(MARK, "1*2", "", False), MARK, "1*2", PostKind.REPEAT),
        (Post(MARK, "1", "", False), MARK, "1*2", PostKind.REPEAT),
        (Post(MARK, "12", "", False), MARK, "1", PostKind.REPEAT),
    ],
)
def test_what_a_post_is_to_the_stored_session(
    phone: Phone, post: Post, stored_mark: str | None, known: str, expected: PostKind
) -> None:
    from gateway.conversations.ussd_session import SavedSession
    from gateway.menus.engine.session import Session

    held = SavedSession(
        version="v", inputs=known, session=Session(screen="main"), reply=Reply(pieces=(), screen="main")
    )
    stored = Stored(stored_mark, 1, held.dump()) if stored_mark else None
    assert place_post(post, stored, held if stored else None, accumulates=True) is expected


# What is counted of a way: pages shown, answered by which key, finished, and the language that a session goes on in.


def read_counts(parts):
    parts.count.flush(parts.store)
    with parts.store.read() as tx:
        found = reports.list_figures(tx, date(2026, 1, 1), date(2027, 12, 31))
    totals = Counter()
    for one in found:
        totals[one.what, one.item, one.language] += one.n
    return {key: n for key, n in totals.items() if n}


@pytest.mark.parametrize("rounds", [1, 3])
def test_each_page_is_shown_and_then_answered_finished_or_left(parts, rounds):
    """The second round is answered from memory; a number that is typed is no key and is not named."""
    for n in range(rounds):
        phone = Phone(parts, number=f"+85620555123{n:02}")
        phone.dial("4 1 55555 0")
    counts = read_counts(parts)
    first = {key for key in counts if key[:2] == ("shown", parts.versions.live("helpline")[1].start)}
    assert sum(n for key, n in counts.items() if key[0] == "shown") == rounds * 5
    assert sum(n for key, n in counts.items() if key[0] == "answered") == rounds * 4
    assert {key[1] for key in counts if key[0] == "answered"} == {"language/4", "main/1", "pay", "pay/0"}
    assert len(first) == 1
    assert {key[2]: n for key, n in counts.items() if key[0] == "dialled"} == {"en": rounds}
    for _what, screen, language in [key for key in counts if key[0] == "answered"]:
        assert ("shown", screen.partition("/")[0], language) in counts
