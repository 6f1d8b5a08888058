"""TruRoute, as the published specification of SMS.COM.NA says it posts; numbers and ids are made up."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

from gateway.domain.events import Ended, Inbound, Kind
from tests.support.channel_tables import Case, Dialect, ShownPage, Table, as_xml

LINE = "truroute-1"
HOP = {"msisdn": "27820000001", "sessionid": "t1", "type": "2", "msg": "1"}


def hop(name: str, text: str, kind: str, message: str) -> Case:
    """One input."""
    gives = Inbound(
        channel=LINE, kind=Kind.USSD, number="+27820000001", session="t1", text=text, first=kind == "1"
    )
    fields = HOP | {"type": kind, "msg": message}
    return Case(name, "ussd", fields, (gives,), (), ("msisdn", "msg"), ("msg",))


def end(name: str, kind: str, status: str) -> Case:
    """The end of a session."""
    gives = Ended(channel=LINE, session="t1", number="+27820000001", status=status)
    return Case(name, "ussd", HOP | {"type": kind}, (gives,), ("msg",), ("msisdn", "msg"), ("msg",))


def page(text: str, ends: bool, fields: Mapping[str, str]) -> ShownPage:
    """The page and its type."""
    return ShownPage(
        f"<ussd><type>{3 if ends else 2}</type><msg>{escape(text)}</msg></ussd>", "text/xml; charset=utf-8"
    )


TABLE = Table(
    cases=(
        hop("an input", "1", "2", "1"),
        hop("a dial", "", "1", "*120*1#"),
        hop("digits dialled with the code", "4*7", "1", "*120*1*4*7#"),
        hop("an input with a star and a hash", "1*2#", "2", "1*2#"),
        hop("an empty input", "", "2", ""),
        end("she left", "3", "incomplete"),
        end("a session that timed out", "4", "failed"),
    ),
    refused=(("a charge, which we never ask for", "ussd", HOP | {"type": "10"}, "field type is none of"),),
    dialect=Dialect(content_type="text/xml", write=as_xml("ussd"), page=page, codes=("*120*1#",)),
)
