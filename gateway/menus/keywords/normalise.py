"""Folds away what does not change a word: case, accents, native digits, and the twin spellings of Lao and Thai."""

import re
import unicodedata
from functools import lru_cache

SOFT = "\u200b"
"""Where a line may break: some keyboards put it between words, others anywhere."""

_UNSEEN = frozenset("\u034f\u115f\u1160\u3164\uffa0\u20e3")
"""Signs that no phone shows and that Unicode counts among the letters and marks."""

_APOSTROPHES = str.maketrans(
    dict.fromkeys("`\u00b4\u2018\u201b\u2032\u02b9\u02bb\u02bc\u02c8\u02cb\ua78c", "'")
)
"""What keyboards and converters put for the apostrophe of ``don't``; the curly one joins a word as it is."""

_CIRCLED = re.compile("[\u2460-\u2468\u24f5-\u24fd\u2776-\u277e\u2780-\u2788\u278a-\u2792]")
"""The digits 1 to 9 in a circle: some keyboards offer nothing else for the number of a list."""

_ACCENTS = re.compile("[\u0300-\u036f]")

_LAO_TONE, _THAI_TONE = "\u0ec8-\u0ecb", "\u0e48-\u0e4b"
_LAO_VOWEL, _THAI_VOWEL = "\u0eb1\u0eb4-\u0eb9\u0ebb\u0ecd", "\u0e31\u0e34-\u0e39\u0e4d"

# Each pair looks the same on a phone; the right side is how it is compared. The order matters: marks are sorted
# before the vowel am is put together from its halves.
_TWINS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (f"([{_LAO_TONE}{_LAO_VOWEL}{_THAI_TONE}{_THAI_VOWEL}])\\1+", r"\1"),
        (f"([{_LAO_TONE}])([{_LAO_VOWEL}])", r"\2\1"),
        (f"([{_THAI_TONE}])([{_THAI_VOWEL}])", r"\2\1"),
        # A tone typed behind a vowel that stands beside its letter.
        (f"([\u0eb0\u0eb2])([{_LAO_TONE}])", r"\2\1"),
        (f"([\u0e30\u0e32\u0e45])([{_THAI_TONE}])", r"\2\1"),
        (f"\u0ecd([{_LAO_TONE}]?)\u0eb2", "\\1\u0eb3"),
        (f"\u0e4d([{_THAI_TONE}]?)[\u0e32\u0e45]", "\\1\u0e33"),
        (f"\u0eb3([{_LAO_TONE}])", "\\1\u0eb3"),
        (f"\u0e33([{_THAI_TONE}])", "\\1\u0e33"),
        ("\u0ec0\u0ec0", "\u0ec1"),
        ("\u0e40\u0e40", "\u0e41"),
        ("\u0eab\u0e99", "\u0edc"),
        ("\u0eab\u0ea1", "\u0edd"),
        ("\u0eab\u0ebc", "\u0eab\u0ea5"),
    )
)


def fold(text: str) -> str:
    """Return the text as words are compared: every spelling of the same word comes out equal."""
    plain = text.casefold().translate(_APOSTROPHES)
    if plain.isascii():
        return plain if plain.isprintable() else "".join(each for each in plain if not _is_unseen(each))
    plain = "".join(_plain(each) for each in plain if not _is_unseen(each))
    plain = _ACCENTS.sub("", unicodedata.normalize("NFD", plain))
    for pattern, replacement in _TWINS:
        plain = pattern.sub(replacement, plain)
    return unicodedata.normalize("NFC", plain)


def digits(text: str) -> str:
    """Return the text with the digits of every script as 0 to 9."""
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)


@lru_cache(maxsize=4_096)
def _plain(letter: str) -> str:
    """Return a digit of any script, or one in a circle, as 0 to 9, and a wide letter as a plain one.

    NFKC on the whole would take the Lao vowel am apart.
    """
    if letter.isdecimal() or _CIRCLED.match(letter):
        return str(unicodedata.digit(letter))
    return unicodedata.normalize("NFKC", letter).casefold() if "\uff01" <= letter <= "\uff5e" else letter


@lru_cache(maxsize=4_096)
def _is_unseen(letter: str) -> bool:
    """Say whether a sign is nothing to a reader: format and control characters, fillers, variation selectors."""
    if letter == SOFT or letter.isspace():
        return False
    return (
        letter in _UNSEEN
        or unicodedata.category(letter) in {"Cf", "Cc"}
        or "\ufe00" <= letter <= "\ufe0f"
        or "\U000e0100" <= letter <= "\U000e01ef"
    )
