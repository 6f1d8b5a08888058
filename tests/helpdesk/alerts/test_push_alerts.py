"""Alerts that reach a pocket: each browser of a person gets one that says nothing, is switched off alone, and is dropped when dead."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gateway.channels.web_push import PushService
from gateway.delivery import claim
from gateway.delivery.nudge import sweep_outbox
from gateway.delivery.send import drain_outbox
from gateway.domain.events import PUSH
from gateway.domain.permissions import NotPermitted, Role
from gateway.helpdesk.alerts import announce, push_alerts
from gateway.helpdesk.errors import Rejected
from gateway.helpdesk.staff import people
from gateway.storage import outbox, staff_devices
from gateway.storage import people as stored_people
from gateway.storage.staff_devices import PushAddress
from tests.support.desk_rig import HER, OTHER, Desk
from tests.support.standin_push import PushStandin


@pytest.fixture
def service() -> Iterator[PushStandin]:
    with PushStandin() as standin:
        yield standin


@pytest.fixture
def desk(line: Desk) -> Desk:
    parts = replace(
        line.parts,
        push=PushService(private=True),
        after={PUSH: claim.note_pushed},
        inside={"announce": announce.announce_request, "escalate": announce.escalate_request},
    )
    return Desk(parts, line.clock)


def pushes(desk: Desk) -> list[outbox.OutboxRow]:
    with desk.parts.store.read() as tx:
        return [row for row in outbox.list_rows(tx) if row.kind == "push"]


def test_a_request_reaches_each_browser_of_who_is_on_duty_and_says_only_that(
    desk: Desk, service: PushStandin
) -> None:
    noy = desk.person("Noy", number=None, on_duty=True)
    away = desk.person("Dao", number=None)
    for name in ("b1", "b2"):
        push_alerts.add_subscription(desk.parts, noy, service.subscribe(name))
    push_alerts.add_subscription(desk.parts, away, service.subscribe("b3"))
    callback = desk.requested(when="now", topic="pay")
    drain_outbox(desk.parts)
    assert service.refused == []
    assert sorted(pushed.path for pushed in service.got) == ["/push/b1", "/push/b2"]
    for at in range(2):
        assert service.said(at) == {"n": 1, "l": "en"}
        opened = json.dumps(service.said(at))
        for private in (HER, HER[-4:], "pay", "Noy", desk.callback(callback).code, callback):
            assert private not in opened
            spoken = {name: word for name, word in service.got[at].headers.items() if name != "Authorization"}
            assert private not in str(
                spoken
            )  # the signature is of random letters, which spell a name now and then
    assert len(service.keys) == 1, "one key towards all services"
    assert {row.state for row in pushes(desk)} == {"sent"}
    assert {len(pushed.body) for pushed in service.got} == {230}


def test_many_in_a_minute_ring_twice_and_danger_at_once(desk: Desk, service: PushStandin) -> None:
    noy = desk.person("Noy", number=None, on_duty=True)
    push_alerts.add_subscription(desk.parts, noy, service.subscribe())
    for n in range(20):
        desk.requested(f"+8562055510{n:03d}", when="now")
        drain_outbox(desk.parts)
    assert len(service.got) == 1
    desk.requested(OTHER, when="now", danger="yes")
    drain_outbox(desk.parts)
    assert len(service.got) == 2
    assert service.said() == {"n": 21, "l": "en", "u": 1}
    desk.clock.forward(minutes=1)
    drain_outbox(desk.parts)
    assert len(service.got) == 3, "what came in that minute is said together"
    assert service.said() == {"n": 21, "l": "en"}
    desk.clock.forward(minutes=5)
    drain_outbox(desk.parts)
    assert len(service.got) == 3


@pytest.mark.parametrize("status", [404, 410])
def test_a_dead_browser_is_dropped_and_the_others_are_told(
    desk: Desk, service: PushStandin, status: int
) -> None:
    noy = desk.person("Noy", number=None, on_duty=True)
    for name in ("b1", "b2"):
        push_alerts.add_subscription(desk.parts, noy, service.subscribe(name))
    service.answers.append((status, {}))
    desk.requested(when="now")
    drain_outbox(desk.parts)
    assert len(push_alerts.list_subscriptions(desk.parts, noy)) == 1
    assert sorted((row.state, row.reason) for row in pushes(desk)) == [("failed", "gone"), ("sent", "")]
    desk.clock.forward(minutes=2)
    desk.requested(OTHER, when="now")
    drain_outbox(desk.parts)
    assert [pushed.path for pushed in service.got] == [service.got[0].path] * 2


def test_switched_off_for_one_browser_of_one_person(desk: Desk, service: PushStandin) -> None:
    noy, dao = desk.person("Noy", number=None, on_duty=True), desk.person("Dao", number=None, on_duty=True)
    off = push_alerts.add_subscription(desk.parts, noy, service.subscribe("b1"))
    push_alerts.add_subscription(desk.parts, noy, service.subscribe("b2"))
    push_alerts.add_subscription(desk.parts, dao, service.subscribe("b3"))
    assert not push_alerts.drop_subscription(desk.parts, dao, off), "of another person"
    desk.requested(when="now")
    assert push_alerts.drop_subscription(desk.parts, noy, off)
    assert not push_alerts.drop_subscription(desk.parts, noy, off)
    drain_outbox(desk.parts)
    assert sorted(pushed.path for pushed in service.got) == ["/push/b2", "/push/b3"]


def test_a_row_of_a_browser_that_was_dropped_meanwhile_is_taken_back(
    desk: Desk, service: PushStandin
) -> None:
    noy = desk.person("Noy", number=None, on_duty=True)
    push_alerts.add_subscription(desk.parts, noy, service.subscribe())
    assert push_alerts.send_test(desk.parts, noy) == 1
    assert push_alerts.send_test(desk.parts, noy) == 1, "the next minute's"
    assert push_alerts.send_test(desk.parts, noy) == 0
    boss = desk.person("Boss", Role.ADMINISTRATOR)
    people.end_sign_ins(desk.parts, boss, noy.person_id)
    drain_outbox(desk.parts)
    desk.clock.forward(minutes=2)
    drain_outbox(desk.parts)
    assert service.got == []
    assert {row.state for row in pushes(desk)} == {"cancelled"}


@pytest.mark.parametrize("left", ["removed", "reader", "off duty"])
def test_whoever_left_is_told_nothing_more_and_colleagues_are(
    desk: Desk, service: PushStandin, left: str
) -> None:
    noy, dao = desk.person("Noy", number=None, on_duty=True), desk.person("Dao", number=None, on_duty=True)
    boss = desk.person("Boss", Role.ADMINISTRATOR)
    push_alerts.add_subscription(desk.parts, noy, service.subscribe("b1"))
    push_alerts.add_subscription(desk.parts, dao, service.subscribe("b2"))
    match left:
        case "removed":
            people.disable_person(desk.parts, boss, noy.person_id)
        case "reader":
            people.set_role(desk.parts, boss, noy.person_id, Role.READER)
        case "off duty":
            with desk.parts.store.write() as tx:
                stored_people.set_duty(tx, noy.person_id, on=False)
    desk.requested(when="now")
    desk.requested(OTHER, when="now", danger="yes")
    drain_outbox(desk.parts)
    assert {pushed.path for pushed in service.got} == {"/push/b2"}


def test_what_was_on_its_way_to_one_who_is_removed_is_taken_back(desk: Desk, service: PushStandin) -> None:
    noy, boss = desk.person("Noy", number=None, on_duty=True), desk.person("Boss", Role.ADMINISTRATOR)
    push_alerts.add_subscription(desk.parts, noy, service.subscribe())
    assert push_alerts.send_test(desk.parts, noy) == 1
    people.disable_person(desk.parts, boss, noy.person_id)
    drain_outbox(desk.parts)
    assert (service.got, {row.state for row in pushes(desk)}) == ([], {"cancelled"})
    with desk.parts.store.read() as tx:
        assert staff_devices.count_subscriptions(tx) == 0


def test_a_browser_belongs_to_who_switched_it_on_last(desk: Desk, service: PushStandin) -> None:
    noy, dao = desk.person("Noy", number=None, on_duty=True), desk.person("Dao", number=None, on_duty=True)
    push_alerts.add_subscription(desk.parts, noy, service.subscribe())
    push_alerts.add_subscription(desk.parts, dao, service.subscribe())
    assert push_alerts.list_subscriptions(desk.parts, noy) == ()
    desk.requested(when="now")
    drain_outbox(desk.parts)
    assert len(service.got) == 1


def test_an_unclear_push_is_not_sent_twice_and_a_busy_service_is_asked_again(
    desk: Desk, service: PushStandin
) -> None:
    noy = desk.person("Noy", number=None, on_duty=True)
    push_alerts.add_subscription(desk.parts, noy, service.subscribe())
    service.answers.append("reset")
    push_alerts.send_test(desk.parts, noy)
    drain_outbox(desk.parts)
    assert [row.state for row in pushes(desk)] == ["unclear"]
    desk.clock.forward(minutes=10)
    sweep_outbox(desk.parts)
    drain_outbox(desk.parts)
    assert len(service.got) == 1
    service.answers.append((429, {"Retry-After": "300"}))
    push_alerts.send_test(desk.parts, noy)
    drain_outbox(desk.parts)
    assert len(service.got) == 1
    desk.clock.forward(minutes=6)
    drain_outbox(desk.parts)
    assert len(service.got) == 2


def test_a_worker_that_dies_while_it_sends_leaves_it_unclear(desk: Desk, service: PushStandin) -> None:
    noy = desk.person("Noy", number=None, on_duty=True)
    push_alerts.add_subscription(desk.parts, noy, service.subscribe())
    push_alerts.send_test(desk.parts, noy)
    from gateway.delivery.claim import ClaimedRow, claim_row

    assert isinstance(claim_row(desk.parts), ClaimedRow)
    desk.clock.forward(minutes=3)
    sweep_outbox(desk.parts)
    assert [row.state for row in pushes(desk)] == ["unclear"]
    assert service.got == []


def test_addresses_are_sealed_and_limited(desk: Desk, service: PushStandin) -> None:
    noy = desk.person("Noy", number=None)
    for n in range(12):
        push_alerts.add_subscription(desk.parts, noy, service.subscribe(f"b{n}"))
    assert len(push_alerts.list_subscriptions(desk.parts, noy)) == 10
    for row in desk.rows("SELECT * FROM push_subscriptions"):
        assert not any(b"127.0.0.1" in bytes(value) for value in row if isinstance(value, bytes))
    for row in desk.rows("SELECT payload FROM outbox"):
        assert b"127.0.0.1" not in bytes(row[0] or b"")


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": "https://10.0.0.1/x"}, {"endpoint": "http://push.example/x"}, {"endpoint": ""},
        {"p256dh": "AAAA"}, {"p256dh": "***"}, {"auth": "AAAA"}, {"auth": ""},
    ],
)  # fmt: skip
def test_what_cannot_be_a_subscription_is_refused(
    light: Desk, service: PushStandin, change: dict[str, str]
) -> None:
    strict = replace(light.parts, push=PushService())
    good = replace(service.subscribe(), endpoint="https://push.example/x")
    noy = light.person("Noy")
    push_alerts.add_subscription(strict, noy, good)
    with pytest.raises(Rejected):
        push_alerts.add_subscription(
            strict,
            noy,
            PushAddress(**({"endpoint": good.endpoint, "p256dh": good.p256dh, "auth": good.auth} | change)),
        )
    with pytest.raises(NotPermitted):
        push_alerts.add_subscription(strict, light.person("Anna", Role.READER), good)


def test_our_key_stays_the_same_for_every_process(desk: Desk) -> None:
    noy = desk.person("Noy")
    first = push_alerts.find_public_key(desk.parts, noy)
    assert first == push_alerts.find_public_key(replace(desk.parts, push=PushService()), noy)
    assert len(first) == 87
    with desk.parts.store.read() as tx:
        key = staff_devices.find_push_key(tx)
    assert key is not None
    assert not any(key in bytes(row[0]) for row in desk.rows("SELECT secret FROM push_keys"))
    assert push_alerts.find_public_key(replace(desk.parts, push=None), noy) == ""


def test_one_that_comes_too_late_is_not_sent(desk: Desk, service: PushStandin) -> None:
    noy = desk.person("Noy", number=None)
    push_alerts.add_subscription(desk.parts, noy, service.subscribe())
    push_alerts.send_test(desk.parts, noy)
    desk.clock.forward(hours=1)
    drain_outbox(desk.parts)
    assert service.got == []
    assert [row.state for row in pushes(desk)] == ["expired"]
