"""Where syllables of written Lao begin and end, by the rules of its spelling: every vowel is written."""

import re

_C = "[\u0e81-\u0eae\u0edc-\u0edf]"
_TONE = "[\u0ec8-\u0ecb]"
_SIGN = "[\u0eb0-\u0eb9\u0ebb-\u0ebd\u0ec8-\u0ecb\u0ecd]"
"""Vowel signs and tones that stand after the consonant that begins their syllable."""

_CODA = "[ກງຍດນບມວລຣສ]"
_OPENS_NEXT = (
    # ອ and ວ between two consonants are vowels, and the first consonant begins their syllable.
    f"(?:{_SIGN}|[ອວ](?={_CODA}(?!{_SIGN}))(?!ອ[ອ]))"
)
_GLIDES = f"ກວ{_TONE}?[ະາ]"
"""ກວ before a vowel begins a syllable (ກວ່າ), though ກ alone may end one."""

_END = f"(?:(?!{_GLIDES}){_CODA}(?!{_OPENS_NEXT}))"
_MUST_END = f"(?:{_C}(?!{_TONE}))"

_INITIAL = f"(?:ຫ[ງຍວລຣ]|[ກຂຄສ]ວ(?={_TONE}?[ະາັິີ])|{_C}[ຣຼ]|{_C})"
_INITIAL_AFTER_LEAD = f"(?:[ກຂຄສ]ວ(?={_TONE}?{_END})|{_INITIAL})"

_PLAIN_VOWELS = "|".join(
    (
        f"[ັົ]{_TONE}?ວະ",
        f"ົ{_TONE}?ວ",
        f"[ັົ]{_TONE}?{_MUST_END}",
        f"[ິີຶືຸູ]{_TONE}?{_END}?",
        f"ໍ{_TONE}?",
        f"{_TONE}?[ຳະ]",
        f"{_TONE}?າ{_END}?",
        f"{_TONE}?[ອວຽ]{_CODA}(?!{_SIGN})",
        f"{_TONE}?ຽ",
    )
)
_E_VOWELS = "|".join(
    (
        f"ົ{_TONE}?າ",
        f"{_TONE}?າະ",
        f"[ຶື]{_TONE}?ອ{_END}?",
        f"[ິີ]{_TONE}?{_END}?",
    )
)
_LEAD_VOWELS = f"ັ{_TONE}?{_MUST_END}|{_TONE}?ະ|{_TONE}?(?:ຽ|{_END})?"

_SYLLABLE = re.compile(
    f"ເ{_INITIAL_AFTER_LEAD}(?:{_E_VOWELS})"
    f"|[ເແໂ]{_INITIAL_AFTER_LEAD}(?:{_LEAD_VOWELS})"
    f"|[ໃໄ]{_INITIAL}{_TONE}?(?:ຍ(?!{_OPENS_NEXT}))?"
    f"|{_INITIAL}(?:{_PLAIN_VOWELS})"
)


def edges(run: str) -> frozenset[int]:
    """Return the places in an unspaced run at which a syllable begins or ends, both ends of the run included.

    A letter that belongs to no syllable is taken as the end of the one before it, so no edge lies before it.
    """
    found = {0, len(run)}
    place = 0
    while place < len(run):
        syllable = _SYLLABLE.match(run, place)
        if syllable:
            found.add(place)
            place = syllable.end()
        else:
            place += 1
    return frozenset(found)
