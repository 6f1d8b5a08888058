"""A line's bucket: how many texts may leave now, by its rate, its day's budget and its pauses."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

ONE = 1_000  # tokens are kept in thousandths of a text, so that a slow line fills without rounding
FAULTS_TO_PAUSE = 3
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=2)
ALARM_PAUSE = timedelta(minutes=1)
CALLS_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """The state of one line.

    Attributes:
        tokens: thousandths of a text that may leave at once.
        filled_at: when it was last filled.
        paused_until: nothing leaves before.
        why: the word for the pause.
        faults: sends in a row that did not go through.
        day: the day, in the line's zone, that ``sent`` and ``spent`` belong to.
        sent: texts of that day.
        spent: what they cost.
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
    """What a line may send: texts a second and texts a day; 0 means no limit."""

    rate: int = 10
    day: int = 0


def make_full_bucket(limits: RateLimits, now: datetime) -> Bucket:
    """Return the bucket of a line that has not sent anything yet."""
    return Bucket(tokens=limits.rate * ONE, filled_at=now)


def fill_bucket(bucket: Bucket, limits: RateLimits, *, now: datetime, today: date) -> Bucket:
    """Add what time has brought: tokens up to one second's worth, and a new day's budget."""
    elapsed = max(now - bucket.filled_at, timedelta())
    gained = int(elapsed / timedelta(seconds=1) * limits.rate * ONE)
    bucket = replace(bucket, tokens=min(bucket.tokens + gained, limits.rate * ONE), filled_at=now)
    return bucket if bucket.day == today else replace(bucket, day=today, sent=0, spent=0)


def find_wait(bucket: Bucket, limits: RateLimits, *, now: datetime) -> timedelta | None:
    """Say how long a filled bucket gives nothing: zero when a text may leave, none when not today."""
    if limits.day and bucket.sent >= limits.day:
        return None
    pause = max((bucket.paused_until or now) - now, timedelta())
    if limits.rate <= 0:
        return pause
    short = max(ONE - bucket.tokens, 0)
    return max(pause, timedelta(seconds=short / (limits.rate * ONE)))


def take_token(bucket: Bucket, limits: RateLimits, *, parts: int = 1) -> Bucket:
    """Take the token of one text out of a bucket that has one; the day is counted in parts, as operators count."""
    return replace(bucket, tokens=bucket.tokens - ONE if limits.rate > 0 else 0, sent=bucket.sent + parts)


def give_back(bucket: Bucket, *, parts: int = 1) -> Bucket:
    """Take a text that surely did not leave out of the day's count."""
    return replace(bucket, sent=max(0, bucket.sent - parts))


def went_through(bucket: Bucket, *, cost: int) -> Bucket:
    """Note a text that the provider took."""
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
    """Note a text that did not go through, and pause the line where that is wise.

    The third in a row pauses it, each further one for longer; so does an alarm, and a provider that names an instant.
    A line that cannot be reached pauses at once, for longer each time.
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


def call_did_not(bucket: Bucket, *, now: datetime, reason: str, alarm: bool = False) -> Bucket:
    """Note a call that was not placed: the third in a row, or one for which somebody must look, closes the bridge.

    A person waits for each call and has a phone of her own, so the pause is long and the same each time.
    """
    faults = bucket.faults + 1
    if faults < FAULTS_TO_PAUSE and not alarm:
        return replace(bucket, faults=faults)
    return replace(bucket, faults=faults, paused_until=now + CALLS_PAUSE, why=reason or "faults")
