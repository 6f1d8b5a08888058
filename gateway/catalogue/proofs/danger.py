"""Proofs of the numbers for danger: each stands beside its country, and none is a screen too far."""

from collections.abc import Iterator

from gateway.catalogue.problems import Problem
from gateway.catalogue.proofs.asked import Subject
from gateway.catalogue.texts import Written, of_screen, written
from gateway.engine.cuts import PLACEHOLDER
from gateway.engine.menu import Condition, Menu

_MESSAGES = "messages"


def number_without_country(subject: Subject) -> Iterator[Problem]:
    """A short number means another office, or none, across the border: its country is named in the same text.

    On a screen that only callers of that country see nothing else can be meant; a text message may be read anywhere.
    """
    countries = subject.declared.countries
    for one in written(subject.menu):
        only_for = _only_for(subject.menu, one)
        for language, words in one.text.items():
            plain = PLACEHOLDER.sub(" ", words).casefold()
            for fact in dict.fromkeys(PLACEHOLDER.findall(words)):
                country = country_of(fact)
                names = countries.get(country, {}).get(language, ())
                if fact not in danger_facts(subject.menu) or not names or only_for == (country,):
                    continue
                if not any(name.casefold() in plain for name in names):
                    yield subject.problem(
                        "number-without-country",
                        (*one.path, language),
                        f"{{{fact}}} stands without its country",
                        f"write '{names[0]}' before the number",
                        screen=one.screen,
                        language=language,
                        about=f"{{{fact}}}",
                    )


def country_of(fact: str) -> str:
    """Return the country of a fact in two letters, by its name: ``th.phone.police`` is of ``TH``."""
    return fact.partition(".")[0].upper()


def danger_facts(menu: Menu) -> frozenset[str]:
    """Return the facts that the screen of danger numbers names, in whatever language and for whatever country."""
    texts = (words for one in of_screen(menu, menu.sos) for words in one.text.values())
    return frozenset(name for words in texts for name in PLACEHOLDER.findall(words) if name in menu.facts)


def _only_for(menu: Menu, one: Written) -> tuple[str, ...]:
    """Return the countries whose callers alone see a text of a screen; none where anybody may."""
    if "variants" not in one.path or one.path[0] == _MESSAGES:
        return ()
    condition: Condition = menu.screens[one.screen].variants[int(one.path[3])].only_if
    return tuple(condition.get("region", ()))
