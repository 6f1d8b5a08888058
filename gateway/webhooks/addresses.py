"""Writes down the addresses that are pasted into a provider's dashboard, and that the trial phones call."""

from collections.abc import Callable, Mapping, Sequence

from gateway.channel import Channel


def addresses(
    base: str, channels: Mapping[str, Channel], secrets: Callable[[str], Sequence[str]]
) -> dict[str, dict[str, str]]:
    """Return line → event → address, with the newest secret in each."""
    return {
        name: {
            event: address(base, name, secrets(name)[0], event) for event in sorted(channel.contract.events)
        }
        for name, channel in channels.items()
    }


def address(base: str, channel: str, secret: str, event: str) -> str:
    """Return one address."""
    return f"{base}/webhooks/{channel}/{secret}/{event}"
