"""Prints the figures of one month, to be read or to be taken into a spreadsheet."""

import csv
import json
import sys
from itertools import groupby

import click

from gateway.bootstrap import open_parts
from gateway.cli.dates import refuse_odd_year
from gateway.desk.people import OWNER
from gateway.figures import report as reports
from gateway.figures.centre import CentreMonth, read_centre_month, split_sheet
from gateway.figures.report import SMALLEST, Cell, NoMonth

_SMALL = f"under {SMALLEST}"


@click.command()
@click.argument("month", callback=refuse_odd_year)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the month of the centre as a sheet.")
def report(month: str, as_json: bool, as_csv: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Print the figures of MONTH (2026-11): counts of pages, texts, requests and calls, never a caller."""
    parts = open_parts()
    try:
        cells, centre = reports.month(parts, OWNER, month), read_centre_month(parts, OWNER, month)
    except NoMonth as error:
        raise click.BadParameter(str(error), param_hint="MONTH") from None
    if as_csv:
        csv.writer(sys.stdout).writerows(split_sheet(centre))
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
            click.echo(f"  {cell.name:<32} {_count(cell):>10}")


def _print_centre(centre: CentreMonth) -> None:
    for field, rows in groupby(_rows_of(centre), key=lambda row: row[0]):
        click.echo(f"{field:<34} {'woman':>10} {'man':>10} {'rest':>10} {'total':>10}")
        for row in rows:
            click.echo(f"  {row[1]:<32} " + " ".join(f"{cell:>10}" for cell in row[2:]))


def _rows_of(centre: CentreMonth) -> list[tuple[str, ...]]:
    """Return the rows of the centre's month, without their heading; none where nothing was ticked."""
    return split_sheet(centre)[1:] if centre.tables else []


def _as_json_row(row: tuple[str, ...]) -> dict[str, object]:
    field, word, *cells, total = row
    told: list[object] = [int(cell) if cell.isdigit() else cell for cell in (*cells, total)]
    return {"what": "record", "by": field, "name": word, "n": told[-1]} | dict(
        zip(("woman", "man", "rest"), told, strict=False)
    )


def _count(cell: Cell) -> str:
    return _SMALL if cell.n is None else str(cell.n)


def _as_json(cell: Cell) -> dict[str, object]:
    return {
        "what": cell.section.what,
        "by": cell.section.by,
        "name": cell.name,
        "n": _SMALL if cell.n is None else cell.n,
    }
