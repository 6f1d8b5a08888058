"""Commands for the audit: whether its chain holds from end to end."""

from datetime import timedelta

import click

from gateway.bootstrap import open_parts
from gateway.store import audit as stored
from gateway.store import retention, settings

_RETENTION = "retention"
_DAYS = next(rule.days for rule in retention.RULES if rule.name == "audit")
_WORDS = {
    stored.CHANGED: "was changed after it was written",
    stored.SWAPPED: "stands in another row's place",
    stored.DROPPED: "is missing",
}


@click.group()
def audit() -> None:
    """Who did what, as a chain that shows what was changed."""


@audit.command()
def check() -> None:
    """Check every row of the chain; exit 1 and name the first that was changed, taken out or swapped."""
    parts = open_parts()
    now = parts.clock.now()
    with parts.store.write() as tx:
        stored.link(tx, now)
    with parts.store.read() as tx:
        days = settings.get(tx, _RETENTION, {}).get("audit", _DAYS)
        found = stored.check(tx, kept_since=now - timedelta(days=days))
        rows = stored.linked(tx)
    if found is None:
        click.echo(f"The chain holds: {rows} rows.")
        return
    row = f"row {found.seq}" if found.what == stored.DROPPED else f"row {found.seq} ({found.row_id})"
    when = f", next to one of {found.at:%Y-%m-%d %H:%M} UTC" if found.at else ", at the end"
    raise click.ClickException(f"{row} {_WORDS[found.what]}{when if found.what == stored.DROPPED else ''}")
