"""For a text that holds no word of the menu: the two topics that come nearest, and the language it is written in."""

from itertools import pairwise

from gateway.engine.menu import Keyword, Menu, Reaction
from gateway.engine.words.near import LONGEST_NEAR, likely
from gateway.engine.words.runs import LAO, PLAIN, THAI, Run, runs_of, word_of
from gateway.engine.words.sound import romanised, toneless

LEAST = 0.5
"""The share of a word's pairs of letters that a text must hold for its topic to be offered."""

FEWEST_PAIRS = 3
_TAGS = {LAO: "lo", THAI: "th"}


def nearest_topics(menu: Menu, text: str, most: int = 2) -> tuple[Keyword, ...]:
    """Return the entries of the menu that lead to a screen and come nearest to the text, the nearest first."""
    held = {
        script: _pairs("".join(_heard(run) for run in runs_of(text[:LONGEST_NEAR]) if run.script == script))
        for script in (LAO, THAI, PLAIN)
    }
    shares: dict[str, tuple[float, Keyword]] = {}
    for keyword, _, word in likely(menu):
        if keyword.reaction is not Reaction.SHOW:
            continue
        letters, _, script = word_of(word)
        wanted = _pairs(romanised(letters) if script == PLAIN else toneless(letters, script)[0])
        share = len(wanted & held[script]) / len(wanted) if len(wanted) >= FEWEST_PAIRS else 0.0
        if share >= LEAST and share > shares.get(keyword.to, (0.0, keyword))[0]:
            shares[keyword.to] = share, keyword
    ordered = sorted(shares.values(), key=lambda each: -each[0])
    return tuple(keyword for _, keyword in ordered[:most])


def language_of(menu: Menu, text: str) -> str:
    """Return the language whose letters the text is written in, where the letters tell it."""
    count: dict[str, int] = {}
    for run in runs_of(text):
        count[run.script] = count.get(run.script, 0) + len(run.letters)
    tag = _TAGS.get(max(count, key=lambda script: count[script], default=PLAIN), "")
    return tag if tag in menu.languages else ""


def _heard(run: Run) -> str:
    if run.script != PLAIN:
        return toneless(run.letters, run.script)[0]
    cuts = [0, *sorted(run.gaps), len(run.letters)]
    return " ".join(romanised(run.letters[left:right]) for left, right in pairwise(cuts))


def _pairs(letters: str) -> frozenset[str]:
    return frozenset(letters[place : place + 2] for place in range(len(letters) - 1))
