"""What she typed, made comparable with the keys of a screen."""

import unicodedata

BACK_KEY = "0"
HOME = "00"
MORE = "98"

MAX_INPUT = 160
CODE_DIGITS = 4
MOST_CODE_DIGITS = 6
"""A code has four digits, and more only while all codes of four are in use."""

_ROUND_A_KEY = "#.,;:!?()[]<>\"'“”‘’"


def clean_key(text: str) -> str:
    """Return the key that an input means: without spaces and invisible marks, native digits as 0 to 9.

    Signs round the digits do not change a key: ``1#``, ``4.`` and ``(4)`` are how people end or mark one. Only true
    digits are folded; a superscript or a circled number is no key. What is too long to be a key comes back empty.
    """
    if len(text) > MAX_INPUT:
        return ""
    key = "".join(_plain_character(character) for character in text if not _is_invisible(character))
    bare = key.strip(_ROUND_A_KEY)
    return bare if bare.isascii() and bare.isdigit() else key


def is_digits(key: str, count: int) -> bool:
    """Say whether a cleaned key is exactly so many digits."""
    return len(key) == count and key.isascii() and key.isdigit()


def is_code(key: str, least: int = CODE_DIGITS) -> bool:
    """Say whether a cleaned key may be a code: so many digits, or as many as the longest codes have."""
    return least <= len(key) <= max(least, MOST_CODE_DIGITS) and is_digits(key, len(key))


def _is_invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in {"Cf", "Cc", "Zs"}


def _plain_character(character: str) -> str:
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.decimal(character))
    return character
