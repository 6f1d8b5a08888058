"""Spellings that sound alike come out equal: romanised Lao has no standard, and tone marks are left out in haste."""

import re
from functools import lru_cache

from gateway.engine.words.runs import LAO, THAI

_ROMANISED = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        ("j", "ch"),
        ("x", "s"),
        ("w", "v"),
        ("ck|c(?!h)|q", "k"),
        ("([ptk])h", r"\1"),
        ("r(?=[aeiou])", "l"),
        ("aa+", "a"),
        ("ee+|ii+", "i"),
        ("oo+|ou", "u"),
        ("[eo]?u[ae]+(?=[nt])|eua", "ua"),
        ("oeu?|eu|ue|[eu]r", "u"),
        ("ae|ea", "e"),
        ("aw|or", "o"),
        ("ar", "a"),
        ("(?<=[aeiou])y", "i"),
        ("(?<=[aeiou])h(?![aeiou])", ""),
        ("r$", ""),
        ("d$", "t"),
        ("b$", "p"),
        ("(?<!n)g$", "k"),
        (r"([a-z])\1+", r"\1"),
    )
)
"""In this order; what differs only by it is one word to whoever writes by ear."""

_SAME = {
    LAO: str.maketrans({**dict.fromkeys("່້໊໋໌"), "ີ": "ິ", "ື": "ຶ", "ູ": "ຸ", "ໃ": "ໄ", "ຣ": "ລ"}),
    THAI: str.maketrans(
        {**dict.fromkeys("่้๊๋็"), "ี": "ิ", "ื": "ึ", "ู": "ุ", "ใ": "ไ", "ศ": "ส", "ษ": "ส", "ณ": "น"}
    ),
}
_NOTHING_SAME: dict[int, str] = {}
_SILENT = re.compile("[ก-ฮ][ิุ]?์")
"""A Thai letter that is written and not spoken, with the sign that silences it."""


@lru_cache(maxsize=8_192)
def romanised(word: str) -> str:
    """Return one folded word in Latin letters as it sounds to a reader of Lao."""
    for pattern, replacement in _ROMANISED:
        word = pattern.sub(replacement, word)
    return word


@lru_cache(maxsize=8_192)
def toneless(letters: str, script: str) -> tuple[str, tuple[int, ...]]:
    """Return folded letters without what is left out in haste in Lao and Thai, and where each of them stood.

    The places have one more entry than the letters: the end.
    """
    same = _SAME.get(script, _NOTHING_SAME)
    silent = (
        {place for found in _SILENT.finditer(letters) for place in range(*found.span())}
        if script == THAI
        else set()
    )
    kept = [(letter.translate(same), place) for place, letter in enumerate(letters) if place not in silent]
    kept = [(letter, place) for letter, place in kept if letter]
    return "".join(letter for letter, _ in kept), (*(place for _, place in kept), len(letters))
