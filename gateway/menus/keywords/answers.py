"""Read an SMS as an answer: number or label of an option, the callback form, nearest topics, language.

Only texts that consist of the answer and courtesy count, because other words could change its meaning: a text with
anything else is no consent.
"""

import re
import unicodedata
from collections.abc import Mapping
from itertools import pairwise, product

from gateway.domain.contact_safety import PhoneSeen
from gateway.foundation.bounded_table import keep_per_owner
from gateway.menus.engine import navigation
from gateway.menus.engine.model import Choice, Keyword, Menu, Reaction
from gateway.menus.engine.visibility import find_further, format_hours, list_form_screens
from gateway.menus.keywords.fuzzy_match import LONGEST_NEAR, list_likely_words
from gateway.menus.keywords.lexicon import Group, LexiconEntry, build_lexicon, list_entries
from gateway.menus.keywords.phonetic import sound_out, strip_tones
from gateway.menus.keywords.scanned_text import is_filled, is_filled_by
from gateway.menus.keywords.script_runs import PLAIN, Run, fold_digits, fold_text, split_runs, word_of

# Choosing an option: by its number, or by its label.

LONGEST_CHOICE = 80
"""Most characters of a text that can be a choice."""

LEAST_OF_A_LABEL = 4
"""Fewest letters of a part of a label (between commas) that can stand for the whole label."""


Labels = Mapping[str, tuple[str, ...]]
"""Open key → its label in every language."""


def find_number(menu: Menu, text: str) -> str:
    """Return the single number of a text, whatever punctuation and courtesy surround it, or an empty string.

    ``1.``, ``#1``, ``01``, ``No 1``, ``ข้อ 1 ค่ะ``, ``1️⃣`` and ``①`` give 1. ``0``, ``00`` and codes stay unchanged.
    """
    plain = make_plain(text)
    found = _NUMBER.findall(plain)
    if len(plain) > LONGEST_CHOICE or len(found) != 1 or len(found[0]) > navigation.MOST_CODE_DIGITS:
        return ""
    before, after = plain.split(found[0])
    lexicon = build_lexicon(menu)
    if not is_filled(before, lexicon.courtesy + lexicon.numbering) or not is_filled(after, lexicon.courtesy):
        return ""
    key: str = found[0]
    return key if len(key) >= navigation.CODE_DIGITS or not key.strip("0") else key.lstrip("0")


def find_key(menu: Menu, text: str, labels: Labels) -> str:
    """Return the key whose label the text is, alone or with its own number; empty where none or several match."""
    if len(text) > LONGEST_CHOICE:
        return ""
    plain = make_plain(text)
    chosen = _find_labelled(menu, plain, labels)
    if len(chosen) != 1:
        return ""
    (key,) = chosen
    figures = {number.lstrip("0") for number in _NUMBER.findall(plain)}
    own = {number.lstrip("0") for label in labels[key] for number in _NUMBER.findall(make_plain(label))}
    return key if figures <= {key} | own else ""


def is_courtesy(menu: Menu, text: str) -> bool:
    """Say whether a text is nothing but thanks, yes, emoji or punctuation."""
    return is_filled(fold_text(text), build_lexicon(menu).courtesy)


def is_declined(menu: Menu, text: str) -> bool:
    """Say whether a text declines the open form and contains nothing else but courtesy."""
    lexicon = build_lexicon(menu)
    return bool(is_filled_by(fold_text(text), lexicon.declines, lexicon.courtesy))


def _find_labelled(menu: Menu, plain: str, labels: Labels) -> set[str]:
    """Return the keys whose label, or a part of it between commas, the text is, with or without courtesy."""
    letters = _keep_letters(plain)
    if not letters:
        return set()
    whole = {key for key, each in labels.items() if any(_keep_letters(label) == letters for label in each)}
    if whole:
        return whole
    lexicon = build_lexicon(menu)
    words = _NUMBER.sub(" ", plain)
    return {
        key
        for key, each in labels.items()
        if is_filled_by(words, _split_parts(each), lexicon.courtesy + lexicon.numbering)
    }


def _split_parts(labels: tuple[str, ...]) -> Group[LexiconEntry]:
    whole = [_NUMBER.sub(" ", make_plain(label)) for label in labels]
    parts = [
        part
        for label in whole
        for part in re.split("[,/()]", label)
        if len(_keep_letters(part)) >= LEAST_OF_A_LABEL
    ]
    return list_entries([*whole, *parts])


def make_plain(text: str) -> str:
    """Return a folded text with circled numbers as plain digits."""
    return fold_text("".join(_plain_circled(each) for each in text))


def _plain_circled(letter: str) -> str:
    """Return a circled number as plain digits; some keyboards offer only these."""
    if "\u2460" <= letter <= "\u2473" or "\u2776" <= letter <= "\u2793":
        return f" {int(unicodedata.numeric(letter))} "
    return letter


def _keep_letters(text: str) -> str:
    return "".join(each for each in fold_text(text) if unicodedata.category(each)[0] in "LM")


_LONGEST = 60
_BEFORE = re.compile(r"\W*([1-9])(?:[ ,]+|\s*-\s*)([1-9])[ ,.;:!\n]+(?=\D)", re.ASCII)
_BEHIND = re.compile(r"(?:\D[ ,.;:!\n]+)([1-9])(?:[ ,]+|\s*-\s*)([1-9])[\s.!,]*$", re.ASCII)
_NUMBER = re.compile(r"\d+", re.ASCII)
_TWO = 2


def read_form_answer(menu: Menu, text: str) -> Mapping[str, str] | None:
    """Return ``phone_seen`` and ``when`` of an answer such as ``2 3``, ``23``, ``໒ ໓``, ``sometimes evening``; or None.

    Numbers are the keys of the two questions in the menu. Courtesy, agreement and the wish for a call may surround
    them; any other word gives None, because such a text is no clear consent.
    """
    if len(text) > _LONGEST:
        return None
    plain, hour = _take_hours(menu, make_plain(text))
    numbers, words = _read_numbers(menu, plain)
    seen, when = list_keys(menu, "phone_seen"), list_keys(menu, "when")
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
    """Return the answer given by numbers; the labels they choose may stand beside them."""
    first = list_keys(menu, "phone_seen").get(numbers[0], "")
    second = list_keys(menu, "when").get(numbers[1], "")
    if not first or not second:
        return None
    chosen = _list_answer_words(menu, "phone_seen", first) + _list_answer_words(menu, "when", second)
    more = _further_answers(menu, numbers[_TWO:], words, chosen)
    lexicon = build_lexicon(menu)
    behind = _NUMBER.split(plain)[-1]
    if more is None or is_filled_by(behind, lexicon.numbering, lexicon.courtesy):
        return None
    return {"phone_seen": first, "when": second, **more}


def _is_last(menu: Menu, plain: str) -> bool:
    """Say whether the number is the last word, so that the first question is answered in words before it."""
    return is_filled(_NUMBER.split(plain)[-1], build_lexicon(menu).courtesy)


def _take_hours(menu: Menu, plain: str) -> tuple[str, str]:
    """Return the text without a window's hours, and the key of that window: ``2 18-21``."""
    for key, word in list_keys(menu, "when").items():
        hours = format_hours(menu.windows[word]) if word in menu.windows else ""
        start, _, end = hours.partition("-")
        pattern = rf"(?<![\d:.]){re.escape(start)}\s*-\s*{re.escape(end)}(?![\d:.])"
        if hours and re.search(pattern, plain):
            return re.sub(pattern, " ", plain, count=1), key
    return plain, ""


def _read_numbers(menu: Menu, plain: str) -> tuple[list[str], str]:
    """Return the numbers of a text in order, in digits or words, and the remaining words."""
    numbers, words = [], []
    spoken = {value: _list_spellings(menu, value) for value in "123456789"}
    every = sum(spoken.values(), Group[LexiconEntry](()))
    for part in re.split(r"(\d+)", plain):
        if part.isdigit():
            numbers += _numbers(part) if _NUMBER.findall(plain) == [part] else [_bare(part)]
            continue
        found = is_filled_by(part, every, _beside(menu))
        numbers += [
            next(value for value, group in spoken.items() if entry in group.entries) for entry in found
        ]
        words.append("" if found else part)
    return numbers, " ".join(words)


def _list_spellings(menu: Menu, number: str) -> Group[LexiconEntry]:
    return list_entries([word for words in menu.speech.answers.get(number, {}).values() for word in words])


def list_keys(menu: Menu, asks: str) -> dict[str, str]:
    """Return key → answer of the callback form's question that asks for this field."""
    form = menu.screens.get(menu.call_me)
    for question in list_form_screens(menu, form):
        if question.get_asked() == asks:
            return {choice.key: choice.answer for choice in question.choices if choice.answer}
    return {}


def answer_beside(menu: Menu, text: str) -> Mapping[str, str] | None:
    """Return the same where the two numbers are before or after other words: ``2 3 he hits me``.

    They must be separate from each other and from the words, so that a time, a sum or a number of days does not
    match.
    """
    found = _BEFORE.match(fold_digits(text)) or _BEHIND.search(fold_digits(text))
    return read_form_answer(menu, f"{found[1]} {found[2]}") if found else None


def _numbers(figures: str) -> list[str]:
    """Return the numbers in a single figure: ``02`` is 2, ``23`` is two numbers."""
    if len(figures) == _TWO and not figures.startswith("0"):
        return list(figures)
    return [_bare(figures)]


def _bare(figures: str) -> str:
    return figures.lstrip("0") if len(figures) <= _TWO else ""


def _further_answers(
    menu: Menu, numbers: list[str], words: str, chosen: Group[LexiconEntry]
) -> Mapping[str, str] | None:
    """Return answers to further questions of the form after the two numbers; None where anything else is there.

    Numbers are in the order of the questions, words in any order. *Yes* and *no* are ignored, as they may be
    courtesy.
    """
    questions = find_further(menu)
    by_key = [{choice.key: choice.answer for choice in each.choices if choice.answer} for each in questions]
    if len(numbers) > len(by_key) or any(key not in keys for key, keys in zip(numbers, by_key, strict=False)):
        return None
    answers = {
        each.get_asked(): keys[key] for each, keys, key in zip(questions, by_key, numbers, strict=False)
    }
    labels = {
        (each.get_asked(), choice.answer): _labels(menu, choice)
        for each in questions
        for choice in each.choices
    }
    if not is_filled(words, sum(labels.values(), _beside(menu) + chosen)):
        return None
    for (asks, answer), own in labels.items():
        others = sum((group for of, group in labels.items() if of != (asks, answer)), _beside(menu) + chosen)
        if is_filled_by(words, own, others):
            if answers.get(asks, answer) != answer:
                return None
            answers[asks] = answer
    return answers


def _labels(menu: Menu, choice: Choice) -> Group[LexiconEntry]:
    lexicon = build_lexicon(menu)
    known = lexicon.courtesy + lexicon.numbering
    words = [_NUMBER.sub(" ", fold_text(label)) for label in choice.label.values()]
    telling = [
        each
        for each in words
        if not is_filled(each, known) and not is_filled_by(each, lexicon.declines, known)
    ]
    return list_entries(telling if choice.answer != "no" else ())


def _in_words(menu: Menu, words: str, seen: str, when: str) -> Mapping[str, str] | None:
    """Return the answer given partly or completely in the words of the choices; None where it is ambiguous."""
    firsts = [seen] if seen else list(list_keys(menu, "phone_seen").values())
    seconds = [when] if when else list(list_keys(menu, "when").values())
    found = []
    for first, second in product(firsts, seconds):
        phone_words, hour = (
            _list_answer_words(menu, "phone_seen", first),
            _list_answer_words(menu, "when", second),
        )
        is_time = bool(when) or is_filled_by(words, hour, _beside(menu) + phone_words)
        is_phone = bool(seen) or is_filled_by(words, phone_words, _beside(menu) + hour)
        if is_time and is_phone:
            found.append({"phone_seen": first, "when": second})
    return found[0] if len(found) == 1 else None


def _list_answer_words(menu: Menu, asks: str, value: str) -> Group[LexiconEntry]:
    """Return the words of one answer in every language: its labels, and the words that the menu adds.

    A bare *no* is left out: beside a time it may mean that the time does not suit.
    """
    labels = (
        label
        for screen in menu.screens.values()
        if screen.get_asked() == asks
        for choice in screen.choices
        if choice.answer == value and value != PhoneSeen.NO
        for label in choice.label.values()
    )
    more = (word for words in menu.speech.answers.get(value, {}).values() for word in words)
    return list_entries([*(_NUMBER.sub(" ", fold_text(label)) for label in labels), *more])


@keep_per_owner
def _beside(menu: Menu) -> Group[LexiconEntry]:
    lexicon = build_lexicon(menu)
    return lexicon.courtesy + lexicon.numbering + lexicon.contact


# Texts without a keyword: the nearest topics, and the language of the text.

LEAST = 0.5
"""Share of a keyword's letter pairs (bigrams) that a text must contain for its topic to be offered."""

FEWEST_PAIRS = 3


def find_nearest_topics(menu: Menu, text: str, most: int = 2) -> tuple[Keyword, ...]:
    """Return the keywords with a screen that share the most letter pairs with the text, nearest first."""
    runs = split_runs(text[:LONGEST_NEAR])
    text_pairs = {
        script: _list_pairs("".join(_hear_run(run) for run in runs if run.script == script))
        for script in {run.script for run in runs}
    }
    shares: dict[str, tuple[float, Keyword]] = {}
    for keyword, _, word in list_likely_words(menu):
        if keyword.reaction is not Reaction.SHOW:
            continue
        letters, _, script = word_of(word)
        wanted = _list_pairs(sound_out(letters) if script == PLAIN else strip_tones(letters, script)[0])
        share = (
            len(wanted & text_pairs.get(script, frozenset())) / len(wanted)
            if len(wanted) >= FEWEST_PAIRS
            else 0.0
        )
        if share >= LEAST and share > shares.get(keyword.to, (0.0, keyword))[0]:
            shares[keyword.to] = share, keyword
    ordered = sorted(shares.values(), key=lambda each: -each[0])
    return tuple(keyword for _, keyword in ordered[:most])


def detect_language(menu: Menu, text: str) -> str:
    """Return the language whose script most of the text is in; empty for Latin letters."""
    count: dict[str, int] = {}
    for run in split_runs(text):
        count[run.script] = count.get(run.script, 0) + len(run.letters)
    script = max(count, key=lambda each: count[each], default=PLAIN)
    return (
        ""
        if script == PLAIN
        else next((tag for tag in menu.languages if script == _find_script(menu, tag)), "")
    )


def _find_script(menu: Menu, tag: str) -> str:
    """Return the script of a language: that of most of its keywords and its own name."""
    words = (word for keyword in menu.keywords for word in keyword.words.get(tag, ()))
    count: dict[str, int] = {}
    for word in (menu.languages[tag], *words):
        script = word_of(word)[2]
        count[script] = count.get(script, 0) + 1
    return max(count, key=lambda each: count[each])


def _hear_run(run: Run) -> str:
    if run.script != PLAIN:
        return strip_tones(run.letters, run.script)[0]
    cuts = [0, *sorted(run.gaps), len(run.letters)]
    return " ".join(sound_out(run.letters[left:right]) for left, right in pairwise(cuts))


def _list_pairs(letters: str) -> frozenset[str]:
    return frozenset(letters[place : place + 2] for place in range(len(letters) - 1))
