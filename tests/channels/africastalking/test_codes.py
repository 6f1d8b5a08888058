"""What an answer means, as a table and as a promise about any answer at all."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.africastalking.codes import CODES, parse_cost, read_send_result, retry_after
from gateway.channels.contract import SendOutcome
from gateway.channels.http_client import HttpReply
from tests.support.standin import WORDS

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
NUMBER = "+254700000001"

# The provider's own table of codes, with its policy of trying again as another system in the field reads it.
POLICY = {
    100: "sent",
    101: "sent",
    102: "sent",
    401: "refused",
    402: "not_sent",
    403: "refused",
    404: "refused",
    405: "not_sent",
    406: "refused",
    407: "refused",
    409: "not_sent",
    500: "not_sent",
    501: "not_sent",
    502: "not_sent",
}


def reply(*recipients: object, summary: object = "", status: int = 201) -> HttpReply:
    whole = {"SMSMessageData": {"Message": summary, "Recipients": list(recipients)}}
    return HttpReply(status=status, body=json.dumps(whole).encode())


def recipient(code: object, **changes: object) -> dict[str, object]:
    told = {"statusCode": code, "number": NUMBER, "status": "", "cost": "KES 0.8000", "messageId": "ATXid_1"}
    return told | changes


@pytest.mark.parametrize(("code", "outcome"), POLICY.items())
@pytest.mark.parametrize("form", [int, str])
def test_each_code_has_its_policy(code: int, outcome: str, form: type) -> None:
    result = read_send_result(reply(recipient(form(code))), number=NUMBER, now=NOW)

    assert result.outcome == outcome
    assert bool(result.reason) == (outcome != "sent")
    assert result.cost == (8000 if outcome == "sent" else 0)


def test_the_table_knows_every_documented_code_and_no_other() -> None:
    assert set(CODES) == set(POLICY) == set(WORDS)


@pytest.mark.parametrize("code", [code for code in WORDS if code > 400])
def test_a_reason_in_place_of_the_summary_means_what_its_code_means(code: int) -> None:
    by_code = read_send_result(reply(recipient(code, messageId="None", cost="0")), number=NUMBER, now=NOW)

    assert read_send_result(reply(summary=WORDS[code]), number=NUMBER, now=NOW) == by_code


@pytest.mark.parametrize(
    ("answer", "outcome", "provider_id"),
    [
        (reply(recipient(101, messageId="None")), "sent", ""),
        (reply(recipient(101, messageId="")), "sent", ""),
        (reply(recipient(101, number="254700000001")), "sent", "ATXid_1"),
        (reply(recipient(403, number="+254700000002"), recipient(101)), "sent", "ATXid_1"),
        (
            reply(recipient(101, number="+254700000002"), recipient(101, number="+254700000003")),
            "unclear",
            "",
        ),
        (reply(recipient(101), recipient(403)), "unclear", ""),
        (reply(recipient(None, status="Success")), "sent", "ATXid_1"),
        (reply(recipient("", status="UserInBlacklist")), "refused", "ATXid_1"),
        (reply(recipient(None, status="Unheard")), "unclear", "ATXid_1"),
        (reply(recipient(None, status=None)), "unclear", "ATXid_1"),
        (reply("text"), "unclear", ""),
        (reply(recipient(101), status=200), "sent", "ATXid_1"),
        (reply(summary=None), "unclear", ""),
        (reply(summary="Sent to 1/1 Total Cost: KES 0.8000"), "unclear", ""),
        (HttpReply(status=201, body=b"[]"), "unclear", ""),
        (HttpReply(status=201, body=b"null"), "unclear", ""),
        (HttpReply(status=201, body=b""), "unclear", ""),
        (HttpReply(status=201, body=b"[" * 100_000), "unclear", ""),
        (HttpReply(status=201, body=b'{"SMSMessageData":[]}'), "unclear", ""),
        (HttpReply(status=201, body=b'{"SMSMessageData":{}}'), "unclear", ""),
        (HttpReply(status=201, body=reply(recipient(101)).body, cut=True), "unclear", ""),
        (HttpReply(status=101), "unclear", ""),
        (HttpReply(status=303), "unclear", ""),
        (HttpReply(status=301), "not_sent", ""),
        (HttpReply(status=307), "not_sent", ""),
        (HttpReply(status=418), "not_sent", ""),
        (HttpReply(status=599), "unclear", ""),
    ],
)
def test_odd_answers(answer: HttpReply, outcome: str, provider_id: str) -> None:
    result = read_send_result(answer, number=NUMBER, now=NOW)

    assert (result.outcome, result.provider_id) == (outcome, provider_id)


def test_a_refusal_for_the_night_comes_again_in_an_hour() -> None:
    for answer in (HttpReply(status=409), reply(recipient(409)), reply(summary="DoNotDisturbRejection")):
        assert read_send_result(answer, number=NUMBER, now=NOW).retry_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("999999999999", 12 * 3600),
        ("Tue, 24 Nov 2026 07:06:00 GMT", 60),
        ("Tue, 24 Nov 2026 07:06:00", 60),
        ("Tue, 24 Nov 2026 14:06:00 +0700", 60),
        ("Mon, 23 Nov 2026 07:05:00 GMT", 0),
        ("Fri, 24 Nov 2028 07:05:00 GMT", 12 * 3600),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("1.5", None),
    ],
)
def test_when_to_come_again(written: str, seconds: int | None) -> None:
    expected = None if seconds is None else NOW + timedelta(seconds=seconds)

    assert retry_after({"retry-after": written}, NOW) == expected


@pytest.mark.parametrize(
    ("written", "cost"),
    [("KES 0.8000", 8000), ("USD 1", 10_000), ("KES0.00005", 0), ("0", 0), ("12.5", 125_000)]
    + [(odd, 0) for odd in ("", "free", "KES", "KES -1", "KES 1e9", "KES 1,5", "KES ١", None, 3, [])],
)
def test_costs(written: object, cost: int) -> None:
    assert parse_cost(written) == cost


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(
    status=st.integers(100, 599),
    summary=_JSON,
    recipients=st.lists(
        _JSON
        | st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("statusCode", "number", "status", "cost", "messageId"), _JSON)
        ),
        max_size=3,
    )
    | _JSON,
    after=st.text(max_size=30),
)
def test_any_answer_has_a_meaning_and_only_a_success_says_sent(
    status: int, summary: object, recipients: object, after: str
) -> None:
    body = json.dumps({"SMSMessageData": {"Message": summary, "Recipients": recipients}}).encode()
    answer = HttpReply(status=status, headers={"retry-after": after}, body=body)

    result = read_send_result(answer, number=NUMBER, now=NOW)

    assert result.outcome is not SendOutcome.SENT or 200 <= status < 300
    assert result.outcome is SendOutcome.UNCLEAR or status < 500
    assert result.retry_at is None or (NOW <= result.retry_at <= NOW + timedelta(hours=12))
    assert result.outcome is SendOutcome.NOT_SENT or result.retry_at is None
    assert result.reason == "" or (result.reason.isascii() and len(result.reason) <= 20)


@given(st.binary(max_size=200), st.sampled_from([200, 201, 204]))
def test_a_success_that_cannot_be_read_is_unclear(body: bytes, status: int) -> None:
    assert (
        read_send_result(HttpReply(status=status, body=body), number=NUMBER, now=NOW).outcome
        is SendOutcome.UNCLEAR
    )


@pytest.mark.fault("A7")
@pytest.mark.parametrize(
    ("status", "outcome", "reason"),
    [
        ("Failed", SendOutcome.NOT_SENT, "refused"),
        ("Could Not Send", SendOutcome.NOT_SENT, "refused"),
        ("could_not_send", SendOutcome.NOT_SENT, "refused"),
        ("NOT SENT", SendOutcome.NOT_SENT, "refused"),
        ("User In Blacklist", SendOutcome.REFUSED, "opted-out"),
        ("invalid phone number", SendOutcome.REFUSED, "number-not-valid"),
        ("success", SendOutcome.SENT, ""),
        ("Perhaps", SendOutcome.UNCLEAR, "code-unknown"),
        ("", SendOutcome.UNCLEAR, "code-unknown"),
    ],
)
def test_the_word_beside_a_recipient_counts_where_no_code_stands_there(
    status: str, outcome: SendOutcome, reason: str
) -> None:
    found = read_send_result(reply({"number": NUMBER, "status": status}), number=NUMBER, now=NOW)
    assert (found.outcome, found.reason) == (outcome, reason)


@pytest.mark.fault("A7")
@pytest.mark.parametrize(
    ("answer", "outcome", "reason", "alarm"),
    [
        (HttpReply(status=408, headers={}, body=b""), SendOutcome.NOT_SENT, "timed-out", False),
        (
            HttpReply(status=200, headers={}, body=b"<?xml version='1.0'?><AfricasTalkingResponse/>"),
            SendOutcome.UNCLEAR,
            "not-json",
            True,
        ),
        (
            HttpReply(status=200, headers={}, body=b"\xef\xbb\xbf\n<html>"),
            SendOutcome.UNCLEAR,
            "not-json",
            True,
        ),
        (HttpReply(status=200, headers={}, body=b"OK"), SendOutcome.UNCLEAR, "unreadable", False),
    ],
)
def test_a_time_out_is_no_alarm_and_an_answer_in_another_format_is_one(
    answer: HttpReply, outcome: SendOutcome, reason: str, alarm: bool
) -> None:
    found = read_send_result(answer, number=NUMBER, now=NOW)
    assert (found.outcome, found.reason, found.alarm) == (outcome, reason, alarm)
