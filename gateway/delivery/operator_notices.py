"""Keep what an operator texts to a line ("your SIM expires") for administrators, and out of every caller's thread.

It comes from a name or a short code, so nobody answers it. Whatever else has no number to answer is a person's (a
withheld number, another medium) and is not kept: an administrator may not read what a caller writes.
"""

import re

from gateway.domain.events import NotANumber
from gateway.foundation.phone_numbers import FEWEST_DIGITS
from gateway.foundation.services import Services
from gateway.storage import conversations, rate_limits
from gateway.storage.conversations import OperatorNotice
from gateway.storage.database import Tx, Unavailable

A_DAY = 50
"""Notices kept of a channel in a day: advertisements come from short codes too."""

LONGEST = 1_000


def is_notice(event: NotANumber) -> bool:
    """Say whether it is from a name or a short code, and has words."""
    digits = re.sub(r"\D", "", event.sender)
    return bool(event.sender.strip() and event.text.strip()) and len(digits) < FEWEST_DIGITS


def keep_notice(parts: Services, event: NotANumber) -> bool:
    """Keep a notice once; False where it cannot be stored now, so that the provider posts it again."""
    if not is_notice(event):
        return True
    now, ring = parts.clock.now(), parts.store.ring

    def work(tx: Tx) -> bool:
        scope = ring.lookup("budget", event.channel, "notices")
        if not conversations.add_notice(
            tx,
            ring.lookup("turn", event.channel, "notice", event.turn),
            channel=event.channel,
            sender=event.sender.strip()[:40],
            words=event.text[:LONGEST],
            now=now,
        ):
            return False
        if rate_limits.spend_use(tx, scope, f"{now:%Y%m%d}", now=now) > A_DAY:
            raise _TooMany  # which takes the row back
        return True

    try:
        is_new = parts.store.run(work)
    except _TooMany:
        parts.count.add("over_budget", channel=event.channel)
        return True
    except Unavailable:
        return False
    if is_new:
        parts.count.add("notice", channel=event.channel)
    return True


class _TooMany(Exception):
    """The channel's notices of the day are used up; nothing was kept."""


def read_notices(parts: Services, *, mark: bool) -> tuple[OperatorNotice, ...]:
    """Return the latest notices, and mark those as read if asked to.

    Raises:
        Unavailable: the database cannot be reached.
    """

    def work(tx: Tx) -> tuple[OperatorNotice, ...]:
        found = conversations.list_notices(tx)
        if mark and found:
            conversations.mark_seen(tx, until=found[0].at, now=parts.clock.now())
        return found

    return parts.store.run(work)
