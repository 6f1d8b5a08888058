"""Commands that record which texts were reviewed, by whom, and from which source each translation was made."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from config import settings as config
from gateway.bootstrap import open_clock
from gateway.menus.authoring.check import Checked, build_unchecked
from gateway.menus.authoring.folder import read_folder
from gateway.menus.authoring.passages import (
    LONGEST_NAME,
    Mark,
    Marks,
    Passage,
    find_strays,
    list_passages,
    list_path_passages,
    mark_made,
    mark_read,
    name_file,
    write_marks,
)
from gateway.menus.authoring.problems import did_you_mean
from gateway.menus.engine.model import Menu


def _menus_folder() -> Path:
    return config.from_process().env.gateway_menus_dir


_folder = click.option(
    "--folder", type=click.Path(path_type=Path), default=_menus_folder, help="The menu's folder."
)
_language = click.argument("language")
_names = click.argument("texts", nargs=-1)


@click.group("reviews")
def reviews_command() -> None:
    """Say which texts were read, by whom, and what is still a draft."""


@reviews_command.command("list")
@click.argument("language", default="")
@_folder
@click.option(
    "--path", "on_path", is_flag=True, help="Only the way to a callback, without which no line offers it."
)
def list_command(language: str, folder: Path, on_path: bool) -> None:  # noqa: FBT001 - click passes flags so
    """List the texts that have not been reviewed, and count those that have."""
    menu, checked = _read_menu(folder)
    for tag in [_check_language(menu, language)] if language else menu.languages:
        texts = _list_texts(menu, tag, on_path=on_path)
        waiting = [each for each in texts if not checked.reviews.is_read(each)]
        for each in waiting if language else ():
            click.echo(f"{each.language:8} {each.id:32} {' '.join(each.words.split())}")
        click.echo(
            f"{tag}: {len(texts) - len(waiting)} of {len(texts)} texts are reviewed, {len(waiting)} wait"
        )


@reviews_command.command("read")
@_language
@_names
@_folder
@click.option("--path", "on_path", is_flag=True, help="All that a caller reads on the way to a callback.")
@click.option("--all", "whole", is_flag=True, help="Every text in this language.")
@click.option("--by", required=True, help="Who read them: a person whose language it is.")
def read_command(
    language: str,
    texts: tuple[str, ...],
    folder: Path,
    on_path: bool,  # noqa: FBT001 - click passes flags so
    whole: bool,  # noqa: FBT001
    by: str,
) -> None:
    """Record that TEXTS in LANGUAGE were reviewed today; the name of a screen means all its texts."""
    menu, checked = _read_menu(folder)
    tag = _check_language(menu, language)
    name = " ".join(by.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise click.ClickException(f"--by needs a name of at most {LONGEST_NAME} letters")
    if not (texts or on_path or whole):
        raise click.ClickException("name the texts that were read, or --path or --all")
    read = _list_texts(menu, tag, on_path=True) if on_path else ()
    chosen = (*read, *(list_passages_of(menu, tag) if whole else _find_named(menu, tag, texts)))
    marks = mark_read(mark_made(menu, checked.reviews), chosen, by=name, on=_read_today())
    _write_files(folder, menu, marks, {each.language for each in chosen})
    click.echo(f"{len({(each.language, each.id) for each in chosen})} texts are reviewed by {name}")


@reviews_command.command("mark")
@click.argument("language", default="")
@_names
@_folder
def mark_command(language: str, texts: tuple[str, ...], folder: Path) -> None:
    """Note from which words new and edited translations were made; TEXTS in LANGUAGE anew, where they still fit."""
    menu, checked = _read_menu(folder)
    marks = {tag: dict(of_language) for tag, of_language in mark_made(menu, checked.reviews).items()}
    for each in _find_named(menu, _check_language(menu, language), texts) if texts else ():
        mark = checked.reviews.mark_of(each)
        if mark is not None and mark.by:
            raise click.ClickException(
                f"{each.id} was reviewed by {mark.by}: let it be read again, then `read` it"
            )
        marks[each.language][each.id] = Mark(each.hash, each.source_hash)
    _write_files(folder, menu, marks, set(menu.languages))
    click.echo(f"{sum(len(each) for each in marks.values())} texts are marked")


def list_passages_of(menu: Menu, language: str) -> tuple[Passage, ...]:
    """Return every text written in this language."""
    return tuple(each for each in list_passages(menu) if each.language == language)


def _list_texts(menu: Menu, language: str, *, on_path: bool) -> tuple[Passage, ...]:
    return list_path_passages(menu, language) if on_path else list_passages_of(menu, language)


def _find_named(menu: Menu, language: str, names: Iterable[str]) -> tuple[Passage, ...]:
    """Return the named texts: by their own id, or all of a screen."""
    texts = list_passages_of(menu, language)
    found: list[Passage] = []
    for name in names:
        named = [each for each in texts if each.id == name or each.path[:2] == ("screens", name)]
        if not named:
            hint = did_you_mean(name, {each.id for each in texts})
            raise click.ClickException(f"no text in {language} is called {name}; {hint}")
        found += named
    return tuple(found)


def _check_language(menu: Menu, language: str) -> str:
    if language not in menu.languages:
        hint = did_you_mean(language, menu.languages)
        raise click.ClickException(f"{language} is none of the menu's languages; {hint}")
    return language


def _read_menu(folder: Path) -> tuple[Menu, Checked]:
    try:
        files = read_folder(folder)
    except OSError as error:
        raise click.ClickException(f"cannot read {folder}: {error.strerror or error}") from None
    checked = build_unchecked(files)
    if checked.built is None:
        raise click.ClickException(f"the menu in {folder} has errors; `gateway menus check` names them")
    strays = find_strays(files)
    if strays:
        raise click.ClickException(
            f"reviews stand in {', '.join(strays)}; move them into the folder reviews first"
        )
    return checked.built, checked


def _write_files(folder: Path, menu: Menu, marks: Marks, languages: set[str]) -> None:
    """Write the review files of these languages, with the texts in the order of the menu."""
    base = folder if folder.is_dir() else folder.parent
    order = {each.id: at for at, each in enumerate(list_passages(menu))}
    for tag in sorted(languages):
        ordered = dict(sorted(marks.get(tag, {}).items(), key=lambda entry: order[entry[0]]))
        file = base / name_file(tag)
        if ordered:
            file.parent.mkdir(exist_ok=True)
            file.write_text(write_marks(tag, ordered), encoding="utf-8")
        else:
            file.unlink(missing_ok=True)


def _read_today() -> date:
    settings = config.from_process()
    return open_clock(settings).now().astimezone(ZoneInfo(settings.file.line.zone)).date()
