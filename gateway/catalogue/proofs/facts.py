"""Proofs of facts: figures stand in one place with a date, and none is out of date unseen."""

import re
from collections.abc import Iterator
from datetime import timedelta

from gateway.catalogue.problems import Problem
from gateway.catalogue.proofs.asked import Subject
from gateway.catalogue.texts import each_text
from gateway.engine.cuts import PLACEHOLDER

_SOON = timedelta(days=30)
_FIGURE = re.compile(r"\d{1,3}(?:[ ,.]\d{3})+(?!\d)|\d{3,}|\d+(?:[.,]\d+)? ?%")

_WITHOUT = "write it in words, without the figure"
"""What to do where no fact can stand: in the words for a fact that is old."""


def figure_in_text(subject: Subject) -> Iterator[Problem]:
    """No amount, phone number or year is typed into a text."""
    for one, language, words in each_text(subject.menu):
        found = find_figure(words)
        if found:
            of_fact = one.path[0] == "facts"
            yield subject.problem(
                "figure-in-text",
                (*one.path, language),
                f"'{found}' is typed into the text",
                _WITHOUT if of_fact else "make it a fact with its date and write {its.name} here",
                language=language,
                about=found,
            )


def find_figure(words: str) -> str:
    """Return the first figure that is typed into a text, or nothing."""
    found = _FIGURE.search(PLACEHOLDER.sub("", words))
    return found[0] if found else ""


def fact_expired(subject: Subject) -> Iterator[Problem]:
    """Every fact that holds today was checked not too long ago."""
    today = subject.asked.today
    for name, fact in subject.menu.facts.items():
        current = fact.on(today)
        path = ("facts", name, str(fact.values.index(current)), "expires_on")
        if current.expires_on < today:
            message = f"the fact '{name}' expired on {current.expires_on}"
            message += ", its when_old is shown" if current.when_old else ""
            yield subject.warning(
                "fact-expired", path, message, "check it, then write new checked_on and expires_on"
            )
        elif current.expires_on <= today + _SOON:
            message = f"the fact '{name}' expires on {current.expires_on}"
            yield subject.warning("fact-expires-soon", path, message, "check it and write the new dates")
