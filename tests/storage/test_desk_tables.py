"""The small tables of the desk, on both databases: shifts, help list, links, second factors, forms, texts, looks."""

from datetime import date, timedelta

import pytest

from gateway.domain.callbacks.states import CallbackEvent
from gateway.domain.callbacks.windows import Hours, Shift
from gateway.storage import (
    audit,
    callbacks,
    conversations,
    duty,
    notes,
    outbox,
    people,
    sign_ins,
    staff_devices,
)
from gateway.storage.database import Store, Tx
from gateway.storage.duty import find_hours
from tests.storage.test_callbacks import NOW, caller_of, request

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def tx(store: Store):
    with store.write() as tx:
        for name in ("me", "other"):
            people.add_person(tx, name, name=name.title(), name_key=name, role="counsellor", now=NOW)
        yield tx


def test_a_week_is_written_anew_and_comes_back_in_order(tx: Tx) -> None:
    week = [
        Shift(person_id="me", day=6, start=540, end=1080),
        Shift(person_id="me", day=0, start=480, end=720),
    ]
    duty.save_shifts(tx, "me", week, now=NOW)
    assert duty.find_rota(tx, "main").shifts == (week[1], week[0])
    duty.save_shifts(tx, "me", week[:1], now=NOW)
    assert duty.find_rota(tx, "main").shifts == (week[0],)
    duty.save_shifts(tx, "me", [], now=NOW)
    assert duty.find_rota(tx, "main").shifts == ()
    assert duty.find_rota(tx, "another").shifts == ()


def test_holidays_and_days_away(tx: Tx) -> None:
    day = date(2026, 12, 2)
    duty.add_holiday(tx, "main", day, "First")
    duty.add_holiday(tx, "main", day, "Second")
    duty.add_holiday(tx, "another", day, "Theirs")
    assert [(one.day, one.name) for one in duty.list_holidays(tx, "main")] == [(day, "Second")]
    duty.add_away(tx, "me", day, day + timedelta(days=3), now=NOW)
    rota = duty.find_rota(tx, "main")
    assert rota.holidays == {day}
    assert [(one.person_id, one.first, one.last) for one in rota.away] == [("me", day, date(2026, 12, 5))]
    duty.drop_holiday(tx, "main", day)
    duty.drop_away(tx, "me", day)
    assert duty.find_rota(tx, "main") == duty.find_rota(tx, "nobody's")


def test_hours_without_a_single_shift_are_those_given(tx: Tx) -> None:
    given = Hours.parse({"mon": ["08:00-12:00"]})
    assert find_hours(tx, given, "Asia/Vientiane", NOW) == given


def test_the_help_list_forgets_who_was_removed(tx: Tx) -> None:
    duty.save_help_list(tx, "main", ["other", "me"])
    assert duty.list_help_ids(tx, "main") == ("other", "me")
    people.disable_person(tx, "other", now=NOW)
    assert duty.list_help_ids(tx, "main") == ("me",)
    duty.save_help_list(tx, "main", [])
    assert duty.list_help_ids(tx, "main") == ()


def test_a_link_is_used_once_and_then_known_by_its_phone(tx: Tx) -> None:
    callbacks.insert_callback(tx, request(caller_of(tx), "c1"))
    staff_devices.add_link(tx, b"l" * 32, person_id="me", callback_id="c1", expires_at=LATER)
    assert staff_devices.by_phone(tx, b"p" * 32) is None
    assert not staff_devices.use_link(tx, b"l" * 32, phone=b"p" * 32, now=LATER)
    assert staff_devices.use_link(tx, b"l" * 32, phone=b"p" * 32, now=NOW)
    assert not staff_devices.use_link(tx, b"l" * 32, phone=b"q" * 32, now=NOW)
    found = staff_devices.by_phone(tx, b"p" * 32)
    assert found == staff_devices.find_link(tx, b"l" * 32)
    assert found is not None
    assert (found.person_id, found.callback_id, found.used_at) == ("me", "c1", NOW)
    assert staff_devices.find_link(tx, b"x" * 32) is None


def test_a_step_is_used_once_and_never_an_earlier_one(tx: Tx) -> None:
    assert sign_ins.find_second_factor(tx, "me") is None
    sign_ins.save_factor(tx, "me", "SECRET")
    factor = sign_ins.find_second_factor(tx, "me")
    assert factor is not None
    assert (factor.secret, factor.since) == ("SECRET", None)
    sign_ins.begin_factor(tx, "me", now=NOW)
    assert [sign_ins.use_step(tx, "me", step) for step in (5, 5, 4, 6)] == [True, False, False, True]
    person = people.by_id(tx, "me")
    assert person is not None
    assert person.second_factor
    sign_ins.save_factor(tx, "me", None)
    assert sign_ins.find_second_factor(tx, "me") is None


def test_recovery_codes(tx: Tx) -> None:
    sign_ins.put_codes(tx, "me", [b"a" * 32, b"b" * 32])
    assert sign_ins.count_codes_left(tx, "me") == 2
    assert not sign_ins.use_code(tx, "other", b"a" * 32)
    assert [sign_ins.use_code(tx, "me", b"a" * 32) for _ in range(2)] == [True, False]
    assert sign_ins.count_codes_left(tx, "me") == 1
    sign_ins.put_codes(tx, "me", [])
    assert sign_ins.count_codes_left(tx, "me") == 0


def test_whoever_is_removed_loses_the_second_factor(tx: Tx) -> None:
    sign_ins.save_factor(tx, "me", "SECRET")
    people.disable_person(tx, "me", now=NOW)
    assert sign_ins.find_second_factor(tx, "me") is None


def test_sign_ins_of_a_person(tx: Tx) -> None:
    for n, name in enumerate(("me", "me", "other")):
        sign_ins.open_one(
            tx,
            bytes([n]) * 32,
            person_id=name,
            now=NOW + timedelta(minutes=n),
            expires_at=LATER,
            half=n == 1,
            device=f"d{n}",
        )
    newest, oldest = sign_ins.list_sign_ins(tx, "me", now=NOW)
    assert (newest.half, oldest.half, newest.device) == (True, False, "d1")
    sign_ins.complete_sign_in(tx, bytes([1]) * 32, now=LATER)
    found = sign_ins.find_sign_in(tx, bytes([1]) * 32)
    assert found is not None
    assert (found.half, found.proved_at) == (False, LATER)
    assert sign_ins.list_sign_ins(tx, "me", now=LATER) == ()
    assert not sign_ins.end_one_of(tx, "me", bytes([2]) * 32)
    assert sign_ins.end_one_of(tx, "other", bytes([2]) * 32)


def test_a_form_is_sealed_taken_once_and_emptied_with_her(tx: Tx) -> None:
    her = caller_of(tx)
    callbacks.insert_callback(tx, request(her, "c1"))
    assert notes.find_record(tx, "c1") == {}
    notes.save_record(tx, "c1", {"person": "woman"}, now=NOW)
    notes.save_record(tx, "c1", {"person": "man"}, now=NOW)
    assert notes.find_record(tx, "c1") == {"person": "man"}
    assert notes.take_record(tx, "c1") == {"person": "man"}
    assert notes.take_record(tx, "c1") == {}
    notes.save_record(tx, "c1", {"person": "woman"}, now=NOW)
    notes.empty_records(tx, her)
    assert notes.find_record(tx, "c1") == {}


def test_texts_nobody_understood(tx: Tx) -> None:
    her = caller_of(tx)
    for n, understood in enumerate(("", "pay", "")):
        conversations.add_text(
            tx,
            channel="simulator",
            caller_id=her,
            text=f"words {n}",
            understood=understood,
            now=NOW + timedelta(seconds=n),
        )
    newest, oldest = conversations.list_unread(tx)
    assert (newest.text, oldest.text, newest.number) == ("words 2", "words 0", "+8562055512345")
    assert conversations.mark_read(tx, oldest.id, person_id="me", now=NOW)
    assert not conversations.mark_read(tx, oldest.id, person_id="other", now=NOW)
    assert conversations.count_unread(tx) == 1
    conversations.forget_texts(tx, her)
    assert conversations.list_unread(tx) == ()


def test_who_looks_and_for_how_long(tx: Tx) -> None:
    callbacks.insert_callback(tx, request(caller_of(tx), "c1"))
    people.note_look(tx, "c1", "me", now=NOW)
    people.note_look(tx, "c1", "other", now=NOW)
    people.note_look(tx, "c1", "me", now=LATER)
    assert people.list_lookers(tx, "c1", since=NOW, besides="me") == ("Other",)
    assert people.list_lookers(tx, "c1", since=LATER, besides="other") == ("Me",)
    assert people.list_lookers(tx, "c1", since=LATER, besides="me") == ()
    assert (people.find_last_look(tx, "c1", "me"), people.find_last_look(tx, "c1", "nobody")) == (
        LATER,
        None,
    )


def test_who_looks_at_anything(tx: Tx) -> None:
    callbacks.insert_callback(tx, request(caller_of(tx), "c1"))
    callbacks.insert_callback(tx, request(caller_of(tx), "c2", slot=1))
    for callback, person in (("c1", "me"), ("c1", "other"), ("c2", "other")):
        people.note_look(tx, callback, person, now=NOW)
    assert people.list_all_lookers(tx, "main", since=NOW, besides="") == {
        "c1": ("Me", "Other"),
        "c2": ("Other",),
    }
    assert people.list_all_lookers(tx, "main", since=NOW, besides="other") == {"c1": ("Me",)}
    assert people.list_all_lookers(tx, "main", since=LATER, besides="") == {}
    assert people.list_all_lookers(tx, "elsewhere", since=NOW, besides="") == {}


def test_a_draft_is_sealed_one_a_person_and_goes_with_her(tx: Tx) -> None:
    her = caller_of(tx)
    callbacks.insert_callback(tx, request(her, "c1"))
    assert notes.find_drafts(tx, "c1", "me") is None
    notes.save_draft(tx, "c1", "me", "first", now=NOW)
    notes.save_draft(tx, "c1", "me", "second", now=LATER)
    notes.save_draft(tx, "c1", "other", "theirs", now=NOW)
    assert notes.find_drafts(tx, "c1", "me") == notes.DraftNote(text="second", at=LATER)
    notes.drop_draft(tx, "c1", "me")
    assert notes.find_drafts(tx, "c1", "me") is None
    assert notes.find_drafts(tx, "c1", "other") is not None
    assert not notes.is_written(tx, "n1")
    notes.add_note(tx, note_id="n1", callback_id="c1", person_id="me", text="words", now=NOW)
    assert notes.is_written(tx, "n1")
    notes.empty_notes(tx, her)
    assert notes.find_drafts(tx, "c1", "other") is None


def test_what_one_has_claimed_and_what_happened_to_it_last(tx: Tx) -> None:
    her = caller_of(tx)
    for n, (name, code) in enumerate((("c1", "4821"), ("c2", "7730"), ("c3", "1093"))):
        callbacks.insert_callback(tx, request(her, name, slot=n, code=code))
    for name, holder in (("c1", "me"), ("c2", "me"), ("c3", "other")):
        callbacks.step_callback(tx, name, CallbackEvent.CLAIM, now=NOW, holder_id=holder, held_until=LATER)
    callbacks.step_callback(tx, "c2", CallbackEvent.CALL, now=NOW)
    assert callbacks.list_claimed_codes(tx, "me") == {"c1": "4821"}
    for n, (subject, act) in enumerate((("c1", "claimed"), ("c1", "handed over"), ("c2", "claimed"))):
        audit.add_entry(
            tx, now=NOW + timedelta(seconds=n), person_id="other", act=act, kind="callback", subject=subject
        )
    found = audit.list_last_about(tx, "callback", ["c1", "c2", "c3"])
    assert {one: (last.act, last.who) for one, last in found.items()} == {
        "c1": ("handed over", "Other"),
        "c2": ("claimed", "Other"),
    }
    assert audit.list_last_about(tx, "callback", []) == {}


def test_the_referral_book(tx: Tx) -> None:
    one = notes.Referral(
        id="r1",
        team="main",
        name="Office",
        number="191",
        languages=("lo", "th"),
        checked_on=date(2026, 11, 1),
    )
    notes.save_referral(tx, one)
    assert notes.find_referral(tx, "r1") == one
    changed = notes.Referral(id="r1", team="another", name="Bureau", number="192", may_share=False)
    notes.save_referral(tx, changed)
    found = notes.find_referral(tx, "r1")
    assert found is not None
    assert (found.team, found.name, found.may_share, found.checked_on) == ("main", "Bureau", False, None)
    assert notes.list_referrals(tx, "another") == ()
    notes.drop_referral(tx, "r1")
    assert notes.list_referrals(tx, "main") == ()


def test_who_was_told_of_a_callback(tx: Tx) -> None:
    callbacks.insert_callback(tx, request(caller_of(tx), "c1"))
    for once, person in (("alert:c1:me", "me"), ("test:me:1", "me"), ("test:me:2", "me")):
        outbox.add_row(
            tx,
            kind="alert",
            channel="simulator",
            lane=f"person:{person}",
            due_at=NOW,
            expires_at=LATER,
            once=once,
            now=NOW + timedelta(seconds=len(once) + int(once[-1:] == "2")),
            person_id=person,
            callback_id="c1" if once.startswith("alert") else None,
        )
    assert outbox.list_alert_texts(tx, ["c1"]) == (("c1", "me", "pending"),)
    assert outbox.list_alert_texts(tx, []) == ()
    latest = outbox.find_latest_of_person(tx, "me", once="test:")
    assert latest is not None
    assert latest.once == "test:me:2"
    assert outbox.find_latest_of_person(tx, "other", once="test:") is None
