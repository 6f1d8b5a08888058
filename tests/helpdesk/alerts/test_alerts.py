"""Calling for help: by an open road, in their language, to more people the longer nobody comes, until somebody does."""

import json
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import update

from gateway.channels.contract import Contract
from gateway.domain.outbox.send_policy import Bucket
from gateway.domain.permissions import NotPermitted, Role
from gateway.helpdesk.alerts import alerts, announce
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.queue import claim, outcome, timers
from gateway.helpdesk.staff import people, shifts
from gateway.storage import counts, outbox, settings
from gateway.storage import people as stored
from gateway.storage.tables import outbox as rows
from tests.support.desk_rig import HER, Desk
from tests.support.house import publish
from tests.support.wordings import texts_of

STAFF = texts_of("staff_")
ALERTS = ("asked", "passed", "still", "test", "texted", "urgent")


def with_lines(desk: Desk, *names: str) -> Desk:
    """The same desk with these lines, all of them real; the second falls silent after a minute."""
    channels: dict[str, Any] = {
        name: SimpleNamespace(
            contract=SimpleNamespace(
                silent_after=timedelta(minutes=1) if n == 1 else None, real=True, carries_texts=True
            ),
            config=SimpleNamespace(menu="helpline", prefixes=(), fallback=(), sms_number="", options={}),
        )
        for n, name in enumerate(names)
    }
    return Desk(replace(desk.parts, channels=channels, public_url="https://desk.example"), desk.clock)


def work(desk: Desk) -> None:
    """Work each inside row once, as the workers do."""
    with desk.parts.store.write() as tx:
        for row in reversed(outbox.list_rows(tx)):
            if row.kind in ("announce", "escalate") and row.state == "pending":
                getattr(announce, f"{row.kind}_request")(desk.parts, tx, row)
                tx.execute(update(rows).where(rows.c.id == row.id).values(state="sent"))


def told(desk: Desk) -> list[tuple[str, str, str]]:
    """Who was told, by which line, in which words; oldest first."""
    work(desk)
    with desk.parts.store.read() as tx:
        texts = [outbox.open_row(tx, row) for row in reversed(outbox.list_rows(tx)) if row.kind == "alert"]
        found = [(stored.by_id(tx, row.person_id or ""), row) for row in texts]
    return [(one.name, row.channel, (row.payload or {})["text"]) for one, row in found if one]


def names(desk: Desk) -> list[str]:
    return [name for name, _, _ in told(desk)]


def pause(desk: Desk, *channels: str) -> None:
    now = desk.clock.now()
    with desk.parts.store.write() as tx:
        fresh = Bucket(tokens=0, filled_at=now, paused_until=now + timedelta(minutes=5), why="faults")
        counts.ensure_buckets(tx, dict.fromkeys(channels, fresh))


# --- the road


def test_the_line_she_used_comes_first(light: Desk) -> None:
    desk = with_lines(light, "android", "simulator")
    desk.person("Noy", on_duty=True)
    desk.requested()
    assert [channel for _, channel, _ in told(desk)] == ["simulator"]


def test_a_paused_line_is_not_the_road(line: Desk) -> None:
    desk = with_lines(line, "simulator", "android", "third")
    pause(desk, "simulator")
    desk.person("Noy", on_duty=True)
    desk.requested()
    assert [channel for _, channel, _ in told(desk)] == ["android"]


def test_a_silent_line_is_not_the_road(light: Desk) -> None:
    desk = with_lines(light, "third", "simulator", "fourth")
    with desk.parts.store.write() as tx:
        settings.save_heartbeat(
            tx, "simulator", settings.Life(seen_at=desk.clock.now()), now=desk.clock.now()
        )
    desk.clock.forward(minutes=2)
    desk.person("Noy", on_duty=True)
    desk.requested()
    assert [channel for _, channel, _ in told(desk)] == ["third"]


def test_the_order_of_the_setting_counts(light: Desk) -> None:
    desk = with_lines(light, "simulator", "android", "third")
    with desk.parts.store.write() as tx:
        settings.save_setting(tx, alerts.ROADS, ["gone", "third", "android"], by="Boss", now=desk.clock.now())
    desk.person("Noy", on_duty=True)
    desk.requested()
    assert [channel for _, channel, _ in told(desk)] == ["third"]


def test_where_every_road_is_closed_the_first_one_is_waited_for(light: Desk) -> None:
    desk = with_lines(light, "simulator", "android")
    pause(desk, "simulator", "android")
    desk.person("Noy", on_duty=True)
    desk.requested()
    assert [channel for _, channel, _ in told(desk)] == ["simulator"]


def test_a_contract_says_after_what_silence_a_line_is_closed() -> None:
    assert "silent_after" in Contract.__dataclass_fields__


# --- the words


@pytest.mark.parametrize(
    ("language", "word"), [("lo", "ມີຄຳຂໍດ່ວນ"), ("th", "คำขอด่วน"), ("en", "urgent"), ("", "urgent")]
)
def test_each_is_told_in_their_language(light: Desk, language: str, word: str) -> None:
    noy = light.person("Noy", on_duty=True)
    publish(light.parts)
    people.set_page_language(light.parts, noy, language)
    light.requested(danger="yes")
    [(_, _, text)] = told(light)
    assert word in text


@pytest.mark.parametrize("key", ALERTS)
def test_no_text_says_what_it_is_about(key: str) -> None:
    assert set(STAFF[key]) == {"en", "lo", "th"}
    for text in STAFF[key].values():
        assert not any(c.isdigit() for c in text)
        assert len(text) <= 70
        for word in ("help", "union", "mrc", "worker", "danger", "http"):
            assert word not in text.lower()


# --- who, and how often


def in_danger(desk: Desk) -> str:
    callback = desk.requested(when="evening", danger="yes")
    desk.clock.set("2026-11-24T18:00:00+07:00")
    return callback


def minutes_pass(desk: Desk, minutes: int) -> int:
    desk.clock.forward(minutes=minutes)
    return timers.escalate_stalled(desk.parts)


def test_danger_is_told_to_one_more_each_time_until_somebody_takes_it(line: Desk) -> None:
    chief = line.person("Chief", Role.SUPERVISOR)
    noy, dao = line.person("Noy"), line.person("Dao")
    line.person("Boss", Role.SUPERVISOR, on_duty=True)
    alerts.set_list(line.parts, chief, [noy.person_id, dao.person_id, noy.person_id])
    callback = in_danger(line)
    work(line)
    before = len(told(line))
    heard = []
    for _ in range(4):
        assert minutes_pass(line, 10) == 1
        heard.append(sorted(names(line)[before:]))
        before += len(heard[-1])
    assert heard == [["Boss"], ["Boss", "Noy"], ["Boss", "Dao", "Noy"], ["Boss", "Dao", "Noy"]]
    claim.claim_callback(line.parts, dao, callback)
    assert minutes_pass(line, 10) == 0
    assert line.callback(callback).told == 0


def test_with_nobody_on_duty_the_first_of_the_list_is_told_at_once(light: Desk) -> None:
    chief = light.person("Chief", Role.SUPERVISOR)
    noy = light.person("Noy")
    alerts.set_list(light.parts, chief, [noy.person_id])
    light.clock.set("2026-11-24T07:00:00+07:00")  # before the line opens
    light.requested("+8562055500009", when="evening")
    assert names(light) == []
    light.requested(when="evening", danger="yes")
    assert names(light) == ["Noy"]


def test_a_shift_is_duty(light: Desk) -> None:
    chief, noy = light.person("Chief", Role.SUPERVISOR), light.person("Noy")
    shifts.set_week(light.parts, chief, noy.person_id, {"tue": ["14:00-21:00"]})
    light.requested()
    assert names(light) == ["Noy"]


def test_what_is_not_danger_is_not_repeated_within_hours(light: Desk) -> None:
    noy = light.person("Noy")
    light.person("Boss", Role.SUPERVISOR, on_duty=True)
    callback = light.requested(when="now")
    light.calling(noy, callback)
    outcome.record_outcome(light.parts, noy, callback_id=callback, outcome="wrong_number")
    assert minutes_pass(light, 30) == 1
    assert minutes_pass(light, 60) == 0
    assert minutes_pass(light, 180) == 1


def test_alerts_of_one_request_never_carry_anything_of_hers(light: Desk) -> None:
    light.person("Boss", Role.SUPERVISOR, on_duty=True)
    callback = in_danger(light)
    minutes_pass(light, 10)
    code = light.callback(callback).code
    for _, _, text in told(light):
        assert code not in text
        assert HER[-4:] not in text


# --- the list and its test


def test_the_list_is_kept_in_order(line: Desk) -> None:
    chief, noy = line.person("Chief", Role.SUPERVISOR), line.person("Noy")
    alerts.set_list(line.parts, chief, [noy.person_id, chief.person_id])
    assert [one.person.name for one in alerts.list_alerts(line.parts, chief)] == ["Noy", "Chief"]
    alerts.set_list(line.parts, chief, [])
    assert alerts.list_alerts(line.parts, chief) == ()
    with pytest.raises(Rejected):
        alerts.set_list(line.parts, chief, ["nobody"])


def test_a_test_text_says_that_it_is_one_and_goes_once_a_minute(line: Desk) -> None:
    chief, noy = line.person("Chief", Role.SUPERVISOR), line.person("Noy")
    alerts.set_list(line.parts, chief, [noy.person_id])
    assert alerts.send_test(line.parts, chief, noy.person_id)
    assert alerts.send_test(line.parts, chief, noy.person_id) is None
    assert [(name, text) for name, _, text in told(line)] == [("Noy", STAFF["test"]["en"])]
    [contact] = alerts.list_alerts(line.parts, chief)
    assert (contact.tested, contact.tested_at) == ("pending", line.clock.now())


def test_who_cannot_be_tested(light: Desk) -> None:
    chief, mute = light.person("Chief", Role.SUPERVISOR), light.person("Mute", number=None)
    for person, why in ((mute.person_id, Why.NUMBER), ("nobody", Why.NOBODY)):
        with pytest.raises(Rejected) as declined:
            alerts.send_test(light.parts, chief, person)
        assert declined.value.why is why


@pytest.mark.parametrize("role", [Role.COUNSELLOR, Role.READER])
def test_who_may_not_keep_the_list(light: Desk, role: Role) -> None:
    one = light.person("One", role)
    for deed in (
        lambda: alerts.list_alerts(light.parts, one),
        lambda: alerts.set_list(light.parts, one, []),
        lambda: alerts.send_test(light.parts, one, one.person_id),
    ):
        with pytest.raises(NotPermitted):
            deed()


def test_links_go_only_to_those_who_work_by_text(light: Desk) -> None:
    desk = with_lines(light, "simulator")
    boss = desk.person("Boss", Role.SUPERVISOR)
    noy = desk.person("Noy", on_duty=True)
    desk.person("Dao", on_duty=True)
    people.set_by_text(desk.parts, boss, noy.person_id, on=True)
    desk.requested()
    texts = {name: text for name, _, text in told(desk)}
    assert "https://desk.example/t/" in texts["Noy"]
    assert "http" not in texts["Dao"]
    assert "https" not in json.dumps(desk.rows("SELECT once, lane, reason FROM outbox"))
