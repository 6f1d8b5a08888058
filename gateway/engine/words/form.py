"""Reads her answer to the questions of the callback, when they came in one text: two numbers or their words."""

import re
from collections.abc import Mapping
from itertools import product

from gateway.engine.further import find_further
from gateway.engine.hours import hours_words
from gateway.engine.menu import Choice, Form, Menu, Question
from gateway.engine.words.choices import plain_of
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
    plain, hour = _take_hours(menu, plain_of(text))
    numbers, words = _read_numbers(menu, plain)
    seen, when = keys_of(menu, "phone_seen"), keys_of(menu, "when")
    if hour:
        numbers = [*numbers, hour] if len(numbers) == 1 else numbers
        if numbers and numbers[1:] != [hour]:
            return None
    if len(numbers) >= _TWO:
        return _in_numbers(menu, plain, numbers, words)
    if not numbers and not hour:
        return _in_words(menu, words, "", "")
    by_phone = _in_words(menu, words, seen[numbers[0]], "") if numbers and numbers[0] in seen else None
    time = when.get(hour or (numbers[0] if _is_last(menu, plain) else ""), "")
    return by_phone or (_in_words(menu, words, "", time) if time else None)


def _in_numbers(menu: Menu, plain: str, numbers: list[str], words: str) -> Mapping[str, str] | None:
    """Return the answer by the numbers of the questions; the words of what they choose may stand beside them."""
    first = keys_of(menu, "phone_seen").get(numbers[0], "")
    second = keys_of(menu, "when").get(numbers[1], "")
    if not first or not second:
        return None
    chosen = _said(menu, "phone_seen", first) + _said(menu, "when", second)
    more = _further_answers(menu, numbers[_TWO:], words, chosen)
    lexicon = lexicon_of(menu)
    behind = _NUMBER.split(plain)[-1]
    if more is None or filled_by(behind, lexicon.numbering, lexicon.courtesy):
        return None
    return {"phone_seen": first, "when": second, **more}


def _is_last(menu: Menu, plain: str) -> bool:
    """Say whether the number is the last word of a text: before it stands what the first question asks."""
    return is_filled(_NUMBER.split(plain)[-1], lexicon_of(menu).courtesy)


def _take_hours(menu: Menu, plain: str) -> tuple[str, str]:
    """Return the text without the hours of a window that stand in it, and the key of that window: ``2 18-21``."""
    for key, word in keys_of(menu, "when").items():
        hours = hours_words(menu.windows[word]) if word in menu.windows else ""
        start, _, end = hours.partition("-")
        pattern = rf"(?<![\d:.]){re.escape(start)}\s*-\s*{re.escape(end)}(?![\d:.])"
        if hours and re.search(pattern, plain):
            return re.sub(pattern, " ", plain, count=1), key
    return plain, ""


def _read_numbers(menu: Menu, plain: str) -> tuple[list[str], str]:
    """Return the numbers of a text in their order, in figures or in words, and the words that are none."""
    numbers, words = [], []
    spoken = {value: _spelled(menu, value) for value in "123456789"}
    every = sum(spoken.values(), Group[Entry](()))
    for part in re.split(r"(\d+)", plain):
        if part.isdigit():
            numbers += _numbers(part) if _NUMBER.findall(plain) == [part] else [_bare(part)]
            continue
        found = filled_by(part, every, _beside(menu))
        numbers += [
            next(value for value, group in spoken.items() if entry in group.entries) for entry in found
        ]
        words.append("" if found else part)
    return numbers, " ".join(words)


def _spelled(menu: Menu, number: str) -> Group[Entry]:
    return entries_of([word for words in menu.speech.answers.get(number, {}).values() for word in words])


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


def _numbers(figures: str) -> list[str]:
    """Return the numbers of the one figure of an answer: ``02`` is 2, and ``23`` are two."""
    if len(figures) == _TWO and not figures.startswith("0"):
        return list(figures)
    return [_bare(figures)]


def _bare(figures: str) -> str:
    return figures.lstrip("0") if len(figures) <= _TWO else ""


def _further_answers(
    menu: Menu, numbers: list[str], words: str, chosen: Group[Entry]
) -> Mapping[str, str] | None:
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
    if not is_filled(words, sum(labels.values(), _beside(menu) + chosen)):
        return None
    for (asks, answer), own in labels.items():
        others = sum((group for of, group in labels.items() if of != (asks, answer)), _beside(menu) + chosen)
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


def _in_words(menu: Menu, words: str, seen: str, when: str) -> Mapping[str, str] | None:
    """Return the answer of which one half, or both, are the words of the choices; the other may be known already."""
    firsts = [seen] if seen else list(keys_of(menu, "phone_seen").values())
    seconds = [when] if when else list(keys_of(menu, "when").values())
    found = []
    for first, second in product(firsts, seconds):
        mine, hour = _said(menu, "phone_seen", first), _said(menu, "when", second)
        is_time = bool(when) or filled_by(words, hour, _beside(menu) + mine)
        is_phone = bool(seen) or filled_by(words, mine, _beside(menu) + hour)
        if is_time and is_phone:
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
