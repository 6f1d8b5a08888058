"""Which line of a screen a text chooses: by its number, whatever stands round it, or by the words of its label."""

import re
import unicodedata
from collections.abc import Mapping

from gateway.engine import keys
from gateway.engine.menu import Menu
from gateway.engine.words.filling import filled_by, is_filled
from gateway.engine.words.fold import fold
from gateway.engine.words.lexicon import Entry, Group, entries_of, lexicon_of

LONGEST_CHOICE = 80
"""Characters of a text that can be a choice."""

LEAST_OF_A_LABEL = 4
"""Letters of a part of a label, between commas, that stands for all of it."""

_NUMBER = re.compile(r"\d+", re.ASCII)

Labels = Mapping[str, tuple[str, ...]]
"""The keys that are open, each with its label in every language."""


def number_in(menu: Menu, text: str) -> str:
    """Return the one number that a text is, whatever signs and courtesy stand round it, or nothing.

    ``1.``, ``#1``, ``01``, ``No 1``, ``ข้อ 1 ค่ะ``, ``1️⃣`` and ``①`` are 1. ``0``, ``00`` and a code stay as they are.
    """
    plain = plain_of(text)
    found = _NUMBER.findall(plain)
    if len(plain) > LONGEST_CHOICE or len(found) != 1 or len(found[0]) > keys.MOST_CODE_DIGITS:
        return ""
    before, after = plain.split(found[0])
    lexicon = lexicon_of(menu)
    if not is_filled(before, lexicon.courtesy + lexicon.numbering) or not is_filled(after, lexicon.courtesy):
        return ""
    key: str = found[0]
    return key if len(key) >= keys.CODE_DIGITS or not key.strip("0") else key.lstrip("0")


def key_of(menu: Menu, text: str, labels: Labels) -> str:
    """Return the key that a text chooses, or nothing: the label of an open line, alone or with its own number."""
    if len(text) > LONGEST_CHOICE:
        return ""
    plain = plain_of(text)
    chosen = _labelled(menu, plain, labels)
    if len(chosen) != 1:
        return ""
    (key,) = chosen
    figures = {number.lstrip("0") for number in _NUMBER.findall(plain)}
    own = {number.lstrip("0") for label in labels[key] for number in _NUMBER.findall(plain_of(label))}
    return key if figures <= {key} | own else ""


def is_courtesy(menu: Menu, text: str) -> bool:
    """Say whether a text is thanks, a yes, signs, and nothing else."""
    return is_filled(fold(text), lexicon_of(menu).courtesy)


def is_declined(menu: Menu, text: str) -> bool:
    """Say whether a text is a no to the questions that wait for an answer, and little else."""
    lexicon = lexicon_of(menu)
    return bool(filled_by(fold(text), lexicon.declines, lexicon.courtesy))


def _labelled(menu: Menu, plain: str, labels: Labels) -> set[str]:
    """Return the keys whose label the words are, or a part of it between commas, with courtesy round it or none."""
    letters = _letters(plain)
    if not letters:
        return set()
    whole = {key for key, each in labels.items() if any(_letters(label) == letters for label in each)}
    if whole:
        return whole
    lexicon = lexicon_of(menu)
    words = _NUMBER.sub(" ", plain)
    return {
        key
        for key, each in labels.items()
        if filled_by(words, _parts(each), lexicon.courtesy + lexicon.numbering)
    }


def _parts(labels: tuple[str, ...]) -> Group[Entry]:
    whole = [_NUMBER.sub(" ", plain_of(label)) for label in labels]
    parts = [
        part
        for label in whole
        for part in re.split("[,/()]", label)
        if len(_letters(part)) >= LEAST_OF_A_LABEL
    ]
    return entries_of([*whole, *parts])


def plain_of(text: str) -> str:
    """Return a text folded, numbers in circles as plain ones."""
    return fold("".join(_circled(each) for each in text))


def _circled(letter: str) -> str:
    """Return the number in a circle as a plain one: some keyboards offer nothing else."""
    if "\u2460" <= letter <= "\u2473" or "\u2776" <= letter <= "\u2793":
        return f" {int(unicodedata.numeric(letter))} "
    return letter


def _letters(text: str) -> str:
    return "".join(each for each in fold(text) if unicodedata.category(each)[0] in "LM")
