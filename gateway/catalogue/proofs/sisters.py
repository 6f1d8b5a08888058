"""Proofs of facts that belong together: where one gets a new value, what stands beside it must not tell the old day."""

from collections.abc import Iterator
from itertools import combinations

from gateway.catalogue.problems import Problem
from gateway.catalogue.proofs.asked import Subject
from gateway.catalogue.texts import Written, written
from gateway.engine.cuts import PLACEHOLDER
from gateway.engine.facts import named
from gateway.engine.menu import Fact

_PAIRS = (("low", "high"), ("min", "max"), ("from", "to"), ("first", "last"))
"""Last words of two facts that are the ends of one span."""


def sister_left_behind(subject: Subject) -> Iterator[Problem]:
    """A fact that gained a value has no sister in the same text that still tells the time before."""
    facts, told = subject.menu.facts, set()
    for one in written(subject.menu):
        for first, second in combinations(named(subject.menu, one.text.values()), 2):
            for new, old in ((facts[first], facts[second]), (facts[second], facts[first])):
                if _is_left_behind(new, old) and (new.id, old.id) not in told:
                    told.add((new.id, old.id))
                    yield _left_behind(subject, new, old)
        yield from _checks(subject, one)


def _is_left_behind(new: Fact, old: Fact) -> bool:
    gained = len(new.values) > 1 and old.values[-1].valid_from < new.values[-1].valid_from
    return gained and _are_sisters(new.id, old) and not new.values[-1].is_date


def _are_sisters(name: str, old: Fact) -> bool:
    """Say whether a fact is the date of another, its part by name, or the other end of its span."""
    parent, _, last = name.rpartition(".")
    other_parent, _, other = old.id.rpartition(".")
    if parent != other_parent:
        return False
    ends = {last.rpartition("_")[2], other.rpartition("_")[2]}
    same = last.rpartition("_")[0] == other.rpartition("_")[0]
    span = same and any(ends == set(pair) for pair in _PAIRS)
    part = other.startswith(f"{last}_") or last.startswith(f"{other}_")
    return old.values[-1].is_date or span or part


def _left_behind(subject: Subject, new: Fact, old: Fact) -> Problem:
    last = len(new.values) - 1
    instead = f", or write {{{new.id}:since}} in the texts and delete it" if old.values[-1].is_date else ""
    return subject.warning(
        "sister-left-behind",
        ("facts", new.id, str(last), "valid_from"),
        f"'{new.id}' has a value from {new.values[last].valid_from}, '{old.id}' beside it has none",
        f"give '{old.id}' its value from that day too{instead}",
    )


def _checks(subject: Subject, one: Written) -> Iterator[Problem]:
    """Yield each day of checking in a text that is later than the check of a value beside it."""
    facts, today = subject.menu.facts, subject.asked.today
    for language, words in one.text.items():
        told = [name.partition(":")[0] for name in PLACEHOLDER.findall(words) if name.endswith(":checked")]
        for name in (name for name in told if name in facts):
            checked = facts[name].on(today).checked_on
            for other in named(subject.menu, (words,)):
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
