"""Every way to break a menu has one folder here, and the author reads exactly the words beside it."""

import re
from pathlib import Path

import pytest

from gateway.menus.authoring.checks import characters
from gateway.menus.authoring.problems import Level, describe_problem
from tests.support.menu_folders import BROKEN, base, broken, checked, checked_broken

ERRORS = {
    "yaml-syntax",
    "yaml-guessed",
    "yaml-repeated-key",
    "yaml-refused",
    "unknown-key",
    "missing-key",
    "unknown-screen",
    "key-twice",
    "key-reserved",
    "text-missing",
    "text-too-long",
    "unknown-placeholder",
    "unknown-fact",
    "figure-in-text",
    "unknown-language",
    "keyword-twice",
    "danger-unheard",
    "danger-misled",
    "consent-after-number",
    "refusal-without-deed",
    "loop-no-exit",
    "first-screen-not-gsm7",
    "question-split",
    "sms-over-3-parts",
    "number-without-country",
    "wrong-year",
    "empty-value",
    "review-in-future",
    "placeholders-differ",
    "wrong-script",
    "danger-not-asked",
    "danger-number-hidden",
    "wrong-fact",
    "key-moved",
}
MILDER = {"placeholders-differ", "wrong-script", "wrong-fact", "key-moved", "figure-in-text"}
"""Errors that are warnings where they do less harm."""

WARNINGS = {
    "unreachable",
    "no-way-back",
    "danger-far",
    "untranslated",
    "unreviewed",
    "translation-stale",
    "translation-unmarked",
    "fact-expired",
    "fact-expires-soon",
    "lookalike",
    "legacy-font",
    "typography-folded",
    "keyword-shadowed",
    "setting-missing",
    "window-never-staffed",
    "checked-in-future",
    "long-screen",
    "large-alphabet",
    "sister-left-behind",
    "hours-missing",
    "emoji-in-text",
    "leftover-marks",
}


def _names(folder: Path) -> str:
    return folder.name


def test_the_sound_menu_has_no_problem_at_all():
    found = checked(base())
    assert found.problems == ()
    assert found.sound


@pytest.mark.parametrize("folder", BROKEN, ids=_names)
def test_the_author_reads_exactly_this(folder):
    files = broken(folder)
    sources = {name: content.decode() for name, content in files.items()}
    found = checked_broken(folder)
    words = "\n".join(describe_problem(problem, sources) for problem in found.problems)
    assert words + "\n" == (folder / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", BROKEN, ids=_names)
def test_errors_and_nothing_else_keep_a_menu_from_being_sound(folder):
    found = checked_broken(folder)
    assert found.sound != any(problem.level is Level.ERROR for problem in found.problems)


@pytest.mark.parametrize("folder", BROKEN, ids=_names)
def test_every_problem_says_where_and_what_to_do(folder):
    files = broken(folder)
    found = checked_broken(folder)
    assert found.problems
    for problem in found.problems:
        lines = files[problem.place.file].decode().splitlines()
        assert 1 <= problem.place.line <= len(lines)
        assert 1 <= problem.place.column <= len(lines[problem.place.line - 1]) + 1
        assert len(problem.hint) > 8
        assert re.search(
            r"\b(write|add|delete|use|give|did you mean|shorten|move|put|make|set|keep|choose|check|indent"
            r"|let|translate|run|type|split|save|name|begin|close|look)\b",
            problem.hint,
        )


@pytest.mark.parametrize("folder", BROKEN, ids=_names)
def test_codes_and_levels_are_those_of_the_closed_list(folder):
    for problem in checked_broken(folder).problems:
        assert problem.code in (ERRORS if problem.level is Level.ERROR else WARNINGS | MILDER)


@pytest.mark.parametrize("folder", BROKEN, ids=_names)
def test_the_code_that_names_the_folder_is_found(folder):
    codes = {problem.code for problem in checked_broken(folder).problems}
    assert any(folder.name.startswith(code) for code in codes)


def test_every_code_has_a_folder():
    named = {code for code in ERRORS | WARNINGS if any(folder.name.startswith(code) for folder in BROKEN)}
    assert named == ERRORS | WARNINGS


def test_every_code_is_explained_in_the_reference():
    page = (Path(__file__).parents[3] / "docs/reference/menu-problems.md").read_text(encoding="utf-8")
    errors, warnings = page.split("## Warnings")
    assert set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", errors)) == ERRORS
    assert set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)*)`", warnings)) == WARNINGS | {"file-not-read"}


def test_an_earlier_check_changes_nothing_about_a_later_one():
    """What wins over a word is remembered between checks, as long as the words of the menu are the same."""
    folders = [broken(folder) for folder in BROKEN if "keyword" in folder.name or "danger" in folder.name]
    assert len(folders) > 2
    alone = []
    for files in folders:
        characters._get_known_shadows.cache_clear()
        alone.append(checked(files).problems)
    assert [checked(files).problems for files in (*folders, *folders)] == [*alone, *alone]
