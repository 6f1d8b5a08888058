"""Match requests with staff: who is suitable to call, and which request "next" hands to whom."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

WOMAN = "woman"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a request needs of the person who calls."""

    language: str
    wants_woman: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What a person on duty offers; no languages means that none are recorded."""

    languages: tuple[str, ...] = ()
    gender: str = ""


def can_call(needs: Needs, offers: Offers) -> bool:
    """Say whether this person is suitable."""
    if needs.wants_woman and offers.gender != WOMAN:
        return False
    return speaks_language(needs, offers)


def speaks_language(needs: Needs, offers: Offers) -> bool:
    """Say whether this person speaks the language; assumed where no languages are recorded."""
    return not offers.languages or find_spoken_language(needs.language) in {
        find_spoken_language(tag) for tag in offers.languages
    }


def may_be_given(needs: Needs, offers: Offers, others: Sequence[Offers]) -> bool:
    """Say whether the request may be handed to the person who asked for the next one.

    Never in a language that the person does not speak. A request for a woman waits while a suitable woman is on duty;
    otherwise a man, who says so to the caller, is better than no call.
    """
    if not speaks_language(needs, offers):
        return False
    return can_call(needs, offers) or not any(can_call(needs, other) for other in others)


def find_scarce_languages(offers: Offers, everybody: Sequence[Offers]) -> frozenset[str]:
    """Return the languages that only this person of all on duty speaks."""
    speakers = Counter(
        tag for one in everybody for tag in {find_spoken_language(tag) for tag in one.languages}
    )
    if any(not one.languages for one in everybody):
        return frozenset()
    return frozenset(
        tag for tag in {find_spoken_language(tag) for tag in offers.languages} if speakers[tag] == 1
    )


def find_spoken_language(tag: str) -> str:
    """Return the primary subtag of a language tag (BCP 47): the script does not matter for speech."""
    return tag.partition("-")[0]


P = TypeVar("P")


def fit_or_all(needs: Needs, people: Sequence[tuple[P, Offers]]) -> tuple[P, ...]:
    """Return the suitable people, or all where none is: a call in the wrong language is better than none."""
    fit = tuple(person for person, offers in people if can_call(needs, offers))
    return fit or tuple(person for person, _ in people)
