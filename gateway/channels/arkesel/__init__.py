"""Arkesel (Ghana): USSD sessions as JSON, the latest input alone, ids echoed.

Field names are those of its USSD page. A header that some callers describe as a signature is documented nowhere, so
the secret address alone protects the channel.
"""

from collections.abc import Mapping

from gateway.channels.contract import Channel, ChannelConfig
from gateway.channels.ussd_only import FlatJson

SPOKEN_AS: Mapping[str, Mapping[str, str]] = {"Arkesel": {}}
"""Under these names the phone page offers it; see ``gateway.channels.operator_posts``."""


class ArkeselChannel(FlatJson):
    """A service code at Arkesel; see the contract in ``gateway.channels.contract``."""

    names: Mapping[str, str] = {
        "session": "sessionID",
        "user": "userID",
        "first": "newSession",
        "number": "msisdn",
        "text": "userData",
        "network": "network",
    }
    echoed = ("sessionID", "userID", "msisdn")
    shows = ("message", "continueSession")


def build(config: ChannelConfig) -> Channel:
    """Build the channel of one service code."""
    return ArkeselChannel(config)
