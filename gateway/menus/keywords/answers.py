"""Reads her answer to the questions of the callback, when they came in one text: two numbers or their words."""

import re
import unicodedata
from collections.abc import Mapping
from itertools import pairwise, product

from gateway.domain.contact_safety import PhoneSeen
from gateway.menus.engine import navigation
from gateway.menus.engine.model import Choice, Form, Keyword, Menu, Question, Reaction
from gateway.menus.engine.visibility import find_further, format_hours
from gateway.menus.keywords.fuzzy_match import LONGEST_NEAR, list_likely_words
from gateway.menus.keywords.lexicon import Group, LexiconEntry, build_lexicon, list_entries
from gateway.menus.keywords.phonetic import sound_out, strip_tones
from gateway.menus.keywords.scanned_text import is_filled, is_filled_by
from gateway.menus.keywords.script_runs import PLAIN, Run, fold_digits, fold_text, split_runs, word_of

# Which line of a screen a text chooses: by its number, whatever stands round it, or by the words of its
# label.

LONGEST_CHOICE = 80
"""Characters of a text that can be a choice."""

LEAST_OF_A_LABEL = 4
"""Letters of a part of a label, between commas, that stands for all of it."""


Labels = Mapping[str, tuple[str, ...]]
"""The keys that are open, each with its label in every language."""


def find_number(menu: Menu, text: str) -> str:
    """Return the one number that a text is, whatever signs and courtesy stand round it, or nothing.

    ``1.``, ``#1``, ``01``, ``No 1``, ``ข้อ 1 ค่ะ``, ``1️⃣`` and ``①`` are 1. ``0``, ``00`` and a code stay as they are.
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
    """Return the key that a text chooses, or nothing: the label of an open line, alone or with its own number."""
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
    """Say whether a text is thanks, a yes, signs, and nothing else."""
    return is_filled(fold_text(text), build_lexicon(menu).courtesy)


def is_declined(menu: Menu, text: str) -> bool:
    """Say whether a text is a no to the questions that wait for an answer, and little else."""
    lexicon = build_lexicon(menu)
    return bool(is_filled_by(fold_text(text), lexicon.declines, lexicon.courtesy))


def _find_labelled(menu: Menu, plain: str, labels: Labels) -> set[str]:
    """Return the keys whose label the words are, or a part of it between commas, with courtesy round it or none."""
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
    """Return a text folded, numbers in circles as plain ones."""
    return fold_text("".join(_plain_circled(each) for each in text))


def _plain_circled(letter: str) -> str:
    """Return the number in a circle as a plain one: some keyboards offer nothing else."""
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
    """Return ``phone_seen`` and ``when`` of an answer like ``2 3``, ``23``, ``໒ ໓`` or ``sometimes evening``.

    The numbers are the keys of the two questions in the menu. Courtesy, agreement, particles and the wish itself may
    stand before, between or behind. Anything else is None: a text with other words in it is not consent.
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
    """Return the answer by the numbers of the questions; the words of what they choose may stand beside them."""
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
    """Say whether the number is the last word of a text: before it stands what the first question asks."""
    return is_filled(_NUMBER.split(plain)[-1], build_lexicon(menu).courtesy)


def _take_hours(menu: Menu, plain: str) -> tuple[str, str]:
    """Return the text without the hours of a window that stand in it, and the key of that window: ``2 18-21``."""
    for key, word in list_keys(menu, "when").items():
        hours = format_hours(menu.windows[word]) if word in menu.windows else ""
        start, _, end = hours.partition("-")
        pattern = rf"(?<![\d:.]){re.escape(start)}\s*-\s*{re.escape(end)}(?![\d:.])"
        if hours and re.search(pattern, plain):
            return re.sub(pattern, " ", plain, count=1), key
    return plain, ""


def _read_numbers(menu: Menu, plain: str) -> tuple[list[str], str]:
    """Return the numbers of a text in their order, in figures or in words, and the words that are none."""
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
    found = _BEFORE.match(fold_digits(text)) or _BEHIND.search(fold_digits(text))
    return read_form_answer(menu, f"{found[1]} {found[2]}") if found else None


def _numbers(figures: str) -> list[str]:
    """Return the numbers of the one figure of an answer: ``02`` is 2, and ``23`` are two."""
    if len(figures) == _TWO and not figures.startswith("0"):
        return list(figures)
    return [_bare(figures)]


def _bare(figures: str) -> str:
    return figures.lstrip("0") if len(figures) <= _TWO else ""


def _further_answers(
    menu: Menu, numbers: list[str], words: str, chosen: Group[LexiconEntry]
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
        if is_filled_by(words, own, others):
            if answers.get(asks, answer) != answer:
                return None
            answers[asks] = answer
    return answers


def _labels(menu: Menu, choice: Choice) -> Group[LexiconEntry]:
    lexicon = build_lexicon(menu)
    known = lexicon.courtesy + lexicon.numbering
    words = [_NUMBER.sub(" ", fold_text(label)) for label in choice.label.values()]
    said = [
        each
        for each in words
        if not is_filled(each, known) and not is_filled_by(each, lexicon.declines, known)
    ]
    return list_entries(said if choice.answer != "no" else ())


def _in_words(menu: Menu, words: str, seen: str, when: str) -> Mapping[str, str] | None:
    """Return the answer of which one half, or both, are the words of the choices; the other may be known already."""
    firsts = [seen] if seen else list(list_keys(menu, "phone_seen").values())
    seconds = [when] if when else list(list_keys(menu, "when").values())
    found = []
    for first, second in product(firsts, seconds):
        mine, hour = _list_answer_words(menu, "phone_seen", first), _list_answer_words(menu, "when", second)
        is_time = bool(when) or is_filled_by(words, hour, _beside(menu) + mine)
        is_phone = bool(seen) or is_filled_by(words, mine, _beside(menu) + hour)
        if is_time and is_phone:
            found.append({"phone_seen": first, "when": second})
    return found[0] if len(found) == 1 else None


def _list_answer_words(menu: Menu, asks: str, value: str) -> Group[LexiconEntry]:
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
    return list_entries([*(_NUMBER.sub(" ", fold_text(label)) for label in labels), *more])


def _beside(menu: Menu) -> Group[LexiconEntry]:
    lexicon = build_lexicon(menu)
    return lexicon.courtesy + lexicon.numbering + lexicon.contact


# For a text that holds no word of the menu: the two topics that come nearest, and the language it is
# written in.

LEAST = 0.5
"""The share of a word's pairs of letters that a text must hold for its topic to be offered."""

FEWEST_PAIRS = 3


def find_nearest_topics(menu: Menu, text: str, most: int = 2) -> tuple[Keyword, ...]:
    """Return the entries of the menu that lead to a screen and come nearest to the text, the nearest first."""
    runs = split_runs(text[:LONGEST_NEAR])
    held = {
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
            len(wanted & held.get(script, frozenset())) / len(wanted) if len(wanted) >= FEWEST_PAIRS else 0.0
        )
        if share >= LEAST and share > shares.get(keyword.to, (0.0, keyword))[0]:
            shares[keyword.to] = share, keyword
    ordered = sorted(shares.values(), key=lambda each: -each[0])
    return tuple(keyword for _, keyword in ordered[:most])


def detect_language(menu: Menu, text: str) -> str:
    """Return the language whose letters the text is written in, where the letters tell it."""
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
    """Return the script of a language: of its keywords, which people write, else of its own name."""
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
