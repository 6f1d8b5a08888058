"""Digits in a text: good once, from the phone that was told, while the alert is; never a caller's text, never a number."""

import re
from dataclasses import replace

import pytest

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Actor, Role
from gateway.helpdesk.alerts import alert_answers, alerts, announce
from gateway.helpdesk.alerts.alert_answers import AlertReply
from gateway.helpdesk.queue import claim, timers
from gateway.helpdesk.requests import accept
from gateway.helpdesk.staff import people
from gateway.menus.engine.effects import CancelCallback
from gateway.menus.engine.wording import fill_template
from gateway.storage import outbox, staff_devices
from gateway.storage import people as rows
from tests.helpdesk.test_races import together
from tests.support.desk_rig import HER, OTHER, Desk
from tests.support.wordings import texts_of

NOYS, DAOS = "+8562055590011", "+8562055590012"
MARK = re.compile(r"no\. (\d\d)")

STAFF = texts_of("staff_")
ALERTS = ("asked", "passed", "still", "test", "texted", "urgent")
ANSWERS = sorted(STAFF.keys() - set(ALERTS))


@pytest.fixture
def desk(line: Desk) -> Desk:
    return Desk(replace(line.parts, public_url="https://desk.example"), line.clock)


def by_text(desk: Desk, name: str = "Noy", number: str = NOYS, role: Role = Role.COUNSELLOR) -> Actor:
    """Somebody on duty without a computer."""
    actor = desk.person(name, role, number=number, on_duty=True)
    with desk.parts.store.write() as tx:
        rows.set_by_text(tx, actor.person_id, on=True)
    return actor


def told(desk: Desk) -> list[str]:
    """The alerts that are on their way, oldest first, after whatever waits inside was worked."""
    with desk.parts.store.write() as tx:
        for row in reversed(outbox.list_rows(tx)):
            if row.kind in ("announce", "escalate") and row.state == "pending":
                getattr(announce, f"{row.kind}_request")(desk.parts, tx, row)
    with desk.parts.store.read() as tx:
        rows = [outbox.open_row(tx, row) for row in reversed(outbox.list_rows(tx)) if row.kind == "alert"]
    return [str((row.payload or {})["text"]) for row in rows]


def mark_in(text: str) -> str:
    found = MARK.search(text)
    assert found is not None, text
    return found[1]


def asked(desk: Desk, number: str = HER, **answers: str) -> tuple[str, str]:
    """A request of which everybody on duty was told; its id and the mark of the newest alert."""
    before = set(told(desk))
    callback = desk.requested(number, **{"when": "now", **answers})
    return callback, mark_in(next(text for text in told(desk) if text not in before and MARK.search(text)))


def says(desk: Desk, text: str, number: str = NOYS) -> AlertReply | None:
    return desk.parts.store.run(
        lambda tx: alert_answers.take_reply(desk.parts, tx, number, text, now=desk.clock.now())
    )


def what(desk: Desk, text: str, number: str = NOYS) -> str:
    said = says(desk, text, number)
    return said.what if said else "a caller's text"


def state(desk: Desk, callback: str) -> tuple[CallbackState, str | None]:
    found = desk.callback(callback)
    return found.state, found.holder_id


def test_one_takes_it_and_the_answer_holds_the_code_and_no_number(desk: Desk) -> None:
    noy = by_text(desk)
    callback, _ = asked(desk)
    said = says(desk, "1")
    assert said is not None
    assert said.what == "taken"
    assert said.text == f"Yours: code {desk.callback(callback).code}. Open the console or press the link."
    assert state(desk, callback) == (CallbackState.CLAIMED, noy.person_id)
    acts = {act for (act,) in desk.rows("SELECT act FROM audit WHERE kind = 'callback'")}
    assert acts == {"asked", "claimed", "by reply"}
    assert HER[-6:] not in said.text


def test_two_says_that_she_cannot_and_nothing_is_taken(desk: Desk) -> None:
    by_text(desk)
    callback, _ = asked(desk)
    before = desk.callback(callback)
    assert what(desk, "2") == "cannot"
    assert desk.callback(callback) == before
    assert desk.rows("SELECT act FROM audit WHERE act = 'cannot'") == [("cannot",)]


@pytest.mark.parametrize(
    "how", ["1", " 1 ", "1.", "1!", "໑", "๑", "1 {mark}", "1{mark}", "1-{mark}", "1 (no. {mark})"]
)
def test_how_a_yes_is_written(desk: Desk, how: str) -> None:
    by_text(desk)
    callback, mark = asked(desk)
    written = how.format(mark=mark)
    expected = "a caller's text" if "no." in how else "taken"
    assert what(desk, written) == expected
    assert state(desk, callback)[0] is (CallbackState.WAITING if "no." in how else CallbackState.CLAIMED)


@pytest.mark.parametrize(
    "text", ["", "3", "11", "12", "yes", "1 please", "pay", "STOP", "0", "00", "98", "1 2 3 4", "4821"]
)
def test_any_other_text_of_hers_is_a_callers(desk: Desk, text: str) -> None:
    by_text(desk)
    callback, _ = asked(desk)
    assert what(desk, text) == "a caller's text"
    assert state(desk, callback)[0] is CallbackState.WAITING


@pytest.mark.parametrize("number", [HER, OTHER, DAOS, "+66800000001"])
@pytest.mark.parametrize("text", ["1", "2", "1 {mark}"])
def test_from_another_phone_it_is_a_callers_text(desk: Desk, number: str, text: str) -> None:
    by_text(desk)
    desk.person("Dao", number=DAOS, on_duty=True)  # has a computer, and was sent no digits
    callback, mark = asked(desk)
    assert what(desk, text.format(mark=mark), number) == "a caller's text"
    assert state(desk, callback)[0] is CallbackState.WAITING
    assert desk.rows("SELECT answered_at FROM links WHERE answered_at IS NOT NULL") == []


@pytest.mark.parametrize("first", ["1", "2"])
@pytest.mark.parametrize("second", ["1", "2", "1 {mark}", "2 {mark}"])
def test_a_second_answer_changes_nothing(desk: Desk, first: str, second: str) -> None:
    by_text(desk)
    callback, mark = asked(desk)
    says(desk, first)
    before = desk.callback(callback)
    assert what(desk, second.format(mark=mark)) == "answered"
    assert desk.callback(callback) == before


@pytest.mark.parametrize(
    ("minutes", "came_of_it"), [(59, "taken"), (60, "late"), (1_400, "late"), (1_500, "a caller's text")]
)
def test_it_ends_with_the_alert_and_is_told_so_for_a_day(desk: Desk, minutes: int, came_of_it: str) -> None:
    by_text(desk)
    callback, mark = asked(desk, when="evening")
    desk.clock.forward(minutes=minutes)
    assert what(desk, f"1 {mark}") == came_of_it
    assert (state(desk, callback)[0] is CallbackState.CLAIMED) is (came_of_it == "taken")


def test_of_two_alerts_she_is_asked_which(desk: Desk) -> None:
    by_text(desk)
    first, one = asked(desk)
    second, two = asked(desk, OTHER)
    assert one != two
    said = says(desk, "1")
    assert said is not None
    assert said.what == "which"
    low, high = sorted((one, two))
    assert said.text == f"Which one? Answer 1 {low} / 1 {high}."
    assert state(desk, first)[0] is state(desk, second)[0] is CallbackState.WAITING
    assert what(desk, f"1 {two}") == "taken"
    assert state(desk, second)[0] is CallbackState.CLAIMED
    assert what(desk, "1") == "taken"  # only one is left, so nothing is unclear any more
    assert state(desk, first)[0] is CallbackState.CLAIMED


def test_a_mark_that_no_alert_bears_takes_nothing(desk: Desk) -> None:
    by_text(desk)
    callback, mark = asked(desk)
    other = next(n for n in range(10, 100) if str(n) != mark)
    assert what(desk, f"1 {other}") == "late"
    assert state(desk, callback)[0] is CallbackState.WAITING


def test_told_twice_of_one_request_is_not_unclear(desk: Desk) -> None:
    noy = by_text(desk, role=Role.SUPERVISOR)
    callback = desk.requested(when="evening", danger="yes")
    desk.clock.set("2026-11-24T18:00:00+07:00")
    told(desk)
    desk.clock.forward(minutes=10)
    timers.escalate_stalled(desk.parts)
    assert len(told(desk)) == 2
    assert what(desk, "1") == "taken"
    assert state(desk, callback) == (CallbackState.CLAIMED, noy.person_id)
    assert what(desk, "1") == "answered"


def test_announced_twice_makes_no_second_mark(desk: Desk) -> None:
    by_text(desk)
    asked(desk)
    with desk.parts.store.write() as tx:
        [row] = [row for row in outbox.list_rows(tx) if row.kind == "announce"]
        announce.announce_request(desk.parts, tx, row)
    assert len(desk.rows("SELECT mark FROM links")) == 1


def test_whoever_was_faster_keeps_it(desk: Desk) -> None:
    by_text(desk)
    dao = desk.person("Dao", on_duty=True)
    callback, _ = asked(desk)
    claim.claim_callback(desk.parts, dao, callback)
    assert what(desk, "1") == "gone"
    assert state(desk, callback) == (CallbackState.CLAIMED, dao.person_id)


def test_what_she_took_back_is_gone(desk: Desk) -> None:
    by_text(desk)
    callback, _ = asked(desk)
    desk.does(accept.cancel_request, effect=CancelCallback(callback=callback))
    assert what(desk, "1") == "gone"


def test_what_is_gone_makes_nothing_unclear(desk: Desk) -> None:
    by_text(desk)
    dao = desk.person("Dao")
    first, _ = asked(desk)
    second, _ = asked(desk, OTHER)
    claim.claim_callback(desk.parts, dao, first)
    assert what(desk, "1") == "taken"
    assert state(desk, second)[0] is CallbackState.CLAIMED


def test_two_colleagues_with_one_phone_are_told_apart_by_name(desk: Desk) -> None:
    by_text(desk)
    dao = by_text(desk, "Dao")
    callback = desk.requested(when="now")
    marks = [mark_in(text) for text in told(desk)]
    assert len(set(marks)) == 2
    said = says(desk, "1")
    assert said is not None
    assert said.what == "which"
    assert "(Noy)" in said.text
    assert "(Dao)" in said.text
    with desk.parts.store.read() as tx:
        [hers] = [
            str(one.mark) for one in staff_devices.list_marked(tx, [dao.person_id], since=desk.clock.now())
        ]
    assert what(desk, f"1 {hers}") == "taken"
    assert state(desk, callback) == (CallbackState.CLAIMED, dao.person_id)


def test_ten_at_once_take_it_once(desk: Desk) -> None:
    noy = by_text(desk)
    callback, _ = asked(desk)
    came = together(*[lambda: what(desk, "1") for _ in range(4)])
    assert sorted(str(one) for one in came) == ["answered", "answered", "answered", "taken"]
    assert state(desk, callback) == (CallbackState.CLAIMED, noy.person_id)


def test_colleagues_at_once_one_has_it_and_the_other_is_told(desk: Desk) -> None:
    by_text(desk)
    by_text(desk, "Dao", DAOS)
    callback, _ = asked(desk)
    came = together(lambda: what(desk, "1"), lambda: what(desk, "1", DAOS))
    assert sorted(str(one) for one in came) == ["gone", "taken"]
    assert state(desk, callback)[0] is CallbackState.CLAIMED


@pytest.mark.parametrize("away", ["removed", "another role", "another phone"])
def test_whoever_does_not_work_here_any_more_is_a_caller(desk: Desk, away: str) -> None:
    chief, noy = desk.person("Chief", Role.ADMINISTRATOR), by_text(desk)
    callback, _ = asked(desk)
    if away == "removed":
        people.disable_person(desk.parts, chief, noy.person_id)
    elif away == "another role":
        people.set_role(desk.parts, chief, noy.person_id, "reader")
    else:
        people.set_number(desk.parts, people.OWNER, noy.person_id, DAOS)
    assert what(desk, "1") == "a caller's text"
    assert state(desk, callback)[0] is CallbackState.WAITING


@pytest.mark.parametrize(
    ("when", "danger", "sooner"), [("now", "yes", True), ("evening", "yes", False), ("now", "no", False)]
)
def test_a_danger_that_is_due_is_told_to_the_next_at_once(
    desk: Desk, when: str, danger: str, sooner: bool
) -> None:
    by_text(desk)
    callback, _ = asked(desk, when=when, danger=danger)
    before = desk.callback(callback).escalate_at
    assert what(desk, "2") == "cannot"
    assert desk.callback(callback).escalate_at == (desk.clock.now() if sooner else before)
    assert timers.escalate_stalled(desk.parts) == int(sooner)


# --- the words


def test_the_alert_asks_for_the_digits_only_of_those_who_work_by_text(desk: Desk) -> None:
    desk.person("Dao", number=DAOS, on_duty=True)
    by_text(desk)
    desk.requested(when="now", danger="yes")
    texts = told(desk)
    assert [bool(MARK.search(text)) for text in texts].count(True) == 1
    [hers] = [text for text in texts if MARK.search(text)]
    assert "Answer 1 to take it, 2 if you cannot" in hers
    assert "https://desk.example/t/" in hers
    assert len(hers) <= 160
    assert all(not re.search(r"\d{5}", text.partition("https://")[0]) for text in texts)


def test_what_waits_for_a_decision_is_not_taken_by_a_digit(desk: Desk) -> None:
    noy = by_text(desk)
    callback = desk.requested(when="now")
    with desk.parts.store.write() as tx:
        person = rows.by_id(tx, noy.person_id)
        assert person is not None
        words = {key: alerts._by_text(desk.parts, tx, person, callback, key) for key in ALERTS}
    assert {key for key, text in words.items() if MARK.search(text)} == alerts.ANSWERABLE


def test_without_a_public_address_the_digits_are_enough(line: Desk) -> None:
    by_text(line)
    callback = line.requested(when="now")
    assert "http" not in told(line)[-1]
    assert what(line, "1") == "taken"
    assert state(line, callback)[0] is CallbackState.CLAIMED


@pytest.mark.parametrize("key", ANSWERS)
@pytest.mark.parametrize("language", ["en", "lo", "th"])
def test_each_is_told_in_their_language_and_in_one_text(key: str, language: str) -> None:
    text = fill_template(STAFF[key][language], {"mark": "47", "code": "4821", "choices": "1 47 / 1 52"})
    assert len(text) <= (160 if language == "en" else 70)
    for word in ("help", "union", "mrc", "worker", "danger", "http", "+"):
        assert word not in text.lower()
    assert not re.search(r"\d{5}", text)


def use_up_marks(desk: Desk, actor: Actor, many: int, number: str = NOYS) -> list[int]:
    """Tell this phone of a request so many times, each under a reference of its own."""
    callback, made = desk.requested(when="now"), list[int]()
    until = desk.clock.now() + alerts.LASTS
    with desk.parts.store.write() as tx:
        for _ in range(many):
            made.append(alert_answers.new_mark(desk.parts, tx, number))
            token = len(made).to_bytes(16) + actor.person_id[:16].encode()
            staff_devices.add_link(
                tx, token, person_id=actor.person_id, callback_id=callback, expires_at=until, mark=made[-1]
            )
    return made


def test_ninety_alerts_to_a_phone_bear_two_digits_and_the_next_three(light: Desk) -> None:
    made = use_up_marks(light, light.person("Noy", number=NOYS), 95)
    assert len(set(made)) == 95
    assert set(made[:90]) == set(alert_answers.MARKS)
    assert set(made[90:]) <= set(alert_answers.LONGER_MARKS[0])


def test_another_phone_has_all_marks_to_itself(light: Desk) -> None:
    use_up_marks(light, light.person("Noy", number=NOYS), 90)
    made = use_up_marks(light, light.person("Dao", number=DAOS), 90, DAOS)
    assert set(made) == set(alert_answers.MARKS)


@pytest.mark.parametrize("how", ["1 {mark}", "1{mark}", "1-{mark}", "໑ {mark}"])
def test_an_alert_beyond_the_ninetieth_is_answered_by_its_three_digits(desk: Desk, how: str) -> None:
    noy = by_text(desk)
    use_up_marks(desk, noy, 90)
    callback = desk.requested(OTHER, when="now")
    mark = re.search(r"no\. (\d+)", told(desk)[-1])
    assert mark is not None
    assert len(mark[1]) == 3
    assert what(desk, f"1 {int(mark[1]) % 899 + 101}") == "a caller's text"  # no alert bears these three
    assert what(desk, how.format(mark=mark[1])) == "taken"
    assert state(desk, callback) == (CallbackState.CLAIMED, noy.person_id)
