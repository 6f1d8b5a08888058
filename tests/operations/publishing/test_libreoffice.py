"""LibreOffice, without its windows: opens our sheets, shows Lao, saves them, and what comes back is what was changed.

Needs ``soffice`` (Debian: libreoffice-calc-nogui).
"""

import csv
import io
import os
import shutil
import subprocess
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
    read_workbook,
    take_translations,
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
    """Let LibreOffice open a file and save it as another: ``convert(path, "fods")``."""
    home = tmp_path / "home"
    home.mkdir()

    def run(path: Path, to: str) -> Path:
        out = tmp_path / f"as-{to.partition(':')[0]}"
        out.mkdir(exist_ok=True)
        command = [soffice, f"-env:UserInstallation={home.as_uri()}", "--headless", "--norestore"]
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
