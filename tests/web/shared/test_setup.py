"""What the browser is given: vendored files as they were published, and a first load that a slow phone can carry."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest

import gateway.web.shared
from tests.support.used_styles import MADE, Pages, make_styles

STATIC = Path(gateway.web.shared.__file__).parent / "static"
VENDOR = STATIC / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))["files"]


def weight(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["file"])
def test_a_vendored_file_is_the_one_of_the_manifest(entry):
    assert hashlib.sha256((VENDOR / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
    assert entry["version"] in entry["file"] or entry["file"].endswith(".LICENSE")


def test_every_vendored_file_is_in_the_manifest():
    named = {entry["file"] for entry in MANIFEST} | {"manifest.json"}
    assert {path.name for path in VENDOR.iterdir()} == named


def test_every_vendored_package_comes_with_its_licence():
    packages = {entry["name"] for entry in MANIFEST}
    assert {entry["name"] for entry in MANIFEST if entry["file"].endswith(".LICENSE")} == packages


def test_the_stylesheet_of_ours_is_small():
    assert weight(STATIC / "app.css") <= 12_000


def test_the_first_load_fits_a_slow_phone():
    of_other_pages = {"admin.css", "copy.js", "editor.js", "palette.js", "push.js"}
    files = [*STATIC.glob("*.css"), *STATIC.glob("*.js"), *STATIC.glob("*.svg")]
    ours = [path for path in files if path.name not in of_other_pages]
    assert sum(weight(path) for path in [*ours, *VENDOR.glob("htmx-*.js")]) <= 39_000


def test_the_stylesheet_without_unused_rules_is_current():
    assert MADE.read_text(encoding="utf-8") == make_styles(), "python -m tests.support.used_styles"


@pytest.mark.parametrize(
    "selector", ["progress", "[data-tooltip]", ".container", "[type=range]", "a.contrast"]
)
def test_a_rule_that_no_page_can_meet_is_not_sent(selector):
    assert not Pages().may_meet(selector)


@pytest.mark.parametrize(
    "selector",
    [
        "button",
        "[aria-busy=true]",
        "[type=checkbox][role=switch]",
        "details.dropdown>summary:not([role])",
        "dialog>article",
        "[type=radio]:checked",
    ],
)
def test_a_rule_that_a_page_may_meet_stays(selector):
    assert Pages().may_meet(selector)


def test_no_style_or_script_of_ours_reaches_out():
    for path in [*STATIC.glob("*.css"), *STATIC.glob("*.js")]:
        text = path.read_text(encoding="utf-8").replace(
            "http://www.w3.org/2000/svg", ""
        )  # a name, asked by nobody
        assert "http://" not in text, path
        assert "https://" not in text, path
        assert "@import" not in text, path
        assert "@font-face" not in text, path
