"""Normalise typed input so that it can be compared with the keys of a screen."""

import unicodedata

BACK_KEY = "0"
HOME = "00"
MORE = "98"

MAX_INPUT = 160
CODE_DIGITS = 4
MOST_CODE_DIGITS = 6
"""Most digits of a code: four as a rule, more only while all codes of four digits are in use."""

_KEY_PUNCTUATION = "#.,;:!?()[]<>\"'“”‘’"


def clean_key(text: str) -> str:
    """Return the key that an input means: without spaces and invisible characters, digits of any script as 0 to 9.

    Punctuation around digits is dropped (``1#``, ``4.``, ``(4)``), as people end or mark a key so. Only characters of
    the Unicode category Nd (UAX #44, General_Category) are folded; a superscript or circled number is no
    key. Input longer than 160 characters gives an empty key.
    """
    if len(text) > MAX_INPUT:
        return ""
    key = "".join(_plain_character(character) for character in text if not _is_invisible(character))
    bare = key.strip(_KEY_PUNCTUATION)
    return bare if bare.isascii() and bare.isdigit() else key


def is_digits(key: str, count: int) -> bool:
    """Say whether a cleaned key is exactly ``count`` digits."""
    return len(key) == count and key.isascii() and key.isdigit()


def is_code(key: str, least: int = CODE_DIGITS) -> bool:
    """Say whether a cleaned key has between ``least`` digits and as many as the longest codes have."""
    return least <= len(key) <= max(least, MOST_CODE_DIGITS) and is_digits(key, len(key))


def _is_invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in {"Cf", "Cc", "Zs"}


def _plain_character(character: str) -> str:
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.decimal(character))
    return character
