"""Reads her answer to the questions of the callback, when they came in one text: two numbers, however written."""

import re
import unicodedata
from collections.abc import Mapping

from gateway.engine.words.fold import digits
from gateway.safe_contact import PhoneSeen, When

_PHONE_SEEN = dict(enumerate(PhoneSeen, start=1))
_WHEN = dict(enumerate(When, start=1))
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
_TWO = re.compile(r"\D*(\d)\D*(\d)\D*", re.ASCII)


def form_answer(text: str) -> Mapping[str, str] | None:
    """Return ``phone_seen`` and ``when`` of an answer like ``2 3``, ``2,3``, ``2-3``, ``23`` or ``໒ ໓``.

    Anything else is None: a text with other words in it is not consent.
    """
    if len(text) > _LONGEST:
        return None
    plain = digits(text).casefold()
    found = _TWO.fullmatch(plain)
    if found is None or not _FILLERS.issuperset(_words(plain)):
        return None
    first, second = _PHONE_SEEN.get(int(found[1])), _WHEN.get(int(found[2]))
    return {"phone_seen": str(first), "when": str(second)} if first and second else None


def _words(text: str) -> list[str]:
    """Return what is left of the text beside digits and signs."""
    letters = "".join(each if unicodedata.category(each)[0] in "LM" else " " for each in text)
    return letters.translate(_KEYCAPS).split()


_KEYCAPS = dict.fromkeys((0x20E3, 0xFE0F))
