"""Watches the lines that are expected to say something now and then: a silent one pauses, and people are told."""

import logging
from dataclasses import replace
from datetime import timedelta

from gateway.channel import Watched
from gateway.messages import Seen
from gateway.parts import Parts
from gateway.store import life
from gateway.store.engines import Tx, Unavailable
from gateway.store.life import Life

_log = logging.getLogger(__name__)

OFTEN_ENOUGH = timedelta(seconds=15)


def seen(parts: Parts, event: Seen) -> None:
    """Note a sign of life. Never raises: it comes with her text, and that must not wait for it."""
    try:
        if _is_new(parts, event):
            with parts.store.write() as tx:
                _note(parts, tx, event)
    except Unavailable:
        _log.info("line %s: its sign of life could not be noted", event.channel)


def look(parts: Parts) -> None:
    """Ask each line that can be asked how it is, then tell of those that have fallen silent.

    Raises:
        Unavailable: SQL cannot be asked.
    """
    for channel in parts.channels.values():
        if channel.contract.silent_after is not None and isinstance(channel, Watched):
            told = channel.look(now=parts.clock.now())
            if told is not None:
                seen(parts, told)
    with parts.store.write() as tx:
        for name in sorted(life.silent(tx, parts.channels, parts.clock.now())):
            _tell(parts, tx, name)


def _is_new(parts: Parts, event: Seen) -> bool:
    with parts.store.read() as tx:
        known = life.of(tx, event.channel)
    if known.silent or known.seen_at is None or parts.clock.now() - known.seen_at > OFTEN_ENOUGH:
        return True
    return event.battery is not None and (event.battery, event.charging) != (known.battery, known.charging)


def _note(parts: Parts, tx: Tx, event: Seen) -> None:
    known = life.of(tx, event.channel)
    told = event if event.battery is not None else known
    now = parts.clock.now()
    if known.silent:
        _log.warning("line %s is heard again", event.channel)
    fresh = Life(seen_at=now, battery=told.battery, charging=told.charging, failed=told.failed)
    life.put(tx, event.channel, fresh, now=now)


def _tell(parts: Parts, tx: Tx, name: str) -> None:
    known = life.of(tx, name)
    if known.silent:
        return
    _log.error("line %s is silent: nothing leaves by it until it is heard again", name)
    parts.count.add("alarm", "silent", channel=name)
    life.put(tx, name, replace(known, silent=True), now=parts.clock.now())
