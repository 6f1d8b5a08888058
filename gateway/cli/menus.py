"""Commands for authors and administrators: check, test and draw a folder of menus; publish it, go back."""

import json
import sys
from datetime import date
from pathlib import Path

import click

from gateway.catalogue.check import Checked, check
from gateway.catalogue.folder import read_folder
from gateway.catalogue.problems import Level, Problem, described
from gateway.catalogue.proofs import Asked
from gateway.clock import Clock

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
    base = path if path.is_dir() else path.parent
    sources = {name: content.decode("utf-8", "replace") for name, content in files.items()}
    for problem in checked.problems:
        click.echo(_at(described(problem, sources), problem, base))
    errors = sum(problem.level is Level.ERROR for problem in checked.problems)
    click.echo(f"{path}: {errors} errors, {len(checked.problems) - errors} warnings")


def _at(words: str, problem: Problem, base: Path) -> str:
    """Put the folder before the file's name, so that a terminal can open the place."""
    return (
        f"{base / problem.place.file}{words.removeprefix(problem.place.file)}"
        if problem.place.file
        else words
    )
