"""For a text that holds no word of the menu: the two topics that come nearest, and the language it is written in."""

from itertools import pairwise

from gateway.engine.menu import Keyword, Menu, Reaction
from gateway.engine.words.near import LONGEST_NEAR, likely
from gateway.engine.words.runs import PLAIN, Run, runs_of, word_of
from gateway.engine.words.sound import romanised, toneless

LEAST = 0.5
"""The share of a word's pairs of letters that a text must hold for its topic to be offered."""

FEWEST_PAIRS = 3


def nearest_topics(menu: Menu, text: str, most: int = 2) -> tuple[Keyword, ...]:
    """Return the entries of the menu that lead to a screen and come nearest to the text, the nearest first."""
    runs = runs_of(text[:LONGEST_NEAR])
    held = {
        script: _pairs("".join(_heard(run) for run in runs if run.script == script))
        for script in {run.script for run in runs}
    }
    shares: dict[str, tuple[float, Keyword]] = {}
    for keyword, _, word in likely(menu):
        if keyword.reaction is not Reaction.SHOW:
            continue
        letters, _, script = word_of(word)
        wanted = _pairs(romanised(letters) if script == PLAIN else toneless(letters, script)[0])
        share = (
            len(wanted & held.get(script, frozenset())) / len(wanted) if len(wanted) >= FEWEST_PAIRS else 0.0
        )
        if share >= LEAST and share > shares.get(keyword.to, (0.0, keyword))[0]:
            shares[keyword.to] = share, keyword
    ordered = sorted(shares.values(), key=lambda each: -each[0])
    return tuple(keyword for _, keyword in ordered[:most])


def language_of(menu: Menu, text: str) -> str:
    """Return the language whose letters the text is written in, where the letters tell it."""
    count: dict[str, int] = {}
    for run in runs_of(text):
        count[run.script] = count.get(run.script, 0) + len(run.letters)
    script = max(count, key=lambda each: count[each], default=PLAIN)
    return (
        "" if script == PLAIN else next((tag for tag in menu.languages if script == _script(menu, tag)), "")
    )


def _script(menu: Menu, tag: str) -> str:
    """Return the script of a language: of its keywords, which people write, else of its own name."""
    words = (word for keyword in menu.keywords for word in keyword.words.get(tag, ()))
    count: dict[str, int] = {}
    for word in (menu.languages[tag], *words):
        script = word_of(word)[2]
        count[script] = count.get(script, 0) + 1
    return max(count, key=lambda each: count[each])


def _heard(run: Run) -> str:
    if run.script != PLAIN:
        return toneless(run.letters, run.script)[0]
    cuts = [0, *sorted(run.gaps), len(run.letters)]
    return " ".join(romanised(run.letters[left:right]) for left, right in pairwise(cuts))


def _pairs(letters: str) -> frozenset[str]:
    return frozenset(letters[place : place + 2] for place in range(len(letters) - 1))
