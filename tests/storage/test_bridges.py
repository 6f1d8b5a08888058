"""Bridges in the database, on both: one that lives a person, one an attempt, one Dial, and the plans of what is asked often."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from gateway.domain.callbacks.bridged_call import BridgeState
from gateway.storage import attempts, bridges, callbacks, outbox, people
from gateway.storage.bridges import BridgeRow
from gateway.storage.database import Store, Tx
from tests.storage.test_callbacks import NOW, attempt, caller_of, request
from tests.storage.test_plans import plan

SOON = NOW + timedelta(minutes=1)


@pytest.fixture
def tx(store: Store):
    with store.write() as tx:
        for name in ("noy", "dao"):
            people.add_person(tx, name, name=name.title(), name_key=name, role="counsellor", now=NOW)
        yield tx


def bridge(tx: Tx, name: str = "b1", person: str = "noy", **more: Any) -> BridgeRow:
    """A bridge with a request and an attempt of its own."""
    caller = caller_of(tx, f"+8562055500{ord(name[-1]):03}")
    asked = request(caller, f"c{name}")
    assert callbacks.insert_callback(tx, asked)
    tried = attempt(caller, f"a{name}", f"c{name}", person_id=person)
    assert attempts.add_attempt(tx, tried)
    made = BridgeRow(
        id=name,
        callback_id=asked.id,
        attempt_id=tried.id,
        person_id=person,
        channel="line",
        state=BridgeState.ASKED,
        at=NOW,
        since=NOW,
        heard_at=NOW,
    )
    return replace(made, **more)


def added(tx: Tx, name: str = "b1", person: str = "noy", **more: Any) -> BridgeRow:
    made = bridge(tx, name, person, **more)
    assert bridges.add_bridge(tx, made)
    return made


def test_what_was_written_is_read(tx: Tx) -> None:
    made = added(
        tx, session="S1", result="talked", seconds=7, dialled_at=SOON, talking_at=SOON, ended_at=SOON
    )

    assert bridges.by_id(tx, "b1") == made
    assert bridges.by_attempt(tx, made.attempt_id) == made
    assert bridges.by_session(tx, "line", "S1") == made
    assert bridges.by_session(tx, "another", "S1") is None
    assert bridges.by_id(tx, "b2") is None


def test_one_lives_a_person(tx: Tx) -> None:
    added(tx, "b1")
    assert not bridges.add_bridge(tx, bridge(tx, "b2"))
    added(tx, "b3", "dao")
    first = bridges.by_id(tx, "b1")
    assert first is not None
    assert bridges.step_bridge(tx, first, BridgeState.ENDED, now=SOON, ended_at=SOON)
    added(tx, "b4")


def test_one_an_attempt(tx: Tx) -> None:
    made = added(tx, "b1", ended_at=NOW)

    assert not bridges.add_bridge(tx, replace(made, id="b2"))


def test_a_step_is_taken_from_where_it_was_seen_and_once(tx: Tx) -> None:
    seen = added(tx, state=BridgeState.PRESS_ONE)

    moved = bridges.step_bridge(tx, seen, BridgeState.CALLING_HER, now=SOON, dialled_at=SOON)
    assert moved == replace(seen, state=BridgeState.CALLING_HER, since=SOON, heard_at=SOON, dialled_at=SOON)
    assert bridges.step_bridge(tx, seen, BridgeState.CALLING_HER, now=SOON, dialled_at=SOON) is None
    assert bridges.step_bridge(tx, seen, BridgeState.ENDED, now=SOON, ended_at=SOON) is None


def test_a_step_that_stays_is_heard_and_keeps_its_since(tx: Tx) -> None:
    seen = added(tx, state=BridgeState.PRESS_ONE)

    assert bridges.step_bridge(tx, seen, BridgeState.PRESS_ONE, now=SOON) == replace(seen, heard_at=SOON)


def test_the_row_itself_refuses_a_second_dial_whatever_its_state_says(tx: Tx) -> None:
    seen = added(tx, state=BridgeState.PRESS_ONE, dialled_at=NOW)

    assert bridges.step_bridge(tx, seen, BridgeState.CALLING_HER, now=SOON, dialled_at=SOON) is None


def test_what_is_over_moves_no_more(tx: Tx) -> None:
    seen = added(tx, state=BridgeState.ENDED, ended_at=NOW)

    assert bridges.step_bridge(tx, seen, BridgeState.TALKING, now=SOON) is None


def test_the_first_id_of_the_provider_stays(tx: Tx) -> None:
    added(tx)
    bridges.note_session(tx, "b1", "S1")
    bridges.note_session(tx, "b1", "S2")

    found = bridges.by_id(tx, "b1")
    assert found is not None
    assert found.session == "S1"


def test_an_id_of_the_provider_is_one_bridges_on_its_line(tx: Tx) -> None:
    added(tx, "b1", session="S1")
    added(tx, "b2", "dao", channel="another", session="S1")
    third = bridge(tx, "b3", "dao", session="S1", ended_at=NOW)

    assert not bridges.add_bridge(tx, third)


def test_unheard_are_those_that_live_in_an_early_state(tx: Tx) -> None:
    asked = added(tx, "b1")
    added(tx, "b2", "dao", state=BridgeState.PRESS_ONE)

    assert bridges.list_unheard(tx, "line") == (asked,)
    assert bridges.list_unheard(tx, "another") == ()
    rings = bridges.step_bridge(tx, asked, BridgeState.CALLING_YOU, now=SOON)
    assert bridges.list_unheard(tx, "line") == (rings,)
    bridges.step_bridge(
        tx, replace(asked, state=BridgeState.CALLING_YOU), BridgeState.ENDED, now=SOON, ended_at=SOON
    )
    assert bridges.list_unheard(tx, "line") == ()


def test_those_that_were_last_heard_of_before_come_oldest_first(tx: Tx) -> None:
    added(tx, "b1", heard_at=SOON)
    added(tx, "b2", "dao", heard_at=NOW)

    assert [one.id for one in bridges.list_live(tx, heard_before=SOON)] == ["b2", "b1"]
    assert [one.id for one in bridges.list_live(tx, heard_before=NOW)] == ["b2"]
    assert [one.id for one in bridges.list_live(tx, heard_before=SOON, limit=1)] == ["b2"]


@pytest.mark.parametrize(
    ("state", "never"),
    [("pending", False), ("sending", False), ("sent", False), ("unclear", False)]
    + [(state, True) for state in ("failed", "expired", "cancelled")],
)
def test_a_call_that_never_left_is_found_by_its_row(tx: Tx, state: str, never: bool) -> None:
    made = added(tx)
    row = outbox.add_row(
        tx,
        kind="call",
        channel="line",
        lane="l",
        due_at=NOW,
        expires_at=SOON,
        once=f"{bridges.ONCE}b1",
        now=NOW,
        person_id="noy",
    )
    tx.execute(sa.text("UPDATE outbox SET state = :state WHERE id = :id"), {"state": state, "id": row})

    assert bridges.list_never_left(tx) == ((made,) if never else ())
    bridges.step_bridge(tx, made, BridgeState.CALLING_YOU, now=SOON)
    assert bridges.list_never_left(tx) == ()


def test_what_stands_for_a_person_lives_or_waits_for_its_outcome(tx: Tx) -> None:
    old = added(tx, "b1", state=BridgeState.ENDED, ended_at=NOW)
    new = added(tx, "b2", state=BridgeState.LOST, ended_at=SOON, at=SOON)

    assert bridges.find_standing(tx, "noy") == new
    attempts.finish_attempt(tx, new.attempt_id, outcome="busy", now=SOON)
    assert bridges.find_standing(tx, "noy") == old
    lives = added(tx, "b3", at=NOW - timedelta(hours=1))
    assert bridges.find_standing(tx, "noy") == lives
    assert bridges.find_standing(tx, "dao") is None
    assert bridges.find_newest(tx, "noy", new.callback_id) == new
    assert bridges.find_newest(tx, "noy", "none") is None


def test_an_attempt_that_never_rang_frees_its_window_and_is_no_past(tx: Tx) -> None:
    made = added(tx, state=BridgeState.ENDED, ended_at=NOW)
    tried = attempts.by_id(tx, made.attempt_id)
    assert tried is not None
    again = replace(tried, id="again", form="again")
    assert not attempts.add_attempt(tx, again), "one live a number"
    attempts.finish_attempt(tx, tried.id, outcome="not_dialled", now=NOW)

    assert attempts.list_past(tx, tried.caller_id or "") == ()
    assert attempts.add_attempt(tx, again)
    attempts.finish_attempt(tx, "again", outcome="no_answer", now=NOW)
    assert not attempts.add_attempt(tx, replace(again, id="third", form="third")), "one a window"
    assert [past.outcome for past in attempts.list_past(tx, tried.caller_id or "")] == ["no_answer"]


def test_two_calls_that_never_rang_are_two_rows_of_one_window(tx: Tx) -> None:
    made = added(tx, state=BridgeState.ENDED, ended_at=NOW)
    first = attempts.by_id(tx, made.attempt_id)
    assert first is not None
    attempts.finish_attempt(tx, first.id, outcome="not_dialled", now=NOW)
    for name in ("second", "third"):
        assert attempts.add_attempt(tx, replace(first, id=name, form=name))
        assert attempts.finish_attempt(tx, name, outcome="not_dialled", now=NOW)
    assert len(attempts.list_attempts(tx, made.callback_id)) == 3


def test_a_bridge_goes_with_its_request_and_outlives_its_person(tx: Tx) -> None:
    made = added(tx)
    with pytest.raises(IntegrityError), tx.conn.begin_nested():
        tx.execute(sa.text("UPDATE bridges SET attempt_id = 'none'"))
    tx.execute(sa.text("DELETE FROM people WHERE id = 'noy'"))
    found = bridges.by_id(tx, "b1")
    assert found is not None
    assert found.person_id is None
    tx.execute(sa.text("DELETE FROM callbacks WHERE id = :id"), {"id": made.callback_id})
    assert bridges.by_id(tx, "b1") is None


@pytest.mark.parametrize(
    ("asked", "indexes"),
    [
        (
            lambda tx: bridges.by_session(tx, "line", "S"),
            {"uq_bridges_session", "(channel=? AND session=?)"},  # SQLite numbers its own indexes
        ),
        (lambda tx: bridges.by_attempt(tx, "a"), {"uq_bridges_attempt_id", "(attempt_id=?)"}),
        (lambda tx: bridges.list_live(tx, heard_before=NOW), {"ix_bridges_live"}),
        (lambda tx: bridges.find_newest(tx, "noy", "c"), {"ix_bridges_callback", "ix_bridges_person"}),
    ],
)
def test_what_every_post_asks_walks_an_index(tx: Tx, asked: Any, indexes: set[str]) -> None:
    added(tx)
    found = plan(tx, asked)

    assert any(index in found for index in indexes), found


def test_the_instants_come_back_in_utc(tx: Tx) -> None:
    added(tx, talking_at=datetime.fromisoformat("2026-11-24T18:00:00+07:00"))

    found = bridges.by_id(tx, "b1")
    assert found is not None
    assert found.talking_at == datetime.fromisoformat("2026-11-24T11:00:00+00:00")
