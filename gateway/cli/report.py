"""Commands that print the metrics of a month as text, JSON or CSV, and the readers of a fact."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from itertools import groupby

import click

from gateway.bootstrap import open_parts
from gateway.cli.callbacks import ONLOOKER
from gateway.cli.errors import DAY, check_order, refuse_odd_year
from gateway.helpdesk.queue.search import format_instant
from gateway.helpdesk.staff.people import OWNER
from gateway.operations.publishing.fact_readers import FactReaders, NoFact, find_readers
from gateway.operations.reporting import monthly_report as reports
from gateway.operations.reporting.centre_month import CentreMonth, read_centre_month, split_sheet
from gateway.operations.reporting.monthly_report import Cell
from gateway.operations.reporting.period_sheet import write_csv
from gateway.operations.reporting.periods import SMALLEST, NoMonth

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
