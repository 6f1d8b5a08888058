"""What somebody typed stands in the form again, whatever kinds of fields it has and whatever was typed."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web.shared.unsent_forms import fill_form

pytestmark = pytest.mark.fault("C2")
PAGE = """<h1>x</h1><form method="post" action="/other"><input name="name" value="theirs"></form>
<details class="sure"><summary>More</summary><form method="post" action="/add">
<input type="hidden" name="csrf_token" value="fresh"><input type="hidden" name="form" value="new">
<input name="name" value="as it was" maxlength="9"><input name="empty"><input type="password" name="password">
<input type="checkbox" name="language" value="lo" checked><input type="checkbox" name="language" value="th">
<input type="radio" name="when" value="noon" checked> <input type="radio" name="when" value="evening">
<select name="topic"><option value="pay" selected>Pay</option><option value="hours">Hours</option></select>
<textarea name="text" rows="3">before</textarea></form></details>"""
TYPED = {
    "csrf_token": ["old"],
    "form": ["once"],
    "name": ["ນ້ອຍ"],
    "empty": ["now filled"],
    "password": ["secret"],
    "language": ["th"],
    "when": ["evening"],
    "topic": ["hours"],
    "text": ["two\nlines"],
}


def filled(**fields: list[str]) -> str:
    found = fill_form(PAGE, "/add", TYPED | fields)
    assert found is not None
    return found


def test_each_kind_of_field_is_as_it_was_left():
    page = filled()
    assert 'name="csrf_token" value="fresh"' in page
    assert 'name="form" value="once"' in page
    assert 'name="name" maxlength="9" value="ນ້ອຍ"' in page
    assert 'name="empty" value="now filled"' in page
    assert re.findall(r'value="(\w+)" checked', page) == ["th", "evening"]
    assert re.findall(r'value="(\w+)" selected', page) == ["hours"]
    assert ">\ntwo\nlines</textarea>" in page
    assert "secret" not in page
    assert '<details open class="sure">' in page
    assert 'value="theirs"' in page, "another form keeps its own"


def test_a_box_that_was_not_ticked_is_not():
    assert fill_form(PAGE, "/add", {"name": ["x"]}).count(" checked") == 0


def test_a_page_without_the_form_has_none():
    assert fill_form(PAGE, "/gone", TYPED) is None


@given(words=st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\0"), max_size=60))
def test_whatever_was_typed_comes_back_as_text_and_never_as_a_tag(words):
    page = filled(name=[words], text=[words])
    inside = re.search(r'name="name" maxlength="9" value="([^"]*)">', page)
    area = re.search(r"<textarea[^>]*>\n([^<]*)</textarea>", page)
    assert inside is not None
    assert area is not None
    assert unescape(inside[1]) == unescape(area[1]) == words
    assert page.count("<") == filled().count("<")
