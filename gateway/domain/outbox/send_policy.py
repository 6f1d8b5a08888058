"""Asks of a claimed row: may it still go? Much may have happened since it was written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.contact_safety import SafeContact
from gateway.domain.outbox.kinds import OutboxKind, To


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """What is known, at the send, of whom a row would reach.

    Attributes:
        reachable: there is a number; erasing or removing takes it away.
        stopped: she asked for no more texts.
        contact: her safety answers, where she gave any.
        window: the present or the next span in which her phone may light up; none where there is no such span.
    """

    reachable: bool
    stopped: bool = False
    contact: SafeContact | None = None
    window: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Go:
    """It may leave now."""


@dataclass(frozen=True, slots=True)
class Later:
    """It may leave, but not before this instant."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """It must never leave."""

    reason: str


@dataclass(frozen=True, slots=True)
class Expire:
    """It came too late to be of use."""

    reason: str


Verdict = Go | Later | Cancel | Expire


def may_go(kind: OutboxKind, recipient: Recipient, *, now: datetime, expires_at: datetime) -> Verdict:
    """Decide what becomes of a due row, as things stand now."""
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
    """Decide on a text that she did not ask for: only where texts are safe, and inside her windows."""
    if recipient.contact is None or not recipient.contact.may_text(now):
        return Cancel("not_safe")
    if recipient.window is None or recipient.window[0] >= expires_at:
        return Expire("no_window")
    start, end = recipient.window
    return Go() if start <= now < end else Later(start, "window")


# Which line a text to one of our own people takes: by how the number begins, and another while that is
# down.


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteWay:
    """What a line says of the numbers that it is for; no prefix means any number, when no other line is nearer."""

    prefixes: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()


def order_routes(number: str, ways: Mapping[str, RouteWay], *, otherwise: str) -> tuple[str, ...]:
    """Return the lines to try for this number, the best first: the longest prefix, then what that line falls back to.

    Args:
        number: in E.164.
        ways: the lines that there are, in the order of the configuration.
        otherwise: the line to take for a number that none is for; it is also the last resort.
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
    """Return how well a line fits: the length of the prefix, and 0 where it is for other numbers or for any."""
    return max((len(prefix) for prefix in way.prefixes if number.startswith(prefix)), default=0)
