"""A wish inside a refusal is a refusal: what stands between "do not" and "call", and what "did not call" is not."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.menus.keywords.lexicon import Group, Lexicon, LexiconEntry
from gateway.menus.keywords.scanned_text import Longer
from gateway.menus.keywords.script_runs import Run

MOST_BRIDGES = 8
"""Words between a negation and what it is about: I do not want anybody to ever try to - call."""


@dataclass(frozen=True, slots=True)
class Negated:
    """One negation in a run, and where its scope may have come to.

    Attributes:
        start: where the negation begins.
        ends: the places that it reaches over words that may stand between.
        refuses: it is a refusal; else it only takes a wish away (you did not call me).
        word: the letters of the menu's word for it.
    """

    start: int
    ends: frozenset[int]
    refuses: bool
    word: str
    language: str


def find_negated(lexicon: Lexicon, run: Run, longer: Longer) -> tuple[Negated, ...]:
    """Return the negations of a run; one that lies in a longer one does not count."""
    found = [
        (start, end, entry, refuses)
        for group, refuses in ((lexicon.negations, False), (lexicon.refusals, True))
        for start, end, entry in group.places(run)
        if not longer.hold(start, end)
    ]
    return tuple(
        Negated(start, _find_reached(lexicon.bridges, run, end), refuses, entry.letters, entry.language)
        for start, end, entry, refuses in found
        if not any(_lies_in((start, end), other[:2]) for other in found)
    )


def find_refused(lexicon: Lexicon, run: Run, longer: Longer) -> Iterator[tuple[str, str]]:
    """Yield the menu's words by which a run refuses to be called or talked to, and their language."""
    for negated in find_negated(lexicon, run, longer):
        if negated.refuses:
            for place in sorted(negated.ends):
                for end, entry in lexicon.contact.at(run, place):
                    if not longer.hold(place, end):
                        yield f"{negated.word} {entry.letters}", negated.language


def _find_reached(bridges: Group[LexiconEntry], run: Run, start: int) -> frozenset[int]:
    reached = {start}
    edge = {start}
    for _ in range(MOST_BRIDGES):
        edge = {end for place in edge for end, _ in bridges.at(run, place)} - reached
        if not edge:
            break
        reached |= edge
    return frozenset(reached)


def _lies_in(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return outer != inner and outer[0] <= inner[0] and inner[1] <= outer[1]
