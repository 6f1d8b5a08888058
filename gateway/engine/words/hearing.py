"""A text as it is looked through: without addresses and clock hours, and where longer words hide shorter ones."""

import re
from itertools import pairwise

from gateway.engine.words.fold import fold
from gateway.engine.words.lexicon import Lexicon
from gateway.engine.words.runs import Run

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


def quiet(lexicon: Lexicon, text: str) -> str:
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
