"""The drawings show every screen and every way, whatever the texts hold."""

import xml.etree.ElementTree as ET

from gateway.catalogue.drawing import mermaid, svg
from gateway.catalogue.folder import read_folder, read_tests
from gateway.catalogue.graph import ways
from tests.catalogue.folders import base, checked, with_change

SVG = "{http://www.w3.org/2000/svg}"


def menu(files=None):
    found = checked(files or base()).menu
    assert found is not None
    return found


def test_mermaid_has_a_box_a_screen_and_an_arrow_a_way():
    lines = mermaid(menu()).splitlines()
    assert lines[0] == "flowchart LR"
    assert '  s_thanks(["thanks: Thank you."])' in lines
    assert "  s_main -->|1| s_pay" in lines
    assert "  s_call_me --> s_danger" in lines
    assert len(lines) == 1 + len(menu().screens) + len(ways(menu()))


def test_mermaid_is_not_broken_by_a_text():
    files = with_change("screens.yaml", "Shall a person call you?", "\"He said: 'x' {th.wage} <b>\"")
    drawn = mermaid(menu(files))
    assert all(line.count('"') in {0, 2} for line in drawn.splitlines())
    assert "{th" not in drawn


def test_svg_is_well_formed_and_whole():
    files = with_change("screens.yaml", "Shall a person call you?", '"<script>&\'"')
    root = ET.fromstring(svg(menu(files), "en"))
    assert len(root.findall(f"{SVG}g")) == len(menu(files).screens)
    assert len(root.findall(f"{SVG}path")) == len(ways(menu(files)))
    assert root.findall(f".//{SVG}script") == []
    assert "ຂອບໃຈ" in svg(menu(), "lo")


def test_a_folder_is_read_without_its_tests_and_hidden_files(tmp_path):
    for name in ("a.yaml", "b.yml", "more/c.yaml", "tests/d.yaml", ".git/e.yaml", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"schema: 1")
    assert list(read_folder(tmp_path)) == ["a.yaml", "b.yml", "more/c.yaml"]
    assert list(read_tests(tmp_path)) == ["tests/d.yaml"]
    assert read_folder(tmp_path / "a.yaml") == {"a.yaml": b"schema: 1"}
