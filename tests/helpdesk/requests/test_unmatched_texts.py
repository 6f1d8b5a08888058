"""Unread texts: answered with prepared words where that is safe, put on her request, or made one; once, by one person."""

from datetime import timedelta

import pytest

from gateway.delivery.claim import ClaimedRow, Decided, claim_row
from gateway.domain.contact_safety import PhoneSeen, When
from gateway.domain.permissions import Actor
from gateway.helpdesk.errors import NotSafe, Rejected
from gateway.helpdesk.queue import search
from gateway.helpdesk.requests import add, unmatched_texts
from gateway.helpdesk.requests.add import ManualRequest, RequestOrigin
from gateway.helpdesk.requests.unmatched_texts import Unread
from gateway.helpdesk.staff import people
from gateway.menus.engine.effects import CallbackAccepted
from gateway.menus.engine.shapes import PREPARED
from gateway.storage import callers, conversations, outbox
from tests.support import house
from tests.support.clocks import SetClock
from tests.support.desk_rig import HER, Desk

SAFE = {"phone_seen": "no", "sms_safe": "yes"}


class Reading(Desk):
    """A helpline whose menu is live, and texts that came in."""

    def came(self, words: str = "hungry", understood: str = "") -> None:
        now = self.clock.now()
        with self.parts.store.write() as tx:
            hers = callers.upsert_caller(tx, HER, now=now).id
            conversations.add_text(
                tx, channel="simulator", caller_id=hers, text=words, understood=understood, now=now
            )

    def newest(self, actor: Actor) -> Unread:
        return unmatched_texts.list_unread(self.parts, actor)[0]

    def sent(self) -> list[str]:
        """What would leave because somebody answered."""
        with self.parts.store.read() as tx:
            rows = [one for one in outbox.list_rows(tx) if one.once.startswith("read:")]
            return [(outbox.open_row(tx, row).payload or {})["text"] for row in rows]


@pytest.fixture
def desk(sqlite_store, clock: SetClock, tmp_path) -> Reading:
    parts = house.made_parts(sqlite_store, clock, tmp_path)
    house.publish(parts)
    return Reading(parts, clock)


@pytest.fixture
def both(store, clock: SetClock, tmp_path) -> Reading:
    parts = house.made_parts(store, clock, tmp_path)
    house.publish(parts)
    return Reading(parts, clock)


def test_a_prepared_answer_leaves_in_her_language_and_the_text_is_read(both: Reading) -> None:
    noy = both.person("Noy")
    both.requested(HER, language="lo-Latn", when="now", **SAFE)
    both.came()
    text = both.newest(noy)
    assert text.safe
    assert list(text.answers) == list(PREPARED)
    assert text.answers["sms_read"] == "Sabaidi, dai an khokhuam leo. Khop chai."
    assert unmatched_texts.answer_text(both.parts, noy, text.id, "sms_read")
    assert both.sent() == ["Sabaidi, dai an khokhuam leo. Khop chai."]
    assert unmatched_texts.list_unread(both.parts, noy) == ()
    assert both.rows("SELECT read_by FROM texts") == [(noy.person_id,)]
    assert both.rows("SELECT act, kind, detail FROM audit ORDER BY id")[-1] == (
        "answered",
        "text",
        "sms_read",
    )


def test_of_two_who_answer_one_does(desk: Reading) -> None:
    noy, dao = desk.person("Noy"), desk.person("Dao")
    desk.requested(HER, when="now", **SAFE)
    desk.came()
    text = desk.newest(noy)
    assert unmatched_texts.answer_text(desk.parts, noy, text.id, "sms_read")
    assert not unmatched_texts.answer_text(desk.parts, dao, text.id, "sms_say_again")
    assert not unmatched_texts.mark_read(desk.parts, dao, text.id)
    assert unmatched_texts.attach_text(desk.parts, dao, text.id) == ""
    assert len(desk.sent()) == 1


@pytest.mark.parametrize(
    "answers",
    [
        {"phone_seen": "no"},
        {"phone_seen": "sometimes", "sms_safe": "yes"},
        {"phone_seen": "not_mine", "when": "now", "sms_safe": "yes"},
        None,
    ],
    ids=["not asked", "a shared phone", "not hers", "nobody asked her"],
)
def test_nothing_leaves_where_texts_are_not_safe(desk: Reading, answers: dict[str, str] | None) -> None:
    noy = desk.person("Noy")
    if answers is not None:
        desk.asks(HER, **answers)
    desk.came()
    text = desk.newest(noy)
    assert (text.safe, text.answers) == (False, {})
    with pytest.raises(NotSafe):
        unmatched_texts.answer_text(desk.parts, noy, text.id, "sms_read")
    assert desk.sent() == []
    assert desk.newest(noy).id == text.id


def test_nothing_leaves_after_stop_or_when_her_answers_are_old(desk: Reading) -> None:
    noy = desk.person("Noy")
    desk.requested(HER, when="evening", **SAFE)
    desk.came()
    text = desk.newest(noy)
    with desk.parts.store.write() as tx:
        hers = callers.upsert_caller(tx, HER, now=desk.clock.now()).id
        callers.set_stopped(tx, hers, stopped_at=desk.clock.now(), now=desk.clock.now())
    with pytest.raises(NotSafe):
        unmatched_texts.answer_text(desk.parts, noy, text.id, "sms_read")
    with desk.parts.store.write() as tx:
        callers.set_stopped(tx, hers, stopped_at=None, now=desk.clock.now())
    desk.clock.forward(days=14)
    with pytest.raises(NotSafe):
        unmatched_texts.answer_text(desk.parts, noy, text.id, "sms_read")


def test_the_send_asks_again_and_waits_for_her_window(desk: Reading) -> None:
    noy = desk.person("Noy")
    desk.requested(HER, when="evening", **SAFE)
    desk.came()
    unmatched_texts.answer_text(desk.parts, noy, desk.newest(noy).id, "sms_read")
    with desk.parts.store.read() as tx:
        (row,) = [one for one in outbox.list_rows(tx) if one.once.startswith("read:")]
    assert isinstance(claim_row(desk.parts, named=row.id), Decided)
    with desk.parts.store.read() as tx:
        later = outbox.by_id(tx, row.id)
    assert later is not None
    assert (later.state, f"{later.due_at.astimezone():%H:%M}"[-2:]) == ("pending", "00")
    assert later.due_at > desk.clock.now() + timedelta(hours=3)
    desk.clock.set("2026-11-24T18:10:00+07:00")
    assert isinstance(claim_row(desk.parts, named=row.id), ClaimedRow)


def test_a_changed_mind_before_the_send_keeps_it_in(desk: Reading) -> None:
    noy = desk.person("Noy")
    desk.requested(HER, when="now", **SAFE)
    desk.came()
    unmatched_texts.answer_text(desk.parts, noy, desk.newest(noy).id, "sms_read")
    with desk.parts.store.write() as tx:
        hers = callers.upsert_caller(tx, HER, now=desk.clock.now()).id
        callers.set_stopped(tx, hers, stopped_at=desk.clock.now(), now=desk.clock.now())
        (row,) = [one for one in outbox.list_rows(tx) if one.once.startswith("read:")]
    claim_row(desk.parts, named=row.id)
    with desk.parts.store.read() as tx:
        assert outbox.by_id(tx, row.id).state == "cancelled"


@pytest.mark.parametrize("key", ["sms_help", "sms_form", "down", "none", ""])
def test_only_what_was_prepared_can_be_sent(desk: Reading, key: str) -> None:
    noy = desk.person("Noy")
    desk.requested(HER, when="now", **SAFE)
    desk.came()
    with pytest.raises(Rejected):
        unmatched_texts.answer_text(desk.parts, noy, desk.newest(noy).id, key)
    assert desk.sent() == []


def test_every_prepared_answer_of_the_sample_is_neutral_and_short(desk: Reading) -> None:
    menu = desk.parts.versions.live("helpline")[1]
    for key in PREPARED:
        for language in menu.languages:
            words = menu.messages[key][language]
            assert "{" not in words
            assert len(words) <= 70, (key, language)
            assert not any(name in words.casefold() for name in ("mrc", "union", "lftu", "ilo", "helpline"))


def test_without_a_live_menu_there_is_nothing_to_send(sqlite_store, clock: SetClock, tmp_path) -> None:
    desk = Reading(house.made_parts(sqlite_store, clock, tmp_path), clock)
    noy = desk.person("Noy")
    desk.requested(HER, when="now", **SAFE)
    desk.came()
    text = desk.newest(noy)
    assert (text.safe, text.answers) == (True, {})


def test_her_words_become_a_note_on_her_request(desk: Reading) -> None:
    noy = desk.person("Noy")
    wanted = desk.requested(HER, when="now")
    desk.came("I moved to the " + "x" * 600)
    text = desk.newest(noy)
    assert text.callback_id == wanted
    assert unmatched_texts.attach_text(desk.parts, noy, text.id) == wanted
    [(sealed,)] = desk.rows("SELECT text FROM notes")
    assert b"moved" not in bytes(sealed)
    from gateway.helpdesk.queue import claim as claims
    from gateway.helpdesk.queue import queue

    claims.claim_callback(desk.parts, noy, wanted)
    [note] = queue.show_callback(desk.parts, noy, wanted).notes
    assert (note.who, len(note.text), note.text[:10]) == ("Noy", 500, "“I moved t")
    assert unmatched_texts.list_unread(desk.parts, noy) == ()


def test_of_several_requests_of_a_shared_phone_none_gets_it(desk: Reading) -> None:
    noy = desk.person("Noy")
    for _ in range(2):
        desk.requested(HER, when="evening", phone_seen="sometimes")
    desk.came("it is me")
    text = desk.newest(noy)
    assert (text.callback_id, text.several) == ("", True)
    assert unmatched_texts.attach_text(desk.parts, noy, text.id) == ""
    assert desk.rows("SELECT count(*) FROM notes") == [(0,)]


def test_without_a_request_there_is_nothing_to_put_it_on(desk: Reading) -> None:
    noy = desk.person("Noy")
    desk.came()
    text = desk.newest(noy)
    assert unmatched_texts.attach_text(desk.parts, noy, text.id) == ""
    assert desk.newest(noy).id == text.id


def asked(text_id: str, **more: object) -> ManualRequest:
    return ManualRequest(
        how=RequestOrigin.TEXTED,
        number="",
        consented=True,
        phone_seen=PhoneSeen.SOMETIMES,
        when=When("evening"),
        language="lo",
        text_id=text_id,
        **more,
    )


def test_a_request_is_made_of_a_text_without_anybody_seeing_the_number(desk: Reading) -> None:
    noy = desk.person("Noy")
    desk.came("call me tonight")
    text = desk.newest(noy)
    receipt = add.add_request(desk.parts, noy, asked(text.id), form="one")
    assert isinstance(receipt, CallbackAccepted)
    assert [row.id for row in search.find_by_number(desk.parts, noy, HER)] == [receipt.callback]
    assert unmatched_texts.list_unread(desk.parts, noy) == ()
    assert ("attached", "text") in desk.rows("SELECT act, kind FROM audit")


def test_of_a_text_that_was_read_no_request_is_made(desk: Reading) -> None:
    noy = desk.person("Noy")
    desk.came()
    text = desk.newest(noy)
    unmatched_texts.mark_read(desk.parts, noy, text.id)
    for gone in (text.id, "none", ""):
        with pytest.raises(Rejected):
            add.add_request(desk.parts, noy, asked(gone), form="one")
    assert desk.rows("SELECT count(*) FROM callbacks") == [(0,)]


def test_without_her_agreement_it_stays_on_the_list(desk: Reading) -> None:
    noy = desk.person("Noy")
    desk.came()
    text = desk.newest(noy)
    with pytest.raises(Rejected):
        add.add_request(
            desk.parts, noy, ManualRequest(**{**_fields(asked(text.id)), "consented": False}), form="one"
        )
    assert desk.newest(noy).id == text.id


def _fields(one: ManualRequest) -> dict[str, object]:
    return {name: getattr(one, name) for name in ManualRequest.__slots__}


def test_texts_of_danger_are_counted_and_answered_alike(desk: Reading) -> None:
    noy = desk.person("Noy")
    desk.requested(HER, when="now", **SAFE)
    desk.came("he hits me", f"{conversations.DANGER} hit")
    assert (
        unmatched_texts.count_dangers(desk.parts, noy),
        unmatched_texts.count_unread(desk.parts, noy),
    ) == (1, 0)
    [text] = unmatched_texts.list_dangers(desk.parts, noy)
    assert unmatched_texts.find_text(desk.parts, noy, text.id) == text
    assert unmatched_texts.answer_text(desk.parts, noy, text.id, "sms_ask_call")
    assert unmatched_texts.count_dangers(desk.parts, noy) == 0
    assert unmatched_texts.find_text(desk.parts, noy, text.id) is None
    assert people.find_person(desk.parts, "Noy").id == noy.person_id
