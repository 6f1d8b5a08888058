"""The documentation site builds, every link and heading that a page names is there, and nothing of it is fetched from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FETCHED = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//[^"'>\s]+""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as ``make docs`` builds it; strict, so a lost link, anchor or page outside the navigation fails."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder


def test_every_page_is_built(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in ROOT.glob("docs/**/*.md")}
    assert pages <= {path.relative_to(site) for path in site.glob("**/*.html")}


def test_no_page_fetches_a_script_a_style_or_a_picture_from_elsewhere(site: Path) -> None:
    fetched = {
        (path.name, found)
        for path in site.glob("**/*.html")
        for found in FETCHED.findall(path.read_text(encoding="utf-8"))
    }
    assert fetched == set()


def test_no_page_makes_the_theme_load_a_library_for_drawings(site: Path) -> None:
    """The theme would load Mermaid from another host where a block bears this class."""
    drawn = [path.name for path in site.glob("**/*.html") if 'class="mermaid"' in path.read_text("utf-8")]
    assert drawn == []
