"""Commands for the outbox: list rows, and settle unclear ones."""

import json

import click

from gateway.domain.outbox.states import OutboxState
from gateway.domain.permissions import NotPermitted

_COLUMNS = ("id", "kind", "channel", "state", "attempts", "due_at", "delivery", "reason")


@click.group()
def outbox() -> None:
    """List messages; settle unclear ones."""


@outbox.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
@click.option(
    "--state", type=click.Choice([state.value for state in OutboxState]), default=None, help="Only these."
)
def list_command(as_json: bool, state: str | None) -> None:  # noqa: FBT001 - click passes flags so
    """Print the newest rows, without numbers and texts."""
    from gateway.bootstrap import open_parts
    from gateway.delivery.results import list_rows

    rows = list_rows(open_parts(), state=state or "")
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    click.echo("\t".join(_COLUMNS))
    for row in rows:
        click.echo("\t".join(str(row[column] or "-") for column in _COLUMNS))


@outbox.command("settle")
@click.argument("row_id", metavar="ID")
@click.argument("verdict", type=click.Choice(["sent", "failed"]))
@click.option("--as", "name", required=True, help="The name of the person who decides.")
def settle_command(row_id: str, verdict: str, name: str) -> None:
    """Record that the unclear row ID was sent, or that it failed."""
    from gateway.bootstrap import open_parts
    from gateway.delivery.results import NotUnclear, settle_row
    from gateway.helpdesk.errors import Rejected
    from gateway.helpdesk.staff.people import find_actor

    parts = open_parts()
    try:
        settle_row(parts, find_actor(parts, name), row_id, verdict)
    except Rejected:
        raise click.ClickException(f"there is nobody named {name}") from None
    except (NotPermitted, NotUnclear) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{row_id} is {verdict}")
