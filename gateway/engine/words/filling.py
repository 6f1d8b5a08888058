"""Whether a text is little else than what is looked for: a command, a number, a label, with courtesy round it."""

from typing import TypeVar

from gateway.engine.words.fold import fold
from gateway.engine.words.hearing import read_otherwise
from gateway.engine.words.lexicon import Entry, Group
from gateway.engine.words.runs import Run, runs_of

LONGEST_FILLED = 120
"""Characters of a text that can be little else; a longer one is a question."""


E = TypeVar("E", bound=Entry)
_NONE: Group[Entry] = Group(())


def filled_by(text: str, wanted: Group[E], beside: Group[Entry]) -> tuple[E, ...]:
    """Return the wanted words that a text holds, if words that may stand beside them are all the rest; else none.

    Args:
        text: folded or as it came.
        wanted: of which at least one must stand in it; repeats are allowed.
        beside: what may stand in it as well, in any script.
    """
    if len(text) > LONGEST_FILLED:
        return ()
    return next(filter(None, (_filled(way, wanted, beside) or () for way in _ways(text))), ())


def is_filled(text: str, beside: Group[Entry]) -> bool:
    """Say whether a text holds nothing but these words, or no word at all."""
    return len(text) <= LONGEST_FILLED and any(_filled(way, _NONE, beside) is not None for way in _ways(text))


def _ways(text: str) -> tuple[str, ...]:
    """Return the text as it is, and how else it reads where it is drawn out: ``okkkk``, ``ครับบบ``."""
    return (text, *read_otherwise(fold(text)))


def _filled(text: str, wanted: Group[E], beside: Group[Entry]) -> tuple[E, ...] | None:
    """Return the wanted words of a text that holds nothing else but these and those beside them, or None."""
    found: tuple[E, ...] = ()
    for run in runs_of(text):
        here = _of_run(run, wanted, beside)
        if here is None:
            return None
        found = (*found, *here)
    return found


def _of_run(run: Run, wanted: Group[E], beside: Group[Entry]) -> tuple[E, ...] | None:
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
