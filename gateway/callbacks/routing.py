"""Who is fit to call her: somebody who speaks her language, a woman where she asked for one."""

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


def fits(needs: Needs, offers: Offers) -> bool:
    """Say whether this person is fit to call her."""
    if needs.wants_woman and offers.gender != WOMAN:
        return False
    return not offers.languages or spoken(needs.language) in {spoken(tag) for tag in offers.languages}


def spoken(tag: str) -> str:
    """Return the language of a tag without its script: who reads Lao in ABC speaks Lao."""
    return tag.partition("-")[0]


P = TypeVar("P")


def fit_or_all(needs: Needs, people: Sequence[tuple[P, Offers]]) -> tuple[P, ...]:
    """Return those who are fit; where nobody is, all of them: a call in the wrong language beats no call."""
    fit = tuple(person for person, offers in people if fits(needs, offers))
    return fit or tuple(person for person, _ in people)
