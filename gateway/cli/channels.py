"""Commands for channels: status, connection test, and webhook URLs with their secrets."""

import json
import sys

import click

from config import settings as config
from gateway.bootstrap import open_parts, open_serials
from gateway.channels.contract import Linked, Registers, SendOutcome, Watched
from gateway.delivery.channel_status import ChannelStatus, format_status, list_statuses
from gateway.foundation.services import Services
from gateway.helpdesk.staff.people import OWNER
from gateway.operations import channel_desk
from gateway.operations.channel_desk import WebhookLinks
from gateway.web.webhooks.views import list_addresses

_NOT_REACHED = (
    "The phone does not answer: is it on, in the same network, and is the app started? Then try again."
)

_NOT_BOUND = "No link is bound: does `gateway links` run here, and what does its log say of the centre? Then try again."


@click.group()
def channels() -> None:
    """Show the status of channels; test one."""


@channels.command("list")
@click.option("--json", "as_shape", is_flag=True, help="Print them as JSON.")
def list_command(as_shape: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Print every channel: its last heartbeat, what waits for it, what is wrong."""
    from gateway.bootstrap import open_parts

    found = list_statuses(open_parts())
    if as_shape:
        click.echo(json.dumps([format_status(line) for line in found], ensure_ascii=False, indent=1))
        return
    for line in found:
        click.echo(_describe_line(line))


@channels.command("add")
@click.argument("provider")
@click.option("--name", help="The name of the line; without it the provider's.")
@click.option("--code", "codes", multiple=True, help="A service code as callers dial it; may be repeated.")
@click.option("--number", default="", help="The short code or number that receives texts.")
@click.option("--menu", default="helpline", show_default=True, help="The menu that its callers use.")
@click.option(
    "--option", "options", multiple=True, metavar="NAME=VALUE", help="What only this provider knows."
)
@click.option("--print", "only_print", is_flag=True, help="Print the block; write nothing.")
def add_command(
    provider: str,
    name: str | None,
    codes: tuple[str, ...],
    number: str,
    menu: str,
    options: tuple[str, ...],
    only_print: bool,  # noqa: FBT001 - the same
) -> None:
    """Append the block of a channel at PROVIDER to the configuration, and say what its account still lacks."""
    from gateway.cli.channel_blocks import BadBlock, NewChannel, add_block, list_missing, write_block

    path = config.from_process().env.gateway_config
    given = dict(each.partition("=")[::2] for each in options)
    new = NewChannel(
        name=name or provider, provider=provider, menu=menu, codes=codes, number=number, options=given
    )
    try:
        block, channel = write_block(new)
        if not only_print:
            add_block(path, new.name, block)
    except BadBlock as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written ({error.strerror})") from None
    click.echo(block)
    if only_print:
        return
    click.echo(f"Appended to {path}. It holds from the next start.")
    missing = list_missing(config.from_process(), new.name)
    if missing:
        click.echo(
            f"Not set yet: {', '.join(missing)} (or the same with _FILE). Until then nothing leaves by it."
        )
    click.echo("Then `gateway webhooks` prints its addresses for the provider.")
    if channel.contract.guide:
        click.echo(f"Guide: {channel.contract.guide}")


@channels.command("test")
@click.argument("name")
@click.option("--register", is_flag=True, help="Tell the phone to which addresses it posts.")
def test_command(name: str, register: bool) -> None:  # noqa: FBT001 - the same
    """Test the channel NAME: is it configured, does it respond, does it know its webhook?"""
    from gateway.bootstrap import open_parts

    parts = open_parts()
    channel = parts.channels.get(name)
    if channel is None:
        raise click.BadParameter(f"the lines are {', '.join(parts.channels)}", param_hint="NAME")
    if not channel.contract.real:
        missing = parts.line.missing
        why = f"{', '.join(missing)} under [line] is not set" if missing else "it has no account"
        click.echo(f"{name} reaches no real phone: {why}; what it sends is shown by the simulator.")
    if isinstance(channel, Watched) and channel.contract.silent_after is not None:
        _look_at(parts, name, channel)
    if register:
        _register_phone(parts, name)
    line = next(each for each in list_statuses(parts) if each.name == name)
    click.echo(_describe_line(line))
    sys.exit(1 if line.trouble else 0)


def _look_at(parts: Services, name: str, channel: Watched) -> None:
    from gateway.delivery import channel_status

    heartbeat = channel.look(now=parts.clock.now())
    if heartbeat is None:
        click.echo(_NOT_BOUND if isinstance(channel, Linked) else _NOT_REACHED, err=True)
        sys.exit(1)
    channel_status.note_seen(parts, heartbeat)
    battery = "" if heartbeat.battery is None else f", battery {heartbeat.battery} %"
    click.echo(f"{name} answers{battery}.")


def _register_phone(parts: Services, name: str) -> None:
    from config import settings as config
    from gateway.bootstrap import open_serials
    from gateway.web.webhooks.views import list_addresses

    channel = parts.channels[name]
    if not isinstance(channel, Registers):
        raise click.ClickException(
            f"{name} cannot be told; paste what `gateway webhooks` prints at the provider"
        )
    serials = open_serials(parts)
    serials.renew()
    base = config.from_process().public_url
    if not base.startswith("https://"):
        click.echo(
            "PUBLIC_URL is not https://, and the app posts to nothing else but its own phone.", err=True
        )
    result = channel.register(list_addresses(base, parts.channels, serials.secrets)[name])
    if result.outcome is not SendOutcome.SENT:
        raise click.ClickException(f"{name} did not take the addresses ({result.reason})")
    click.echo(f"{name} knows where to post.")


@channels.command("notices")
@click.option("--read", "is_read", is_flag=True, help="Mark them as read.")
def notices_command(is_read: bool) -> None:  # noqa: FBT001 - the same
    """Print what operators texted to the channels: an expiring SIM, no credit, an offer."""
    from gateway.delivery.channel_status import read_notices

    found = read_notices(open_parts(), mark=is_read)
    if not found:
        click.echo("No operator has texted a channel.")
    for each in found:
        mark = " " if each.seen_at else "*"
        click.echo(
            f"{mark} {each.at:%d %b %H:%M} UTC  {each.channel}  {each.sender}: {' '.join(each.text.split())}"
        )


def _describe_line(line: ChannelStatus) -> str:
    config, known = line.channel.config, line.life
    seen = f"heard {known.seen_at:%d %b %H:%M} UTC" if known.seen_at else "never heard"
    day = f"{line.sent} of {line.day}" if line.day else str(line.sent)
    real = "real phones" if line.channel.contract.real else "trial"
    head = f"{line.name:<16} {config.provider:<14} {real:<12} {seen:<22} sent today {day:<10} waiting {line.waiting}"
    return f"{head}\n{'':<16} {line.trouble}\n{'':<16} → {line.fix}" if line.trouble else head


# Webhook URLs for each provider's dashboard, and new secrets.


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.option(
    "--new-secret",
    metavar="LINE",
    help="Give LINE a new secret first; the one before stays live till the next.",
)
def webhooks(as_json: bool, new_secret: str | None) -> None:  # noqa: FBT001 - click passes flags so
    """Print the addresses to paste into each provider's dashboard, secrets included."""
    chosen = config.from_process()
    parts = open_parts(chosen)
    if new_secret is not None:
        renew_secret(parts, new_secret)
    serials = open_serials(parts)
    serials.renew()
    found = list_addresses(chosen.public_url, parts.channels, serials.secrets)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for line, events in found.items():
        click.echo(line)
        for event, address in events.items():
            click.echo(f"  {event:<10} {address}")


def renew_secret(parts: Services, line: str) -> None:
    """Give a channel a new webhook secret; the previous one stays valid until the next renewal."""
    if line not in parts.channels:
        raise click.BadParameter(f"the lines are {', '.join(parts.channels)}", param_hint="--new-secret")
    serials = open_serials(parts)
    links = WebhookLinks(list_all=lambda: {name: {} for name in parts.channels}, renew=serials.renew)
    channel_desk.renew_secret(parts, OWNER, links, line)
