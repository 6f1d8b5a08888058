"""The pages of facts, drafts and versions, as plain forms: few clicks, faults beside their field, nothing lost."""

import io
import re
from functools import partial

import pytest
from sqlalchemy import text as text_sql

from gateway.domain.permissions import Role
from gateway.operations.publishing import menu_drafts
from gateway.operations.publishing.publish import publish_menu
from gateway.operations.publishing.stored import read_archive, write_archive
from gateway.storage.database import DiskFull, Unavailable
from gateway.storage.live_menus import Versions
from tests.support.draft_house import BASE, begin_draft, come_in, draft_house, text_of
from tests.support.web_apps import pages_of

pytestmark = [pytest.mark.fault("F3"), pytest.mark.fault("U1")]

FORM = {
    "sort": "change",
    "value": "420",
    "valid_from": "2027-03-01",
    "source": "Royal Gazette",
    "checked_on": "2026-11-24",
    "expires_on": "2027-12-31",
    "seen": "400",
}


@pytest.fixture
def parts(sqlite_store, clock, tmp_path):
    return draft_house(sqlite_store, clock, tmp_path)


@pytest.fixture
def app(parts):
    return pages_of(parts)


@pytest.fixture
def came(parts, app):
    return partial(come_in, parts, app)


def rev_of(page):
    return re.search(r'name="rev" value="(\d+)"', page)[1]


def changed(browser, **fields):
    answer = browser.post("/admin/facts/th.wage", **(FORM | fields))
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["Location"]


def value_of(parts):
    return [each.value for each in parts.versions.live("helpline")[1].facts["th.wage"].values]


@pytest.mark.fault("Q38")
def test_a_number_changes_in_three_forms(parts, came):
    noy = came()
    assert "th.wage" in text_of(noy.get("/admin/facts"))
    assert 'name="seen" value="400"' in text_of(noy.get("/admin/facts/th.wage"))
    draft = changed(noy)
    page = text_of(noy.get(draft))
    assert "At least 420 baht a day." in page  # the phone, on the day from which it holds
    assert value_of(parts) == ["400", "410"]
    answer = noy.post(f"{draft}/publish", rev=rev_of(page), why="the new wage of March")
    assert answer.status_code == 303
    assert value_of(parts) == ["400", "410", "420"]
    page = text_of(noy.get("/admin/menus"))
    assert "the new wage of March" in page
    assert noy.post("/admin/menus/helpline/1/back", why="too early").status_code == 303
    assert value_of(parts) == ["400", "410"]


def test_a_fault_stands_beside_its_field_and_leaves_no_draft(parts, came):
    noy = came()
    answer = noy.post("/admin/facts/th.wage", **(FORM | {"valid_from": "next year", "value": "<b>"}))
    page = text_of(answer)
    assert answer.status_code == 422
    assert 'id="valid_from-fault"' in page
    assert 'value="<b>"' in page
    assert menu_drafts.list_board(parts, _actor(parts)).drafts == ()
    assert noy.post("/admin/facts/nothing", **FORM).status_code == 404
    answer = noy.post("/admin/facts/th.wage", **(FORM | {"seen": "399"}))
    assert answer.status_code == 409
    assert "it is 400 there now" in text_of(answer)


def test_a_fact_has_a_plain_name_and_the_sentence_that_callers_read(parts, came):
    noy = came()
    page = text_of(noy.get("/admin/facts"))
    assert "At least 400 baht a day" in page
    assert "400" in text_of(noy.get("/admin/facts?q=baht"))
    form = text_of(noy.get("/admin/facts/th.wage"))
    assert "At least 400 baht a day" in form
    assert 'name="source" value=""' in form, "the old source is no source of a new value"
    assert 'name="valid_from" type="date" value=""' in form
    assert noy.post("/admin/facts/th.wage", **(FORM | {"source": ""})).status_code == 422
    assert changed(noy, sort="checked", source=""), "what is only checked again keeps its source"


@pytest.mark.parametrize(
    ("fact", "name"),
    [
        ("th.wage.khon_kaen", "Khon kaen"),
        ("th.holidays.year", "Year"),
        ("th.wage", "Minimum wages"),
        ("price", "Price"),
        ("shop.bread.rye", "Rye"),
    ],
)
def test_the_name_of_a_fact_is_read_from_its_id(fact, name):
    from gateway.web.admin.facts import name_fact

    assert name_fact(fact) == name


def test_what_changed_is_told_in_words_and_who_approves_by_name(parts, came):
    noy = came()
    draft = changed(noy)
    page = text_of(noy.get(draft))
    assert "fact th.wage from 2027-03-01: nothing → “420”" in page
    assert "Royal Gazette" in page
    assert "expires_on" not in page
    assert "is_date" not in page
    assert "There is none yet" in text_of(noy.get("/admin/menus"))
    came("Chai", Role.SUPERVISOR)
    assert "A supervisor turns it on and off, on this page: Chai." in text_of(noy.get("/admin/menus"))


def _actor(parts):
    from gateway.helpdesk.staff.people import find_actor

    return find_actor(parts, "Noy")


def test_two_changes_go_into_one_draft(parts, came):
    noy = came()
    draft = changed(noy)
    again = changed(noy, value="430", valid_from="2027-06-01", draft=draft.rsplit("/", 1)[1])
    assert again == draft
    page = text_of(noy.get(draft))
    assert "420" in page
    assert "430" in page


def test_publishing_asks_why_and_refuses_an_older_sight(came):
    noy = came()
    draft = changed(noy)
    rev = rev_of(text_of(noy.get(draft)))
    answer = noy.post(f"{draft}/publish", rev=rev, why="")
    assert answer.status_code == 422
    assert 'id="why-fault"' in text_of(answer)
    changed(noy, value="430", draft=draft.rsplit("/", 1)[1])
    answer = noy.post(f"{draft}/publish", rev=rev, why="because")
    assert answer.status_code == 409
    assert "changed this draft meanwhile" in text_of(answer)
    assert 'value="because"' in text_of(answer)


def test_the_second_person_approves_and_looks_afterwards(parts, came):
    noy, boss = came(), came("Boss", Role.SUPERVISOR)
    assert boss.post("/admin/menus/approval", on="yes").status_code == 303
    draft = changed(noy)
    rev = rev_of(text_of(noy.get(draft)))
    answer = noy.post(f"{draft}/publish", rev=rev, why="new")
    assert "a second person has to approve" in text_of(answer)
    assert boss.post(f"{draft}/approve", rev=rev).status_code == 303
    assert noy.post(f"{draft}/publish", rev=rev, why="new").status_code == 303
    assert "Approved by Boss" in text_of(noy.get("/admin/menus"))
    urgent = changed(noy, value="430", valid_from="2027-06-01")
    page = text_of(noy.get(urgent))
    assert 'name="urgent"' in page
    assert noy.post(f"{urgent}/publish", rev=rev_of(page), why="now", urgent="yes").status_code == 303
    page = text_of(boss.get("/admin/menus"))
    assert "published by Noy alone" in page
    boss.get(urgent)
    assert boss.post(f"{urgent}/look").status_code == 303
    assert "published by Noy alone" not in text_of(boss.get("/admin/menus"))


def test_two_administrators_publish_one_after_the_other_and_nothing_is_undone(parts, came):
    noy, mali = came(), came("Mali")
    first = changed(noy)
    second = changed(mali, value="430", valid_from="2027-06-01")
    assert noy.post(f"{first}/publish", rev=rev_of(text_of(noy.get(first))), why="March").status_code == 303
    page = text_of(mali.get(second))
    assert "went live since, by Noy: March" in page
    answer = mali.post(f"{second}/publish", rev=rev_of(page), why="June")
    assert answer.status_code == 409
    assert mali.post(f"{second}/take-up", rev=rev_of(page)).status_code == 303
    page = text_of(mali.get(second))
    assert mali.post(f"{second}/publish", rev=rev_of(page), why="June").status_code == 303
    assert value_of(parts) == ["400", "410", "420", "430"]


def test_the_same_place_changed_twice_is_shown_with_both(parts, came):
    noy, mali = came(), came("Mali")
    first = changed(noy, sort="correct", value="401")
    second = changed(mali, sort="correct", value="402")
    noy.post(f"{first}/publish", rev=rev_of(text_of(noy.get(first))), why="so")
    answer = mali.post(f"{second}/take-up", rev=rev_of(text_of(mali.get(second))))
    page = text_of(answer)
    assert answer.status_code == 409
    assert "401" in page
    assert "402" in page
    assert mali.post(f"{second}/take-up", rev=rev_of(page), prefer="draft").status_code == 303
    page = text_of(mali.get(second))
    mali.post(f"{second}/publish", rev=rev_of(page), why="so again")
    assert value_of(parts)[0] == "402"


def test_a_draft_is_begun_and_given_up(parts, came):
    noy = came()
    assert noy.post("/admin/drafts", menu="helpline", name=" ").status_code == 422
    assert noy.post("/admin/drafts", menu="nothing", name="x").status_code == 422
    made = noy.post("/admin/drafts", menu="helpline", name="January").headers["Location"]
    assert "Nothing differs" in text_of(noy.get(made))
    assert noy.post(f"{made}/drop").status_code == 303
    assert noy.post(f"{made}/drop").status_code == 409
    assert noy.get("/admin/drafts/nothing").status_code == 404


def test_the_page_says_that_the_live_version_is_damaged_and_what_callers_read(parts, came, app):
    noy = came()
    files = dict(BASE)
    files["screens.yaml"] = files["screens.yaml"].replace("baht a day", "baht")
    publish_menu(parts, files, author="Noy", why="second")
    assert "is damaged" not in text_of(noy.get("/admin/menus"))
    parts.store.run(lambda tx: tx.execute(text_sql("UPDATE versions SET compiled='{' WHERE number=2")))
    for copy in (parts.versions._folder).glob("*.json"):
        copy.unlink()
    parts.versions._held = Versions(parts.store, parts.versions._folder)._held  # as after a restart
    parts.versions.refresh()
    page = text_of(noy.get("/admin/menus"))
    assert "Version 2 of helpline is damaged and cannot be read. Callers still read version 1" in page
    assert noy.post("/admin/menus/helpline/1/back", why="damaged").status_code == 303
    assert "is damaged" not in text_of(noy.get("/admin/menus"))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (DiskFull("full"), ("The disk of the server is full", "make room now")),
        (Unavailable("gone"), ("The records cannot be reached just now", "kept beside the records")),
    ],
)
def test_the_page_says_why_nothing_can_be_kept(parts, came, monkeypatch, fault, words):
    noy = came()
    draft = changed(noy)
    rev = rev_of(text_of(noy.get(draft)))

    def refuse(*_args, **_more):
        raise fault

    monkeypatch.setattr(parts.store, "write", refuse)
    answer = noy.post(f"{draft}/publish", rev=rev, why="so")
    page = text_of(answer)
    assert answer.status_code == 503
    assert all(each in page for each in words), page
    assert "Nothing was changed" in page
    monkeypatch.undo()
    assert value_of(parts) == ["400", "410"]


def test_pages_are_small(came):
    noy = came()
    draft = changed(noy)
    for where in ("/admin/facts", "/admin/facts/th.wage", "/admin/menus", draft):
        answer = noy.client.get(where, headers={"Accept-Encoding": "gzip"})
        assert len(answer.get_data()) < 20_000


# Screens, files and the folder as a zip.


@pytest.fixture
def draft(came):
    noy = came()
    made = begin_draft(noy, "words")
    noy.get(made)
    return noy, made


def fields_of(page):
    """What a browser would send of the first form with fields of a part."""
    names = re.findall(r'name="([fs]:[^"]+)"[^>]*?value="([^"]*)"', page)
    texts = re.findall(r'<textarea[^>]*name="(f:[^"]+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    chosen = re.findall(r'<select[^>]*name="(f:[^"]+)".*?<option selected>([^<]+)', page, re.DOTALL)
    return dict([*names, *texts, *chosen])


def test_a_screen_is_reworded_in_two_languages(parts, draft):
    noy, made = draft
    assert "pay" in text_of(noy.get(f"{made}/parts"))
    assert ">pay<" not in text_of(noy.get(f"{made}/parts?q=police"))
    page = text_of(noy.get(f"{made}/parts/screens/pay"))
    fields = fields_of(page)
    words = {"f:text/en": "At least {th.wage} baht today.", "f:text/lo": "{th.wage} ບາດ"}
    assert noy.post(f"{made}/parts/screens/pay", **(fields | words)).status_code == 303
    page = text_of(noy.get(made))
    assert "At least 400 baht today." in page
    assert "400 ບາດ" in page
    assert noy.post(f"{made}/parts/screens/pay", **(fields | {"f:text/en": "Other"})).status_code == 409
    answer = noy.post(f"{made}/parts/screens/pay", **(fields | {"f:text/en": "Other"}))
    assert ">\nOther</textarea>" in text_of(answer)
    assert "At least {th.wage} baht today." in text_of(answer)


def test_what_is_typed_is_shown_before_it_is_saved(draft):
    noy, made = draft
    fields = fields_of(text_of(noy.get(f"{made}/parts/screens/pay")))
    answer = noy.post(f"{made}/preview/pay", **(fields | {"f:text/en": "Just typed {th.wage}"}))
    assert "Just typed 400" in text_of(answer)
    assert "<html" not in text_of(answer)
    assert noy.post(f"{made}/preview/nothing").status_code == 404


def test_a_screen_that_keeps_callers_safe_wants_a_tick(draft):
    noy, made = draft
    page = text_of(noy.get(f"{made}/parts/screens/sos"))
    assert 'name="sure"' in page
    fields = fields_of(page) | {"f:text/en": "Police {th.police}."}
    answer = noy.post(f"{made}/parts/screens/sos", **fields)
    assert answer.status_code == 422
    assert "Police {th.police}." in text_of(answer)
    assert noy.post(f"{made}/parts/screens/sos", **fields, sure="yes").status_code == 303


def test_choices_and_screens_come_by_picking(draft):
    noy, made = draft
    fresh = {"name": "news", "words": "News: {th.wage}", "file": "screens.yaml"}
    assert noy.post(f"{made}/parts", **fresh).status_code == 303
    assert noy.post(f"{made}/parts", **fresh).status_code == 409
    assert noy.post(f"{made}/parts", **(fresh | {"name": "ຂ່າວ 1"})).status_code == 422
    assert noy.post(f"{made}/parts", **(fresh | {"name": "More News!"})).location.endswith("/more_news")
    noy.get(f"{made}/parts/screens/pay")
    added = {"key": "3", "to": "news", "label:en": "News", "label:lo": "ຂ່າວ"}
    assert noy.post(f"{made}/choices/pay/add", **added).status_code == 303
    page = text_of(noy.get(f"{made}/parts/screens/pay"))
    assert "3 News" in page
    assert noy.post(f"{made}/choices/pay/0/down").status_code == 303
    assert noy.post(f"{made}/choices/pay/0/drop", seen="old").status_code == 409
    assert noy.post(f"{made}/choices/main/0/down").status_code == 422  # the main menu takes codes: guarded


def test_every_sort_of_part_has_a_page(draft):
    noy, made = draft
    for where in ("messages/back", "topics/pay", "windows/noon", "screens/language"):
        assert noy.get(f"{made}/parts/{where}").status_code == 200, where
    for where in ("facts/th.wage", "screens/nothing", "nothing/at-all"):
        assert noy.get(f"{made}/parts/{where}").status_code == 404, where


def test_what_stands_beside_the_screens_is_changed_on_pages_of_one_kind(parts, draft):
    noy, made = draft
    assert f"{made}/shelves/danger" in text_of(noy.get(f"{made}/parts"))
    page = text_of(noy.get(f"{made}/shelves/danger"))
    assert "help me, police" in page or "ຊ່ວຍແດ່" in page
    assert "keeps callers safe" in page
    where = f"{made}/parts/keywords/words.yaml:2"
    page = text_of(noy.get(where))
    assert "help me\npolice</textarea>" in page
    fields = fields_of(page) | {"f:words/en": "help me\npolice\nrescue"}
    answer = noy.post(where, **fields)
    assert answer.status_code == 422  # locked until somebody says that it is meant
    assert "rescue</textarea>" in text_of(answer)
    look = where.replace("/parts/", "/look/")
    assert "understood as sos, by danger: rescue" in text_of(noy.post(look, **fields, said="Rescue!"))
    shown = text_of(noy.post(look, **fields, said="hello there"))
    assert "a person reads it" in shown
    assert ">\nhelp me\npolice\nrescue</textarea>" in shown  # the whole page, for whoever has no scripts
    assert "rescue" not in text_of(noy.get(where))
    assert noy.post(where, **fields, sure="yes").status_code == 303
    assert "rescue</textarea>" in text_of(noy.get(where))


@pytest.mark.parametrize(
    ("shelf", "fields", "made_part"),
    [
        ("keywords", {"words:en": "leave\nholiday", "leads": "to:pay"}, "keywords/words.yaml:3"),
        ("danger", {"words:en": "poison", "sure": "yes"}, "keywords/words.yaml:3"),
        ("messages", {"name": "sms_near", "words:en": "Did you mean:"}, "messages/sms_near"),
        ("form", {"sort": "topics", "name": "papers", "words:en": "Papers"}, "topics/papers"),
        (
            "form",
            {"sort": "fields", "name": "sector", "words:en": "Work", "values": "farm, home"},
            "fields/sector",
        ),
        (
            "form",
            {"sort": "windows", "name": "sunday", "hours": "09:00-18:00", "day": "sun", "sure": "yes"},
            "windows/sunday",
        ),
    ],
)
def test_rows_are_added_and_taken_out(draft, shelf, fields, made_part):
    noy, made = draft
    before = text_of(noy.get(f"{made}/shelves/{shelf}"))
    answer = noy.post(f"{made}/shelves/{shelf}", **fields)
    assert answer.headers["Location"] == f"{made}/parts/{made_part}"
    page = text_of(noy.get(f"{made}/parts/{made_part}"))
    section, _slash, name = made_part.partition("/")
    seen = re.search(r'name="seen" value="([^"]+)"', page)[1]
    taken = {"section": section, "name": name, "seen": seen, "sure": "yes"}
    answer = noy.post(f"{made}/shelves/{shelf}/drop", **taken)
    if section == "fields":  # the only one: its section would be empty
        assert answer.status_code == 409
        return
    assert answer.status_code == 303
    assert text_of(noy.get(f"{made}/shelves/{shelf}")).count('<li class="row"') == before.count(
        '<li class="row"'
    )


def test_a_row_without_words_or_of_a_guarded_shelf_is_refused(draft):
    noy, made = draft
    assert noy.post(f"{made}/shelves/keywords", leads="to:pay").status_code == 422
    assert noy.post(f"{made}/shelves/danger", **{"words:en": "poison"}).status_code == 422
    assert noy.post(f"{made}/shelves/form", sort="topics", name="No", **{"words:en": "x"}).status_code == 422
    assert noy.post(f"{made}/shelves/head", name="x").status_code == 404
    assert noy.get(f"{made}/shelves/nothing").status_code == 404
    drop = {"section": "messages", "name": "down", "seen": "x", "sure": "yes"}
    assert noy.post(f"{made}/shelves/messages/drop", **drop).status_code == 404  # no menu may do without it


def test_a_file_is_edited_as_a_text_with_its_problems(draft):
    noy, made = draft
    page = text_of(noy.get(f"{made}/files/screens.yaml"))
    seen = re.search(r'name="seen" value="([^"]+)"', page)[1]
    text = re.search(r"<textarea[^>]*>\n(.*)</textarea>", page, re.DOTALL)[1]
    assert text == BASE["screens.yaml"]
    broken = text.replace("to: pay", "to: pya").replace("\n", "\r\n")
    assert noy.post(f"{made}/files/screens.yaml", content=broken, seen=seen).status_code == 303
    page = text_of(noy.get(f"{made}/files/screens.yaml"))
    assert "did you mean 'pay'?" in page
    assert "<b>12:" in page or "<b>10:" in page
    assert "1 error" in text_of(noy.get(f"{made}/files"))
    answer = noy.post(f"{made}/files/screens.yaml", content=text, seen=seen)
    assert answer.status_code == 409
    assert "to: pya" in text_of(answer)
    assert "cannot be published before" in text_of(noy.get(made))
    assert noy.get(f"{made}/files/nothing.yaml").status_code == 404


def test_the_folder_goes_home_and_comes_back(draft):
    noy, made = draft
    home = noy.client.get(f"{made}/folder.zip")
    assert home.mimetype == "application/zip"
    files = read_archive(home.get_data())
    assert files == BASE
    assert read_archive(noy.client.get("/admin/menus/helpline/1/folder.zip").get_data()) == files
    assert noy.client.get("/admin/menus/helpline/9/folder.zip").status_code == 404
    files["words.yaml"] = files["words.yaml"].replace('value: "400"', 'value: "405"')
    form = {"archive": (io.BytesIO(write_archive(files)), "menu.zip"), "rev": "0"}
    assert noy.post(f"{made}/upload", **form).status_code == 303
    assert "405" in text_of(noy.get(made))
    late = {"archive": (io.BytesIO(write_archive(files | {"x.yaml": "schema: 1\n"})), "menu.zip"), "rev": "0"}
    assert noy.post(f"{made}/upload", **late).status_code == 409
    bad = {"archive": (io.BytesIO(b"no zip"), "menu.zip"), "rev": "1"}
    answer = noy.post(f"{made}/upload", **bad)
    assert answer.status_code == 422
    assert "This is no zip file" in text_of(answer)


def test_a_whole_folder_may_be_posted_to_a_draft_and_nowhere_else(draft):
    noy, made = draft
    large = "x" * 200_000
    assert noy.post(f"{made}/files/screens.yaml", content=large, seen="").status_code == 409
    assert noy.post(f"{made}/files/screens.yaml", content=large * 8, seen="").status_code == 413
    assert noy.post("/admin/drafts", name=large).status_code == 413
    assert noy.post("/admin/menus/approval", on=large).status_code == 413


def test_a_translator_gets_a_file_and_what_comes_back_is_taken_in(draft):
    noy, made = draft
    page = text_of(noy.get(f"{made}/translations"))
    assert "missing" in page
    content = noy.client.get(f"{made}/translations/lo.po").get_data()
    assert "ຢ່າງໜ້ອຍ" in content.decode()
    changed_words = content.replace("ຢ່າງໜ້ອຍ".encode(), "ບໍ່ຕ່ຳກວ່າ".encode())
    answer = noy.post(f"{made}/translations/lo", file=(io.BytesIO(changed_words), "lo.po"))
    assert answer.status_code == 200
    assert "1 text was taken in." in text_of(answer)
    assert "ບໍ່ຕ່ຳກວ່າ 400" in text_of(noy.get(made))
    sheet = noy.client.get(f"{made}/translations/lo.xlsx").get_data()
    answer = noy.post(f"{made}/translations/lo", file=(io.BytesIO(sheet), "lo.xlsx"))
    assert "0 texts were taken in." in text_of(answer)
    assert noy.post(f"{made}/translations/lo", file=(io.BytesIO(b"\xff"), "lo.po")).status_code == 422
    assert noy.client.get(f"{made}/translations/xx.po").status_code == 404


# Texts one by one, by a translator who sees nothing else.


def test_a_translator_comes_in_to_texts_and_to_nothing_else(parts, came):
    noy = came()
    draft = noy.post("/admin/drafts", name="Lao", menu="helpline").headers["Location"]
    keo = came("Keo", Role.TRANSLATOR)
    assert keo.get("/").headers["Location"] == "/admin/texts"
    page = text_of(keo.get("/admin/texts"))
    assert f"{draft}/translations" in page
    assert "/admin/menus" not in page
    assert "/admin/facts" not in page
    progress = text_of(keo.get(f"{draft}/translations"))
    assert f'href="{draft}/texts/lo"' in progress
    assert f'href="{draft}"' not in progress
    for other in (
        draft,
        f"{draft}/files",
        f"{draft}/parts",
        f"{draft}/folder.zip",
        "/admin/menus",
        "/admin/facts",
        "/admin/",
    ):
        assert keo.get(other).status_code == 403, other


def test_a_text_is_reviewed_with_name_and_day_and_the_next_is_shown(parts, came):
    noy = came()
    draft = noy.post("/admin/drafts", name="Lao", menu="helpline").headers["Location"]
    keo = came("Keo", Role.TRANSLATOR)
    here = f"{draft}/texts/lo/pay"
    page = text_of(keo.get(here))
    assert "ຢ່າງໜ້ອຍ" in page
    assert "At least {th.wage} baht a day." in page
    seen = re.search(r'name="seen" value="(\w+)"', page)[1]
    words = "ບໍ່ຕ່ຳກວ່າ {th.wage} ບາດ"
    answer = keo.post(here, do="save", words=words, seen=seen)
    assert (answer.status_code, answer.headers["Location"]) == (303, here)
    page = text_of(keo.get(here))
    assert "not reviewed" in page
    late = keo.post(here, do="read", words="ອື່ນ {th.wage}", seen=seen)
    assert late.status_code == 409
    assert words in text_of(late)
    assert "ອື່ນ {th.wage}" in text_of(late)  # what was typed stays
    seen = re.search(r'name="seen" value="(\w+)"', page)[1]
    answer = keo.post(here, do="read", words=words, seen=seen)
    assert answer.status_code == 303
    assert answer.headers["Location"] not in {here, f"{draft}/texts/lo"}
    assert "read by Keo on Nov 24" in text_of(keo.get(here))


def test_reviews_are_listed_published_and_stand_in_the_next_draft(parts, came):
    noy = came()
    draft = noy.post("/admin/drafts", name="Lao", menu="helpline").headers["Location"]
    keo, here, words = came("Keo", Role.TRANSLATOR), f"{draft}/texts/lo/pay", "ບໍ່ຕ່ຳກວ່າ {th.wage} ບາດ"
    seen = re.search(r'name="seen" value="(\w+)"', text_of(keo.get(here)))[1]
    assert keo.post(here, do="read", words=words, seen=seen).status_code == 303
    listed = text_of(keo.get(f"{draft}/texts/lo?state=read"))
    assert "1 text" in listed
    assert text_of(keo.get(f"{draft}/texts/lo?q=ບໍ່ຕ່ຳກວ່າ")).count(f'href="{here}"') == 1
    assert keo.get(f"{draft}/texts/lo/nothing").status_code == 404
    assert keo.get(f"{draft}/texts/xx").status_code == 404
    assert words in text_of(noy.get(draft))
    rev = rev_of(text_of(noy.get(draft)))
    assert noy.post(f"{draft}/publish", rev=rev, why="Lao is read").status_code == 303
    kept = (
        came("Noi", Role.ADMINISTRATOR)
        .post("/admin/drafts", name="After", menu="helpline")
        .headers["Location"]
    )
    assert "read by Keo on Nov 24" in text_of(keo.get(f"{kept}/texts/lo/pay"))


def test_the_book_has_every_screen_in_one_language_and_nothing_to_press(parts, came):
    draft = came().post("/admin/drafts", name="Lao", menu="helpline").headers["Location"]
    keo = came("Keo", Role.TRANSLATOR)
    book = text_of(keo.get(f"{draft}/book/lo"))
    menu = parts.versions.live("helpline")[1]
    shown = {name for name, screen in menu.screens.items() if screen.is_shown}
    assert set(re.findall(r"<h2>(\w+)</h2>", book)) == shown
    assert "ຢ່າງໜ້ອຍ 400 ບາດ/ມື້" in book
    assert "At least" not in book
    assert keo.get(f"{draft}/book/xx").status_code == 404
    assert f'href="{draft}/book/lo"' in text_of(keo.get(f"{draft}/texts/lo"))


def test_a_supervisor_reviews_and_does_not_write(parts, came):
    draft = came().post("/admin/drafts", name="Lao", menu="helpline").headers["Location"]
    bun = came("Bun", Role.SUPERVISOR)
    page = text_of(bun.get(f"{draft}/texts/lo/pay"))
    assert "<textarea" not in page
    seen = re.search(r'name="seen" value="(\w+)"', page)[1]
    assert bun.post(f"{draft}/texts/lo/pay", do="save", words="x {th.wage}", seen=seen).status_code == 403
    assert bun.post(f"{draft}/texts/lo/pay", do="read", seen=seen).status_code == 303
