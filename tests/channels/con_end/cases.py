"""Clones of the CON and END dialect: Advanta, which keeps the code in the input; the others are in test_dialects."""

from gateway.domain.events import Inbound, Kind
from tests.support.channel_tables import Case, Dialect, Table

LINE = "con_end-1"
HOP = {"SESSIONID": "v1", "USSDCODE": "*415*33#", "MSISDN": "254700000001", "INPUT": "*415*33*1#"}


def hop(name: str, text: str, typed: str, *, number: str = "254700000001") -> Case:
    """One post."""
    gives = Inbound(
        channel=LINE,
        kind=Kind.USSD,
        number="+254700000001",
        session="v1",
        text=text,
        first=not text,
        service="*415*33#",
    )
    fields = HOP | {"INPUT": typed, "MSISDN": number}
    return Case(name, "ussd", fields, (gives,), ("USSDCODE",), ("MSISDN", "INPUT"), ("USSDCODE",))


TABLE = Table(
    cases=(
        hop("a dial", "", "*415*33#"),
        hop("an input", "1", "*415*33*1#"),
        hop("two inputs", "1*1", "*415*33*1*1#"),
        hop("an input without the marks", "1", "415*33*1"),
        hop("a number with its plus", "1", "*415*33*1#", number="+254700000001"),
    ),
    refused=(("a number that is a word", "ussd", HOP | {"MSISDN": "anonymous"}, "field MSISDN"),),
    dialect=Dialect(method="GET", codes=("*415*33#",), settings={"dialect": "advanta"}),
)
