"""Split what was dialled into the service code and the digits behind it, which are the caller's first inputs.

A code is dialled as ``*CODE*DIGITS#`` (3GPP TS 22.090, section 4.2). Providers write it with or without the star
before and the hash behind, and some post the digits as part of the code.
"""

from collections.abc import Collection


def find_digits_behind(dialled: str, codes: Collection[str]) -> str:
    """Return the digits behind the longest of these codes that the dialled string begins with, joined by ``*``.

    Empty where there are none, or where no code fits: on a shared code nobody knows what its parts mean.
    """
    whole = _strip_marks(dialled)
    for code in sorted((_strip_marks(each) for each in codes), key=len, reverse=True):
        if code and whole.startswith(f"{code}*"):
            return whole.removeprefix(f"{code}*")
        if code == whole:
            return ""
    return ""


def is_dialled(written: str, codes: Collection[str]) -> bool:
    """Say whether this is one of the codes, alone or with digits behind it, and so no input to a page."""
    whole = _strip_marks(written)
    return any(f"{whole}*".startswith(f"{_strip_marks(each)}*") for each in codes if _strip_marks(each))


def _strip_marks(code: str) -> str:
    return code.strip().removeprefix("*").removesuffix("#")
