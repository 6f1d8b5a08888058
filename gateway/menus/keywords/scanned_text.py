"""Whether a text is little else than what is looked for: a command, a number, a label, with courtesy round it."""

import re
from itertools import pairwise
from typing import TypeVar

from gateway.menus.keywords.lexicon import Group, Lexicon, LexiconEntry
from gateway.menus.keywords.normalise import fold
from gateway.menus.keywords.script_runs import Run, runs_of

# A text as it is looked through: without addresses and clock hours, and where longer words hide shorter
# ones.

_PATH = r"[!-~]* (?: (?<=[/=%&?\#]) [^\s!-~]+ [!-~]* )*"
"""Letters of another script belong to an address only behind one of its own signs: a cry may stand right behind it."""

_ADDRESS = re.compile(
    rf"""
    (?: (?: https? | ftp | line | viber | whatsapp | market | intent ) :// | (?<![\w.]) www\. ) {_PATH}
    | (?<![\w.+-]) [\w.+-]{{1,64}} @ [a-z0-9-]{{1,63}} (?: \.[a-z0-9-]{{1,63}} ){{1,4}}
    | (?<![\w.-]) [a-z0-9-]{{1,63}} (?: \.[a-z0-9-]{{1,63}} ){{0,4}} \.[a-z]{{2,12}} / {_PATH}
    """,
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
"""A scheme or ``www.``, an address of mail, a name with a path. Every repetition is bounded or never given back."""

_INITIALS = re.compile(r"(?<=\b[a-z])\.(?=[a-z]\b)")
"""The dots of ``s.o.s``, which is one word."""

_NOTHING = "\n"

_SPELLED = re.compile(r"(?<![^\W_])(?:[a-z][ .\-_*]{1,2}){2,}[a-z](?![^\W_])")
"""Letters that stand one by one: ``h e l p``, ``S.T.O.P``."""

_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
"""A letter three times in a row is drawn out; no word of these languages has it."""

_SIGNS = str.maketrans({"\U0001f198": " sos ", "\U0001f6d1": " stop "})
"""Two signs that are words: U+1F198 SQUARED SOS and U+1F6D1 OCTAGONAL SIGN, the road sign of that word."""


def quiet_text(lexicon: Lexicon, text: str) -> str:
    """Return a folded text without what is not read for words: addresses, and hours such as ตี 2."""
    folded = _INITIALS.sub(" ", fold(_ADDRESS.sub(_NOTHING, text))).translate(_SIGNS)
    return lexicon.clock.sub(_NOTHING, folded) if lexicon.clock else folded


def read_otherwise(heard: str) -> tuple[str, ...]:
    """Return how else a quiet text may be read where it is drawn out or spelled letter by letter; mostly not at all.

    ``heeelp`` has one letter less than it seems and ``killll`` two: both are tried.
    """
    joined = _SPELLED.sub(lambda found: re.sub(r"[\W_]", "", found[0]), heard)
    ways = (joined, *(_DRAWN_OUT.sub(short, joined) for short in (r"\1\1", r"\1")))
    return tuple(way for before, way in pairwise((heard, *ways)) if way != before)


class Longer:
    """The longer words of a run that hold a shorter one and do not say it: ຕີ in ດົນຕີ, which is music."""

    def __init__(self, lexicon: Lexicon, run: Run) -> None:
        reach = [0] * (len(run.letters) + 1)
        for start, end, _ in lexicon.harmless.places(run):
            reach[start] = max(reach[start], end)
        for place in range(1, len(reach)):
            reach[place] = max(reach[place], reach[place - 1])
        self._reach = reach

    def hold(self, start: int, end: int) -> bool:
        """Say whether the place lies in such a word, and is not all of it."""
        return self._reach[start] > end or (start > 0 and self._reach[start - 1] >= end)

    def cover(self, start: int, end: int) -> bool:
        """Say whether the place lies in such a word, or is one."""
        return self._reach[start] >= end


LONGEST_FILLED = 120
"""Characters of a text that can be little else; a longer one is a question."""


E = TypeVar("E", bound=LexiconEntry)
_NONE: Group[LexiconEntry] = Group(())


def is_filled_by(text: str, wanted: Group[E], beside: Group[LexiconEntry]) -> tuple[E, ...]:
    """Return the wanted words that a text holds, if words that may stand beside them are all the rest; else none.

    Args:
        text: folded or as it came.
        wanted: of which at least one must stand in it; repeats are allowed.
        beside: what may stand in it as well, in any script.
    """
    if len(text) > LONGEST_FILLED:
        return ()
    return next(filter(None, (_is_filled(way, wanted, beside) or () for way in _ways(text))), ())


def is_filled(text: str, beside: Group[LexiconEntry]) -> bool:
    """Say whether a text holds nothing but these words, or no word at all."""
    return len(text) <= LONGEST_FILLED and any(
        _is_filled(way, _NONE, beside) is not None for way in _ways(text)
    )


def _ways(text: str) -> tuple[str, ...]:
    """Return the text as it is, and how else it reads where it is drawn out: ``okkkk``, ``ครับบบ``."""
    return (text, *read_otherwise(fold(text)))


def _is_filled(text: str, wanted: Group[E], beside: Group[LexiconEntry]) -> tuple[E, ...] | None:
    """Return the wanted words of a text that holds nothing else but these and those beside them, or None."""
    found: tuple[E, ...] = ()
    for run in runs_of(text):
        here = _of_run(run, wanted, beside)
        if here is None:
            return None
        found = (*found, *here)
    return found


def _of_run(run: Run, wanted: Group[E], beside: Group[LexiconEntry]) -> tuple[E, ...] | None:
    """Return the wanted words on a way through the run that skips nothing, or None where there is no way.

    Of several ways to one place the one with a wanted word is kept.
    """
    ways: list[tuple[E, ...] | None] = [None] * (len(run.letters) + 1)
    ways[0] = ()
    for place in range(len(run.letters)):
        so_far = ways[place]
        if so_far is None:
            continue
        for end, entry in wanted.at(run, place):
            if not ways[end]:
                ways[end] = (*so_far, entry)
        for end, _ in beside.at(run, place):
            if ways[end] is None or (so_far and not ways[end]):
                ways[end] = so_far
    return ways[-1]
