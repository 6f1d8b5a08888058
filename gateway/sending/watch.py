"""Watches the lines that are expected to say something now and then: a silent one pauses, and people are told."""

import logging
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.channel import Channel, Watched
from gateway.messages import Seen
from gateway.parts import Parts
from gateway.store import settings
from gateway.store.engines import Tx, Unavailable

_log = logging.getLogger(__name__)

PREFIX = "line-life:"
"""What the name of the setting begins with; the line's name follows."""

OFTEN_ENOUGH = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What a line last told of itself.

    Attributes:
        seen_at: when it was last heard from; None where it never was.
        battery: in percent.
        charging: whether it hangs on a charger.
        failed: texts that failed there in an hour.
        silent: people were told that it is silent.
    """

    seen_at: datetime | None = None
    battery: int | None = None
    charging: bool | None = None
    failed: int | None = None
    silent: bool = False


def seen(parts: Parts, event: Seen) -> None:
    """Note a sign of life. Never raises: it comes with her text, and that must not wait for it."""
    try:
        if _is_new(parts, event):
            with parts.store.write() as tx:
                _note(parts, tx, event)
    except Unavailable:
        _log.info("line %s: its sign of life could not be noted", event.channel)


def life(tx: Tx, channel: str) -> Life:
    """Return what is known of a line."""
    kept: dict[str, Any] = settings.get(tx, PREFIX + channel, {})
    at = kept.get("seen_at")
    return Life(**{**kept, "seen_at": datetime.fromisoformat(at) if at else None})


def is_silent(channel: Channel, known: Life, now: datetime) -> bool:
    """Say whether a line that was heard from once has said nothing for longer than it should."""
    after = channel.contract.silent_after
    return after is not None and known.seen_at is not None and now - known.seen_at > after


def silent(parts: Parts, tx: Tx, now: datetime) -> frozenset[str]:
    """Return the lines that are silent; nothing leaves by them, since nobody knows how far it would come."""
    return frozenset(
        name
        for name, channel in parts.channels.items()
        if channel.contract.silent_after is not None and is_silent(channel, life(tx, name), now)
    )


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
        for name in sorted(silent(parts, tx, parts.clock.now())):
            _tell(parts, tx, name)


def _is_new(parts: Parts, event: Seen) -> bool:
    with parts.store.read() as tx:
        known = life(tx, event.channel)
    if known.silent or known.seen_at is None or parts.clock.now() - known.seen_at > OFTEN_ENOUGH:
        return True
    return event.battery is not None and (event.battery, event.charging) != (known.battery, known.charging)


def _note(parts: Parts, tx: Tx, event: Seen) -> None:
    known = life(tx, event.channel)
    told = event if event.battery is not None else known
    now = parts.clock.now()
    if known.silent:
        _log.warning("line %s is heard again", event.channel)
    fresh = Life(seen_at=now, battery=told.battery, charging=told.charging, failed=told.failed)
    _put(tx, event.channel, fresh, now)


def _tell(parts: Parts, tx: Tx, name: str) -> None:
    known = life(tx, name)
    if known.silent:
        return
    _log.error("line %s is silent: nothing leaves by it until it is heard again", name)
    parts.count.add("alarm", "silent", channel=name)
    values = asdict(known) | {"silent": True}
    _put(tx, name, Life(**values), parts.clock.now())


def _put(tx: Tx, name: str, fresh: Life, now: datetime) -> None:
    value = asdict(fresh) | {"seen_at": fresh.seen_at.isoformat() if fresh.seen_at else None}
    settings.put(tx, PREFIX + name, value, by="line", now=now)
