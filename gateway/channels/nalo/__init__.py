"""Nalo Solutions (Ghana): USSD sessions as JSON, the latest input alone.

``MSGTYPE`` means two things, as Nalo's USSD page has it: true is *first* in a post, and *go on* in an answer.
"""

from collections.abc import Mapping

from gateway.channels.contract import Channel, ChannelConfig
from gateway.channels.ussd_only import FlatJson
from gateway.domain.events import Limits

SPOKEN_AS: Mapping[str, Mapping[str, str]] = {"Nalo": {}}
"""Under these names the phone page offers it; see ``gateway.channels.operator_posts``."""


class NaloChannel(FlatJson):
    """A service code at Nalo; see the contract in ``gateway.channels.contract``."""

    names: Mapping[str, str] = {
        "session": "SESSIONID",
        "user": "USERID",
        "first": "MSGTYPE",
        "number": "MSISDN",
        "text": "USERDATA",
        "network": "NETWORK",
    }
    echoed = ("USERID", "MSISDN")
    shows = ("MSG", "MSGTYPE")
    page = Limits(name="ussd-120", gsm7=120, ucs2=70, gsm7_stop=120, ucs2_stop=80)
    """At most 120 characters, whatever their alphabet."""


def build(config: ChannelConfig) -> Channel:
    """Build the channel of one service code."""
    return NaloChannel(config)
