"""Finds words of danger in romanised Lao, which has no standard spelling: what sounds the same is the same word.

No letter is guessed: both spellings come out equal by the rules of ``sound``, or it is another word.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from gateway.engine.words.lexicon import Lexicon, Spelling
from gateway.engine.words.runs import PLAIN, Run
from gateway.engine.words.sound import romanised

ROMAN = "-Latn"
LEAST_HEARD = 6
"""Letters, as they sound, of a word that is told apart by its sound; shorter ones are words of other languages."""

MOST_WORDS = 6
_KEPT = 8
_READY: dict[int, tuple[Lexicon, Mapping[str, Spelling]]] = {}


def heard_places(lexicon: Lexicon, run: Run) -> Iterator[tuple[Spelling, int, int]]:
    """Yield the places of a run in Latin letters at which a few words sound like a word of danger."""
    sounds = _sounds(lexicon)
    if run.script != PLAIN or not sounds:
        return
    cuts = [0, *run.gaps, len(run.letters)]
    ears = [romanised(run.letters[left:right]) for left, right in pairwise(cuts)]
    for first in range(len(ears)):
        ear = ""
        for last in range(first, min(first + MOST_WORDS, len(ears))):
            ear += ears[last]
            if ear in sounds:
                yield sounds[ear], cuts[first], cuts[last + 1]


def _sounds(lexicon: Lexicon) -> Mapping[str, Spelling]:
    """Return the words of danger of romanised languages by their sound; those of one word alone stay as written."""
    known = _READY.get(id(lexicon))
    if known is None or known[0] is not lexicon:
        found: dict[str, Spelling] = {}
        for spelling in lexicon.danger.of(PLAIN):
            if spelling.language.endswith(ROMAN) and spelling.spaces:
                cuts = [0, *sorted(spelling.spaces), len(spelling.letters)]
                ear = "".join(romanised(spelling.letters[left:right]) for left, right in pairwise(cuts))
                if len(ear) >= LEAST_HEARD:
                    found.setdefault(ear, spelling)
        known = (lexicon, found)
        while len(_READY) >= _KEPT:
            _READY.pop(next(iter(_READY)), None)
        _READY[id(lexicon)] = known
    return known[1]
