"""Commands for the work of the centre: callbacks, rows of the outbox, reports of a month, and the readers of a fact."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from gateway.bootstrap import open_parts
from gateway.cli.errors import DAY, MOMENT, check_order, refuse_odd_year
from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.callbacks.states import IllegalMove
from gateway.domain.outbox.states import OutboxState
from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.errors import AlreadyCalling, ClaimedByOther, NoSuchCallback, NotSafe, Rejected
from gateway.helpdesk.queue import claim, queue, search
from gateway.helpdesk.queue import outcome as queue_outcome
from gateway.helpdesk.queue.search import format_instant
from gateway.helpdesk.staff.people import OWNER, find_actor
from gateway.operations.publishing.fact_changes import FactReaders, NoFact, find_readers
from gateway.operations.reporting import monthly_report as reports
from gateway.operations.reporting.centre_month import CentreMonth, read_centre_month, split_sheet
from gateway.operations.reporting.monthly_report import Cell, write_csv
from gateway.operations.reporting.periods import SMALLEST, NoMonth

if TYPE_CHECKING:
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


_ROW_COLUMNS = ("id", "kind", "channel", "state", "attempts", "due_at", "delivery", "reason")


@click.group()
def outbox() -> None:
    """List messages; settle unclear ones."""


@outbox.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
@click.option(
    "--state", type=click.Choice([state.value for state in OutboxState]), default=None, help="Only these."
)
def outbox_list_command(as_json: bool, state: str | None) -> None:  # noqa: FBT001 - click passes flags so
    """Print the newest rows, without numbers and texts."""
    from gateway.bootstrap import open_parts
    from gateway.delivery.results import list_rows

    rows = list_rows(open_parts(), state=state or "")
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    click.echo("\t".join(_ROW_COLUMNS))
    for row in rows:
        click.echo("\t".join(str(row[column] or "-") for column in _ROW_COLUMNS))


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


_SMALL = f"under {SMALLEST}"


@click.command()
@click.argument("month", callback=refuse_odd_year)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the month of the centre as a sheet.")
def report(month: str, as_json: bool, as_csv: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Print the report of MONTH: 2026-11, a quarter 2026-Q4 or a half-year 2026-H2.

    Counts of pages, texts, requests and calls, nothing about a single caller.
    """
    parts = open_parts()
    try:
        cells, centre = reports.report_month(parts, OWNER, month), read_centre_month(parts, OWNER, month)
    except NoMonth as error:
        raise click.BadParameter(str(error), param_hint="MONTH") from None
    if as_csv:
        sys.stdout.write(write_csv(split_sheet(centre)))
    elif as_json:
        rows = [_as_json(cell) for cell in cells] + [_as_json_row(row) for row in _rows_of(centre)]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        _print_cells(cells)
        _print_centre(centre)
        if not cells and not centre.tables:
            click.echo(f"Nothing was counted in {month}.")


def _print_cells(cells: tuple[Cell, ...]) -> None:
    for section, of_it in groupby(cells, key=lambda cell: cell.section):
        click.echo(section.title)
        for cell in of_it:
            click.echo(f"  {cell.name:<32} {_format_count(cell):>10}")


def _print_centre(centre: CentreMonth) -> None:
    for field, rows in groupby(_rows_of(centre), key=lambda row: row[0]):
        click.echo(f"{field:<34} {'woman':>10} {'man':>10} {'rest':>10} {'total':>10}")
        for row in rows:
            click.echo(f"  {row[1]:<32} " + " ".join(f"{cell:>10}" for cell in row[2:]))


def _rows_of(centre: CentreMonth) -> list[tuple[str, ...]]:
    """Return the rows of the centre's month without the header; empty if no form was ticked."""
    return split_sheet(centre)[1:] if centre.tables else []


def _as_json_row(row: tuple[str, ...]) -> dict[str, object]:
    field, word, *cells, total = row
    count: list[object] = [int(cell) if cell.isdigit() else cell for cell in (*cells, total)]
    return {"what": "record", "by": field, "name": word, "n": count[-1]} | dict(
        zip(("woman", "man", "rest"), count, strict=False)
    )


def _format_count(cell: Cell) -> str:
    return _SMALL if cell.n is None else str(cell.n)


def _as_json(cell: Cell) -> dict[str, object]:
    return {
        "what": cell.section.what,
        "by": cell.section.by,
        "name": cell.name,
        "n": _SMALL if cell.n is None else cell.n,
    }


# Readers of a fact, for a fact that turns out to have been wrong for some days.


@click.command("seen")
@click.argument("fact")
@click.option("--from", "first", type=DAY, required=True, metavar="DATE", help="The first day.")
@click.option("--to", "last", type=DAY, required=True, metavar="DATE", help="The last day.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def seen_command(fact: str, first: datetime, last: datetime, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Print how many read FACT on these days, with which value, and which open requests passed it."""
    check_order(first, last)
    try:
        found = find_readers(open_parts(), ONLOOKER, fact, first.date(), last.date())
    except NoFact as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps(_list_fields(found), ensure_ascii=False, indent=1, default=_format_instant))
        return
    for line in _list_lines(found):
        click.echo(line)


def _list_fields(found: FactReaders) -> dict[str, object]:
    fields = asdict(found)
    return {"fact": found.fact, "from": fields.pop("first"), "to": fields.pop("last"), "n": found.n} | fields


def _format_instant(value: date | datetime) -> str | None:
    return format_instant(value) if isinstance(value, datetime) else value.isoformat()


def _list_lines(found: FactReaders) -> Iterator[str]:
    yield f"{found.fact}, {found.first} to {found.last}: read {found.n} times"
    yield f"now on: {', '.join(found.screens) or 'no screen'}"
    for read in found.reads:
        yield f"  {read.day}  {read.screen:<24} {read.value or '?':<24} {read.n:>8}"
    yield f"open requests that came past it: {len(found.requests)}"
    for one in found.requests:
        requests = _format_instant(one.asked_at)
        yield f"  {one.code}  {one.state:<10} {one.language:<8} {requests}  {' > '.join(one.screens)}"
