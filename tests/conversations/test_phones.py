"""Phones that others hold, requests that merge, codes that are tried, promises that die: through the keys she presses."""

import re
from dataclasses import replace

import pytest

from gateway.conversations import one_shot, ussd
from gateway.domain.callbacks.states import CallbackState
from gateway.domain.contact_safety import PhoneSeen
from gateway.domain.events import Inbound, Kind
from gateway.foundation.services import Services
from gateway.helpdesk.queue import timers
from gateway.storage import callbacks, callers
from gateway.storage.callbacks import Callback
from tests.support.channel_tables import line_of
from tests.support.clocks import SetClock
from tests.support.house import HER, Phone, requests, rows
from tests.support.outage_rig import sql_away

OWN, SHARED, LENT = "4 7 2 1 3 1", "4 7 2 2 3 1", "4 7 2 3 1 1"
OTHER = "+8562055554321"


def code_on(text: str) -> str:
    found = re.search(r"\b\d{4}\b", text)
    assert found, text
    return found.group()


def all_of(parts: Services, number: str = HER) -> list[Callback]:
    with parts.store.read() as tx:
        caller = callers.find_caller(tx, number)
        return list(callbacks.list_of_caller(tx, caller.id)) if caller else []


def wrong_code(parts: Services) -> str:
    codes = {one.code for one in requests(parts)}
    return next(code for code in ("9753", "9754", "9755", "9756") if code not in codes)


def test_one_caller_on_two_channels_has_one_request_two_sessions_and_one_refusal(phone: Phone) -> None:
    """A provider's line and a code of an operator: her sessions stand side by side, what she asked for is one."""
    parts = replace(phone.parts, channels={**phone.parts.channels, "arkesel": line_of("arkesel", "arkesel")})
    phone.parts = parts

    def key(typed: str, *, first: bool = False) -> str:
        posted = Inbound(channel="arkesel", kind=Kind.USSD, number=HER, session="s2", text=typed, first=first)
        return ussd.answer_turn(parts, posted).text

    code = code_on(phone.dial(OWN).text)
    phone.dial("4 7 2 1")
    key("", first=True)
    for typed in OWN.split()[:-1]:
        key(typed)
    phone.press("3")
    assert code_on(key("1")) == code, "asked again by the other channel, place and code stay"
    (asked,) = requests(parts)
    assert code_on(phone.press("1").text) == code, "and the first session went on from where it stood"
    assert [one.id for one in requests(parts)] == [asked.id]
    phone.texts("STOP")
    caller = find_caller_of(parts)
    assert caller.stopped_at is not None, "a refusal by one channel counts for each"


def find_caller_of(parts: Services) -> callers.Caller:
    with parts.store.read() as tx:
        found = callers.find_caller(tx, HER)
    assert found is not None
    return found


# Who holds the phone


def test_three_women_on_one_phone_have_three_requests_and_the_fourth_is_told_like_no(phone: Phone) -> None:
    codes = [code_on(phone.dial(SHARED).text) for _ in range(3)]
    assert len(set(codes)) == 3
    assert sorted(one.slot for one in requests(phone.parts)) == [0, 1, 2]
    told = phone.dial(SHARED)
    assert told.ends
    assert told.text == phone.dial("4 7 2 2 3 2").text
    assert len(requests(phone.parts)) == 3


@pytest.mark.parametrize("third", [0, 1, 2])
def test_each_code_opens_and_cancels_its_own_request_only(phone: Phone, third: int) -> None:
    codes = [code_on(phone.dial(SHARED).text) for _ in range(3)]
    assert phone.dial(f"4 {codes[third]}").screen == "status"
    assert phone.press("2").ends
    assert [one.code for one in requests(phone.parts)] == [code for code in codes if code != codes[third]]


def test_a_slot_that_is_free_again_is_taken_again(phone: Phone) -> None:
    codes = [code_on(phone.dial(SHARED).text) for _ in range(3)]
    phone.dial(f"4 {codes[1]} 2")
    fourth = code_on(phone.dial(SHARED).text)
    slots = {one.code: one.slot for one in requests(phone.parts)}
    assert slots == {codes[0]: 0, fourth: 1, codes[2]: 2}


def test_a_lent_phone_is_rung_now_or_not_at_all(phone: Phone) -> None:
    told = phone.dial(LENT)
    (found,) = requests(phone.parts)
    assert found.window == "now"
    assert found.contact is not None
    assert found.contact.phone_seen is PhoneSeen.NOT_MINE
    assert "We call before 14:35" in told.text
    assert phone.dial("4 7 2 3 2").screen == "no_call"
    assert len(all_of(phone.parts)) == 1


def test_whoever_redials_sees_nothing_of_an_earlier_request(phone: Phone) -> None:
    stranger = phone.dial("4").text
    for way in (SHARED, LENT):
        code = code_on(phone.dial(way).text)
        assert phone.dial("4").text == stranger
        for key in ("7", "98", "8"):
            assert code not in phone.dial(f"4 {key}").text


def test_an_own_phone_merges_and_a_shared_one_beside_it_does_not(phone: Phone) -> None:
    first = code_on(phone.dial(OWN).text)
    assert code_on(phone.dial("7 2 1 1 1").text) == first
    other = code_on(phone.dial("7 2 2 3 1").text)
    assert other != first
    found = {one.code: (one.asks, one.window, one.slot, one.state) for one in requests(phone.parts)}
    assert found == {first: (2, "evening", 0, "review"), other: (1, "evening", 1, "waiting")}


# Danger


@pytest.mark.parametrize("later", ["7 2 1 3 1", "7 2 1 1 1", "7 1 1 1 3 1"])
def test_danger_once_said_stays(phone: Phone, later: str) -> None:
    phone.dial("4 7 1 1 1 3 1")
    phone.dial(later)
    (found,) = requests(phone.parts)
    assert (found.priority, found.answers["danger"], found.asks) == (0, "yes", 2)


def test_danger_said_later_moves_her_forward_and_keeps_her_code(phone: Phone) -> None:
    code = code_on(phone.dial(OWN).text)
    assert requests(phone.parts)[0].priority == 1
    assert code_on(phone.dial("7 1 1 1 3 1").text) == code
    assert requests(phone.parts)[0].priority == 0


def test_danger_on_a_shared_phone_is_of_that_request_only(phone: Phone) -> None:
    phone.dial(SHARED)
    phone.dial("4 7 1 1 2 3 1")
    assert [one.priority for one in requests(phone.parts)] == [1, 0]


# Codes


def test_three_wrong_codes_a_day_then_the_right_one_is_wrong_until_tomorrow(
    phone: Phone, clock: SetClock
) -> None:
    code = code_on(phone.dial(SHARED).text)
    for _ in range(3):
        told = phone.dial(f"4 {wrong_code(phone.parts)}")
        assert told.screen == "main"
    refused = phone.dial(f"4 {code}")
    assert refused.screen == "main"
    assert refused.text == told.text
    clock.forward(hours=23, minutes=59)
    assert phone.dial(f"4 {code}").screen == "main"
    clock.forward(minutes=1)
    assert phone.dial(f"4 {code}").screen == "status"


def test_tries_of_one_number_lock_nobody_else_out(phone: Phone) -> None:
    other = Phone(phone.parts, number=OTHER)
    hers = code_on(other.dial(SHARED).text)
    for _ in range(4):
        phone.dial(f"4 {wrong_code(phone.parts)}")
    assert other.dial(f"4 {hers}").screen == "status"
    assert phone.dial(f"4 {hers}").screen == "main"


def test_a_wrong_code_reads_like_any_wrong_key_and_three_of_them_offer_a_person(phone: Phone) -> None:
    phone.dial(SHARED)
    wrong = wrong_code(phone.parts)
    assert phone.dial(f"4 {wrong}").text == phone.dial("4 77").text
    phone.dial(f"4 {wrong} {wrong}")
    assert phone.press(wrong).screen == "offer"


def test_the_screen_for_a_code_counts_the_same_tries(phone: Phone) -> None:
    code = code_on(phone.dial(SHARED).text)
    for _ in range(3):
        assert phone.dial(f"4 98 8 5 {wrong_code(phone.parts)}").screen == "my_code"
    assert phone.dial(f"4 98 8 5 {code}").screen == "my_code"
    assert phone.dial(f"4 {code}").screen == "main"


@pytest.mark.parametrize(
    ("keys", "window"),
    [("1 1", "morning"), ("1 2", "noon"), ("1 3", "evening"), ("1 4", "sunday"), ("3", "now")],
)
def test_she_moves_her_request_to_another_time(phone: Phone, keys: str, window: str) -> None:
    code = code_on(phone.dial(SHARED).text)
    told = phone.dial(f"4 {code} {keys}")
    assert told.screen == "changed"
    (found,) = requests(phone.parts)
    assert (found.window, found.code) == (window, code)
    assert phone.press("1").ends


# What is promised while SQL is away, and what she adds to it


def test_what_she_adds_to_a_promised_request_is_kept_when_sql_is_back(phone: Phone) -> None:
    phone.dial(OWN.removesuffix(" 1"))
    with sql_away(phone.parts.store):
        code = code_on(phone.press("1").text)
    assert phone.press("2").screen == "code"  # SQL is back, the request still lies in the spool
    (found,) = requests(phone.parts)
    assert (found.code, found.wants_woman, found.asks) == (code, True, 1)
    assert phone.parts.spool.list() == []
    phone.press("4")
    assert requests(phone.parts)[0].answers["sms_safe"] == "yes"


def test_what_she_adds_in_the_same_outage_is_kept_too(phone: Phone) -> None:
    phone.dial(OWN.removesuffix(" 1"))
    with sql_away(phone.parts.store):
        code = code_on(phone.press("1").text)
        assert phone.press("2").screen == "code"
        assert phone.press("3").screen == "code"
    assert one_shot.replay_spool(phone.parts) == 3
    (found,) = requests(phone.parts)
    assert (found.code, found.wants_woman, found.answers["other_language"]) == (code, True, "yes")


def test_what_she_adds_after_the_replay_is_kept(phone: Phone) -> None:
    phone.dial(OWN.removesuffix(" 1"))
    with sql_away(phone.parts.store):
        phone.press("1")
    one_shot.replay_spool(phone.parts)
    assert phone.press("2").screen == "code"
    assert requests(phone.parts)[0].wants_woman


def test_what_another_session_of_her_phone_asked_for_is_not_changed(phone: Phone) -> None:
    """A request that has no id yet is found by its session alone."""
    phone.dial(SHARED)
    phone.dial(OWN.removesuffix(" 1"))
    with sql_away(phone.parts.store):
        phone.press("1")
    phone.press("2")
    assert [one.wants_woman for one in requests(phone.parts)] == [False, True]


def test_the_code_that_she_was_told_last_is_hers(phone: Phone) -> None:
    """Without SQL nobody can look up the code that she has, so she is told a new one, and that one counts."""
    first = code_on(phone.dial(OWN).text)
    phone.dial("7 2 1 1")
    with sql_away(phone.parts.store):
        promised = code_on(phone.press("1").text)
    one_shot.replay_spool(phone.parts)
    (found,) = requests(phone.parts)
    assert (found.code, found.asks, found.window) == (promised, 2, "morning")
    assert promised != first
    assert phone.dial(promised).screen == "status"
    assert code_on(phone.dial("7 2 1 3 1").text) == promised  # and stays, now that it can be looked up


@pytest.mark.parametrize(("key", "window"), [("1", "morning"), ("2", "noon"), ("4", "sunday")])
def test_a_new_time_promised_without_sql_is_told_as_it_will_be(phone: Phone, key: str, window: str) -> None:
    code = code_on(phone.dial(SHARED).text)
    other = Phone(phone.parts, number=OTHER)
    twin = code_on(other.dial(SHARED).text)
    expected = other.dial(f"4 {twin} 1 {key}").text
    phone.dial(f"4 {code} 1")
    with sql_away(phone.parts.store):
        told = phone.press(key)
    assert told.text == expected
    assert requests(phone.parts)[0].window == "evening"
    one_shot.replay_spool(phone.parts)
    assert requests(phone.parts)[0].window == window


def test_a_cancel_while_sql_is_away_is_done_later_and_once(phone: Phone) -> None:
    code = code_on(phone.dial(SHARED).text)
    phone.dial(f"4 {code}")
    with sql_away(phone.parts.store):
        assert phone.press("2").ends
        assert phone.post(phone.text).ends
    assert one_shot.replay_spool(phone.parts) == 1
    (found,) = all_of(phone.parts)
    assert (found.state, found.reason) == (CallbackState.CANCELLED, "by her")


def test_a_code_without_sql_gets_the_helpline_s_number_and_no_try_is_counted(phone: Phone) -> None:
    code = code_on(phone.dial(SHARED).text)
    phone.dial("4")
    text = phone.text
    with sql_away(phone.parts.store):
        for _ in range(4):
            told = phone.post(f"{text}*{code}")
            assert told.ends
            assert phone.parts.line.helpline in told.text
    assert phone.dial(f"4 {code}").screen == "status"


# Now


def test_now_dies_by_itself_and_is_not_asked_again(phone: Phone, clock: SetClock) -> None:
    phone.dial("4 7 2 1 5 1")
    clock.forward(minutes=29)
    assert timers.roll_windows(phone.parts) == 0
    clock.forward(minutes=1)
    assert timers.roll_windows(phone.parts) == 1
    (found,) = all_of(phone.parts)
    assert found.state is CallbackState.EXPIRED
    assert requests(phone.parts) == []


def test_a_now_that_was_spooled_past_its_half_hour_is_never_rung(phone: Phone, clock: SetClock) -> None:
    phone.dial("4 7 2 1 5")
    with sql_away(phone.parts.store):
        told = phone.press("1")
        assert "We call before 14:35" in told.text
    clock.forward(minutes=40)
    assert one_shot.replay_spool(phone.parts) == 1
    (found,) = requests(phone.parts)
    assert found.due_until is not None
    assert found.due_until < clock.now()
    timers.roll_windows(phone.parts)
    assert [one.state for one in all_of(phone.parts)] == [CallbackState.EXPIRED]


def test_a_window_promised_in_an_outage_that_outlasted_it_rolls_to_the_next_day(
    phone: Phone, clock: SetClock
) -> None:
    phone.dial("4 7 2 1 3")
    with sql_away(phone.parts.store):
        code = code_on(phone.press("1").text)
    clock.forward(hours=20)
    one_shot.replay_spool(phone.parts)
    assert timers.roll_windows(phone.parts) == 1
    (found,) = requests(phone.parts)
    assert (found.code, found.state, found.window) == (code, CallbackState.WAITING, "evening")
    assert found.due_at is not None
    assert found.due_at > clock.now()


# Where her number is from


@pytest.mark.parametrize(
    ("number", "police"), [(HER, "191"), ("+66800000123", "191"), ("+254700001234", "191")]
)
@pytest.mark.parametrize("keys", ["9", "4 9", "4 7 1"])
def test_everybody_reads_numbers_of_help(phone: Phone, number: str, police: str, keys: str) -> None:
    told = Phone(phone.parts, number=number).dial(keys)
    assert police in told.text
    assert not told.ends


def test_a_number_that_is_never_called_is_told_like_no_and_leaves_nothing_to_call(phone: Phone) -> None:
    premium = Phone(phone.parts, number="+661900123456")
    told = premium.dial(SHARED)
    assert told.ends
    assert told.text == phone.dial("4 7 2 2 3 2").text
    assert requests(phone.parts, "+661900123456") == []
    assert rows(phone.parts) == []
