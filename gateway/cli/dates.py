"""Reads the dates of a command line: a year of another calendar is refused with the date that is meant."""

from datetime import date, datetime
from typing import Any

import click

from config import settings as config
from gateway.bootstrap import open_clock
from gateway.engine.years import find_odd_year


class _Date(click.DateTime):
    """A date of the common calendar, not more than 20 years off."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the date, or fail with the one that is meant."""
        if isinstance(value, str) and (odd := find_odd_year(value, _today())):
            self.fail(str(odd), param, ctx)
        return super().convert(value, param, ctx)


DAY = _Date(formats=["%Y-%m-%d"])
MOMENT = _Date(formats=["%Y-%m-%d %H:%M"])


def refuse_odd_year(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Return a date that is read later, once its year can be meant; for ``callback=`` of an option or argument."""
    if value and (odd := find_odd_year(value, _today())):
        raise click.BadParameter(str(odd))
    return value


def check_order(first: datetime, last: datetime) -> None:
    """Refuse a span that ends before it begins: it holds nothing, and nothing found would read like good news.

    Raises:
        click.BadParameter: the last day comes before the first.
    """
    if last < first:
        said = f"{last:%Y-%m-%d} comes before {first:%Y-%m-%d}; did you mean them the other way round?"
        raise click.BadParameter(said, param_hint="--to")


def _today() -> date:
    return open_clock(config.from_process()).now().date()
