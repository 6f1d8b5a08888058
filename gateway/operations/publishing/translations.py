"""Lists the texts of a draft for a translator, writes them as PO or XLSX, and takes translations back.

One row is one text with its source; a translation is taken where its source is still the same.
"""

import io
import re
import zipfile
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po, write_po

from gateway.domain.permissions import Actor
from gateway.foundation.services import Services
from gateway.menus.authoring.check import Checked
from gateway.menus.authoring.passages import (
    DANGER_WORDS,
    Passage,
    find_source_language,
    hash_words,
    list_passages,
)
from gateway.menus.authoring.yaml_edit import write_many
from gateway.menus.authoring.yaml_spans import NotEditable, Span, measure_spans
from gateway.menus.engine.model import Menu
from gateway.operations.publishing.menu_drafts import (
    TEXT_WRITERS,
    OpenedDraft,
    change_file,
    check_text_writer,
)
from gateway.storage.value_limits import is_text

Steps = tuple[str, ...]

MISSING, STALE, DRAFT, READ = "missing", "stale", "draft", "read"
"""What may be said of a translation: there is none, its source changed since, nobody has reviewed it, reviewed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationRow:
    """One text for a translator: its id, its source, its words in the language, and what may be said of it."""

    id: str
    source: str
    words: str
    state: str
    path: Steps

    @property
    def source_hash(self) -> str:
        """Hash of the source, by which a translation of older words is found."""
        return hash_words(self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """One translation that comes back.

    Attributes:
        id: of its text.
        source_hash: hash of the source that it was made from.
        words: the translation.
        is_fuzzy: its translator, or a tool, left it marked as not certain.
    """

    id: str
    source_hash: str
    words: str
    is_fuzzy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """What became of translations: how many were written, and the ids of those that were not, by reason."""

    written: int = 0
    stale: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    fuzzy: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a language is: how many texts there are, and how many in each state."""

    language: str
    texts: int
    counts: Mapping[str, int]


def list_rows(menu: Menu, checked: Checked, language: str) -> tuple[TranslationRow, ...]:
    """Return every text that is translated, in the order of the menu; danger words are collected, not translated."""
    source = find_source_language(menu)
    found = [each for each in list_passages(menu) if each.id != DANGER_WORDS and each.path[0] != "facts"]
    own = {each.id: each for each in found if each.language == language}
    rows = []
    for each in found:
        if each.language == source:
            mine = own.get(each.id)
            state = tell_state(checked, mine)
            words = mine.words if mine else ""
            path = (*each.path[:-1], language)
            rows.append(TranslationRow(id=each.id, source=each.words, words=words, state=state, path=path))
    return tuple(rows)


def tell_state(checked: Checked, passage: Passage | None) -> str:
    """Return what may be said of a text: missing, stale, draft or read."""
    if passage is None:
        return MISSING
    if checked.reviews.is_stale(passage):
        return STALE
    return READ if checked.reviews.is_read(passage) else DRAFT


def measure_progress(menu: Menu, checked: Checked) -> tuple[Progress, ...]:
    """Return how far each language is that is translated into."""
    source = find_source_language(menu)
    found = []
    for language in menu.languages:
        if language != source:
            rows = list_rows(menu, checked, language)
            counts = Counter(row.state for row in rows)
            found.append(Progress(language=language, texts=len(rows), counts=counts))
    return tuple(found)


def take_translations(
    parts: Services,
    actor: Actor,
    opened: OpenedDraft,
    rows: Iterable[TranslationRow],
    translated: Iterable[Translated],
) -> TakenIn:
    """Write translations into a draft: each at its place, the others and all keys as they are.

    Args:
        parts: the services of this process.
        actor: who takes them in.
        opened: the draft.
        rows: its texts in the language.
        translated: what came back; empty words change nothing, and changed ones that are fuzzy are only named.

    Raises:
        NotPermitted: the actor may not write texts.
        DraftClosed, DraftMoved: the draft is not open, or was changed each time.
        NotEditable: a file has to be edited as a text.
    """
    check_text_writer(actor)
    known = {row.id: row for row in rows}
    stale, unknown, fuzzy = [], [], []
    wanted: list[tuple[Steps, str]] = []
    for each in translated:
        row = known.get(each.id)
        if row is None:
            unknown.append(each.id)
        elif each.words and each.words != row.words:
            if each.source_hash != row.source_hash:
                stale.append(each.id)
            elif each.is_fuzzy:
                fuzzy.append(each.id)
            else:
                wanted.append((row.path, each.words))
    for file, words in _sort_by_file(opened.files, wanted).items():
        edit = partial(write_many, words=words)
        change_file(parts, actor, opened.draft.id, file, edit, place="translations", allowed=TEXT_WRITERS)
    return TakenIn(written=len(wanted), stale=tuple(stale), unknown=tuple(unknown), fuzzy=tuple(fuzzy))


def _sort_by_file(
    files: Mapping[str, str], wanted: Iterable[tuple[Steps, str]]
) -> Mapping[str, Mapping[Steps, str]]:
    """Return file → path → words, with each file read once."""
    roots = {}
    for file, text in files.items():
        with suppress(NotEditable):
            roots[file] = measure_spans(text)
    found: dict[str, dict[Steps, str]] = defaultdict(dict)
    for path, words in wanted:
        file, place = find_place(roots, path)
        found[file][place] = words
    return found


def find_place(roots: Mapping[str, Span], path: Steps) -> tuple[str, Steps]:
    """Return the file of a text and its path there; a message in the short form has no step ``text``.

    Raises:
        NotEditable: no file has it.
    """
    for file, root in roots.items():
        for each in (path[:-1], path[:-2]):
            found = root.find(each)
            if found is not None and found.keys is not None and "text" not in found.keys:
                return file, (*each, path[-1])
    raise NotEditable(f"{'.'.join(path)} stands in no file")


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


_HEADER = re.compile(r'^msgid[ \t]+""[ \t]*\nmsgstr[^\n]*(?:\n[ \t]*"[^\n]*)*', re.MULTILINE)
_CUT_LINE = re.compile(r'^(?!#)[ \t]*\S(?:[^\n]*[^"\s])?[ \t]*$', re.MULTILINE)
"""A line that is no comment and does not end with a quotation mark, as all others do."""

_OUR_HEADER = r'''msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\n"'''


def read_catalogue(content: bytes) -> tuple[Translated, ...]:
    """Return the translations of a PO file, whichever editor saved it.

    Editors begin it with a byte order mark, change its line ends, wrap and reorder it, and write into its header what
    they please (``charset=CHARSET``, ``nplurals=INTEGER`` and ``YEAR-MO-DA`` stand in every template of gettext). So
    the letters are known by the bytes, and the header is not read at all.

    Raises:
        BadSheet: it is no PO file, or is cut off.
    """
    try:
        text = content.decode("utf-16" if content[:2] in {BOM_UTF16_LE, BOM_UTF16_BE} else "utf-8-sig")
        lines = text.replace("\r\n", "\n").replace("\r", "\n")
        if _CUT_LINE.search(lines):
            raise BadSheet("cut off")
        written = _HEADER.sub(lambda _: _OUR_HEADER, lines, count=1).encode()
        catalogue = read_po(io.BytesIO(written), charset="utf-8", abort_invalid=True)
    except (PoFileError, ValueError):
        raise BadSheet("no PO file") from None
    found = [
        Translated(
            id=str(each.context),
            source_hash=hash_words(str(each.id)),
            words=str(each.string),
            is_fuzzy=each.fuzzy,
        )
        for each in catalogue
        if each.id and each.context and isinstance(each.string, str)
    ]
    if not found:
        raise BadSheet("no text of ours")
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
