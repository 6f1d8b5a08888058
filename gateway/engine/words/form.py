"""Reads her answer to the questions of the callback, when they came in one text: two numbers or their words."""

import re
from collections.abc import Mapping
from itertools import product

from gateway.engine.further import find_further
from gateway.engine.menu import Choice, Form, Menu, Question
from gateway.engine.words.filling import filled_by, is_filled
from gateway.engine.words.fold import digits, fold
from gateway.engine.words.lexicon import Entry, Group, entries_of, lexicon_of
from gateway.safe_contact import PhoneSeen

_LONGEST = 60
_BEFORE = re.compile(r"\W*([1-9])(?:[ ,]+|\s*-\s*)([1-9])[ ,.;:!\n]+(?=\D)", re.ASCII)
_BEHIND = re.compile(r"(?:\D[ ,.;:!\n]+)([1-9])(?:[ ,]+|\s*-\s*)([1-9])[\s.!,]*$", re.ASCII)
_NUMBER = re.compile(r"\d+", re.ASCII)
_TWO = 2


def form_answer(menu: Menu, text: str) -> Mapping[str, str] | None:
    """Return ``phone_seen`` and ``when`` of an answer like ``2 3``, ``23``, ``໒ ໓`` or ``sometimes evening``.

    The numbers are the keys of the two questions in the menu. Courtesy, agreement, particles and the wish itself may
    stand before, between or behind. Anything else is None: a text with other words in it is not consent.
    """
    if len(text) > _LONGEST:
        return None
    plain = fold(text)
    numbers = _numbers(plain)
    words = _NUMBER.sub(" ", plain)
    seen, when = keys_of(menu, "phone_seen"), keys_of(menu, "when")
    if len(numbers) >= _TWO:
        first, second = seen.get(numbers[0], ""), when.get(numbers[1], "")
        more = _further_answers(menu, numbers[_TWO:], words)
        lexicon = lexicon_of(menu)
        behind = _NUMBER.split(plain)[-1]
        is_clear = (
            first
            and second
            and more is not None
            and not filled_by(behind, lexicon.numbering, lexicon.courtesy)
        )
        return {"phone_seen": first, "when": second, **(more or {})} if is_clear else None
    if numbers and numbers[0] not in seen:
        return None
    return _in_words(menu, words, seen[numbers[0]] if numbers else "")


def keys_of(menu: Menu, asks: str) -> dict[str, str]:
    """Return the answers of the question of the callback form that asks this, by their keys."""
    form = menu.screens.get(menu.call_me)
    questions = (menu.screens.get(name) for name in form.questions) if isinstance(form, Form) else ()
    for question in questions:
        if isinstance(question, Question) and question.asks == asks:
            return {choice.key: choice.answer for choice in question.choices if choice.answer}
    return {}


def answer_beside(menu: Menu, text: str) -> Mapping[str, str] | None:
    """Return the same where the two numbers stand before or behind other words: ``2 3 he hits me``.

    They must be apart from each other and from the words, so that an hour, a sum or a number of days is none.
    """
    found = _BEFORE.match(digits(text)) or _BEHIND.search(digits(text))
    return form_answer(menu, f"{found[1]} {found[2]}") if found else None


def _numbers(plain: str) -> list[str]:
    """Return the numbers of an answer: ``02`` is 2, and ``23`` are two."""
    found = _NUMBER.findall(plain)
    if len(found) == 1 and len(found[0]) == _TWO and not found[0].startswith("0"):
        found = list(found[0])
    return [each.lstrip("0") if len(each) <= _TWO else "" for each in found]


def _further_answers(menu: Menu, numbers: list[str], words: str) -> Mapping[str, str] | None:
    """Return what stands behind the two numbers of further questions of the form; None where it is anything else.

    Numbers are in the order of the questions, words in any. A yes and a no are left out: they may be meant for us.
    """
    questions = find_further(menu)
    by_key = [{choice.key: choice.answer for choice in each.choices if choice.answer} for each in questions]
    if len(numbers) > len(by_key) or any(key not in keys for key, keys in zip(numbers, by_key, strict=False)):
        return None
    answers = {each.asks: keys[key] for each, keys, key in zip(questions, by_key, numbers, strict=False)}
    labels = {
        (each.asks, choice.answer): _labels(menu, choice) for each in questions for choice in each.choices
    }
    if not is_filled(words, sum(labels.values(), _beside(menu))):
        return None
    for (asks, answer), own in labels.items():
        others = sum((group for of, group in labels.items() if of != (asks, answer)), _beside(menu))
        if filled_by(words, own, others):
            if answers.get(asks, answer) != answer:
                return None
            answers[asks] = answer
    return answers


def _labels(menu: Menu, choice: Choice) -> Group[Entry]:
    lexicon = lexicon_of(menu)
    known = lexicon.courtesy + lexicon.numbering
    words = [_NUMBER.sub(" ", fold(label)) for label in choice.label.values()]
    said = [
        each for each in words if not is_filled(each, known) and not filled_by(each, lexicon.declines, known)
    ]
    return entries_of(said if choice.answer != "no" else ())


def _in_words(menu: Menu, words: str, seen: str) -> Mapping[str, str] | None:
    """Return the answer whose second half, or both halves, are the words of the choices."""
    firsts = [seen] if seen else list(keys_of(menu, "phone_seen").values())
    found = []
    for first, second in product(firsts, keys_of(menu, "when").values()):
        mine, hour = _said(menu, "phone_seen", first), _said(menu, "when", second)
        if filled_by(words, hour, _beside(menu) + mine) and (
            seen or filled_by(words, mine, _beside(menu) + hour)
        ):
            found.append({"phone_seen": first, "when": second})
    return found[0] if len(found) == 1 else None


def _said(menu: Menu, asks: str, value: str) -> Group[Entry]:
    """Return the words of one answer in every language: of its choice's label, and those that the menu adds.

    A bare *no* is left out: beside an hour it may mean that the hour does not suit.
    """
    labels = (
        label
        for screen in menu.screens.values()
        if isinstance(screen, Question) and screen.asks == asks
        for choice in screen.choices
        if choice.answer == value and value != PhoneSeen.NO
        for label in choice.label.values()
    )
    more = (word for words in menu.speech.answers.get(value, {}).values() for word in words)
    return entries_of([*(_NUMBER.sub(" ", fold(label)) for label in labels), *more])


def _beside(menu: Menu) -> Group[Entry]:
    lexicon = lexicon_of(menu)
    return lexicon.courtesy + lexicon.numbering + lexicon.contact
