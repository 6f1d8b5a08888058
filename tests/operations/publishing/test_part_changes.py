"""A screen changes field by field: other fields, files and people's changes stay."""

import pytest

from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.menus.authoring.yaml_spans import NotEditable
from gateway.operations.publishing import menu_drafts, part_changes, stored
from gateway.operations.publishing.draft_checks import CheckedDrafts
from gateway.operations.publishing.draft_files import (
    export_draft,
    export_numbered,
    hash_text,
    save_text,
    take_folder,
)
from gateway.operations.publishing.folder_archive import read_archive, write_archive
from gateway.operations.publishing.menu_drafts import DraftMoved
from gateway.operations.publishing.publish import publish_menu
from gateway.operations.publishing.stored import NoVersion
from gateway.storage.live_menus import Versions
from tests.support.menu_folders import HERE
from tests.support.web_surroundings import parts_around

NOY = Actor.of(person_id="noy", name="Noy", role=Role.ADMINISTRATOR)
BOSS = Actor.of(person_id="boss", name="Boss", role=Role.SUPERVISOR)
BASE = stored.read_whole_folder(HERE / "base")


@pytest.fixture
def parts(sqlite_store, clock, tmp_path):
    versions = Versions(sqlite_store, tmp_path / "live")
    made = parts_around(sqlite_store, clock, tmp_path, versions=versions)
    publish_menu(made, BASE, author="Noy", why="first")
    return made


@pytest.fixture
def draft_id(parts):
    return menu_drafts.open_draft(parts, NOY, "helpline", "words")


def read(parts, draft_id):
    return menu_drafts.read_draft(parts, NOY, draft_id)


def found(parts, draft_id, section="screens", name="pay"):
    menu = parts.versions.live("helpline")[1]
    return part_changes.find_part(read(parts, draft_id), section, name, menu.languages)


def fields(part):
    return {one.name: one for group in part.groups for one in group.fields}


def typed(part, **words):
    """Every field of a part as a form sends it, some with other words."""
    return {
        name: (words.get(name.replace("/", "_"), one.words), one.seen) for name, one in fields(part).items()
    }


def changed_lines(parts, draft_id):
    files = read(parts, draft_id).files
    return [
        line
        for name, text in files.items()
        for line in text.splitlines()
        if line not in BASE.get(name, "").splitlines()
    ]


def test_a_screen_has_its_texts_by_language_and_its_other_fields(parts, draft_id):
    part = found(parts, draft_id)
    assert part.file == "screens.yaml"
    names = fields(part)
    assert {
        "text/en",
        "text/lo",
        "kind",
        "topic",
        "choices/0/key",
        "choices/0/to",
        "choices/0/label/lo",
    } <= set(names)
    assert names["choices/0/to"].is_pointer
    assert names["text/lo"].language == "lo"
    assert found(parts, draft_id, name="nothing") is None
    assert found(parts, draft_id, section="facts", name="th.wage") is None


def test_only_the_changed_field_is_written(parts, draft_id):
    part = found(parts, draft_id)
    part_changes.change_part(parts, NOY, read(parts, draft_id), part, typed(part))
    assert read(parts, draft_id).own == {}
    form = typed(part, text_en="At least {th.wage} baht.", choices_0_to="sos")
    part_changes.change_part(parts, NOY, read(parts, draft_id), part, form)
    assert changed_lines(parts, draft_id) == [
        '    text: {en: "At least {th.wage} baht.", lo: "ຢ່າງໜ້ອຍ {th.wage} ບາດ/ມື້"}',
        '      - {key: "7", to: sos, label: {en: Call me, lo: ໂທຫາຂ້ອຍ}}',
    ]


def test_an_emptied_language_is_taken_out_and_a_new_one_added(parts, draft_id):
    part = found(parts, draft_id)
    part_changes.change_part(parts, NOY, read(parts, draft_id), part, typed(part, text_lo=""))
    after = found(parts, draft_id)
    assert fields(after)["text/lo"].words == ""
    part_changes.change_part(parts, NOY, read(parts, draft_id), after, typed(after, text_lo="ໃໝ່"))
    assert fields(found(parts, draft_id))["text/lo"].words == "ໃໝ່"


def test_two_on_one_screen_keep_both_and_clash_on_one_field_only(parts, draft_id):
    part = found(parts, draft_id)  # both opened the page now
    part_changes.change_part(parts, NOY, read(parts, draft_id), part, typed(part, text_en="Mine"))
    part_changes.change_part(parts, NOY, read(parts, draft_id), part, typed(part, text_lo="ຂອງເຂົາ"))
    names = fields(found(parts, draft_id))
    assert (names["text/en"].words, names["text/lo"].words) == ("Mine", "ຂອງເຂົາ")
    with pytest.raises(DraftMoved) as moved:
        part_changes.change_part(parts, NOY, read(parts, draft_id), part, typed(part, text_en="Theirs"))
    assert moved.value.now == "Mine"


def test_choices_are_added_moved_and_taken_out(parts, draft_id):
    part = found(parts, draft_id, name="main")
    part_changes.add_choice(
        parts, NOY, read(parts, draft_id), part, key="2", to="sos", label={"en": "Help", "lo": "ຊ່ວຍ"}
    )
    assert changed_lines(parts, draft_id) == ['      - {key: "2", to: sos, label: {en: Help, lo: "ຊ່ວຍ"}}']
    part_changes.move_choice(parts, NOY, read(parts, draft_id), part, 2)
    after = found(parts, draft_id, name="main")
    assert [each["key"] for each in after.choices] == ["1", "7", "2", "9"]
    with pytest.raises(DraftMoved):
        part_changes.drop_choice(parts, NOY, read(parts, draft_id), after, 2, seen="another")
    seen = part_changes.hash_choice(after.choices[2])
    part_changes.drop_choice(parts, NOY, read(parts, draft_id), after, 2, seen=seen)
    assert read(parts, draft_id).own == {}


def test_a_new_screen_is_a_part_like_any_other(parts, draft_id):
    part_changes.add_screen(
        parts, NOY, read(parts, draft_id), file="screens.yaml", name="news", words={"en": "New: {th.wage}"}
    )
    assert fields(found(parts, draft_id, name="news"))["text/en"].words == "New: {th.wage}"
    with pytest.raises(NotEditable):
        part_changes.add_screen(
            parts, NOY, read(parts, draft_id), file="screens.yaml", name="news", words={"en": "x"}
        )
    with pytest.raises(NotPermitted):
        part_changes.add_screen(
            parts, BOSS, read(parts, draft_id), file="screens.yaml", name="more", words={"en": "x"}
        )


def test_what_keeps_callers_safe_is_guarded_and_the_tree_has_every_screen(parts, draft_id):
    menu = parts.versions.live("helpline")[1]
    guarded = {name for name in menu.screens if part_changes.is_guarded(menu, name)}
    assert {"sos", "danger", "consent", "call_me", "main"} <= guarded
    assert "pay" not in guarded
    tree = dict(part_changes.list_tree(menu))
    assert set(tree) == set(menu.screens)
    assert (tree["language"], tree["main"], tree["pay"]) == (0, 1, 2)
    assert ("main", "1") in part_changes.list_leading(menu, "pay")


def test_typed_words_are_shown_before_they_are_saved(parts, draft_id):
    checks = CheckedDrafts(parts)
    menu = checks.check(read(parts, draft_id).files).menu
    words = {("text", "en"): "x" * 300, ("choices", "0", "label", "en"): "Ring me"}
    shown = checks.show_screen(
        part_changes.replace_words(menu, "pay", words), "pay", checks.view(read(parts, draft_id)).day
    )
    english = next(each for each in shown.previews if each.language == "en")
    assert len(english.pages) > 1 or english.fault
    assert any("Ring me" in page.text for page in english.pages)


def test_a_draft_and_a_version_go_home_and_come_back(parts, draft_id):
    assert read_archive(export_numbered(parts, BOSS, "helpline", 1)) == BASE
    with pytest.raises(NoVersion):
        export_numbered(parts, BOSS, "helpline", 2)
    home = read_archive(export_draft(parts, NOY, draft_id))
    assert take_folder(parts, NOY, draft_id, write_archive(home), rev=0) == 0
    home["pay.yaml"] = "schema: 1\n"
    del home["words.yaml"]
    assert take_folder(parts, NOY, draft_id, write_archive(home), rev=0) == 2
    assert read(parts, draft_id).files == dict(sorted(home.items()))
    with pytest.raises(DraftMoved):
        take_folder(parts, NOY, draft_id, write_archive(BASE), rev=0)
    with pytest.raises(NotPermitted):
        take_folder(parts, BOSS, draft_id, write_archive(BASE), rev=1)
    assert take_folder(parts, NOY, draft_id, write_archive(BASE), rev=1) == 2
    assert read(parts, draft_id).own == {}


def test_a_file_is_saved_as_a_text_unless_it_was_changed_meanwhile(parts, draft_id):
    text = BASE["screens.yaml"]
    seen = hash_text(text)
    typed_text = text.replace("My pay", "My money").replace("\n", "\r\n")
    save_text(parts, NOY, draft_id, "screens.yaml", typed_text, seen=seen, shown=text)
    assert read(parts, draft_id).files["screens.yaml"] == text.replace("My pay", "My money")
    with pytest.raises(DraftMoved) as moved:
        save_text(parts, NOY, draft_id, "screens.yaml", text, seen=seen, shown=text)
    assert "My money" in moved.value.now
