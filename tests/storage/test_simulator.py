"""The thread of a trial phone: what it was sent, by any line, and nothing that a provider took."""

from datetime import timedelta

import pytest

from gateway.domain.events import ThreadAsked
from gateway.storage import callers, outbox, outbox_claims, people
from gateway.storage.database import Store, Tx
from tests.support.clocks import SetClock

HERS, OTHERS = "+8562055500001", "+8562055500002"


@pytest.fixture
def tx_rows(store: Store, clock: SetClock) -> Store:
    """Texts to two numbers, sent, pending and by a real provider."""
    with store.write() as tx:
        mine, other = (
            callers.upsert_caller(tx, number, now=clock.now(), trial=True).id for number in (HERS, OTHERS)
        )
        for caller, channel, text, provider_id in (
            (mine, "simulator", "first", "sim-1"),
            (mine, "africastalking", "ສອງ", "sim-2"),
            (mine, "africastalking", "by a provider", "ATXid_1"),
            (mine, "africastalking", "looks like it", "simx1"),
            (mine, "simulator", "still here", ""),
            (other, "simulator", "not hers", "sim-3"),
        ):
            _row(tx, clock, caller, channel, text, provider_id)
    return store


def _row(
    tx: Tx,
    clock: SetClock,
    caller: str | None,
    channel: str,
    text: str,
    provider_id: str,
    *,
    person: str | None = None,
) -> None:
    clock.forward(seconds=1)
    now = clock.now()
    row_id = outbox.add_row(
        tx,
        kind="answer",
        channel=channel,
        lane=f"{channel}:{caller}:{text}",
        due_at=now,
        expires_at=now + timedelta(minutes=10),
        once=f"{caller}:{text}",
        now=now,
        payload={"text": text, "link": ""},
        caller_id=caller,
        person_id=person,
    )
    assert row_id
    if provider_id:
        outbox_claims.claim_due(
            tx,
            kinds=["answer"],
            channels=None,
            token=row_id,
            now=now,
            lease=timedelta(seconds=9),
            named=row_id,
        )
        assert outbox_claims.finish_claim(tx, row_id, row_id, state="sent", now=now, provider_id=provider_id)


def asked(store: Store, number: str, **since: object) -> list[tuple[str, str]]:
    question = ThreadAsked(channel="simulator", number=number, **since)
    return [(each.channel, each.text) for each in callers.list_thread(store, question)]


def states(store: Store, *lines: str) -> list[tuple[str, str]]:
    question = ThreadAsked(channel="simulator", number=HERS)
    return [(each.text, each.state) for each in callers.list_thread(store, question, lines=lines)]


def test_a_thread_holds_what_stayed_with_us_oldest_first(tx_rows: Store) -> None:
    assert asked(tx_rows, HERS) == [("simulator", "first"), ("africastalking", "ສອງ")]
    assert asked(tx_rows, OTHERS) == [("simulator", "not hers")]
    assert asked(tx_rows, "+8562055500003") == []


def test_a_thread_begins_where_it_is_asked_to(tx_rows: Store, clock: SetClock) -> None:
    second = clock.now() - timedelta(seconds=4)

    assert asked(tx_rows, HERS, since=second) == [("africastalking", "ສອງ")]
    assert asked(tx_rows, HERS, since=clock.now()) == []


def test_what_was_erased_is_not_shown(tx_rows: Store) -> None:
    with tx_rows.write() as tx:
        tx.execute(outbox.outbox.update().values(payload=None))

    assert asked(tx_rows, HERS) == []


def test_only_the_newest_are_shown(tx_rows: Store, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "MOST", 1)

    assert asked(tx_rows, HERS) == [("africastalking", "ສອງ")]


def test_what_has_not_left_is_shown_for_trial_lines_only(tx_rows: Store) -> None:
    assert states(tx_rows, "simulator") == [("first", "sent"), ("ສອງ", "sent"), ("still here", "pending")]
    assert states(tx_rows, "africastalking") == [("first", "sent"), ("ສອງ", "sent")]


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        *((state, True) for state in ("pending", "sending", "unclear", "failed", "expired")),
        ("cancelled", False),  # nobody is to read it any more
    ],
)
def test_it_says_where_it_stands(tx_rows: Store, state: str, shown: bool) -> None:
    with tx_rows.write() as tx:
        rows = outbox.outbox
        tx.execute(rows.update().where(rows.c.state == "pending").values(state=state))
    assert (("still here", state) in states(tx_rows, "simulator")) is shown


def test_what_waits_bears_the_time_at_which_it_was_written(tx_rows: Store, clock: SetClock) -> None:
    question = ThreadAsked(channel="simulator", number=HERS)
    (waits,) = [
        each for each in callers.list_thread(tx_rows, question, lines=["simulator"]) if each.state != "sent"
    ]
    with tx_rows.write() as tx:
        tx.execute(outbox.outbox.update().values(changed_at=clock.now() + timedelta(minutes=9)))
    (again,) = [
        each for each in callers.list_thread(tx_rows, question, lines=["simulator"]) if each.state != "sent"
    ]
    assert again.at == waits.at < clock.now()


def test_alerts_to_a_helpline_phone_are_on_it_and_on_no_other(store: Store, clock: SetClock) -> None:
    with store.write() as tx:
        for person, number in (("noy", HERS), ("dao", OTHERS), ("mute", None)):
            people.add_person(tx, person, name=person, name_key=person, role="counsellor", now=clock.now())
            people.set_number(tx, person, number)
            _row(tx, clock, None, "simulator", f"to {person}", "sim-9", person=person)
        her = callers.upsert_caller(tx, HERS, now=clock.now(), trial=True)
        _row(tx, clock, her.id, "simulator", "to her", "sim-8")
    for number, words in ((HERS, ["to noy", "to her"]), (OTHERS, ["to dao"]), ("+8562055500009", [])):
        seen = callers.list_thread(store, ThreadAsked(channel="simulator", number=number))
        assert [each.text for each in seen] == words
