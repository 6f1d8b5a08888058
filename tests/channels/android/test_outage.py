"""The phone is off for two hours with 200 texts waiting; what leaves, what does not, and who is told."""

from datetime import timedelta

import pytest

from gateway.channels import find_channel
from gateway.delivery import channel_status
from gateway.delivery.channel_status import format_status, list_statuses
from gateway.delivery.nudge import sweep_outbox
from gateway.delivery.send import drain_outbox
from gateway.domain.events import ChannelSeen
from gateway.foundation.time_and_chance import new_id
from gateway.operations import health
from gateway.storage import counts, outbox, people
from tests.support.house import Phone, rows
from tests.support.outbox_rig import Rows
from tests.support.phone_line import Rig, config_of
from tests.support.standin_phone import StandinPhone


def finding(rig: Rig) -> health.Finding:
    return next(found for found in health.look_around(rig.parts) if found.part == "channel.android")


def two_minutes(rig: Rig) -> None:
    """What the clock and the workers do, and two minutes."""
    drain_outbox(rig.parts)
    rig.pass_by(minutes=2)
    channel_status.look_at_channels(rig.parts)
    sweep_outbox(rig.parts)


@pytest.fixture
def waiting(rig: Rig) -> tuple[list[str], list[str]]:
    """200 texts that wait, mixed: 120 that are worth ten minutes, 80 that are worth a day."""
    rig.is_seen()
    made = Rows(rig.parts)
    now = rig.clock.now()
    short, long = [], []
    for n in range(200):
        lasts, kind = (timedelta(minutes=10), short) if n % 5 < 3 else (timedelta(days=1), long)
        rig.pass_by(milliseconds=10)
        kind.append(
            made.add(text=f"text {n}", channel="android", expires_at=now + lasts, lane=f"android:{n}")
        )
    return short, long


def test_two_hours_without_the_phone(rig: Rig, waiting: tuple[list[str], list[str]]) -> None:
    short, long = waiting
    rig.parts.channels["android"] = find_channel(config_of(rig.phone, rate="1"))  # type: ignore[index]
    rig.phone.off()
    told_after = None
    for round_ in range(1, 61):
        two_minutes(rig)
        if told_after is None and "silent" in finding(rig).words:
            told_after = 2 * round_
    alarm = finding(rig)
    assert rig.phone.given == []
    rig.phone.on()
    channel_status.look_at_channels(rig.parts)
    began = rig.clock.now()
    for _ in range(20):
        drain_outbox(rig.parts)
    took = (rig.clock.now() - began).total_seconds()

    states = {row.id: row.state for row in rows(rig.parts)}
    assert {states[row_id] for row_id in short} == {"expired"}
    assert {states[row_id] for row_id in long} == {"sent"}
    assert [message["id"] for message in rig.phone.given] == long, "in order, and none twice"
    assert took >= len(long) - 1, "one a second"
    assert told_after in range(15, 18)
    assert "80 texts wait" in alarm.words
    assert finding(rig).ok
    assert {row.kind for row in rows(rig.parts)} == {"answer"}, "no alarm waits for the dead phone"
    print(
        f"\ntwo hours off, 200 waiting: {len(short)} expired, {len(long)} sent in order in {took:.0f} s at 1/s, "
        f"0 twice; alarm after {told_after} min: {alarm.words!r}"
    )


def test_while_the_phone_is_silent_nothing_is_given_to_a_relay_before_it(rig: Rig) -> None:
    rig.is_seen()
    Rows(rig.parts).add(channel="android", expires_at=rig.clock.now() + timedelta(hours=5))
    rig.pass_by(minutes=16)  # the relay answers still, and knows nothing of the phone
    drain_outbox(rig.parts)
    assert rig.phone.given == []
    rig.posts.text("+8562055512345", "help")  # heard again
    drain_outbox(rig.parts)
    assert len(rig.phone.given) == 2


def test_a_line_that_cannot_be_reached_pauses_and_its_texts_keep_their_place(rig: Rig) -> None:
    made = Rows(rig.parts)
    ids = []
    for n in range(5):
        ids.append(made.add(channel="android", lane=f"android:{n}"))
        rig.pass_by(milliseconds=10)
    rig.phone.off()
    for _ in range(4):
        drain_outbox(rig.parts)
        rig.pass_by(seconds=5)
    with rig.parts.store.read() as tx:
        bucket = counts.list_buckets(tx)["android"]
        assert {row.attempts for row in outbox.list_rows(tx)} == {0}
    assert (bucket.why, bucket.sent) == ("no-connection", 0)
    (line,) = [each for each in list_statuses(rig.parts) if each.name == "android"]
    assert line.waiting == 5
    rig.phone.on()
    rig.pass_by(minutes=2)
    drain_outbox(rig.parts)
    assert [message["id"] for message in rig.phone.given] == ids


def test_a_phone_that_was_never_heard_from_is_a_finding_and_sends_all_the_same(rig: Rig) -> None:
    assert "never heard" in finding(rig).words
    Rows(rig.parts).add(channel="android")
    drain_outbox(rig.parts)
    assert len(rig.phone.sent) == 1


def test_a_weak_battery_is_a_finding_unless_it_is_being_charged(rig: Rig) -> None:
    for battery, charging, ok in (
        (12, False, False),
        (12, True, True),
        (80, False, True),
        (None, None, True),
    ):
        channel_status.note_seen(
            rig.parts, ChannelSeen(channel="android", battery=battery, charging=charging)
        )
        assert finding(rig).ok is ok, battery
        rig.pass_by(seconds=20)


def test_a_day_s_cap_counts_parts_and_ends_with_the_day(rig: Rig) -> None:
    rig.is_seen()
    rig.parts.channels["android"] = find_channel(config_of(rig.phone, rate="50", day_limit="6"))  # type: ignore[index]
    made = Rows(rig.parts)
    for _ in range(4):
        made.add(channel="android", parts=2, expires_at=rig.clock.now() + timedelta(days=2))
    drain_outbox(rig.parts)
    assert len(rig.phone.given) == 3
    assert "6 texts are sent" in finding(rig).words
    rig.pass_by(hours=12)
    rig.is_seen()
    drain_outbox(rig.parts)
    assert len(rig.phone.given) == 4


def test_alerts_go_by_number_and_past_a_line_that_is_down_while_she_is_answered_where_she_wrote(
    rig: Rig,
) -> None:
    with StandinPhone() as second:
        first = find_channel(config_of(rig.phone, rate="50", prefixes="+856", fallback="android2"))
        other = find_channel(config_of(second, "android2", rate="50", prefixes="+66"))
        rig.parts.channels.update({"android": first, "android2": other})  # type: ignore[attr-defined]
        rig.is_seen()
        for number, line in (("+85620555000", "android"), ("+66800000001", "android2")):
            person(rig, f"on {line}", number)
        her = Phone(rig.parts, channel="android")
        her.texts("ໂທຫາຂ້ອຍ")
        her.texts("2 3")
        drain_outbox(rig.parts)
        assert told(rig) == {"on android": "android", "on android2": "android2"}

        rig.pass_by(minutes=16)  # nothing was heard of the first meanwhile
        her = Phone(rig.parts, number="+8562055512399", channel="android")
        her.texts("ໂທຫາຂ້ອຍ")
        her.texts("2 3")
        drain_outbox(rig.parts)
        assert told(rig) == {"on android": "android2", "on android2": "android2"}
        assert {text["to"] for text in second.sent} == {"+85620555000", "+66800000001"}
        answers = [row for row in rows(rig.parts) if row.kind == "answer"]
        assert {row.channel for row in answers} == {"android"}


def person(rig: Rig, name: str, number: str) -> None:
    made = new_id(rig.clock.now())
    with rig.parts.store.write() as tx:
        people.add_person(tx, made, name=name, name_key=name, role="counsellor", now=rig.clock.now())
        people.set_number(tx, made, number)
        people.set_duty(tx, made, on=True)


def told(rig: Rig) -> dict[str, str]:
    """Whose newest alert goes by which line."""
    with rig.parts.store.read() as tx:
        found = {}
        for row in rows(rig.parts):
            if row.kind == "alert" and row.person_id:
                who = people.by_id(tx, row.person_id)
                assert who is not None
                found[who.name] = row.channel
    return found


def test_the_list_of_lines_holds_no_secret_and_no_number_of_hers(rig: Rig) -> None:
    rig.posts.text("+8562055512345", "help")
    shown = str([format_status(line) for line in list_statuses(rig.parts)])
    assert "12345" not in shown
    assert "key" not in shown
    assert "password" not in shown
