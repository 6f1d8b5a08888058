"""Puts what keeps any command from working into a sentence of its own, so that nobody reads a traceback."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import click

from config import settings as config
from config.settings import SettingsError
from gateway.bootstrap import NoTables, open_clock
from gateway.menus.engine.dates import find_odd_year
from gateway.storage.database import Unavailable
from gateway.storage.encryption import RingMissing

_UNUSABLE = 2

_NO_SQL = "The database cannot be asked: start what DATABASE_URL names; `gateway doctor` says more."
_NO_KEYS = "The keys of this database do not open: GATEWAY_SECRET_KEY or the data folder is another one's."


@contextmanager
def in_words() -> Iterator[None]:
    """Name every fault of the settings, a line each, and end with 2; say what else is missing and end with 1."""
    try:
        yield
    except SettingsError as error:
        for fault in error.faults:
            click.echo(fault, err=True)
        raise SystemExit(_UNUSABLE) from None
    except NoTables as error:
        raise click.ClickException(str(error)) from None
    except Unavailable:
        raise click.ClickException(_NO_SQL) from None
    except RingMissing:
        raise click.ClickException(_NO_KEYS) from None
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # whoever read along has gone; click ends in silence
        raise click.ClickException(
            f"{error.filename or 'a file'} cannot be used ({error.strerror}); `gateway doctor` says more."
        ) from None


# Reads the dates of a command line: a year of another calendar is refused with the date that is meant.


class _Date(click.DateTime):
    """A date of the common calendar, not more than 20 years off."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the date, or fail with the one that is meant."""
        if isinstance(value, str) and (odd := find_odd_year(value, _read_today())):
            self.fail(str(odd), param, ctx)
        return super().convert(value, param, ctx)


DAY = _Date(formats=["%Y-%m-%d"])
MOMENT = _Date(formats=["%Y-%m-%d %H:%M"])


def refuse_odd_year(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Return a date that is read later, once its year can be meant; for ``callback=`` of an option or argument."""
    if value and (odd := find_odd_year(value, _read_today())):
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


def _read_today() -> date:
    return open_clock(config.from_process()).now().date()
