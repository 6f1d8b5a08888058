"""How each line stands: heard from or silent, paused or sending, what waits for it, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.channel import Channel
from gateway.outbox.bucket import Bucket
from gateway.parts import Parts
from gateway.sending.claim import limits_of
from gateway.store import life, lines, outbox
from gateway.store.life import Life

LOW_BATTERY = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One line.

    Attributes:
        name: the configured line.
        channel: its adapter.
        life: what it last told of itself.
        silent: it says nothing; nothing leaves by it.
        paused_until: nothing leaves by it before.
        why: the word for the pause.
        sent: texts of today, in parts.
        day: how many it may send in a day; 0 where there is no limit.
        waiting: texts that wait for it.
        sort: what is wrong, as a word: never, silent, paused, full, battery; empty where nothing is.
        trouble: the same, in a sentence.
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
    waiting: int
    sort: str = ""
    trouble: str = ""
    fix: str = ""


def standings(parts: Parts) -> tuple[Standing, ...]:
    """Return every line in the order of the configuration.

    Raises:
        Unavailable: SQL cannot be asked.
    """
    with parts.store.read() as tx:
        buckets, waiting = lines.all_of(tx), outbox.waiting(tx)
        lives = {name: life.of(tx, name) for name in parts.channels}
    return tuple(
        _standing(parts, name, lives[name], buckets.get(name), waiting.get(name, 0))
        for name in parts.channels
    )


def as_json(line: Standing) -> dict[str, Any]:
    """Return one line as ``gateway channels list --json`` shows it."""
    config = line.channel.config
    return {
        "name": line.name,
        "provider": config.provider,
        "real": line.channel.contract.real,
        "number": config.sms_number,
        "prefixes": list(config.prefixes),
        "fallback": list(config.fallback),
        "seen_at": _stamp(line.life.seen_at),
        "silent": line.silent,
        "battery": line.life.battery,
        "charging": line.life.charging,
        "paused_until": _stamp(line.paused_until),
        "why": line.why,
        "sent_today": line.sent,
        "day_limit": line.day,
        "waiting": line.waiting,
        "trouble": line.trouble,
    }


def _standing(parts: Parts, name: str, known: Life, bucket: Bucket | None, waiting: int) -> Standing:
    now, channel = parts.clock.now(), parts.channels[name]
    paused = bucket.paused_until if bucket and bucket.paused_until and bucket.paused_until > now else None
    today = now.astimezone(ZoneInfo(parts.line.zone)).date()
    facts: dict[str, Any] = {
        "name": name,
        "channel": channel,
        "life": known,
        "silent": life.is_silent(channel, known, now),
        "paused_until": paused,
        "why": bucket.why if bucket and paused else "",
        "sent": bucket.sent if bucket and bucket.day == today else 0,
        "day": limits_of(channel).day,
        "waiting": waiting,
    }
    sort, trouble, fix = _trouble(facts)
    return Standing(**facts, sort=sort, trouble=trouble, fix=fix)


def _trouble(line: Mapping[str, Any]) -> tuple[str, str, str]:
    """Say the worst that is wrong with a line that reaches real phones."""
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
    if expected and known.battery is not None and known.battery <= LOW_BATTERY and not known.charging:
        return "battery", f"its battery is at {known.battery} %", "put the phone on its charger"
    return "", "", ""


def _stamp(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if instant else None
