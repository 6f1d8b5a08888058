"""Commands of whoever keeps the ledger: its tables, its keys, backups, and erasing a number."""

from contextlib import closing
from pathlib import Path

import click

from config import settings as config
from gateway.bootstrap import open_clock, open_ledger, open_parts
from gateway.desk.declined import AmbiguousNumber
from gateway.store import migrate
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


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Write everything that the ledger holds into FILE, sealed to the recovery sheet."""
    from gateway.upkeep import backup as backups

    parts = open_parts()
    letters = sheet.first(parts)
    if letters is not None:
        click.echo(
            "Recovery sheet, shown this once. Write it down, keep it elsewhere; a backup opens only with it:"
        )
        click.echo(f"    {letters}")
    with parts.store.read() as tx:
        recovery = sheet.known(tx)
    if recovery is None:
        raise click.ClickException("the recovery sheet was taken away while this ran; try again")
    try:
        summary = backups.backup(parts.store, file, recovery, parts.clock.now())
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from None
    click.echo(
        f"{file}: {summary.rows} rows, of {summary.made_at:%Y-%m-%d %H:%M} UTC. Keep it away from this machine."
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def restore(file: Path) -> None:
    """Bring back what FILE holds into an empty database; the recovery sheet is asked for."""
    from gateway.upkeep import backup as backups

    settings = config.from_process()
    try:
        secret = sheet.read(click.prompt("Recovery sheet (14 groups of 4 letters)", err=True))
        with closing(open_ledger(settings)) as store:
            summary = backups.restore(store, file, secret, open_clock(settings).now())
    except (sheet.NotTheSheet, backups.NotEmpty, backups.NotOpened) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}") from None
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
