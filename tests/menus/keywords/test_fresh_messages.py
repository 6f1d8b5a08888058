"""300 texts that were written before the rules were: cries, refusals, questions that hold a command, and others.

Before the rules were changed 154 were understood as meant: words 71 of 90, danger 9 of 60, refusals and
questions 20 of 60, texts that mean nothing to us 54 of 90.
"""

from collections import Counter
from dataclasses import dataclass, field

import pytest

from gateway.menus.engine.model import Menu
from gateway.menus.keywords import Match, understand_text
from tests.menus.keywords import tables

LANGUAGES = ("en", "lo", "lo-Latn", "th")
SORTS = ("word", "danger", "refusal", "nothing")
ROWS = tables.rows("messages_fresh.tsv")


@dataclass
class Share:
    """How many texts of each language and sort there were, and how many were understood as meant."""

    texts: Counter[tuple[str, str]] = field(default_factory=Counter)
    right: Counter[tuple[str, str]] = field(default_factory=Counter)

    def of(self, sort: str, language: str = "") -> tuple[int, int]:
        """Return how many were right and how many there were."""
        right, texts = (
            sum(n for (tag, what), n in counter.items() if what == sort and language in ("", tag))
            for counter in (self.right, self.texts)
        )
        return right, texts


def is_as_meant(match: Match | None, meant: str, language: str) -> bool:
    wanted = meant.split("|")
    if match is None:
        return "-" in wanted
    return match.topic in wanted and match.language == language


def shares_of(menu: Menu) -> Share:
    share = Share()
    for text, meant, language, sort in ROWS:
        share.texts[language, sort] += 1
        share.right[language, sort] += is_as_meant(understand_text(menu, text), meant, language)
    return share


def test_the_table_is_what_it_says_it_is() -> None:
    assert len(ROWS) == len({text for text, *_ in ROWS}) == 300
    sorts = Counter(sort for *_, sort in ROWS)
    assert (sorts["danger"], sorts["refusal"], sorts["nothing"]) == (60, 60, 90)
    assert {language for _, _, language, _ in ROWS} == set(LANGUAGES)


def test_the_figures_by_language(menu: Menu, capsys: pytest.CaptureFixture[str]) -> None:
    share = shares_of(menu)
    with capsys.disabled():
        print("\n         ", "   ".join(f"{sort:8}" for sort in SORTS))
        for language in (*LANGUAGES, ""):
            cells = ["{:3}/{:<3}".format(*share.of(sort, language)) for sort in SORTS]
            print(f"{language or 'all':9} ", "    ".join(cells))
    assert share.of("danger") == (60, 60)
    for language in LANGUAGES:
        for sort in SORTS:
            right, texts = share.of(sort, language)
            assert right >= 0.93 * texts, (language, sort)
