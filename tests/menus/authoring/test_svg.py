"""The drawings show every screen and every way, whatever the texts hold, and what is wrong stands out."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import pytest

from gateway.menus.authoring.check import build_trees, fill_for_drawing, list_drawn_ways, make_sketch
from gateway.menus.authoring.drawing import draw_mermaid, draw_svg, find_levels, format_key
from gateway.menus.authoring.folder import read_folder, read_tests
from gateway.menus.authoring.graph import list_ways
from gateway.menus.authoring.problems import Level
from tests.support.menu_folders import BROKEN, HERE, TODAY, base, broken, checked, checked_broken, with_change

SVG = "{http://www.w3.org/2000/svg}"
TOO_LONG = broken(HERE / "broken" / "text-too-long")


def menu(files=None):
    found = checked(files or base()).built
    assert found is not None
    return found


def boxes(drawn):
    """The outer rectangles: x, y, width, height."""
    rects = [group.find(f"{SVG}rect") for group in ET.fromstring(drawn).findall(f"{SVG}g")]
    return [tuple(int(rect.attrib[name]) for name in ("x", "y", "width", "height")) for rect in rects]


def words(drawn):
    return ["".join(text.itertext()) for text in ET.fromstring(drawn).iter(f"{SVG}text")]


def test_mermaid_has_a_box_a_screen_and_an_arrow_a_way():
    lines = draw_mermaid(menu()).splitlines()
    assert lines[0] == "flowchart LR"
    assert '  s_thanks(["Thank you. · thanks"])' in lines
    assert '  s_main -->|"1 My pay"| s_pay' in lines
    assert "  s_call_me --> s_danger" in lines
    assert '  s_pay -.->|"7 Call me"| s_call_me' in lines
    assert len(lines) == 1 + len(menu().screens) + len(list_ways(menu()))


def test_mermaid_is_not_broken_by_a_text():
    files = with_change("screens.yaml", "Shall a person call you?", "\"He said: 'x' {th.wage} <b>\"")
    drawn = draw_mermaid(menu(files))
    assert all(line.count('"') in {0, 2, 4} for line in drawn.splitlines())
    assert "{th" not in drawn


def test_problems_are_coloured_in_both():
    found = checked(TOO_LONG)
    assert found.menu is None
    assert find_levels(found.problems) == {"thanks": Level.ERROR}
    assert "  class s_thanks error" in draw_mermaid(found.built, "en", found.problems).splitlines()
    assert "classDef" not in draw_mermaid(menu())
    drawn = draw_svg(found.built, "en", found.problems)
    assert "error: text-too-long" in words(drawn)
    (group,) = [
        each
        for each in ET.fromstring(drawn).findall(f"{SVG}g")
        if "error: text-too-long" in "".join(each.itertext())
    ]
    assert "39 septets too long" in group.find(f"{SVG}title").text
    assert group.find(f"{SVG}rect").attrib["fill"] != "#ffffff"


def test_a_screen_with_an_error_and_a_warning_shows_the_error():
    found = checked(broken(HERE / "broken" / "loop-no-exit"))
    assert find_levels(found.problems) == {"pay": Level.ERROR}
    assert find_levels(reversed(found.problems)) == {"pay": Level.ERROR}


def drawn_of(files, language="en"):
    """What the command draws: the menu with its faults, as SVG and as Mermaid."""
    found = checked(files)
    made = make_sketch(files, found.built)
    assert made is not None
    filled = fill_for_drawing(made.menu, TODAY, language)
    more = (filled, language, found.problems, made.missing)
    return made, draw_svg(*more), draw_mermaid(*more)


@pytest.mark.fault("M10")
@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("to: pay, label", "to: pya, label", "pya"),
        ("to: sos, label", "to: no-such-name, label", "no-such-name"),
        ("takes_code: {to: status}", "takes_code: {to: statsu}", "statsu"),
        ("[danger, phone_seen, when, consent]", "[danger, seen, when, consent]", "seen"),
        ("consent], to: code}", "consent], to: coed}", "coed"),
        ("start: language", "start: langauge", "langauge"),
        ("sos: sos", "sos: sso", "sso"),
    ],
)
def test_what_leads_nowhere_is_drawn_as_a_missing_box(old, new, name):
    files = {file: text.decode().replace(old, new, 1).encode() for file, text in base().items()}
    assert files != base()
    made, picture, text = drawn_of(files)
    assert made.missing == {name}
    assert set(made.menu.screens) == {*menu().screens, name}
    assert f"nobody wrote a screen '{name}'" in words(picture)
    assert "stroke-dasharray" in picture
    assert f"nobody wrote a screen '{name}'" in text
    assert sum(line.endswith(" error") for line in text.splitlines()) >= 1
    assert f"there is no screen '{name}'" in text
    assert f"there is no screen '{name}'" in picture.replace("&#x27;", "'")


@pytest.mark.fault("M10")
@pytest.mark.parametrize("folder", BROKEN, ids=lambda folder: folder.name)
def test_every_broken_folder_is_drawn_with_each_error_named(folder):
    files = broken(folder)
    made, picture, text = drawn_of(files)
    ET.fromstring(picture)
    for problem in checked_broken(folder).problems:
        if problem.level is Level.ERROR and problem.code != "key-moved":
            assert problem.code in text
            assert problem.code in picture
    if folder.name not in WITHOUT_A_FILE:
        assert set(menu().screens) <= {*made.menu.screens, "thanks"}


WITHOUT_A_FILE = {folder.name for folder in BROKEN if folder.name.startswith("yaml-")}
"""Where a file cannot be read, its screens are not known."""


@pytest.mark.fault("M10")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "    kind: information\n    topic: pay",
            "    kind: entry\n    digits: many\n    does: dance\n    topic: pay",
        ),
        ("does: cancel_callback", "does: dance"),
        ("kind: offer", "kind: [offer]"),
        ("checked_on: 2026-11-24", "checked_on: soon"),
        ('evening: {hours: "18:00-21:00"}', 'evening: {hours: "late"}'),
        ("windows:", "windoes:"),
    ],
)
def test_what_cannot_be_built_leaves_the_rest_in_the_drawing(old, new):
    files = {file: text.decode().replace(old, new, 1).encode() for file, text in base().items()}
    assert files != base()
    assert checked(files).built is None
    made, picture, _ = drawn_of(files)
    assert set(made.menu.screens) == set(menu().screens)
    ET.fromstring(picture)


def test_a_folder_without_any_screen_cannot_be_drawn():
    assert make_sketch({"a.yaml": b"schema: 1\n"}) is None
    assert make_sketch({"a.yaml": b": ["}) is None
    assert make_sketch({}) is None


@pytest.mark.fault("M10")
@pytest.mark.parametrize(
    ("language", "arrow", "name", "filled"),
    [
        ("en", "1 My pay", "At least 400 baht a day.", "Your code is ‹code›."),
        ("lo", "1 ຄ່າແຮງ", "ຢ່າງໜ້ອຍ 400 ບາດ/ມື້", "ລະຫັດ ‹code›. ຈະໂທ ‹when›"),
    ],
)
def test_the_words_of_each_key_the_titles_and_the_values_are_drawn(language, arrow, name, filled):
    _, picture, text = drawn_of(base(), language)
    for drawn in (" ".join(words(picture)), text):
        assert arrow in drawn
        assert name[:20] in drawn
    assert filled[:20] in " ".join(words(picture))
    assert "{" not in picture
    assert not {"call_me", "sos", "pay"} & set(words(picture))  # no bare name of a screen


def test_svg_is_well_formed_and_whole():
    files = with_change("screens.yaml", "Shall a person call you?", '"<script>&\'"')
    root = ET.fromstring(draw_svg(menu(files), "en"))
    assert len(root.findall(f"{SVG}g")) == len(menu(files).screens)
    assert root.findall(f".//{SVG}script") == []
    assert "ຂອບໃຈ." in words(draw_svg(menu(), "lo"))


def test_every_key_stands_beside_its_line_or_in_its_box():
    drawn = draw_svg(menu())
    lines = len(ET.fromstring(drawn).findall(f"{SVG}path"))
    assert lines == len(menu().screens) - len(build_trees(menu()))
    shown = " ".join(words(drawn))
    for name in menu().screens:
        for way in list_drawn_ways(menu(), name):
            assert re.search(rf"\b{way.key}\b", shown)
            assert format_key(menu(), way, "en") in shown.replace(" →", "") or way.key in shown
    assert "7 Call me → Call me back" in shown
    assert "code" in words(drawn)  # the way that a typed code opens


def test_no_two_boxes_touch_and_all_lie_inside():
    for files in (None, broken(HERE / "broken" / "danger-far")):
        drawn = draw_svg(menu(files))
        width, height = (int(ET.fromstring(drawn).attrib[name]) for name in ("width", "height"))
        placed = boxes(drawn)
        assert all(x >= 0 and y >= 0 and x + w <= width and y + h <= height for x, y, w, h in placed)
        for (x1, y1, w1, h1), (x2, y2, w2, h2) in combinations(placed, 2):
            assert x1 + w1 < x2 or x2 + w2 < x1 or y1 + h1 < y2 or y2 + h2 < y1


def test_the_sample_fits_a_sheet_of_paper():
    sample = checked(read_folder(Path("menus"))).built
    root = ET.fromstring(draw_svg(sample))
    assert len(sample.screens) >= 50
    # Five columns with the words of each key between them, as wide as a sheet across and as long as a roll.
    assert int(root.attrib["width"]) < 1900
    assert int(root.attrib["height"]) < 40 * len(sample.screens)


def test_each_screen_hangs_where_it_is_reached_first():
    roots = build_trees(menu())
    assert [root.screen for root in roots] == ["language", "offer"]
    assert [(child.screen, child.keys) for child in roots[0].children] == [
        ("main", ("1", "4")),
        ("sos", ("9",)),
    ]
    assert [child.screen for child in roots[0].children[0].children] == ["status", "pay", "call_me"]


def test_a_folder_is_read_without_its_tests_and_hidden_files(tmp_path):
    for name in ("a.yaml", "b.yml", "more/c.yaml", "tests/d.yaml", ".git/e.yaml", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"schema: 1")
    assert list(read_folder(tmp_path)) == ["a.yaml", "b.yml", "more/c.yaml"]
    assert list(read_tests(tmp_path)) == ["tests/d.yaml"]
    assert read_folder(tmp_path / "a.yaml") == {"a.yaml": b"schema: 1"}
