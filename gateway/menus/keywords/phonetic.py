"""Compare words by sound: romanised Lao, which has no standard spelling, and Lao or Thai with missing tone marks.

Danger words are matched here only by rules that map both spellings to the same form; no letter is guessed.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter

from gateway.menus.keywords.lexicon import Lexicon, LexiconEntry, Spelling
from gateway.menus.keywords.script_runs import LAO, PLAIN, START, THAI, Run, list_starts, split_runs

_ROMANISED = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        ("j", "ch"),
        ("x", "s"),
        ("w", "v"),
        ("ck|c(?!h)|q", "k"),
        ("([ptk])h", r"\1"),
        ("r(?=[aeiou])", "l"),
        ("aa+", "a"),
        ("ee+|ii+", "i"),
        ("oo+|ou", "u"),
        ("[eo]?u[ae]+(?=[nt])|eua", "ua"),
        ("oeu?|eu|ue|[eu]r", "u"),
        ("ae|ea", "e"),
        ("aw|or", "o"),
        ("ar", "a"),
        ("(?<=[aeiou])y", "i"),
        ("(?<=[aeiou])h(?![aeiou])", ""),
        ("r$", ""),
        ("d$", "t"),
        ("b$", "p"),
        ("(?<!n)g$", "k"),
        (r"([a-z])\1+", r"\1"),
    )
)
"""Replacements in this order; spellings that differ only by them sound the same to a Lao reader."""

_SAME = {
    LAO: str.maketrans({**dict.fromkeys("່້໊໋໌"), "ີ": "ິ", "ື": "ຶ", "ູ": "ຸ", "ໃ": "ໄ", "ຣ": "ລ"}),
    THAI: str.maketrans(
        {**dict.fromkeys("่้๊๋็"), "ี": "ิ", "ื": "ึ", "ู": "ุ", "ใ": "ไ", "ศ": "ส", "ษ": "ส", "ณ": "น"}
    ),
}
_NOTHING_SAME: dict[int, str] = {}
_SILENT = re.compile("[ก-ฮ][ิุ]?์")
"""A silent Thai letter with its thanthakhat (U+0E4C)."""


@lru_cache(maxsize=8_192)
def sound_out(word: str) -> str:
    """Return a folded word in Latin letters in its phonetic form."""
    for pattern, replacement in _ROMANISED:
        word = pattern.sub(replacement, word)
    return word


@lru_cache(maxsize=8_192)
def strip_tones(letters: str, script: str) -> tuple[str, tuple[int, ...]]:
    """Return folded letters without tone marks and other omitted signs, and the original position of each.

    The positions have one more entry than the letters: the end.
    """
    same = _SAME.get(script, _NOTHING_SAME)
    silent = (
        {place for found in _SILENT.finditer(letters) for place in range(*found.span())}
        if script == THAI
        else set()
    )
    heard = [(letter.translate(same), place) for place, letter in enumerate(letters) if place not in silent]
    heard = [(letter, place) for letter, place in heard if letter]
    return "".join(letter for letter, _ in heard), (*(place for _, place in heard), len(letters))


# Danger words in romanised Lao, compared by ``sound_out``.

ROMAN = "-Latn"
LEAST_HEARD = 6
"""Fewest phonetic letters of a danger word compared by sound; shorter ones collide with other languages."""

MOST_WORDS = 6
_KEPT = 8
_READY: dict[int, tuple[Lexicon, Mapping[str, Spelling]]] = {}


def find_heard_places(lexicon: Lexicon, run: Run) -> Iterator[tuple[Spelling, int, int]]:
    """Yield positions of a Latin run where a few words sound like a danger word."""
    sounds = _list_sounds(lexicon)
    if run.script != PLAIN or not sounds:
        return
    cuts = [0, *run.gaps, len(run.letters)]
    ears = [sound_out(run.letters[left:right]) for left, right in pairwise(cuts)]
    for first in range(len(ears)):
        ear = ""
        for last in range(first, min(first + MOST_WORDS, len(ears))):
            ear += ears[last]
            if ear in sounds:
                yield sounds[ear], cuts[first], cuts[last + 1]


def _list_sounds(lexicon: Lexicon) -> Mapping[str, Spelling]:
    """Return phonetic form → danger word of romanised languages; single words are compared as written only."""
    known = _READY.get(id(lexicon))
    if known is None or known[0] is not lexicon:
        found: dict[str, Spelling] = {}
        for spelling in lexicon.danger.of(PLAIN):
            if spelling.language.endswith(ROMAN) and spelling.spaces:
                cuts = [0, *sorted(spelling.spaces), len(spelling.letters)]
                ear = "".join(sound_out(spelling.letters[left:right]) for left, right in pairwise(cuts))
                if len(ear) >= LEAST_HEARD:
                    found.setdefault(ear, spelling)
        known = (lexicon, found)
        while len(_READY) >= _KEPT:
            _READY.pop(next(iter(_READY)), None)
        _READY[id(lexicon)] = known
    return known[1]


# Danger words with misplaced or missing tone marks; additional marks do not match.

_TONES = frozenset("\u0ec8\u0ec9\u0eca\u0ecb\u0e48\u0e49\u0e4a\u0e4b")
_LEAST = 4
"""Fewest letters without tones of a word that is compared with misplaced tones."""

_LEAST_WITHOUT = 5
"""Fewest letters without tones of a word that is compared with missing tones."""


class Bare:
    """Letters of a run without tone marks, and their original positions."""

    def __init__(self, run: Run) -> None:
        self.run = run
        bare_letters = [(at, letter) for at, letter in enumerate(run.letters) if letter not in _TONES]
        self.letters = "".join(letter for _, letter in bare_letters)
        self.places = [*(at for at, _ in bare_letters), len(run.letters)]


def find_bare(lexicon: Lexicon, bare: Bare) -> Iterator[Spelling]:
    """Yield the danger words with tones whose other letters occur in the run, a cheap filter before the exact check."""
    index = _index_bare(lexicon, bare.run.script)
    near = (
        each
        for start in index.keys() & list_starts(bare.letters)
        for each in index[start]
        if _take_apart(each[1].letters)[0] in bare.letters
    )
    return (spelling for _, spelling in sorted(near, key=itemgetter(0)))


_Bare = Mapping[str, list[tuple[int, Spelling]]]
_BARE: dict[int, tuple[Lexicon, Mapping[str, _Bare]]] = {}


def _index_bare(lexicon: Lexicon, script: str) -> _Bare:
    """Return first letters without tones → danger words of a script that may be compared so, with their order."""
    known = _BARE.get(id(lexicon))
    if known is None or known[0] is not lexicon:
        found: dict[str, dict[str, list[tuple[int, Spelling]]]] = {LAO: {}, THAI: {}}
        for of_script, index in found.items():
            for place, spelling in enumerate(lexicon.danger.of(of_script)):
                letters, tones = _take_apart(spelling.letters)
                if tones and len(letters) >= _LEAST:
                    index.setdefault(letters[:START], []).append((place, spelling))
        known = (lexicon, found)
        while len(_BARE) >= _KEPT:
            _BARE.pop(next(iter(_BARE)), None)
        _BARE[id(lexicon)] = known
    return known[1][script]


def find_moved_places(entry: LexiconEntry, bare: Bare) -> Iterator[tuple[int, int]]:
    """Yield positions where the word occurs with its tones on other letters, or with some missing."""
    wanted, tones = _take_apart(entry.letters)
    run, letters = bare.run, bare.letters
    if not tones or len(wanted) < _LEAST:
        return
    start = letters.find(wanted)
    while start >= 0:
        left, right = bare.places[start], bare.places[start + len(wanted)]
        here = run.letters[left:right]
        if (
            here != entry.letters
            and _are_of(_take_apart(here)[1], wanted, tones)
            and _does_stand(entry, run, left, right)
        ):
            yield left, right
        start = letters.find(wanted, start + 1)


def _are_of(here: tuple[str, ...], wanted: str, tones: tuple[str, ...]) -> bool:
    """Say whether these tones are the word's, or some of them where the word is long enough."""
    return here == tones or (len(wanted) >= _LEAST_WITHOUT and not Counter(here) - Counter(tones))


@lru_cache(maxsize=8_192)
def _take_apart(letters: str) -> tuple[str, tuple[str, ...]]:
    return (
        "".join(each for each in letters if each not in _TONES),
        tuple(sorted(each for each in letters if each in _TONES)),
    )


def _does_stand(entry: LexiconEntry, run: Run, left: int, right: int) -> bool:
    """Say whether the corrected word is a whole word at its position."""
    near = 12
    before, behind = run.letters[max(0, left - near) : left], run.letters[right : right + near]
    (mended, *_) = split_runs(before + entry.letters + behind)
    return entry.ends(mended, len(before)) > 0
