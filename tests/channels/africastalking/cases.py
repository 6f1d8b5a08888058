"""Africa's Talking, as its pages and recordings say it posts; numbers and ids are made up."""

from dataclasses import replace

from gateway.domain.events import (
    CallEvent,
    CallKind,
    Cause,
    Delivery,
    Ended,
    Event,
    Inbound,
    Kind,
    MissedCall,
    NotANumber,
    OptOut,
)
from tests.support.channel_tables import Case, Table

LINE = "africastalking-1"
HOP = {
    "sessionId": "ATUid_00000000000000000000000000000001",
    "phoneNumber": "+254700000001",
    "networkCode": "63902",
    "serviceCode": "*384*12345#",
    "text": "",
}
TEXT = {
    "date": "2026-01-02 03:04:05",
    "from": "+254700000001",
    "id": "ATXid_in01",
    "linkId": "",
    "text": "HELP me",
    "to": "22384",
    "cost": "KES 0.00",
    "networkCode": "63902",
}
END = {
    "date": "2026-01-02 03:05:00",
    "sessionId": "ATUid_01",
    "serviceCode": "*384*12345#",
    "networkCode": "63902",
    "phoneNumber": "+254700000001",
    "status": "Incomplete",
    "cost": "KES 0.00",
    "durationInMillis": "41000",
    "hopsCount": "3",
    "input": "1*2*4821",
    "lastAppResponse": "CON Your code is 4821",
    "errorMessage": "gone at 4821",
}
REPORT = {
    "id": "ATXid_0f3c9a1e",
    "status": "Failed",
    "phoneNumber": "+254700000001",
    "networkCode": "63902",
    "failureReason": "UserDoesNotExist",
    "retryCount": "0",
}
CALL = {
    "isActive": "1",
    "sessionId": "ATVId_01",
    "direction": "Outbound",
    "callerNumber": "+254700000001",
    "destinationNumber": "+254711000000",
    "callerCountryCode": "254",
    "callStartTime": "2026-01-02 03:04:05",
    "clientRequestId": "01hzy2m4c9k3p7qrs5tv",
}
LAST = {
    "isActive": "0",
    "durationInSeconds": "61",
    "currencyCode": "KES",
    "amount": "1.20",
    "callSessionState": "Completed",
    "recordingUrl": "",
}
NICE = ("date", "to", "linkId", "cost", "networkCode")
HERS = {"dialDestinationNumber": "+254700000002"}
NEEDED = ("isActive", "sessionId")


def call(name: str, kind: CallKind, fields: dict[str, str], **gives: object) -> Case:
    """One post about a call that we asked for."""
    told: dict[str, object] = {
        "channel": LINE,
        "session": "ATVId_01",
        "kind": kind,
        "own_id": "01hzy2m4c9k3p7qrs5tv",
        "number": "+254700000001",
    }
    posted = CALL | fields
    optional = tuple(name for name in posted if name not in NEEDED)
    private = ("callerNumber", "dialDestinationNumber")
    event = CallEvent(**(told | gives))
    return Case(name, "voice", posted, (event,), optional, private, optional)


def rang(name: str, caller: str, *gives: Event, **changes: str) -> Case:
    """One post about a ring to the line."""
    fields = {key: value for key, value in CALL.items() if key != "clientRequestId"}
    fields |= {"direction": "Inbound", "callerNumber": caller} | changes
    optional = tuple(name for name in fields if name not in NEEDED)
    return Case(name, "voice", fields, gives, optional, ("callerNumber",), optional)


OUT = OptOut(channel=LINE, number="+254700000001")
SUBSCRIPTION = {"phoneNumber": "+254700000001", "shortCode": "22384", "keyword": "tips"}
RING = CallEvent(channel=LINE, session="ATVId_01", kind=CallKind.RANG, number="+254700000001")


def hop(name: str, text: str, *, number: str = "+254700000001", code: str = "*384*12345#") -> Case:
    """One hop of a session."""
    gives = Inbound(
        channel=LINE,
        kind=Kind.USSD,
        number="+" + number.strip().removeprefix("+"),
        session=HOP["sessionId"],
        text=text,
        first=text == "",
        service=code,
        network="63902",
    )
    fields = HOP | {"text": text, "phoneNumber": number, "serviceCode": code}
    optional = ("networkCode", "serviceCode", "text")
    return Case(name, "ussd", fields, (gives,), optional, ("phoneNumber", "text"), ("text", *optional))


def opt_out(name: str, *gives: Event, **fields: str) -> Case:
    """One word on who wants texts."""
    return Case(name, "optout", fields, gives, tuple(fields), ("phoneNumber",), tuple(fields))


def text(name: str, words: str, **changes: str) -> Case:
    """One text of hers."""
    fields = TEXT | {"text": words} | changes
    gives = Inbound(
        channel=LINE,
        kind=Kind.SMS,
        number="+" + fields["from"].strip().removeprefix("+"),
        text=words,
        turn=fields["id"],
        service="22384",
        network="63902",
        link=fields["linkId"],
    )
    return Case(name, "sms", fields, (gives,), (*NICE, "text"), ("from", "text"), ("text", "from"))


def stranger(sender: str) -> Case:
    """A text whose sender cannot be phoned."""
    gives = NotANumber(channel=LINE, turn="ATXid_in01")
    fields = TEXT | {"from": sender}
    return Case(
        f"a sender called {sender!r}", "sms", fields, (gives,), (*NICE, "text"), ("text",), ("text", "from")
    )


def end(name: str, word: str, gives: str, **changes: str) -> Case:
    """One end of a session."""
    fields = END | {"status": word} | changes
    ended = Ended(
        channel=LINE, session="ATUid_01", number="+254700000001", status=gives, millis=41000, hops=3
    )
    optional = tuple(name for name in END if name not in ("sessionId", "phoneNumber"))
    private = ("phoneNumber", "input", "lastAppResponse", "errorMessage")
    return Case(name, "ussd-end", fields, (ended,), optional, private, optional)


TABLE = Table(
    cases=(
        hop("the first hop", ""),
        hop("one key", "1"),
        hop("the same key twice", "1*1"),
        hop("digits dialled with the code", "1"),
        hop("free text arrives whole", "1*a+b & c = d*é ນ"),
        hop("a star that she typed", "1***"),
        hop("a shared code at its root", "1", code="*384#"),
        hop("a Lao number", "1*2", number="+8562055500001"),
        hop("a plus that nobody encoded", "1", number=" 254700000001"),
        hop("a number without its plus", "1", number="254700000001"),
        Case(
            "a hop of the four fields that test tools send",
            "ussd",
            {name: HOP[name] for name in ("sessionId", "phoneNumber", "text")}
            | {"serviceCode": "*384*12345#"},
            (replace(hop("", "").gives[0], network=""),),
            ("serviceCode", "text"),
            ("phoneNumber",),
            ("text", "serviceCode"),
        ),
        text("a text", "HELP me"),
        text("a Lao text", "ຄ່າແຮງ"),
        text("an empty text", ""),
        text("a date in the other form", "pay", date="2026-05-03T06:04:45Z"),
        text("a date that is none", "pay", date="yesterday"),
        text("a premium text", "pay", linkId="link-77"),
        text("an id of another form", "pay", id="3f2b7a52-0d1c-4f5e-9a39-1f0f3fd1a001"),
        stranger("SAFARICOM"),
        stranger("22384"),
        stranger("+22"),
        stranger(""),
        stranger("-1"),
        stranger("Private"),
        text("a sender without its plus", "pay", **{"from": "254700000001"}),
        end("the end of a session", "Success", "success"),
        end("an end while she was asked", "Incomplete", "incomplete"),
        end("an end by our fault", "Failed", "failed"),
        end("an end nobody has heard of", "Vanished", "incomplete"),
        Case(
            "an end whose counts are not numbers",
            "ussd-end",
            END | {"durationInMillis": "-1", "hopsCount": "٣"},
            (Ended(channel=LINE, session="ATUid_01", number="+254700000001", status="incomplete"),),
            optional=tuple(name for name in END if name not in ("sessionId", "phoneNumber")),
            may_be_empty=tuple(END),
        ),
        Case(
            "a delivery report",
            "delivery",
            REPORT,
            (
                Delivery(
                    channel=LINE,
                    provider_id="ATXid_0f3c9a1e",
                    state="failed",
                    status="Failed",
                    reason="UserDoesNotExist",
                ),
            ),
            optional=("status", "phoneNumber", "networkCode", "failureReason", "retryCount"),
            private=("phoneNumber",),
            may_be_empty=tuple(name for name in REPORT if name != "id"),
        ),
        Case(
            "a report without a status",
            "delivery",
            {"id": "ATXid_0f3c9a1e"},
            (Delivery(channel=LINE, provider_id="ATXid_0f3c9a1e", state="moving", status=""),),
        ),
        opt_out("an opt-out", OUT, senderId="HELPLINE", phoneNumber="+254700000001"),
        opt_out("an opt-out without its plus", OUT, senderId="HELPLINE", phoneNumber="254700000001"),
        opt_out("an opt-out of a name", senderId="HELPLINE", phoneNumber="MTN"),
        opt_out("an opt-out of nobody", senderId="HELPLINE", phoneNumber=""),
        opt_out("a subscription that ended", OUT, **SUBSCRIPTION, updateType="deletion"),
        opt_out("a subscription that ended, as some write it", OUT, **SUBSCRIPTION, updateType="Deletion"),
        opt_out("a subscription that was added", **SUBSCRIPTION, updateType="addition"),
        opt_out("a subscription that was added, as some write it", **SUBSCRIPTION, updateType="Addition"),
        call("our own person answers", CallKind.ANSWERED, {"callSessionState": "Active"}),
        call("a key", CallKind.KEY, {"dtmfDigits": "1"}, digits="1"),
        call("another key", CallKind.KEY, {"dtmfDigits": "#"}, digits="#"),
        call("she answers", CallKind.CONNECTED, HERS),
        call("she answers, said in full", CallKind.CONNECTED, HERS | {"callSessionState": "Bridged"}),
        call("her phone rings", CallKind.OTHER, HERS | {"callSessionState": "Ringing"}),
        call(
            "her side is over",
            CallKind.DIAL_OVER,
            HERS | {"dialStatus": "Completed", "dialDurationInSeconds": "42"},
            seconds=42,
        ),
        call(
            "her line is busy",
            CallKind.DIAL_OVER,
            HERS | {"dialStatus": "Failed", "lastBridgeHangupCause": "USER_BUSY"},
            cause=Cause.BUSY,
        ),
        call("her side is over, without its number", CallKind.DIAL_OVER, {"dialStatus": "x"}),
        call("the last word", CallKind.OVER, LAST | {"hangupCause": "NO_ANSWER"}, cause=Cause.NO_ANSWER),
        call("the last word, without a cause", CallKind.OVER, LAST),
        call("the last word, with an empty cause", CallKind.OVER, LAST | {"hangupCause": "None"}),
        call(
            "the last word, with her seconds",
            CallKind.OVER,
            LAST | HERS | {"dialDurationInSeconds": "42", "hangupCause": "NORMAL_CLEARING"},
            seconds=42,
            cause=Cause.CLEARED,
        ),
        call(
            "a state that says why",
            CallKind.OVER,
            LAST | {"callSessionState": "NotAnswered"},
            cause=Cause.NO_ANSWER,
        ),
        call("seconds that are none", CallKind.OVER, LAST | {"dialDurationInSeconds": "-1"}),
        rang(
            "a ring to the line",
            "+254700000001",
            MissedCall(channel=LINE, number="+254700000001", turn="ATVId_01"),
            RING,
        ),
        rang(
            "a ring whose plus came as a space",
            " 254700000001",
            MissedCall(channel=LINE, number="+254700000001", turn="ATVId_01"),
            RING,
        ),
        rang(
            "a ring from nobody", "anonymous", CallEvent(channel=LINE, session="ATVId_01", kind=CallKind.RANG)
        ),
        rang(
            "a ring that keeps its number back",
            "",
            CallEvent(channel=LINE, session="ATVId_01", kind=CallKind.RANG),
        ),
        rang(
            "a ring that says true",
            "+254700000001",
            MissedCall(channel=LINE, number="+254700000001", turn="ATVId_01"),
            RING,
            isActive="true",
        ),
        rang(
            "a ring without a direction",
            "+254700000001",
            MissedCall(channel=LINE, number="+254700000001", turn="ATVId_01"),
            RING,
            direction="",
        ),
        rang("the end of a ring", "+254700000001", isActive="0", hangupCause="NORMAL_CLEARING"),
    ),
    refused=(
        ("a call that is neither on nor over", "voice", CALL | {"isActive": "2"}, "field isActive"),
        ("a number without its country", "ussd", HOP | {"phoneNumber": "0700000001"}, "field phoneNumber"),
        ("a number that is a word", "ussd", HOP | {"phoneNumber": "anonymous"}, "field phoneNumber"),
        ("an end of nobody", "ussd-end", END | {"phoneNumber": "x"}, "field phoneNumber"),
    ),
    statuses={
        "Sent": "moving",
        "Submitted": "moving",
        "Buffered": "moving",
        "Rejected": "failed",
        "Success": "delivered",
        "Failed": "failed",
        "AbsentSubscriber": "moving",
        "Expired": "failed",
        "SomethingNew": "moving",
    },
)
