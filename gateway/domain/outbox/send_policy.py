"""Decide whether a claimed row may be sent now: by what changed since it was written, and by its channel's limits.

Much may have changed for the recipient since the row was written; a channel has a token bucket for its rate, a budget
for the day, and pauses after faults. Channels for staff texts are put in order here, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from gateway.domain.contact_safety import SafeContact
from gateway.domain.outbox.states import OutboxKind, To


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


ONE = 1_000  # tokens are thousandths of a text, so that a low rate fills without rounding
FAULTS_TO_PAUSE = 3
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=2)
ALARM_PAUSE = timedelta(minutes=1)
CALLS_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """The state of one channel.

    Attributes:
        tokens: thousandths of a text that may be sent at once.
        filled_at: when it was last filled.
        paused_until: nothing is sent before.
        why: fixed word for the pause.
        faults: consecutive sends that failed.
        day: local date of ``sent`` and ``spent``.
        sent: parts sent on that day.
        spent: their cost, in hundredths of a cent.
    """

    tokens: int
    filled_at: datetime
    paused_until: datetime | None = None
    why: str = ""
    faults: int = 0
    day: date | None = None
    sent: int = 0
    spent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """Limits of a channel: texts per second, parts per day, and hundredths of a cent per day; 0 means no limit."""

    rate: int = 10
    day: int = 0
    spend: int = 0


def read_price(written: str) -> int:
    """Return a price or sum like ``0.06 USD`` in hundredths of its cent; 0 where nothing is written."""
    number = written.partition(" ")[0]
    whole, _, rest = number.partition(".")
    return int(whole or "0") * 10_000 + int(rest.ljust(4, "0")[:4] or "0")


def make_full_bucket(limits: RateLimits, now: datetime) -> Bucket:
    """Return the bucket of a channel that has not sent anything yet."""
    return Bucket(tokens=limits.rate * ONE, filled_at=now)


def fill_bucket(bucket: Bucket, limits: RateLimits, *, now: datetime, today: date) -> Bucket:
    """Add the tokens of the elapsed time, up to one second's worth, and reset the counts on a new day."""
    elapsed = max(now - bucket.filled_at, timedelta())
    gained = int(elapsed / timedelta(seconds=1) * limits.rate * ONE)
    bucket = replace(bucket, tokens=min(bucket.tokens + gained, limits.rate * ONE), filled_at=now)
    return bucket if bucket.day == today else replace(bucket, day=today, sent=0, spent=0)


def find_wait(bucket: Bucket, limits: RateLimits, *, now: datetime) -> timedelta | None:
    """Return how long to wait until a text may be sent: zero for now, None for not today."""
    if limits.day and bucket.sent >= limits.day:
        return None
    if limits.spend and bucket.spent >= limits.spend:
        return None
    pause = max((bucket.paused_until or now) - now, timedelta())
    if limits.rate <= 0:
        return pause
    short = max(ONE - bucket.tokens, 0)
    return max(pause, timedelta(seconds=short / (limits.rate * ONE)))


def take_token(bucket: Bucket, limits: RateLimits, *, parts: int = 1) -> Bucket:
    """Take the token of one text; the day counts parts, as operators bill them."""
    return replace(bucket, tokens=bucket.tokens - ONE if limits.rate > 0 else 0, sent=bucket.sent + parts)


def give_back(bucket: Bucket, *, parts: int = 1) -> Bucket:
    """Subtract a text that was certainly not sent from the day's count."""
    return replace(bucket, sent=max(0, bucket.sent - parts))


def note_success(bucket: Bucket, *, cost: int) -> Bucket:
    """Record a text that the provider accepted."""
    return replace(bucket, faults=0, paused_until=None, why="", spent=bucket.spent + cost)


def did_not(
    bucket: Bucket,
    *,
    now: datetime,
    reason: str,
    alarm: bool = False,
    down: bool = False,
    named: datetime | None = None,
) -> Bucket:
    """Record a text that was not accepted, and pause the channel where needed.

    The third in a row pauses it, each further one for twice as long; so do an alarm and an instant named by the
    provider. A channel that cannot be reached pauses at once, for twice as long each time; the longest pause is two
    minutes.
    """
    faults = bucket.faults + 1
    pause = ALARM_PAUSE if alarm else timedelta()
    if down:
        pause = max(pause, FIRST_PAUSE * 2 ** min(faults - 1, 10))
    if faults >= FAULTS_TO_PAUSE:
        pause = max(pause, FIRST_PAUSE * 2 ** min(faults - FAULTS_TO_PAUSE, 10))
    if named is not None:
        pause = max(pause, named - now)
    pause = min(pause, LONGEST_PAUSE)
    if pause <= timedelta():
        return replace(bucket, faults=faults)
    return replace(bucket, faults=faults, paused_until=now + pause, why=reason or "faults")


def note_failed_call(bucket: Bucket, *, now: datetime, reason: str, alarm: bool = False) -> Bucket:
    """Record a call that was not placed: the third in a row, or an alarm, stops bridged calls for ten minutes.

    The pause does not grow: a staff member waits for each call and can use the helpline phone instead.
    """
    faults = bucket.faults + 1
    if faults < FAULTS_TO_PAUSE and not alarm:
        return replace(bucket, faults=faults)
    return replace(bucket, faults=faults, paused_until=now + CALLS_PAUSE, why=reason or "faults")
