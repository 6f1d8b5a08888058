"""Sends against a provider of our own on a real socket: what arrives there, and what each way of failing comes to."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from gateway.channels import http_client
from gateway.channels.africastalking import send
from gateway.channels.contract import Channel, SendOutcome, SendResult
from gateway.domain.events import Outgoing
from tests.support.channel_tables import line_of
from tests.support.standin import KEY, Standin

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
NUMBER = "+254700000001"


def line(url: str, **options: str) -> Channel:
    account = {"username": "helpline", "api_key": KEY, "api_url": url}
    return line_of("africastalking", **(account | options))


def sent(channel: Channel, text: str = "Hello", *, number: str = NUMBER, link: str = "") -> SendResult:
    return channel.send(Outgoing(own_id="01hzy2m4c9k3p7qrs5tv", number=number, text=text, link=link), now=NOW)


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "TIMES", (0.3, 0.3))


def test_a_text_arrives_as_the_provider_wants_it(standin: Standin) -> None:
    result = sent(line(standin.url), "ສະບາຍດີ & + 100%")

    assert result == SendResult(outcome=SendOutcome.SENT, provider_id=standin.sent[0]["id"], cost=8000)
    assert standin.posts[0]["path"] == "/version1/messaging"
    assert standin.posts[0]["form"] == {
        "username": "helpline",
        "to": NUMBER,
        "message": "ສະບາຍດີ & + 100%",
        "bulkSMSMode": "1",
        "enqueue": "1",
    }
    headers = standin.posts[0]["headers"]
    assert headers["apiKey"] == KEY
    assert headers["Accept"] == "application/json"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Transfer-Encoding" not in headers


def test_a_sender_is_named_only_where_there_is_one(standin: Standin) -> None:
    sent(line(standin.url, sender_id="HELPLINE"))
    sent(line(standin.url, sender_id=""))

    assert [post["form"].get("from") for post in standin.posts] == ["HELPLINE", None]


def test_an_answer_to_a_premium_text_carries_its_link(standin: Standin) -> None:
    result = sent(line(standin.url), link="link-77")

    form = standin.posts[0]["form"]
    assert result.outcome is SendOutcome.SENT
    assert (form["linkId"], form["from"], form["bulkSMSMode"]) == ("link-77", "22384", "0")
    assert "keyword" not in form


@pytest.mark.parametrize("do", ["accept", "charset", "text"])
def test_the_content_type_of_the_answer_does_not_count(standin: Standin, do: str) -> None:
    standin.rule(do)

    assert sent(line(standin.url)).outcome is SendOutcome.SENT


SURELY_NOT = [
    ("code", {"code": 403}, SendOutcome.REFUSED, "number-not-valid", False),
    ("code", {"code": 405}, SendOutcome.NOT_SENT, "no-money", True),
    ("code", {"code": 406}, SendOutcome.REFUSED, "opted-out", False),
    ("code", {"code": 500}, SendOutcome.NOT_SENT, "provider-fault", False),
    ("silent", {"body": "InsufficientBalance"}, SendOutcome.NOT_SENT, "no-money", True),
    ("silent", {"body": "InvalidSenderId"}, SendOutcome.NOT_SENT, "sender-not-valid", True),
    ("silent", {"body": "Something new"}, SendOutcome.NOT_SENT, "refused-unknown", True),
    ("silent", {"body": "Sent to 0/1 Total Cost: 0"}, SendOutcome.NOT_SENT, "no-recipient", False),
    ("status", {"status": 400}, SendOutcome.NOT_SENT, "bad-request", True),
    ("status", {"status": 403}, SendOutcome.NOT_SENT, "forbidden", True),
    ("status", {"status": 404}, SendOutcome.NOT_SENT, "wrong-address", True),
    ("status", {"status": 409}, SendOutcome.NOT_SENT, "do-not-disturb", False),
    ("status", {"status": 429}, SendOutcome.NOT_SENT, "throttled", False),
    (
        "status",
        {"status": 308, "headers": {"Location": "/redirected"}},
        SendOutcome.NOT_SENT,
        "redirected",
        True,
    ),
]
UNCLEAR = [
    ("silent", {"body": ""}, "empty"),
    ("code", {"code": 777}, "code-unknown"),
    ("status", {"status": 500}, "http-500"),
    ("status", {"status": 502, "accept": True}, "http-502"),
    ("status", {"status": 503, "headers": {"Retry-After": "5"}}, "http-503"),
    ("redirect", {}, "http-302"),
    ("html", {}, "not-json"),
    ("xml", {}, "not-json"),
    ("broken", {}, "unreadable"),
    ("huge", {}, "unreadable"),
    ("drop", {}, "no-answer"),
    ("reset", {}, "no-answer"),
    ("drop", {"at": "after"}, "no-answer"),
    ("reset", {"at": "after"}, "no-answer"),
]


@pytest.mark.parametrize(("do", "how", "outcome", "reason", "alarm"), SURELY_NOT)
def test_what_surely_did_not_go_out_says_so(
    standin: Standin, do: str, how: dict[str, object], outcome: SendOutcome, reason: str, alarm: bool
) -> None:
    standin.rule(do, **how)

    result = sent(line(standin.url))

    assert (result.outcome, result.reason, result.alarm) == (outcome, reason, alarm)
    assert (standin.sent, result.provider_id, result.cost) == ([], "", 0)
    assert len(standin.posts) == 1, "it was asked once and followed nowhere"


@pytest.mark.parametrize(("do", "how", "reason"), UNCLEAR)
def test_what_nobody_can_know_is_unclear(
    standin: Standin, do: str, how: dict[str, object], reason: str
) -> None:
    standin.rule(do, **how)

    result = sent(line(standin.url))

    assert (result.outcome, result.reason, result.retry_at) == (SendOutcome.UNCLEAR, reason, None)
    assert len(standin.posts) == 1, "it was asked once and followed nowhere"


def test_a_wrong_key_is_an_alarm_and_nothing_went_out(standin: Standin) -> None:
    result = sent(line(standin.url, api_key="old"))

    assert (result.outcome, result.reason, result.alarm) == (SendOutcome.NOT_SENT, "wrong-key", True)


def test_the_provider_says_when_to_come_again(standin: Standin) -> None:
    standin.rule("status", status=429, headers={"Retry-After": "90"})

    assert sent(line(standin.url)).retry_at == NOW + timedelta(seconds=90)


@pytest.mark.usefixtures("_impatient")
def test_an_answer_that_does_not_come_leaves_the_text_unclear(standin: Standin) -> None:
    standin.rule("hold", at="after")

    began = time.monotonic()
    result = sent(line(standin.url))

    assert (result.outcome, result.reason) == (SendOutcome.UNCLEAR, "no-answer")
    assert len(standin.sent) == 1
    assert time.monotonic() - began < 2


def test_a_closed_port_is_surely_not_sent() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"

        result = sent(line(url))

    assert (result.outcome, result.reason) == (SendOutcome.NOT_SENT, "no-connection")


def test_a_name_that_does_not_resolve_is_surely_not_sent() -> None:
    result = sent(line("http://provider.invalid"))

    assert (result.outcome, result.reason) == (SendOutcome.NOT_SENT, "no-connection")


def test_a_server_that_does_not_speak_tls_is_surely_not_sent(standin: Standin) -> None:
    result = sent(line(standin.url.replace("http:", "https:")))

    assert (result.outcome, result.reason) == (SendOutcome.NOT_SENT, "no-connection")


@pytest.mark.usefixtures("_impatient")
def test_a_connection_that_is_never_taken_is_surely_not_sent() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()), _filled(full.getsockname()):
            result = sent(line(f"http://127.0.0.1:{full.getsockname()[1]}"))

    assert (result.outcome, result.reason) == (SendOutcome.NOT_SENT, "no-connection")


@contextmanager
def _filled(address: tuple[str, int]) -> Iterator[None]:
    # The backlog takes one or two more than it says; what does not fit waits for its turn until the time is up.
    waiting = [socket.socket() for _ in range(4)]
    for each in waiting:
        each.setblocking(False)
        each.connect_ex(address)
    try:
        yield
    finally:
        for each in waiting:
            each.close()


def test_an_answer_cut_off_in_the_middle_is_unclear() -> None:
    head = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
    with _speaking(head + b'{"SMSMessageData":{"Message":"InsufficientBalance","Recipients":[]}}') as url:
        result = sent(line(url))

    assert (result.outcome, result.reason) == (SendOutcome.UNCLEAR, "unreadable")


@pytest.mark.parametrize(
    "noise", [b"", b"\x00\xff\xfe", b"HTTP/1.1 abc\r\n\r\n", b"SSH-2.0-x\r\n", b"x" * 100_000]
)
def test_noise_is_unclear_and_raises_nothing(noise: bytes) -> None:
    with _speaking(noise) as url:
        assert sent(line(url)).outcome is SendOutcome.UNCLEAR


def test_a_chunked_answer_is_read() -> None:
    body = (
        b'{"SMSMessageData":{"Message":"","Recipients":[{"statusCode":102,"number":"+254700000001",'
        b'"status":"Queued","cost":"KES 0.8000","messageId":"ATPid_1"}]}}'
    )
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    with _speaking(head + chunks) as url:
        result = sent(line(url))

    assert (result.outcome, result.provider_id) == (SendOutcome.SENT, "ATPid_1")


def test_a_body_that_drips_for_too_long_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "WHOLE_ANSWER_SECONDS", 0.2)
    head = b"HTTP/1.1 201 Created\r\nContent-Length: 100000\r\n\r\n"
    with _speaking(head, drip=0.02) as url:
        began = time.monotonic()
        result = sent(line(url))

    assert (result.outcome, result.reason) == (SendOutcome.UNCLEAR, "unreadable")
    assert time.monotonic() - began < 2


@contextmanager
def _speaking(words: bytes, *, drip: float = 0) -> Iterator[str]:
    """Take one connection, read the request, say these words, and hang up; or go on dripping spaces."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(5)

    def speak() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.settimeout(5)
            heard = b""
            while b"\r\n\r\n" not in heard or not heard.endswith(b"enqueue=1"):
                heard += connection.recv(65536)
            try:
                connection.sendall(words)
                for _ in range(100 if drip else 0):
                    connection.sendall(b" ")
                    time.sleep(drip)
            except OSError:
                return

    thread = threading.Thread(target=speak, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        thread.join(5)
        listening.close()


@pytest.mark.parametrize(
    "number", ["", "22384", "SAFARICOM", "+0123456789", "+254700000001\n", "+٢٥٤٧٠٠٠٠٠٠٠١", "+" + "9" * 26]
)
def test_what_is_no_number_never_leaves(standin: Standin, number: str) -> None:
    result = sent(line(standin.url), number=number)

    assert (result.outcome, result.reason) == (SendOutcome.REFUSED, "number-not-valid")
    assert standin.posts == []


def test_nothing_of_hers_is_logged(standin: Standin, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    for do in ("accept", "drop", "broken", "status"):
        standin.rule(do)
        sent(line(standin.url), "a text that nobody may see")
    sent(line("http://provider.invalid"), "a text that nobody may see")

    for words in (NUMBER, NUMBER[1:], "nobody", KEY):
        assert words not in caplog.text


def test_many_threads_share_one_line(standin: Standin) -> None:
    channel = line(standin.url)
    results: list[SendResult] = []
    threads = [
        threading.Thread(
            target=lambda i=i: results.append(sent(channel, f"text {i}", number=f"+2547000001{i:02d}"))
        )
        for i in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    by_id = {each["id"]: each for each in standin.sent}
    assert len({result.provider_id for result in results}) == 20
    assert all(
        by_id[result.provider_id]["text"][5:].zfill(2) == by_id[result.provider_id]["to"][-2:]
        for result in results
    )
