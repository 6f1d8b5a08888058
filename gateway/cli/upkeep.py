"""Commands of whoever keeps the ledger: its tables, its keys, backups, and erasing a number."""

import sys
from contextlib import closing
from pathlib import Path

import click

from config import settings as config
from gateway.bootstrap import open_clock, open_ledger, open_parts
from gateway.cli import recovery
from gateway.desk.declined import AmbiguousNumber
from gateway.parts import Parts
from gateway.store import migrate
from gateway.store.engines import Lost, Unavailable
from gateway.upkeep import sheet


@click.group()
def db() -> None:
    """The tables of the database."""


@db.command("upgrade")
def upgrade_command() -> None:
    """Bring the tables to the shape that this release needs."""
    with closing(open_ledger(config.from_process())) as store:
        migrate.upgrade(store)
        click.echo(f"The tables are those of revision {migrate.revision(store)}.")


@click.group()
def keys() -> None:
    """The keys that seal what is personal."""


@keys.command("rotate")
def rotate_command() -> None:
    """Make a new key and seal everything with it again, while calls go on."""
    from gateway.upkeep.rotate import rotate

    parts = open_parts()
    done = rotate(parts.store, parts.clock)
    click.echo(f"Key {done.serial} is in use; {done.sealed} values were sealed with it again.")
    if done.unreadable:
        raise click.ClickException(
            f"{done.unreadable} values are opened by no key; they were left as they are"
        )


@keys.command("sheet")
def sheet_command() -> None:
    """Make a new recovery sheet and show it, once; the backups to come open with it alone."""
    parts = open_parts()
    question = recovery.show_new_sheet(parts)
    if question is None:
        raise SystemExit(1)
    if sys.stdin.isatty():
        recovery.ask_back(parts, question)
    else:
        click.echo("Say that it is on paper with `gateway keys confirm`; until then `gateway doctor` is red.")


@keys.command("confirm")
def confirm_command() -> None:
    """Say that the recovery sheet is on paper: the whole of it is asked for, and kept nowhere."""
    parts = open_parts()
    try:
        secret = sheet.read(click.prompt("Recovery sheet (14 groups of 4 letters)", err=True))
    except sheet.NotTheSheet as error:
        raise click.ClickException(str(error)) from None
    if not sheet.confirm(parts, secret):
        raise click.ClickException(
            f"backups are not sealed to this sheet but to another; {recovery.HOW_TO_MAKE}"
        )
    click.echo("Right: backups open with this sheet.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Write everything that the ledger holds into FILE, sealed to the recovery sheet."""
    from gateway.upkeep import backup as backups

    parts = open_parts()
    recipient = _recipient(parts)
    try:
        summary = backups.backup(parts.store, file, recipient, parts.clock.now())
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from None
    click.echo(
        f"{file}: {summary.rows} rows, of {summary.made_at:%Y-%m-%d %H:%M} UTC. Keep it away from this machine."
    )
    with parts.store.read() as tx:
        if not sheet.is_confirmed(tx):
            click.echo(
                f"Nobody has said yet that the recovery sheet is on paper: {recovery.HOW_TO_CONFIRM}.",
                err=True,
            )


def _recipient(parts: Parts) -> bytes:
    """Return what the backup is sealed to; at a terminal the first one makes the sheet."""
    with parts.store.read() as tx:
        known = sheet.known(tx)
    if known is None and sys.stdin.isatty() and sys.stdout.isatty():
        question = recovery.show_new_sheet(parts)
        if question is not None:
            recovery.ask_back(parts, question)
        with parts.store.read() as tx:
            known = sheet.known(tx)
    if known is None:
        raise click.ClickException(
            f"there is no recovery sheet, so nobody could open a backup, and none was written; {recovery.HOW_TO_MAKE}"
        )
    return known


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def restore(file: Path) -> None:
    """Bring back what FILE holds into an empty database; the recovery sheet is asked for."""
    from gateway.upkeep import backup as backups

    settings = config.from_process()
    try:
        secret = sheet.read(click.prompt("Recovery sheet (14 groups of 4 letters)", err=True))
        store = open_ledger(settings)
    except sheet.NotTheSheet as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(
            f"nothing came back: the data folder cannot be written ({error.strerror})"
        ) from None
    try:
        with closing(store):
            summary = backups.restore(store, file, secret, open_clock(settings).now())
    except (backups.NotEmpty, backups.NotOpened) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"nothing came back: {file} cannot be read ({error.strerror})") from None
    except Lost:
        raise click.ClickException(
            "the database went away in the midst of it, and nobody knows what it kept; run this again: it says so "
            "where everything is back already"
        ) from None
    except Unavailable:
        raise click.ClickException(
            "nothing came back: the database cannot be asked, or took no more"
        ) from None
    click.echo(f"{summary.rows} rows are back, as they were at {summary.made_at:%Y-%m-%d %H:%M} UTC.")
    click.echo("Everybody signs in anew. Start with `gateway up`.")


@click.command()
def erase() -> None:
    """Erase a number and everything of hers; the number is asked for, so that no shell keeps it."""
    from gateway.conversation import spooled
    from gateway.desk.erasing import forget

    parts = open_parts()
    number = click.prompt("Number to erase", err=True)
    click.confirm("Her requests, texts and number go for good. Erase them?", abort=True, err=True)
    spooled.replay(parts)  # what still waits there would bring her back
    try:
        known = forget(parts, number)
    except AmbiguousNumber as ambiguous:
        raise click.ClickException(
            f"this may be {' or '.join(ambiguous.readings)}; nothing was erased: write it with its country code"
        ) from None
    if not known:
        raise click.ClickException("nothing is known of that number")
    parts.count.flush(parts.store)
    click.echo("Erased. It stays in backups that were made before; let old ones go.")
