"""Texts go to a translator as PO or XLSX and come back: only what was translated changes, what is stale is named."""

import contextlib
import io

import openpyxl
import pytest
from babel.messages.pofile import read_po, write_po
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.menus.authoring import yaml_edit
from gateway.operations.publishing import menu_drafts, stored
from gateway.operations.publishing.draft_checks import CheckedDrafts
from gateway.operations.publishing.publish import publish_menu
from gateway.operations.publishing.translations import (
    BadSheet,
    Translated,
    TranslationRow,
    list_rows,
    measure_progress,
    read_catalogue,
    read_workbook,
    take_translations,
    write_catalogue,
    write_workbook,
)
from gateway.storage.live_menus import Versions
from tests.support.examples import count_examples
from tests.support.menu_folders import HERE
from tests.support.web_surroundings import parts_around

pytestmark = pytest.mark.fault("F2")

NOY = Actor.of(person_id="noy", name="Noy", role=Role.ADMINISTRATOR)
BASE = stored.read_whole_folder(HERE / "base")
FORMS = [(write_catalogue, read_catalogue), (write_workbook, read_workbook)]


@pytest.fixture
def parts(sqlite_store, clock, tmp_path):
    made = parts_around(sqlite_store, clock, tmp_path, versions=Versions(sqlite_store, tmp_path / "live"))
    publish_menu(made, BASE, author="Noy", why="first")
    return made


@pytest.fixture
def draft_id(parts):
    return menu_drafts.open_draft(parts, NOY, "helpline", "Lao")


def opened(parts, draft_id):
    return menu_drafts.read_draft(parts, NOY, draft_id)


def rows_of(parts, draft_id, language="lo"):
    checked = CheckedDrafts(parts).check(opened(parts, draft_id).files)
    return list_rows(checked.built, checked, language)


def take(parts, draft_id, found, actor=NOY):
    return take_translations(parts, actor, opened(parts, draft_id), rows_of(parts, draft_id), found)


def test_every_text_is_a_row_with_its_source_and_what_is_said_of_it(parts, draft_id):
    rows = {row.id: row for row in rows_of(parts, draft_id)}
    assert (rows["pay"].source, rows["pay"].words) == (
        "At least {th.wage} baht a day.",
        "ຢ່າງໜ້ອຍ {th.wage} ບາດ/ມື້",
    )
    assert rows["language.key1"].state == "missing"
    assert {"messages.back", "main.key7"} <= set(rows)
    assert "keywords.danger" not in rows


@pytest.mark.parametrize(("write", "read"), FORMS, ids=["po", "xlsx"])
def test_what_comes_back_untouched_changes_nothing(parts, draft_id, write, read):
    rows = rows_of(parts, draft_id)
    found = read(write(rows, "lo"))
    assert {each.id: each.words for each in found if each.words} == {
        row.id: row.words for row in rows if row.words
    }
    taken = take(parts, draft_id, found)
    assert (taken.written, taken.stale, taken.unknown) == (0, (), ())
    assert opened(parts, draft_id).own == {}


def test_only_the_changed_texts_differ(parts, draft_id):
    found = [
        Translated(
            id=each.id,
            source_hash=each.source_hash,
            words={"pay": "ໃໝ່ {th.wage}", "messages.back": "ຄືນ"}.get(each.id, each.words),
        )
        for each in rows_of(parts, draft_id)
    ]
    assert take(parts, draft_id, found).written == 2
    changed = [
        line
        for name, text in opened(parts, draft_id).files.items()
        for line in text.splitlines()
        if line not in BASE[name].splitlines()
    ]
    assert len(changed) == 2
    assert any('lo: "ໃໝ່ {th.wage}"' in line for line in changed)
    missing = Translated(
        id="language.key1", source_hash=row(parts, draft_id, "language.key1").source_hash, words="ລາວ"
    )
    assert take(parts, draft_id, [missing]).written == 1
    assert row(parts, draft_id, "language.key1").words == "ລາວ"


def row(parts, draft_id, name):
    return next(each for each in rows_of(parts, draft_id) if each.id == name)


def test_a_translation_of_older_words_is_named_and_not_taken(parts, draft_id):
    before = row(parts, draft_id, "pay")
    menu_drafts.change_file(
        parts,
        NOY,
        draft_id,
        "screens.yaml",
        lambda text: yaml_edit.write_words(text, ("screens", "pay", "text", "en"), "At least {th.wage}."),
    )
    late = Translated(id="pay", source_hash=before.source_hash, words="ເກົ່າ {th.wage}")
    gone = Translated(id="nothing", source_hash="x", words="y")
    taken = take(parts, draft_id, [late, gone])
    assert (taken.written, taken.stale, taken.unknown) == (0, ("pay",), ("nothing",))
    assert row(parts, draft_id, "pay").words == before.words


def test_only_who_drafts_takes_in(parts, draft_id):
    with pytest.raises(NotPermitted):
        take(parts, draft_id, [], Actor.of(person_id="b", name="B", role=Role.SUPERVISOR))


def test_progress_counts_every_state(parts, draft_id):
    checked = CheckedDrafts(parts).check(BASE)
    (lao,) = measure_progress(checked.built, checked)
    assert lao.language == "lo"
    assert sum(lao.counts.values()) == lao.texts == len(rows_of(parts, draft_id))


WORDS = st.text(st.characters(codec="utf-8", categories=("L", "M", "N", "P", "S", "Zs")), max_size=30)


@pytest.mark.parametrize(("write", "read"), FORMS, ids=["po", "xlsx"])
@settings(max_examples=count_examples(20))
@given(texts=st.lists(st.tuples(WORDS.filter(str.strip), WORDS), min_size=1, max_size=5))
def test_any_words_come_back_as_they_went(write, read, texts):
    rows = [
        TranslationRow(
            id=f"screen{n}",
            source=source,
            words=words,
            state="draft",
            path=("screens", f"screen{n}", "text", "lo"),
        )
        for n, (source, words) in enumerate(texts)
    ]
    found = {each.id: (each.words, each.source_hash) for each in read(write(rows, "lo"))}
    assert found == {row.id: (row.words, row.source_hash) for row in rows}


def test_a_sheet_locks_all_but_the_translations_and_runs_no_formula():
    bad = TranslationRow(
        id="x", source="=1+1", words="=cmd|' /C calc'!A0", state="draft", path=("screens", "x", "text", "lo")
    )
    sheet = openpyxl.load_workbook(io.BytesIO(write_workbook([bad], "lo"))).active
    assert sheet.protection.sheet
    assert [sheet.cell(2, n).protection.locked for n in range(1, 7)] == [True, True, False, True, True, True]
    assert [sheet.cell(2, n).data_type for n in (1, 2, 3, 6)] == ["s"] * 4
    assert sheet["D2"].value == "=LEN(C2)"


def test_a_stale_text_is_fuzzy_and_is_taken_once_the_mark_is_gone(parts, draft_id):
    now = row(parts, draft_id, "pay")
    stale = TranslationRow(id="pay", source=now.source, words="ເກົ່າ", state="stale", path=now.path)
    content = write_catalogue([stale], "lo")
    taken = take(parts, draft_id, read_catalogue(content))
    assert (taken.written, taken.fuzzy, taken.stale, taken.unknown) == (0, ("pay",), (), ())
    assert opened(parts, draft_id).own == {}
    catalogue = read_po(io.BytesIO(content))
    message = catalogue.get(now.source, "pay")
    message.flags.discard("fuzzy")
    message.string = "ໃໝ່ {th.wage}"
    done = io.BytesIO()
    write_po(done, catalogue)
    taken = take(parts, draft_id, read_catalogue(done.getvalue()))
    assert (taken.written, taken.fuzzy) == (1, ())
    assert row(parts, draft_id, "pay").words == "ໃໝ່ {th.wage}"


SAID = TranslationRow(
    id="wage",
    source='At least "400" baht.\nMore by night.',
    words="ຢ່າງໜ້ອຍ 400 ບາດ\nກາງຄືນ",
    state="draft",
    path=("screens", "wage", "text", "lo"),
)
UNSAID = TranslationRow(
    id="back", source="Back", words="", state="missing", path=("screens", "back", "text", "lo")
)
SENT = write_catalogue([SAID, UNSAID], "lo")
HEADER, *ENTRIES = SENT.decode().strip().split("\n\n")


def put(before: str, after: str) -> bytes:
    assert before in SENT.decode()
    return SENT.decode().replace(before, after).encode()


SAVED = {
    "a byte order mark": b"\xef\xbb\xbf" + SENT,
    "a byte order mark and no comment before the header": b"\xef\xbb\xbf"
    + SENT.partition(b"\n#, fuzzy\n")[2],
    "line ends of Windows": SENT.replace(b"\n", b"\r\n"),
    "line ends of old Macs": SENT.replace(b"\n", b"\r"),
    "mixed line ends": SENT.replace(b"\n", b"\r\n", 9),
    "16 bits a letter": SENT.decode().encode("utf-16"),
    "no line end at the end": SENT.strip(),
    "no header": "\n\n".join(ENTRIES).encode(),
    "entries in another order": "\n\n".join([HEADER, *reversed(ENTRIES)]).encode(),
    "the header last": "\n\n".join([*ENTRIES, HEADER]).encode(),
    "no empty lines": SENT.replace(b"\n\n", b"\n"),
    "letters that the header names wrongly": put("charset=utf-8", "charset=ISO-8859-1"),
    "letters that the header leaves open": put("charset=utf-8", "charset=CHARSET"),
    "plural forms left open": put(
        '"Generated-By', '"Plural-Forms: nplurals=INTEGER; plural=EXPRESSION;\\n"\n"Generated-By'
    ),
    "a day in words": put("YEAR-MO-DA HO:MI+ZONE", "last Tuesday"),
    "a language that nobody knows": put('"MIME', '"Language: xx_XX@romanised\\n"\n"MIME'),
    "a header in one line": "\n\n".join(['msgid ""\nmsgstr "Language: lo\\n"', *ENTRIES]).encode(),
    "wrapped anew": put("400 ບາດ", '"\n"400 "\n"ບາດ'),
    "in one line": put('""\n"ຢ່າງໜ້ອຍ 400 ບາດ\\n"\n"ກາງຄືນ"', '"ຢ່າງໜ້ອຍ 400 ບາດ\\nກາງຄືນ"'),
    "comments and places": put("#. draft", "# Noy: sure?\n#: screens.yaml:12\n#. draft\n#, no-wrap"),
    "what was before": put("#. draft", '#. draft\n#| msgctxt "wage"\n#| msgid "At least 380 baht."'),
    "obsolete entries": SENT + b'\n#~ msgctxt "gone"\n#~ msgid "Old"\n#~ msgstr "x"\n',
    "entries of others": SENT + b'\nmsgid "Old"\nmsgstr "x"\n\nmsgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\n',
    "the same entry twice": SENT + f"\n{ENTRIES[0]}\n".encode(),
}
"""What editors and tools of gettext make of a file that is saved without a change of its translations."""


@pytest.mark.parametrize("content", SAVED.values(), ids=SAVED)
def test_however_an_editor_saves_a_catalogue_its_texts_are_the_same(content, capsys):
    found = {each.id: (each.words, each.source_hash, each.is_fuzzy) for each in read_catalogue(content)}
    assert found == {row.id: (row.words, row.source_hash, False) for row in (SAID, UNSAID)}
    assert capsys.readouterr().out == ""


NOT_SAVED = {
    "cut off in a word": SENT[:-30].rstrip(b'"\n'),
    "cut off in a source": SENT[: SENT.index(b"More by")],
    "quotation marks of a text processor": SENT.replace(b'"', "”".encode()),
    "letters of one byte": SENT.decode().replace("ຢ່າງໜ້ອຍ 400 ບາດ", "é").encode("cp1252", "replace"),
    "16 bits, cut off": SENT.decode().encode("utf-16")[:-1],
    "only a header": HEADER.encode(),
    "nothing": b"",
    "no texts of ours": b'msgid "a"\nmsgstr "b"\n',
    "a translation without its source": b'msgctxt "wage"\nmsgstr "b"\n',
    "another kind of file": b"<html><body>Sign in</body></html>",
}


@pytest.mark.parametrize("content", NOT_SAVED.values(), ids=NOT_SAVED)
def test_what_an_editor_spoilt_is_refused_whole(content):
    with pytest.raises(BadSheet):
        read_catalogue(content)


@settings(max_examples=count_examples(60))
@given(at=st.integers(0, len(SENT)), put_in=st.binary(max_size=6), out=st.integers(0, 9))
def test_no_spoilt_catalogue_breaks_its_reader(at, put_in, out):
    with contextlib.suppress(BadSheet):
        read_catalogue(SENT[:at] + put_in + SENT[at + out :])


@pytest.mark.parametrize("read", [read_catalogue, read_workbook])
@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"PK\x03\x04", b"\x00" * 50])
def test_what_is_no_sheet_is_refused_or_empty(read, content):
    with contextlib.suppress(BadSheet):
        assert read(content) == ()
