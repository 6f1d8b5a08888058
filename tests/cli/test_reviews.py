"""What whoever has texts read types: what waits, what was read by whom, and what a translation was made from."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.menus import menus
from gateway.menus.authoring.folder import read_folder
from tests.support.menu_folders import HERE, checked

pytestmark = pytest.mark.fault("M8")


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The small menu, of which nobody has read anything."""
    folder = tmp_path / "menus"
    shutil.copytree(HERE / "base", folder)
    monkeypatch.setenv("GATEWAY_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("GATEWAY_MENUS_DIR", str(folder))
    return folder


def told(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(menus, ["reviews", *(str(word) for word in words)])
    return result.exit_code, result.output


def edit(at: Path, file: str, old: str, new: str) -> None:
    text = (at / file).read_text(encoding="utf-8")
    assert old in text
    (at / file).write_text(text.replace(old, new), encoding="utf-8")


def waiting(at: Path) -> set[str]:
    return set(checked(read_folder(at)).built.waiting)  # read today, checked for a day of the past


def test_what_waits_is_listed_with_its_words(at):
    code, said = told("list", "lo")
    assert code == 0
    assert "consent.key1                     ໄດ້" in said
    assert said.endswith("lo: 0 of 43 texts are reviewed, 43 wait\n")
    assert "pay " not in told("list", "lo", "--path")[1]
    assert told("list")[1].splitlines() == [
        "lo: 0 of 43 texts are reviewed, 43 wait",
        "en: 0 of 47 texts are reviewed, 47 wait",
    ]


def test_the_way_to_a_callback_is_read_at_once_by_name(at):
    assert told("read", "lo", "--path", "--by", "Noy  Vong")[0] == 0
    assert waiting(at) == {"en"}
    written = (at / "reviews" / "lo.yaml").read_text(encoding="utf-8")
    assert ' by Noy Vong"' in written
    assert '"pay": "' in written  # marked with its source, read by nobody
    assert "Noy" not in next(line for line in written.splitlines() if line.startswith('    "pay":'))
    assert told("read", "en", "--all", "--by", "Keo")[0] == 0
    assert waiting(at) == set()
    assert "by Noy Vong" in (at / "reviews" / "lo.yaml").read_text(encoding="utf-8")


def test_one_text_or_all_of_a_screen_is_read(at):
    assert told("read", "lo", "consent.key1", "messages.down", "--by", "Noy") == (
        0,
        "2 texts are reviewed by Noy\n",
    )
    # "No" stands elsewhere too, for the same word: it is read once.
    assert told("read", "lo", "phone_seen", "--by", "Noy") == (0, "4 texts are reviewed by Noy\n")
    assert told("list", "lo")[1].endswith("lo: 8 of 43 texts are reviewed, 35 wait\n")


def test_an_edit_takes_the_review_of_that_text_away(at):
    told("read", "lo", "--all", "--by", "Noy")
    edit(at, "callback.yaml", "ບາງເທື່ອ", "ບາງຄັ້ງ")
    _, said = told("list", "lo")
    assert said.splitlines() == [
        "lo       phone_seen.key2                  ບາງຄັ້ງ",
        "lo: 42 of 43 texts are reviewed, 1 wait",
    ]


@pytest.mark.fault("M3")
def test_an_old_draft_is_marked_anew_by_name_and_a_reviewed_one_is_read_anew(at):
    assert told("mark") == (0, "42 texts are marked\n")
    told("read", "lo", "danger", "--by", "Noy")
    edit(at, "callback.yaml", "When is it safe to call?", "When may we call?")
    edit(at, "callback.yaml", "Are you in danger now?", "Is there danger now?")
    stale = [one.message for one in _problems(at) if one.code == "translation-stale"]
    assert len(stale) == 2
    assert told("mark", "lo", "when")[0] == 0
    code, said = told("mark", "lo", "danger")
    assert code == 1
    assert "danger was reviewed by Noy: let it be read again" in said
    assert [one.message for one in _problems(at) if one.code == "translation-stale"] == stale[:1]
    assert told("read", "lo", "danger", "--by", "Keo")[0] == 0
    assert not [one for one in _problems(at) if one.code == "translation-stale"]


def _problems(at):
    return checked(read_folder(at), tells_drafts=True).problems


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("read", "la", "--all", "--by", "Noy"), "la is none of the menu's languages; write one of: en, lo"),
        (("read", "lo", "consnt", "--by", "Noy"), "no text in lo is called consnt; did you mean 'consent'?"),
        (("read", "lo", "--by", "Noy"), "name the texts that were read, or --path or --all"),
        (("read", "lo", "--all", "--by", " "), "--by needs a name"),
        (("read", "lo", "--all", "--by", "N" * 41), "--by needs a name of at most 40 letters"),
        (("list", "--folder", "/nowhere"), "cannot read /nowhere"),
    ],
)
def test_what_cannot_be_done_is_said(at, words, said):
    code, output = told(*words)
    assert code == 1
    assert said in output
    assert not (at / "reviews").exists()


def test_a_folder_with_an_error_that_hides_its_texts_is_sent_to_the_check(at):
    edit(at, "screens.yaml", "to: pay, label", "to: pya, label")
    assert "`gateway menus check` names them" in told("list")[1]


def test_reviews_that_stand_elsewhere_are_not_written_twice(at):
    edit(at, "head.yaml", "schema: 1\n", 'schema: 1\nreviews: {lo: {main: "0123456789"}}\n')
    code, said = told("mark")
    assert code == 1
    assert "reviews stand in head.yaml; move them into the folder reviews first" in said


def test_without_a_name_nothing_is_read(at):
    code, said = told("read", "lo", "--all")
    assert code == 2
    assert "--by" in said
