"""Shows a recovery sheet and asks for one group of it, so that what seals the backups is on somebody's paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gateway.store.engines import Unavailable
from gateway.upkeep import sheet

if TYPE_CHECKING:
    from gateway.parts import Parts
    from gateway.upkeep.sheet import Question

HOW_TO_MAKE = "`gateway keys sheet` makes one and shows it, once"
HOW_TO_CONFIRM = (
    "type it at `gateway keys confirm`; "
    "where it is lost, `gateway keys sheet` makes another for the backups to come"
)


def show_new_sheet(parts: Parts) -> Question | None:
    """Draw a sheet, show it, and only then let it count; None where another process was first.

    In this order nothing is ever sealed to a sheet that nobody could have read: whoever is interrupted in between has
    letters that open nothing yet, and the next start draws others.
    """
    with parts.store.read() as tx:
        before = sheet.known(tx)
    secret = sheet.draw_secret()
    click.echo(
        "Recovery sheet, shown this once. Write it down, keep it elsewhere; a backup opens only with it:"
    )
    click.echo(f"    {sheet.written(secret)}")
    try:
        counts = sheet.put_in_force(parts, secret, instead_of=before)
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
    return sheet.draw_question(secret)


def take_answer(parts: Parts, question: Question, typed: str) -> bool:
    """Note that the sheet is on paper where the group is right, and say so."""
    if not question.is_answered_by(typed):
        click.echo("That is not what stands there. Compare it with the sheet, then type it again.")
        return False
    if sheet.confirm(parts, question.secret):
        click.echo("Right: the sheet is on paper.")
    else:
        click.echo("Another sheet was made meanwhile; this one does not count any more.")
    return True


def ask_back(parts: Parts, question: Question) -> None:
    """Ask until the group is right, at a terminal."""
    while not take_answer(parts, question, click.prompt(question.words, err=True)):
        pass
