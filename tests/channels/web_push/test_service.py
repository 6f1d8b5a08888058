"""Where push messages may go, and what each answer of a push service means."""

import socket
from datetime import UTC, datetime, timedelta

import pytest

from gateway.channels import web_push
from gateway.channels.contract import SendOutcome
from gateway.channels.web_push import PushService, check_endpoint, read_push_result
from gateway.domain.events import OutgoingPush
from tests.support.standin_push import PushStandin, bytes_of

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)


def message(standin: PushStandin, name: str = "b1", **more: object) -> OutgoingPush:
    address = standin.subscribe(name)
    usual: dict[str, object] = {
        "endpoint": address.endpoint,
        "public_key": bytes_of(address.p256dh),
        "auth": bytes_of(address.auth),
        "signing_key": web_push.create_signing_key(),
        "contact": "",
        "text": '{"n":1}',
        "valid_until": NOW + timedelta(hours=1),
    }
    return OutgoingPush(**(usual | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def-_",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://web.push.apple.com/QAAA",
        "https://wns2-par02p.notify.windows.com/w/?token=BQYA",
        "https://push.example:443/x",
        "https://8.8.8.8/x",
    ],
)  # fmt: skip
def test_addresses_of_push_services(endpoint: str) -> None:
    assert check_endpoint(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "", "x", "http://fcm.googleapis.com/x", "ftp://a.example/x", "javascript:alert(1)", "file:///etc/passwd",
        "https://localhost/x", "https://gateway/x", "https://db.internal/x", "https://printer.local/x", "https://a.localhost/x",
        "https://127.0.0.1/x", "https://10.0.0.1/x", "https://192.168.1.1/x", "https://172.16.0.1/x", "https://169.254.169.254/latest",
        "https://100.64.0.1/x", "https://0.0.0.0/x", "https://224.0.0.1/x", "https://255.255.255.255/x",
        "https://[::1]/x", "https://[::ffff:127.0.0.1]/x", "https://[fd00::1]/x", "https://[fe80::1]/x", "https://[64:ff9b::7f00:1]/x",
        "https://[2002:7f00:1::]/x", "https://push.example:22/x", "https://push.example:99999/x", "https://user@push.example/x",
        "https://user:pw@push.example/x", "https://push.example/x#y", "https://push.example/\r\nHost: a", "https://ທ.example/x",
        "https://push.example/" + "a" * 1000,
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_push_service(endpoint: str) -> None:
    assert not check_endpoint(endpoint)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (["127.0.0.1"], "private-address"),
        (["10.1.2.3", "8.8.8.8"], "private-address"),
        (["8.8.8.8", "fd00::1"], "private-address"),
        (["::ffff:192.168.0.1"], "private-address"),
        ([], "private-address"),
    ],
)  # fmt: skip
def test_a_name_that_leads_inside_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch, found: list[str], reason: str
) -> None:
    """A name is looked up when it is used, since it may lead elsewhere by then."""
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in found]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: answer)
    with PushStandin() as standin:
        result = PushService().push(message(standin, endpoint="https://push.example/x"), now=NOW)
    assert (result.outcome, result.reason) == (SendOutcome.REFUSED, reason)


def test_a_message_arrives_and_is_opened() -> None:
    with PushStandin() as standin:
        result = PushService(private=True).push(message(standin), now=NOW)
        assert (result.outcome, standin.refused) == (SendOutcome.SENT, [])
        assert standin.said() == {"n": 1}
        headers = standin.got[0].headers
    assert (headers["TTL"], headers["Urgency"], headers["Topic"]) == ("3600", "high", "alert")


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        ((404, {}), SendOutcome.REFUSED, "gone"),
        ((410, {}), SendOutcome.REFUSED, "gone"),
        ((413, {}), SendOutcome.REFUSED, "http-413"),
        ((403, {}), SendOutcome.REFUSED, "http-403"),
        ((301, {"Location": "http://127.0.0.1:1/"}), SendOutcome.REFUSED, "http-301"),
        ((429, {"Retry-After": "120"}), SendOutcome.NOT_SENT, "throttled"),
        ((503, {}), SendOutcome.NOT_SENT, "throttled"),
        ((500, {}), SendOutcome.UNCLEAR, "http-500"),
        ("reset", SendOutcome.UNCLEAR, "no-answer"),
    ],
)  # fmt: skip
def test_answers(answer: tuple[int, dict[str, str]] | str, outcome: SendOutcome, reason: str) -> None:
    with PushStandin() as standin:
        standin.answers.append(answer)
        result = PushService(private=True).push(message(standin), now=NOW)
    assert (result.outcome, result.reason) == (outcome, reason)


def test_nobody_listens() -> None:
    with PushStandin() as standin:
        closed = message(standin)
    result = PushService(private=True).push(closed, now=NOW)
    assert (result.outcome, result.reason) == (SendOutcome.NOT_SENT, "no-connection")


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("120", 120), ("999999", 1800), ("Tue, 24 Nov 2026 07:06:00 GMT", 60), ("Tue, 24 Nov 2020 07:06:00 GMT", 0), ("soon", None), ("", None)],
)  # fmt: skip
def test_when_a_service_wants_to_be_asked_again(written: str, seconds: int | None) -> None:
    at = read_push_result(429, {"retry-after": written}, NOW).retry_at
    assert at == (None if seconds is None else NOW + timedelta(seconds=seconds))


def test_a_key_of_nothing_is_refused_before_the_network() -> None:
    with PushStandin() as standin:
        broken = message(standin, public_key=b"\x04" + b"\x01" * 64)
        assert PushService(private=True).push(broken, now=NOW).reason == "keys"
        assert standin.got == []
