"""What each line last told of itself; by it a line that has fallen silent is known to everybody."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from gateway.channel import Channel
from gateway.store import settings
from gateway.store.engines import Tx

PREFIX = "line-life:"
"""What the name of the setting begins with; the line's name follows."""


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


def of(tx: Tx, channel: str) -> Life:
    """Return what is known of a line."""
    kept: dict[str, Any] = settings.get(tx, PREFIX + channel, {})
    at = kept.get("seen_at")
    return Life(**{**kept, "seen_at": datetime.fromisoformat(at) if at else None})


def put(tx: Tx, channel: str, known: Life, *, now: datetime) -> None:
    """Write what is known of a line now."""
    value = asdict(known) | {"seen_at": known.seen_at.isoformat() if known.seen_at else None}
    settings.put(tx, PREFIX + channel, value, by="line", now=now)


def touch(tx: Tx, channel: str, heard_at: datetime) -> None:
    """Note when a channel was last heard from, and leave what it told of itself as it is."""
    known = of(tx, channel)
    if known.seen_at is None or known.seen_at < heard_at:
        put(tx, channel, replace(known, seen_at=heard_at), now=heard_at)


def is_silent(channel: Channel, known: Life, now: datetime) -> bool:
    """Say whether a line that was heard from once has said nothing for longer than it should."""
    after = channel.contract.silent_after
    return after is not None and known.seen_at is not None and now - known.seen_at > after


def silent(tx: Tx, channels: Mapping[str, Channel], now: datetime) -> frozenset[str]:
    """Return the lines that are silent; nothing leaves by them, since nobody knows how far it would come."""
    return frozenset(
        name
        for name, channel in channels.items()
        if channel.contract.silent_after is not None and is_silent(channel, of(tx, name), now)
    )
