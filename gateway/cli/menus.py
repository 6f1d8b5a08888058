"""Commands for authors and administrators: check, test and draw a folder of menus; publish it, go back."""

import json
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.catalogue.check import Checked, check
from gateway.catalogue.folder import read_folder, read_tests
from gateway.catalogue.problems import Level, Problem, described, where
from gateway.catalogue.proofs import Asked
from gateway.clock import Clock
from gateway.engine.menu import Menu

if TYPE_CHECKING:
    from gateway.catalogue.tests import Ran

_PATH = click.Path(path_type=Path)


@click.group()
def menus() -> None:
    """Check, test, draw and publish menus."""


@menus.command("check")
@click.argument("path", type=_PATH, default="menus")
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
def check_command(path: Path, as_json: bool, strict: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Say everything that is wrong with the menu in PATH."""
    files = _files(path)
    checked = check(files, Asked(today=_today()))
    if as_json:
        click.echo(
            json.dumps([problem.as_json() for problem in checked.problems], ensure_ascii=False, indent=1)
        )
    else:
        _print(checked, path, files)
    sys.exit(1 if not checked.sound or (strict and checked.problems) else 0)


def _today() -> date:
    return Clock().now().date()


def _files(path: Path) -> dict[str, bytes]:
    try:
        return read_folder(path)
    except OSError as error:
        raise click.ClickException(f"cannot read {path}: {error.strerror or error}") from None


def _print(checked: Checked, path: Path, files: dict[str, bytes]) -> None:
    _complain(checked.problems, files, path)
    errors = sum(problem.level is Level.ERROR for problem in checked.problems)
    click.echo(f"{path}: {errors} errors, {len(checked.problems) - errors} warnings")


def _at(words: str, problem: Problem, base: Path) -> str:
    """Put the folder before the file's name, so that a terminal can open the place."""
    return (
        f"{base / problem.place.file}{words.removeprefix(problem.place.file)}"
        if problem.place.file
        else words
    )


@menus.command("test")
@click.argument("path", type=_PATH, default="menus")
def test_command(path: Path) -> None:
    """Run the conversations in PATH/tests over the menu in PATH."""
    from gateway.catalogue.conversations import read
    from gateway.catalogue.tests import run, unseen

    checked = _sound(path)
    asked = Asked(today=_today())
    cases, problems = read(read_tests(path), asked.zone)
    _complain(problems, read_tests(path), path)
    ran = [run(checked, case, zone=asked.zone) for case in cases]
    for each in ran:
        _print_ran(each, path)
    failed = sum(bool(each.differences) for each in ran)
    for screen in unseen(checked, ran):
        click.echo(f"no conversation shows the screen {screen}")
    click.echo(f"{path}: {len(ran)} conversations, {failed} failed")
    sys.exit(1 if failed or problems or not ran else 0)


def _print_ran(ran: "Ran", base: Path) -> None:
    click.echo(f"{'FAILED' if ran.differences else 'ok'}  {ran.case.it}")
    for difference in ran.differences:
        click.echo(f"  {base / where(difference.place)}: {difference.message}")


def _sound(path: Path) -> Menu:
    """Return the menu of the folder, or print what keeps it from being one and stop."""
    files = _files(path)
    checked = check(files, Asked(today=_today()))
    if checked.menu is None:
        _complain([problem for problem in checked.problems if problem.level is Level.ERROR], files, path)
        sys.exit(1)
    return checked.menu


def _complain(problems: Iterable[Problem], files: dict[str, bytes], path: Path) -> None:
    base = path if path.is_dir() else path.parent
    sources = {name: content.decode("utf-8", "replace") for name, content in files.items()}
    for problem in problems:
        click.echo(_at(described(problem, sources), problem, base))
