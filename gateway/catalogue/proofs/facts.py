"""Proofs of facts: figures stand in one place with a date, and none is out of date unseen."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from gateway.catalogue.problems import Problem
from gateway.catalogue.proofs.asked import Subject
from gateway.catalogue.texts import each_text
from gateway.engine.cuts import PLACEHOLDER
from gateway.engine.menu import Question

_SOON = timedelta(days=30)
_FIGURE = re.compile(r"\d{1,3}(?:[ ,.]\d{3})+(?!\d)|\d{3,}|\d+(?:[.,]\d+)? ?%")

_NUMBERED = frozenset({("messages", "sms_form"), ("messages", "sms_form_again")})
_NUMBER = r"\d{1,2}(?:[.,]\d{1,2})?"
_MONEY = r"[$€£฿₭៛₫]"
_WITHOUT_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")

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


def figure_with_unit(subject: Subject) -> Iterator[Problem]:
    """No small number is typed beside money or a span of time: what the law or the bank says changes some day.

    The numbers of the answers in the texts of the form are none, and the minutes of *now* stand where it is asked when.
    """
    for one, language, words in each_text(subject.menu):
        screen = subject.menu.screens.get(one.screen)
        asks_when = isinstance(screen, Question) and screen.asks == "when"
        if find_figure(words) or asks_when or one.path[:2] in _NUMBERED:
            continue
        found = find_unit(words, subject.declared.units.get(language, ()))
        if found:
            yield subject.warning(
                "figure-in-text",
                (*one.path, language),
                f"'{found}' is typed into the text",
                _WITHOUT
                if one.path[0] == "facts"
                else "make the number a fact with its date and write {its.name}",
                language=language,
                about=found,
            )


def find_unit(words: str, units: Sequence[str]) -> str:
    """Return the first number beside a unit or a sign of money, or nothing; the longest unit that fits is told."""
    longest = "|".join(re.escape(each) for each in sorted(units, key=len, reverse=True))
    unit = rf"[ \u00a0-]?(?:{longest})s?(?![^\W\d_]|\.\w)|" if longest else ""
    spaceless = rf"[ \u00a0]?(?:{'|'.join(_spaceless(units))})|" if any(_spaceless(units)) else ""
    pattern = rf"(?<![\w.:]){_NUMBER}(?:{unit}{spaceless}[ \u00a0]?{_MONEY})|{_MONEY} ?{_NUMBER}"
    found = re.search(pattern, PLACEHOLDER.sub("", words), re.IGNORECASE)
    return found[0].strip() if found else ""


def _spaceless(units: Sequence[str]) -> tuple[str, ...]:
    """Return the units in letters that are written without spaces between words, where no edge shows their end."""
    kept = [each for each in units if any(_WITHOUT_SPACES.match(letter) for letter in each)]
    return tuple(re.escape(each) for each in sorted(kept, key=len, reverse=True))


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
