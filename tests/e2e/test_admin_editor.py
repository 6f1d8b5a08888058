"""The editor of a file in a real browser: keys, problems beside their lines, and no byte or word that gets lost."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from gateway.domain.permissions import Role
from gateway.operations.publishing import menu_drafts, stored
from gateway.operations.publishing.menu_drafts import OpenedDraft
from gateway.storage import versions
from tests.e2e.test_admin_menus import begin_draft, fits
from tests.support.house import publish
from tests.support.menu_folders import HERE
from tests.support.web_surroundings import somebody, token_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SLOW = 30_000
BASE = stored.read_whole_folder(HERE / "base")
ODD = BASE["screens.yaml"].replace("\n", "\r\n").replace("kind: offer\r\n", "kind: offer\n") + "# end\t\t"
"""Carriage returns but for one line, tabs at the end, and no line end after the last line."""

FOLDER = BASE | {"screens.yaml": ODD, "words.yaml": "\ufeff" + BASE["words.yaml"]}


@pytest.fixture
def admin(parts) -> str:
    publish(parts, source=FOLDER)
    somebody(parts, "Noy", Role.ADMINISTRATOR)
    return token_of(parts, "Noy")


@pytest.fixture
def files(parts) -> Callable[[str], OpenedDraft]:
    """Read the files of the draft at an address, past its pages."""

    def read(address: str) -> OpenedDraft:
        with parts.store.read() as tx:
            return menu_drafts.read_opened(tx, address.rpartition("/")[2])

    return read


@pytest.fixture
def editing(opened, admin):
    """A page with the editor, and what the browser's console said."""
    page = opened(token=admin)
    page.set_default_timeout(SLOW)
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    draft = begin_draft(page, "typed")
    open_file(page, draft)
    return page, draft, said


def open_file(page: Page, draft: str, file: str = "screens.yaml") -> None:
    with page.expect_response(re.compile("/check/")):
        page.goto(f"{draft}/files/{file}")


def put_cursor_behind(page: Page, words: str) -> None:
    """Find words and go behind them, by keys alone."""
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+f")
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")


def save_by_key(page: Page) -> None:
    with page.expect_response(lambda one: "/files/" in one.url and one.request.method == "POST"):
        page.keyboard.press("Control+s")
    expect(page.locator("#said .notice.good")).to_be_visible()


def test_one_word_is_typed_by_keys_alone_and_every_other_byte_stays(editing, files):
    page, draft, said = editing
    fits(page, "editor")
    put_cursor_behind(page, "to: pay")
    with page.expect_response(re.compile("/check/")):
        page.keyboard.type("x")
    expect(page.locator(".cm-lint-marker-error")).to_have_count(1)
    expect(page.locator("#problems-of")).to_contain_text("did you mean 'pay'?")
    page.keyboard.press("F8")  # the tooltip of the problem; Escape closes it
    page.keyboard.press("Escape")
    put_cursor_behind(page, "to: payx")
    for _ in range(4):
        page.keyboard.press("Backspace")
    page.keyboard.press("Control+Space")
    expect(page.locator(".cm-tooltip-autocomplete")).to_contain_text("sos")
    page.keyboard.type("so")
    page.wait_for_timeout(200)  # the editor takes no key for a choice within 75 ms of its list
    page.keyboard.press("Enter")
    save_by_key(page)
    want = ODD.replace("to: pay, label: {en: My pay", "to: sos, label: {en: My pay")
    assert files(draft).files["screens.yaml"] == want
    assert files(draft).files["words.yaml"] == FOLDER["words.yaml"]
    # What was done before the save can be undone after it, and the focus is where it was.
    expect(page.locator(".cm-content")).to_be_focused()
    for _ in range(12):
        page.keyboard.press("Control+z")
    expect(page.locator("textarea#content")).to_have_value(ODD.replace("\r\n", "\n"))
    save_by_key(page)
    assert files(draft).files["screens.yaml"] == ODD
    assert said == []  # among them: nothing that the policy refused


def test_a_placeholder_is_completed_with_its_brace(editing):
    page, _draft, _said = editing
    put_cursor_behind(page, "At least {th.wage}")
    page.keyboard.type(" {hou")
    expect(page.locator(".cm-tooltip-autocomplete li").first).to_contain_text("hours.")
    page.wait_for_timeout(200)
    page.keyboard.press("Enter")
    expect(page.locator("textarea#content")).to_have_value(re.compile(r"\{th\.wage\} \{hours\.\w+\} baht"))


def test_tab_leaves_the_text_and_the_page_keys_do_nothing_in_it(editing):
    page, _draft, _said = editing
    page.locator("#content-label").click()
    expect(page.locator(".cm-content")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".cm-content")).to_be_focused()
    page.keyboard.type("?c")  # keys of the page elsewhere
    expect(page.locator("#keys")).to_be_hidden()
    expect(page.locator("textarea#content")).to_have_value(re.compile(r"^\?c"))


def test_lao_and_thai_are_typed_and_composed_whole(editing, files):
    page, draft, _said = editing
    put_cursor_behind(page, "# end")
    session = page.context.new_cdp_session(page)
    for words in ("ຄ", "ຄ່", "ຄ່າ"):  # a keyboard that composes, as Android's do
        session.send(
            "Input.imeSetComposition",
            {"text": words, "selectionStart": len(words), "selectionEnd": len(words)},
        )
    session.send("Input.insertText", {"text": "ຄ່າແຮງ"})
    page.keyboard.insert_text(" ค่าจ้างขั้นต่ำ\u200b")
    save_by_key(page)
    assert files(draft).files["screens.yaml"] == ODD.replace("# end", "# endຄ່າແຮງ ค่าจ้างขั้นต่ำ\u200b")


def test_what_was_typed_and_not_saved_is_offered_again(editing, files):
    page, draft, _said = editing
    put_cursor_behind(page, "# end")
    with page.expect_response(re.compile("/check/")):
        page.keyboard.type(" of it")
    expect(page.locator("#kept")).to_contain_text("Not saved in the draft yet")
    page.goto(draft)
    page.goto(f"{draft}/files/screens.yaml")
    expect(page.locator(".notice.warn").first).to_contain_text("what you typed here and did not save")
    expect(page.locator("textarea#content")).to_have_value(re.compile("# end of it\t\t$"))
    page.wait_for_selector(".cm-editor")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#said .notice.good")).to_be_visible()
    assert files(draft).files["screens.yaml"] == ODD.replace("# end", "# end of it")
    page.goto(f"{draft}/files/screens.yaml")
    expect(page.get_by_text("did not save")).to_have_count(0)


def test_without_a_line_the_text_stays_and_is_kept_when_it_is_back(editing, files):
    page, draft, _said = editing
    page.context.set_offline(True)
    put_cursor_behind(page, "# end")
    page.keyboard.type(" of it")
    expect(page.locator("#kept")).to_contain_text("is not kept yet")
    page.keyboard.press("Control+s")
    expect(page.locator("#contact")).to_be_visible()
    expect(page.locator(".cm-content")).to_contain_text("# end of it")
    with page.expect_response(re.compile("/check/")):
        page.context.set_offline(False)
    expect(page.locator("#kept")).to_contain_text("Not saved in the draft yet")
    save_by_key(page)
    assert files(draft).files["screens.yaml"] == ODD.replace("# end", "# end of it")


def test_somebody_elses_change_is_shown_and_both_texts_stay(editing, parts, files):
    page, draft, _said = editing
    put_cursor_behind(page, "# end")
    page.keyboard.type(" of mine")
    with parts.store.write() as tx:
        opened_draft = menu_drafts.read_opened(tx, draft.rpartition("/")[2])
        menu_drafts.write_own(tx, opened_draft, "screens.yaml", ODD + "theirs", rev=1)
        assert versions.take_rev(
            tx, opened_draft.draft.id, seen=opened_draft.draft.rev, now=parts.clock.now()
        )
    page.keyboard.press("Control+s")
    expect(page.locator(".notice.bad").first).to_contain_text("somebody changed this file meanwhile")
    expect(page.locator(".cm-content")).to_contain_text("# end of mine")
    page.get_by_text("The file as it is now").first.click()
    expect(page.locator("pre.lines-of")).to_contain_text("theirs")
    assert files(draft).files["screens.yaml"] == ODD + "theirs"


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (1280, "dark")])
def test_the_editor_fits_with_problems_search_and_names_open(opened, admin, tmp_path, width, scheme):
    page = opened(width=width, height=740, language="lo", token=admin)
    page.set_default_timeout(SLOW)
    page.emulate_media(color_scheme=scheme)
    page.goto("/admin/menus")
    page.locator("input#name").fill("x")
    page.locator("form[action='/admin/drafts'] button").click()
    page.wait_for_url(re.compile("/admin/drafts/"))
    open_file(page, page.url)
    put_cursor_behind(page, "to: pay")
    with page.expect_response(re.compile("/check/")):
        page.keyboard.type("x")
    expect(page.locator(".cm-lint-marker-error")).to_have_count(1)
    page.keyboard.press("Control+f")
    page.screenshot(path=tmp_path / f"search-{width}-{scheme}.png")
    fits(page, "search")
    page.keyboard.press("Escape")
    page.keyboard.press("Backspace")
    page.keyboard.press("Control+Space")
    page.wait_for_selector(".cm-tooltip-autocomplete")
    page.screenshot(path=tmp_path / f"names-{width}-{scheme}.png")
    fits(page, "names")


def test_without_scripts_it_is_a_plain_field_that_saves(opened, admin, files):
    page = opened(width=360, token=admin, scripts=False)
    page.set_default_timeout(SLOW)
    draft = begin_draft(page, "plain")
    page.goto(f"{draft}/files/screens.yaml")
    page.locator("textarea#content").fill(ODD.replace("\r\n", "\n").replace("# end", "# end of it"))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#said .notice.good")).to_be_visible()
    assert files(draft).files["screens.yaml"] == ODD.replace("# end", "# end of it")
