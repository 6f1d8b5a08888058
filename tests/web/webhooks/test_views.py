"""The view on a real socket: what providers and strangers get back, in words and never as a page."""

import json
import logging
import re
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from gateway.domain.events import CallEvent, DialCaller, Event, Inbound, Kind, NotANumber, Reject
from gateway.foundation.time_and_chance import PREFIX
from gateway.storage.callers import SentText
from tests.support.channel_tables import line_of
from tests.support.served_webhooks import House, Page, served
from tests.support.standin import Posted, Provider, post_bytes

HERS = "+8562055500001"
JSON = "application/json"


@pytest.fixture
def house() -> Iterator[House]:
    with served(line_of("africastalking"), line_of("simulator")) as house:
        yield house


@pytest.fixture
def provider(house: House) -> Provider:
    return Provider(house.addresses("africastalking-1"))


def test_a_page_goes_back_as_the_provider_wants_it(house: House, provider: Provider) -> None:
    house.behind.page = Page("ສະບາຍດີ\n1 ຕໍ່", ends=False, screen="main")

    answer = provider.ussd("ATUid_1", HERS, "1")

    assert (answer.status, answer.body) == (200, "CON ສະບາຍດີ\n1 ຕໍ່")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "x-screen" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


def test_a_session_that_is_over_says_so(house: House, provider: Provider) -> None:
    house.behind.page = Page("Bye", ends=True)

    assert provider.ussd("ATUid_1", HERS, "1").body == "END Bye"


def test_the_simulator_also_says_which_screen_it_is_and_takes_json(house: House) -> None:
    fields = {"sessionId": "S", "phoneNumber": HERS, "networkCode": "SIM", "serviceCode": "*1#", "text": "1"}

    address = house.addresses("simulator-1")["ussd"]
    answer = post_bytes(address, json.dumps(fields).encode(), content_type=JSON)

    assert (answer.status, answer.headers["x-screen"]) == (200, "language")
    taken = house.behind.taken[0]
    assert isinstance(taken, Inbound)
    assert (taken.kind, taken.number, taken.text) == (Kind.USSD, HERS, "1")


def test_a_real_line_takes_no_json(provider: Provider) -> None:
    assert provider.raw("ussd", b"{}", content_type=JSON).status == 415


@pytest.mark.parametrize("event", ["sms", "optout", "ussd-end"])
def test_what_could_be_kept_nowhere_is_asked_for_again(house: House, provider: Provider, event: str) -> None:
    house.behind.kept = False

    assert post_of(provider, event).status == 503
    house.behind.kept = True
    assert post_of(provider, event).status == 200


def post_of(provider: Provider, event: str) -> Posted:
    posts = {
        "ussd": lambda: provider.ussd("ATUid_1", HERS, "1*4821"),
        "sms": lambda: provider.sms("ATXid_1", HERS, "a word of hers"),
        "delivery": lambda: provider.delivery("ATXid_2", HERS, "Success"),
        "optout": lambda: provider.opt_out(HERS),
        "ussd-end": lambda: provider.ended("ATUid_1", HERS, typed="1*4821", read="CON Your code is 4821"),
    }
    return posts[event]()


@pytest.mark.parametrize("event", ["ussd", "sms", "delivery", "optout", "ussd-end"])
def test_a_fault_of_ours_is_told_kindly_counted_and_logged_once_without_her_words(
    house: House, provider: Provider, event: str, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(taken: Event) -> None:
        raise ZeroDivisionError(f"{taken} 4821 a word of hers")

    house.behind.fails = fail

    answer = post_of(provider, event)

    if event == "ussd":
        assert (answer.status, answer.body) == (200, "END It failed here. Call +856 21 000 000.")
    else:
        assert answer.status == 503
        assert "<" not in answer.body
    assert house.counted("webhook_fault") == {event: 1}
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert re.fullmatch(
        rf"webhook failed event=[0-9a-z]{{20}} kind=ZeroDivisionError line=africastalking-1/{event} at=[\w.:< ]+",
        record.getMessage(),
    )
    assert record.exc_info is None
    assert "test_views.py" in record.getMessage()
    for words in (HERS, "4821", "hers", house.serials.secrets("africastalking-1")[0]):
        assert words not in caplog.text


def test_a_fault_before_the_secret_is_known_is_no_page_either(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> bytes:
        raise OSError("no key")

    address = house.addresses("africastalking-1")["ussd"]
    house.serials._key = broken

    answer = post_bytes(address, b"")

    assert answer.body.startswith("END ")
    assert address.split("/")[-2] not in caplog.text


def test_while_the_secret_changes_both_are_live_and_then_only_the_new_one(house: House) -> None:
    old = Provider(house.addresses("africastalking-1"))
    house.settings[PREFIX + "africastalking-1"] = 2
    house.serials.renew()
    new = Provider(house.addresses("africastalking-1"))

    assert old.addresses != new.addresses
    assert [each.ussd("ATUid_1", HERS).status for each in (old, new)] == [200, 200]

    house.settings[PREFIX + "africastalking-1"] = 3
    house.serials.renew()
    assert [each.ussd("ATUid_1", HERS).status for each in (old, new)] == [404, 200]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_every_other_method_is_refused_in_words(house: House, provider: Provider, method: str) -> None:
    answer = provider.raw("ussd", b"", method=method)

    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert answer.headers["content-type"].startswith("text/plain")
    assert house.behind.taken == []


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded; charset=iso-8859-1",
        "a",
    ],
)
def test_every_other_type_is_refused_in_words(provider: Provider, content_type: str) -> None:
    answer = provider.raw("ussd", b"text=", content_type=content_type)

    assert answer.status == 415
    assert "application/x-www-form-urlencoded" in answer.body


def test_a_packed_body_is_refused(provider: Provider) -> None:
    assert provider.raw("ussd", b"\x1f\x8b", headers={"Content-Encoding": "gzip"}).status == 415


def test_a_type_with_its_charset_is_taken(house: House, provider: Provider) -> None:
    body = b"sessionId=A&phoneNumber=%2B254700000001&networkCode=1&serviceCode=%2A1%23&text="

    for charset in ("; charset=utf-8", ";charset=UTF-8", "; boundary=x"):
        answer = provider.raw("ussd", body, content_type="application/x-www-form-urlencoded" + charset)
        assert answer.status == 200
    assert len(house.behind.taken) == 3


@pytest.mark.parametrize(
    "path", ["", "/", "/x", "/x/y", "/x/y/z/w", "/africastalking-1", "//x/y/z", "/../x", "/x/y/ussd/"]
)
def test_no_address_below_ours_answers_with_a_page(house: House, path: str) -> None:
    answer = post_bytes(f"{house.url}/webhooks{path or '/'}", b"")

    assert (answer.status, answer.body) == (404, "Not found")
    assert answer.headers["content-type"].startswith("text/plain")


def test_an_event_that_the_line_does_not_take_is_named_with_those_it_takes(
    house: House, provider: Provider
) -> None:
    answer = post_bytes(provider.addresses["ussd"].replace("/ussd", "/fax"), b"")

    assert answer.status == 404
    assert answer.body == "No such event; this line takes: delivery, optout, sms, ussd, ussd-end, voice"
    assert house.counted("webhook_refused") == {"event": 1}


CALL = {
    "isActive": "1",
    "sessionId": "ATVId_1",
    "direction": "Outbound",
    "callerNumber": HERS,
    "destinationNumber": "+254711000000",
}


def test_what_is_to_happen_with_a_call_goes_back_as_the_provider_wants_it(
    house: House, provider: Provider
) -> None:
    house.behind.step = DialCaller("+8562055500002", 60)

    answer = provider.post("voice", **CALL)

    assert (answer.status, answer.headers["content-type"]) == (200, "application/xml")
    assert '<Dial phoneNumbers="+8562055500002"' in answer.body
    assert isinstance(house.behind.taken[0], CallEvent)


def test_a_ring_to_the_line_is_taken_as_missed_and_then_asked_about(house: House, provider: Provider) -> None:
    house.behind.step = Reject()

    answer = provider.post("voice", **CALL | {"direction": "Inbound"})

    assert answer.body.endswith("<Response><Reject/></Response>")
    assert [type(event).__name__ for event in house.behind.taken] == ["MissedCall", "CallEvent"]


def test_a_ring_that_can_be_kept_nowhere_is_to_be_posted_again(house: House, provider: Provider) -> None:
    house.behind.kept = False

    assert provider.post("voice", **CALL | {"direction": "Inbound"}).status == 503


def test_a_fault_in_a_call_tells_nothing_and_gives_no_number_out(house: House, provider: Provider) -> None:
    def fail(event: Event) -> None:
        raise RuntimeError(f"at {event}")

    house.behind.fails = fail

    answer = provider.post("voice", **CALL)
    assert (answer.status, answer.body) == (503, "This cannot be taken now; post it again later.")


def test_a_stranger_learns_nothing_but_not_found(house: House) -> None:
    for path in ("nobody/x/ussd", "africastalking-1/x/ussd", "africastalking-1/x/nonsense"):
        answer = post_bytes(f"{house.url}/webhooks/{path}", b"x" * 100_000, method="PUT")
        assert (answer.status, answer.body) == (404, "Not found")
    assert house.counted("webhook_refused") == {"channel": 1, "secret": 2}


def test_a_large_body_is_refused_without_a_length_too(house: House, provider: Provider) -> None:
    exact = b"text=" + b"x" * (16 * 1024 - 5)

    assert provider.raw("ussd", exact).body == "field phoneNumber is missing"
    assert provider.raw("ussd", exact + b"x").status == 413
    assert provider.raw("ussd", b"text=%s" % (b"x" * 1_000_000)).status == 413
    assert house.behind.taken == []


def test_a_body_shorter_than_announced_reaches_nobody(house: House, provider: Provider) -> None:
    path = provider.addresses["ussd"].removeprefix(house.url)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(house.url.rpartition(":")[2])), timeout=5) as raw:
        raw.sendall(head.encode() + b"text=1")
        raw.shutdown(socket.SHUT_WR)
        answer = b""
        while part := raw.recv(65536):
            answer += part

    assert b" 400 " in answer.split(b"\r\n")[0]
    assert answer.endswith(b"The body is shorter than announced")
    assert house.behind.taken == []


def test_a_sender_that_is_no_number_is_no_caller_and_is_handed_on_as_a_notice(
    house: House, provider: Provider
) -> None:
    answer = provider.sms("ATXid_1", "SAFARICOM", "You won")

    assert (answer.status, answer.body) == (200, "OK")
    (notice,) = house.behind.taken
    assert isinstance(notice, NotANumber)
    assert (notice.sender, notice.text) == ("SAFARICOM", "You won")
    assert "SAFARICOM" not in repr(notice)


def test_the_thread_is_told_as_json(house: House) -> None:
    at, when = datetime(2026, 11, 24, 7, 5, tzinfo=UTC), "2026-11-24T07:05:00+00:00"
    waits = SentText(id="01hy", channel="simulator", text="b", at=at, state="pending", facts={"parts": 1})
    house.behind.thread = (SentText(id="01hz", channel="africastalking", text="ຄ່າແຮງ", at=at), waits)

    answer = Provider(house.addresses("simulator-1")).post("thread", phoneNumber=HERS)

    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.body) == [
        {"id": "01hz", "channel": "africastalking", "text": "ຄ່າແຮງ", "at": when, "state": "sent"},
        {"id": "01hy", "channel": "simulator", "text": "b", "at": when, "state": "pending", "parts": 1},
    ]


def test_many_posts_at_once_get_equal_answers(house: House, provider: Provider) -> None:
    answers: list[Posted] = []
    threads = [
        threading.Thread(target=lambda: answers.append(provider.ussd("ATUid_1", HERS, "1")))
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == len(house.behind.taken) == 10
    assert len({(answer.status, answer.body) for answer in answers}) == 1
