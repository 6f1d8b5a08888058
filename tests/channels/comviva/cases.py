"""Comviva Flares by HTTP, as Vumi's transport for it was called; numbers and ids are made up."""

from collections.abc import Mapping

from gateway.domain.events import Ended, Inbound, Kind
from tests.support.channel_tables import Case, Dialect, ShownPage, Table

LINE = "comviva-1"
HOP = {"SessionID": "f1", "MSISDN": "260970000001", "MSC": "mscX", "input": "1"}


def hop(name: str, text: str, typed: str, *, first: bool = False) -> Case:
    """One input."""
    gives = Inbound(
        channel=LINE,
        kind=Kind.USSD,
        number="+260970000001",
        session="f1",
        text=text,
        first=first,
        network="mscX",
    )
    return Case(
        name, "ussd", HOP | {"input": typed}, (gives,), ("MSC",), ("MSISDN", "input"), ("MSC", "input")
    )


def clean(name: str, status: str, **more: str) -> Case:
    """The call that cleans up after a session."""
    fields = {"SessionID": "f1", "msisdn": "260970000001", "clean": "clean-session"} | more
    gives = Ended(channel=LINE, session="f1", number="+260970000001", status=status)
    return Case(name, "ussd", fields, (gives,), ("error",), ("msisdn",), ("clean", "error"))


def page(text: str, ends: bool, fields: Mapping[str, str]) -> ShownPage:
    """The page alone; its head says whether the session goes on."""
    headers = {"Freeflow": "FB" if ends else "FC", "charge": "N", "amount": "0"}
    return ShownPage(text, headers=headers)


TABLE = Table(
    cases=(
        hop("an input", "1", "1"),
        hop("a dial, without star and hash", "", "543", first=True),
        hop("a dial, with them", "", "*543#", first=True),
        hop("digits dialled with the code", "4*1", "543*4*1", first=True),
        hop("an input that begins like the code", "5430", "5430"),
        hop("an empty input", "", ""),
        clean("the clean-up after a session", "incomplete", error="0" * 0),
        clean("the clean-up after a fault", "failed", error="timeout"),
    ),
    dialect=Dialect(method="GET", page=page, codes=("*543#",)),
)
