"""By which line a text that we start reaches a caller, and what becomes of it when that line stops."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from gateway.bootstrap import _list_way_faults
from gateway.channels.contract import Channel
from gateway.domain.outbox.send_policy import RateLimits, make_full_bucket
from gateway.foundation.services import Services
from gateway.helpdesk.alerts.line_alerts import choose_line, move_waiting_texts, tell_stopped_lines
from gateway.storage import callers, counts, outbox
from gateway.storage.database import Store
from gateway.storage.tables import outbox as rows
from tests.support import house
from tests.support.channel_tables import line_of
from tests.support.clocks import SetClock
from tests.support.desk_rig import Desk

LAO, THAI = "+8562055500001", "+66810000001"
TEXTS = {"api_key": "k", "api_secret": "s", "api_url": "http://127.0.0.1:1"}


def line(
    name: str, provider: str = "vonage", prefixes: tuple[str, ...] = (), others: tuple[str, ...] = ()
) -> Channel:
    options = {"vonage": TEXTS, "hubtel": {"live": "yes"}}.get(provider, {})
    channel = line_of(provider, name, **options)
    channel.config = replace(channel.config, caller_prefixes=prefixes, caller_fallback=others)
    return channel


LINES: Mapping[str, Channel] = {
    each.config.name: each
    for each in (
        line("code", "hubtel", others=("phone",)),
        line("phone", prefixes=("+85620",), others=("kannel",)),
        line("kannel", others=("code", "phone")),
        line("thai", prefixes=("+66",), others=("far",)),
        line("far"),
        line("alone", "hubtel"),
        line("simulator", "simulator"),
    )
}


@pytest.fixture
def parts(store: Store, clock: SetClock, tmp_path: Path) -> Services:
    found = replace(house.made_parts(store, clock, tmp_path), channels=LINES)
    house.publish(found)
    return found


@pytest.fixture
def light(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> Services:
    """The same on one database, for what no database decides."""
    return replace(house.made_parts(sqlite_store, clock, tmp_path), channels=LINES)


def stop(parts: Services, *names: str, minutes: int = 6) -> None:
    """Let lines be paused for so long, with the chore that watches them."""
    for _ in range(minutes):
        now = parts.clock.now()
        with parts.store.write() as tx:
            for name in names:
                bucket = make_full_bucket(RateLimits(), now)
                paused = replace(
                    bucket, paused_until=now + timedelta(seconds=90), why="no-connection", faults=3
                )
                counts.ensure_buckets(tx, {name: bucket})
                counts.save_bucket(tx, name, paused)
        tell_stopped_lines(parts)
        parts.clock.forward(minutes=1)  # type: ignore[attr-defined] # the clock of tests


def known(parts: Services, number: str) -> str:
    with parts.store.write() as tx:
        return callers.upsert_caller(tx, number, now=parts.clock.now()).id


CASES = [
    # her number, her line, lines that have stopped, the line that is taken
    (LAO, "far", (), "phone"),
    (THAI, "far", (), "thai"),
    ("+254700000001", "far", (), "far"),
    ("+254700000001", "code", (), "phone"),
    (LAO, "code", (), "phone"),
    (LAO, "kannel", ("phone",), "kannel"),
    (THAI, "kannel", ("thai",), "far"),
    (THAI, "kannel", ("thai", "far"), "kannel"),
    (THAI, "kannel", ("thai", "far", "kannel"), "thai"),
    ("+254700000001", "kannel", ("kannel",), "phone"),
    ("+254700000001", "alone", (), "alone"),
    ("+254700000001", "alone", ("phone",), "alone"),
    (LAO, "simulator", (), "simulator"),
    (LAO, "simulator", ("phone",), "simulator"),
    (LAO, "gone", (), "phone"),
]


@pytest.mark.parametrize(("number", "own", "stopped", "taken"), CASES)
def test_the_line_of_a_text_that_we_start(
    light: Services, number: str, own: str, stopped: tuple[str, ...], taken: str
) -> None:
    caller = known(light, number)
    if stopped:
        stop(light, *stopped)
    with light.store.read() as tx:
        assert choose_line(light, tx, caller, own, light.clock.now()) == taken


def test_a_pause_of_a_moment_moves_nothing(light: Services) -> None:
    caller = known(light, LAO)
    stop(light, "phone", minutes=2)
    with light.store.read() as tx:
        assert choose_line(light, tx, caller, "far", light.clock.now()) == "phone"


def test_an_erased_caller_keeps_her_line(light: Services) -> None:
    with light.store.read() as tx:
        assert choose_line(light, tx, None, "far", light.clock.now()) == "far"
        assert choose_line(light, tx, "nobody", "far", light.clock.now()) == "far"


def waiting(parts: Services, channel: str, once: str, *, about: str | None = None, **values: object) -> str:
    """Add a text to a caller in Laos that waits; ``values`` are what became of it."""
    now, caller = parts.clock.now(), known(parts, LAO)
    with parts.store.write() as tx:
        row = outbox.add_row(
            tx,
            kind="ours",
            channel=channel,
            lane=f"{channel}:{caller}",
            due_at=now,
            expires_at=now + timedelta(days=1),
            once=once,
            now=now,
            payload={"text": "Hello", "link": ""},
            caller_id=caller,
            callback_id=about,
        )
        assert row is not None
        if values:
            tx.execute(update(rows).where(rows.c.id == row).values(**values))
    return row


def line_now(parts: Services, row: str) -> tuple[str, str]:
    with parts.store.read() as tx:
        found = tx.execute(select(rows.c.channel, rows.c.lane).where(rows.c.id == row)).one()
    return found.channel, found.lane.partition(":")[0]


def test_what_waits_by_a_line_that_stopped_moves_and_what_was_tried_never_does(
    parts: Services, clock: SetClock
) -> None:
    about = Desk(parts, clock).requested(LAO)
    far_off: datetime = parts.clock.now() + timedelta(hours=5)
    fresh = waiting(parts, "phone", "1", about=about)
    tried = waiting(parts, "phone", "2", about=about, attempts=1)
    unclear = waiting(parts, "phone", "3", about=about, attempts=1, state="unclear")
    sent = waiting(parts, "phone", "4", about=about, attempts=1, state="sent")
    later = waiting(parts, "phone", "5", about=about, due_at=far_off)
    answer = waiting(parts, "phone", "6")
    other = waiting(parts, "far", "7", about=about)
    assert move_waiting_texts(parts) == 0
    stop(parts, "phone")
    assert move_waiting_texts(parts) == 1
    assert move_waiting_texts(parts) == 0
    assert line_now(parts, fresh) == ("kannel", "kannel")
    for row in (tried, unclear, sent, later, answer):
        assert line_now(parts, row) == ("phone", "phone")
    assert line_now(parts, other) == ("far", "far")


def test_with_every_other_line_down_it_waits_where_it_is(parts: Services, clock: SetClock) -> None:
    row = waiting(parts, "phone", "1", about=Desk(parts, clock).requested(LAO))
    stop(parts, "phone", "kannel")
    assert move_waiting_texts(parts) == 0
    assert line_now(parts, row) == ("phone", "phone")


@pytest.mark.parametrize(
    ("lines", "faults"),
    [
        ((line("a", others=("b",)), line("b")), []),
        (
            (line("a", others=("b",)), line("b", "hubtel")),
            ["channels.a.caller_fallback names b, which carries no texts"],
        ),
        (
            (line("b", "hubtel", prefixes=("+856",)),),
            ["channels.b.caller_prefixes: this line carries no texts"],
        ),
        (
            (line("a", prefixes=("+856",)), line("b", prefixes=("+856", "+66"))),
            ["channels.b.caller_prefixes has +856, as channels.a has"],
        ),
    ],
)
def test_ways_that_lead_nowhere_are_named(lines: tuple[Channel, ...], faults: list[str]) -> None:
    assert _list_way_faults({each.config.name: each for each in lines}) == faults
