"""Commands for menu authors: create, check, test, measure and draw a menu folder."""

import json
import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import click

from config import settings as config
from gateway.bootstrap import open_clock
from gateway.cli.callbacks import seen_command
from gateway.cli.publishing import PUBLISHING
from gateway.cli.reviews import reviews_command
from gateway.domain.callbacks.windows import Hours, list_offered_windows
from gateway.domain.events import SMS_LIMITS, USSD_LIMITS
from gateway.menus.authoring.check import Checked, check_menu
from gateway.menus.authoring.checks import CheckContext
from gateway.menus.authoring.folder import find_unread, read_folder, read_tests
from gateway.menus.authoring.problems import Level, Problem, describe_problem, show_place, sort_problems
from gateway.menus.engine.model import Menu
from gateway.storage.live_menus import read_saved_menus

if TYPE_CHECKING:
    from gateway.menus.authoring.conversation_runner import Ran

T = TypeVar("T")


def _menus_folder() -> Path:
    """Return the folder that the environment names, which is the default of every PATH argument."""
    return config.from_process().env.gateway_menus_dir


_folder = click.argument("path", type=click.Path(path_type=Path), default=_menus_folder)


@click.group()
def menus() -> None:
    """Check, test, draw and publish menus."""


menus.add_command(seen_command)
menus.add_command(reviews_command)
for command in PUBLISHING:
    menus.add_command(command)


@menus.command("new")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--languages", required=True, help="Tags in the order of the first screen, like km,en.")
@click.option("--name", default="", help="By which channels are configured with it; else the folder's name.")
def new_command(folder: Path, languages: str, name: str) -> None:
    """Make a complete small menu in FOLDER: form, danger, windows, texts, tests. What is unknown is left blank."""
    from gateway.menus.authoring.folder import BadLanguage, start_menu

    named = name or re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise click.ClickException(f"{folder} is not empty")
    if not re.fullmatch(r"[a-z][a-z0-9-]*", named):
        raise click.ClickException("name it with --name, in small letters like safeline")
    try:
        made = start_menu(named, [tag.strip() for tag in languages.split(",")], ask_here().today)
    except BadLanguage as error:
        raise click.ClickException(str(error)) from None
    for file, text in made.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    click.echo(
        f"{folder}: {len(made)} files of the menu {named}. `gateway menus check {folder}` says what to fill in."
    )


@menus.command("check")
@_folder
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
@click.option(
    "--real", is_flag=True, help="Check as for phones of real people: no drafts on the way to a callback."
)
def check_command(path: Path, as_json: bool, strict: bool, real: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Report everything that is wrong with the menu in PATH."""
    files = _read_files(path)
    checked = check_menu(files, replace(ask_here(), real=real, live=_read_live()))
    checked = replace(checked, problems=sort_problems((*find_unread(path), *checked.problems)))
    if as_json:
        click.echo(
            json.dumps([problem.as_json() for problem in checked.problems], ensure_ascii=False, indent=1)
        )
    else:
        _print_report(checked, path, files)
    sys.exit(1 if not checked.sound or (strict and checked.problems) else 0)


def ask_here() -> CheckContext:
    """Return the context of a menu check on this installation: its channels, hours, settings and today's date."""
    settings = config.from_process()
    line = settings.file.line
    now = open_clock(settings).now()
    hours = Hours.parse({day: list(spans) for day, spans in settings.file.hours.items()})
    return CheckContext(
        today=now.astimezone(ZoneInfo(line.zone)).date(),
        limits=(USSD_LIMITS, SMS_LIMITS),
        zone=line.zone,
        settings={"helpline": line.helpline, "mrc": line.mrc, "price": line.price, "days": str(line.days)},
        staffed=lambda windows: frozenset(list_offered_windows(windows, hours, line.zone, now)),
    )


def _read_live() -> dict[str, Menu]:
    """Return the live menus from their file copies, so that a check needs no database."""
    folder = config.from_process().data_dir / "live"
    return {menu.id: menu for _, menu in read_saved_menus(folder)}


def _read_files(path: Path) -> dict[str, bytes]:
    try:
        return read_folder(path)
    except OSError as error:
        raise click.ClickException(f"cannot read {path}: {error.strerror or error}") from None


def _print_report(checked: Checked, path: Path, files: dict[str, bytes]) -> None:
    _print_problems(checked.problems, files, path)
    errors = sum(problem.level is Level.ERROR for problem in checked.problems)
    click.echo(f"{path}: {errors} errors, {len(checked.problems) - errors} warnings")


def _place_words(words: str, problem: Problem, base: Path) -> str:
    """Put the folder before the file name, so that a terminal or editor can open the place."""
    return (
        f"{base / problem.place.file}{words.removeprefix(problem.place.file)}"
        if problem.place.file
        else words
    )


@menus.command("test")
@_folder
@click.option("--coverage", "whole", is_flag=True, help="Show every screen with each language.")
def test_command(path: Path, whole: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Run the conversations in PATH/tests over the menu in PATH."""
    from gateway.menus.authoring.conversation_files import read_conversations
    from gateway.menus.authoring.conversation_runner import list_unseen, run_conversation
    from gateway.menus.authoring.pages import add_pages

    context = ask_here()
    checked = add_pages(read_sound_menu(path), context.limits, context.settings)
    cases, problems = read_conversations(read_tests(path), context.zone)
    _print_problems(problems, read_tests(path), path)
    ran = []
    for case in cases:
        ran.append(run_conversation(checked, case, zone=context.zone))
        _print_ran(ran[-1], path, f"{len(ran):3}/{len(cases)}")
    failed = sum(bool(each.differences) for each in ran)
    hidden = list_unseen(checked, ran)
    _print_coverage(checked, ran, whole=whole)
    if hidden:
        click.echo(
            f"{len(hidden)} of {len(checked.screens)} screens are shown by no conversation: {', '.join(hidden)}"
        )
    click.echo(f"{path}: {len(ran)} conversations, {failed} failed")
    sys.exit(1 if failed or problems or not ran else 0)


def _print_ran(ran: "Ran", base: Path, at: str) -> None:
    click.echo(f"{at} {'FAILED' if ran.differences else 'ok'}  {ran.case.it}")
    for difference in ran.differences:
        click.echo(f"  {base / show_place(difference.place)}: {difference.message}")


def _print_coverage(menu: Menu, ran: "list[Ran]", *, whole: bool) -> None:
    from gateway.menus.authoring.graph import measure_coverage

    found = measure_coverage(menu, (pair for each in ran for pair in each.seen))
    click.echo(f"\n{'shown':18}" + "".join(f"{language:>9}" for language in found.languages))
    for screen in found.screens if whole else ():
        click.echo(
            f"{screen:18}" + "".join(f"{found.mark(screen, language):>9}" for language in found.languages)
        )
    counts = ["{}/{}".format(*found.of(language)) for language in found.languages]
    click.echo(f"{'screens':18}" + "".join(f"{count:>9}" for count in counts) + "\n")


@menus.command("sizes")
@_folder
@click.option("--sms", is_flag=True, help="Measure texts instead of screens.")
def sizes_command(path: Path, sms: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Print the size of every page with its widest values and navigation, and the number of keys to help."""
    from gateway.menus.authoring.pages import measure_distances, measure_sizes

    menu, settings, limits = read_sound_menu(path), ask_here().settings, SMS_LIMITS if sms else USSD_LIMITS
    rows: dict[str, list[str]] = {}
    for each in measure_sizes(menu, limits, settings):
        name = each.screen if each.variant < 0 else f"{each.screen} ({each.variant + 1})"
        rows.setdefault(name, []).append(str(each))
    widths = [max(map(len, column)) + 2 for column in zip(menu.languages, *rows.values(), strict=True)]
    for name, cells in {"units of each page": list(menu.languages), **rows}.items():
        click.echo(
            f"{name:22}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        )
    click.echo("\nkeys to               from a first dial  from home  at most, from")
    for far in measure_distances(menu, limits, settings):
        counted = f"{far.from_start:17}  {far.from_home:9}  {far.at_most:7}, {far.farthest}"
        click.echo(f"{far.to:12}{far.language:10}{counted}")


def read_sound_menu(path: Path) -> Menu:
    """Return the folder's menu, or print its errors and exit."""
    files = _read_files(path)
    checked = check_menu(files, ask_here())
    if checked.menu is None:
        _print_problems(
            [problem for problem in checked.problems if problem.level is Level.ERROR], files, path
        )
        sys.exit(1)
    return checked.menu


def _print_problems(problems: Iterable[Problem], files: dict[str, bytes], path: Path) -> None:
    base = path if path.is_dir() else path.parent
    sources = {name: content.decode("utf-8", "replace") for name, content in files.items()}
    for problem in problems:
        click.echo(_place_words(describe_problem(problem, sources), problem, base))


@menus.command("draw")
@_folder
@click.option("--svg", "svg_file", type=click.Path(path_type=Path), help="Write an SVG to this file instead.")
@click.option("--language", default="en", show_default=True)
def draw_command(path: Path, svg_file: Path | None, language: str) -> None:
    """Draw the menu in PATH, faults in red: Mermaid on the screen, or an SVG in a file."""
    from gateway.menus.authoring.check import fill_for_drawing, make_sketch
    from gateway.menus.authoring.drawing import draw_mermaid, draw_svg

    files, context = _read_files(path), replace(ask_here(), live=_read_live())
    checked = check_menu(files, context)
    drawn = make_sketch(files, checked.built)
    if drawn is None:
        _print_problems(
            [problem for problem in checked.problems if problem.level is Level.ERROR], files, path
        )
        sys.exit(1)
    menu = fill_for_drawing(drawn.menu, context.today, language)
    if svg_file is None:
        click.echo(draw_mermaid(menu, language, checked.problems, drawn.missing), nl=False)
        return
    svg_file.write_text(draw_svg(menu, language, checked.problems, drawn.missing), encoding="utf-8")
    errors = sum(each.level is Level.ERROR for each in checked.problems)
    drawing = f", {errors} errors in red" if errors else ""
    click.echo(f"{svg_file}: {len(menu.screens) - len(drawn.missing)} screens{drawing}")


@menus.command("schema")
@click.option("--tests", is_flag=True, help="The schema of the conversations in tests/ instead.")
def schema_command(tests: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Print the JSON Schema of menu files or of their conversations, for editors."""
    from gateway.menus.authoring.json_schema import build_json_schema, build_tests_schema

    click.echo(
        json.dumps(build_tests_schema() if tests else build_json_schema(), ensure_ascii=False, indent=2)
    )
