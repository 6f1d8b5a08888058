"""Takes the best due row and a token of its line, and asks in the same transaction whether it may still go."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.callbacks.windows import ALWAYS, NOW_LASTS, next_window
from gateway.channel import Calls, Channel
from gateway.ids import new_token
from gateway.messages import Outgoing, OutgoingCall
from gateway.outbox import bucket as buckets
from gateway.outbox.bucket import Bucket, Limits
from gateway.outbox.kinds import CALL, KINDS, OUTSIDE, To
from gateway.outbox.may_go import Cancel, Expire, Go, Later, Recipient, may_go
from gateway.parts import Parts
from gateway.safe_contact import SafeContact, When
from gateway.sending import faults, guard
from gateway.store import callers, claims, life, lines, outbox, people
from gateway.store.bridges import ONCE
from gateway.store.callers import Caller
from gateway.store.engines import Tx, Unavailable
from gateway.store.outbox import OutboxRow


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that may leave now, its message, and the monotonic second at which the claim began."""

    row: OutboxRow
    token: str
    message: Outgoing | OutgoingCall
    began: float


@dataclass(frozen=True, slots=True)
class Decided:
    """A row that does not leave: cancelled, expired, put off, or faulty."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing can be claimed; ``wait`` says after how long a line lets the next text out, where one is due."""

    wait: timedelta | None = None


def limits_of(channel: Channel) -> Limits:
    """Return what a configured line may send."""
    return Limits(rate=channel.config.rate, day=int(channel.config.options.get("day_limit", "0")))


def claim(parts: Parts, *, named: str | None = None) -> Claimed | Decided | Nothing:
    """Claim one outside row, this very one or the best.

    Raises:
        Unavailable: SQL cannot be asked.
    """
    found: list[OutboxRow] = []
    try:
        with parts.store.write() as tx:
            return _claim(parts, tx, named, found)
    except Unavailable:
        raise
    except Exception as error:  # such a row must not stop the rows behind it
        if not found:
            raise
        faults.note(parts, found[0], error)
        return Decided()


def _claim(parts: Parts, tx: Tx, named: str | None, found: list[OutboxRow]) -> Claimed | Decided | Nothing:
    began, now = parts.clock.monotonic(), parts.clock.now()
    if not guard.is_trusted(parts, tx, now):
        return Nothing()
    filled = _filled(parts, tx, now)
    waits = {name: buckets.wait(b, limits_of(parts.channels[name]), now=now) for name, b in filled.items()}
    waits |= dict.fromkeys(life.silent(tx, parts.channels, now))
    ready = [name for name, wait in waits.items() if wait == timedelta()]
    token = new_token(16)
    lease = timedelta(seconds=parts.lease_seconds)
    calling = [name for name, channel in parts.channels.items() if isinstance(channel, Calls)]
    row = claims.claim(
        tx, kinds=OUTSIDE, channels=ready, calling=calling, token=token, now=now, lease=lease, named=named
    )
    if row is None:
        return _nothing(tx, waits, now)
    found.append(row)
    recipient, number = _recipient(parts, tx, row, now)
    verdict = may_go(KINDS[row.kind], recipient, now=now, expires_at=row.expires_at)
    if not isinstance(verdict, Go):
        _decide(parts, tx, row, token, verdict)
        return Decided()
    message = _message(tx, row, number)
    if row.kind != CALL:
        limits = limits_of(parts.channels[row.channel])
        lines.put(tx, row.channel, buckets.take(filled[row.channel], limits, parts=row.parts))
    return Claimed(row, token, message, began)


def _filled(parts: Parts, tx: Tx, now: datetime) -> dict[str, Bucket]:
    held = lines.hold(tx)
    missing = {
        name: buckets.full(limits_of(channel), now)
        for name, channel in parts.channels.items()
        if name not in held
    }
    if missing:
        lines.ensure(tx, missing)
        held = lines.hold(tx)
    today = now.astimezone(ZoneInfo(parts.line.zone)).date()
    return {
        name: buckets.fill(held[name], limits_of(channel), now=now, today=today)
        for name, channel in parts.channels.items()
    }


def _nothing(tx: Tx, waits: dict[str, timedelta | None], now: datetime) -> Nothing:
    dry = {name: wait for name, wait in waits.items() if wait}
    if dry and claims.has_due(tx, kinds=OUTSIDE, channels=list(dry), now=now):
        return Nothing(min(dry.values()))
    return Nothing()


def _recipient(parts: Parts, tx: Tx, row: OutboxRow, now: datetime) -> tuple[Recipient, str]:
    """Return what is known of the recipient, and the number, which is read here and nowhere earlier."""
    if KINDS[row.kind].to is To.PERSON:
        person = people.by_id(tx, row.person_id) if row.person_id else None
        number = person.number if person and not person.disabled else None
        return Recipient(reachable=bool(number)), number or ""
    caller = callers.by_id(tx, row.caller_id) if row.caller_id else None
    if caller is None:
        return Recipient(reachable=False), ""
    window = _window(caller.contact, caller.zone or parts.line.zone, now)
    known = Recipient(
        reachable=bool(caller.number), stopped=_is_stopped(caller, row), contact=caller.contact, window=window
    )
    return known, caller.number or ""


def _is_stopped(caller: Caller, row: OutboxRow) -> bool:
    """Say whether STOP holds for this text: an answer to what she wrote after it is one that she asked for.

    Of one instant nobody knows which came first: such a text stays here.
    """
    if caller.stopped_at is None:
        return False
    return KINDS[row.kind].ours or row.at <= caller.stopped_at


def _window(contact: SafeContact | None, zone: str, now: datetime) -> tuple[datetime, datetime] | None:
    """Return the span in which her phone may light up: a text needs nobody on duty."""
    if contact is None:
        return None
    if contact.when is When.NOW:
        span = contact.said_at, contact.said_at + NOW_LASTS
        return span if now < span[1] else None
    return next_window(contact.when, ALWAYS, zone, now, least=timedelta())


def _message(tx: Tx, row: OutboxRow, number: str) -> Outgoing | OutgoingCall:
    if row.kind == CALL:
        return OutgoingCall(own_id=row.once.removeprefix(ONCE), number=number)
    payload = outbox.opened(tx, row).payload or {}
    return Outgoing(
        own_id=row.id,
        number=number,
        text=payload["text"],
        link=payload.get("link", ""),
        valid_until=row.expires_at,
    )


def _decide(parts: Parts, tx: Tx, row: OutboxRow, token: str, verdict: Later | Cancel | Expire) -> None:
    now = parts.clock.now()
    match verdict:
        case Later(at, reason):
            claims.put_back(tx, row.id, token, due_at=at, now=now, reason=reason, tried=False)
        case Cancel(reason):
            claims.finish(tx, row.id, token, state="cancelled", reason=reason, now=now)
            parts.count.add("outbox", "cancelled", channel=row.channel)
        case Expire(reason):
            # One that was tried before may have left all the same: where the line can be asked, it is.
            tried = row.attempts > 1 and parts.channels[row.channel].contract.can_ask
            state = "unclear" if tried else "expired"
            claims.finish(tx, row.id, token, state=state, reason=reason, now=now)
            parts.count.add("outbox", state, channel=row.channel)
