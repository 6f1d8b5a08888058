"""Twilio, as its pages say it posts; numbers, ids and the token are made up."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from gateway.channels.twilio import sign_post
from gateway.domain.events import OPTED_OUT, Delivery, Inbound, Kind, NotANumber
from tests.support.channel_tables import Case, Dialect, Table

LINE = "twilio-1"
TOKEN, PUBLIC = "test-auth-token", "https://helpline.example.org"
TEXT = {
    "MessageSid": "SM00000000000000000000000000000001",
    "AccountSid": "AC00000000000000000000000000000001",
    "From": "+8562055512345",
    "To": "+12025550123",
    "Body": "help",
    "NumMedia": "0",
}
REPORT = {
    "MessageSid": "SM00000000000000000000000000000002",
    "MessageStatus": "undelivered",
    "To": "+8562055512345",
    "ErrorCode": "30003",
}
OPTIONAL = ("AccountSid", "To", "Body", "NumMedia")


def text(name: str, words: str, **changes: str) -> Case:
    """One text."""
    gives = Inbound(
        channel=LINE,
        kind=Kind.SMS,
        number="+8562055512345",
        text=words,
        turn=TEXT["MessageSid"],
        service="+12025550123",
    )
    fields = TEXT | {"Body": words} | changes
    return Case(name, "sms", fields, (gives,), OPTIONAL, ("From", "Body"), OPTIONAL)


def stranger(sender: str) -> Case:
    """A text whose sender cannot be phoned."""
    gives = NotANumber(channel=LINE, turn=TEXT["MessageSid"])
    return Case(f"a sender called {sender!r}", "sms", TEXT | {"From": sender}, (gives,), OPTIONAL)


def report(name: str, state: str, reason: str, **changes: str) -> Case:
    """One status callback."""
    fields = REPORT | changes
    gives = Delivery(
        channel=LINE,
        provider_id=REPORT["MessageSid"],
        state=state,
        status=fields["MessageStatus"],
        reason=reason,
    )
    return Case(name, "delivery", fields, (gives,), ("To", "ErrorCode"), ("To",), ("To", "ErrorCode"))


def sign(body: bytes, _second: int, address: str) -> Mapping[str, str]:
    """Sign a form for the public address of this path."""
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    return {"X-Twilio-Signature": sign_post(TOKEN, PUBLIC + urlsplit(address).path, fields)}


TABLE = Table(
    cases=(
        text("a text", "help"),
        text("a Lao text", "ຄ່າແຮງ"),
        text("a picture without words", "", NumMedia="1"),
        text("a text with fields that came without notice", "pay", FromCity="VIENTIANE", Brand="new"),
        stranger("22384"),
        stranger("TWILIO"),
        stranger("whatsapp:+8562055512345"),
        report("a report that it failed", "failed", "30003"),
        report("a report that she sent STOP", "failed", OPTED_OUT, ErrorCode="21610"),
    ),
    statuses={
        "queued": "moving",
        "sending": "moving",
        "sent": "moving",
        "delivered": "delivered",
        "undelivered": "failed",
        "failed": "failed",
        "read": "delivered",
        "brand-new": "moving",
    },
    status="MessageStatus",
    dialect=Dialect(
        options={"account_sid": "AC1", "auth_token": TOKEN, "public_url": PUBLIC},
        sign=sign,
        is_timed=False,
    ),
)
