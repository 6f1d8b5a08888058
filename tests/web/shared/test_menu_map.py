"""The drawing of a draft: every screen a link and a line of the list, errors in red, what callers did beside it."""

import gzip
import html
import re
import xml.etree.ElementTree as ET
from datetime import date

import pytest

from gateway.menus.authoring.problems import Level
from gateway.menus.engine.screens import SCREEN_KINDS
from gateway.operations.publishing import stored
from gateway.operations.publishing.publish import publish_menu
from gateway.storage import reports
from gateway.web.admin.menu_map import _PHRASES
from tests.support.draft_house import BASE, begin_draft, come_in, empty_house
from tests.support.house import MENUS, publish
from tests.support.web_apps import pages_of

SVG = "{http://www.w3.org/2000/svg}"


def pages_with(store, clock, folder, files):
    """An administrator who is signed in, and the address of her draft of these files."""
    parts = empty_house(store, clock, folder)
    if files is BASE:
        publish_menu(parts, files, author="Noy", why="first")
    else:
        publish(parts, source=files)
    noy = come_in(parts, pages_of(parts))
    return noy, begin_draft(noy, "map")


@pytest.fixture
def draft(sqlite_store, clock, tmp_path):
    return pages_with(sqlite_store, clock, tmp_path, BASE)


def change(browser, made, old, new, file="screens.yaml"):
    page = html.unescape(browser.get(f"{made}/files/{file}").get_data(as_text=True))
    seen = re.search(r'name="seen" value="([^"]+)"', page)[1]
    text = BASE[file].replace(old, new)
    assert text != BASE[file]
    assert browser.post(f"{made}/files/{file}", content=text, seen=seen).status_code == 303


def page_of(browser, address):
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def drawing_of(page):
    return ET.fromstring(re.search(r"<svg xmlns=.*?</svg>", page, re.DOTALL)[0])


def words_of(drawn):
    return ["".join(text.itertext()) for text in drawn.iter(f"{SVG}text")]


def links_of(drawn):
    return {link.attrib["id"].removeprefix("at-"): link.attrib["href"] for link in drawn.iter(f"{SVG}a")}


def count(store, what, item, n, language="en", day=date(2026, 11, 20)):
    with store.write() as tx:
        reports.add_count(tx, day, 9, "line", language, "v", what, item, n=n)


def test_each_screen_is_a_link_to_its_page_and_a_line_of_the_list(draft):
    noy, made = draft
    page = page_of(noy, f"{made}/drawing")
    links = links_of(drawing_of(page))
    assert {"language", "main", "pay", "sos", "offer"} <= set(links)
    assert len(links) == len(set(links.values()))
    listed = page.partition('id="list"')[2]
    for name, address in links.items():
        assert f'href="{address}"' in listed
        assert f'href="#at-{name}"' in listed
        assert noy.get(address).status_code == 200
    assert 'aria-hidden="true"' in page
    assert 'tabindex="-1"' in page  # the list is for keyboards and screen readers
    assert f"{made}/drawing" in page_of(noy, made)


def test_choices_are_labelled_in_the_chosen_language(draft):
    noy, made = draft
    english, lao = (
        words_of(drawing_of(page_of(noy, f"{made}/drawing?language={tag}"))) for tag in ("en", "lo")
    )
    assert any(one.endswith("1 My pay") for one in english)
    assert any(one.endswith("1 ຄ່າແຮງ") for one in lao)
    odd = page_of(noy, f"{made}/drawing?language=<b>&size=9999&month=2026-13&q=<script>")
    assert "<script>" not in odd.replace("<script ", "")


def test_what_the_drawing_says_itself_is_in_the_language_of_the_reader(draft):
    noy, made = draft
    noy.post("/language", language="lo")
    words = words_of(drawing_of(page_of(noy, f"{made}/drawing?language=en")))
    assert {"ຕົວເລືອກ", "ຄຳຖາມ", "ຜິດພາດ"} <= set(words)
    assert "main · ຕົວເລືອກ" in words
    assert any(one.endswith("1 My pay") for one in words)
    kinds = {kind.kind for kind in SCREEN_KINDS.values()}
    assert not [one for one in words if one.rpartition(" · ")[2] in kinds]
    assert kinds | set(Level) <= set(_PHRASES)  # so that a new kind is not forgotten


@pytest.mark.parametrize(
    ("old", "new", "box"),
    [
        ("to: pay,", "to: pya,", "nobody wrote a screen 'pya'"),
        ("{th.wage}", "{th.wag}", "error: unknown-fact"),
        ('    text: {en: "At', '    txt: {en: "At', "pay · information"),
    ],
)
def test_a_menu_with_errors_is_drawn_too_in_red(draft, old, new, box):
    noy, made = draft
    change(noy, made, old, new)
    page = page_of(noy, f"{made}/drawing")
    assert box in words_of(drawing_of(page))
    assert "#b3261e" in page
    for address in set(links_of(drawing_of(page)).values()):
        assert noy.get(address).status_code == 200


def test_files_that_cannot_be_read_say_what_to_do(draft):
    noy, made = draft
    change(noy, made, BASE["screens.yaml"], "screens: [")
    page = page_of(noy, f"{made}/drawing")
    assert "No screen can be read" in page or drawing_of(page) is not None
    assert "screens.yaml" in page or "/files" in page


def test_sizes_are_links_and_keys(draft):
    noy, made = draft
    usual = drawing_of(page_of(noy, f"{made}/drawing"))
    page = page_of(noy, f"{made}/drawing?size=50&q=pay")
    half = drawing_of(page)
    assert half.attrib["viewBox"] == usual.attrib["viewBox"]
    assert int(half.attrib["width"]) == int(usual.attrib["width"]) // 2
    assert re.search(r'href="\?[^"]*size=75[^"]*q=pay[^"]*#drawing"[^>]*data-key="\+"', page)
    assert re.search(r'href="\?[^"]*size=25[^"]*"[^>]*data-key="-"', page)
    assert 'data-key="-"' not in page_of(noy, f"{made}/drawing?size=25")
    assert 'data-key="+"' not in page_of(noy, f"{made}/drawing?size=200")


def test_a_search_marks_the_boxes_and_shortens_the_list(draft):
    noy, made = draft
    page = page_of(noy, f"{made}/drawing?q=POLICE")
    assert page.count('stroke-width="4"') == 1
    listed = page.partition('id="list"')[2]
    assert 'href="#at-sos"' in listed
    assert 'href="#at-pay"' not in listed
    assert "No screen has these words." in page_of(noy, f"{made}/drawing?q=nowhere")


def test_what_callers_did_stands_on_the_arrows_and_small_numbers_do_not(draft, sqlite_store):
    noy, made = draft
    assert "Nothing is counted yet" in page_of(noy, f"{made}/drawing")
    for item, n in {"main/1": 60, "main/7": 40, "pay/7": 2}.items():
        count(sqlite_store, "answered", item, n)
    count(sqlite_store, "shown", "main", 123)
    count(sqlite_store, "shown", "pay", 61)
    page = page_of(noy, f"{made}/drawing?month=2026-11")
    words = words_of(drawing_of(page))
    assert "60" in words
    assert "40" in words
    assert "123 shown · 20 left" in words
    assert any(one.startswith("61 shown") for one in words)
    assert any(one.startswith("7 Call me") and one.endswith(" · hidden") for one in words)
    listed = html.unescape(page.partition('id="list"')[2])
    assert "1: 60" in listed
    assert "123 shown · 20 left" in listed


@pytest.mark.slow
def test_the_sample_is_within_the_weight_of_a_page(sqlite_store, clock, tmp_path):
    noy, made = pages_with(sqlite_store, clock, tmp_path, stored.read_whole_folder(MENUS))
    assert len(gzip.compress(noy.get(f"{made}/drawing?language=lo").get_data())) < 45_000


def many(n):
    """The files of a menu with so many screens below its first."""
    below = [
        f"  s{at}:\n    kind: information\n    topic: pay\n    text: {{en: Screen {at}, lo: ໜ້າ {at}}}\n    choices:\n"
        + "".join(
            f'      - {{key: "{key}", to: s{to}, label: {{en: To {to}, lo: ໄປ {to}}}}}\n'
            for key in range(1, 7)
            if (to := 6 * at + key) < n
        )
        + '      - {key: "7", to: call_me, label: {en: Call me, lo: ໂທຫາຂ້ອຍ}}\n'
        for at in range(n)
    ]
    parts = {
        f"more{at}.yaml": "schema: 1\nscreens:\n" + "".join(below[at : at + 40]) for at in range(0, n, 40)
    }
    return BASE | parts | {"screens.yaml": BASE["screens.yaml"].replace("to: pay,", "to: s0,")}


@pytest.mark.parametrize("n", [10, pytest.param(1_000, marks=pytest.mark.slow)])
def test_small_and_large_menus_are_drawn_whole(sqlite_store, clock, tmp_path, n):
    noy, made = pages_with(sqlite_store, clock, tmp_path, many(n))
    page = page_of(noy, f"{made}/drawing?size=50")
    assert {f"s{at}" for at in range(n)} <= set(links_of(drawing_of(page)))
