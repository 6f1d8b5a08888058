"""What the answer to a send proves, provider by provider: sent, surely not, refused for good, or unclear."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.channels import find_channel
from gateway.channels.contract import BadAccount, SendOutcome
from gateway.channels.http_client import HttpReply
from gateway.channels.sms_text import TextsOnly
from gateway.domain.events import Outgoing
from tests.support.channel_tables import line_of
from tests.support.standin import Standin

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
SENT, NOT_SENT, REFUSED, UNCLEAR = SendOutcome
ANSWERS = {
    "twilio": [
        (201, '{"sid": "SM1", "status": "queued"}', SENT, ""),
        (201, '{"status": "queued"}', UNCLEAR, "unreadable"),
        (200, "<html>", UNCLEAR, "unreadable"),
        (400, '{"code": 21610, "message": "x"}', REFUSED, "opted-out"),
        (400, '{"code": 21211}', REFUSED, "number-not-valid"),
        (400, '{"code": 99}', REFUSED, "http-400"),
        (401, '{"code": 20003}', NOT_SENT, "wrong-key"),
        (429, '{"code": 20429}', NOT_SENT, "throttled"),
        (500, "", UNCLEAR, "http-500"),
    ],
    "vonage": [
        (
            200,
            '{"messages": [{"status": "0", "message-id": "m1"}, {"status": "0", "message-id": "m2"}]}',
            SENT,
            "",
        ),
        (200, '{"messages": [{"status": "1", "error-text": "Throttled"}]}', NOT_SENT, "throttled"),
        (200, '{"messages": [{"status": "0", "message-id": "m1"}, {"status": "9"}]}', UNCLEAR, "some-parts"),
        (200, '{"messages": [{"status": "4"}]}', NOT_SENT, "wrong-key"),
        (200, '{"messages": [{"status": "9"}]}', NOT_SENT, "no-money"),
        (200, '{"messages": [{"status": "5"}]}', NOT_SENT, "provider-fault"),
        (200, '{"messages": [{"status": "7"}]}', REFUSED, "number-barred"),
        (200, '{"messages": []}', UNCLEAR, "unreadable"),
        (200, "<html>", UNCLEAR, "unreadable"),
        (502, "", UNCLEAR, "http-502"),
    ],
    "telerivet": [
        (200, '{"id": "SM1", "status": "queued"}', SENT, ""),
        (200, '{"id": "SM1", "status": "failed"}', REFUSED, "status-failed"),
        (200, '{"status": "queued"}', UNCLEAR, "unreadable"),
        (200, "[]", UNCLEAR, "unreadable"),
        (400, '{"error": {"code": "invalid_param"}}', REFUSED, "http-400"),
        (401, '{"error": {"code": "unauthorized"}}', NOT_SENT, "wrong-key"),
        (402, '{"error": {"code": "insufficient_credit"}}', NOT_SENT, "no-money"),
        (503, "", UNCLEAR, "http-503"),
    ],
    "jasmin": [
        (200, 'Success "07033084-5cfd-4812-90a4-e4d24ffb6e3d"', SENT, ""),
        (200, "<html>", UNCLEAR, "unreadable"),
        (403, 'Error "Authentication failure for username:x"', NOT_SENT, "forbidden"),
        (403, 'Error "User throughput exceeded"', NOT_SENT, "throttled"),
        (403, 'Error "Not enough balance"', NOT_SENT, "no-money"),
        (412, 'Error "No route found"', REFUSED, "no-route"),
        (400, 'Error "Argument [to] has an invalid value"', REFUSED, "http-400"),
        (500, 'Error "Cannot send submit_sm"', UNCLEAR, "http-500"),
    ],
    "textbee": [
        (201, '{"data": {"success": true, "smsBatchId": "b1", "recipientCount": 1}}', SENT, ""),
        (201, '{"data": {"success": true}}', UNCLEAR, "unreadable"),
        (201, '{"data": []}', UNCLEAR, "unreadable"),
        (400, '{"success": false, "error": "Device does not exist or is not enabled"}', REFUSED, "http-400"),
        (401, "", NOT_SENT, "wrong-key"),
        (429, "", NOT_SENT, "throttled"),
        (502, "", UNCLEAR, "http-502"),
    ],
    "infobip": [
        (200, '{"messages": [{"messageId": "m1", "status": {"groupId": 1}}]}', SENT, ""),
        (200, '{"messages": [{"status": {"groupId": 3}}]}', SENT, ""),
        (200, '{"messages": [{"messageId": "m1", "status": {"groupId": 5}}]}', REFUSED, "group-5"),
        (200, '{"messages": []}', UNCLEAR, "unreadable"),
        (200, "[]", UNCLEAR, "unreadable"),
        (401, "", NOT_SENT, "wrong-key"),
        (503, "", UNCLEAR, "http-503"),
    ],
}
ACCOUNTS = {
    "textbee": {"api_key": "k", "device_id": "d", "webhook_secret": "a-secret-of-twenty-letters"},
    "twilio": {"account_sid": "AC1", "auth_token": "t", "public_url": "https://helpline.example.org"},
    "jasmin": {"send_url": "", "username": "u", "password": "p"},
    "infobip": {"base_url": "", "api_key": "k"},
    "vonage": {"api_key": "k", "api_secret": "s"},
    "telerivet": {"api_key": "k", "project_id": "PJ1", "webhook_secret": "w"},
}
MESSAGE = Outgoing(own_id="01hzy2m4c9k3p7qrs5tv", number="+8562055500001", text="ສະບາຍດີ")


def texts_of(provider: str) -> TextsOnly:
    line = line_of(provider)
    assert isinstance(line, TextsOnly)
    return line


@pytest.mark.parametrize(
    ("provider", "status", "words", "outcome", "reason"),
    [(name, *row) for name, rows in ANSWERS.items() for row in rows],
)
def test_an_answer_means_what_it_proves(
    provider: str, status: int, words: str, outcome: SendOutcome, reason: str
) -> None:
    read = texts_of(provider).read_answer
    found = read(HttpReply(status=status, body=words.encode()), MESSAGE.own_id, NOW)
    assert (found.outcome, found.reason) == (outcome, reason)
    assert bool(found.provider_id) == (outcome is SENT)


def test_a_wait_that_is_named_is_kept_up_to_an_hour() -> None:
    read = texts_of("twilio").read_answer
    for seconds, wait in (("90", 90), ("999999", 3600)):
        found = read(HttpReply(status=429, headers={"retry-after": seconds}), "x", NOW)
        assert found.retry_at == NOW + timedelta(seconds=wait)


def with_account(provider: str, url: str) -> dict[str, str]:
    names = {"jasmin": "send_url", "infobip": "base_url"}
    return ACCOUNTS[provider] | {names.get(provider, "api_url"): url}


@pytest.mark.parametrize("provider", ACCOUNTS)
def test_a_text_is_posted_once_and_nothing_of_it_stands_in_the_address(
    provider: str, standin: Standin
) -> None:
    line = line_of(provider, **with_account(provider, standin.url))
    assert line.contract.real
    assert not line.contract.takes_our_id
    found = line.send(MESSAGE, now=NOW)
    assert found.outcome in (NOT_SENT, REFUSED, UNCLEAR)  # the stand-in speaks another dialect

    gone = line_of(provider, **with_account(provider, "http://127.0.0.1:1"))
    found = gone.send(MESSAGE, now=NOW)
    assert (found.outcome, found.down) == (NOT_SENT, True)


@pytest.mark.parametrize("provider", ACCOUNTS)
def test_half_an_account_is_named(provider: str) -> None:
    for name in ACCOUNTS[provider]:
        options = with_account(provider, "http://127.0.0.1:1") | {name: ""}
        if provider == "twilio" and name == "api_url":
            continue
        with pytest.raises(BadAccount, match=f"_{name.upper()} is not set"):
            find_channel(line_of(provider, **options).config)
