"""Decide whether a claimed row may still be sent, since much may have changed; and order channels for staff texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.contact_safety import SafeContact
from gateway.domain.outbox.kinds import OutboxKind, To


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """What is known about the recipient at the time of sending.

    Attributes:
        reachable: there is a number; erasure or removal takes it away.
        stopped: the caller opted out of texts.
        contact: the caller's safety answers, if any.
        window: the current or next period in which the phone may light up; None where there is none.
    """

    reachable: bool
    stopped: bool = False
    contact: SafeContact | None = None
    window: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Go:
    """Send it now."""


@dataclass(frozen=True, slots=True)
class Later:
    """Send it, but not before this instant."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Never send it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Expire:
    """Too late to be of use."""

    reason: str


Verdict = Go | Later | Cancel | Expire


def may_go(kind: OutboxKind, recipient: Recipient, *, now: datetime, expires_at: datetime) -> Verdict:
    """Decide about a due row as of now."""
    if kind.inside:
        return Go()
    if not recipient.reachable:
        return Cancel("erased")
    if kind.to is To.CALLER and recipient.stopped:
        return Cancel("stopped")
    if now >= expires_at:
        return Expire("too_old")
    return _decide_own_text(recipient, now, expires_at) if kind.ours else Go()


def _decide_own_text(recipient: Recipient, now: datetime, expires_at: datetime) -> Verdict:
    """Decide about a text that we start: only where texts are safe, and inside the caller's window."""
    if recipient.contact is None or not recipient.contact.may_text(now):
        return Cancel("not_safe")
    if recipient.window is None or recipient.window[0] >= expires_at:
        return Expire("no_window")
    start, end = recipient.window
    return Go() if start <= now < end else Later(start, "window")


# Channels for texts to staff: by number prefix, with fallbacks while one is down.


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteWay:
    """The prefixes and fallbacks of a channel; without prefixes it takes any number that no other one matches."""

    prefixes: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()


def order_routes(number: str, ways: Mapping[str, RouteWay], *, otherwise: str) -> tuple[str, ...]:
    """Return the channels to try for this number: longest prefix first, then that channel's fallbacks.

    Args:
        number: in E.164.
        ways: channel → its prefixes and fallbacks, in the order of the configuration.
        otherwise: the channel for a number without a match, and the last resort.
    """
    nearest = max(ways, key=lambda name: _rate_fit(number, ways[name]), default=otherwise)
    first = nearest if nearest in ways and _rate_fit(number, ways[nearest]) else otherwise
    found: list[str] = []
    waiting = [first]
    while waiting:
        name = waiting.pop(0)
        if name in ways and name not in found:
            found.append(name)
            waiting += ways[name].fallback
    return tuple(dict.fromkeys([*found, otherwise]))


def _rate_fit(number: str, way: RouteWay) -> int:
    """Return the length of the longest matching prefix; 0 where none matches."""
    return max((len(prefix) for prefix in way.prefixes if number.startswith(prefix)), default=0)
