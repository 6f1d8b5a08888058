"""What Kannel's answers prove, and what its get-url brings in every coding."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from gateway.channels import find_channel
from gateway.channels.contract import BadAccount, ChannelConfig, Request, SendOutcome
from gateway.channels.http_client import HttpReply
from gateway.channels.kannel import KannelChannel
from gateway.domain.events import Inbound

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
LAO = "ສະບາຍດີ"
SENT, NOT_SENT, REFUSED, UNCLEAR = SendOutcome


@pytest.mark.parametrize(
    ("status", "words", "outcome", "reason", "alarm"),
    [
        (202, "0: Accepted for delivery", SENT, "", False),
        (202, "3: Queued for later delivery", SENT, "", False),
        (202, "", SENT, "", False),
        (400, "Sender missing and no global set, rejected", REFUSED, "http-400", True),
        (403, "Authorization failed for sendsms", NOT_SENT, "wrong-password", True),
        (403, "Not routable. Do not try again.", REFUSED, "no-route", False),
        (403, "Number(s) has/have been denied by white- and/or black-lists.", REFUSED, "not-allowed", True),
        (503, "Temporal failure, try again later.", NOT_SENT, "gateway-full", False),
        (503, "<html>Service unavailable</html>", UNCLEAR, "http-503", False),
        (500, "", UNCLEAR, "http-500", False),
        (404, "Not found", NOT_SENT, "wrong-address", True),
        (302, "", NOT_SENT, "redirected", True),
        (200, "<html>A page of another server</html>", UNCLEAR, "unreadable", True),
        (429, "", NOT_SENT, "throttled", False),
    ],
)
def test_an_answer_means_what_it_proves(
    status: int, words: str, outcome: SendOutcome, reason: str, alarm: bool
) -> None:
    line = KannelChannel(ChannelConfig(name="k", provider="kannel", menu="helpline"))
    found = line.read_answer(HttpReply(status=status, body=words.encode()), "own", NOW)
    assert (found.outcome, found.reason, found.alarm) == (outcome, reason, alarm)
    assert found.provider_id == ("own" if outcome is SENT else "")


def read(query: bytes) -> str:
    line = find_channel(
        ChannelConfig(name="k", provider="kannel", menu="helpline", sms_number="+85620555000000")
    )
    (event,) = line.parse(Request(event="sms", fields={}, body=b"id=1&from=%2B8562055500001&" + query))
    assert isinstance(event, Inbound)
    return event.text


@pytest.mark.parametrize(
    ("raw", "rest"),
    [
        (LAO.encode(), b"&coding=2&charset=UTF-8"),
        (LAO.encode("utf-16-be"), b"&coding=2&charset=8-BIT"),
        (LAO.encode("utf-16-be"), b"&coding=2&charset=UTF-16BE"),
        (LAO.encode("utf-16-be"), b"&coding=2&charset="),
        (LAO.encode("utf-16-be"), b"&coding=2"),
        (LAO.encode(), b"&coding=0&charset=UTF-8"),
        (LAO.encode(), b""),
    ],
)
def test_lao_is_read_with_and_without_mo_recode(raw: bytes, rest: bytes) -> None:
    assert read(b"text=" + quote(raw).encode() + rest) == LAO


def test_latin_letters_are_read_in_the_charset_that_is_named() -> None:
    assert read(b"text=caf%e9&coding=0&charset=ISO-8859-1") == "café"
    assert read(b"text=caf%c3%a9&coding=0&charset=UTF-8") == "café"


def test_half_an_account_is_named() -> None:
    with pytest.raises(BadAccount, match="K_USERNAME, K_PASSWORD is not set"):
        find_channel(
            ChannelConfig(
                name="k", provider="kannel", menu="helpline", options={"send_url": "http://127.0.0.1:1/"}
            )
        )


def test_a_gateway_that_is_not_there_has_surely_sent_nothing() -> None:
    from gateway.domain.events import Outgoing

    options = {"send_url": "http://127.0.0.1:1/cgi-bin/sendsms", "username": "u", "password": "p"}
    line = find_channel(ChannelConfig(name="k", provider="kannel", menu="helpline", options=options))
    message = Outgoing(
        own_id="01hzy2m4c9k3p7qrs5tv", number="+8562055500001", text="x", valid_until=NOW + timedelta(hours=1)
    )
    found = line.send(message, now=NOW)
    assert (found.outcome, found.down) == (NOT_SENT, True)
