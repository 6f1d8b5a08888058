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


def may_go(
    kind: Kind,
    recipient: Recipient,
    *,
    now: datetime,
    expires_at: datetime,
    paused_until: datetime | None = None,
) -> Verdict:
    """Decide what becomes of a due row.

    Args:
        kind: its kind.
        recipient: whom it would reach, as things stand now.
        now: the present instant.
        expires_at: when it stops being of use.
        paused_until: its line sends nothing before this instant.
    """
    if kind.inside:
        return Go()
    if not recipient.reachable:
        return Cancel("erased")
    if kind.to is To.CALLER and recipient.stopped:
        return Cancel("stopped")
    if now >= expires_at:
        return Expire("too_old")
    if kind.ours and not _is_safe(recipient, now):
        return Cancel("not_safe")
    return _when(recipient if kind.ours else None, now, expires_at, paused_until)


def _is_safe(recipient: Recipient, now: datetime) -> bool:
    return recipient.contact is not None and recipient.contact.may_text(now)


def _when(
    windowed: Recipient | None, now: datetime, expires_at: datetime, paused_until: datetime | None
) -> Verdict:
    if windowed is not None:
        if windowed.window is None or windowed.window[0] >= expires_at:
            return Expire("no_window")
        if not windowed.window[0] <= now < windowed.window[1]:
            return Later(windowed.window[0], "window")
    if paused_until is not None and paused_until > now:
        return Later(paused_until, "paused") if paused_until < expires_at else Expire("paused")
    return Go()
