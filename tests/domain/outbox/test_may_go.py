"""May it still go? The whole table: kinds × what became of the recipient × time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from gateway.domain.contact_safety import PhoneSeen, SafeContact, When
from gateway.domain.outbox.send_policy import Cancel, Expire, Go, Later, Recipient, Verdict, may_go
from gateway.domain.outbox.states import INSIDE, KINDS, OUTSIDE, To

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
LATER = NOW + timedelta(hours=4)
SAFE = SafeContact(
    phone_seen=PhoneSeen.NO, when=When("evening"), said_at=NOW - timedelta(days=1), sms_safe=True
)
INSIDE_WINDOW = (NOW - timedelta(minutes=5), NOW + timedelta(hours=1))
AHEAD = (LATER, LATER + timedelta(hours=3))
REACHED = Recipient(reachable=True, contact=SAFE, window=INSIDE_WINDOW)


def asked(name: str, recipient: Recipient, *, expires_at: datetime = NOW + timedelta(days=1)) -> Verdict:
    return may_go(KINDS[name], recipient, now=NOW, expires_at=expires_at)


def expected(name: str, *, reachable: bool, stopped: bool, old: bool, safe: bool, window: str) -> Verdict:
    """The rules in words of their own: what can never be right is said first."""
    kind = KINDS[name]
    if kind.to is To.NOBODY:
        return Go()
    if not reachable:
        return Cancel("erased")
    if stopped and kind.to is To.CALLER:
        return Cancel("stopped")
    if old:
        return Expire("too_old")
    if name != "ours":
        return Go()
    if not safe or stopped:
        return Cancel("not_safe")
    return {"none": Expire("no_window"), "ahead": Later(LATER, "window"), "now": Go()}[window]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("window", ["none", "ahead", "now"])
@pytest.mark.parametrize(("reachable", "stopped", "old", "safe"), list(product([True, False], repeat=4)))
def test_the_whole_table(
    name: str, window: str, reachable: bool, stopped: bool, old: bool, safe: bool
) -> None:
    recipient = Recipient(
        reachable=reachable,
        stopped=stopped,
        contact=replace(SAFE, sms_safe=safe, stopped=stopped),
        window={"none": None, "ahead": AHEAD, "now": INSIDE_WINDOW}[window],
    )
    expires_at = NOW if old else NOW + timedelta(days=1)
    assert asked(name, recipient, expires_at=expires_at) == expected(
        name, reachable=reachable, stopped=stopped, old=old, safe=safe, window=window
    )


@pytest.mark.parametrize(
    "contact",
    [
        None,
        replace(SAFE, sms_safe=False),
        replace(SAFE, stopped=True),
        replace(SAFE, phone_seen=PhoneSeen.SOMETIMES),
        replace(SAFE, phone_seen=PhoneSeen.NOT_MINE),
        replace(SAFE, when=When.NEVER),
        replace(SAFE, said_at=NOW - timedelta(days=14)),
    ],
)
def test_a_text_of_ours_leaves_only_where_texts_are_safe(contact: SafeContact | None) -> None:
    assert asked("ours", replace(REACHED, contact=contact)) == Cancel("not_safe")
    assert asked("answer", replace(REACHED, contact=contact)) == Go()


def test_a_window_that_opens_only_after_the_expiry_is_none() -> None:
    assert asked("ours", replace(REACHED, window=AHEAD), expires_at=LATER) == Expire("no_window")


def test_the_edges_of_a_window() -> None:
    assert asked("ours", replace(REACHED, window=(NOW, LATER))) == Go()
    assert asked("ours", replace(REACHED, window=(NOW - timedelta(hours=1), NOW))) == Later(
        NOW - timedelta(hours=1), "window"
    )


def test_every_kind_is_either_inside_or_outside() -> None:
    assert sorted((*INSIDE, *OUTSIDE)) == sorted(KINDS)
    assert all(KINDS[name].to is To.NOBODY for name in INSIDE)
    assert {name: kind.lasts for name, kind in KINDS.items() if not kind.inside} == {
        "answer": timedelta(minutes=10),
        "alert": timedelta(hours=1),
        "push": timedelta(hours=1),
        "call": timedelta(minutes=1),
        "ours": timedelta(days=14),
    }
