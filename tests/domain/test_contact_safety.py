"""What she said is safe decides whether her phone may ring or receive a text: the whole table, and time."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from gateway.domain.contact_safety import VALID_FOR, PhoneSeen, SafeContact, When
from tests.support.windows import EVERY

SAID = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
SOON = SAID + timedelta(hours=1)


def contact(seen: PhoneSeen, when: When, *, sms_safe: bool = False, stopped: bool = False) -> SafeContact:
    return SafeContact(phone_seen=seen, when=when, said_at=SAID, sms_safe=sms_safe, stopped=stopped)


@pytest.mark.parametrize(("seen", "when"), list(product(PhoneSeen, EVERY)))
def test_her_phone_may_ring_unless_she_said_never_or_it_is_not_hers(seen: PhoneSeen, when: When) -> None:
    expected = {
        PhoneSeen.NO: when is not When.NEVER,
        PhoneSeen.SOMETIMES: when is not When.NEVER,
        PhoneSeen.NOT_MINE: when is When.NOW,
    }[seen]
    assert contact(seen, when).may_ever_call(SOON) is expected


@pytest.mark.parametrize(
    ("seen", "when", "sms_safe", "stopped"), list(product(PhoneSeen, EVERY, (True, False), (True, False)))
)
def test_a_text_of_ours_needs_every_yes_at_once(
    seen: PhoneSeen, when: When, sms_safe: bool, stopped: bool
) -> None:
    may = contact(seen, when, sms_safe=sms_safe, stopped=stopped).may_text(SOON)
    assert may is (seen is PhoneSeen.NO and when is not When.NEVER and sms_safe and not stopped)


@pytest.mark.parametrize(
    ("age", "fresh"),
    [
        (timedelta(), True),
        (VALID_FOR - timedelta(seconds=1), True),
        (VALID_FOR, False),
        (VALID_FOR + timedelta(days=1), False),
    ],
)
def test_answers_age(age: timedelta, fresh: bool) -> None:
    said = contact(PhoneSeen.NO, When("evening"), sms_safe=True)
    assert said.is_fresh(SAID + age) is fresh
    assert said.may_ever_call(SAID + age) is fresh
    assert said.may_text(SAID + age) is fresh


def test_answers_hold_for_fourteen_days() -> None:
    assert timedelta(days=14) == VALID_FOR
