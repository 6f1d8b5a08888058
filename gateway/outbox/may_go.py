"""Asks of a claimed row: may it still go? Much may have happened since it was written."""

from dataclasses import dataclass
from datetime import datetime

from gateway.outbox.kinds import Kind, To
from gateway.safe_contact import SafeContact


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


def may_go(kind: Kind, recipient: Recipient, *, now: datetime, expires_at: datetime) -> Verdict:
    """Decide what becomes of a due row, as things stand now."""
    if kind.inside:
        return Go()
    if not recipient.reachable:
        return Cancel("erased")
    if kind.to is To.CALLER and recipient.stopped:
        return Cancel("stopped")
    if now >= expires_at:
        return Expire("too_old")
    return _ours(recipient, now, expires_at) if kind.ours else Go()


def _ours(recipient: Recipient, now: datetime, expires_at: datetime) -> Verdict:
    """Decide on a text that she did not ask for: only where texts are safe, and inside her windows."""
    if recipient.contact is None or not recipient.contact.may_text(now):
        return Cancel("not_safe")
    if recipient.window is None or recipient.window[0] >= expires_at:
        return Expire("no_window")
    start, end = recipient.window
    return Go() if start <= now < end else Later(start, "window")
