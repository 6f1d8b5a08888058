"""What bridged calls may cost: so many a day, and a pause when the provider does not place them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.channel import Calls, Outcome
from gateway.desk.refusals import NoBridge
from gateway.outbox import bucket as buckets
from gateway.outbox.bucket import Limits
from gateway.store import lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.channel import Bridging, SendResult
    from gateway.outbox.bucket import Bucket
    from gateway.parts import Parts
    from gateway.store.engines import Tx

NEAREST_TO_OPEN = ("paused", "used_up", "no_number", "off")
"""Why a line cannot bridge, the word that is worth most to know first."""


def bridging_of(parts: Parts) -> Mapping[str, Bridging]:
    """Return what each line that can make calls may do, in the order of the configuration."""
    return {name: channel.bridging for name, channel in parts.channels.items() if isinstance(channel, Calls)}


def why_not(parts: Parts, tx: Tx) -> str:
    """Return why no line can bridge now, as a word; empty where one can."""
    kept = lines.all_of(tx)
    ways = {name: _stands(parts, one, kept.get(_name(name))) for name, one in bridging_of(parts).items()}
    return _word(ways)


def spend(parts: Parts, tx: Tx) -> str:
    """Take one call out of the day of the first line that can bridge, and return that line.

    Raises:
        NoBridge: there is none.
    """
    ways: dict[str, str] = {}
    for name, bridging in bridging_of(parts).items():
        limits = _limits(bridging)
        lines.ensure(tx, {_name(name): buckets.full(limits, parts.clock.now())})
        bucket = lines.held(tx, _name(name))
        ways[name] = _stands(parts, bridging, bucket)
        if bucket is not None and not ways[name]:
            lines.put(tx, _name(name), buckets.take(_filled(parts, bucket, bridging), limits))
            return name
    raise NoBridge(_word(ways))


def settle(parts: Parts, tx: Tx, channel: str, result: SendResult) -> None:
    """Note what came of placing a call: one that surely was not is given back, and failures close the bridge."""
    bucket = lines.held(tx, _name(channel))
    if bucket is None:
        return
    if result.outcome is Outcome.SENT:
        lines.put(tx, _name(channel), buckets.went_through(bucket, cost=result.cost))
        return
    if result.outcome is not Outcome.UNCLEAR:
        bucket = buckets.give_back(bucket)
    if result.outcome is not Outcome.REFUSED or result.alarm:  # else it was the number, and not the line
        now = parts.clock.now()
        bucket = buckets.call_did_not(bucket, now=now, reason=result.reason, alarm=result.alarm)
    lines.put(tx, _name(channel), bucket)


def _name(channel: str) -> str:
    """Return under which name a line's calls are counted, apart from its texts."""
    return f"{channel}.calls"


def _limits(bridging: Bridging) -> Limits:
    return Limits(rate=0, day=bridging.a_day)


def _stands(parts: Parts, bridging: Bridging, bucket: Bucket | None) -> str:
    if not bridging.on:
        return "off"
    if not bridging.number:
        return "no_number"
    if bucket is None:
        return ""
    wait = buckets.wait(_filled(parts, bucket, bridging), _limits(bridging), now=parts.clock.now())
    if wait is None:
        return "used_up"
    return "paused" if wait else ""


def _filled(parts: Parts, bucket: Bucket, bridging: Bridging) -> Bucket:
    now = parts.clock.now()
    today = now.astimezone(ZoneInfo(parts.line.zone)).date()
    return buckets.fill(bucket, _limits(bridging), now=now, today=today)


def _word(ways: Mapping[str, str]) -> str:
    found = set(ways.values()) or {"off"}
    return "" if "" in found else next(word for word in NEAREST_TO_OPEN if word in found)
