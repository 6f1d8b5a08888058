"""Channels: the contract, and one folder per provider, found by its name; no provider imports another."""

from collections.abc import Mapping
from importlib import import_module

from gateway.channels.contract import Channel, ChannelConfig

# Providers that cannot be a channel, with the reason that an operator is told. Their USSD is asynchronous: a post is
# acknowledged, and the page is sent by a call of ours to their address afterwards. The numbers that they post are
# masked, so a caller could be asked to be phoned and never be.
_MASKED = (
    "answers a post later, by a call to its own address, and masks the caller's number, so that nobody could be phoned "
    "back; ask the operator for a synchronous USSD pull, or for SMPP"
)

UNFIT: Mapping[str, str] = {
    **dict.fromkeys(("hsenid", "ideamart", "bdapps"), _MASKED),
    "rapidpro": (
        "is an application as this one is: its external channel would make this gateway the provider of its flows, and "
        "two would answer one caller; connect the line that it uses here, under a number of its own"
    ),
}
"""Provider → why there is no channel for it. hSenid TAP serves Ideamart (Sri Lanka) and bdapps (Bangladesh)."""


class UnknownProvider(LookupError):
    """No folder of this name exists under ``gateway/channels``."""


def find_channel(config: ChannelConfig) -> Channel:
    """Build a configured channel from the folder with its provider's name.

    Each folder's package has ``build(config: ChannelConfig) -> Channel``; there is no list of providers.

    Raises:
        UnknownProvider: there is no such folder.
        BadAccount: its account cannot be used.
    """
    if not config.provider.isidentifier():
        raise UnknownProvider(f"channel {config.name}: provider {config.provider!r} is not a name")
    if config.provider in UNFIT:
        raise UnknownProvider(f"channel {config.name}: {config.provider} {UNFIT[config.provider]}")
    path = f"gateway.channels.{config.provider}"
    try:
        package = import_module(path)
    except ModuleNotFoundError as error:
        if error.name != path:
            raise
        raise UnknownProvider(f"channel {config.name}: there is no provider {config.provider!r}") from None
    if not hasattr(package, "build"):
        raise UnknownProvider(f"channel {config.name}: there is no provider {config.provider!r}")
    channel: Channel = package.build(config)
    return channel


def find_account(provider: str) -> tuple[str, ...]:
    """Return the options that make an account at this provider; none where it needs no account."""
    return tuple(getattr(import_module(f"gateway.channels.{provider}"), "ACCOUNT", ()))
