"""Proofs that a fact stands beside its own word: the number after "Police" is that of the police."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from gateway.catalogue.problems import Level, Problem
from gateway.catalogue.proofs.asked import Subject
from gateway.catalogue.proofs.danger import danger_facts
from gateway.catalogue.texts import Written, written
from gateway.engine.cuts import PLACEHOLDER
from gateway.engine.menu import Menu

_BEFORE = re.compile(r"([^\s.,:;()\[\]/\d{}]+)[ \u00a0:]*\{([A-Za-z0-9_.\-]+)\}")
"""A word and the fact right behind it, with nothing but a space or a colon between."""

_OFTEN = 2

Words = Mapping[tuple[str, str, str], Counter[str]]
"""Language, group of facts, word → how often each fact of the group stands right behind the word."""


def wrong_fact(subject: Subject) -> Iterator[Problem]:
    """No fact stands beside a word that belongs to another fact of the same group.

    A word belongs to a fact that is called so (``Police {th.phone.police}``), or that stands behind it elsewhere in
    the same language. Where the languages tell the same facts in another order, two of them may have been swapped.
    """
    menu = subject.menu
    usual = _usual(menu)
    spoken = (
        name for tags in subject.declared.countries.values() for names in tags.values() for name in names
    )
    countries = frozenset(name.casefold() for name in spoken)
    for one in written(menu):
        for language, words in one.text.items():
            for found in _BEFORE.finditer(words):
                word, fact = found.groups()
                if word.casefold() in countries:
                    continue  # many numbers stand behind the name of their country
                owner = _owner(menu, usual, language, words, (word, fact))
                if owner:
                    yield _beside(subject, one, language, found, owner)
        yield from _swapped(subject, one)


def _usual(menu: Menu) -> Words:
    found: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for one in written(menu):
        for language, words in one.text.items():
            for word, fact in _BEFORE.findall(words):
                if fact in menu.facts:
                    found[language, _group(fact), word.casefold()][fact] += 1
    return found


def _owner(menu: Menu, usual: Words, language: str, said: str, beside: tuple[str, str]) -> str:
    """Return the other fact to which the word before a fact belongs, or nothing."""
    word, fact = beside[0].casefold(), beside[1]
    if fact not in menu.facts or word in _called(fact):
        return ""
    group = _group(fact)
    named = [each for each in menu.facts if _group(each) == group and word in _called(each)]
    if len(named) == 1:
        return named[0]
    counts = usual[language, group, word]
    (most, n), *_ = counts.most_common(1)
    # A word as plain as "phone" stands before many facts; of two that were swapped each has a word of its own here.
    swapped = len(counts) == _OFTEN and _has_own_word(
        usual, (language, group), PLACEHOLDER.sub(" ", said.casefold()), word, fact
    )
    return most if swapped and most != fact and n >= _OFTEN > counts[fact] else ""


def _has_own_word(usual: Words, where: tuple[str, str], said: str, word: str, fact: str) -> bool:
    own = (
        each
        for (language, group, each), counts in usual.items()
        if (language, group) == where and counts[fact] >= _OFTEN and counts.most_common(1)[0][0] == fact
    )
    return any(each != word and each in said for each in own)


def _called(fact: str) -> frozenset[str]:
    return frozenset(fact.rpartition(".")[2].split("_"))


def _group(fact: str) -> str:
    return fact.rpartition(".")[0]


def _beside(subject: Subject, one: Written, language: str, found: re.Match[str], owner: str) -> Problem:
    word, fact = found.groups()
    grave = {fact, owner} & danger_facts(subject.menu)
    return subject.problem(
        "wrong-fact",
        (*one.path, language),
        f"'{word}' stands before {{{fact}}}, and belongs to {{{owner}}}",
        f"write {{{owner}}}, or another word",
        level=Level.ERROR if grave else Level.WARNING,
        screen=one.screen,
        language=language,
        about=found[0],
    )


def _swapped(subject: Subject, one: Written) -> Iterator[Problem]:
    """Yield each language that names the facts of one group in another order than most."""
    orders = {tag: _in_order(subject.menu, words) for tag, words in one.text.items()}
    if len(set(orders.values())) < _OFTEN:
        return
    usual, n = Counter(orders.values()).most_common(1)[0]
    for language, order in orders.items():
        if n >= _OFTEN and order != usual and sorted(order) == sorted(usual):
            first = next(fact for fact, other in zip(order, usual, strict=True) if fact != other)
            yield subject.warning(
                "wrong-fact",
                (*one.path, language),
                f"the {language} text names {{{first}}} where the other languages name another fact",
                "check that each fact stands beside its word",
                language=language,
                about=f"{{{first}}}",
            )


def _in_order(menu: Menu, words: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in PLACEHOLDER.findall(words) if name in menu.facts))
