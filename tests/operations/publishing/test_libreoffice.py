"""LibreOffice, without its windows: opens our sheets, shows Lao, saves them, and what comes back is what was changed.

Needs ``soffice`` (Debian: libreoffice-calc-nogui, libreoffice-writer-nogui), and for catalogues ``msgcat`` (gettext).
"""

import csv
import io
import os
import re
import shutil
import subprocess
from dataclasses import replace
from html import escape
from pathlib import Path

import pytest

from gateway.domain.permissions import Actor, Role
from gateway.helpdesk.requests import case_record
from gateway.operations.publishing import menu_drafts, stored
from gateway.operations.publishing.draft_checks import CheckedDrafts
from gateway.operations.publishing.publish import publish_menu
from gateway.operations.publishing.translations import (
    list_rows,
    read_catalogue,
    read_workbook,
    take_translations,
    write_catalogue,
    write_workbook,
)
from gateway.operations.reporting.monthly_report import write_sheet
from gateway.storage.live_menus import Versions
from tests.support.house import MENUS
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser, parts_around, somebody, token_of

pytestmark = pytest.mark.slow
NOY = Actor.of(person_id="noy", name="Noy", role=Role.ADMINISTRATOR)
UTF8_COMMAS = "csv:Text - txt - csv (StarCalc):44,34,76"
"""Filter and its options: comma, double quote, UTF-8 (LibreOffice, "Filter Options for CSV")."""

WITHIN = 120


@pytest.fixture(scope="module")
def soffice() -> str:
    found = shutil.which("soffice")
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no soffice here")
    return str(found)


@pytest.fixture
def convert(soffice, tmp_path):
    """Let LibreOffice open a file, by a filter if one is named, and save it as another: ``convert(path, "fods")``."""
    home = tmp_path / "home"
    home.mkdir()

    def run(path: Path, to: str, reads: str = "") -> Path:
        out = tmp_path / f"as-{to.partition(':')[0]}"
        out.mkdir(exist_ok=True)
        command = [soffice, f"-env:UserInstallation={home.as_uri()}", "--headless", "--norestore"]
        command += [f"--infilter={reads}"] if reads else []
        command += ["--convert-to", to, "--outdir", str(out), str(path)]
        subprocess.run(
            command, check=True, capture_output=True, timeout=WITHIN, env={**os.environ, "HOME": str(home)}
        )
        return out / f"{path.stem}.{to.partition(':')[0]}"

    return run


@pytest.fixture
def draft(sqlite_store, clock, tmp_path):
    """The sample is live; a draft of it, and what is in it now."""
    parts = parts_around(sqlite_store, clock, tmp_path, versions=Versions(sqlite_store, tmp_path / "live"))
    publish_menu(parts, stored.read_whole_folder(MENUS), author="Noy", why="first")
    draft_id = menu_drafts.open_draft(parts, NOY, "helpline", "Lao")

    def read():
        opened = menu_drafts.read_draft(parts, NOY, draft_id)
        checked = CheckedDrafts(parts).check(opened.files)
        return opened, list_rows(checked.built, checked, "lo")

    return parts, read


def test_only_the_text_that_was_changed_in_libreoffice_differs(convert, draft, tmp_path):
    parts, read = draft
    opened, rows = read()
    before = {row.id: row.words for row in rows}
    path = tmp_path / "lo.xlsx"
    path.write_bytes(write_workbook(rows, "lo"))
    flat = convert(path, "fods")  # its own format, as text
    written = flat.read_text(encoding="utf-8")
    was, now = escape(before["consent"], quote=False), "ພະນັກງານເກັບເບີ ແລະ ຄຳຕອບ ເພື່ອໂທຫາທ່ານ. ລຶບ {days} ມື້ຫຼັງຈົບ"
    assert written.count(f"<text:p>{was}</text:p>") == 1
    flat.write_text(written.replace(f"<text:p>{was}</text:p>", f"<text:p>{now}</text:p>"), encoding="utf-8")
    back = read_workbook(convert(flat, "xlsx").read_bytes())
    assert {each.id: each.words for each in back} == {**before, "consent": now}
    taken = take_translations(parts, NOY, opened, rows, back)
    assert (taken.written, taken.stale, taken.unknown) == (1, (), ())
    after, found = read()
    assert {row.id: row.words for row in found} == {**before, "consent": now}
    changed = [name for name, text in after.files.items() if text != opened.files[name]]
    assert changed == ["callback.yaml"]
    lines = set(after.files["callback.yaml"].splitlines()) - set(opened.files["callback.yaml"].splitlines())
    assert len(lines) == 1


def test_a_sheet_saved_by_libreoffice_names_what_is_stale_and_what_is_gone(convert, draft, tmp_path):
    parts, read = draft
    _opened, rows = read()
    path = tmp_path / "lo.xlsx"
    shown = [row for row in rows if row.id in {"consent", "thanks"}]
    path.write_bytes(write_workbook(shown, "lo"))
    flat = convert(path, "fods")
    written = flat.read_text(encoding="utf-8")
    for row in shown:
        written = written.replace(f"<text:p>{escape(row.words, quote=False)}</text:p>", "<text:p>ໃໝ່</text:p>")
    flat.write_text(
        written.replace("<text:p>thanks</text:p>", "<text:p>no_such_text</text:p>"), encoding="utf-8"
    )
    draft_id = _opened.draft.id
    menu_drafts.change_file(
        parts,
        NOY,
        draft_id,
        "callback.yaml",
        lambda text: text.replace("We keep your number", "We keep a number"),
    )
    opened, rows = read()
    taken = take_translations(parts, NOY, opened, rows, read_workbook(convert(flat, "xlsx").read_bytes()))
    assert (taken.written, taken.stale, taken.unknown) == (0, ("consent",), ("no_such_text",))


WRITER = "Text (encoded):UTF8"
CALC = "Text - txt - csv (StarCalc):9,0,76,1,1/2,0,false,false"
"""Each line one cell of text: divided by tabulators, which none has, without quotation marks (the same page)."""

IN_LIBREOFFICE = {
    "in Writer, saved as on Windows": (WRITER, f"txt:{WRITER},CRLF"),
    "in Writer, saved as here": (WRITER, f"txt:{WRITER},LF"),
    "in Calc": (CALC, "txt:Text - txt - csv (StarCalc):9,0,76,1,,0,false,true,false"),
}


def run_gettext(*command: str, given: Path) -> Path:
    """Run a command of GNU gettext over a catalogue; return what it made."""
    found = shutil.which(command[0])
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no {command[0]} here")
    made = given.with_name(f"{given.stem}-made.po")
    subprocess.run(
        [str(found), *command[1:], "-o", str(made), str(given)],
        check=True,
        capture_output=True,
        timeout=WITHIN,
    )
    return made


IN_GETTEXT = {
    "wrapped at 79 columns": ("msgcat",),
    "sorted": ("msgcat", "--sort-output", "--width=40"),
    "in one line": ("msgcat", "--no-wrap", "--no-location"),
    "escaped and indented": ("msgcat", "--indent", "--force-po"),
    "without what is obsolete": ("msgattrib", "--no-obsolete"),
}


@pytest.fixture
def through(convert):
    """Let a translator's program save a catalogue: its name → what it made."""

    def run(how: str, path: Path) -> bytes:
        if how in IN_GETTEXT:
            return run_gettext(*IN_GETTEXT[how], given=path).read_bytes()
        reads, saves = IN_LIBREOFFICE[how]
        return convert(path, saves, reads).read_bytes()

    return run


WAYS = (*IN_LIBREOFFICE, *IN_GETTEXT)


@pytest.mark.parametrize("how", WAYS)
def test_only_the_texts_that_were_changed_in_a_catalogue_differ(through, draft, tmp_path, how):
    parts, read = draft
    opened, rows = read()
    before = {row.id: row.words for row in rows}
    new = {"consent": "ເກັບເບີເພື່ອໂທຫາທ່ານ. ລຶບ {days} ມື້ຫຼັງຈົບ", "thanks": 'ຂອບໃຈ "ຫຼາຍ"'}
    path = tmp_path / "lo.po"
    path.write_bytes(write_catalogue(rows, "lo"))
    path.write_bytes(through(how, path))
    text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    for name, words in new.items():
        quoted = words.replace('"', '\\"')
        text, times = re.subn(
            rf'(msgctxt\s+"{name}"\n(?:.*\n)*?msgstr\s+)(?:".*"\n?\s*)+',
            lambda found, quoted=quoted: f'{found[1]}"{quoted}"\n\n',
            text,
            count=1,
        )
        assert times == 1
    path.write_text(text, encoding="utf-8-sig", newline="\r\n")
    back = read_catalogue(path.read_bytes())
    assert {each.id: each.words for each in back} == {**before, **new}
    taken = take_translations(parts, NOY, opened, rows, back)
    assert (taken.written, taken.stale, taken.unknown, taken.fuzzy) == (2, (), (), ())
    after, found = read()
    assert {row.id: row.words for row in found} == {**before, **new}
    changed = set("\n".join(after.files.values()).splitlines()) - set(
        "\n".join(opened.files.values()).splitlines()
    )
    assert len(changed) == 2


@pytest.mark.parametrize("how", ["in Writer, saved as on Windows", "wrapped at 79 columns"])
def test_a_catalogue_saved_elsewhere_names_what_is_stale_gone_and_fuzzy(through, draft, tmp_path, how):
    parts, read = draft
    opened, rows = read()
    sent = {
        row.id: replace(row, words="ໃໝ່") for row in rows if row.id in {"consent", "thanks", "pay", "passport"}
    }
    sent["thanks"] = replace(sent["thanks"], id="no_such_text")
    sent["passport"] = replace(sent["passport"], state="stale")
    path = tmp_path / "lo.po"
    path.write_bytes(
        write_catalogue(list(sent.values()), "lo") + b'\n#~ msgctxt "old"\n#~ msgid "Old"\n#~ msgstr "x"\n'
    )
    menu_drafts.change_file(
        parts,
        NOY,
        opened.draft.id,
        "callback.yaml",
        lambda text: text.replace("We keep your number", "We keep a number"),
    )
    opened, rows = read()
    taken = take_translations(parts, NOY, opened, rows, read_catalogue(through(how, path)))
    assert (taken.written, taken.stale, taken.unknown, taken.fuzzy) == (
        1,
        ("consent",),
        ("no_such_text",),
        ("passport",),
    )


def test_the_report_opens_shows_lao_and_runs_nothing(convert, tmp_path):
    rows = [
        ("2026-Q4", "", "ຜູ້ຍິງ", "ທັງໝົດ"),
        ("ປະເພດວຽກ", "ວຽກບ້ານ", 22, 35),
        ("ປະເພດວຽກ", "=1+1", "ໜ້ອຍກວ່າ 5", 5),
        ("@SUM(C2)", "+1", "-1", "\tx"),
    ]
    path = tmp_path / "report.xlsx"
    path.write_bytes(write_sheet(rows, "2026-Q4"))
    seen = list(csv.reader(io.StringIO(convert(path, UTF8_COMMAS).read_text(encoding="utf-8"))))
    assert [[cell.strip() for cell in row] for row in seen] == [
        [str(cell).strip() for cell in row] for row in rows
    ]
    flat = convert(path, "fods").read_text(encoding="utf-8")
    assert "table:formula" not in flat
    assert flat.count('office:value-type="float"') == 3


def test_the_report_of_a_month_is_read_in_lao_as_the_page_gives_it(convert, sqlite_store, clock, tmp_path):
    """The sheet of the page, opened by LibreOffice, holds cell by cell what the page's CSV holds; counts are numbers."""
    parts = parts_around(sqlite_store, clock, tmp_path, versions=Versions(sqlite_store, tmp_path / "live"))
    publish_menu(parts, stored.read_whole_folder(MENUS), author="Noy", why="first")
    talks = {
        "person": "woman",
        "sector": "domestic",
        "complaint": ["unpaid"],
        "claimed": 900,
        "currency": "baht",
    }
    for n in range(60):
        case_record.count_form(parts, talks | {"person": ("woman", "man")[n % 9 == 0]})
    for n, (language, screen) in enumerate((("lo", "pay"), ("th", "main"), ("", "danger"))):
        parts.count.add("dialled", language=language, channel="unitel", n=40 * n + 3)
        parts.count.add("shown", screen, language=language, channel="unitel", n=31 * n + 2)
        parts.count.add("answered", f"{screen}/1", language=language, channel="unitel", n=11 * n)
    parts.count.flush(parts.store)
    somebody(parts, "Rea", Role.READER)
    reader = Browser(pages_of(parts).test_client()).carry(token_of(parts, "Rea"))
    reader.get("/admin/")
    reader.post("/language", language="lo", back="/admin/")
    path = tmp_path / "report.xlsx"
    path.write_bytes(reader.client.get("/admin/figures.xlsx?month=2026-11").data)
    given = list(
        csv.reader(
            io.StringIO(reader.client.get("/admin/figures.csv?month=2026-11").data.decode("utf-8-sig"))
        )
    )
    seen = list(csv.reader(io.StringIO(convert(path, UTF8_COMMAS).read_text(encoding="utf-8"))))
    assert seen == given
    assert any("ປະເພດວຽກ" in row[0] for row in seen)
    assert any(row[-1] == "ເຊື່ອງໄວ້" for row in seen)
    flat = convert(path, "fods").read_text(encoding="utf-8")
    numbers = sum(cell.isdecimal() for row in given for cell in row)
    assert flat.count('office:value-type="float"') == numbers > 20
    assert "office:date-value" not in flat, "2026-11 and 09:00 are no dates"
