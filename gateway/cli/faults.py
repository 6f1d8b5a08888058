"""Puts what keeps any command from working into a sentence of its own, so that nobody reads a traceback."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import click

from config.settings import SettingsError
from gateway.bootstrap import NoTables
from gateway.store.engines import Unavailable
from gateway.store.sealed import RingMissing

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
