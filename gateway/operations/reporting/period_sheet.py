"""Writes the report of a period as CSV or XLSX, so that no spreadsheet runs a cell as a formula."""

import csv
import io
from collections.abc import Sequence
from importlib import import_module
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings of a cell that a spreadsheet may run (OWASP, "CSV Injection"), also in full width."""

_LEADING_SPACE = " \u00a0\u3000\ufeff"
_WIDTH, _FIRST_WIDTH = 14, 34
_LONGEST_TITLE = 31
_NOT_IN_TITLES = str.maketrans("", "", "[]:*?/\\")

Cell = str | int


def quote_formula(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet runs: text that begins like a formula gets an apostrophe before it."""
    if isinstance(cell, str) and cell.lstrip(_LEADING_SPACE).startswith(_FORMULA):
        return f"'{cell}"
    return cell


def write_csv(rows: Sequence[Sequence[Cell]]) -> str:
    """Return the rows as CSV (RFC 4180)."""
    written = io.StringIO()
    csv.writer(written).writerows([quote_formula(cell) for cell in row] for row in rows)
    return written.getvalue()


def write_sheet(rows: Sequence[Sequence[Cell]], title: str) -> bytes:
    """Return the rows as a workbook of one sheet, with its first row as heads; text stays text, counts are numbers."""
    openpyxl: Any = import_module("openpyxl")  # used once a month: not in the memory of every process
    styles: Any = import_module("openpyxl.styles")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title.translate(_NOT_IN_TITLES)[:_LONGEST_TITLE] or "1"
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column)
            cell.value = value
            if isinstance(value, str):
                cell.data_type, cell.number_format = "s", "@"
            cell.font = styles.Font(bold=number == 1)
            cell.alignment = styles.Alignment(horizontal="right" if column > 2 else "left")  # noqa: PLR2004 - heads
    for column in range(1, max((len(row) for row in rows), default=1) + 1):
        letter = sheet.cell(1, column).column_letter
        sheet.column_dimensions[letter].width = _FIRST_WIDTH if column <= 2 else _WIDTH  # noqa: PLR2004
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth = "landscape", 1
    sheet.sheet_properties.pageSetUpPr = import_module("openpyxl.worksheet.properties").PageSetupProperties(
        fitToPage=True
    )
    sheet.page_setup.fitToHeight = 0
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
