"""A note on the way: kept by the page while it is written, there again after a reload, gone once it is a note."""

import re

import pytest

from tests.support.desk_rig import HER


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


def written(page: str) -> str:
    return re.search(r"<textarea[^>]*>(.*?)</textarea>", page, flags=re.DOTALL).group(1)


@pytest.fixture
def noy(signed):
    return signed()


@pytest.fixture
def at(line, noy):
    """The address of a callback that Noy has."""
    wanted = line.requested(HER, when="now")
    noy.post(f"/callbacks/{wanted}/claim")
    noy.get(f"/callbacks/{wanted}")
    return f"/callbacks/{wanted}"


def kept(browser, at, text, **more):
    data = {"csrf_token": browser.csrf, "text": text, **more}
    return browser.client.post(f"{at}/draft", data=data, headers={"X-Draft": "yes"})


def test_what_was_typed_is_there_after_a_reload(noy, at):
    answer = kept(noy, at, "she says <b>\r\nthat")
    assert (answer.status_code, text_of(answer)) == (200, "Draft kept 14:05")
    page = text_of(noy.get(at))
    assert written(page) == "she says &lt;b&gt;\nthat"
    assert "Draft kept 14:05" in page


def test_a_saved_note_takes_the_draft_with_it(noy, at):
    form = re.search(r'/note">.*?name="form" value="(\w+)"', text_of(noy.get(at)), flags=re.DOTALL).group(1)
    kept(noy, at, "half a note", form=form)
    noy.post(f"{at}/note", text="half a note, and the rest", form=form)
    assert written(text_of(noy.get(at))) == ""
    kept(noy, at, "half a note", form=form)
    assert written(text_of(noy.get(at))) == ""


def test_without_scripts_a_button_keeps_it(noy, at):
    page = text_of(noy.get(at))
    assert re.search(rf'<noscript><button[^>]*formaction="{at}/draft"', page)
    assert noy.post(f"{at}/draft", text="words").location == f"{at}#notes"
    page = text_of(noy.get(at))
    assert "Draft kept 14:05" in page
    assert written(page) == "words"


def test_what_was_refused_as_too_long_wins_over_the_draft(noy, at):
    kept(noy, at, "the draft")
    refused = noy.post(f"{at}/note", text="x" * 501)
    assert refused.status_code == 422
    assert written(text_of(refused)) == "x" * 501


def test_a_line_end_counts_once_in_a_note(noy, at):
    assert noy.post(f"{at}/note", text="\r\n".join(["x" * 99] * 5)).status_code == 303


def test_a_colleague_neither_sees_nor_writes_it(signed, noy, at):
    dao = signed("Dao")
    kept(noy, at, "mine alone")
    page = text_of(dao.get(at))
    assert "mine alone" not in page
    refused = kept(dao, at, "words")
    assert (refused.status_code, text_of(refused).split()[0]) == (409, "Noy")


def test_one_that_is_too_long_is_refused(noy, at):
    assert kept(noy, at, "x" * 501).status_code == 422


@pytest.mark.parametrize("part", ["/look/mine", "/mine", "/bar"])
def test_it_is_on_no_other_page(noy, at, part):
    kept(noy, at, "only here")
    assert "only here" not in text_of(noy.get(part))
