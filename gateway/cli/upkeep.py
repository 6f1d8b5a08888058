"""Commands for the operator: tables, keys, recovery sheet, backup, restore, erasure, and the audit chain."""

from __future__ import annotations

import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config import settings as config
from gateway.bootstrap import open_clock, open_ledger, open_parts
from gateway.foundation.services import Services
from gateway.helpdesk.errors import AmbiguousNumber
from gateway.operations.maintenance import key_care
from gateway.storage import audit as stored
from gateway.storage import migrate, retention, settings
from gateway.storage.database import Lost, Unavailable

if TYPE_CHECKING:
    from gateway.operations.maintenance.key_care import SheetQuestion

# The recovery sheet: it is shown once, and one group is asked back to make sure that it is on paper.

HOW_TO_MAKE = "`gateway keys sheet` makes one and shows it, once"
HOW_TO_CONFIRM = (
    "type it at `gateway keys confirm`; "
    "where it is lost, `gateway keys sheet` makes another for the backups to come"
)


def show_new_sheet(parts: Services) -> SheetQuestion | None:
    """Draw a sheet, show it, and only then put it in force; None if another process was faster.

    In this order no backup is encrypted to a sheet that nobody could read: after an interruption the shown
    letters open nothing yet, and the next start draws new ones.
    """
    with parts.store.read() as tx:
        before = key_care.find_public_key(tx)
    secret = key_care.draw_secret()
    click.echo(
        "Recovery sheet, shown this once. Write it down, keep it elsewhere; a backup opens only with it:"
    )
    click.echo(f"    {key_care.write_sheet(secret)}")
    try:
        counts = key_care.put_in_force(parts, secret, instead_of=before)
    except Unavailable:
        click.echo(
            "This sheet could not be put in force: it opens nothing. Throw it away and make another later."
        )
        raise
    if not counts:
        click.echo("Another sheet was made at the same moment: that one counts, and this one opens nothing.")
        return None
    if before is not None:
        click.echo("It replaces the sheet before; backups that were made until now still open with that one.")
    return key_care.draw_question(secret)


def take_answer(parts: Services, question: SheetQuestion, typed: str) -> bool:
    """Confirm the sheet if the group is right, and print the result."""
    if not question.is_answered_by(typed):
        click.echo("That is not what stands there. Compare it with the sheet, then type it again.")
        return False
    if key_care.confirm_sheet(parts, question.secret):
        click.echo("Right: the sheet is on paper.")
    else:
        click.echo("Another sheet was made meanwhile; this one does not count any more.")
    return True


def ask_back(parts: Services, question: SheetQuestion) -> None:
    """Ask at the terminal until the group is right."""
    while not take_answer(parts, question, click.prompt(question.words, err=True)):
        pass


@click.group()
def db() -> None:
    """The tables of the database."""


@db.command("upgrade")
def upgrade_command() -> None:
    """Bring the tables to the shape that this release needs."""
    with closing(open_ledger(config.from_process())) as store:
        migrate.upgrade(store)
        click.echo(f"The tables are those of revision {migrate.find_revision(store)}.")


@click.group()
def keys() -> None:
    """The keys that encrypt personal data."""


@keys.command("rotate")
def rotate_command() -> None:
    """Make a new key and re-encrypt everything with it, while the gateway runs."""
    from gateway.operations.maintenance.key_care import rotate_keys

    parts = open_parts()
    done = rotate_keys(parts.store, parts.clock)
    click.echo(f"Key {done.serial} is in use; {done.sealed} values were sealed with it again.")
    if done.unreadable:
        raise click.ClickException(
            f"{done.unreadable} values are opened by no key; they were left as they are"
        )


@keys.command("sheet")
def sheet_command() -> None:
    """Make a new recovery sheet and show it, once; the backups to come open with it alone."""
    parts = open_parts()
    question = show_new_sheet(parts)
    if question is None:
        raise SystemExit(1)
    if sys.stdin.isatty():
        ask_back(parts, question)
    else:
        click.echo("Say that it is on paper with `gateway keys confirm`; until then `gateway doctor` is red.")


@keys.command("confirm")
def confirm_command() -> None:
    """Confirm that the recovery sheet is on paper: all of it is asked for, and not stored."""
    parts = open_parts()
    try:
        secret = key_care.read_sheet(click.prompt("Recovery sheet (14 groups of 4 letters)", err=True))
    except key_care.NotTheSheet as error:
        raise click.ClickException(str(error)) from None
    if not key_care.confirm_sheet(parts, secret):
        raise click.ClickException(f"backups are not sealed to this sheet but to another; {HOW_TO_MAKE}")
    click.echo("Right: backups open with this sheet.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Write the whole database into FILE, encrypted to the recovery sheet."""
    from gateway.operations.maintenance import backup as backups

    parts = open_parts()
    recipient = _find_recipient(parts)
    try:
        summary = backups.write_backup(parts.store, file, recipient, parts.clock.now())
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from None
    made = summary.made_at
    parts.store.run(
        lambda tx: settings.save_setting(
            tx, settings.BACKUP_MARK, made.isoformat(), by="command line", now=made
        )
    )
    click.echo(
        f"{file}: {summary.rows} rows, of {summary.made_at:%Y-%m-%d %H:%M} UTC. Keep it away from this machine."
    )
    with parts.store.read() as tx:
        if not key_care.is_confirmed(tx):
            click.echo(
                f"Nobody has said yet that the recovery sheet is on paper: {HOW_TO_CONFIRM}.",
                err=True,
            )


def _find_recipient(parts: Services) -> bytes:
    """Return the public key for the backup; at a terminal the first backup makes the sheet."""
    with parts.store.read() as tx:
        known = key_care.find_public_key(tx)
    if known is None and sys.stdin.isatty() and sys.stdout.isatty():
        question = show_new_sheet(parts)
        if question is not None:
            ask_back(parts, question)
        with parts.store.read() as tx:
            known = key_care.find_public_key(tx)
    if known is None:
        raise click.ClickException(
            f"there is no recovery sheet, so nobody could open a backup, and none was written; {HOW_TO_MAKE}"
        )
    return known


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def restore(file: Path) -> None:
    """Bring back what FILE holds into an empty database; the recovery sheet is asked for."""
    from gateway.operations.maintenance import backup as backups

    settings = config.from_process()
    try:
        secret = key_care.read_sheet(click.prompt("Recovery sheet (14 groups of 4 letters)", err=True))
        store = open_ledger(settings)
    except key_care.NotTheSheet as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(
            f"nothing came back: the data folder cannot be written ({error.strerror})"
        ) from None
    try:
        with closing(store):
            summary = backups.restore_backup(store, file, secret, open_clock(settings).now())
    except (backups.LedgerNotEmpty, backups.NotOpened) as error:
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
    """Erase a number and everything about its caller; the number is asked for, so that no shell history keeps it."""
    from gateway.conversations import one_shot
    from gateway.helpdesk.requests.refuse import forget_number

    parts = open_parts()
    number = click.prompt("Number to erase", err=True)
    click.confirm("Her requests, texts and number go for good. Erase them?", abort=True, err=True)
    one_shot.replay_spool(parts)  # a spooled event could otherwise restore the erased number
    try:
        known = forget_number(parts, number)
    except AmbiguousNumber as ambiguous:
        raise click.ClickException(
            f"this may be {' or '.join(ambiguous.readings)}; nothing was erased: write it with its country code"
        ) from None
    if not known:
        raise click.ClickException("nothing is known of that number")
    parts.count.flush(parts.store)
    click.echo("Erased. It stays in backups that were made before; let old ones go.")


# The audit log's hash chain.

_RETENTION = "retention"
_DAYS = next(rule.days for rule in retention.RULES if rule.name == "audit")
_WORDS = {
    stored.CHANGED: "was changed after it was written",
    stored.SWAPPED: "stands in another row's place",
    stored.DROPPED: "is missing",
}


@click.group()
def audit() -> None:
    """The audit log, a hash chain that shows later changes."""


@audit.command()
def check() -> None:
    """Check every row of the chain; exit 1 and name the first that was changed, taken out or swapped."""
    parts = open_parts()
    now = parts.clock.now()
    with parts.store.write() as tx:
        stored.link_rows(tx, now)
    with parts.store.read() as tx:
        days = settings.get_setting(tx, _RETENTION, {}).get("audit", _DAYS)
        found = stored.check_chain(tx, kept_since=now - timedelta(days=days))
        rows = stored.count_linked(tx)
    if found is None:
        click.echo(f"The chain holds: {rows} rows.")
        return
    row = f"row {found.seq}" if found.what == stored.DROPPED else f"row {found.seq} ({found.row_id})"
    when = f", next to one of {found.at:%Y-%m-%d %H:%M} UTC" if found.at else ", at the end"
    raise click.ClickException(f"{row} {_WORDS[found.what]}{when if found.what == stored.DROPPED else ''}")
