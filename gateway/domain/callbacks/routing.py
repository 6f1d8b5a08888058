"""Who is fit to call her, and which of those who wait is the right one for whoever asks for the next."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

WOMAN = "woman"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What she needs of the person who calls."""

    language: str
    wants_woman: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What a person on duty offers; no languages means that nobody has written them down."""

    languages: tuple[str, ...] = ()
    gender: str = ""


def can_call(needs: Needs, offers: Offers) -> bool:
    """Say whether this person is fit to call her."""
    if needs.wants_woman and offers.gender != WOMAN:
        return False
    return speaks_language(needs, offers)


def speaks_language(needs: Needs, offers: Offers) -> bool:
    """Say whether this person speaks her language; where none is written down, it is taken that they do."""
    return not offers.languages or find_spoken_language(needs.language) in {
        find_spoken_language(tag) for tag in offers.languages
    }


def may_be_given(needs: Needs, offers: Offers, others: Sequence[Offers]) -> bool:
    """Say whether she may be handed to this person who asked for the next one, whoever that is.

    Never in a language that the person does not speak. One who asked for a woman waits for one, as long as
    one who speaks her language is on duty; else a call by a man, who says so, beats no call.
    """
    if not speaks_language(needs, offers):
        return False
    return can_call(needs, offers) or not any(can_call(needs, other) for other in others)


def find_scarce_languages(offers: Offers, everybody: Sequence[Offers]) -> frozenset[str]:
    """Return the languages that, of all on duty, this person alone speaks: callers in those have nobody else."""
    speakers = Counter(
        tag for one in everybody for tag in {find_spoken_language(tag) for tag in one.languages}
    )
    if any(not one.languages for one in everybody):
        return frozenset()
    return frozenset(
        tag for tag in {find_spoken_language(tag) for tag in offers.languages} if speakers[tag] == 1
    )


def find_spoken_language(tag: str) -> str:
    """Return the language of a tag without its script: who reads Lao in ABC speaks Lao."""
    return tag.partition("-")[0]


P = TypeVar("P")


def fit_or_all(needs: Needs, people: Sequence[tuple[P, Offers]]) -> tuple[P, ...]:
    """Return those who are fit; where nobody is, all of them: a call in the wrong language beats no call."""
    fit = tuple(person for person, offers in people if can_call(needs, offers))
    return fit or tuple(person for person, _ in people)
