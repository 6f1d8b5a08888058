"""Writes the texts of a translator as PO or XLSX, and reads either back: one row a text, each with its source."""

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po, write_po

from gateway.menus.authoring.passages import hash_words
from gateway.operations.publishing.translations import STALE, Translated, TranslationRow
from gateway.storage.value_limits import is_text

MOST_ROWS = 5_000
_MOST_UNPACKED = 16 * 1024 * 1024
_HEADS = ("Text", "Source", "Translation", "Letters", "State", "Source mark")
_WIDTHS = (28, 60, 60, 9, 10, 14)
_TEXT_FORMAT = "@"
"""Number format of cells whose content is text, so that no spreadsheet makes a number or a formula of it."""


class BadSheet(ValueError):
    """The upload is no file of translations that can be read."""


def write_catalogue(rows: Iterable[TranslationRow], language: str) -> bytes:
    """Return the texts as a PO file (GNU gettext, "The Format of PO Files"); stale translations are fuzzy."""
    head = f"# Texts of the helpline's menu, into {language}."
    catalogue = Catalog(project="helpline menu", charset="utf-8", header_comment=head)
    for row in rows:
        flags = ["fuzzy"] if row.state == STALE else []
        catalogue.add(row.source, row.words, context=row.id, flags=flags, auto_comments=[row.state])
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=0, omit_header=False)
    return buffer.getvalue()


def read_catalogue(content: bytes) -> tuple[Translated, ...]:
    """Return the translations of a PO file; what its translator left fuzzy is left out.

    Raises:
        BadSheet: it is no PO file.
    """
    try:
        catalogue = read_po(io.BytesIO(content), charset="utf-8")
    except (PoFileError, UnicodeDecodeError, ValueError):
        raise BadSheet("no PO file") from None
    found = [
        Translated(id=str(each.context), source_hash=hash_words(str(each.id)), words=str(each.string))
        for each in catalogue
        if each.id and each.context and isinstance(each.string, str) and not each.fuzzy
    ]
    return _refuse_odd(found)


def write_workbook(rows: Sequence[TranslationRow], language: str) -> bytes:
    """Return the texts as a workbook: only the translations can be typed into, the length is counted live."""
    openpyxl: Any = import_module("openpyxl")  # used once a month: not in the memory of every process
    styles: Any = import_module("openpyxl.styles")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = language[:31]
    for column, head in enumerate(_HEADS, 1):
        sheet.cell(1, column, head).font = styles.Font(bold=True)
        sheet.column_dimensions[sheet.cell(1, column).column_letter].width = _WIDTHS[column - 1]
    wrapped = styles.Alignment(wrap_text=True, vertical="top")
    for number, row in enumerate(rows, 2):
        for column, words in (
            (1, row.id),
            (2, row.source),
            (3, row.words),
            (5, row.state),
            (6, row.source_hash),
        ):
            cell = sheet.cell(number, column)
            cell.value, cell.data_type, cell.number_format = words, "s", _TEXT_FORMAT
            cell.alignment = wrapped
        sheet.cell(number, 3).protection = styles.Protection(locked=False)
        sheet.cell(number, 4, f"=LEN(C{number})")
    sheet.protection.sheet = True
    sheet.freeze_panes = "A2"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def read_workbook(content: bytes) -> tuple[Translated, ...]:
    """Return the translations of a workbook as ``write_workbook`` makes it.

    Raises:
        BadSheet: it is no such workbook, or unpacks to too much.
    """
    try:
        _refuse_large(content)
        openpyxl: Any = import_module("openpyxl")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        found = tuple(_read_cells(book.worksheets[0].iter_rows(max_row=MOST_ROWS + 1, values_only=True)))
    except BadSheet:
        raise
    except Exception:  # noqa: BLE001 - a hostile workbook may fail anywhere inside the reader
        raise BadSheet("no workbook") from None
    return _refuse_odd(found)


def _refuse_large(content: bytes) -> None:
    """Refuse what unpacks to too much; no more than the named size of an entry is ever unpacked."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(each.file_size for each in archive.infolist()) > _MOST_UNPACKED:
            raise BadSheet("too large")


def _read_cells(rows: Iterable[Sequence[Any]]) -> Iterator[Translated]:
    heads: list[str] = []
    for row in rows:
        cells = ["" if cell is None else str(cell) for cell in row]
        if not heads:
            heads = cells
            if not set(_HEADS) <= set(heads):
                raise BadSheet("no sheet of ours")
            continue
        named = dict(zip(heads, cells, strict=False))
        if named["Text"]:
            words = named["Translation"].replace("\r\n", "\n")
            yield Translated(id=named["Text"], source_hash=named["Source mark"], words=words)


def _refuse_odd(found: Sequence[Translated]) -> tuple[Translated, ...]:
    if not all(is_text(each.words) for each in found):
        raise BadSheet("no text")
    return tuple(found)
