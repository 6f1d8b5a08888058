"""Reports the status of each channel: heartbeats, pauses of one that has fallen silent, and what its operator texts.

An operator's text ("your SIM expires") comes from a name or a short code, so nobody answers it: it is kept for
administrators and out of every caller's thread. Whatever else has no number to answer is a person's (a withheld
number, another medium) and is not kept: an administrator may not read what a caller writes.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.channels.contract import Channel, Watched
from gateway.delivery.claim import get_limits
from gateway.domain.events import ChannelSeen, NotANumber
from gateway.domain.outbox.send_policy import Bucket
from gateway.foundation.phone_numbers import FEWEST_DIGITS
from gateway.foundation.services import Services
from gateway.storage import conversations, counts, settings
from gateway.storage.conversations import OperatorNotice
from gateway.storage.counts import ChannelRows
from gateway.storage.database import Tx, Unavailable
from gateway.storage.settings import Life

LOW_BATTERY = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStatus:
    """Status of one channel.

    Attributes:
        name: the configured name.
        channel: its adapter.
        life: its last heartbeat.
        silent: it sent no heartbeat for too long; nothing is sent through it.
        paused_until: nothing is sent before this instant; None if it is not paused.
        why: code of the reason for the pause.
        sent: message parts sent today.
        day: daily limit of parts; 0 for none.
        spent: money spent on texts today, in hundredths of a cent.
        day_spend: daily limit of it; 0 for none.
        waiting: number of outbox rows waiting for it.
        sort: the most severe problem: never, silent, paused, full or battery; empty if there is none.
        trouble: that problem as a sentence.
        fix: what to do about it.
    """

    name: str
    channel: Channel
    life: Life
    silent: bool
    paused_until: datetime | None
    why: str
    sent: int
    day: int
    spent: int
    day_spend: int
    waiting: int
    sort: str = ""
    trouble: str = ""
    fix: str = ""


def list_statuses(parts: Services) -> tuple[ChannelStatus, ...]:
    """Return the status of every channel, in the order of the configuration.

    Raises:
        Unavailable: the database cannot be reached.
    """
    with parts.store.read() as tx:
        return compose_statuses(parts, counts.read_channels(tx, parts.channels))


def compose_statuses(parts: Services, rows: ChannelRows) -> tuple[ChannelStatus, ...]:
    """Return the status of every channel out of its rows, in the order of the configuration."""
    return tuple(
        _find_status(parts, name, rows.lives[name], rows.buckets.get(name), rows.waiting[name])
        for name in parts.channels
    )


def format_status(line: ChannelStatus) -> dict[str, Any]:
    """Return one channel in the public JSON shape of ``gateway channels list --json``; instants are RFC 3339 in UTC."""
    config = line.channel.config
    return {
        "name": line.name,
        "provider": config.provider,
        "real": line.channel.contract.real,
        "number": config.sms_number,
        "prefixes": list(config.prefixes),
        "fallback": list(config.fallback),
        "seen_at": _format_stamp(line.life.seen_at),
        "silent": line.silent,
        "battery": line.life.battery,
        "charging": line.life.charging,
        "paused_until": _format_stamp(line.paused_until),
        "why": line.why,
        "sent_today": line.sent,
        "day_limit": line.day,
        "spent_today": line.spent / 10_000,
        "day_spend": line.day_spend / 10_000,
        "waiting": line.waiting,
        "trouble": line.trouble,
    }


def _find_status(
    parts: Services, name: str, known: Life, bucket: Bucket | None, waiting: int
) -> ChannelStatus:
    now, channel = parts.clock.now(), parts.channels[name]
    paused = bucket.paused_until if bucket and bucket.paused_until and bucket.paused_until > now else None
    today = now.astimezone(ZoneInfo(parts.line.zone)).date()
    facts: dict[str, Any] = {
        "name": name,
        "channel": channel,
        "life": known,
        "silent": settings.is_silent(channel, known, now),
        "paused_until": paused,
        "why": bucket.why if bucket and paused else "",
        "sent": bucket.sent if bucket and bucket.day == today else 0,
        "day": get_limits(channel).day,
        "spent": bucket.spent if bucket and bucket.day == today else 0,
        "day_spend": get_limits(channel).spend,
        "waiting": waiting,
    }
    sort, trouble, fix = _find_problem(facts)
    return ChannelStatus(**facts, sort=sort, trouble=trouble, fix=fix)


def _find_problem(line: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return (code, sentence, remedy) of the most severe problem; three empty strings if there is none.

    ``line`` holds the fields of ``ChannelStatus`` that are known so far, by name.
    """
    known: Life = line["life"]
    guide = line["channel"].contract.guide
    look_at_it = (
        f"{guide} says what to look at, one thing after the other" if guide else "look at its provider"
    )
    wait = f"; {line['waiting']} texts wait" if line["waiting"] else ""
    expected = line["channel"].contract.silent_after is not None
    if expected and known.seen_at is None:
        return (
            "never",
            f"was never heard from{wait}",
            f"`gateway channels test {line['name']} --register`; {look_at_it}",
        )
    if line["silent"] and known.seen_at:
        return (
            "silent",
            f"silent since {known.seen_at:%d %b %H:%M} UTC, nothing leaves by it{wait}",
            look_at_it,
        )
    if line["why"]:
        return (
            "paused",
            f"paused ({line['why']}){wait}",
            f"`gateway channels test {line['name']}`; {look_at_it}",
        )
    if line["day"] and line["sent"] >= line["day"]:
        fix = "texts leave again tomorrow; day_limit in gateway.toml, and a second line, decide how many can"
        return "full", f"the day's {line['day']} texts are sent{wait}", fix
    if line["day_spend"] and line["spent"] >= line["day_spend"]:
        fix = "texts leave again tomorrow; day_spend in gateway.toml decides how much may be spent"
        return "full", f"the day's money is spent{wait}", fix
    if expected and known.battery is not None and known.battery <= LOW_BATTERY and not known.charging:
        return "battery", f"its battery is at {known.battery} %", "put the phone on its charger"
    return "", "", ""


def _format_stamp(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if instant else None


# Heartbeats. A channel that is expected to send them and falls silent is paused, and an alarm is counted.

_log = logging.getLogger(__name__)

OFTEN_ENOUGH = timedelta(seconds=15)
"""A heartbeat within this time of the last one is not written, unless it brings news."""


def note_seen(parts: Services, event: ChannelSeen) -> None:
    """Record a heartbeat. Never raises: it arrives with an inbound message, which must not fail because of it."""
    try:
        if _is_new(parts, event):
            with parts.store.write() as tx:
                _note_event(parts, tx, event)
    except Unavailable:
        _log.info("line %s: its sign of life could not be noted", event.channel)


def look_at_channels(parts: Services) -> None:
    """Query each channel that can be queried, then mark those that have fallen silent.

    Raises:
        Unavailable: the database cannot be reached.
    """
    for channel in parts.channels.values():
        if channel.contract.silent_after is not None and isinstance(channel, Watched):
            heartbeat = channel.look(now=parts.clock.now())
            if heartbeat is not None:
                note_seen(parts, heartbeat)
    with parts.store.write() as tx:
        for name in sorted(settings.list_silent(tx, parts.channels, parts.clock.now())):
            _tell_fallen(parts, tx, name)


def _is_new(parts: Services, event: ChannelSeen) -> bool:
    with parts.store.read() as tx:
        known = settings.find_heartbeat(tx, event.channel)
    if known.silent or known.seen_at is None or parts.clock.now() - known.seen_at > OFTEN_ENOUGH:
        return True
    return event.battery is not None and (event.battery, event.charging) != (known.battery, known.charging)


def _note_event(parts: Services, tx: Tx, event: ChannelSeen) -> None:
    known = settings.find_heartbeat(tx, event.channel)
    battery_from = event if event.battery is not None else known
    now = parts.clock.now()
    if known.silent:
        _log.warning("line %s is heard again", event.channel)
    fresh = Life(
        seen_at=now, battery=battery_from.battery, charging=battery_from.charging, failed=battery_from.failed
    )
    settings.save_heartbeat(tx, event.channel, fresh, now=now)


def _tell_fallen(parts: Services, tx: Tx, name: str) -> None:
    known = settings.find_heartbeat(tx, name)
    if known.silent:
        return
    _log.error("line %s is silent: nothing leaves by it until it is heard again", name)
    parts.count.add("alarm", "silent", channel=name)
    settings.save_heartbeat(tx, name, replace(known, silent=True), now=parts.clock.now())


A_DAY = 50
"""Notices kept of a channel in a day: advertisements come from short codes too."""

LONGEST = 1_000


def is_notice(event: NotANumber) -> bool:
    """Say whether it is from a name or a short code, and has words."""
    digits = re.sub(r"\D", "", event.sender)
    return bool(event.sender.strip() and event.text.strip()) and len(digits) < FEWEST_DIGITS


def keep_notice(parts: Services, event: NotANumber) -> bool:
    """Keep a notice once; False where it cannot be stored now, so that the provider posts it again."""
    if not is_notice(event):
        return True
    now, ring = parts.clock.now(), parts.store.ring

    def work(tx: Tx) -> bool:
        scope = ring.lookup("budget", event.channel, "notices")
        if not conversations.add_notice(
            tx,
            ring.lookup("turn", event.channel, "notice", event.turn),
            channel=event.channel,
            sender=event.sender.strip()[:40],
            words=event.text[:LONGEST],
            now=now,
        ):
            return False
        if counts.spend_use(tx, scope, f"{now:%Y%m%d}", now=now) > A_DAY:
            raise _TooMany  # which takes the row back
        return True

    try:
        is_new = parts.store.run(work)
    except _TooMany:
        parts.count.add("over_budget", channel=event.channel)
        return True
    except Unavailable:
        return False
    if is_new:
        parts.count.add("notice", channel=event.channel)
    return True


class _TooMany(Exception):
    """The channel's notices of the day are used up; nothing was kept."""


def read_notices(parts: Services, *, mark: bool) -> tuple[OperatorNotice, ...]:
    """Return the latest notices, and mark those as read if asked to.

    Raises:
        Unavailable: the database cannot be reached.
    """

    def work(tx: Tx) -> tuple[OperatorNotice, ...]:
        found = conversations.list_notices(tx)
        if mark and found:
            conversations.mark_seen(tx, until=found[0].at, now=parts.clock.now())
        return found

    return parts.store.run(work)
