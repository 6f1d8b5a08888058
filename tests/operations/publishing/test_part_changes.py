"""A screen changes field by field: other fields, files and people's changes stay."""

import pytest

from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.menus.authoring.yaml_spans import NotEditable
from gateway.operations.publishing import draft_sections, menu_drafts, part_changes, stored
from gateway.operations.publishing.draft_checks import CheckedDrafts
from gateway.operations.publishing.draft_files import (
    export_draft,
    export_numbered,
    hash_text,
    save_text,
    take_folder,
)
from gateway.operations.publishing.menu_drafts import DraftMoved
from gateway.operations.publishing.publish import publish_menu
from gateway.operations.publishing.stored import NoVersion, read_archive, write_archive
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
    guarded = {name for name in menu.screens if draft_sections.is_guarded(menu, "screens", name)}
    assert {"sos", "danger", "consent", "call_me", "main"} <= guarded
    assert "pay" not in guarded
    tree = dict(draft_sections.list_tree(menu))
    assert set(tree) == set(menu.screens)
    assert (tree["language"], tree["main"], tree["pay"]) == (0, 1, 2)
    assert ("main", "1") in draft_sections.list_leading(menu, "pay")


def test_typed_words_are_shown_before_they_are_saved(parts, draft_id):
    form = typed(found(parts, draft_id), text_en="x" * 300, choices_0_label_en="Ring me")
    tried = preview_part(parts, draft_id, "screens", "pay", form)
    english = next(each for each in tried.shown[0].previews if each.language == "en")
    assert len(english.pages) > 1 or english.fault
    assert any("Ring me" in page.text for page in english.pages)


# What stands beside the screens.


def preview_part(parts, draft_id, section, name, form, said=""):
    return draft_sections.preview_part(
        parts, CheckedDrafts(parts), read(parts, draft_id), section, name, form, said
    )


def shelf(parts, draft_id, name):
    opened = read(parts, draft_id)
    menu = CheckedDrafts(parts).check(opened.files).built
    return {(row.section, row.name): row for row in draft_sections.list_shelf(opened, menu, name)}


def test_every_part_of_the_folder_stands_on_a_shelf_and_can_be_opened(parts, draft_id):
    rows = {key: row for name in draft_sections.SHELVES for key, row in shelf(parts, draft_id, name).items()}
    for section, name in rows:
        assert found(parts, draft_id, section, name).lines, (section, name)
    assert {section for section, _name in rows} == set(part_changes.SECTIONS) - {"speech", "fields"}
    assert rows["keywords", "words.yaml:2"].guarded
    assert rows["keywords", "words.yaml:1"].guarded  # a wish to be called
    assert not rows["keywords", "words.yaml:0"].guarded
    assert rows["windows", "evening"].leads == "18:00–21:00"
    assert ("keywords", "words.yaml:2") in shelf(parts, draft_id, "danger")
    assert ("keywords", "words.yaml:0") not in shelf(parts, draft_id, "danger")
    guarded = {name for (section, name), row in rows.items() if section == "messages" and row.guarded}
    assert guarded == {"down", "sms_form", "sms_form_again", "sms_no_call", "sms_saved"}


def test_words_are_edited_a_line_each_and_tried_by_a_text_before_they_are_saved(parts, draft_id):
    part = found(parts, draft_id, "keywords", "words.yaml:0")
    assert fields(part)["words/en"].words == "pay\nwage"
    form = typed(part, words_en="pay\n\n  my   wage \nwages", words_lo="")
    tried = preview_part(parts, draft_id, "keywords", "words.yaml:0", form, "where are the wages")
    assert (tried.heard.topic, tried.problems) == ("pay", ())
    assert preview_part(parts, draft_id, "keywords", "words.yaml:0", form, "nothing at all").heard is None
    assert preview_part(parts, draft_id, "keywords", "words.yaml:0", {}, "police").heard.keyword.danger
    assert read(parts, draft_id).files == BASE
    part_changes.change_part(parts, NOY, read(parts, draft_id), part, form)
    line = '  - {words: {en: [pay, "my wage", wages]}, to: pay}'
    assert line in read(parts, draft_id).files["words.yaml"]


def test_tests_of_conversations_in_the_folder_are_no_part_of_the_menu(parts, draft_id):
    menu_drafts.change_file(
        parts,
        NOY,
        draft_id,
        "tests/pay.yaml",
        lambda _text: "- it: reads\n  steps: [{dial: '*1#', screen: language}]\n",
    )
    tried = preview_part(parts, draft_id, "screens", "pay", {})
    assert tried.shown
    assert preview_part(parts, draft_id, "keywords", "words.yaml:0", {}, "wage").heard.topic == "pay"


def test_a_word_that_stands_twice_is_told_in_its_own_lines(parts, draft_id):
    form = typed(found(parts, draft_id, "keywords", "words.yaml:2"), words_en="police\npay")
    tried = preview_part(parts, draft_id, "keywords", "words.yaml:2", form)
    assert [each.code for each in tried.problems] == ["keyword-twice"]
    assert preview_part(parts, draft_id, "keywords", "words.yaml:0", {}).problems == ()


def test_a_message_is_measured_as_it_leaves_and_an_hour_where_it_is_asked(parts, draft_id):
    form = typed(found(parts, draft_id, "messages", "sms_help"), text_en="", en="x" * 460)
    [shown] = preview_part(parts, draft_id, "messages", "sms_help", form).shown
    english = next(each for each in shown.previews if each.language == "en")
    assert [(page.units, page.room, page.is_over) for page in english.pages] == [(460, 459, True)]
    [page] = preview_part(parts, draft_id, "messages", "again", {}).shown[0].previews[1].pages
    assert (page.text, page.room) == ("We begin again.", 160)
    form = typed(found(parts, draft_id, "windows", "evening"), hours="17:00-20:00")
    [asked] = preview_part(parts, draft_id, "windows", "evening", form).shown
    assert asked.name == "when"
    assert any("Evening 17-20" in page.text or "17" in page.text for page in asked.previews[1].pages)


@pytest.mark.parametrize(
    ("section", "name", "value", "line"),
    [
        ("keywords", "", {"words": {"en": ["leave"]}, "to": "pay"}, "  - {words: {en: [leave]}, to: pay}\n"),
        ("topics", "papers", {"en": "Papers"}, "  papers: {en: Papers}\n"),
        ("fields", "sector", {"label": {"en": "Work"}}, "fields: {sector: {label: {en: Work}}}\n"),
        ("speech", "rooms", {"en": ["kitchen"]}, "speech: {lists: {rooms: {en: [kitchen]}}}\n"),
        ("windows", "sunday", {"hours": "09:00-18:00"}, '  sunday: {hours: "09:00-18:00"}\n'),
    ],
)
def test_a_row_is_added_and_taken_out_again(parts, draft_id, section, name, value, line):
    file = "words.yaml" if section in {"keywords", "speech"} else "rows.yaml"
    made = draft_sections.add_row(
        parts, NOY, read(parts, draft_id), file=file, section=section, name=name, value=value
    )
    after = read(parts, draft_id)
    assert after.files[file].replace(line, "") == BASE[file]
    assert line in after.files[file]
    part = found(parts, draft_id, section, made)
    if section in {"fields", "speech"}:  # the only one of its section
        with pytest.raises(NotEditable):
            draft_sections.drop_row(parts, NOY, after, part, seen=part.seen)
        return
    with pytest.raises(DraftMoved):
        draft_sections.drop_row(parts, NOY, after, part, seen="another")
    draft_sections.drop_row(parts, NOY, after, part, seen=part.seen)
    assert read(parts, draft_id).files == BASE


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
