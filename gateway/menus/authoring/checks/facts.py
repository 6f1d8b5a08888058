"""Check facts: no figures typed into texts, no expired facts, no fact beside another one's label."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from itertools import combinations

from gateway.foundation.bounded_table import keep_per_owner
from gateway.menus.authoring.checks.context import Subject, list_odd_texts
from gateway.menus.authoring.checks.safety import list_danger_facts
from gateway.menus.authoring.graph import AuthoredText, list_filled_texts
from gateway.menus.authoring.problems import Level, Problem
from gateway.menus.engine.model import Fact, Menu
from gateway.menus.engine.text_breaks import PLACEHOLDER
from gateway.menus.engine.wording import list_named_facts

_SOON = timedelta(days=30)
_FIGURE = re.compile(r"\d{1,3}(?:[ ,.]\d{3})+(?!\d)|\d{3,}|\d+(?:[.,]\d+)? ?%")

_NUMBERED = frozenset({("messages", "sms_form"), ("messages", "sms_form_again")})
_NUMBER = r"\d{1,2}(?:[.,]\d{1,2})?"
_MONEY = r"[$€£฿₭៛₫]"
_WITHOUT_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")

_WITHOUT = "write it in words, without the figure"
"""Advice where no fact is possible: in the text for an expired fact."""


def figure_in_text(subject: Subject) -> Iterator[Problem]:
    """Report amounts, phone numbers and years typed into a text."""
    for one, language, words in list_odd_texts(subject.menu):
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
    """Report small numbers typed beside money or a time span, because laws and prices change.

    Exempt are the option numbers in the texts of the form, and the minutes of *now* in the question for the time.
    """
    for one, language, words in list_odd_texts(subject.menu):
        screen = subject.menu.screens.get(one.screen)
        asks_when = screen is not None and screen.get_asked() == "when"
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
    """Return the first number beside a unit or currency sign, or an empty string; the longest unit wins."""
    found = _compile_units(tuple(units)).search(PLACEHOLDER.sub("", words))
    return found[0].strip() if found else ""


@lru_cache(maxsize=16)
def _compile_units(units: tuple[str, ...]) -> re.Pattern[str]:
    longest = "|".join(re.escape(each) for each in sorted(units, key=len, reverse=True))
    unit = rf"[ \u00a0-]?(?:{longest})s?(?![^\W\d_]|\.\w)|" if longest else ""
    spaceless = rf"[ \u00a0]?(?:{'|'.join(_list_spaceless(units))})|" if any(_list_spaceless(units)) else ""
    pattern = rf"(?<![\w.:]){_NUMBER}(?:{unit}{spaceless}[ \u00a0]?{_MONEY})|{_MONEY} ?{_NUMBER}"
    return re.compile(pattern, re.IGNORECASE)


def _list_spaceless(units: Sequence[str]) -> tuple[str, ...]:
    """Return the units in scripts without spaces, where no boundary marks their end."""
    spaceless = [each for each in units if any(_WITHOUT_SPACES.match(letter) for letter in each)]
    return tuple(re.escape(each) for each in sorted(spaceless, key=len, reverse=True))


def find_figure(words: str) -> str:
    """Return the first figure typed into a text, or an empty string."""
    found = _FIGURE.search(PLACEHOLDER.sub("", words))
    return found[0] if found else ""


def fact_expired(subject: Subject) -> Iterator[Problem]:
    """Report facts whose current value has expired or expires within 30 days."""
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


# Facts beside the wrong label: the number after "Police" must be that of the police.

_BEFORE = re.compile(r"([^\s.,:;()\[\]/\d{}]+)[ \u00a0:]*\{([A-Za-z0-9_.\-]+)\}")
"""A word directly before a fact, with only a space or colon between."""

_OFTEN = 2

Words = Mapping[tuple[str, str, str], Counter[str]]
"""(Language, group of facts, word) → how often each fact of the group follows the word."""


def wrong_fact(subject: Subject) -> Iterator[Problem]:
    """Report facts beside a word that belongs to another fact of the same group.

    A word belongs to a fact with that name (``Police {th.phone.police}``), or that follows it elsewhere in the
    language. A different order of the same facts in another language may mean that two were swapped.
    """
    menu = subject.menu
    usual = _find_usual(menu)
    spoken = (
        name for tags in subject.declared.countries.values() for names in tags.values() for name in names
    )
    countries = frozenset(name.casefold() for name in spoken)
    for one in list_filled_texts(menu):
        for language, words in one.text.items():
            for found in _BEFORE.finditer(words):
                word, fact = found.groups()
                if word.casefold() in countries:
                    continue  # many numbers follow the name of their country
                owner = _find_owner(menu, usual, language, words, (word, fact))
                if owner:
                    yield _report_beside(subject, one, language, found, owner)
        yield from _find_swapped(subject, one)


def _find_usual(menu: Menu) -> Words:
    found: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for one in list_filled_texts(menu):
        for language, words in one.text.items():
            for word, fact in _BEFORE.findall(words):
                if fact in menu.facts:
                    found[language, _find_group(fact), word.casefold()][fact] += 1
    return found


def _find_owner(menu: Menu, usual: Words, language: str, said: str, beside: tuple[str, str]) -> str:
    """Return the other fact to which the word before a fact belongs, or an empty string."""
    word, fact = beside[0].casefold(), beside[1]
    if fact not in menu.facts or word in _list_called(fact):
        return ""
    group = _find_group(fact)
    named = _list_by_word(menu).get((group, word), ())
    if len(named) == 1:
        return named[0]
    counts = usual[language, group, word]
    (most, n), *_ = counts.most_common(1)
    # A general word such as "phone" precedes many facts; two swapped facts each have a word of their own in the text.
    swapped = len(counts) == _OFTEN and _has_own_word(
        usual, (language, group), PLACEHOLDER.sub(" ", said.casefold()), word, fact
    )
    return most if swapped and most != fact and n >= _OFTEN > counts[fact] else ""


@keep_per_owner
def _list_by_word(menu: Menu) -> Mapping[tuple[str, str], list[str]]:
    """Return (group of facts, word of a name) → the facts of the group with this word in their name."""
    found: dict[tuple[str, str], list[str]] = {}
    for fact in menu.facts:
        for word in _list_called(fact):
            found.setdefault((_find_group(fact), word), []).append(fact)
    return found


def _has_own_word(usual: Words, where: tuple[str, str], said: str, word: str, fact: str) -> bool:
    own = (
        each
        for (language, group, each), counts in usual.items()
        if (language, group) == where and counts[fact] >= _OFTEN and counts.most_common(1)[0][0] == fact
    )
    return any(each != word and each in said for each in own)


def _list_called(fact: str) -> frozenset[str]:
    return frozenset(fact.rpartition(".")[2].split("_"))


def _find_group(fact: str) -> str:
    return fact.rpartition(".")[0]


def _report_beside(
    subject: Subject, one: AuthoredText, language: str, found: re.Match[str], owner: str
) -> Problem:
    word, fact = found.groups()
    grave = {fact, owner} & list_danger_facts(subject.menu)
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


def _find_swapped(subject: Subject, one: AuthoredText) -> Iterator[Problem]:
    """Yield each language that names the facts of a group in another order than most."""
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


# Related facts: where one gets a new value, the other must not keep the old one.

_PAIRS = (("low", "high"), ("min", "max"), ("from", "to"), ("first", "last"))
"""Last words of two facts that are the ends of one range."""


def sister_left_behind(subject: Subject) -> Iterator[Problem]:
    """Report facts whose related fact in the same text got a newer value."""
    facts, reported = subject.menu.facts, set()
    for one in list_filled_texts(subject.menu):
        for first, second in combinations(list_named_facts(subject.menu, one.text.values()), 2):
            for new, old in ((facts[first], facts[second]), (facts[second], facts[first])):
                if _is_left_behind(new, old) and (new.id, old.id) not in reported:
                    reported.add((new.id, old.id))
                    yield _find_left_behind(subject, new, old)
        yield from _find_late_checks(subject, one)


def _is_left_behind(new: Fact, old: Fact) -> bool:
    gained = len(new.values) > 1 and old.values[-1].valid_from < new.values[-1].valid_from
    return gained and _are_sisters(new.id, old) and not new.values[-1].is_date


def _are_sisters(name: str, old: Fact) -> bool:
    """Say whether a fact is the date of another, a part of it by name, or the other end of its range."""
    parent, _, last = name.rpartition(".")
    other_parent, _, other = old.id.rpartition(".")
    if parent != other_parent:
        return False
    ends = {last.rpartition("_")[2], other.rpartition("_")[2]}
    same = last.rpartition("_")[0] == other.rpartition("_")[0]
    span = same and any(ends == set(pair) for pair in _PAIRS)
    part = other.startswith(f"{last}_") or last.startswith(f"{other}_")
    return old.values[-1].is_date or span or part


def _find_left_behind(subject: Subject, new: Fact, old: Fact) -> Problem:
    last = len(new.values) - 1
    instead = f", or write {{{new.id}:since}} in the texts and delete it" if old.values[-1].is_date else ""
    return subject.warning(
        "sister-left-behind",
        ("facts", new.id, str(last), "valid_from"),
        f"'{new.id}' has a value from {new.values[last].valid_from}, '{old.id}' beside it has none",
        f"give '{old.id}' its value from that day too{instead}",
    )


def _find_late_checks(subject: Subject, one: AuthoredText) -> Iterator[Problem]:
    """Yield each day of checking in a text that is later than the check of another value beside it."""
    facts, today = subject.menu.facts, subject.asked.today
    for language, words in one.text.items():
        checked_names = [
            name.partition(":")[0] for name in PLACEHOLDER.findall(words) if name.endswith(":checked")
        ]
        for name in (name for name in checked_names if name in facts):
            checked = facts[name].on(today).checked_on
            for other in list_named_facts(subject.menu, (words,)):
                behind = facts[other].on(today).checked_on < checked
                if behind and other.rpartition(".")[0] == name.rpartition(".")[0]:
                    yield subject.warning(
                        "sister-left-behind",
                        (*one.path, language),
                        f"the text tells that '{name}' was checked on {checked}; '{other}' was not",
                        f"check '{other}' too, or write {{{other}:checked}}",
                        language=language,
                        about=f"{{{name}:checked}}",
                    )
