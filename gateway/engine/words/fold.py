"""Folds away what does not change a word: case, accents, native digits, and the twin spellings of Lao and Thai."""

import re
import unicodedata

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff\u20e3"))
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
    plain = digits(text).casefold().translate(_INVISIBLE)
    plain = _ACCENTS.sub("", unicodedata.normalize("NFD", _narrow(plain)))
    for pattern, replacement in _TWINS:
        plain = pattern.sub(replacement, plain)
    return unicodedata.normalize("NFC", plain)


def digits(text: str) -> str:
    """Return the text with the digits of every script as 0 to 9."""
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)


def _narrow(text: str) -> str:
    """Return wide Latin letters as plain ones; NFKC on the whole would take the Lao vowel am apart."""
    return "".join(
        unicodedata.normalize("NFKC", each) if "\uff01" <= each <= "\uff5e" else each for each in text
    )
