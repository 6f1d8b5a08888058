"""Finds the word of the menu that a text holds: whole, in any of its languages, danger before all else."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.engine.menu import Keyword, Menu, Reaction
from gateway.engine.words.longer import LONGER_WORDS
from gateway.engine.words.runs import PLAIN, Run, runs_of, word_of

_SHORT = 3
"""Words of a text that is short enough to be a command as a whole."""

_POLITE = ("ค่ะ", "คะ", "ครับ", "นะ", "เถอะ", "ได้แล้ว", "ແດ່", "ເດີ້", "ເດີ", "ແມ້")
_COMMANDS = (Reaction.STOP, Reaction.START)
_RANK = {Reaction.STOP: 1, Reaction.START: 1, Reaction.CALL_ME: 2, Reaction.SHOW: 3, Reaction.HELP: 4}


@dataclass(frozen=True, slots=True)
class Match:
    """What a text was understood as.

    Attributes:
        keyword: the entry of the menu.
        language: the tag of the list in which the word stands; the reply is written in it.
        why: which word of the menu it was, in words; never hers.
    """

    keyword: Keyword
    language: str
    why: str


@dataclass(frozen=True, slots=True)
class _Hit:
    keyword: Keyword
    language: str
    word: str
    run: Run
    at: int
    start: int
    end: int

    def lies_in(self, other: "_Hit") -> bool:
        longer = other.end - other.start > self.end - self.start
        return longer and self.at == other.at and other.start <= self.start and self.end <= other.end


def understand(menu: Menu, text: str, language: str = "") -> Match | None:
    """Return what a text means, or None where it holds no word of the menu.

    Danger comes first, then STOP and START, then a wish to be called, then the first word that leads to a
    screen, then HELP. A word inside a longer word of the menu does not count, except a word of danger.

    Args:
        menu: whose words are looked for.
        text: hers, as it came.
        language: the tag of the texts she had so far; it decides where a word stands in several lists.
    """
    hits = [hit for hit in _hits(menu, text) if _counts(hit)]
    whole = [hit for hit in hits if hit.keyword.danger or not any(hit.lies_in(other) for other in hits)]
    if not whole:
        return None
    best = min(
        whole, key=lambda hit: (_rank(hit), hit.at, hit.start, -hit.end, _strangeness(menu, hit, language))
    )
    return Match(best.keyword, best.language, _why(best))


def _hits(menu: Menu, text: str) -> Iterator[_Hit]:
    runs = runs_of(text)
    for keyword in menu.keywords:
        for language, words in keyword.words.items():
            for word in words:
                letters, spaces, script = word_of(word)
                for at, run in enumerate(runs):
                    if letters and run.script == script:
                        for start, end in _places(run, letters, spaces):
                            yield _Hit(keyword, language, word, run, at, start, end)


def _places(run: Run, letters: str, spaces: frozenset[int]) -> Iterator[tuple[int, int]]:
    start = run.letters.find(letters)
    while start >= 0:
        end = start + len(letters)
        inside = {gap - start for gap in run.gaps if start < gap < end}
        if inside <= spaces and run.may_stand(start, end) and not _in_longer(run, start, end):
            yield start, end
        start = run.letters.find(letters, start + 1)


def _in_longer(run: Run, start: int, end: int) -> bool:
    """Say whether the place lies in a longer word that stands there whole: ຕີ in ດົນຕີ, which is music."""
    for longer in LONGER_WORDS:
        found = run.letters.find(longer, max(0, end - len(longer)), start + len(longer))
        if end - start < len(longer) and found >= 0 and run.may_stand(found, found + len(longer)):
            return True
    return False


def _counts(hit: _Hit) -> bool:
    """Say whether a command is meant as one: it begins the text and stands alone, or is a short text's last word."""
    if hit.keyword.danger or hit.keyword.reaction not in _COMMANDS:
        return True
    run, begins = hit.run, hit.run.first and hit.start == 0
    if run.script == PLAIN:
        return begins or (run.first and run.last and hit.end == len(run.letters) and run.words() <= _SHORT)
    alone = hit.end == len(run.letters) or hit.end in run.gaps or run.letters[hit.end :] in _POLITE
    return begins and alone


def _rank(hit: _Hit) -> int:
    return 0 if hit.keyword.danger else _RANK[hit.keyword.reaction]


def _strangeness(menu: Menu, hit: _Hit, language: str) -> tuple[bool, bool, int]:
    """Order the lists in which one word stands: hers, then the language that all others fall back to."""
    return (
        hit.language != language,
        bool(menu.fallback.get(hit.language)),
        list(menu.languages).index(hit.language) if hit.language in menu.languages else len(menu.languages),
    )


def _why(hit: _Hit) -> str:
    kind = "danger" if hit.keyword.danger else hit.keyword.reaction
    return f"{kind}: {hit.word}"
