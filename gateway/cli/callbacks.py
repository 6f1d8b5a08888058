"""Commands for callbacks: list, show, claim, release, record an outcome, export."""

from __future__ import annotations

import csv
import json
import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from gateway.cli.errors import MOMENT
from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.callbacks.states import IllegalMove
from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.errors import AlreadyCalling, ClaimedByOther, NoSuchCallback, NotSafe, Rejected
from gateway.helpdesk.queue import claim, queue, search
from gateway.helpdesk.queue import outcome as queue_outcome
from gateway.helpdesk.staff.people import find_actor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gateway.foundation.services import Services

# Access to the server includes access to the database, so listing needs no name; an action needs one for the audit log.
ONLOOKER = Actor.of(person_id="", name="command line", role=Role.SUPERVISOR)
_COLUMNS = (
    "id",
    "code",
    "state",
    "priority",
    "topic",
    "language",
    "due_at",
    "due_until",
    "attempts",
    "claimed_by",
    "phone",
)
_EXPORTED = (
    "id",
    "state",
    "priority",
    "topic",
    "language",
    "script",
    "channel",
    "asked_at",
    "due_at",
    "attempts",
    "reason",
    "closed_at",
    "due_until",
    "window",
    "first_call_at",
    "minutes_to_first_call",
    "outcome",
    "trial",
)

_name = click.option("--as", "name", required=True, metavar="NAME", help="Who does it.")
_id = click.argument("callback_id", metavar="ID")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def callbacks() -> None:
    """See who waits for a call; claim, release, record."""


@callbacks.command("list")
@_json
@click.option("--all", "closed", is_flag=True, help="Those that are over, too.")
def list_command(as_json: bool, closed: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Print the queue, first to be called first; numbers are masked."""
    rows = [
        search.format_row(row) for row in search.list_callbacks(_open_services(), ONLOOKER, closed=closed)
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    click.echo("\t".join(_COLUMNS))
    for row in rows:
        click.echo("\t".join("-" if row[name] is None else str(row[name]) for name in _COLUMNS))


@callbacks.command("show")
@_id
@_json
def show_command(callback_id: str, as_json: bool) -> None:  # noqa: FBT001 - the same
    """Print one callback with its answers and history."""
    with _refusals(callback_id):
        shown = search.format_callback(queue.show_callback(_open_services(), ONLOOKER, callback_id))
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    for name in _COLUMNS:
        click.echo(f"{name}: {'-' if shown[name] is None else shown[name]}")
    for name, value in shown["answers"].items():
        click.echo(f"  {name}: {value}")
    for one in shown["history"]:
        click.echo(f"  {one['at']}  {one['what']}  {one['who'] or ''}".rstrip())


@callbacks.command("claim")
@_id
@_name
def claim_command(callback_id: str, name: str) -> None:
    """Claim the callback ID for a quarter of an hour."""
    parts = _open_services()
    with _refusals(callback_id, name):
        claimed = claim.claim_callback(parts, find_actor(parts, name), callback_id)
    click.echo(f"{callback_id} is {name}'s until {search.format_instant(claimed.held_until)}")


@callbacks.command("release")
@_id
@_name
def release_command(callback_id: str, name: str) -> None:
    """Release the callback ID; it keeps its place in the queue."""
    parts = _open_services()
    with _refusals(callback_id, name):
        claim.release_callback(parts, find_actor(parts, name), callback_id)
    click.echo(f"{callback_id} is free")


@callbacks.command("record")
@_id
@click.argument("outcome", type=click.Choice([outcome.value for outcome in Outcome]))
@_name
@click.option("--agreed", is_flag=True, help="After cut_off: she wants to be rung again at once.")
@click.option(
    "--at",
    "named_at",
    type=MOMENT,
    help="After asked_later: the time she named, in the line's zone.",
)
def record_command(
    callback_id: str,
    outcome: str,
    name: str,
    agreed: bool,  # noqa: FBT001 - the same
    named_at: datetime | None,
) -> None:
    """Record the outcome of the call about ID; only its holder can."""
    parts = _open_services()
    with _refusals(callback_id, name):
        recorded = queue_outcome.record_outcome(
            parts,
            find_actor(parts, name),
            callback_id=callback_id,
            outcome=outcome,
            agreed=agreed,
            named_at=named_at.replace(tzinfo=ZoneInfo(parts.line.zone)) if named_at else None,
        )
    click.echo(f"{callback_id} is {recorded.state}")


@callbacks.command("export")
def export_command() -> None:
    """Print every callback as CSV, without codes, answers and numbers."""
    out = csv.writer(sys.stdout)
    out.writerow(_EXPORTED)
    parts = _open_services()
    # No re-authentication here: access to this machine includes the database and its keys.
    operator = replace(ONLOOKER, proved_at=parts.clock.now())
    for one in search.export_callbacks(parts, operator):
        values = search.format_exported(one)
        out.writerow([values[name] for name in _EXPORTED])


def _open_services() -> Services:
    from gateway.bootstrap import open_parts

    return open_parts()


@contextmanager
def _refusals(callback_id: str, name: str = "") -> Iterator[None]:
    """Print why an action was refused, and exit with status 1."""
    try:
        yield
    except NoSuchCallback:
        raise click.ClickException(f"there is no callback {callback_id}") from None
    except Rejected:
        raise click.ClickException(f"there is nobody named {name}") from None
    except (ClaimedByOther, AlreadyCalling, NotSafe, IllegalMove, NotPermitted) as error:
        raise click.ClickException(str(error)) from None
