"""Find keywords by similarity: equal sound, or a few letters apart; never danger words, never short words."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from gateway.menus.engine.model import Keyword, Menu, Reaction
from gateway.menus.keywords.phonetic import sound_out, strip_tones
from gateway.menus.keywords.script_runs import LAO, THAI, Run, is_unspaced, split_runs, word_of

# Edit distance: optimal string alignment (Damerau-Levenshtein), bounded.


def measure_distance(one: str, other: str, most: int) -> int:
    """Return the number of insertions, deletions, changes and swaps; ``most + 1`` where above ``most``."""
    too_many = most + 1
    if abs(len(one) - len(other)) > most:
        return too_many
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        older, before, row = before, row, [i]
        for j, there in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != there))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == there:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most and (not before or min(before) > most):
            return too_many
    return min(row[-1], too_many)


LONGEST_NEAR = 200
"""Characters of a text that are compared by similarity."""

SHORTEST_SOUND = 4
SHORTEST_TYPO = 6
SHORTEST_NATIVE_TYPO = 7
SHORTEST_SOUND_TYPO = 8
TWO_TYPOS = 9
"""Fewest letters of a word that may have two typos."""

_WHOLE_ONLY = frozenset({Reaction.STOP, Reaction.START, Reaction.REFUSE})
_ONCE = 1
MOST_WORDS = 6
"""Most neighbouring words of a text that are compared together."""

_OTHER_WORDS = frozenset(
    {"broken", "homework", "number", "pavement", "princes", "prizes", "priced", "pricey"}
)
"""Common English words one or two letters from keywords, which are no typos."""

_ROMAN = "-Latn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A place of a text that is similar to a keyword; ``edits`` is 0 for equal sound."""

    keyword: Keyword
    language: str
    word: str
    edits: int
    at: int
    start: int
    length: int


def find_near_words(menu: Menu, text: str) -> Iterator[Near]:
    """Yield every place of the text that is similar to a keyword."""
    runs = [
        (at, run, _Windows(run) if not is_unspaced(run.script) else None)
        for at, run in enumerate(split_runs(text[:LONGEST_NEAR]))
        if run.script in (LAO, THAI) or not is_unspaced(run.script)
    ]
    for keyword, language, word in list_likely_words(menu):
        letters, spaces, script = word_of(word)
        for at, run, windows in runs:
            if not letters or run.script != script:
                continue
            if windows is not None:
                found = _by_words(letters, spaces, windows, by_ear=language.endswith(_ROMAN))
            else:
                found = _in_run(letters, run)
            for edits, start, length in found:
                if edits > _ONCE and keyword.reaction is Reaction.CALL_ME:
                    continue  # "never came back" is two letters from "call me back"
                yield Near(
                    keyword=keyword,
                    language=language,
                    word=word,
                    edits=edits,
                    at=at,
                    start=start,
                    length=length,
                )


def list_likely_words(menu: Menu) -> Iterator[tuple[Keyword, str, str]]:
    """Yield the words that may be matched by similarity, with keyword and language."""
    for keyword in menu.keywords:
        if not keyword.danger and keyword.reaction not in _WHOLE_ONLY:
            for language, words in keyword.words.items():
                for word in words:
                    yield keyword, language, word


class _Windows:
    """Groups of neighbouring words, indexed by their number and first letter, as typed and as they sound."""

    def __init__(self, run: Run) -> None:
        cuts = [0, *sorted(run.gaps), len(run.letters)]
        words = [run.letters[left:right] for left, right in pairwise(cuts)]
        heard = [sound_out(word) for word in words]
        self.typed: dict[tuple[int, str], list[tuple[int, str]]] = {}
        self.heard: dict[tuple[int, str], list[tuple[int, str, int]]] = {}
        for many in range(1, MOST_WORDS + 1):
            for first in range(len(words) - many + 1):
                here = "".join(words[first : first + many])
                ear = "".join(heard[first : first + many])
                self.typed.setdefault((many, here[:1]), []).append((cuts[first], here))
                self.heard.setdefault((many, ear[:1]), []).append((cuts[first], ear, len(here)))


def _by_words(
    letters: str, spaces: frozenset[int], windows: _Windows, *, by_ear: bool
) -> Iterator[tuple[int, int, int]]:
    """Compare with groups of as many words, one fewer and one more, because spaces get lost or added."""
    count = len(spaces) + 1
    ear = _hear_letters(letters, spaces)
    for many in range(max(count - 1, 1), count + 2):
        for start, heard, length in windows.heard.get((many, ear[:1]), ()) if by_ear else ():
            edits = _compare_heard(ear, heard)
            if edits is not None:
                yield edits, start, length
        # The first letter is nearly always right.
        for start, here in windows.typed.get((many, letters[:1]), ()):
            edits = _compare_typed(letters, here)
            if edits is not None:
                yield edits, start, len(here)


@lru_cache(maxsize=4_096)
def _hear_letters(letters: str, spaces: frozenset[int]) -> str:
    cuts = [0, *sorted(spaces), len(letters)]
    return "".join(sound_out(letters[left:right]) for left, right in pairwise(cuts))


def _compare_heard(heard: str, here: str) -> int | None:
    if heard == here:
        return 0 if len(heard) >= SHORTEST_SOUND else None
    if len(heard) < SHORTEST_SOUND_TYPO:
        return None
    return 1 if measure_distance(heard, here, 1) == 1 else None


def _compare_typed(letters: str, here: str) -> int | None:
    """Return the number of edits where it is small enough; else None."""
    if len(letters) < SHORTEST_TYPO or here in _OTHER_WORDS:
        return None
    most = 2 if len(letters) >= TWO_TYPOS else 1
    edits = measure_distance(letters, here, most)
    return edits if edits <= most else None


def _in_run(letters: str, run: Run) -> Iterator[tuple[int, int, int]]:
    """Look for a word inside unspaced letters: where half of it is literal, the rest may have one typo."""
    wanted, _ = strip_tones(letters, run.script)
    if len(wanted) < SHORTEST_SOUND:
        return
    heard, places = strip_tones(run.letters, run.script)
    most = 1 if len(wanted) >= SHORTEST_NATIVE_TYPO else 0
    for start, end in _list_candidates(wanted, heard, most):
        edits = measure_distance(wanted, heard[start:end], most)
        left, right = places[start], places[end]
        if edits <= most and not any(left < gap < right for gap in run.gaps) and run.may_stand(left, right):
            yield edits, left, right - left


def _list_candidates(wanted: str, heard: str, most: int) -> Iterator[tuple[int, int]]:
    half = len(wanted) // 2
    for part, lies_first in ((wanted[:half], True), (wanted[half:], False)):
        place = heard.find(part)
        while place >= 0:
            for slack in range(-most, most + 1):
                start = place if lies_first else place + len(part) - len(wanted) - slack
                end = place + len(wanted) + slack if lies_first else place + len(part)
                if 0 <= start < end <= len(heard):
                    yield start, end
            place = heard.find(part, place + 1)
