"""Limit what a channel sends: a token bucket for its rate, a budget for the day, and pauses after faults; pure."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

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
