"""What she said is safe, and what follows from it: whether her phone may ring or receive a text, and when."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

VALID_FOR = timedelta(days=14)


class PhoneSeen(StrEnum):
    """Her answer to: can someone else hold or look at this phone?"""

    NO = "no"
    SOMETIMES = "sometimes"
    NOT_MINE = "not_mine"


class When(StrEnum):
    """Her answer to: when is it safe to call?"""

    MORNING = "morning"
    NOON = "noon"
    EVENING = "evening"
    SUNDAY = "sunday"
    NOW = "now"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeContact:
    """Her safety answers, as she last gave them.

    Attributes:
        phone_seen: who else sees the phone.
        when: the window in which it may ring.
        said_at: when she said so; the answers age after ``VALID_FOR``.
        sms_safe: she said that texts are safe; only ever true where nobody else sees the phone.
        stopped: she asked for no more texts from us.
    """

    phone_seen: PhoneSeen
    when: When
    said_at: datetime
    sms_safe: bool = False
    stopped: bool = False

    def is_fresh(self, now: datetime) -> bool:
        """Say whether the answers are young enough to act on."""
        return now < self.said_at + VALID_FOR

    def may_ever_call(self, now: datetime) -> bool:
        """Say whether her phone may ring at all, leaving the hour aside."""
        if self.when is When.NEVER or not self.is_fresh(now):
            return False
        return self.phone_seen is not PhoneSeen.NOT_MINE or self.when is When.NOW

    def may_text(self, now: datetime) -> bool:
        """Say whether a text that we start may reach this phone, leaving the hour aside."""
        return (
            self.sms_safe
            and not self.stopped
            and self.phone_seen is PhoneSeen.NO
            and self.when is not When.NEVER
            and self.is_fresh(now)
        )


_SEEN = (PhoneSeen.NO, PhoneSeen.SOMETIMES, PhoneSeen.NOT_MINE)


def tighten(earlier: SafeContact, newest: SafeContact) -> SafeContact:
    """Return earlier answers bound by newer ones of the same number: never looser, and at no time that she left out.

    The time is the newest; whoever acts on these answers has to see that it is another one than before.
    """
    seen = max(earlier.phone_seen, newest.phone_seen, key=_SEEN.index)
    return replace(
        earlier,
        phone_seen=seen,
        when=newest.when,
        sms_safe=earlier.sms_safe and newest.sms_safe and seen is PhoneSeen.NO,
    )
