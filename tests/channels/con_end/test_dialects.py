"""The clones that differ from the first by names of fields alone, and those that a block of configuration adds."""

import pytest

from gateway.channels import find_channel
from gateway.channels.con_end import DIALECTS
from gateway.channels.contract import BadAccount, ChannelConfig, Request
from gateway.domain.events import Inbound

NAMES = {
    "hellio": ("sessionId", "phoneNumber", "text", "serviceCode", "networkCode"),
    "mobilesasa": ("sessionId", "phoneNumber", "text", "serviceCode", ""),
    "safaricom": ("SESSION_ID", "ORIG", "USSD_PARAMS", "DEST", ""),
    "advanta": ("SESSIONID", "MSISDN", "INPUT", "USSDCODE", ""),
}


def read(typed: str, names: tuple[str, ...], **options: str) -> Inbound:
    config = ChannelConfig(
        name="x", provider="con_end", menu="helpline", service_codes=("*415*33#",), options=options
    )
    session, number, inputs, code, network = names
    fields = {session: "s1", number: "254700000001", inputs: typed, code: "*415*33#"}
    fields |= {network: "63902"} if network else {}
    (event,) = find_channel(config).parse(Request(event="ussd", fields=fields))
    assert isinstance(event, Inbound)
    assert (event.number, event.session, event.service) == ("+254700000001", "s1", "*415*33#")
    assert event.network == ("63902" if network else "")
    return event


def test_every_dialect_has_its_names_here() -> None:
    assert set(NAMES) == set(DIALECTS)


@pytest.mark.parametrize("dialect", [name for name in NAMES if name != "advanta"])
def test_inputs_are_joined_and_the_first_post_has_none(dialect: str) -> None:
    for text in ("", "1", "1*2", "1*a b*"):
        event = read(text, NAMES[dialect], dialect=dialect)
        assert (event.text, event.first) == (text, text == "")


def test_a_clone_of_which_nobody_knows_is_a_block_of_configuration() -> None:
    names = ("sid", "from", "said", "short", "net")
    options = {"session": "sid", "number": "from", "text": "said", "code": "short", "network": "net"}
    assert read("1*2", names, **options).text == "1*2"
    assert read("*415*33*1*2#", names, **options, code_in_text="yes").text == "1*2"


def test_a_dialect_that_is_none_is_named_with_the_others() -> None:
    with pytest.raises(BadAccount, match="none of advanta, hellio, mobilesasa, safaricom"):
        find_channel(
            ChannelConfig(name="x", provider="con_end", menu="helpline", options={"dialect": "helio"})
        )


def test_without_a_code_the_code_in_the_input_cannot_be_taken_off() -> None:
    with pytest.raises(BadAccount, match="channel x: service_codes is empty"):
        find_channel(
            ChannelConfig(name="x", provider="con_end", menu="helpline", options={"dialect": "advanta"})
        )
