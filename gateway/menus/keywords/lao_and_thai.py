"""Find syllable boundaries in written Lao, and places where a Thai word may begin or end; needs no dictionary.

Lao spelling writes every vowel, so a regular expression can find syllables. Thai leaves many vowels out, so its rules
only exclude places that are certainly inside a word.
"""

import re

_C = "[\u0e81-\u0eae\u0edc-\u0edf]"
_TONE = "[\u0ec8-\u0ecb]"
_SIGN = "[\u0eb0-\u0eb9\u0ebb-\u0ebd\u0ec8-\u0ecb\u0ecd]"
"""Vowel signs and tone marks after the initial consonant of their syllable."""

_CODA = "[ກງຍດນບມວລຣສ]"
_OPENS_NEXT = (
    # Between two consonants ອ and ວ are vowels; the first consonant begins the syllable.
    f"(?:{_SIGN}|[ອວ](?={_CODA}(?!{_SIGN}))(?!ອ[ອ]))"
)
_GLIDES = f"ກວ{_TONE}?[ະາ]"
"""ກວ before a vowel begins a syllable (ກວ່າ), though ກ alone may end one."""

_END = f"(?:(?!{_GLIDES}){_CODA}(?!{_OPENS_NEXT}))"
_MUST_END = f"(?:{_C}(?!{_TONE}))"

_INITIAL = f"(?:ຫ[ງຍວລຣ]|[ກຂຄສ]ວ(?={_TONE}?[ະາັິີຳ])|{_C}[ຣຼ]|{_C})"
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


def find_edges(run: str) -> frozenset[int]:
    """Return the positions in an unspaced run where a syllable begins or ends, including both ends of the run.

    A letter outside any syllable counts as the end of the one before, so there is no boundary before it.
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


# Thai: cautious rules, because many vowels are not written.

_LEADS = frozenset("เแโใไ")
_SIGNS = frozenset("ะาำๅัิีึืฺุูํ็่้๊๋์")
_SILENCER = "์"
_NEVER_LAST = frozenset("ฃฅฉผฝฌหฮอ")
"""Consonants that can begin a syllable but not end one."""

_CLOSED = frozenset("ะำๅ็")
_CLUSTER = re.compile("(?:[กขคตปผพทสซ][รลว]|ห[งญนมยรลว]|อย)")
_BARE = re.compile("(?:คน|รถ|นม|จน|กด|ลง|ลด|ตก|ตน|พบ|บน|บท|ทน|สด|นก|จบ|ยก|งบ|ขน|มด|กบ|ลม|ลน|ชน|ดม)(?![ะาำๅัิีึืุู็่้๊๋])")
"""Common syllables with an unwritten vowel."""


_NEAR = 4
"""Letters before and after a position that decide about it."""


def begins_in(letters: str, start: int, left: int) -> bool:
    """Say whether a word may begin at this position of an unspaced run that begins at ``left``."""
    window = max(left, start - _NEAR)
    return may_begin(letters[window : start + _NEAR], start - window)


def ends_in(letters: str, start: int, end: int, right: int) -> bool:
    """Say whether a word from ``start`` may end at ``end`` in an unspaced run that ends at ``right``."""
    window = max(start, end - _NEAR)
    return may_end(letters[window : min(right, end + 2 * _NEAR)], 0, end - window)


def may_begin(run: str, start: int) -> bool:
    """Say whether a word may begin at this position of the run."""
    if start == 0:
        return True
    before, first = run[start - 1], run[start]
    if before in _LEADS or first in _SIGNS:
        return False
    if start == 1 and _is_consonant(before):
        return False
    # The second half of a cluster is no beginning: รัก is not in ตรัก.
    return first in _LEADS or not (
        _CLUSTER.match(run, start - 1) and (start == 1 or run[start - 2] in _LEADS)
    )


def may_end(run: str, start: int, end: int) -> bool:
    """Say whether a word from ``start`` may end at ``end``: the next letter does not belong to its last syllable."""
    if end == len(run):
        return True
    follower = run[end]
    if follower in _SIGNS or _SILENCER in run[end + 1 : end + 3]:
        return False
    if not _is_consonant(follower) or not _is_open(run[start:end]):
        return True
    return follower in _NEVER_LAST or _begins_syllable(run, end)


def _is_consonant(letter: str) -> bool:
    return "ก" <= letter <= "ฮ"


def _is_open(word: str) -> bool:
    """Say whether the last syllable of a word could take a final consonant."""
    bare = word.rstrip("่้๊๋")
    if not bare or bare[-1] in _CLOSED:
        return False
    if bare[-1] in _SIGNS:
        return True
    return len(bare) > 1 and bare[-2] in "เแโ"


def _begins_syllable(run: str, place: int) -> bool:
    after, second, third = (run[place + step : place + step + 1] for step in (1, 2, 3))
    if after and after in _SIGNS:
        return True
    # อ and ว between two consonants are vowels.
    if after == "อ" and second not in {"", "อ"}:
        return True
    if after == "ว" and _is_consonant(second) and (not third or third not in _SIGNS):
        return True
    cluster = _CLUSTER.match(run, place)
    # อ behind a cluster is its vowel too: ครอบครัว begins anew behind ฆ่า.
    if cluster and second and (second in _SIGNS or (second == "อ" and _is_consonant(third))):
        return True
    return bool(_BARE.match(run, place))
