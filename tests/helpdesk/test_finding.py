"""Search by code and whole number, the ringing phone, earlier contacts, the opening sentence, hand-over, unread texts."""

from dataclasses import replace

import pytest

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.alerts import announce
from gateway.helpdesk.errors import NoSuchCallback
from gateway.helpdesk.queue import claim, outcome, search, shift_summary
from gateway.helpdesk.queue import queue as lists
from gateway.helpdesk.queue.queue import Row
from gateway.helpdesk.requests import accept, unmatched_texts
from gateway.storage import callers, conversations, outbox
from tests.support.desk_rig import HER, OTHER, Desk


def closed(desk: Desk, actor: Actor, number: str = HER) -> str:
    """A request of hers that somebody called and closed."""
    callback = desk.requested(number, when="now")
    desk.calling(actor, callback)
    outcome.record_outcome(desk.parts, actor, callback_id=callback, outcome="reached")
    outcome.close_callback(desk.parts, actor, callback, reason="helped")
    desk.clock.forward(hours=3)
    return callback


def ids(rows: tuple[Row, ...]) -> list[str]:
    return [row.id for row in rows]


# --- search


@pytest.mark.parametrize(
    "written", [HER, "020 5551 2345", "+856 20 5551-2345", "00856 2055512345", "໐໒໐໕໕໕໑໒໓໔໕"]
)
def test_a_whole_number_in_any_form_finds_her(line: Desk, written: str) -> None:
    noy, callback = line.person("Noy"), line.requested()
    line.requested(OTHER)
    [row] = search.find_by_number(line.parts, noy, written)
    assert (row.id, row.phone) == (callback, "+856•••••345")
    assert search.find_callbacks(line.parts, noy, written) == (row,)


@pytest.mark.parametrize(
    "written", ["", "345", "2345", "55512345", "+85620555", "hello", "020 5551 234", "+1"]
)
def test_part_of_a_number_finds_nobody(light: Desk, written: str) -> None:
    noy = light.person("Noy")
    light.requested()
    assert search.find_by_number(light.parts, noy, written) == ()


def test_a_search_by_number_is_on_record_without_it(line: Desk) -> None:
    noy = line.person("Noy")
    line.requested()
    search.find_by_number(line.parts, noy, HER)
    [(act, kind, subject, detail)] = line.rows(
        "SELECT act, kind, subject, detail FROM audit WHERE act = 'searched'"
    )
    assert (act, kind, detail) == ("searched", "caller", "")
    assert subject not in HER


def test_four_digits_are_a_code(line: Desk) -> None:
    noy, callback = line.person("Noy"), line.requested()
    code = line.callback(callback).code
    for written in (code, f" {code[:2]} {code[2:]} ", "".join("໐໑໒໓໔໕໖໗໘໙"[int(d)] for d in code)):
        assert ids(search.find_callbacks(line.parts, noy, written)) == [callback]


def test_what_is_over_is_found_by_who_had_it_and_by_supervisors(line: Desk) -> None:
    noy, dao = line.person("Noy"), line.person("Dao")
    boss = line.person("Boss", Role.SUPERVISOR)
    over = closed(line, noy)
    again = line.requested()
    assert ids(search.find_by_number(line.parts, noy, HER)) == [again, over]
    assert ids(search.find_by_number(line.parts, dao, HER)) == [again, over], (
        "a row of any state, whoever had it"
    )
    assert ids(search.find_by_number(line.parts, boss, HER)) == [again, over]


def test_nobody_of_another_team_is_found(light: Desk) -> None:
    callback = light.requested()
    stranger = replace(light.person("Noy"), team="another")
    assert search.find_by_number(light.parts, stranger, HER) == ()
    assert search.find_by_code(light.parts, stranger, light.callback(callback).code) == ()


def test_earlier_contacts_of_this_number(line: Desk) -> None:
    noy, dao = line.person("Noy"), line.person("Dao")
    over = closed(line, noy)
    again = line.requested()
    line.requested(OTHER)
    assert ids(search.list_earlier(line.parts, noy, again)) == [over]
    assert search.list_earlier(line.parts, dao, again) == ()
    claim.claim_callback(line.parts, noy, again)
    assert search.list_earlier(line.parts, dao, again) == ()
    with pytest.raises(NoSuchCallback):
        search.list_earlier(line.parts, noy, "none")


# --- the phone is ringing


def test_the_phone_is_ringing(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested(phone_seen="sometimes", language="th")
    found = search.identify_ring(line.parts, noy, "020 5551 2345")
    assert (ids(found.rows), found.language, found.alone, found.calling) == ([callback], "th", False, "")
    assert found.phone == "+856•••••345"
    assert found.known


def test_a_phone_nobody_else_sees(light: Desk) -> None:
    noy = light.person("Noy")
    light.requested(phone_seen="no")
    assert search.identify_ring(light.parts, noy, HER).alone


def test_a_stranger_is_greeted_neutrally(light: Desk) -> None:
    found = search.identify_ring(light.parts, light.person("Noy"), OTHER)
    assert (found.known, found.rows, found.language, found.alone) == (False, (), "", False)
    assert search.identify_ring(light.parts, light.person("Dao"), "nonsense").phone == ""


def test_whoever_is_ringing_her_just_now_is_named(light: Desk) -> None:
    noy, dao = light.person("Noy"), light.person("Dao")
    light.calling(noy, light.requested(when="now"))
    assert search.identify_ring(light.parts, dao, HER).calling == "Noy"


# --- the opening sentence


def test_what_came_since_one_last_looked(line: Desk) -> None:
    noy = line.person("Noy", on_duty=True)
    line.requested()
    first = shift_summary.summarise_shift(line.parts, noy)
    assert (first.since, first.came) == (None, 1)
    line.clock.forward(minutes=1)
    shift_summary.note_look(line.parts, noy)
    looked = line.clock.now()
    line.clock.forward(minutes=1)
    line.requested(OTHER)
    then = shift_summary.summarise_shift(line.parts, noy)
    assert (then.since, then.came) == (looked, 1)


def test_danger_and_who_was_told(line: Desk) -> None:
    noy = line.person("Noy", on_duty=True)
    line.person("Dao", on_duty=True)
    callback = line.requested(danger="yes")
    with line.parts.store.write() as tx:
        for row in outbox.list_rows(tx):
            announce.announce_request(line.parts, tx, row)
    found = shift_summary.summarise_shift(line.parts, noy)
    assert ids(found.danger) == [callback]
    assert sorted(found.told) == ["Dao", "Noy"]
    claim.claim_callback(line.parts, noy, callback)
    assert shift_summary.summarise_shift(line.parts, noy).danger == ()


@pytest.mark.parametrize(("at", "soon"), [("19:59", 0), ("20:00", 1), ("20:59", 1), ("21:00", 0)])
def test_what_closes_within_the_hour(light: Desk, at: str, soon: int) -> None:
    noy = light.person("Noy", on_duty=True)
    light.requested(when="evening")
    light.clock.set(f"2026-11-24T{at}:00+07:00")
    assert shift_summary.summarise_shift(light.parts, noy).closes_soon == soon


def test_languages_that_nobody_speaks_today(light: Desk) -> None:
    noy = light.person("Noy", on_duty=True, languages=("lo",))
    light.requested(when="evening")
    light.requested(OTHER, when="evening", language="vi")
    light.requested("+8562055500001", when="sunday", language="km")
    found = shift_summary.summarise_shift(light.parts, noy)
    assert (found.lacks, found.nobody_today) == (("vi",), False)


def test_nobody_is_there_today(light: Desk) -> None:
    noy = light.person("Noy")
    light.clock.set("2026-11-24T21:00:00+07:00")  # the line has closed
    assert shift_summary.summarise_shift(light.parts, noy).nobody_today


# --- hand-over, and who looks


def test_what_one_shift_tells_the_next(line: Desk) -> None:
    noy = line.person("Noy")
    line.person("Dao", number="+85620555900002")
    line.person("Mute", number=None)
    mine = line.requested("+8562055500001", when="now")
    claim.claim_callback(line.parts, noy, mine)
    tonight = line.requested("+8562055500002", when="evening")
    line.requested("+8562055500003", when="morning")
    danger = line.requested("+8562055500004", when="morning", danger="yes")
    found = shift_summary.hand_over(line.parts, noy)
    assert (ids(found.mine), ids(found.promised), ids(found.danger)) == ([mine], [tonight], [danger])
    assert found.phones == (("Dao", "+85620555900002"), ("Noy", "+85620555900001"))
    assert not found.big


def test_who_else_looks_is_told_where_many_work(line: Desk) -> None:
    noy, dao = line.person("Noy"), line.person("Dao")
    callback = line.requested()
    assert shift_summary.note_reader(line.parts, noy, callback) == ()
    assert shift_summary.note_reader(line.parts, dao, callback) == ()
    line.person("Kham")
    line.person("Boss", Role.SUPERVISOR)
    assert shift_summary.note_reader(line.parts, noy, callback) == ()
    assert shift_summary.note_reader(line.parts, dao, callback) == ("Noy",)
    line.clock.forward(seconds=61)
    assert shift_summary.note_reader(line.parts, dao, callback) == ()


def test_an_open_page_is_written_down_now_and_then_only(light: Desk) -> None:
    noy, *_ = (light.person(name) for name in ("Noy", "Dao", "Kham", "Boss"))
    callback = light.requested()
    seen = []
    for _ in range(7):
        shift_summary.note_reader(light.parts, noy, callback)
        seen += light.rows("SELECT at FROM looking")
        light.clock.forward(seconds=10)
    assert len(set(seen)) == 3


def test_the_line_says_who_looks_and_notices_when_they_leave(line: Desk) -> None:
    noy, dao, *_ = (line.person(name) for name in ("Noy", "Dao", "Kham", "Boss"))
    callback, other = line.requested(), line.requested(OTHER)

    def told(who: Actor) -> dict[str, tuple[str, ...]]:
        return {row.id: row.looking for row in lists.show_queue(line.parts, who, "later").rows}

    before = lists.make_stamp(line.parts, noy, "later")
    shift_summary.note_reader(line.parts, dao, callback)
    during = lists.make_stamp(line.parts, noy, "later")
    assert told(noy) == {callback: ("Dao",), other: ()}
    assert told(dao) == {callback: (), other: ()}
    line.clock.forward(seconds=50)
    shift_summary.note_reader(line.parts, dao, callback)
    line.clock.forward(seconds=50)
    assert told(noy)[callback] == ("Dao",)
    line.clock.forward(seconds=20)
    assert told(noy)[callback] == ()
    assert len({before, during, lists.make_stamp(line.parts, noy, "later")}) == 3


# --- texts that nobody understood


def text(desk: Desk, number: str, words: str, understood: str = "") -> None:
    now = desk.clock.now()
    with desk.parts.store.write() as tx:
        caller = callers.upsert_caller(tx, number, now=now)
        conversations.add_text(
            tx, channel="simulator", caller_id=caller.id, text=words, understood=understood, now=now
        )
    desk.clock.forward(seconds=1)


def test_texts_wait_until_somebody_has_read_them(line: Desk) -> None:
    noy, dao = line.person("Noy"), line.person("Dao")
    callback = line.requested()
    text(line, HER, "ຊ່ວຍແນ່ ບໍ່ເຂົ້າໃຈ")
    text(line, OTHER, "hello?")
    text(line, OTHER, "pay", understood="pay")
    newest, oldest = unmatched_texts.list_unread(line.parts, noy)
    assert (newest.text, newest.callback_id, newest.phone) == ("hello?", "", "+856•••••321")
    assert (oldest.text, oldest.callback_id) == ("ຊ່ວຍແນ່ ບໍ່ເຂົ້າໃຈ", callback)
    assert unmatched_texts.count_unread(line.parts, noy) == 2
    assert unmatched_texts.mark_read(line.parts, noy, newest.id)
    assert not unmatched_texts.mark_read(line.parts, dao, newest.id)
    assert [one.id for one in unmatched_texts.list_unread(line.parts, dao)] == [oldest.id]
    assert line.rows("SELECT act, subject FROM audit WHERE kind = 'text'") == [("read", newest.id)]


def test_an_erased_text_is_nobodys_to_read(light: Desk) -> None:
    noy = light.person("Noy")
    text(light, HER, "hello?")
    light.does(accept.erase_caller)
    assert unmatched_texts.list_unread(light.parts, noy) == ()
    assert unmatched_texts.count_unread(light.parts, noy) == 0


@pytest.mark.parametrize("role", [Role.READER, Role.ADMINISTRATOR])
def test_none_of_it_is_for_those_who_see_no_callers(light: Desk, role: Role) -> None:
    one, callback = light.person("One", role), light.requested()
    for deed in (
        lambda: search.find_callbacks(light.parts, one, HER),
        lambda: search.find_callbacks(light.parts, one, "4821"),
        lambda: search.identify_ring(light.parts, one, HER),
        lambda: search.list_earlier(light.parts, one, callback),
        lambda: shift_summary.summarise_shift(light.parts, one),
        lambda: shift_summary.note_look(light.parts, one),
        lambda: shift_summary.hand_over(light.parts, one),
        lambda: shift_summary.note_reader(light.parts, one, callback),
        lambda: unmatched_texts.list_unread(light.parts, one),
        lambda: unmatched_texts.count_unread(light.parts, one),
        lambda: unmatched_texts.mark_read(light.parts, one, "t"),
    ):
        with pytest.raises(NotPermitted):
            deed()
    assert light.callback(callback).state is CallbackState.WAITING
