"""A text as runs of one script, with the places at which a word of the menu may begin and end in each."""

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from gateway.menus.keywords import lao_and_thai
from gateway.menus.keywords.normalise import SOFT, fold

LONGEST_TEXT = 1_000
"""Characters that are looked at for words that lead to a screen; a text of three parts has fewer."""

LONGEST_HEARD = 40_000
"""Characters that are looked through for danger: the longest text that a phone can send has 255 parts of 153
letters (3GPP TS 23.040, 9.2.3.24.1)."""

LAO, THAI, PLAIN = "lao", "thai", "plain"
_GAP, _BREAK, _SOFT, _MARK = "gap", "break", "soft", "mark"
_JOINS = frozenset("-_'’")
_REPEATS = frozenset("ໆຯๆฯ฿")
_FIRST_OTHER_SCRIPT = 0x370
_UNSPACED = frozenset({"khmer", "myanmar", "tibetan", "cjk", "hiragana", "katakana"})
"""Scripts beside Lao and Thai whose words stand without spaces between them."""

_STACKERS = frozenset("\u17d2\u1039")
"""The letter behind one of these stands below the one before it: a Khmer coeng, a Burmese virama."""

_CLOSERS = frozenset("\u103a\u1039")
"""The Burmese letter before one of these ends its syllable."""


@dataclass(frozen=True, slots=True)
class Run:
    """Letters of one script between two breaks.

    Attributes:
        script: ``lao``, ``thai``, ``plain`` for Latin letters and digits, else the name of the script.
        letters: without spaces.
        gaps: the places where a space stood, in order.
        soft: the places where only an invisible break stood.
        edges: the places where a word may begin or end; Thai has rules of its own.
        first: the text begins with this run.
        last: the text ends with it.
    """

    script: str
    letters: str
    gaps: tuple[int, ...] = ()
    soft: frozenset[int] = frozenset()
    edges: frozenset[int] = frozenset()
    first: bool = False
    last: bool = False

    def may_stand(self, start: int, end: int) -> bool:
        """Say whether a word may begin and end here without cutting another word."""
        if self.script != THAI:
            return start in self.edges and end in self.edges
        begins = start in self.soft or lao_and_thai.begins_in(self.letters, start, self._part(start)[0])
        left, right = self._part(end - 1)
        return begins and (
            end in self.soft or lao_and_thai.ends_in(self.letters, max(start, left), end, right)
        )

    def spaces(self, start: int, end: int) -> frozenset[int]:
        """Return the spaces between two places, counted from the first."""
        inside = self.gaps[bisect_right(self.gaps, start) : bisect_left(self.gaps, end)]
        return frozenset(gap - start for gap in inside)

    def words(self) -> int:
        """Return how many words the run has, as far as spaces tell."""
        return len(self.gaps) + 1

    def _part(self, place: int) -> tuple[int, int]:
        at = bisect_right(self.gaps, place)
        left = self.gaps[at - 1] if at else 0
        return left, self.gaps[at] if at < len(self.gaps) else len(self.letters)


@lru_cache(maxsize=8)
def runs_of(text: str, most: int = LONGEST_TEXT) -> tuple[Run, ...]:
    """Return the runs of a text, in order, as far as its first ``most`` characters."""
    runs = list(_cut_runs(fold(text[:most])))
    for at in {0, len(runs) - 1} if runs else ():
        run = runs[at]
        runs[at] = Run(
            run.script, run.letters, run.gaps, run.soft, run.edges, first=at == 0, last=at == len(runs) - 1
        )
    return tuple(runs)


def _cut_runs(text: str) -> Iterator[Run]:
    script, letters = PLAIN, list[str]()
    gaps, soft = set[int](), set[int]()
    for letter in text:
        kind = _find_kind(letter)
        if kind == _GAP:
            gaps.add(len(letters))
        elif kind == _SOFT:
            soft.add(len(letters))
        elif kind in (script, _MARK):
            letters.append(letter)
        else:
            if letters:
                yield _make_run(script, "".join(letters), gaps, soft)
            script, letters = (PLAIN, []) if kind == _BREAK else (kind, [letter])
            gaps, soft = set(), set()
    if letters:
        yield _make_run(script, "".join(letters), gaps, soft)


def _make_run(script: str, letters: str, gaps: set[int], soft: set[int]) -> Run:
    ends = {0, len(letters)}
    ordered = tuple(sorted(gaps - ends))
    inner = frozenset(soft - ends)
    return Run(script, letters, ordered, inner, _find_edges(script, letters, (*ordered, *inner)))


@lru_cache(maxsize=8_192)
def _find_kind(letter: str) -> str:
    if letter == SOFT:
        return _SOFT
    if letter in _JOINS or letter.isspace():
        return _GAP
    if letter in _REPEATS:
        return _BREAK
    if "\u0e80" <= letter <= "\u0eff":
        return LAO
    if "\u0e01" <= letter <= "\u0e4e":
        return THAI
    if unicodedata.category(letter).startswith("M"):
        return _MARK  # a sign belongs to the word of its letter, in every script
    return _find_script(letter) if letter.isalnum() else _BREAK


def _find_script(letter: str) -> str:
    if ord(letter) < _FIRST_OTHER_SCRIPT or not letter.isalpha():
        return PLAIN
    name = unicodedata.name(letter, "").partition(" ")[0].casefold()
    return PLAIN if name in {"", "latin", "digit", "modifier"} else name


def _find_edges(script: str, letters: str, inner: tuple[int, ...]) -> frozenset[int]:
    places = {0, *inner, len(letters)}
    if script == LAO:
        ordered = sorted(places)
        for left, right in pairwise(ordered):
            places |= {left + edge for edge in lao_and_thai.find_edges(letters[left:right])}
    elif script in _UNSPACED:
        places |= {place for place in range(1, len(letters)) if _begins_cluster(letters, place)}
    return frozenset(places)


def _begins_cluster(letters: str, place: int) -> bool:
    """Say whether a letter stands alone from the one before it: no sign, nothing below it, and it ends nothing."""
    if _find_kind(letters[place]) == _MARK or letters[place - 1] in _STACKERS:
        return False
    return letters[place + 1 : place + 2] not in _CLOSERS


def is_unspaced(script: str) -> bool:
    """Say whether the words of a script stand without spaces between them."""
    return script in (LAO, THAI) or script in _UNSPACED


@lru_cache(maxsize=16_384)
def word_of(word: str) -> tuple[str, frozenset[int], str]:
    """Return a word of the menu as its letters, the places where a text may have a space, and its script."""
    runs = list(_cut_runs(fold(word)))
    if len(runs) != 1:
        return "", frozenset(), PLAIN
    run = runs[0]
    spaced = run.script == THAI or not is_unspaced(run.script)
    return run.letters, frozenset(run.gaps) if spaced else run.edges, run.script
