"""A ring that nobody took: a request for a number that agreed before, and nothing at all for any other."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.channels.contract import Request
from gateway.conversations import one_shot
from gateway.delivery.send import drain_outbox
from gateway.domain.callbacks.queue_rules import NORMAL
from gateway.domain.contact_safety import PhoneSeen, SafeContact, When
from gateway.domain.events import MissedCall
from gateway.foundation.services import Services
from gateway.helpdesk.alerts.announce import announce_request
from gateway.storage import callers
from gateway.storage.callbacks import Callback
from gateway.storage.database import Unavailable
from gateway.web.app import _build_doors
from gateway.web.webhooks.views import give_events
from tests.support.clocks import SetClock
from tests.support.house import HER, requests, rows
from tests.support.windows import EVENING

Said = Callable[..., None]


@pytest.fixture
def said(parts: Services, clock: SetClock) -> Said:
    """She agreed some time ago, with these answers."""

    def agree(
        seen: PhoneSeen = PhoneSeen.NO,
        when: When = EVENING,
        *,
        days: float = 1,
        consent: bool = True,
        stopped: bool = False,
    ) -> None:
        then = clock.now() - timedelta(days=days)
        with parts.store.write() as tx:
            caller = callers.upsert_caller(tx, HER, now=then, trial=True)
            contact = SafeContact(phone_seen=seen, when=when, said_at=then)
            callers.set_contact(
                tx, caller.id, contact, now=then, language="lo", script="lo-Latn",
                consent_version="v1" if consent else None,
            )  # fmt: skip
            if stopped:
                callers.set_stopped(tx, caller.id, stopped_at=then, now=then)

    return agree


def ring(parts: Services, turn: str = "r1", *, number: str = HER) -> list[Callback]:
    assert one_shot.RINGS.take(parts, MissedCall(channel="africastalking", number=number, turn=turn))
    return requests(parts, HER)


def test_a_ring_of_a_number_that_agreed_is_a_request_with_its_last_answers(
    parts: Services, said: Said
) -> None:
    said()
    (made,) = ring(parts)
    assert (made.window, made.priority, made.topic) == ("evening", NORMAL, "other")
    assert (made.language, made.script) == ("lo", "lo-Latn")
    assert made.contact is not None
    assert made.contact.said_at == parts.clock.now() - timedelta(days=1), "its age stays"
    assert made.answers["consent_at"].startswith("2026-11-23")
    assert [row.kind for row in rows(parts)] == ["announce"], "nothing goes to her"


@pytest.mark.parametrize(
    "answers",
    [
        {"consent": False},
        {"days": 14},
        {"when": When.NEVER},
        {"seen": PhoneSeen.NOT_MINE},
        {"seen": PhoneSeen.NOT_MINE, "when": When.NOW, "days": 0.01},
        {"seen": PhoneSeen.SOMETIMES, "when": When.NOW, "days": 0.01},
    ],
    ids=str,
)
def test_any_other_ring_comes_to_nothing_and_leaves_no_trace(
    parts: Services, said: Said, answers: dict
) -> None:
    said(**answers)
    with parts.store.read() as tx:
        before = callers.find_caller(tx, HER)
    assert ring(parts) == []
    assert rows(parts) == []
    with parts.store.read() as tx:
        assert callers.find_caller(tx, HER) == before


def test_a_ring_of_a_stranger_is_not_even_written_down(parts: Services) -> None:
    assert ring(parts) == []
    with parts.store.read() as tx:
        assert callers.find_caller(tx, HER) is None
        assert tx.conn.exec_driver_sql("SELECT count(*) FROM turns").scalar() == 0
        assert tx.conn.exec_driver_sql("SELECT count(*) FROM budgets").scalar() == 0


def test_no_text_ever_follows_a_ring(parts: Services, said: Said) -> None:
    said()
    ring(parts)
    drain_outbox(replace(parts, inside={"announce": announce_request}))
    assert {row.kind for row in rows(parts)} == {"announce"}


def test_her_own_phone_may_say_now_again_and_no_other_may(parts: Services, said: Said) -> None:
    said(when=When.NOW, days=3)
    (made,) = ring(parts)
    assert made.window == "now"
    assert made.due_at == parts.clock.now()


def test_one_ring_told_twice_and_in_two_words_is_one(parts: Services, said: Said, clock: SetClock) -> None:
    said()
    for turn in ("r1", "r1", "r2", "r3"):
        assert len(ring(parts, turn)) == 1
        clock.forward(seconds=3)
    (made,) = requests(parts, HER)
    assert made.asks == 1
    clock.forward(minutes=11)
    (made,) = ring(parts, "r4")
    assert made.asks == 2, "she rang again"


@pytest.mark.fault("A6")
@pytest.mark.parametrize("second", range(0, 600, 37))
def test_ten_minutes_count_from_the_first_ring_at_whatever_minute_of_the_hour(
    parts: Services, said: Said, clock: SetClock, second: int
) -> None:
    said()
    clock.forward(seconds=second)
    ring(parts, "call:ringing")
    clock.forward(seconds=5)
    ring(parts, "call:missed")
    clock.forward(minutes=9, seconds=50)
    (made,) = ring(parts, "again")
    assert made.asks == 1
    clock.forward(seconds=10)
    (made,) = ring(parts, "later")
    assert made.asks == 2


@pytest.mark.parametrize("seen", [PhoneSeen.NO, PhoneSeen.SOMETIMES])
def test_a_ring_beside_an_open_request_changes_nothing_of_it(
    parts: Services, said: Said, clock: SetClock, seen: PhoneSeen
) -> None:
    said(seen)
    (before,) = ring(parts, "r1")
    clock.forward(hours=1)
    (after,) = ring(parts, "r2")
    assert (after.id, after.code, after.due_at, after.answers) == (
        before.id,
        before.code,
        before.due_at,
        before.answers,
    )
    assert after.asks == 2


def test_who_wants_no_texts_may_still_be_phoned(parts: Services, said: Said) -> None:
    said(stopped=True)
    assert len(ring(parts)) == 1


def test_a_ring_in_a_national_form_is_hers_and_a_name_is_nobody(parts: Services, said: Said) -> None:
    said()
    assert ring(parts, "r0", number="Private") == []
    assert len(ring(parts, number="020 55 512 345")) == 1


def test_a_ring_while_sql_is_away_is_kept_and_counted_once(
    parts: Services, said: Said, monkeypatch: pytest.MonkeyPatch, clock: SetClock
) -> None:
    said()

    def away(*_: object, **__: object) -> None:
        raise Unavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr(parts.store, "run", away)
        for _ in range(2):
            assert one_shot.RINGS.take(parts, MissedCall(channel="africastalking", number=HER, turn="r1"))
    assert len(parts.spool.list()) == 1
    clock.forward(minutes=30)
    assert one_shot.replay_spool(parts) == 1
    assert parts.spool.list() == []
    assert len(ring(parts, "r1")) == 1
    assert requests(parts, HER)[0].asked_at == clock.now() - timedelta(minutes=30)


def posted(parts: Services, session: str, *, caller: str = HER, active: str = "1") -> str:
    """A ring to the voice number, through the very doors of the product."""
    channel = parts.channels["africastalking"]
    fields = {
        "isActive": active,
        "sessionId": session,
        "direction": "Inbound",
        "callerNumber": caller,
        "destinationNumber": "+254711000000",
    }
    return give_events(
        _build_doors(parts), channel, channel.parse(Request(event="voice", fields=fields))
    ).body


def test_a_ring_to_the_voice_number_is_such_a_ring_and_is_rejected(parts: Services, said: Said) -> None:
    said()
    answers = {posted(parts, "ATVId_1") for _ in range(3)}

    assert len(answers) == 1, "a repeat is answered alike"
    assert answers.pop().endswith("<Response><Reject/></Response>")
    (made,) = requests(parts, HER)
    assert (made.window, made.asks, made.channel) == ("evening", 1, "africastalking")


def test_the_end_of_that_ring_and_a_caller_without_a_number_do_nothing(parts: Services, said: Said) -> None:
    said()

    assert posted(parts, "ATVId_1", active="0") == "OK"
    assert posted(parts, "ATVId_2", caller="anonymous").endswith("<Reject/></Response>")
    assert posted(parts, "ATVId_3", caller="+8562055500099").endswith("<Reject/></Response>")
    assert requests(parts, HER) == []
    assert rows(parts) == []
