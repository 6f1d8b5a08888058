"""Commands for staff: add, list, remove, reset, sign out.

They act as an administrator, because access to the server implies that.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from gateway.domain.permissions import Role
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.staff import people as desk
from gateway.helpdesk.staff import two_factor
from gateway.helpdesk.staff.people import OWNER
from gateway.helpdesk.staff.shifts import TimesWithdrawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.foundation.services import Services

_WORDS = {
    Why.NAME: "A name has 2 to 40 characters and at least one letter.",
    Why.NAME_TAKEN: "Somebody already has this name.",
    Why.PASSWORD: "A password has at least 8 characters, not all the same, and is not the name.",
    Why.LAST_ADMINISTRATOR: "This is the only administrator. Make somebody else administrator first.",
    Why.NOBODY: "There is nobody of that name; `gateway people list` shows everybody.",
}

_name = click.argument("name", metavar="NAME")


@click.group()
def people() -> None:
    """Add people, see who there is, take their access away."""


@people.command()
@_name
@click.option(
    "--role", required=True, type=click.Choice([role.value for role in Role]), help="What they are here."
)
@click.option("--password-stdin", is_flag=True, help="Read the password from the standard input.")
def add(name: str, role: str, password_stdin: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Add a person; without a password print a link with which they choose one."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    with _say_refusals() as parts:
        person_id = desk.add_person(parts, OWNER, name=name, role=role, password=password)
        click.echo(f"Added {desk.tidy_name(name)} as {role}.")
        if password is None:
            _show_link(parts, person_id)


@people.command("list")
def list_command() -> None:
    """Print everybody: name, role, on duty or not, a helpline phone and a password or not, ever signed in or not."""
    with _say_refusals() as parts:
        click.echo("name\trole\tduty\thelpline phone\tpassword\thas signed in")
        signed_in = desk.list_signed_in(parts, OWNER)
        for person in desk.list_people(parts, OWNER):
            if person.named:
                facts = (
                    person.name,
                    person.role,
                    "on" if person.on_duty else "off",
                    "yes" if person.number else "no",
                    "set" if person.has_password else "none",
                    "yes" if person.id in signed_in else "not yet",
                )
                click.echo("\t".join(facts))


@people.command()
@_name
def remove(name: str) -> None:
    """Remove a person: signed out at once, the name stays in the history."""
    with _say_refusals() as parts:
        person = desk.find_person(parts, name)
        try:
            desk.disable_person(parts, OWNER, person.id, agreed=())
        except TimesWithdrawn as lost:
            desk.disable_person(parts, OWNER, person.id, agreed=lost.words)
            click.echo(f"Callers are no longer offered: {', '.join(lost.words)}.")
        click.echo(f"Removed {person.name}.")


@people.command()
@_name
@click.option(
    "--second-factor", is_flag=True, help="Take the second factor away, too: phone and paper are lost."
)
def reset(name: str, second_factor: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Take the password away and print a link with which the person chooses a new one."""
    with _say_refusals() as parts:
        person = desk.find_person(parts, name)
        if second_factor:
            two_factor.reset_factor(parts, OWNER, person.id)
        _show_link(parts, person.id)


@people.command("sign-out")
@_name
def sign_out(name: str) -> None:
    """End every sign-in of a person."""
    with _say_refusals() as parts:
        person = desk.find_person(parts, name)
        desk.end_sign_ins(parts, OWNER, person.id)
        click.echo(f"{person.name} is signed out everywhere.")


def _show_link(parts: Services, person_id: str) -> None:
    link = f"{parts.public_url}/invitation/{desk.invite_person(parts, OWNER, person_id)}"
    click.echo(f"Link, works once within 24 hours: {link}")


@contextmanager
def _say_refusals() -> Iterator[Services]:
    from gateway import bootstrap

    parts = bootstrap.open_parts()
    try:
        yield parts
    except Rejected as declined:
        click.echo(_WORDS.get(declined.why, declined.why.value), err=True)
        sys.exit(1)
    finally:
        parts.store.close()
