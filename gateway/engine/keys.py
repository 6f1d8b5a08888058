"""What she typed, made comparable with the keys of a screen."""

import unicodedata

BACK = "0"
HOME = "00"
MORE = "98"

MAX_INPUT = 160
CODE_DIGITS = 4


def clean(text: str) -> str:
    """Return the key that an input means: without spaces and invisible marks, native digits as 0 to 9.

    Only true digits are folded; a superscript or a circled number is no key. What is too long to be a key
    comes back empty.
    """
    if len(text) > MAX_INPUT:
        return ""
    return "".join(_plain(character) for character in text if not _is_invisible(character))


def is_digits(key: str, count: int) -> bool:
    """Say whether a cleaned key is exactly so many digits."""
    return len(key) == count and key.isascii() and key.isdigit()


def _is_invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in {"Cf", "Cc", "Zs"}


def _plain(character: str) -> str:
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.decimal(character))
    return character
