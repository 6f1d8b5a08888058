"""The glossary says each term once, and none of its terms is the wrong word for another."""

import re
from collections import Counter
from pathlib import Path

PAGE = (Path(__file__).resolve().parents[2] / "docs/explanation/glossary.md").read_text(encoding="utf-8")
TERMS = [
    (term.casefold(), wrong)
    for line in PAGE.splitlines()
    if line.startswith("| **")
    for terms, _, wrong in [[cell.strip() for cell in line.strip("|").split(" | ")]]
    for term in re.findall(r"\*\*(.+?)\*\*", terms)
]


def test_each_term_is_said_once() -> None:
    assert len(TERMS) > 100
    assert [term for term, n in Counter(term for term, _ in TERMS).items() if n > 1] == []


def test_what_not_to_say_is_no_term_unless_it_says_which_thing_that_is() -> None:
    """A word that is right for something else says so in brackets: *receipt (that is the engine's)*."""
    known = {term for term, _ in TERMS}
    for term, wrong in TERMS:
        plain = re.sub(r"[^,]*\([^)]*\)", "", wrong)
        clash = known & {word.strip().casefold() for word in plain.split(",")}
        assert clash == set(), f"{term}: {sorted(clash)}"
