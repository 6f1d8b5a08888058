"""Places calls with a provider of our own on a real socket: what arrives there, and what each way of failing comes to."""

import inspect
import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from africastalking.Service import Service
from africastalking.Voice import VoiceService

from gateway.channels.africastalking import AfricasTalkingAccount, send
from gateway.channels.africastalking.send import VoiceCalls
from gateway.channels.contract import Calls, SendOutcome, SendResult
from gateway.domain.events import OutgoingCall
from tests.support.channel_tables import line_of
from tests.support.standin import KEY
from tests.support.standin_voice import VOICE, Script, VoiceStandin

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
NUMBER = "+254700000001"
OWN_ID = "01hzy2m4c9k3p7qrs5tv"


@pytest.fixture
def provider() -> Iterator[VoiceStandin]:
    with VoiceStandin() as standin:
        standin.script = Script(you="no_answer", final=False)
        yield standin


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "TIMES", (0.3, 0.3))


def placed(url: str, *, number: str = NUMBER, **options: str) -> SendResult:
    account = {"username": "helpline", "api_key": KEY, "api_url": url, "voice_number": VOICE, "bridge": "yes"}
    channel = line_of("africastalking", **(account | options))
    assert isinstance(channel, Calls)
    return channel.place(OutgoingCall(own_id=OWN_ID, number=number), now=NOW)


def test_a_call_arrives_as_the_provider_wants_it_with_our_own_id(provider: VoiceStandin) -> None:
    result = placed(provider.url)

    assert result == SendResult(outcome=SendOutcome.SENT, provider_id=provider.calls[0].session)
    (post,) = provider.posts
    assert post["path"] == "/call"
    assert post["form"] == {"username": "helpline", "from": VOICE, "to": NUMBER, "clientRequestId": OWN_ID}
    headers = post["headers"]
    assert isinstance(headers, dict)
    assert (headers["apiKey"], headers["Accept"]) == (KEY, "application/json")
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"


SURELY_NOT = [
    ("code", {"body": "InvalidPhoneNumber"}, SendOutcome.REFUSED, "number-not-valid", False),
    ("code", {"body": "DestinationNotSupported"}, SendOutcome.REFUSED, "number-not-supported", False),
    ("code", {"body": "InsufficientCredit"}, SendOutcome.NOT_SENT, "no-money", True),
    ("silent", {"body": "InsufficientCredit"}, SendOutcome.NOT_SENT, "no-money", True),
    ("silent", {"body": "Something new"}, SendOutcome.NOT_SENT, "refused-unknown", True),
    ("status", {"status": 400}, SendOutcome.NOT_SENT, "bad-request", True),
    ("status", {"status": 401}, SendOutcome.NOT_SENT, "wrong-key", True),
    ("status", {"status": 429}, SendOutcome.NOT_SENT, "throttled", False),
]
UNCLEAR = [
    ("code", {"body": "Wondering"}, "code-unknown"),
    ("silent", {"body": "None"}, "unreadable"),
    ("status", {"status": 500}, "http-500"),
    ("status", {"status": 502, "accept": True}, "http-502"),
    ("html", {}, "unreadable"),
    ("broken", {}, "unreadable"),
    ("huge", {}, "unreadable"),
    ("drop", {}, "no-answer"),
    ("reset", {"at": "after"}, "no-answer"),
]


@pytest.mark.parametrize(("do", "how", "outcome", "reason", "alarm"), SURELY_NOT)
def test_what_surely_rings_nobody_says_so(
    provider: VoiceStandin, do: str, how: dict[str, object], outcome: SendOutcome, reason: str, alarm: bool
) -> None:
    provider.rule(do, **how)

    result = placed(provider.url)

    assert (result.outcome, result.reason, result.alarm) == (outcome, reason, alarm)
    assert (provider.calls, result.provider_id) == ([], "")


@pytest.mark.parametrize(("do", "how", "reason"), UNCLEAR)
def test_what_nobody_can_know_is_unclear(
    provider: VoiceStandin, do: str, how: dict[str, object], reason: str
) -> None:
    provider.rule(do, **how)

    result = placed(provider.url)

    assert (result.outcome, result.reason, result.provider_id) == (SendOutcome.UNCLEAR, reason, "")
    assert len(provider.posts) == 1, "it was asked once"


@pytest.mark.usefixtures("_impatient")
def test_an_answer_that_does_not_come_is_unclear(provider: VoiceStandin) -> None:
    provider.rule("delay", at="after", seconds=1)

    assert placed(provider.url).outcome is SendOutcome.UNCLEAR
    assert len(provider.calls) == 1


def test_a_provider_that_is_not_there_surely_rings_nobody() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"

    assert placed(url) == SendResult(outcome=SendOutcome.NOT_SENT, reason="no-connection")


@pytest.mark.parametrize(
    "number", ["0700000001", "+0700000001", "+25470000000x", "+254700000001\n", "", "nobody"]
)
def test_a_number_that_is_none_is_not_even_tried(provider: VoiceStandin, number: str) -> None:
    assert placed(provider.url, number=number) == SendResult(
        outcome=SendOutcome.REFUSED, reason="number-not-valid"
    )
    assert provider.posts == []


def test_without_an_account_nobody_is_rung() -> None:
    assert placed("", username="", api_key="") == SendResult(outcome=SendOutcome.REFUSED, reason="no-account")


@pytest.mark.parametrize(
    ("username", "host"),
    [
        ("helpline", "https://voice.africastalking.com"),
        ("sandbox", "https://voice.sandbox.africastalking.com"),
    ],
)
def test_without_an_address_of_our_own_the_host_is_the_providers(username: str, host: str) -> None:
    built = VoiceCalls(AfricasTalkingAccount(username=username, api_key="k"), VOICE)

    assert built._make_url("/call") == f"{host}/call"


def test_the_sdk_has_still_no_place_for_our_id_and_posts_by_the_method_that_we_replace() -> None:
    assert list(inspect.signature(VoiceService.call).parameters) == [
        "self",
        "callFrom",
        "callTo",
        "callback",
        "timeout",
    ]
    assert "requests." not in inspect.getsource(VoiceService)
    theirs, ours = inspect.signature(Service._make_request), inspect.signature(VoiceCalls._make_request)
    assert list(theirs.parameters) == list(ours.parameters)
