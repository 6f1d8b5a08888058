"""Around a call: added requests, the figures form, the referral book, follow-ups, and the word after the last miss."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from gateway.domain.callbacks.states import CallbackState, IllegalMove
from gateway.domain.contact_safety import PhoneSeen, When
from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.errors import ClaimedByOther, NotSafe, Rejected, Why
from gateway.helpdesk.queue import claim, outcome, timers
from gateway.helpdesk.requests import accept, add, case_record, referrals, self_service
from gateway.helpdesk.requests.add import ManualRequest, RequestOrigin
from gateway.menus.engine.effects import CallbackAccepted, CallbackFound, CallbackRefused, CodeWrong
from gateway.storage import attempts, callers, outbox, reports, settings
from tests.helpdesk.requests.test_accept import at
from tests.support.desk_rig import HER, OTHER, Desk
from tests.support.house import publish
from tests.support.wordings import texts_of

VISITOR = ManualRequest(
    how=RequestOrigin.VISITOR,
    number="020 5551 2345",
    consented=True,
    phone_seen=PhoneSeen.SOMETIMES,
    when=When("evening"),
    language="lo",
    topic="pay",
)

OURS = texts_of("ours_")


def counts(desk: Desk, what: str) -> Counter[str]:
    desk.parts.count.flush(desk.parts.store)
    with desk.parts.store.read() as tx:
        return Counter({item: n for name, item, _, n in reports.list_totals(tx) if name == what})


def reached(desk: Desk, actor: Actor, **answers: str) -> str:
    callback = desk.requested(**({"when": "now"} | answers))
    desk.calling(actor, callback)
    outcome.record_outcome(desk.parts, actor, callback_id=callback, outcome="reached")
    return callback


def ours_of(desk: Desk) -> list[tuple[str, str]]:
    with desk.parts.store.read() as tx:
        rows = [outbox.open_row(tx, row) for row in outbox.list_rows(tx) if row.kind == "ours"]
    return [(row.state, (row.payload or {})["text"]) for row in rows]


# --- added at the desk


def test_a_visitor_is_called_like_anyone(line: Desk) -> None:
    noy = line.person("Noy")
    receipt = add.add_request(line.parts, noy, VISITOR, form="f1")
    assert isinstance(receipt, CallbackAccepted)
    assert (receipt.due_at, receipt.due_until) == (at(24, 18), at(24, 21))
    row = line.callback(receipt.callback)
    assert (row.topic, row.language, row.window) == ("pay", "lo", "evening")
    assert row.answers["how"] == "visitor"
    assert row.answers["consent"] == add.CONSENT
    assert line.rows("SELECT act, detail FROM audit WHERE act = 'added'") == [("added", "visitor")]


def test_one_form_sent_twice_is_one_request(line: Desk) -> None:
    noy = line.person("Noy")
    first = add.add_request(line.parts, noy, VISITOR, form="f1")
    assert add.add_request(line.parts, noy, VISITOR, form="f1") == first
    assert line.rows("SELECT asks FROM callbacks") == [(1,)]
    assert counts(line, "asked") == {"pay": 1}
    add.add_request(line.parts, noy, replace(VISITOR, number=OTHER), form="f2")
    assert line.rows("SELECT count(*) FROM callbacks") == [(2,)]


@pytest.mark.parametrize(("agreed", "called"), [(False, OTHER), (True, HER)])
def test_the_family_member_is_called_unless_she_agreed_herself(
    light: Desk, agreed: bool, called: str
) -> None:
    noy = light.person("Noy")
    asked = replace(VISITOR, how=RequestOrigin.FAMILY, family_number=OTHER, agreed_herself=agreed)
    receipt = add.add_request(light.parts, noy, asked, form="f")
    assert isinstance(receipt, CallbackAccepted)
    row = light.callback(receipt.callback)
    with light.parts.store.read() as tx:
        caller = callers.by_id(tx, row.caller_id or "")
        assert caller is not None
        assert caller.number == called
        assert (callers.find_caller(tx, HER) is None) == (not agreed)
    assert row.answers["family"] == ("no" if agreed else "yes")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"consented": False}, Why.FIELD),
        ({"number": "12"}, Why.NUMBER),
        ({"number": ""}, Why.NUMBER),
        ({"number": "+66 1900 222 000"}, Why.NUMBER),
        ({"how": RequestOrigin.FAMILY, "agreed_herself": False, "family_number": ""}, Why.NUMBER),
    ],
)
def test_what_is_not_put_on_record(light: Desk, change: dict[str, Any], why: Why) -> None:
    with pytest.raises(Rejected) as declined:
        add.add_request(light.parts, light.person("Noy"), replace(VISITOR, **change), form="f")
    assert declined.value.why is why
    assert light.rows("SELECT count(*) FROM callers") == [(0,)]


def test_safety_answers_bind_at_the_desk_too(light: Desk) -> None:
    noy = light.person("Noy")
    never = add.add_request(light.parts, noy, replace(VISITOR, when=When.NEVER), form="f")
    assert never == CallbackRefused(reason="number")
    shared = add.add_request(
        light.parts, noy, replace(VISITOR, sms_safe=True, woman=True, danger=True), form="g"
    )
    assert isinstance(shared, CallbackAccepted)
    row = light.callback(shared.callback)
    assert row.contact is not None
    assert (row.contact.sms_safe, row.wants_woman, row.priority) == (False, True, 0)


# --- the figures form


def test_the_form_becomes_counts_at_closing_and_is_gone(line: Desk) -> None:
    publish(line.parts)
    noy = line.person("Noy")
    callback = reached(line, noy)
    said = {
        "person": "woman",
        "topics": ["pay", "papers"],
        "complaint": ["unpaid"],
        "men": "3",
        "claimed": "1,500 000",
        "currency": "baht",
    }
    case_record.save_form(line.parts, noy, callback, said)
    assert case_record.load_form(line.parts, noy, callback) == {**said, "men": 3, "claimed": 1_500_000}
    assert counts(line, "record") == {}
    outcome.close_callback(line.parts, noy, callback, reason="helped")
    found = counts(line, "record")
    assert (found["person:woman"], found["topics:pay"], found["topics:papers"]) == (1, 1, 1)
    assert (found["age:not_asked"], found["complaint:unpaid"], found["person:man"]) == (1, 1, 0)
    assert counts(line, "record_sum") == {"men": 3, "claimed:baht": 1_500_000}
    assert line.rows("SELECT count(*) FROM records") == [(0,)]


def test_the_form_is_sealed_while_it_is_kept(light: Desk) -> None:
    noy = light.person("Noy")
    callback = reached(light, noy)
    case_record.save_form(light.parts, noy, callback, {"person": "woman"})
    assert b"woman" not in light.rows("SELECT said FROM records")[0][0]


def test_a_form_nobody_filled_counts_nothing(light: Desk) -> None:
    noy = light.person("Noy")
    outcome.close_callback(light.parts, noy, reached(light, noy), reason="helped")
    assert counts(light, "record") == {}


def test_what_was_ticked_before_is_replaced(light: Desk) -> None:
    noy = light.person("Noy")
    callback = reached(light, noy)
    case_record.save_form(light.parts, noy, callback, {"person": "woman", "age": "18_24"})
    case_record.save_form(
        light.parts, noy, callback, {"person": "man", "age": "not_asked", "topics": [], "women": ""}
    )
    assert case_record.load_form(light.parts, noy, callback) == {"person": "man"}


@pytest.mark.parametrize(
    "said",
    [
        {"name": "Somebody"},
        {"person": "girl"},
        {"person": ["woman", "man"]},
        {"topics": ["pay", "salary"]},
        {"men": "-3"},
        {"men": "many"},
        {"men": "10001"},
        {"claimed": "1.5"},
        {"claimed": "໑໒"},
    ],
)
def test_only_closed_words_and_numbers(light: Desk, said: dict[str, Any]) -> None:
    noy = light.person("Noy")
    callback = reached(light, noy)
    with pytest.raises(Rejected) as declined:
        case_record.save_form(light.parts, noy, callback, said)
    assert declined.value.why is Why.FIELD
    assert case_record.load_form(light.parts, noy, callback) == {}


def test_the_form_is_the_holders(light: Desk) -> None:
    noy, dao = light.person("Noy"), light.person("Dao")
    boss = light.person("Boss", Role.SUPERVISOR)
    callback = reached(light, noy)
    for deed in (
        lambda: case_record.save_form(light.parts, dao, callback, {"person": "man"}),
        lambda: case_record.load_form(light.parts, dao, callback),
    ):
        with pytest.raises(NotPermitted):
            deed()
    case_record.save_form(light.parts, boss, callback, {"person": "man"})
    outcome.close_callback(light.parts, noy, callback)
    with pytest.raises(Rejected):
        case_record.save_form(light.parts, noy, callback, {"person": "woman"})


def test_a_prank_is_counted_and_a_decision_too(light: Desk) -> None:
    noy, boss = light.person("Noy"), light.person("Boss", Role.SUPERVISOR)
    callback = light.requested(when="now")
    light.calling(noy, callback)
    case_record.save_form(light.parts, noy, callback, {"person": "not_said"})
    outcome.record_outcome(light.parts, noy, callback_id=callback, outcome="prank")
    other = light.requested(OTHER, when="now")
    light.calling(noy, other)
    case_record.save_form(light.parts, noy, other, {"person": "not_said"})
    outcome.record_outcome(light.parts, noy, callback_id=other, outcome="wrong_number")
    assert counts(light, "record")["person:not_said"] == 1
    outcome.decide_review(light.parts, boss, other, decision="closed")
    assert counts(light, "record")["person:not_said"] == 2


def test_erasing_takes_the_form_with_it(light: Desk) -> None:
    noy = light.person("Noy")
    callback = reached(light, noy)
    case_record.save_form(light.parts, noy, callback, {"person": "woman"})
    light.does(accept.erase_caller)
    assert light.rows("SELECT said FROM records") == [(None,)]


# --- the referral book


def entry(**more: Any) -> referrals.Referral:
    return referrals.Referral(
        id="", team="", **{"name": "Labour office", "number": "+856 21 123 456", **more}
    )


def test_the_book_is_kept_by_those_who_plan_and_read_by_those_who_call(line: Desk) -> None:
    publish(line.parts)
    boss, noy = line.person("Boss", Role.SUPERVISOR), line.person("Noy")
    office = referrals.save_entry(
        line.parts, boss, entry(languages=("lo",), topics=("pay",), checked_on=date(2026, 11, 1))
    )
    police = referrals.save_entry(line.parts, boss, entry(name="Police", number="191", may_share=False))
    assert [(one.id, one.number) for one in referrals.list_entries(line.parts, noy)] == [
        (office, "+85621123456"),
        (police, "191"),
    ]
    assert [one.id for one in referrals.list_entries(line.parts, noy, language="th")] == [police]
    assert [one.id for one in referrals.list_entries(line.parts, noy, topic="pay", language="lo")] == [
        office,
        police,
    ]
    assert referrals.save_entry(line.parts, boss, replace(entry(name=" A "), id=office)) == office
    assert [one.name for one in referrals.list_entries(line.parts, noy)] == ["A", "Police"]
    referrals.drop_entry(line.parts, boss, office)
    assert [one.id for one in referrals.list_entries(line.parts, noy)] == [police]
    for deed in (
        lambda: referrals.save_entry(line.parts, noy, entry()),
        lambda: referrals.drop_entry(line.parts, noy, police),
    ):
        with pytest.raises(NotPermitted):
            deed()


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"name": "x" * 81}, {"number": ""}, {"number": "call me"}, {"number": "1234567"}]
)
def test_an_entry_needs_a_name_and_a_number(light: Desk, wrong: dict[str, str]) -> None:
    with pytest.raises(Rejected):
        referrals.save_entry(light.parts, light.person("Boss", Role.SUPERVISOR), entry(**wrong))


def test_a_number_is_sent_where_texts_are_safe(line: Desk) -> None:
    publish(line.parts)
    boss, noy = line.person("Boss", Role.SUPERVISOR), line.person("Noy")
    office = referrals.save_entry(line.parts, boss, entry())
    callback = reached(line, noy, sms_safe="yes")
    assert referrals.send_entry(line.parts, noy, callback, office)
    assert referrals.send_entry(line.parts, noy, callback, office) is None
    assert ours_of(line) == [("pending", "ສະບາຍດີ, ເບີ: +85621123456")]


@pytest.mark.parametrize("answers", [{"sms_safe": "no"}, {"sms_safe": "yes", "phone_seen": "sometimes"}])
def test_no_number_is_sent_where_texts_are_not_safe(light: Desk, answers: dict[str, str]) -> None:
    boss, noy = light.person("Boss", Role.SUPERVISOR), light.person("Noy")
    office = referrals.save_entry(light.parts, boss, entry())
    callback = reached(light, noy, **answers)
    with pytest.raises(NotSafe):
        referrals.send_entry(light.parts, noy, callback, office)
    assert ours_of(light) == []


def test_what_may_not_be_sent_and_by_whom(light: Desk) -> None:
    boss, noy, dao = light.person("Boss", Role.SUPERVISOR), light.person("Noy"), light.person("Dao")
    private = referrals.save_entry(light.parts, boss, entry(may_share=False))
    callback = reached(light, noy, sms_safe="yes")
    for who, which, answer in (
        (noy, private, Rejected),
        (noy, "none", Rejected),
        (dao, private, NotPermitted),
    ):
        with pytest.raises(answer):
            referrals.send_entry(light.parts, who, callback, which)


# --- follow-up, the mark of a minor


def test_another_call_is_agreed(line: Desk) -> None:
    noy = line.person("Noy")
    callback = reached(line, noy, danger="yes")
    case_record.save_form(line.parts, noy, callback, {"person": "woman"})
    made = referrals.follow_up(line.parts, noy, callback, on=date(2026, 11, 27), when=When("evening"))
    before, after = line.callback(callback), line.callback(made)
    assert (before.state, before.reason) == (CallbackState.CLOSED, "informed")
    assert (after.state, after.code, after.follows) == (CallbackState.WAITING, before.code, callback)
    assert (after.due_at, after.due_until) == (at(27, 18), at(27, 21))
    assert (after.attempts, after.asks, after.priority, after.holder_id) == (0, 1, 0, None)
    assert counts(line, "record")["person:woman"] == 1
    with pytest.raises(IllegalMove):
        referrals.follow_up(line.parts, noy, callback, on=date(2026, 11, 27))


def test_the_day_of_the_talk_has_had_its_call(light: Desk) -> None:
    noy = light.person("Noy")
    light.clock.set("2026-11-24T18:00:00+07:00")
    callback = reached(light, noy, when="evening")
    made = referrals.follow_up(light.parts, noy, callback, on=date(2026, 11, 24))
    assert light.callback(made).due_at == at(25, 18)


@pytest.mark.fault("D4")
@pytest.mark.parametrize("year", [2569, 2400, 1926, 9999])
def test_no_call_is_agreed_for_a_year_that_nobody_means(light: Desk, year: int) -> None:
    noy = light.person("Noy")
    callback = reached(light, noy)
    with pytest.raises(Rejected) as declined:
        referrals.follow_up(light.parts, noy, callback, on=date(year, 12, 7))
    assert declined.value.why is Why.YEAR
    assert light.callback(callback).state is CallbackState.REACHED


def test_a_follow_up_can_be_called(light: Desk) -> None:
    noy = light.person("Noy")
    made = referrals.follow_up(light.parts, noy, reached(light, noy), on=date(2026, 12, 7), when=When("noon"))
    light.clock.set("2026-12-07T12:00:00+07:00")
    timers.expire_requests(light.parts)
    assert light.calling(noy, made).number == HER


@pytest.mark.parametrize(
    ("on", "when"),
    [(date(2026, 12, 20), When("evening")), (date(2026, 11, 27), When.NEVER), (date(2026, 12, 9), None)],
)
def test_beyond_what_her_answers_hold_nothing_is_agreed(light: Desk, on: date, when: When | None) -> None:
    noy = light.person("Noy")
    callback = reached(light, noy)
    with pytest.raises(NotSafe):
        referrals.follow_up(light.parts, noy, callback, on=on, when=when)
    assert light.callback(callback).state is CallbackState.REACHED


def test_a_follow_up_is_agreed_by_who_spoke_with_her(light: Desk) -> None:
    noy, dao = light.person("Noy"), light.person("Dao")
    callback = reached(light, noy)
    with pytest.raises(ClaimedByOther):
        referrals.follow_up(light.parts, dao, callback, on=date(2026, 11, 27), when=When("noon"))


def test_somebody_may_be_a_child(light: Desk) -> None:
    noy, dao = light.person("Noy"), light.person("Dao")
    callback = reached(light, noy)
    with light.parts.store.write() as tx:
        settings.save_setting(tx, referrals.POLICY, "Call the supervisor.", by="Boss", now=light.clock.now())
    assert referrals.mark_minor(light.parts, noy, callback, on=True) == "Call the supervisor."
    assert light.callback(callback).minor
    referrals.mark_minor(light.parts, noy, callback, on=True)
    assert light.rows("SELECT count(*) FROM audit WHERE act = 'may be under 18'") == [(1,)]
    assert referrals.mark_minor(light.parts, noy, callback, on=False) == ""
    with pytest.raises(NotPermitted):
        referrals.mark_minor(light.parts, dao, callback, on=True)


# --- after the last miss


def missed(desk: Desk, callback: str) -> None:
    noy = desk.person("Noy")
    for day in (24, 25, 26):
        desk.clock.set(f"2026-11-{day}T18:00:00+07:00")
        desk.calling(noy, callback)
        outcome.record_outcome(desk.parts, noy, callback_id=callback, outcome="no_answer")
    assert desk.callback(callback).state is CallbackState.REVIEW


def code_of(desk: Desk, code: str) -> object:
    return desk.does(self_service.find_by_code, code=code)


@pytest.mark.parametrize(("safe", "texts"), [("yes", 1), ("no", 0)])
def test_after_the_last_miss_one_neutral_word_where_it_is_safe(line: Desk, safe: str, texts: int) -> None:
    publish(line.parts)
    callback = line.requested(when="evening", sms_safe=safe)
    missed(line, callback)
    found = ours_of(line)
    assert len(found) == texts
    for _, text in found:
        assert text == OURS["missed"]["lo"]


@pytest.mark.parametrize("key", sorted(OURS))
def test_texts_that_we_start_name_nothing(key: str) -> None:
    for language, text in OURS[key].items():
        assert len(text) <= (160 if language in ("en", "lo-Latn") else 70)
        for word in ("help", "union", "mrc", "worker", "danger", "right"):
            assert word not in text.lower()


def test_her_code_tells_that_she_was_not_reached(line: Desk) -> None:
    callback = line.requested(when="evening")
    code = line.callback(callback).code
    planned = code_of(line, code)
    assert isinstance(planned, CallbackFound)
    assert not planned.missed
    missed(line, callback)
    found = code_of(line, code)
    assert isinstance(found, CallbackFound)
    assert found.missed
    outcome.decide_review(line.parts, line.person("Boss", Role.SUPERVISOR), callback, decision="given_up")
    given_up = code_of(line, code)
    assert isinstance(given_up, CallbackFound)
    assert given_up.missed
    line.clock.forward(days=15)
    assert code_of(line, code) == CodeWrong()


def test_a_cut_off_call_is_rung_again_at_once_where_she_agreed(line: Desk) -> None:
    noy = line.person("Noy")
    line.clock.set("2026-11-24T18:00:00+07:00")
    callback = line.requested(when="evening")
    line.calling(noy, callback)
    line.clock.forward(minutes=3)
    outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="cut_off", agreed=True)
    row = line.callback(callback)
    assert (row.state, row.due_at, row.due_until) == (CallbackState.WAITING, line.clock.now(), at(24, 21))
    assert line.calling(noy, callback).number == HER
    outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="cut_off", agreed=True)
    assert line.callback(callback).due_at == at(25, 18)


def test_every_attempt_says_in_which_window_it_was_made(light: Desk) -> None:
    noy = light.person("Noy")
    callback = light.requested(when="now")
    light.calling(noy, callback)
    outcome.record_outcome(light.parts, noy, callback_id=callback, outcome="no_answer")
    other = light.requested(OTHER, when="evening")
    claim.claim_callback(light.parts, noy, other)
    outcome.record_outcome(light.parts, noy, callback_id=other, outcome="no_answer")
    with light.parts.store.read() as tx:
        [inside], [told] = attempts.list_attempts(tx, callback), attempts.list_attempts(tx, other)
    assert inside.window_until == inside.started_at + timedelta(minutes=30)
    assert (told.how, told.window_until) == ("told", None)
