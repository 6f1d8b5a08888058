"""The breaker of calls: off, without a number, used up for the day, paused after failures; texts and phones never notice."""

from collections.abc import Iterator

import pytest

from gateway.channels.contract import SendOutcome, SendResult
from gateway.delivery.channel_status import list_statuses
from gateway.delivery.send import drain_outbox
from gateway.domain.permissions import Actor
from gateway.helpdesk.calls import attempts, bridged_calls, call_limits
from gateway.helpdesk.errors import NoBridge
from gateway.helpdesk.queue import claim
from gateway.operations import health
from gateway.storage import counts
from tests.support.desk_rig import Desk
from tests.support.standin_voice import Script, VoiceStandin

SENT = SendResult(outcome=SendOutcome.SENT, provider_id="S")
NOT_SENT = SendResult(outcome=SendOutcome.NOT_SENT, reason="no-connection")
REFUSED = SendResult(outcome=SendOutcome.REFUSED, reason="number-not-valid")
UNCLEAR = SendResult(outcome=SendOutcome.UNCLEAR, reason="http-502")
NO_MONEY = SendResult(outcome=SendOutcome.NOT_SENT, reason="no-money", alarm=True)


@pytest.fixture
def provider() -> Iterator[VoiceStandin]:
    with VoiceStandin() as standin:
        standin.script = Script(you="no_answer", final=False)
        yield standin


def spent(desk: Desk, *results: SendResult) -> str:
    """Spend a call and note each result; then why no bridge can be had."""
    for result in results:
        with desk.parts.store.write() as tx:
            line = call_limits.spend_call(desk.parts, tx)
            call_limits.settle_call(desk.parts, tx, line, result)
    return bridged_calls.find_obstacle(desk.parts)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"bridge": "no"}, "off"),
        ({"bridge": "yes", "voice_number": ""}, "no_number"),
        ({"username": "", "api_key": ""}, "off"),
        ({}, ""),
    ],
)
def test_a_line_says_why_it_cannot_bridge(light: Desk, options: dict[str, str], why: str) -> None:
    assert bridged_calls.find_obstacle(light.with_bridge(**options).parts) == why


def test_without_any_such_line_the_bridge_is_off_and_a_helpline_phone_goes_on(light: Desk) -> None:
    noy = light.person("Noy")
    callback = light.requested(when="now")
    claim.claim_callback(light.parts, noy, callback)

    assert bridged_calls.find_obstacle(light.parts) == "off"
    with pytest.raises(NoBridge) as refused:
        bridged_calls.begin_call(light.parts, noy, callback)
    assert refused.value.why == "off"
    assert light.rows("SELECT count(*) FROM attempts") == [(0,)]
    assert attempts.begin_call(light.parts, noy, callback).code


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, [("bridge.africastalking", True)]),
        ({"bridge": "no"}, []),
        ({"voice_number": ""}, [("bridge.africastalking", False)]),
    ],
)
def test_the_doctor_says_which_line_is_switched_on_without_a_number(
    light: Desk, options: dict[str, str], found: list[tuple[str, bool]]
) -> None:
    findings = health._check_bridges(light.with_bridge(**options).parts)

    assert [(one.part, one.ok) for one in findings] == found
    assert all(bool(one.fix) != one.ok for one in findings)


def test_the_days_calls_are_used_up_and_begin_anew_in_the_lines_zone(line: Desk) -> None:
    desk = line.with_bridge(calls_a_day="2")

    assert spent(desk, SENT) == ""
    assert spent(desk, SENT) == "used_up"
    with desk.parts.store.write() as tx, pytest.raises(NoBridge) as refused:
        call_limits.spend_call(desk.parts, tx)
    assert refused.value.why == "used_up"
    desk.clock.set("2026-11-24T23:59:00+07:00")
    assert bridged_calls.find_obstacle(desk.parts) == "used_up"
    desk.clock.set("2026-11-25T00:01:00+07:00")
    assert bridged_calls.find_obstacle(desk.parts) == ""


@pytest.mark.parametrize(
    ("results", "why"),
    [
        ((SENT,) * 4, ""),
        ((NOT_SENT,) * 2, ""),
        ((NOT_SENT,) * 3, "paused"),
        ((UNCLEAR,) * 2, ""),
        ((UNCLEAR, NOT_SENT, UNCLEAR), "paused"),
        ((NOT_SENT, NOT_SENT, SENT, NOT_SENT, NOT_SENT), ""),
        ((REFUSED,) * 5, ""),
        ((NO_MONEY,), "paused"),
    ],
)
def test_failures_in_a_row_and_an_empty_account_close_the_bridge_for_a_while(
    light: Desk, results: tuple[SendResult, ...], why: str
) -> None:
    desk = light.with_bridge()

    assert spent(desk, *results) == why
    desk.clock.forward(minutes=9, seconds=59)
    assert bridged_calls.find_obstacle(desk.parts) == why
    desk.clock.forward(seconds=1)
    assert bridged_calls.find_obstacle(desk.parts) == ""


@pytest.mark.parametrize(
    ("result", "counted"), [(SENT, 1), (UNCLEAR, 1), (NOT_SENT, 0), (REFUSED, 0), (NO_MONEY, 0)]
)
def test_a_call_that_surely_was_not_placed_is_given_back(
    light: Desk, result: SendResult, counted: int
) -> None:
    desk = light.with_bridge()
    spent(desk, result)

    with desk.parts.store.read() as tx:
        assert counts.list_buckets(tx)["africastalking.calls"].sent == counted


def test_of_two_lines_the_first_that_can_is_taken(light: Desk) -> None:
    desk = light.with_bridge(calls_a_day="1")
    second = light.with_bridge().parts.channels["africastalking"]
    desk.parts.channels["another"] = second

    with desk.parts.store.write() as tx:
        assert [call_limits.spend_call(desk.parts, tx) for _ in range(3)] == [
            "africastalking",
            "another",
            "another",
        ]


def test_the_word_that_is_nearest_to_open_is_told(light: Desk) -> None:
    desk = light.with_bridge(bridge="no")
    desk.parts.channels["another"] = light.with_bridge(calls_a_day="1").parts.channels["africastalking"]

    assert spent(desk, SENT) == "used_up"


def asked(desk: Desk, actor: Actor, number: str) -> str:
    callback = desk.requested(number, when="now")
    claim.claim_callback(desk.parts, actor, callback)
    bridged_calls.begin_call(desk.parts, actor, callback)
    return callback


def test_no_credit_closes_the_bridge_and_says_so_at_the_next_call(line: Desk, provider: VoiceStandin) -> None:
    desk = line.with_bridge(provider.url)
    noy = desk.person("Noy")
    provider.rule("code", body="InsufficientCredit")
    asked(desk, noy, "+8562055500001")
    drain_outbox(desk.parts)

    assert bridged_calls.find_obstacle(desk.parts) == "paused"
    with pytest.raises(NoBridge) as refused:
        asked(desk, noy, "+8562055500002")
    assert refused.value.why == "paused"
    assert desk.parts.count._counts, "the alarm is counted"
    assert [one.why for one in list_statuses(desk.parts)] == [""], "texts go on"


def test_texts_spend_nothing_of_calls_and_calls_nothing_of_texts(line: Desk, provider: VoiceStandin) -> None:
    desk = line.with_bridge(provider.url, day_limit="5")
    asked(desk, desk.person("Noy"), "+8562055500001")
    drain_outbox(desk.parts)

    with desk.parts.store.read() as tx:
        found = counts.list_buckets(tx)
    assert (found["africastalking"].sent, found["africastalking.calls"].sent) == (0, 1)


def test_a_line_whose_texts_are_paused_still_calls(line: Desk, provider: VoiceStandin) -> None:
    desk = line.with_bridge(provider.url)
    asked(desk, desk.person("Noy"), "+8562055500001")
    drain_outbox(desk.parts, seconds=0)
    with desk.parts.store.write() as tx:
        from gateway.domain.outbox import send_policy

        now = desk.clock.now()
        paused = send_policy.did_not(
            send_policy.make_full_bucket(send_policy.RateLimits(rate=1), now),
            now=now,
            reason="no-money",
            alarm=True,
        )
        counts.ensure_buckets(tx, {"africastalking": paused})
    drain_outbox(desk.parts)

    assert len(provider.calls) == 1


def test_a_call_that_waited_too_long_is_not_placed(line: Desk, provider: VoiceStandin) -> None:
    desk = line.with_bridge(provider.url)
    noy = desk.person("Noy")
    callback = asked(desk, noy, "+8562055500001")
    desk.clock.forward(seconds=61)
    drain_outbox(desk.parts)

    from gateway.helpdesk.calls import bridge_events

    assert provider.posts == []
    assert bridge_events.roll_bridges(desk.parts) == 1
    bridge = bridged_calls.find_last_call(desk.parts, noy, callback)
    assert bridge is not None
    assert (bridge.state, bridge.result) == ("ended", "failed")
    assert desk.callback(callback).state == "waiting"
