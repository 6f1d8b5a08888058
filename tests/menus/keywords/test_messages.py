"""Texts as people send them: what share is understood, what is mistaken, and that danger is never missed."""

from collections import Counter
from dataclasses import dataclass, field

import pytest

from gateway.menus.engine.model import Menu
from gateway.menus.keywords import Match, understand_text
from tests.menus.keywords import tables

LANGUAGES = ("en", "lo", "lo-Latn", "th", "mixed")
NOTHING = "-"
DANGER = "sos"


@dataclass
class Figures:
    """How often texts of each sort were there, and how often they were understood as meant."""

    texts: Counter[tuple[str, str]] = field(default_factory=Counter)
    right: Counter[tuple[str, str]] = field(default_factory=Counter)

    def share(self, sort: str, language: str = "") -> float:
        """The share that was understood as meant, of one language or of all."""
        texts, right = (self._of(counter, sort, language) for counter in (self.texts, self.right))
        return right / texts if texts else 1.0

    def line(self, language: str) -> str:
        """One line of the printed table."""
        cells = []
        for sort in ("word", "danger", "nothing"):
            right, texts = (self._of(each, sort, language) for each in (self.right, self.texts))
            cells.append(f"{right:4}/{texts:<4}")
        return f"{language or 'all':8} {' '.join(cells)}"

    def _of(self, counter: Counter[tuple[str, str]], sort: str, language: str) -> int:
        return sum(n for (tag, what), n in counter.items() if what == sort and language in ("", tag))


def figures_of(menu: Menu, name: str) -> Figures:
    figures = Figures()
    for text, meant, language in tables.rows(name):
        sort = {NOTHING: "nothing", DANGER: "danger"}.get(meant, "word")
        figures.texts[language, sort] += 1
        figures.right[language, sort] += is_right(understand_text(menu, text), meant, language)
    return figures


def is_right(match: Match | None, meant: str, language: str) -> bool:
    if match is None:
        return meant == NOTHING
    return match.topic in meant.split("|") and language in ("mixed", match.language)


@pytest.mark.parametrize(("name", "count"), [("messages_tuned.tsv", 200), ("messages_held.tsv", 100)])
def test_the_tables_are_what_they_say_they_are(name: str, count: int) -> None:
    rows = tables.rows(name)
    assert len(rows) == len({text for text, _, _ in rows}) == count
    assert sum(meant == NOTHING for _, meant, _ in rows) >= count // 3 - 1
    assert {language for _, _, language in rows} == set(LANGUAGES)


def test_no_text_is_in_both_tables() -> None:
    tuned, held = (
        {row[0].casefold() for row in tables.rows(f"messages_{name}.tsv")} for name in ("tuned", "held")
    )
    assert not tuned & held


def test_the_tuned_texts_are_understood(menu: Menu, capsys: pytest.CaptureFixture[str]) -> None:
    figures = figures_of(menu, "messages_tuned.tsv")
    printed(figures, "tuned", capsys)
    assert figures.share("danger") == 1.0
    assert figures.share("nothing") >= 0.97
    for language in LANGUAGES:
        assert figures.share("word", language) >= 0.95, language


def test_the_held_texts_are_told_and_no_danger_in_them_is_missed(
    menu: Menu, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = figures_of(menu, "messages_held.tsv")
    printed(figures, "held back", capsys)
    assert figures.share("danger") == 1.0


def printed(figures: Figures, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{name:8} understood danger  left alone")
        for language in (*LANGUAGES, ""):
            print(figures.line(language))
