"""Turns errors that any command can meet into one sentence and an exit status, and checks dates of the command line."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import click

from config import settings as config
from config.settings import SettingsError

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
    except (click.ClickException, click.Abort, click.exceptions.Exit):
        raise
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # the reader of a pipe has exited; click handles it (EPIPE)
        raise click.ClickException(
            f"{error.filename or 'a file'} cannot be used ({error.strerror}); `gateway doctor` says more."
        ) from None
    except Exception as error:
        sentence = _describe_error(error)
        if sentence is None:
            raise
        raise click.ClickException(sentence) from None


def _describe_error(error: Exception) -> str | None:
    """Return the sentence for an error of the services; None for any other."""
    # Imported when something failed: a command that needs no service would wait a second for them.
    from gateway.bootstrap import NoTables
    from gateway.storage.database import Unavailable
    from gateway.storage.encryption import RingMissing

    match error:
        case NoTables():
            return str(error)
        case Unavailable():
            return _NO_SQL
        case RingMissing():
            return _NO_KEYS
        case _:
            return None


# Dates: a Buddhist-era year is refused, and the message gives the date that was probably meant.


class _Date(click.DateTime):
    """A Gregorian date, at most 20 years away."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the date; a failure names the one that was probably meant."""
        from gateway.menus.engine.dates import find_odd_year

        if isinstance(value, str) and (odd := find_odd_year(value, _read_today())):
            self.fail(str(odd), param, ctx)
        return super().convert(value, param, ctx)


DAY = _Date(formats=["%Y-%m-%d"])
MOMENT = _Date(formats=["%Y-%m-%d %H:%M"])


def refuse_odd_year(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Check the year of a date argument that is parsed later; a ``callback=`` of click options and arguments."""
    from gateway.menus.engine.dates import find_odd_year

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
    from gateway.bootstrap import open_clock

    return open_clock(config.from_process()).now().date()
