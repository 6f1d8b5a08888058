"""The simulator's own dialect; numbers are made up."""

from datetime import UTC, datetime

from gateway.domain.events import Ended, Inbound, Kind, MissedCall, ThreadAsked
from tests.support.channel_tables import Case, Table

LINE = "simulator-1"
HERS = "+8562055500001"
HOP = {
    "sessionId": "SIMid_1",
    "phoneNumber": HERS,
    "networkCode": "SIM",
    "serviceCode": "*123*4#",
    "text": "",
}
TEXT = {"from": HERS, "id": "SIMsms_1", "text": "pay", "to": "1234"}


def hop(name: str, text: str) -> Case:
    """One hop of a session."""
    gives = Inbound(
        channel=LINE,
        kind=Kind.USSD,
        number=HERS,
        session="SIMid_1",
        text=text,
        first=text == "",
        service="*123*4#",
        network="SIM",
    )
    return Case(
        name, "ussd", HOP | {"text": text}, (gives,), private=("phoneNumber",), may_be_empty=("text",)
    )


TABLE = Table(
    cases=(
        hop("a dial", ""),
        hop("keys", "1*7*2"),
        Case(
            "a text",
            "sms",
            TEXT,
            (Inbound(channel=LINE, kind=Kind.SMS, number=HERS, text="pay", turn="SIMsms_1", service="1234"),),
            private=("from",),
            may_be_empty=("text",),
        ),
        Case(
            "hanging up",
            "ussd-end",
            {"sessionId": "SIMid_1", "phoneNumber": HERS, "status": "incomplete"},
            (Ended(channel=LINE, session="SIMid_1", number=HERS, status="incomplete"),),
            private=("phoneNumber",),
        ),
        Case(
            "a ring that nobody took",
            "voice",
            {"phoneNumber": HERS, "id": "SIMring_1"},
            (MissedCall(channel=LINE, number=HERS, turn="SIMring_1"),),
            private=("phoneNumber",),
        ),
        Case(
            "what was sent since",
            "thread",
            {"phoneNumber": HERS, "since": "2026-11-24T07:05:00Z"},
            (ThreadAsked(channel=LINE, number=HERS, since=datetime(2026, 11, 24, 7, 5, tzinfo=UTC)),),
            optional=("since",),
            private=("phoneNumber",),
            may_be_empty=("since",),
        ),
        Case(
            "an instant without a zone is one in UTC",
            "thread",
            {"phoneNumber": HERS, "since": "2026-11-24T07:05:00"},
            (ThreadAsked(channel=LINE, number=HERS, since=datetime(2026, 11, 24, 7, 5, tzinfo=UTC)),),
            optional=("since",),
            may_be_empty=("since",),
        ),
    ),
    refused=(
        ("a number without its country", "ussd", HOP | {"phoneNumber": "02055500001"}, "field phoneNumber"),
        (
            "an end of no kind",
            "ussd-end",
            {"sessionId": "1", "phoneNumber": HERS, "status": "x"},
            "field status",
        ),
        ("a day that is none", "thread", {"phoneNumber": HERS, "since": "today"}, "field since"),
    ),
)
