"""Turns errors that any command can meet into one sentence and an exit status, and checks dates of the command line."""

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
    """Print each settings fault and exit with 2; print other known errors and exit with 1. No traceback is shown."""
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
            raise  # the reader of a pipe has exited; click handles it (EPIPE)
        raise click.ClickException(
            f"{error.filename or 'a file'} cannot be used ({error.strerror}); `gateway doctor` says more."
        ) from None


# Dates: a Buddhist-era year is refused, and the message gives the date that was probably meant.


class _Date(click.DateTime):
    """A Gregorian date, at most 20 years away."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the date; a failure names the one that was probably meant."""
        if isinstance(value, str) and (odd := find_odd_year(value, _read_today())):
            self.fail(str(odd), param, ctx)
        return super().convert(value, param, ctx)


DAY = _Date(formats=["%Y-%m-%d"])
MOMENT = _Date(formats=["%Y-%m-%d %H:%M"])


def refuse_odd_year(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Check the year of a date argument that is parsed later; a ``callback=`` of click options and arguments."""
    if value and (odd := find_odd_year(value, _read_today())):
        raise click.BadParameter(str(odd))
    return value


def check_order(first: datetime, last: datetime) -> None:
    """Check that the first day is not after the last: an empty span would find nothing, which reads like good news.

    Raises:
        click.BadParameter: the last day is before the first.
    """
    if last < first:
        first_day = f"{last:%Y-%m-%d} comes before {first:%Y-%m-%d}; did you mean them the other way round?"
        raise click.BadParameter(first_day, param_hint="--to")


def _read_today() -> date:
    return open_clock(config.from_process()).now().date()
