"""What the browser is given: vendored files as they were published, and a first load that a slow phone can carry."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest

import gateway.web.shared

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
    ours = [*STATIC.glob("*.css"), *STATIC.glob("*.js"), *STATIC.glob("*.svg")]
    vendored = [VENDOR / entry["file"] for entry in MANIFEST if not entry["file"].endswith(".LICENSE")]
    assert sum(weight(path) for path in [*ours, *vendored]) <= 42_000


def test_no_style_or_script_of_ours_reaches_out():
    for path in [*STATIC.glob("*.css"), *STATIC.glob("*.js")]:
        text = path.read_text(encoding="utf-8")
        assert "http://" not in text, path
        assert "https://" not in text, path
        assert "@import" not in text, path
        assert "@font-face" not in text, path
