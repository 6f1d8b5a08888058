"""Commands that publish menus: publish, diff, versions, rollback, export."""

import json
import os
import pwd
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import click

from config import settings as config
from gateway.bootstrap import open_parts
from gateway.domain.permissions import Actor, NotPermitted
from gateway.foundation.services import Services
from gateway.helpdesk.errors import Rejected
from gateway.helpdesk.staff.people import find_actor
from gateway.menus.authoring.folder import find_unread, read_folder
from gateway.menus.authoring.problems import Problem, describe_problem
from gateway.operations.publishing import changes, publish, publish_rules, stored
from gateway.operations.publishing.changes import describe_changes

T = TypeVar("T")

_ASKED = "Why (a few words, for the record)"


def _menus_folder() -> Path:
    return config.from_process().env.gateway_menus_dir


_folder = click.argument("path", type=click.Path(path_type=Path), default=_menus_folder)
_menu = click.option("--menu", default="", help="Which menu; needed only where there are several.")
_why = click.option("--why", default="", help="Why, in a few words; asked for at a terminal.")
_as = click.option("--as", "name", default="", help="Who does it: a person of the house who may publish.")
_without = click.option(
    "--without",
    multiple=True,
    metavar="LANGUAGE",
    help="This language may leave the lines that reach real phones.",
)

_move_keys = click.option(
    "--move-keys",
    default="",
    metavar="WHY",
    help="Why keys about danger or consent may do something else than callers know.",
)


@click.command("publish")
@_folder
@_why
@_as
@click.option("--author", default="", help="Who wrote it, where that is somebody else.")
@click.option("--base", "number", type=int, help="The version that the folder was made from.")
@click.option("--over", is_flag=True, help="It may undo what others published since.")
@click.option("--untested", is_flag=True, help="It may go live although a conversation fails.")
@_move_keys
@_without
def publish_command(
    path: Path,
    why: str,
    name: str,
    author: str,
    number: int | None,
    over: bool,  # noqa: FBT001 - click passes flags so
    untested: bool,  # noqa: FBT001
    move_keys: str,
    without: tuple[str, ...],
) -> None:
    """Check the menu in PATH and make it the next version."""
    files = _read_files(path)
    reason = _ask_reason(why)
    allowed = publish.PublishAllowances(
        without=without, base=number, over=over, untested=untested, move_keys=move_keys
    )

    def work(parts: Services) -> publish.Published | publish.NotSound:
        actor = _find_actor(parts, name)
        by = author or (actor.name if actor else _find_user_name())
        return publish.publish_menu(parts, files, author=by, why=reason, actor=actor, allowed=allowed)

    published = _do_work(work)
    _print_problems((*find_unread(path), *published.problems), path)
    if isinstance(published, publish.NotSound):
        raise click.ClickException("nothing was published; what is live goes on")
    _say_published(published)


def _say_published(published: publish.Published) -> None:
    version, found = published.version, published.difference
    for line in describe_changes(found.changes) if published.fresh else ():
        click.echo(line)
    if found.rolled_back is not None and found.back:
        click.echo(f"Version {found.rolled_back.number} was rolled back; this brings back from it:", err=True)
        for line in describe_changes(found.back):
            click.echo(line, err=True)
    state = "is live now" if published.fresh else "is live already, nothing changed"
    if published.fresh and found.base:
        click.echo(f"made from version {found.base.number}")
    click.echo(f"{version.menu}: version {version.number} {state}")


@click.command("diff")
@_folder
@click.option("--base", "number", type=int, help="The version that the folder was made from.")
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
def diff_command(path: Path, number: int | None, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Print what a publish of PATH would change, screen by screen, and from which version PATH was made."""
    changes = _do_work(lambda parts: publish.preview_difference(parts, _read_files(path), number))
    if isinstance(changes, publish.NotSound):
        _print_problems((*find_unread(path), *changes.problems), path)
        raise click.ClickException("the folder has errors")
    _print_problems(find_unread(path), path, err=True)
    if as_json:
        rows = [{"path": each.path, "before": each.before, "after": each.after} for each in changes.changes]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for line in describe_changes(changes.changes, most=len(changes.changes)):
        click.echo(line)
    came_from = f"made from version {changes.base.number}" if changes.base else "nothing is live yet"
    for each in changes.moved:
        click.echo(f"  {each.place.file}:{each.place.line}: {each.message}")
    click.echo(f"{len(changes.changes)} changes against what is live; {came_from}")
    if changes.undone:
        click.echo("It would set back:")
        for line in describe_changes(changes.undone, most=len(changes.undone)):
            click.echo(line)


@click.command("versions")
@click.argument("menu", default="")
def versions_command(menu: str) -> None:
    """List the versions, newest first, in local time of the helpline; * is live."""
    zone = ZoneInfo(config.from_process().file.line.zone)
    for each in _do_work(lambda parts: publish.list_versions(parts, menu)):
        mark = "*" if each.live else "withdrawn" if each.version.withdrawn_at else ""
        version = each.version
        made = version.made_at.astimezone(zone).isoformat(timespec="minutes")
        click.echo(f"{version.menu} {version.number:4} {made} {version.author} {version.why} {mark}".rstrip())


@click.command("rollback")
@click.argument("number", type=int, required=False)
@_menu
@_why
@_as
@click.option("--withdraw", is_flag=True, help="Let no session go on with the version that was live.")
@_move_keys
@_without
def rollback_command(
    number: int | None,
    menu: str,
    why: str,
    name: str,
    withdraw: bool,  # noqa: FBT001 - click passes flags so
    move_keys: str,
    without: tuple[str, ...],
) -> None:
    """Make version NUMBER live again, or the one before the live one."""
    reason = _ask_reason(why)

    def work(parts: Services) -> publish.WentBack:
        actor = _find_actor(parts, name)
        return publish.roll_back_menu(
            parts,
            menu or _find_only_menu(parts),
            number,
            withdraw=withdraw,
            author=_find_user_name(),
            why=reason,
            actor=actor,
            without=without,
            move_keys=move_keys,
        )

    rolled_back = _do_work(work)
    for line in rolled_back.moved:
        click.echo(f"  {line}")
    version = rolled_back.version
    click.echo(f"{version.menu}: version {version.number} is live now")


@click.command("export")
@click.argument("number", type=int)
@click.argument("folder", type=click.Path(path_type=Path))
@_menu
def export_command(number: int, folder: Path, menu: str) -> None:
    """Write the files of version NUMBER, as they were published, into a new FOLDER."""
    names = _do_work(
        lambda parts: stored.export_version(parts, menu or _find_only_menu(parts), number, folder)
    )
    click.echo(f"{folder}: {len(names)} files of version {number}")


PUBLISHING = (publish_command, diff_command, versions_command, rollback_command, export_command)


def _read_files(path: Path) -> dict[str, str]:
    try:
        read_folder(path)
    except OSError as error:
        raise click.ClickException(f"cannot read {path}: {error.strerror or error}") from None
    return stored.read_whole_folder(path)


def _ask_reason(why: str) -> str:
    if why or not sys.stdin.isatty():
        return why
    return str(click.prompt(_ASKED, default="", show_default=False))


def _find_actor(parts: Services, name: str) -> Actor | None:
    return find_actor(parts, name) if name else None


def _find_user_name() -> str:
    """Return the login name of the user, as the author of a version."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"


def _print_problems(problems: Iterable[Problem], path: Path, *, err: bool = False) -> None:
    files = stored.read_folder_files(path)
    folder = path if path.is_dir() else path.parent
    for problem in problems:
        words = describe_problem(problem, files)
        file = problem.place.file
        click.echo(f"{folder / file}{words.removeprefix(file)}" if file else words, err=err)


def _find_only_menu(parts: Services) -> str:
    """Return the name of the only live menu."""
    parts.versions.refresh()
    known = sorted(parts.versions.loaded())
    if len(known) != 1:
        raise click.ClickException(f"say which with --menu: {', '.join(known) or 'no menu is live'}")
    return known[0]


def _do_work(work: Callable[[Services], T]) -> T:
    """Run the work with this installation's services; a known refusal is printed as one sentence."""
    try:
        return work(open_parts(config.from_process()))
    except Rejected:
        raise click.ClickException("there is nobody of that name") from None
    except (
        changes.NotFromLive,
        publish_rules.ConversationFails,
        publish_rules.KeysMoved,
        publish.Overtaken,
        publish_rules.ReviewsLost,
        stored.FolderNotEmpty,
        stored.NoVersion,
        NotPermitted,
    ) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"cannot write: {error.strerror or error}") from None
