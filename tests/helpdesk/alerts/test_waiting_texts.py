"""Texts that requests wait (Q28): none where a page or a push calls, one where many came, and danger before all of them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.channels.web_push import PushService
from gateway.delivery.claim import note_pushed
from gateway.delivery.send import drain_outbox
from gateway.domain.events import PUSH
from gateway.domain.permissions import Actor
from gateway.helpdesk.alerts import announce, push_alerts
from gateway.helpdesk.queue import claim
from gateway.helpdesk.staff import people
from gateway.storage import outbox, sign_ins
from gateway.storage import people as stored
from tests.support.desk_rig import Desk
from tests.support.standin_push import PushStandin

ONE = "A request is waiting. Please look at the list."
URGENT = "An urgent request is waiting. Please look at the list."
POST = {
    "announce": announce.announce_request,
    "escalate": announce.escalate_request,
    "bundle": announce.tell_bundle,
}


@pytest.fixture
def service() -> Iterator[PushStandin]:
    with PushStandin() as standin:
        yield standin


@pytest.fixture
def desk(line: Desk) -> Desk:
    parts = replace(line.parts, push=PushService(private=True), after={PUSH: note_pushed}, inside=POST)
    return Desk(parts, line.clock)


def come(desk: Desk, count: int, *, start: int = 0, danger: str = "no", when: str = "now") -> list[str]:
    """Let that many women ask for a call, all at one moment; return their requests."""
    made = [desk.requested(f"+85620555{start + n:05}", when=when, danger=danger) for n in range(count)]
    drain_outbox(desk.parts)
    return made


def pass_by(desk: Desk, minutes: int, *, attends: str = "") -> None:
    """Let minutes pass with the clock's sweep in each; a page that somebody attends to asks meanwhile."""
    for _ in range(minutes):
        desk.clock.forward(minutes=1)
        if attends:
            attend(desk, attends)
        drain_outbox(desk.parts)


def attend(desk: Desk, name: str) -> None:
    person, now = people.find_person(desk.parts, name), desk.clock.now()
    with desk.parts.store.write() as tx:
        known = sign_ins.list_sign_ins(tx, person.id, now=now)
        if not known:
            sign_ins.open_one(
                tx,
                b"t" * 32,
                person_id=person.id,
                now=now - timedelta(hours=1),
                expires_at=now + timedelta(hours=9),
            )
        sign_ins.note_poll(tx, b"t" * 32, now, heard=True)


def texts(desk: Desk) -> list[str]:
    """The texts to staff so far, oldest first, whatever became of them."""
    with desk.parts.store.read() as tx:
        rows = [outbox.open_row(tx, row) for row in reversed(outbox.list_rows(tx)) if row.kind == "alert"]
    return [(row.payload or {})["text"] for row in rows]


@pytest.mark.fault("Q28")
@pytest.mark.parametrize(
    ("count", "expected"), [(1, [ONE]), (2, [ONE, "2 requests are waiting. Please look at the list."])]
)
def test_one_text_at_once_and_the_rest_together(desk: Desk, count: int, expected: list[str]) -> None:
    desk.person("Noy", on_duty=True)
    come(desk, count)
    assert texts(desk) == [ONE]
    pass_by(desk, 25)
    assert texts(desk) == expected


@pytest.mark.fault("Q28")
def test_two_dozen_requests_are_three_texts_in_twenty_minutes_and_danger_is_among_the_first(
    desk: Desk,
) -> None:
    desk.person("Noy", on_duty=True)
    come(desk, 18)
    come(desk, 4, start=100, when="evening")
    come(desk, 1, start=200, danger="yes")
    assert texts(desk) == [ONE, URGENT]
    pass_by(desk, 20)
    come(desk, 3, start=300)
    pass_by(desk, 1)
    assert len(texts(desk)) <= 4
    assert texts(desk)[2].startswith("23 requests")


@pytest.mark.fault("Q28")
def test_no_text_while_somebody_attends_to_the_page(desk: Desk) -> None:
    desk.person("Noy", on_duty=True)
    attend(desk, "Noy")
    come(desk, 5)
    pass_by(desk, 30, attends="Noy")
    assert texts(desk) == []


def test_a_page_that_goes_silent_before_it_called_is_made_up_for_by_a_text(desk: Desk) -> None:
    desk.person("Noy", on_duty=True)
    attend(desk, "Noy")
    desk.clock.forward(seconds=30)
    come(desk, 2)
    assert texts(desk) == []
    pass_by(desk, 15)
    assert texts(desk) == ["2 requests are waiting. Please look at the list."]


@pytest.mark.fault("Q28")
def test_no_text_where_a_push_was_taken_and_one_where_it_was_not(desk: Desk, service: PushStandin) -> None:
    noy: Actor = desk.person("Noy", on_duty=True)
    push_alerts.add_subscription(desk.parts, noy, service.subscribe("b1"))
    come(desk, 3)
    pass_by(desk, 15)
    assert len(service.got) >= 1
    assert texts(desk) == []
    service.answers.extend([(503, {})] * 200)
    pass_by(desk, 60)
    come(desk, 2, start=50)
    pass_by(desk, 15)
    assert len(texts(desk)) == 1


@pytest.mark.fault("Q28")
@pytest.mark.parametrize("calls", ["page", "push", "text"])
def test_danger_is_texted_at_once_whatever_else_calls(desk: Desk, service: PushStandin, calls: str) -> None:
    noy = desk.person("Noy", on_duty=True)
    if calls == "page":
        attend(desk, "Noy")
    if calls == "push":
        push_alerts.add_subscription(desk.parts, noy, service.subscribe("b1"))
    come(desk, 1, danger="yes")
    assert texts(desk) == [URGENT]


@pytest.mark.fault("Q28")
def test_danger_does_not_wait_behind_a_text_that_is_being_retried(desk: Desk) -> None:
    desk.person("Noy", on_duty=True)
    come(desk, 1)
    come(desk, 1, start=50, danger="yes")
    lanes = desk.rows("SELECT lane, priority FROM outbox WHERE kind = 'alert' ORDER BY id")
    (asked, later), (urgent, first) = lanes
    assert asked != urgent
    assert first < later


@pytest.mark.parametrize("why", ["claimed", "looked", "off duty", "removed", "no phone"])
def test_what_nobody_needs_to_be_told_any_more_is_not_told(desk: Desk, why: str) -> None:
    noy, dao = desk.person("Noy", on_duty=True), desk.person("Dao", number=None, on_duty=True)
    made = come(desk, 3)
    assert texts(desk) == [ONE]
    match why:
        case "claimed":
            for one in made:
                claim.claim_callback(desk.parts, dao, one)
        case "looked":
            with desk.parts.store.write() as tx:
                stored.set_looked(tx, noy.person_id, desk.clock.now())
        case "off duty":
            people.set_duty(desk.parts, noy, noy.person_id, on=False)
        case "removed":
            people.disable_person(desk.parts, people.OWNER, noy.person_id)
        case "no phone":
            people.set_number(desk.parts, people.OWNER, noy.person_id, "")
    pass_by(desk, 25)
    assert texts(desk) == [ONE]


def test_each_person_has_a_bundle_of_their_own_and_a_repeated_announcement_adds_nothing(desk: Desk) -> None:
    for name in ("Noy", "Dao"):
        desk.person(name, on_duty=True, number=f"+8562055590{len(name)}{ord(name[0]) % 10}")
    come(desk, 4)
    with desk.parts.store.write() as tx:
        rows = [row for row in outbox.list_rows(tx) if row.kind == "announce"]
        for row in rows:
            announce.announce_request(desk.parts, tx, row)
    pass_by(desk, 25)
    assert sorted(texts(desk)) == sorted([ONE] * 2 + ["4 requests are waiting. Please look at the list."] * 2)
