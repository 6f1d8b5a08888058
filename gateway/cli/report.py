"""Prints the figures of one month, to be read or to be taken into a spreadsheet."""

import json
from itertools import groupby

import click

from gateway.bootstrap import open_parts
from gateway.cli.dates import refuse_odd_year
from gateway.desk.people import OWNER
from gateway.figures import report as reports
from gateway.figures.report import SMALLEST, Cell, NoMonth

_SMALL = f"under {SMALLEST}"


@click.command()
@click.argument("month", callback=refuse_odd_year)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def report(month: str, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Print the figures of MONTH (2026-11): counts of pages, texts, requests and calls, never a caller."""
    try:
        cells = reports.month(open_parts(), OWNER, month)
    except NoMonth as error:
        raise click.BadParameter(str(error), param_hint="MONTH") from None
    if as_json:
        click.echo(json.dumps([_as_json(cell) for cell in cells], ensure_ascii=False, indent=1))
        return
    for section, of_it in groupby(cells, key=lambda cell: cell.section):
        click.echo(section.title)
        for cell in of_it:
            click.echo(f"  {cell.name:<32} {_count(cell):>10}")
    if not cells:
        click.echo(f"Nothing was counted in {month}.")


def _count(cell: Cell) -> str:
    return _SMALL if cell.n is None else str(cell.n)


def _as_json(cell: Cell) -> dict[str, object]:
    return {
        "what": cell.section.what,
        "by": cell.section.by,
        "name": cell.name,
        "n": _SMALL if cell.n is None else cell.n,
    }
