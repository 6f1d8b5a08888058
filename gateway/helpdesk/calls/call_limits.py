"""Limits calls: a daily budget of bridged calls per channel with a pause after failures, and numbers shown per hour."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.channels.contract import Calls, SendOutcome
from gateway.domain.outbox import send_policy
from gateway.domain.outbox.send_policy import RateLimits
from gateway.domain.permissions import ROLES, AuditAct, Permission, Role
from gateway.helpdesk.alerts import alerts
from gateway.helpdesk.errors import NoBridge, TooManyShown
from gateway.storage import attempts, audit, counts, people

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.channels.contract import Bridging, SendResult
    from gateway.domain.outbox.send_policy import Bucket
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.database import Tx

NEAREST_TO_OPEN = ("paused", "used_up", "no_number", "off")
"""Reasons why a channel cannot bridge, the one closest to working first."""


def find_bridging(parts: Services) -> Mapping[str, Bridging]:
    """Return the bridging settings of each channel that can make calls, in the order of the configuration."""
    return {name: channel.bridging for name, channel in parts.channels.items() if isinstance(channel, Calls)}


def find_obstacle(parts: Services, tx: Tx) -> str:
    """Return why no channel can bridge now, as a value of NEAREST_TO_OPEN; empty if one can."""
    return choose_obstacle(parts, counts.list_buckets(tx))


def list_accounts(parts: Services) -> tuple[str, ...]:
    """Return the names of the rate-limit buckets that ``choose_obstacle`` looks at."""
    return tuple(_name_account(name) for name in find_bridging(parts))


def choose_obstacle(parts: Services, accounts: Mapping[str, Bucket]) -> str:
    """Return what ``find_obstacle`` returns, out of buckets that were read before."""
    ways = {
        name: _describe_account(parts, one, accounts.get(_name_account(name)))
        for name, one in find_bridging(parts).items()
    }
    return _choose_word(ways)


def spend_call(parts: Services, tx: Tx) -> str:
    """Take one call from the daily budget of the first channel that can bridge, and return its name.

    Raises:
        NoBridge: no channel can bridge.
    """
    ways: dict[str, str] = {}
    for name, bridging in find_bridging(parts).items():
        limits = _find_limits(bridging)
        counts.ensure_buckets(
            tx, {_name_account(name): send_policy.make_full_bucket(limits, parts.clock.now())}
        )
        bucket = counts.hold_bucket(tx, _name_account(name))
        ways[name] = _describe_account(parts, bridging, bucket)
        if bucket is not None and not ways[name]:
            counts.save_bucket(
                tx, _name_account(name), send_policy.take_token(_fill_bucket(parts, bucket, bridging), limits)
            )
            return name
    raise NoBridge(_choose_word(ways))


def settle_call(parts: Services, tx: Tx, channel: str, result: SendResult) -> None:
    """Update a channel's budget with the result of a call.

    A call that was certainly not placed is refunded; failures pause the channel's calls.
    """
    bucket = counts.hold_bucket(tx, _name_account(channel))
    if bucket is None:
        return
    if result.outcome is SendOutcome.SENT:
        counts.save_bucket(tx, _name_account(channel), send_policy.note_success(bucket, cost=result.cost))
        return
    if result.outcome is not SendOutcome.UNCLEAR:
        bucket = send_policy.give_back(bucket)
    if (
        result.outcome is not SendOutcome.REFUSED or result.alarm
    ):  # otherwise the number was refused, which says nothing about the channel
        now = parts.clock.now()
        bucket = send_policy.note_failed_call(bucket, now=now, reason=result.reason, alarm=result.alarm)
    counts.save_bucket(tx, _name_account(channel), bucket)


def _name_account(channel: str) -> str:
    """Return the name of the rate-limit bucket for a channel's calls, separate from the one for its messages."""
    return f"{channel}.calls"


def _find_limits(bridging: Bridging) -> RateLimits:
    return RateLimits(rate=0, day=bridging.a_day)


def _describe_account(parts: Services, bridging: Bridging, bucket: Bucket | None) -> str:
    if not bridging.on:
        return "off"
    if not bridging.number:
        return "no_number"
    if bucket is None:
        return ""
    wait = send_policy.find_wait(
        _fill_bucket(parts, bucket, bridging), _find_limits(bridging), now=parts.clock.now()
    )
    if wait is None:
        return "used_up"
    return "paused" if wait else ""


def _fill_bucket(parts: Services, bucket: Bucket, bridging: Bridging) -> Bucket:
    now = parts.clock.now()
    today = now.astimezone(ZoneInfo(parts.line.zone)).date()
    return send_policy.fill_bucket(bucket, _find_limits(bridging), now=now, today=today)


def _choose_word(ways: Mapping[str, str]) -> str:
    found = set(ways.values()) or {"off"}
    return "" if "" in found else next(word for word in NEAREST_TO_OPEN if word in found)


# Hourly limit on shown numbers, with an alarm: a stolen sign-in must not reveal the whole queue one by one.

HOUR = timedelta(hours=1)


def ask_for_room(parts: Services, tx: Tx, actor: Actor) -> None:
    """Check that the actor may be shown one more number.

    Raises:
        TooManyShown: the actor has been shown the hourly limit, ``reveals`` in the settings.
    """
    most = parts.line.reveals
    shown = attempts.list_shown_since(tx, actor.person_id, parts.clock.now() - HOUR)
    if len(shown) >= most:
        raise TooManyShown(most, shown[-most] + HOUR)


def tell_of_many(parts: Services, actor: Actor) -> None:
    """Record that a number was withheld, and alert the supervisors once an hour per person."""
    now = parts.clock.now()

    def work(tx: Tx) -> list[str]:
        once = f"shown:{actor.person_id}:{now:%Y%m%d%H}"
        audit.add_entry(
            tx,
            now=now,
            person_id=actor.person_id,
            act=AuditAct.HELD_BACK,
            kind="person",
            subject=actor.person_id,
        )
        watchers = (one for one in people.list_people(tx, actor.team) if _does_watch(one.role))
        rows = (
            alerts.warn_one(parts, tx, one, "many", once=f"{once}:{one.id}")
            for one in watchers
            if one.id != actor.person_id
        )
        return [row for row in rows if row]

    for row in parts.store.run(work):
        parts.nudge(row)


def _does_watch(role: str) -> bool:
    return Permission.SEE_AUDIT in ROLES[Role(role)]
