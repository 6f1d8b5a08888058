"""Reads her answer to the questions of the callback, when they came in one text: two numbers, however written."""

import re
import unicodedata
from collections.abc import Mapping

from gateway.engine.menu import Form, Menu, Question
from gateway.engine.words.fold import digits

_FILLERS = frozenset(
    {
        "and",
        "ok",
        "yes",
        "please",
        "thank",
        "thanks",
        "you",
        "lae",
        "khop",
        "chai",
        "ແລະ",
        "ຂອບໃຈ",
        "และ",
        "ขอบคุณ",
    }
)
_LONGEST = 40
_BEFORE = re.compile(r"\W*([1-9])(?:[ ,]+|\s*-\s*)([1-9])[ ,.;:!\n]+(?=\D)", re.ASCII)
_BEHIND = re.compile(r"(?:\D[ ,.;:!\n]+)([1-9])(?:[ ,]+|\s*-\s*)([1-9])[\s.!,]*$", re.ASCII)
_TWO = re.compile(r"\D*(\d)\D*(\d)\D*", re.ASCII)


def form_answer(menu: Menu, text: str) -> Mapping[str, str] | None:
    """Return ``phone_seen`` and ``when`` of an answer like ``2 3``, ``2,3``, ``2-3``, ``23`` or ``໒ ໓``.

    The numbers are the keys of the two questions in the menu. Anything else is None: a text with other words in it is
    not consent.
    """
    if len(text) > _LONGEST:
        return None
    plain = digits(text).casefold()
    found = _TWO.fullmatch(plain)
    if found is None or not _FILLERS.issuperset(_words(plain)):
        return None
    first = keys_of(menu, "phone_seen").get(found[1], "")
    second = keys_of(menu, "when").get(found[2], "")
    return {"phone_seen": first, "when": second} if first and second else None


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


def _words(text: str) -> list[str]:
    """Return what is left of the text beside digits and signs."""
    letters = "".join(each if unicodedata.category(each)[0] in "LM" else " " for each in text)
    return letters.translate(_KEYCAPS).split()


_KEYCAPS = dict.fromkeys((0x20E3, 0xFE0F))
