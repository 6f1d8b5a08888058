"""The command that tells who read a fact: for whoever finds that a number was wrong for some days."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime

import click

from gateway.bootstrap import open_parts
from gateway.cli.callbacks import ONLOOKER
from gateway.cli.dates import DAY, check_order
from gateway.desk.line import written
from gateway.publishing.facts import NoFact, Seen, seen


@click.command("seen")
@click.argument("fact")
@click.option("--from", "first", type=DAY, required=True, metavar="DATE", help="The first day.")
@click.option("--to", "last", type=DAY, required=True, metavar="DATE", help="The last day.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def seen_command(fact: str, first: datetime, last: datetime, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Tell how many read FACT in these days, which value, and which open requests came past it."""
    check_order(first, last)
    try:
        found = seen(open_parts(), ONLOOKER, fact, first.date(), last.date())
    except NoFact as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps(_fields(found), ensure_ascii=False, indent=1, default=_written))
        return
    for line in _lines(found):
        click.echo(line)


def _fields(found: Seen) -> dict[str, object]:
    fields = asdict(found)
    return {"fact": found.fact, "from": fields.pop("first"), "to": fields.pop("last"), "n": found.n} | fields


def _written(value: date | datetime) -> str | None:
    return written(value) if isinstance(value, datetime) else value.isoformat()


def _lines(found: Seen) -> Iterator[str]:
    yield f"{found.fact}, {found.first} to {found.last}: read {found.n} times"
    yield f"now on: {', '.join(found.screens) or 'no screen'}"
    for read in found.reads:
        yield f"  {read.day}  {read.screen:<24} {read.value or '?':<24} {read.n:>8}"
    yield f"open requests that came past it: {len(found.requests)}"
    for one in found.requests:
        asked = _written(one.asked_at)
        yield f"  {one.code}  {one.state:<10} {one.language:<8} {asked}  {' > '.join(one.screens)}"
