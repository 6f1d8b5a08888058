"""By text she is offered only what can be promised when she asks, whatever the hour and the language."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.domain.callbacks.windows import DAYS, Hours
from gateway.menus.engine.text_size import GSM7, measure_text
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.house import LINE, Phone, made_parts, publish, requests

LUNCH = Hours.parse({day: ["08:00-12:00", "13:00-21:00"] for day in DAYS})
OFFICE = Hours.parse({day: ["08:00-12:00", "13:00-16:00"] for day in DAYS[:5]})
NOBODY = Hours.parse({})
ASKED = {
    "en": "call me",
    "lo": "ໂທຫາຂ້ອຍ",
    "lo-Latn": "tho ha khoy",
    "th": "โทรหาฉัน",
}


def phone_at(store: Store, clock: SetClock, folder: Path, hours: Hours, instant: str) -> Phone:
    clock.set(instant)
    parts = made_parts(store, clock, folder, line=replace(LINE, hours=hours))
    publish(parts)
    return Phone(parts)


def keys_of(text: str) -> list[str]:
    """The numbers of the times, one at the beginning of each line."""
    return re.findall(r"^(\d) ", text.partition("\n")[2], flags=re.MULTILINE)


def example_of(text: str) -> str:
    """The answer that the text itself gives as an example."""
    found = re.search(r"(\d \d) =", text)
    assert found, text
    return found[1]


@pytest.mark.fault("W11")
@pytest.mark.parametrize(
    ("hours", "instant", "keys"),
    [
        pytest.param(LUNCH, "2026-11-24T14:05:00+07:00", "13456", id="nobody at noon"),
        pytest.param(LUNCH, "2026-11-24T12:15:00+07:00", "1346", id="lunch break"),
        pytest.param(LUNCH, "2026-11-24T21:10:00+07:00", "1346", id="at night"),
        pytest.param(OFFICE, "2026-11-24T09:00:00+07:00", "156", id="no evening, no Sunday"),
        pytest.param(OFFICE, "2026-11-24T15:55:00+07:00", "16", id="five minutes left"),
    ],
)
@pytest.mark.parametrize("language", ASKED)
def test_the_questions_list_what_can_be_promised_and_their_example_is_one_of_it(
    sqlite_store: Store, clock: SetClock, tmp_path: Path, language: str, hours: Hours, instant: str, keys: str
) -> None:
    phone = phone_at(sqlite_store, clock, tmp_path, hours, instant)
    (asked,) = phone.texts(ASKED[language])
    assert "".join(keys_of(asked)) == keys
    assert example_of(asked)[-1] == keys[0]
    (again,) = phone.texts("???? ok maybe later")
    assert "".join(keys_of(again)) == keys
    assert f"2 {keys[0]}" in again
    phone.texts(example_of(asked))
    assert len(requests(phone.parts)) == 1


WEEKLY = Hours.parse({"wed": ["09:00-11:00"]})
OPENS = {
    "en": ("Tue 13:00", "Wed 9:00", "Mon 8:00", "day not known yet"),
    "lo": ("ອັງຄານ 13:00", "ພຸດ 9:00", "ຈັນ 8:00", "ຍັງບໍ່ຮູ້ມື້"),
    "lo-Latn": ("Angkhan 13:00", "Phut 9:00", "Chan 8:00", "nyang bo hu meu"),
    "th": ("อังคาร 13:00", "พุธ 9:00", "จันทร์ 8:00", "ยังไม่รู้วัน"),
}
CLOSED = [
    pytest.param(LUNCH, "2026-11-24T12:15:00+07:00", 0, id="in the lunch break"),
    pytest.param(WEEKLY, "2026-11-24T14:05:00+07:00", 1, id="one window a week"),
    pytest.param(OFFICE, "2026-11-27T16:05:00+07:00", 2, id="after hours on a Friday"),
    pytest.param(OFFICE, "2026-11-27T15:55:00+07:00", 2, id="five minutes left"),
    pytest.param(NOBODY, "2026-11-24T09:00:00+07:00", 3, id="no shifts at all"),
]
TO_MAIN = {"en": "4", "lo": "1 1", "lo-Latn": "2", "th": "3 1"}


@pytest.mark.fault("W11")
@pytest.mark.parametrize(("hours", "instant", "opens"), CLOSED)
@pytest.mark.parametrize("language", ASKED)
def test_a_phone_that_is_not_hers_is_asked_nothing_that_has_one_answer(
    sqlite_store: Store,
    clock: SetClock,
    tmp_path: Path,
    language: str,
    hours: Hours,
    instant: str,
    opens: int,
) -> None:
    phone = phone_at(sqlite_store, clock, tmp_path, hours, instant)
    shown = phone.dial(f"{TO_MAIN[language]} 7 2 3")
    assert (shown.screen, shown.ends) == ("no_time", False)
    assert OPENS[language][opens] in shown.text
    assert measure_text(shown.text).units <= (160 if measure_text(shown.text).coding == GSM7 else 70)
    assert not requests(phone.parts)


@pytest.mark.fault("W11")
@pytest.mark.parametrize("way", ["by key", "by text"])
@pytest.mark.parametrize("language", ASKED)
def test_where_nothing_can_be_promised_nothing_is_asked_and_nothing_refused(
    sqlite_store: Store, clock: SetClock, tmp_path: Path, language: str, way: str
) -> None:
    phone = phone_at(sqlite_store, clock, tmp_path, OFFICE, "2026-11-24T09:00:00+07:00")
    phone.dial(f"{TO_MAIN[language]} 7 2 1 1 1")
    phone.parts = replace(phone.parts, line=replace(LINE, hours=NOBODY))
    said = phone.texts(ASKED[language])[0] if way == "by text" else phone.dial("7 2 1").text
    assert OPENS[language][3] in said
    assert not re.search(r"^6 ", said, flags=re.MULTILINE)
    (kept,) = requests(phone.parts)
    assert (kept.state, kept.withheld) == ("waiting", "")


@pytest.mark.fault("W11")
def test_her_answer_on_a_phone_that_is_not_hers_binds_what_was_asked_from_it_before(
    sqlite_store: Store, clock: SetClock, tmp_path: Path
) -> None:
    phone = phone_at(sqlite_store, clock, tmp_path, LUNCH, "2026-11-24T12:15:00+07:00")
    phone.dial("4 7 2 1 3 1")
    phone.dial("4 7 2 3")
    assert requests(phone.parts)[0].state == "review"


@pytest.mark.fault("W11")
@pytest.mark.parametrize(("hours", "shows"), [(LUNCH, True), (NOBODY, False)])
def test_a_change_of_time_is_offered_only_where_there_is_a_time(
    sqlite_store: Store, clock: SetClock, tmp_path: Path, hours: Hours, *, shows: bool
) -> None:
    phone = phone_at(sqlite_store, clock, tmp_path, LUNCH, "2026-11-24T12:15:00+07:00")
    phone.dial("4 7 2 1 3 1")
    phone.parts = replace(phone.parts, line=replace(LINE, hours=hours))
    status = phone.dial(requests(phone.parts)[0].code).text
    assert ("Change time" in status) is shows
    assert "2 Cancel" in status


@pytest.mark.fault("W12")
@pytest.mark.parametrize("by_text", [True, False], ids=["by text", "dialled"])
def test_a_window_that_ran_out_while_she_answered_is_planned_for_its_next_day(
    sqlite_store: Store, clock: SetClock, tmp_path: Path, by_text: bool
) -> None:
    """As in calcom/cal.diy#14465 and chicago-tool-library/circulate#617: what was offered is looked at again."""
    phone = phone_at(sqlite_store, clock, tmp_path, LUNCH, "2026-11-24T20:40:00+07:00")
    if by_text:
        phone.texts("call me")
    else:
        phone.dial()
        for key in "47223":
            phone.press(key)
    clock.set("2026-11-24T20:55:00+07:00")
    told = phone.texts("2 3")[0] if by_text else phone.press("1").text
    (request,) = requests(phone.parts)
    assert f"{request.due_at:%d %H} {request.due_until:%H}" == "25 11 14"
    assert by_text or "Wed 18-21" in told


@pytest.mark.fault("W12")
def test_now_that_ran_out_while_she_answered_is_promised_to_nobody(
    sqlite_store: Store, clock: SetClock, tmp_path: Path
) -> None:
    phone = phone_at(sqlite_store, clock, tmp_path, LUNCH, "2026-11-24T20:40:00+07:00")
    phone.texts("call me")
    clock.set("2026-11-24T20:55:00+07:00")
    told = phone.texts("2 5")[0]
    assert requests(phone.parts) == []
    assert keys_of(told) == ["1", "3", "4", "6"], "she is told what is possible now"


@pytest.mark.fault("W12")
@pytest.mark.parametrize(
    ("keys", "words", "last"),
    [
        pytest.param(
            "47225", "When is it safe to call?\n1 Morning 6-9\n3 Evening 18-21\n4 Sunday", "3", id="hers"
        ),
        pytest.param("47231", "Somebody is here: Wed 8", "", id="somebody else's phone"),
    ],
)
def test_now_that_ran_out_before_she_agreed_is_asked_for_again(
    sqlite_store: Store, clock: SetClock, tmp_path: Path, keys: str, words: str, last: str
) -> None:
    """A neutral farewell after *I agree* was read as a promise."""
    phone = phone_at(sqlite_store, clock, tmp_path, LUNCH, "2026-11-24T20:49:00+07:00")
    phone.dial()
    for key in keys:
        phone.press(key)
    clock.set("2026-11-24T20:51:30+07:00")
    told = phone.press("1").text
    assert words in told
    assert "5 Now" not in told
    assert requests(phone.parts) == []
    if last:
        phone.press(last)
        assert "We plan to call Wed 18-21" in phone.press("1").text
        assert len(requests(phone.parts)) == 1
