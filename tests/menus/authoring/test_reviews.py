"""A review is of one text, by a name, on a day; an edit takes it away, and a changed source makes it old."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.menus.authoring.check import check_menu
from gateway.menus.authoring.passages import (
    Mark,
    Reviews,
    find_source_language,
    hash_words,
    list_passages,
    list_path_passages,
    mark_made,
    mark_read,
    name_file,
    parse_mark,
    read_marks,
    write_marks,
)
from gateway.menus.authoring.yaml_loader import load
from gateway.menus.authoring.yaml_nodes import MapNode
from gateway.menus.engine.text_breaks import SOFT_BREAK
from tests.support.menu_folders import asked, base, checked, with_change
from tests.support.reviewed import READ_ON, READER, reviewed

pytestmark = pytest.mark.fault("M8")


def edited(files, old, new):
    """The files with one text changed wherever it stands, their reviews as they were."""
    changed = {name: content.replace(old.encode(), new.encode()) for name, content in files.items()}
    assert changed != files
    return changed


def told(files, **more):
    return {
        (one.code, one.language, one.message) for one in checked(files, tells_drafts=True, **more).problems
    }


def waiting(files):
    return checked(files).menu.waiting


def test_without_reviews_every_text_of_every_language_waits_the_source_too():
    found = waiting(base())
    assert set(found) == {"lo", "en"}
    assert "messages.sms_form" in found["en"]
    assert "consent" in found["lo"]
    assert "consent.key1" in found["lo"]
    assert "code.variant1" in found["lo"]


def test_what_was_read_by_name_and_day_waits_no_more():
    files = reviewed(base())
    assert waiting(files) == {}
    assert told(files) == set()
    line = next(line for line in files["reviews/lo.yaml"].decode().splitlines() if '"consent"' in line)
    assert line.endswith(f', read {READ_ON} by {READER}"')


def test_an_edit_of_a_text_takes_its_review_away_and_no_other():
    files = edited(reviewed(base()), "ໂທຕອນໃດປອດໄພ?", "ໂທຕອນໃດ?")
    assert waiting(files) == {"lo": ("when",)}
    assert ("unreviewed", "lo", "nobody has reviewed 1 text in lo") in told(files)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ໂທຕອນໃດປອດໄພ?", f"ໂທຕອນໃດ{SOFT_BREAK}ປອດໄພ?"),  # where a line may be cut
        ('lo: "ລະຫັດ {code}. ຈະໂທ {when}"', "lo: 'ລະຫັດ {code}. ຈະໂທ {when}'"),  # how it is quoted
        ('value: "400"', 'value: "405"'),  # a fact
        ('key: "5", answer: now', 'key: "4", answer: now'),  # where it stands on the screen
    ],
)
def test_what_is_no_other_text_keeps_the_review(old, new):
    assert waiting(edited(reviewed(base()), old, new)) == {}


def test_a_screen_may_be_renamed_without_asking_anybody_anew():
    files = edited(reviewed(base()), "phone_seen:\n    kind", "who_sees:\n    kind")
    files = edited(files, "questions: [danger, phone_seen,", "questions: [danger, who_sees,")
    assert waiting(files) == {}


def test_the_same_words_for_another_source_are_another_text():
    files = reviewed(base())
    label = '{key: "2", answer: sometimes, label: {en: Sometimes, lo: ບາງເທື່ອ}}'
    again = (
        label
        + '\n      - {key: "4", answer: sometimes, if: {region: TH}, label: {en: Sometimes, lo: ບາງເທື່ອ}}'
    )
    other = again.replace("if: {region: TH}, label: {en: Sometimes", "if: {region: TH}, label: {en: At times")
    assert waiting(edited(files, label, again)) == {}
    assert set(waiting(edited(files, label, other))["lo"]) == {"phone_seen.key4"}


@pytest.mark.fault("M3")
@pytest.mark.parametrize("read", [True, False], ids=["reviewed", "draft"])
def test_a_translation_is_old_once_its_source_says_something_else(read):
    files = reviewed(base()) if read else with_marks(base())
    changed = edited(files, "When is it safe to call?", "When may we never call?")
    stale = {(language, message) for code, language, message in told(changed) if code == "translation-stale"}
    assert stale == {("lo", "'when' in lo was made from other words than stand there now")}
    again = edited(changed, "ໂທຕອນໃດປອດໄພ?", "ຢ່າໂທຕອນໃດ?")
    assert not [one for one in told(again) if one[0] == "translation-stale"]
    assert [one[:2] for one in told(again) if one[0] == "translation-unmarked"] == [
        ("translation-unmarked", "lo")
    ]


@pytest.mark.fault("M3")
def test_marking_never_covers_up_what_is_old():
    changed = edited(with_marks(base()), "When is it safe to call?", "When may we never call?")
    assert [one[0] for one in told(with_marks(changed)) if one[0].startswith("tr")] == ["translation-stale"]


@pytest.mark.fault("M3")
def test_a_review_of_old_words_stands_but_is_told_of():
    changed = edited(reviewed(base()), "When is it safe to call?", "When may we never call?")
    assert waiting(changed) == {"en": ("when",)}


def with_marks(files):
    found = check_menu(files, asked())
    from gateway.menus.authoring.passages import name_file, write_marks

    marks = mark_made(found.built, found.reviews)
    return {**files, **{name_file(tag): write_marks(tag, each).encode() for tag, each in marks.items()}}


def test_the_words_of_danger_are_a_text_that_a_person_reads():
    files = edited(reviewed(base()), "lo: [ຊ່ວຍແດ່]", "lo: [ຊ່ວຍແດ່, ຊ່ວຍຂ້ອຍ]")
    (danger,) = [
        one
        for one in list_passages(checked(files).menu)
        if one.id == "keywords.danger" and one.language == "lo"
    ]
    assert danger.words == "ຊ່ວຍແດ່; ຊ່ວຍຂ້ອຍ"
    assert not checked(files).reviews.is_read(danger)
    assert waiting(files) == {}  # a word that is looked for is not shown to anybody


def test_the_way_holds_all_that_a_caller_can_meet_on_it():
    found = [one.id for one in list_path_passages(checked(base()).menu, "lo")]
    assert {
        "messages.invalid",
        "messages.down",
        "main.key7",
        "sos",
        "danger",
        "consent",
        "code",
        "thanks",
        "offer",
    } <= {*found}
    assert "pay" not in found
    assert "language.key1" in found  # the Latin words of the first screen stand in for all


def test_where_another_language_stands_in_its_words_are_what_she_reads():
    files = edited(reviewed(base(), ["lo"]), ", lo: ເລີ່ມໃໝ່}", "}")
    assert {"messages.again (en)", "language (en)"} <= set(waiting(files)["lo"])
    assert "messages.back" not in waiting(files)["lo"]


def test_the_source_is_named_or_the_one_without_a_stand_in():
    assert find_source_language(checked(base()).menu) == "en"
    assert (
        find_source_language(
            checked(with_change("head.yaml", "menu: helpline\n", "menu: helpline\nwritten_in: lo\n")).menu
        )
        == "lo"
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("read", "yaml-syntax"),
        ("0123456789 of 0123", "yaml-syntax"),
        ("0123456789, read 2026-11-24", "yaml-syntax"),
        ("0123456789, read 2026-11-24 by ", "yaml-syntax"),
        ("0123456789, read 2027-11-24 by Noy", "review-in-future"),
    ],
)
def test_a_mark_that_says_nothing_is_an_error(line, code):
    files = base() | {"reviews/lo.yaml": f'schema: 1\nreviews: {{lo: {{main: "{line}"}}}}\n'.encode()}
    assert [one.code for one in checked(files).problems] == [code]


def test_a_review_in_no_language_of_the_menu_is_an_error():
    files = base() | {"reviews/x.yaml": b'schema: 1\nreviews: {la: {main: "0123456789"}}\n'}
    (found,) = checked(files).problems
    assert (found.code, found.language) == ("unknown-language", "la")


_HASHES = st.text("0123456789abcdef", min_size=10, max_size=10)
_NAMES = st.text(min_size=1, max_size=40).filter(
    lambda name: name == name.strip() and "\n" not in name and name.isprintable()
)


@given(_HASHES, st.none() | _HASHES, st.none() | st.tuples(st.dates(date(1000, 1, 1)), _NAMES))
def test_a_mark_reads_back_as_it_was_written(words, of, read):
    mark = Mark(words, of or "", read[1] if read else "", read[0] if read else None)
    assert parse_mark(str(mark)) == mark


@given(st.text(), st.text())
def test_two_texts_have_one_hash_only_where_they_are_one_text(one, other):
    import unicodedata

    def plain(words):
        return unicodedata.normalize("NFC", words.replace(SOFT_BREAK, "")).strip()

    assert (hash_words(one) == hash_words(other)) == (plain(one) == plain(other))


def test_reading_keeps_what_others_read():
    found = checked(reviewed(base(), ["en"]))
    lo = [one for one in list_passages(found.menu) if one.language == "lo"]
    marks = mark_read(mark_made(found.menu, found.reviews), lo[:1], by="Noy", on=date(2026, 11, 25))
    again = Reviews(marks)
    assert again.is_read(lo[0])
    assert not again.is_read(lo[1])
    assert all(again.is_read(one) for one in list_passages(found.menu) if one.language == "en")


@pytest.mark.parametrize("texts", [1, 501, 2_400])
def test_the_marks_of_a_menu_of_any_size_are_read_again(texts: int) -> None:
    """The sample has more than 500 texts; what the product writes it must read."""
    marks = {
        f"screens.s{number}.text": Mark(words="0123456789", of="9876543210", by="R", on=READ_ON)
        for number in range(texts)
    }
    loaded = load(name_file("en"), write_marks("en", marks).encode())
    assert loaded.problems == ()
    assert isinstance(loaded.root, MapNode)
    assert read_marks(loaded.root) == {"en": marks}
