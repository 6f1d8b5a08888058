"""Texts are written and reviewed one by one: with name and day, for exactly these words, by whoever may and nobody else."""

import pytest

from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.menus.authoring.passages import list_path_passages
from gateway.menus.authoring.yaml_spans import NotEditable
from gateway.operations.publishing import menu_drafts, stored, text_reviews
from gateway.operations.publishing.draft_checks import CheckedDrafts
from gateway.operations.publishing.menu_drafts import DraftMoved
from gateway.operations.publishing.publish import Published, publish_menu
from gateway.operations.publishing.text_reviews import find_next, list_review_rows, measure_reviews
from gateway.operations.publishing.translations import Translated, list_rows, take_translations
from gateway.storage.live_menus import Versions
from tests.support.menu_folders import HERE
from tests.support.web_surroundings import parts_around

NOY = Actor.of(person_id="noy", name="Noy", role=Role.ADMINISTRATOR)
KEO = Actor.of(person_id="keo", name="ແກ້ວ ", role=Role.TRANSLATOR)
BASE = stored.read_whole_folder(HERE / "base")
MARKS = "reviews/lo.yaml"


@pytest.fixture
def parts(sqlite_store, clock, tmp_path):
    made = parts_around(sqlite_store, clock, tmp_path, versions=Versions(sqlite_store, tmp_path / "live"))
    publish_menu(made, BASE, author="Noy", why="first")
    return made


@pytest.fixture
def draft_id(parts):
    return menu_drafts.open_draft(parts, NOY, "helpline", "Lao")


class Texts:
    """The texts of a draft in a language, as somebody sees them now."""

    def __init__(self, parts, draft_id, language="lo"):
        self.parts, self.language = parts, language
        self.opened = menu_drafts.read_draft_texts(parts, KEO, draft_id)
        self.checked = CheckedDrafts(parts).check(self.opened.files)
        self.menu = self.checked.menu or self.checked.built
        self.rows = {row.id: row for row in list_review_rows(self.menu, self.checked, language)}

    def write(self, name, words, *, actor=KEO, seen=None):
        row = self.rows[name]
        hashed = row.hash if seen is None else seen
        return text_reviews.write_text(self.parts, actor, self.opened, row, words, seen=hashed)

    def read(self, name, *, actor=KEO, seen=None):
        row = self.rows[name]
        text_reviews.record_review(self.parts, actor, self.opened, row, seen=seen or row.hash)


def test_a_review_has_a_name_and_a_day_and_is_a_line_of_the_folder(parts, draft_id):
    texts = Texts(parts, draft_id)
    assert texts.rows["pay"].state == "draft"
    texts.read("pay")
    now = Texts(parts, draft_id)
    assert now.rows["pay"].state == "read"
    assert (now.rows["pay"].mark.by, str(now.rows["pay"].mark.on)) == ("ແກ້ວ", "2026-11-24")
    line = f'    "pay": "{now.rows["pay"].mark}"\n'
    assert line in now.opened.files[MARKS]
    assert {name for name, text in now.opened.files.items() if text != BASE.get(name)} == {MARKS}
    now.read("messages.back")
    again = Texts(parts, draft_id).opened.files[MARKS]
    assert line in again  # what was there keeps every byte
    assert [each.author for each in now.opened.edits] == ["ແກ້ວ "]


def test_a_review_holds_for_the_words_that_were_read(parts, draft_id):
    Texts(parts, draft_id).read("pay")
    Texts(parts, draft_id).write("pay", "ໃໝ່ {th.wage}")
    now = Texts(parts, draft_id)
    assert (now.rows["pay"].words, now.rows["pay"].state, now.rows["pay"].mark) == (
        "ໃໝ່ {th.wage}",
        "draft",
        None,
    )
    Texts(parts, draft_id, "en").write("pay", "Never less than {th.wage} baht.", actor=NOY)
    assert Texts(parts, draft_id).rows["pay"].state == "stale"  # it is known from which words it was made
    Texts(parts, draft_id).read("pay")
    assert Texts(parts, draft_id).rows["pay"].state == "read"


def test_two_people_at_one_text_both_learn_of_it(parts, draft_id):
    mine, hers = Texts(parts, draft_id), Texts(parts, draft_id)
    mine.write("pay", "ໜຶ່ງ {th.wage}")
    with pytest.raises(DraftMoved):
        hers.write("pay", "ສອງ {th.wage}")
    later = Texts(parts, draft_id)
    with pytest.raises(DraftMoved) as moved:
        later.write("pay", "ສອງ {th.wage}", seen=hers.rows["pay"].hash)
    assert moved.value.now == "ໜຶ່ງ {th.wage}"
    with pytest.raises(DraftMoved):
        later.read("pay", seen=hers.rows["pay"].hash)
    hers.write("messages.back", "ຄືນ")  # another place: both stay
    now = Texts(parts, draft_id)
    assert (now.rows["pay"].words, now.rows["messages.back"].words) == ("ໜຶ່ງ {th.wage}", "ຄືນ")


def test_a_missing_text_is_written_and_waits_for_its_review(parts, draft_id):
    texts = Texts(parts, draft_id)
    assert (texts.rows["language.key1"].state, texts.rows["language.key1"].words) == ("missing", "")
    with pytest.raises(NotEditable):
        texts.read("language.key1")
    with pytest.raises(NotEditable):
        texts.write("language.key1", " \n ")
    texts.write("language.key1", "ລາວ")
    assert Texts(parts, draft_id).rows["language.key1"].state == "draft"


def test_danger_words_are_reviewed_and_not_written_here(parts, draft_id):
    texts = Texts(parts, draft_id)
    assert not texts.rows["keywords.danger"].is_writable
    with pytest.raises(NotEditable):
        texts.write("keywords.danger", "ຕີ")
    texts.read("keywords.danger")
    assert Texts(parts, draft_id).rows["keywords.danger"].state == "read"


@pytest.mark.parametrize("role", [Role.COUNSELLOR, Role.READER])
def test_who_has_nothing_to_do_with_texts_neither_sees_nor_writes_them(parts, draft_id, role):
    texts, other = Texts(parts, draft_id), Actor.of(person_id="x", name="X", role=role)
    for act in (
        lambda: menu_drafts.read_draft_texts(parts, other, draft_id),
        lambda: menu_drafts.list_text_drafts(parts, other),
        lambda: texts.write("pay", "x {th.wage}", actor=other),
        lambda: texts.read("pay", actor=other),
    ):
        with pytest.raises(NotPermitted):
            act()
    assert Texts(parts, draft_id).opened.own == {}


def test_a_translator_sees_texts_and_nothing_else_and_a_supervisor_reviews_but_does_not_write(
    parts, draft_id
):
    with pytest.raises(NotPermitted):
        menu_drafts.read_draft(parts, KEO, draft_id)
    with pytest.raises(NotPermitted):
        menu_drafts.change_file(parts, KEO, draft_id, "screens.yaml", lambda _text: "")
    with pytest.raises(NotPermitted):
        menu_drafts.open_draft(parts, KEO, "helpline", "mine")
    bun = Actor.of(person_id="bun", name="Bun", role=Role.SUPERVISOR)
    with pytest.raises(NotPermitted):
        Texts(parts, draft_id).write("pay", "x {th.wage}", actor=bun)
    Texts(parts, draft_id).read("pay", actor=bun)
    texts = Texts(parts, draft_id)
    rows = list_rows(texts.menu, texts.checked, "lo")
    with pytest.raises(NotPermitted):
        take_translations(parts, bun, texts.opened, rows, _fresh(rows, "pay"))
    assert take_translations(parts, KEO, texts.opened, rows, _fresh(rows, "pay")).written == 1


def _fresh(rows, name):
    row = next(each for each in rows if each.id == name)
    return [Translated(id=name, source_hash=row.source_hash, words="ຈາກຕາຕະລາງ {th.wage}")]


def test_what_only_reviews_changed_can_be_published_and_counts_there(parts, draft_id):
    texts = Texts(parts, draft_id)
    before = {one.language: one for one in measure_reviews(texts.menu, texts.checked)}["lo"]
    for name, row in texts.rows.items():
        if row.words:
            Texts(parts, draft_id).read(name)
    now = Texts(parts, draft_id)
    after = {one.language: one for one in measure_reviews(now.menu, now.checked)}["lo"]
    assert before.read < after.read == sum(bool(row.words) for row in texts.rows.values())
    assert after.read_on_path == sum(row.on_path and bool(row.words) for row in now.rows.values())
    assert isinstance(publish_menu(parts, now.opened.files, author="Noy", why="reviewed"), Published)


def test_the_way_to_a_call_counts_what_a_caller_of_this_language_reads(parts, draft_id):
    for language in ("en", "lo"):
        texts = Texts(parts, draft_id, language)
        wanted = {each.id for each in list_path_passages(texts.menu, language)}
        assert {row.id for row in texts.rows.values() if row.on_path} == wanted & set(texts.rows)


def test_the_next_that_waits_is_found_round_the_end(parts, draft_id):
    Texts(parts, draft_id).read("pay")
    rows = list(Texts(parts, draft_id).rows.values())
    assert find_next(rows, rows[-1].id) == next(row for row in rows if row.state != "read")
    assert find_next(rows, "no such text") == next(row for row in rows if row.state != "read")
    read = [each for each in rows if each.state == "read"]
    assert find_next(read, "pay") is None
