"""Extracts translatable strings into the gettext catalogues, and compiles them.

``python -m gateway.web.shared.catalogues`` rewrites the ``.po`` files, with new texts untranslated.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Iterator

GATEWAY = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "translations"
LANGUAGES = ("lo", "th")
FACES = ("web",)
_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
_KEYWORDS = {"_": None, "later": None, "gettext": None, "ngettext": (1, 2)}
_HEADER = """\
# Texts of the pages in PROJECT: drafts, to be reviewed by somebody whose language this is.
#"""


def collect_texts() -> Catalog:
    """Return the catalogue of every marked string in templates and code."""
    catalog = Catalog(project="helpline gateway", charset="utf-8")
    for face in FACES:
        for file, _line, message, _comments, _context in _extract_texts(GATEWAY / face):
            catalog.add(message, locations=[(f"gateway/{face}/{file}", 0)])
    return catalog


def read_catalogue(language: str) -> Catalog:
    """Return the stored catalogue of a language."""
    path = _catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language, header_comment=_HEADER)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def compile_catalogue(catalog: Catalog) -> bytes:
    """Return the catalogue in the binary ``.mo`` format that the pages load."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def bring_up_to_date(language: str) -> None:
    """Add new strings to a language's catalogue, drop unused ones, and compile it."""
    catalog, path = read_catalogue(language), _catalogue_path(language)
    catalog.update(collect_texts(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.fuzzy = False
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=110, sort_output=True, omit_header=False, include_lineno=False)
    path.with_suffix(".mo").write_bytes(compile_catalogue(catalog))


def _extract_texts(folder: Path) -> Iterator[tuple[str, int, str | tuple[str, ...], list[str], str | None]]:
    if folder.is_dir():
        yield from extract_from_dir(folder, method_map=_METHODS, keywords=_KEYWORDS)


def _catalogue_path(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


if __name__ == "__main__":
    for one in LANGUAGES:
        bring_up_to_date(one)
