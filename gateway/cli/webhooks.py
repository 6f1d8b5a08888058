"""Prints the addresses to paste into each provider's dashboard, and gives a line a new secret."""

import json

import click

from config import settings as config
from gateway.bootstrap import open_parts, open_serials
from gateway.parts import Parts
from gateway.path_secrets import FIRST_SERIAL, PREFIX
from gateway.store import settings as kept
from gateway.webhooks.addresses import addresses


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
        renew(parts, new_secret)
    serials = open_serials(parts)
    serials.renew()
    found = addresses(chosen.public_url, parts.channels, serials.secrets)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for line, events in found.items():
        click.echo(line)
        for event, address in events.items():
            click.echo(f"  {event:<10} {address}")


def renew(parts: Parts, line: str) -> None:
    """Count the line's serial on; its old secret is live beside the new one until the next time."""
    if line not in parts.channels:
        raise click.BadParameter(f"the lines are {', '.join(parts.channels)}", param_hint="--new-secret")
    with parts.store.write() as tx:
        serial = kept.get(tx, PREFIX + line, FIRST_SERIAL)
        kept.put(tx, PREFIX + line, serial + 1, by="command line", now=parts.clock.now())
