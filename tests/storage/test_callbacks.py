"""Requests, attempts and notes in the ledger: what the database itself refuses, what it seals, which index it walks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from gateway.domain.callbacks.outcomes import Past
from gateway.domain.callbacks.states import CallbackEvent, CallbackState, find_target, list_sources
from gateway.domain.contact_safety import PhoneSeen, SafeContact, When
from gateway.storage import attempts, callbacks, callers, notes, people, queue
from gateway.storage.attempts import Attempt
from gateway.storage.callbacks import Callback
from gateway.storage.database import Store, Tx
from gateway.storage.queue import Tab

NOW = datetime(2026, 11, 24, 11, 30, tzinfo=UTC)
HER = "+8562055512345"
H = timedelta(hours=1)
CONTACT = SafeContact(phone_seen=PhoneSeen.SOMETIMES, when=When("evening"), said_at=NOW, sms_safe=False)


def caller_of(tx: Tx, number: str = HER) -> str:
    return callers.upsert_caller(tx, number, now=NOW).id


def request(caller_id: str | None, name: str = "c1", **fields: Any) -> Callback:
    return replace(
        Callback(
            id=name, caller_id=caller_id, session=b"s", priority=1, zone="Asia/Vientiane", asked_at=NOW,
            last_asked_at=NOW, due_at=NOW - H, due_until=NOW + H, code="4821", window="evening", contact=CONTACT,
            answers={"danger": "no", "phone_seen": "sometimes"}, path=("main", "pay"), changed_at=NOW,
        ),
        **fields,
    )  # fmt: skip


def attempt(caller_id: str, name: str = "a1", callback: str = "c1", **fields: Any) -> Attempt:
    return replace(
        Attempt(
            id=name, callback_id=callback, caller_id=caller_id, person_id=None, how="phone", started_at=NOW,
            window_from=NOW - H, nth=0, lease_until=NOW + 2 * H, form=f"form {name}",
        ),
        **fields,
    )  # fmt: skip


@pytest.fixture
def tx(store: Store):
    with store.write() as tx:
        yield tx


def test_a_request_comes_back_as_it_was_put_in(tx: Tx) -> None:
    put = request(caller_of(tx), topic="pay", wants_woman=True, trial=True, escalate_at=NOW + H)
    assert callbacks.insert_callback(tx, put)
    assert callbacks.by_id(tx, "c1") == put
    assert callbacks.by_id(tx, "c2") is None


def test_one_open_request_a_slot_by_the_database(tx: Tx) -> None:
    her = caller_of(tx)
    assert callbacks.insert_callback(tx, request(her))
    assert not callbacks.insert_callback(tx, request(her, "c2"))
    assert callbacks.insert_callback(tx, request(her, "c3", slot=1))
    assert callbacks.insert_callback(tx, request(caller_of(tx, "+8562055554321"), "c4"))
    assert [one.id for one in callbacks.open_of(tx, her)] == ["c1", "c3"]
    callbacks.step_callback(tx, "c1", CallbackEvent.CANCEL, now=NOW)
    assert callbacks.insert_callback(tx, request(her, "c5"))
    assert callbacks.find_taken(tx, ["4821", "4822"]) == {"4821"}


@pytest.mark.parametrize("state", list(CallbackState))
def test_a_step_is_taken_in_the_states_of_the_table_and_in_no_other(tx: Tx, state: CallbackState) -> None:
    her = caller_of(tx)
    for n, happening in enumerate(CallbackEvent):
        name = f"c{n}"
        callbacks.insert_callback(tx, request(her, name, state=state, slot=n))
        before = callbacks.by_id(tx, name)
        after = callbacks.step_callback(tx, name, happening, now=NOW + H, reason="why")
        assert before is not None
        if state in list_sources(happening):
            assert after == replace(
                before, state=find_target(happening), rev=1, changed_at=NOW + H, reason="why"
            )
        else:
            assert after is None
            assert callbacks.by_id(tx, name) == before


def test_a_step_asks_its_further_condition(tx: Tx) -> None:
    callbacks.insert_callback(tx, request(caller_of(tx)))
    other = callbacks.match_team("another", review=True)
    assert callbacks.step_callback(tx, "c1", CallbackEvent.CLAIM, now=NOW, only=other) is None
    callbacks.change_callback(tx, "c1", now=NOW, state=CallbackState.REVIEW)
    assert (
        callbacks.step_callback(
            tx, "c1", CallbackEvent.CLAIM, now=NOW, only=callbacks.match_team("main", review=False)
        )
        is None
    )
    assert (
        callbacks.step_callback(
            tx, "c1", CallbackEvent.CLAIM, now=NOW, only=callbacks.match_team("main", review=True)
        )
        is not None
    )


def test_her_words_are_sealed_and_sealed_again_when_they_change(tx: Tx) -> None:
    callbacks.insert_callback(tx, request(caller_of(tx)))
    callbacks.change_callback(
        tx, "c1", now=NOW, contact=replace(CONTACT, when=When("noon")), answers={"woman": "yes"}
    )
    raw = tx.execute(text("SELECT contact, answers, path FROM callbacks")).one()
    for sealed in raw:
        for word in (b"noon", b"evening", b"sometimes", b"woman", b"main"):
            assert word not in bytes(sealed)
    changed = callbacks.by_id(tx, "c1")
    assert changed is not None
    assert changed.contact == replace(CONTACT, when=When("noon"))
    assert (changed.answers, changed.path) == ({"woman": "yes"}, ("main", "pay"))


def test_holding_moves_the_lease_of_the_holder_only(tx: Tx) -> None:
    for name in ("p1", "p2"):
        people.add_person(tx, name, name=name, name_key=name, role="counsellor", now=NOW)
    callbacks.insert_callback(
        tx, request(caller_of(tx), state=CallbackState.CLAIMED, holder_id="p1", held_until=NOW)
    )
    assert not callbacks.hold_claim(tx, "c1", holder_id="p2", until=NOW + H)
    assert callbacks.hold_claim(tx, "c1", holder_id="p1", until=NOW + H)
    held = callbacks.by_id(tx, "c1")
    assert held is not None
    assert (held.held_until, held.rev) == (NOW + H, 0)
    assert callbacks.list_expired_claims(tx, now=NOW + H) == (held,)
    assert callbacks.list_expired_claims(tx, now=NOW) == ()


def test_what_the_clock_looks_for(tx: Tx) -> None:
    her = caller_of(tx)
    callbacks.insert_callback(tx, request(her, "passed", slot=0, due_until=NOW))
    callbacks.insert_callback(tx, request(her, "open", slot=1))
    callbacks.insert_callback(tx, request(her, "old", slot=2, last_asked_at=NOW - 400 * H))
    callbacks.insert_callback(tx, request(her, "still", slot=3, state=CallbackState.REVIEW, escalate_at=NOW))
    callbacks.insert_callback(tx, request(her, "held", slot=4, state=CallbackState.CLAIMED, escalate_at=NOW))
    assert [one.id for one in callbacks.list_waiting_past(tx, now=NOW)] == ["passed"]
    assert [one.id for one in callbacks.list_asked_before(tx, before=NOW - H)] == ["old"]
    assert [one.id for one in callbacks.list_standing_still(tx, now=NOW)] == ["still"]


def test_emptying_reaches_every_request_of_the_number_and_no_other(tx: Tx) -> None:
    her, other = caller_of(tx), caller_of(tx, "+8562055554321")
    callbacks.insert_callback(tx, request(her, "c1"))
    callbacks.insert_callback(tx, request(her, "c2", state=CallbackState.CLOSED, reason="helped"))
    callbacks.insert_callback(tx, request(other, "c3"))
    notes.add_note(tx, note_id="n1", callback_id="c2", person_id=somebody(tx), text="words", now=NOW)
    callbacks.empty_callbacks(tx, her, now=NOW + H)
    notes.empty_notes(tx, her)
    first, second, third = (callbacks.by_id(tx, name) for name in ("c1", "c2", "c3"))
    assert first is not None
    assert second is not None
    assert third is not None
    assert (first.state, second.state, third.state) == (
        CallbackState.CANCELLED,
        CallbackState.CLOSED,
        CallbackState.WAITING,
    )
    assert second.reason == "helped"
    for one in (first, second):
        assert (one.contact, one.answers, one.path, one.code, one.session) == (None, {}, (), "", b"")
    assert third.contact == CONTACT
    assert [note.text for note in notes.list_notes(tx, "c2")] == [""]


def somebody(tx: Tx, name: str = "Noy") -> str:
    people.add_person(tx, name, name=name, name_key=name, role="counsellor", now=NOW)
    return name


def test_a_note_with_the_same_id_is_written_once(tx: Tx) -> None:
    callbacks.insert_callback(tx, request(caller_of(tx)))
    who = somebody(tx)
    assert notes.add_note(tx, note_id="n1", callback_id="c1", person_id=who, text="first", now=NOW)
    assert not notes.add_note(tx, note_id="n1", callback_id="c1", person_id=who, text="second", now=NOW)
    assert [(note.who, note.text) for note in notes.list_notes(tx, "c1")] == [("Noy", "first")]


def test_one_live_attempt_a_number_and_one_a_window_by_the_database(tx: Tx) -> None:
    her = caller_of(tx)
    callbacks.insert_callback(tx, request(her))
    callbacks.insert_callback(tx, request(her, "c2", slot=1))
    assert attempts.add_attempt(tx, attempt(her))
    assert not attempts.add_attempt(tx, attempt(her, "a2", "c2", window_from=NOW))
    assert attempts.finish_attempt(tx, "a1", outcome="no_answer", now=NOW)
    assert not attempts.finish_attempt(tx, "a1", outcome="reached", now=NOW)
    assert not attempts.add_attempt(tx, attempt(her, "a3", "c2"))
    assert attempts.add_attempt(tx, attempt(her, "a4", "c2", nth=1))
    assert [one.outcome for one in attempts.list_attempts(tx, "c1")] == ["no_answer"]


def test_attempts_are_found_by_form_by_number_and_by_request(tx: Tx) -> None:
    her, who = caller_of(tx), somebody(tx)
    callbacks.insert_callback(tx, request(her))
    put = attempt(her, person_id=who)
    attempts.add_attempt(tx, put)
    read = replace(put, who="Noy")
    assert (
        attempts.by_form(tx, "form a1")
        == attempts.find_live_of_caller(tx, her)
        == attempts.find_live_of_request(tx, "c1")
        == read
    )
    assert attempts.by_form(tx, "form a2") is None
    assert attempts.list_past(tx, her) == (Past(started_at=NOW, window_from=NOW - H, nth=0, outcome=""),)
    assert attempts.list_lapsed(tx, now=NOW + H) == ()
    assert attempts.list_lapsed(tx, now=NOW + 2 * H) == (read,)
    attempts.finish_all(tx, "c1", outcome="unclear", now=NOW)
    assert attempts.find_live_of_caller(tx, her) is None
    assert attempts.find_live_of_request(tx, "c1") is None


def test_after_the_caller_is_gone_the_counts_stay(tx: Tx) -> None:
    her = caller_of(tx)
    callbacks.insert_callback(tx, request(her, state=CallbackState.CLOSED))
    attempts.add_attempt(tx, attempt(her))
    callers.drop_caller(tx, her)
    row = callbacks.by_id(tx, "c1")
    assert row is not None
    assert row.caller_id is None
    assert len(attempts.list_attempts(tx, "c1")) == 1
    standing = queue.find_entry(tx, "c1")
    assert standing is not None
    assert standing.number is None


def plan_of(store: Store, ask) -> str:
    """How SQLite would look for what was asked."""
    asked: list[tuple[str, Any]] = []
    with store.read() as tx:

        @event.listens_for(tx.conn, "before_cursor_execute")
        def _keep(conn, cursor, statement, parameters, context, executemany):
            asked.append((statement, parameters))

        ask(tx)
        event.remove(tx.conn, "before_cursor_execute", _keep)
        plans = [tx.conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values) for sql, values in asked]
        return "\n".join(str(row[3]) for plan in plans for row in plan)


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda tx: queue.list_ready(tx, "main", now=NOW), "ix_callbacks_later"),
        (lambda tx: queue.list_tab(tx, "main", Tab.REVIEW, person_id="", now=NOW), "ix_callbacks_review"),
        (lambda tx: callbacks.list_waiting_past(tx, now=NOW), "ix_callbacks_roll"),
        (lambda tx: callbacks.list_expired_claims(tx, now=NOW), "ix_callbacks_held"),
        (lambda tx: callbacks.find_taken(tx, ["4821", "4822"]), "ix_callbacks_open_code"),
        (lambda tx: callbacks.open_of(tx, "her"), "uq_callbacks_one_open"),
        (lambda tx: attempts.find_live_of_caller(tx, "her"), "uq_attempts_one_live"),
        (lambda tx: attempts.list_lapsed(tx, now=NOW), "ix_attempts_lease"),
        (lambda tx: attempts.by_form(tx, "f"), "attempts"),
        (lambda tx: queue.list_tab(tx, "main", Tab.CLOSED, person_id="", now=NOW), "ix_callbacks_"),
    ],
)
def test_each_question_walks_its_index(sqlite_store: Store, ask, index: str) -> None:
    plan = plan_of(sqlite_store, ask)
    assert index in plan
    assert "SCAN callbacks\n" not in plan + "\n"
    assert "SCAN attempts\n" not in plan + "\n"
