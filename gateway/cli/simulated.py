"""Finds the gateway that runs on this machine, and puts a phone of the simulator before it."""

import socket
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec

import click

from config.settings import Settings
from gateway.bootstrap import open_parts, open_serials
from gateway.channels.simulator.handset import Handset
from gateway.parts import Parts
from gateway.webhooks.addresses import addresses

NOT_RUNNING = 2


def here(chosen: Settings) -> str:
    """Return the address at which this very machine reaches the gateway, whatever the outside calls it."""
    host = _host(chosen)
    return f"http://[{host}]:{chosen.env.port}" if ":" in host else f"http://{host}:{chosen.env.port}"


def handset(chosen: Settings, number: str) -> tuple[Parts, Handset]:
    """Return a phone with this number; ends with 2 where no gateway runs, and before anything is opened or made."""
    if not _listens(chosen):
        say_not_running(chosen)
    parts = open_parts(chosen)
    line = next((name for name, each in parts.channels.items() if each.config.provider == "simulator"), None)
    if line is None:
        click.echo("There is no simulator: add [channels.simulator] to gateway.toml.", err=True)
        raise SystemExit(NOT_RUNNING)
    serials = open_serials(parts)
    serials.renew()
    return parts, Handset(addresses(here(chosen), parts.channels, serials.secrets)[line], number)


def handsets(chosen: Settings, numbers: Sequence[str]) -> tuple[Parts, list[Handset]]:
    """Return a phone for each number; ends as ``handset`` does."""
    parts, first = handset(chosen, numbers[0])
    return parts, [first, *(Handset(first.addresses, number) for number in numbers[1:])]


def texting(chosen: Settings, parts: Parts, name: str, number: str) -> Callable[[str, str], None]:
    """Return what sends a text by this line, as the handset in its provider's folder does it."""
    channel = parts.channels.get(name)
    if channel is None:
        raise click.BadParameter(f"the lines are {', '.join(parts.channels)}", param_hint="--channel")
    if channel.contract.real:
        raise click.BadParameter(f"{name} reaches real phones: text it from one", param_hint="--channel")
    module = f"gateway.channels.{channel.config.provider}.handset"
    if find_spec(module) is None:
        raise click.BadParameter(f"{name} has no handset for trials", param_hint="--channel")
    serials = open_serials(parts)
    serials.renew()
    where = addresses(here(chosen), parts.channels, serials.secrets)[name]
    return import_module(module).texting(channel.config, where, number)  # type: ignore[no-any-return]  # a folder says what it is


def say_not_running(chosen: Settings) -> None:
    """Say how to start it, and end with 2."""
    click.echo(f"No gateway answers at {here(chosen)}: start it with gateway up", err=True)
    raise SystemExit(NOT_RUNNING)


def _host(chosen: Settings) -> str:
    return "127.0.0.1" if chosen.env.host in ("", "0.0.0.0", "::") else chosen.env.host  # noqa: S104 - compared, not bound


def _listens(chosen: Settings) -> bool:
    try:
        socket.create_connection((_host(chosen), chosen.env.port), timeout=3).close()
    except OSError:
        return False
    return True
