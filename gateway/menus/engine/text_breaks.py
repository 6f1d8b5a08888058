"""Find where a text may be cut in two without splitting a letter, a number or a sign; needs no dictionary.

The rules follow Unicode: grapheme clusters (UAX #29), line breaking classes that forbid a break before or after a
character (UAX #14), and emoji sequences (UTS #51); Lao, Thai, Khmer and Burmese need syllable rules beyond them.
"""

import re
import string
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Collection

from gateway.menus.keywords.lao_and_thai import find_edges as syllable_edges

Breaks = Callable[[str], Collection[int]]
"""Returns preferred positions for a cut, as a dictionary knows them; used only where a cut is safe."""

SOFT_BREAK = "\u200b"
"""ZERO WIDTH SPACE, an author's mark for a good place to cut; removed before sending."""

PLACEHOLDER = re.compile(r"\{([A-Za-z0-9_][A-Za-z0-9_.\-]*(?::[a-z]+)?)\}")
"""``{name}``, or ``{name:part}`` for another part of a fact."""

_MARKS = frozenset({"Mn", "Mc", "Me"})
_OPENING = frozenset({"Ps", "Pi"})
_CLOSING = frozenset({"Pe", "Pf"})

_NEVER_BEFORE = frozenset(
    "ฯะาำๅๆ"  # Thai vowels and signs that belong to the character before them
    "ຯະາຳຽໆ"  # Lao
    "។៕ៗ"  # Khmer
    "၊။"  # Burmese
    "\u200d\u2060"  # U+2060 WORD JOINER forbids a cut on both sides (UAX #14, class WJ)
    "!%),.:;?]}…’”»"
)
_NEVER_AFTER = frozenset(
    "เแโใไ"  # Thai vowels that are written before their consonant
    "ເແໂໃໄ"  # Lao
    "\u17d2\u1039\u200d\u2060"  # the joiners of Khmer and Burmese stacks
    "([{¡¿‘“«"
)
_NEEDS_FINAL = frozenset("\u0e31\u0eb1\u0ebb")
"""Vowels that need a final consonant, even with a tone mark between."""

_TONES = frozenset("\u0e48\u0e49\u0e4a\u0e4b\u0e4c\u0e4d\u0ec8\u0ec9\u0eca\u0ecb\u0ecc\u0ecd")
_NUMBER_SIGNS = frozenset("-.,/:+")
_SPACES = frozenset(" \n\t\r\u00a0")
_PLAIN_LETTERS = frozenset(f"{string.ascii_letters} ")
"""Characters for which no rule below forbids a cut between any two of them."""
_SENTENCE_ENDS = frozenset(".?!;။។")
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_REGIONAL = range(0x1F1E6, 0x1F200)
_BURMESE_CONSONANTS = frozenset({*range(0x1000, 0x1022), 0x103F})
_BURMESE_MEDIALS = frozenset({0x1037, *range(0x103B, 0x103F)})
_BURMESE_KILLERS = frozenset({0x1039, 0x103A})
_TAGS = range(0xE0020, 0xE0080)
"""Tag characters of a subdivision flag (UTS #51); separated from the black flag they show as boxes."""
_UNITS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Sc"})
_LAO_RUN = re.compile("[\u0e80-\u0eff]+")
_MASK = "0"
_RANGE_BEFORE, _RANGE_AFTER = re.compile(r"\d[ \u00a0]*[-\u2013]$"), re.compile(r"[-\u2013][ \u00a0]*\d")
"""A span of numbers, with or without spaces around its dash."""
_ABBREVIATION = re.compile(r"(?:^|\s)(?:[^\W\d_]{1,2}\.)+$")
"""What is counted or numbered, before its number: ``No. 5``, ``พ.ศ. 2569``."""
_INSIDE_WORD = re.compile(r"(?:[^\W\d_]\.|://\S*)\0\S")
"""Inside an abbreviation with dots, or an address; the cut is marked by NUL."""
_GROUPED_PHONE = re.compile(r"(?<!\d)(?:\+\d{1,3}|0\d{1,3})(?:[ \u00a0\-]\d{2,})+(?!\d)")
"""A phone number written in groups, as ``+856 20 555`` or ``021 212 345``."""


def find_safe_cuts(text: str) -> list[int]:
    """Return every position, in order, at which the text may be cut; never its two ends.

    A placeholder counts as a number: it is not cut inside, nor between it and adjacent digits. A grouped phone number
    is not cut either.
    """
    return _list_safe_cuts(text, 1, len(text))


def _list_safe_cuts(text: str, first: int, end: int) -> list[int]:
    """Return the positions from ``first`` until before ``end`` at which the text may be cut."""
    masked = PLACEHOLDER.sub(lambda found: _MASK * len(found.group()), text)
    phones = {
        place for found in _GROUPED_PHONE.finditer(masked) for place in range(found.start() + 1, found.end())
    }
    return [
        place for place in range(max(1, first), end) if place not in phones and not _is_vetoed(masked, place)
    ]


def strip_soft_breaks(text: str) -> tuple[str, frozenset[int]]:
    """Return the text without the author's marks, and their positions in it."""
    first, *others = text.split(SOFT_BREAK)
    places, clean = set(), first
    for part in others:
        places.add(len(clean))
        clean += part
    return clean, frozenset(places)


def find_best_cut(
    text: str,
    fits: Callable[[str], bool],
    *,
    sentences: bool = False,
    soft: Collection[int] = (),
    breaks: Breaks | None = None,
) -> int:
    """Return where to cut so that the first part fits; 0 when no safe cut fits.

    Among the safe cuts in the last half of the room, the order of preference is: an author's mark (``soft``), the end
    of a sentence (with ``sentences``), a space, a word boundary of ``breaks``, the edge of a Lao syllable. A number
    and its unit, or a bracket and its first word, are separated only where nothing else is left. Otherwise the last
    safe cut is taken.
    """
    last, near = _find_last_half(text, fits)

    def together(places: list[int]) -> list[int]:
        return [place for place in places if not _parts_pair(text, place)]

    def between_words() -> list[int]:
        preferred = breaks(text) if breaks else ()
        return [place for place in near if place in preferred]

    def between_syllables() -> list[int]:
        whole = find_lao_edges(text)
        return [place for place in near if place in whole]

    if marked := [place for place in near if place in soft]:
        return marked[-1]
    if sentences and (ends := [place for place in near if _ends_sentence(text, place)]):
        return ends[-1]
    spaced = [place for place in near if text[place - 1] in _SPACES or text[place] in _SPACES]
    whole = together(spaced) or together(between_words()) or together(between_syllables())
    return (whole or spaced or between_words() or together(near) or [last])[-1]


def _find_last_half(text: str, fits: Callable[[str], bool]) -> tuple[int, list[int]]:
    """Return the last safe cut that fits, 0 where none does, and those in the last half of the room.

    A text that grows does not fit again once it did not, so the room is found by halving, and only what lies near its
    end is looked at.
    """
    room = _find_room(text, fits)
    places = _list_safe_cuts(text, room // 4, room + 1)
    if not places or 2 * places[-1] < room:
        places = _list_safe_cuts(text, 1, room + 1)
    while places and not fits(text[: places[-1]]):
        places.pop()  # a text whose parts grow shorter together
    last = places[-1] if places else 0
    return last, [place for place in places if last <= 2 * place]


def _find_room(text: str, fits: Callable[[str], bool]) -> int:
    """Return how many characters fit, at most all but one; a placeholder fits as a whole or not at all."""
    inside = {
        place for found in PLACEHOLDER.finditer(text) for place in range(found.start() + 1, found.end())
    }
    places = [place for place in range(1, len(text)) if place not in inside]
    fitting = bisect_left(places, True, key=lambda place: not fits(text[:place]))
    return places[fitting - 1] if fitting else 0


def find_lao_edges(text: str) -> frozenset[int]:
    """Return the syllable boundaries in the Lao runs of a text, for use where no dictionary is available."""
    return frozenset(
        found.start() + edge for found in _LAO_RUN.finditer(text) for edge in syllable_edges(found[0])
    )


def _parts_pair(text: str, place: int) -> bool:
    """Say whether a cut would separate a number from its unit, a bracket from its first word, or a flag in two."""
    if ord(text[place]) in _TAGS or (
        _is_digit(text[place]) and unicodedata.category(text[place - 1]) == "Sc"
    ):
        return True
    before, after = text[:place].rstrip(" \u00a0"), text[place:].lstrip(" \u00a0")
    if before.endswith("\n") or not after or after[0] == "\n":
        return False
    number = before[-1:] == "}" or _is_digit(before[-1:])
    if number and unicodedata.category(after[0]) in _UNITS:
        return True
    if (_RANGE_BEFORE.search(before) and _is_digit(after)) or (
        _is_digit(before[-1:]) and _RANGE_AFTER.match(after)
    ):
        return True
    if _is_digit(after) and _ABBREVIATION.search(before):
        return True
    if before + after == text and _INSIDE_WORD.search(re.split(r"\s", before)[-1] + "\0" + after[0]):
        return True
    first_word = re.split(r"\s", before)[-1]
    opened = next((at for at in range(len(first_word)) if _does_open(first_word[at])), None)
    return opened is not None and not any(_does_close(each) for each in first_word[opened:])


def _does_open(character: str) -> bool:
    return unicodedata.category(character) in _OPENING


def _does_close(character: str) -> bool:
    return unicodedata.category(character) in _CLOSING


def split_text(
    text: str, limit: int, measure: Callable[[str], int], *, breaks: Breaks | None = None
) -> tuple[str, ...]:
    """Cut a text into parts that each measure at most ``limit``; joined, they give the text.

    Where no safe cut fits (a number or a stack longer than the room) a part is cut between two code points, and where
    not even one code point fits it becomes a part by itself, so that the loop ends.
    """

    def fits(part: str) -> bool:
        return measure(part) <= limit

    parts: list[str] = []
    rest = text
    while not fits(rest):
        place = find_best_cut(rest, fits, breaks=breaks) or _force_cut(rest, fits)
        if place >= len(rest):
            break
        parts.append(rest[:place])
        rest = rest[place:]
    return (*parts, rest)


def _force_cut(text: str, fits: Callable[[str], bool]) -> int:
    inside = {
        place for found in PLACEHOLDER.finditer(text) for place in range(found.start() + 1, found.end())
    }
    places = [place for place in range(1, len(text) + 1) if place not in inside]
    fitting = [place for place in places if fits(text[:place])]
    return fitting[-1] if fitting else places[0]


def _ends_sentence(text: str, place: int) -> bool:
    """Say whether a sentence and its space or line break end before this position."""
    before = text[:place].rstrip()
    return before != text[:place] and (before[-1:] in _SENTENCE_ENDS or "\n" in text[len(before) : place])


def _is_vetoed(text: str, place: int) -> bool:
    if text[place - 1] in _PLAIN_LETTERS and text[place] in _PLAIN_LETTERS:
        return False
    return _is_forbidden(text, place)


def _is_forbidden(text: str, place: int) -> bool:
    before, after = text[place - 1], text[place]
    return (
        unicodedata.category(after) in _MARKS | _CLOSING
        or unicodedata.category(before) in _OPENING
        or after in _NEVER_BEFORE
        or before in _NEVER_AFTER
        or _breaks_syllable(text, place)
        or _breaks_number(text, place)
        or _breaks_pair(text, place)
        or _breaks_burmese(text, place)
    )


def _breaks_syllable(text: str, place: int) -> bool:
    back = place - 1
    while back > 0 and text[back] in _TONES:
        back -= 1
    return text[back] in _NEEDS_FINAL


def _breaks_number(text: str, place: int) -> bool:
    """Say whether digits, or digits and a sign between them, are on both sides."""
    before, after = text[place - 1], text[place]
    if _is_digit(before) and _is_digit(after):
        return True
    if before in _NUMBER_SIGNS and _is_digit(after):
        return before == "+" or _is_digit(text[place - 2 : place - 1])
    if after in _NUMBER_SIGNS and _is_digit(before):
        return _is_digit(text[place + 1 : place + 2])
    return False


def _breaks_pair(text: str, place: int) -> bool:
    before, after = text[place - 1], text[place]
    if before == "\r" and after == "\n":
        return True
    if ord(after) in _SKIN_TONES or _is_surrogate_pair(before, after):
        return True
    return ord(before) in _REGIONAL and ord(after) in _REGIONAL and _run_before(text, place) % 2 == 1


def _is_surrogate_pair(before: str, after: str) -> bool:
    return "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff"


def _run_before(text: str, place: int) -> int:
    start = place
    while start > 0 and ord(text[start - 1]) in _REGIONAL:
        start -= 1
    return place - start


def _breaks_burmese(text: str, place: int) -> bool:
    """Say whether a consonant with asat or virama, which closes the syllable before, would begin the next part."""
    if ord(text[place]) not in _BURMESE_CONSONANTS:
        return False
    ahead = place + 1
    while ahead < len(text) and ord(text[ahead]) in _BURMESE_MEDIALS:
        ahead += 1
    return ahead < len(text) and ord(text[ahead]) in _BURMESE_KILLERS


def _is_digit(character: str) -> bool:
    return character != "" and unicodedata.category(character[0]) == "Nd"
