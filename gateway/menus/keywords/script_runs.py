"""Fold a text to a comparable form, and split it into runs of one script with possible word boundaries.

Folding uses case folding and the normal forms of Unicode (UAX #15), and equal-looking spellings of Lao and Thai.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

from gateway.menus.engine.model import Speech
from gateway.menus.keywords import lao_and_thai

# Folding.

SOFT = "\u200b"
"""ZERO WIDTH SPACE: some keyboards put it between words, others anywhere."""

_UNSEEN = frozenset("\u034f\u115f\u1160\u3164\uffa0\u20e3")
"""Invisible characters that Unicode classifies as letters or marks."""

_APOSTROPHES = str.maketrans(
    dict.fromkeys("`\u00b4\u2018\u201b\u2032\u02b9\u02bb\u02bc\u02c8\u02cb\ua78c", "'")
)
"""Characters typed or converted for the apostrophe of ``don't``; the curly one joins a word anyway."""

_CIRCLED = re.compile("[\u2460-\u2468\u24f5-\u24fd\u2776-\u277e\u2780-\u2788\u278a-\u2792]")
"""Circled digits 1 to 9; some keyboards offer only these."""

_ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u0652\u0670]"
)
"""Accents of Latin letters, and the vowel points of Hebrew and Arabic, which most people leave out."""

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
_LIKE_TWINS = re.compile(
    f"[{_LAO_TONE}{_THAI_TONE}][{_LAO_TONE}{_THAI_TONE}{_LAO_VOWEL}{_THAI_VOWEL}]"
    f"|[{_LAO_VOWEL}{_THAI_VOWEL}][{_LAO_VOWEL}{_THAI_VOWEL}]"
    f"|[\u0eb0\u0eb2\u0eb3\u0e30\u0e32\u0e33\u0e45][{_LAO_TONE}{_THAI_TONE}]"
    f"|[\u0ecd\u0e4d][{_LAO_TONE}{_THAI_TONE}]?[\u0eb2\u0e32\u0e45]"
    "|[\u0ec0\u0e40][\u0ec0\u0e40]|\u0eab[\u0e99\u0ea1\u0ebc]"
)
"""Where one of these pairs may stand: at least wherever one does, and found without a group, which is faster."""


_NATIVE = re.compile("[ -_a-~\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ebd\u0ec0-\u0ecd\u0edc-\u0edf]+")
"""Plain Latin letters with Lao and Thai ones that have no other form; marks may still stand in another order."""


def fold_text(text: str) -> str:
    """Return the comparable form of a text: equal for every spelling of the same word."""
    plain = text.casefold()
    if _NATIVE.fullmatch(plain) and (plain.isascii() or _is_in_order(plain)):
        return plain  # most words of a menu: nothing of what follows would change them
    plain = plain.translate(_APOSTROPHES)
    if plain.isascii():
        return plain if plain.isprintable() else "".join(each for each in plain if not _is_unseen(each))
    plain = _ACCENTS.sub("", unicodedata.normalize("NFD", plain.translate(_PLAIN_SEEN)))
    if _LIKE_TWINS.search(plain):
        for pattern, replacement in _TWINS:
            plain = pattern.sub(replacement, plain)
    return unicodedata.normalize("NFC", plain)


def _is_in_order(native: str) -> bool:
    """Say whether the marks of Lao and Thai letters stand as they are compared."""
    return unicodedata.is_normalized("NFD", native) and not _LIKE_TWINS.search(native)


def fold_digits(text: str) -> str:
    """Return the text with decimal digits of any script as 0 to 9."""
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)


class _PlainSeen(dict[int, str]):
    """Character → its plain form, or nothing where it is invisible, as ``str.translate`` asks for it."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        self[code] = plain = "" if _is_unseen(letter) else _plain(letter)
        return plain


_PLAIN_SEEN = _PlainSeen()


def _plain(letter: str) -> str:
    """Return a digit of any script or in a circle as 0 to 9, and a full-width letter as a plain one.

    NFKC of the whole text would decompose the Lao vowel am (UAX #15, compatibility decomposition).
    """
    if letter.isdecimal() or _CIRCLED.match(letter):
        return str(unicodedata.digit(letter))
    return unicodedata.normalize("NFKC", letter).casefold() if "\uff01" <= letter <= "\uff5e" else letter


@lru_cache(maxsize=4_096)
def _is_unseen(letter: str) -> bool:
    """Say whether a character is invisible: format and control characters, fillers, variation selectors."""
    if letter == SOFT or letter.isspace():
        return False
    return (
        letter in _UNSEEN
        or unicodedata.category(letter) in {"Cf", "Cc"}
        or "\ufe00" <= letter <= "\ufe0f"
        or "\U000e0100" <= letter <= "\U000e01ef"
    )


LONGEST_TEXT = 1_000
"""Characters that are searched for keywords with a screen; a text of three parts has fewer."""

LONGEST_HEARD = 40_000
"""Characters that are looked through for danger: the longest text that a phone can send has 255 parts of 153
letters (3GPP TS 23.040, 9.2.3.24.1)."""

LAO, THAI, PLAIN = "lao", "thai", "plain"
_GAP, _BREAK, _SOFT, _MARK = "gap", "break", "soft", "mark"
_JOINS = frozenset("-_'’")
_REPEATS = frozenset("ໆຯๆฯ฿")
_FIRST_OTHER_SCRIPT = 0x370
_CJK = "cjk"
_UNSPACED = frozenset({"khmer", "myanmar", "tibetan", _CJK})
"""Scripts beside Lao and Thai without spaces between words."""

_JAPANESE = frozenset({"hiragana", "katakana", "katakana-hiragana", "ideographic"})
"""First words of the names of letters that one Japanese word mixes with Chinese ones (UAX #24, Jpan)."""

_STACKERS = frozenset("\u17d2\u1039")
"""Khmer coeng and Burmese virama: the next letter is stacked below the one before."""

_CLOSERS = frozenset("\u103a\u1039")
"""Burmese asat and virama: the letter before ends its syllable."""


@dataclass(frozen=True, slots=True)
class Run:
    """Letters of one script between two breaks.

    Attributes:
        script: ``lao``, ``thai``, ``plain`` for Latin letters and digits, else the script's name in Unicode.
        letters: the letters, without spaces.
        gaps: positions of spaces, in order.
        soft: positions with only an invisible break.
        edges: positions where a word may begin or end; Thai has rules of its own.
        first: the text begins with this run.
        last: the text ends with it.
    """

    script: str
    letters: str
    gaps: tuple[int, ...] = ()
    soft: frozenset[int] = frozenset()
    edges: frozenset[int] = frozenset()
    first: bool = False
    last: bool = False

    def may_stand(self, start: int, end: int) -> bool:
        """Say whether a word may begin and end here without cutting another word."""
        if self.script != THAI:
            return start in self.edges and end in self.edges
        begins = start in self.soft or lao_and_thai.begins_in(self.letters, start, self._part(start)[0])
        left, right = self._part(end - 1)
        return begins and (
            end in self.soft or lao_and_thai.ends_in(self.letters, max(start, left), end, right)
        )

    def spaces(self, start: int, end: int) -> frozenset[int]:
        """Return the spaces between two positions, relative to the first."""
        inside = self.gaps[bisect_right(self.gaps, start) : bisect_left(self.gaps, end)]
        return frozenset(gap - start for gap in inside)

    def words(self) -> int:
        """Return the number of words as separated by spaces."""
        return len(self.gaps) + 1

    def _part(self, place: int) -> tuple[int, int]:
        at = bisect_right(self.gaps, place)
        left = self.gaps[at - 1] if at else 0
        return left, self.gaps[at] if at < len(self.gaps) else len(self.letters)


def split_runs(text: str, most: int = LONGEST_TEXT) -> tuple[Run, ...]:
    """Return the runs of the first ``most`` characters of a text, in order."""
    return _split_whole(text[:most])  # a short text is asked for with several limits


@lru_cache(maxsize=8)
def _split_whole(text: str) -> tuple[Run, ...]:
    runs = list(_cut_runs(fold_text(text)))
    for at in {0, len(runs) - 1} if runs else ():
        run = runs[at]
        runs[at] = Run(
            run.script, run.letters, run.gaps, run.soft, run.edges, first=at == 0, last=at == len(runs) - 1
        )
    return tuple(runs)


_ONE_SCRIPT = re.compile(
    "([a-z0-9 ]+)"
    "|([\u0e80-\u0eae\u0eb0-\u0ec5\u0ec7-\u0eff ]+)"
    "|([\u0e01-\u0e2e\u0e30-\u0e3e\u0e40-\u0e45\u0e47-\u0e4e ]+)"
)
"""Latin, Lao or Thai words without any other sign, as most texts are: no letter of them needs to be looked at."""

_SCRIPTS = ("", PLAIN, LAO, THAI)


def _cut_runs(text: str) -> Iterator[Run]:
    whole = _ONE_SCRIPT.fullmatch(text)
    if whole is None:
        yield from cut_letters(text)
        return
    words = text.split()
    if words:
        gaps = tuple(accumulate(map(len, words[:-1])))
        script, letters = _SCRIPTS[whole.lastindex or 0], "".join(words)
        yield Run(script, letters, gaps, edges=_find_edges(script, letters, gaps))


def cut_letters(text: str) -> Iterator[Run]:
    """Yield the runs of a folded text, letter by letter."""
    script, letters = PLAIN, list[str]()
    gaps, soft = set[int](), set[int]()
    for letter in text:
        kind = _find_kind(letter)
        if kind == _GAP:
            gaps.add(len(letters))
        elif kind == _SOFT:
            soft.add(len(letters))
        elif kind in (script, _MARK):
            letters.append(letter)
        else:
            if letters:
                yield _make_run(script, "".join(letters), gaps, soft)
            script, letters = (PLAIN, []) if kind == _BREAK else (kind, [letter])
            gaps, soft = set(), set()
    if letters:
        yield _make_run(script, "".join(letters), gaps, soft)


def _make_run(script: str, letters: str, gaps: set[int], soft: set[int]) -> Run:
    ends = {0, len(letters)}
    ordered = tuple(sorted(gaps - ends))
    inner = frozenset(soft - ends)
    return Run(script, letters, ordered, inner, _find_edges(script, letters, (*ordered, *inner)))


@lru_cache(maxsize=8_192)
def _find_kind(letter: str) -> str:
    if letter == SOFT:
        return _SOFT
    if letter in _JOINS or letter.isspace():
        return _GAP
    if letter in _REPEATS:
        return _BREAK
    if "\u0e80" <= letter <= "\u0eff":
        return LAO
    if "\u0e01" <= letter <= "\u0e4e":
        return THAI
    if unicodedata.category(letter).startswith("M"):
        return _MARK  # a combining mark belongs to its letter, in every script
    return _find_script(letter) if letter.isalnum() else _BREAK


def _find_script(letter: str) -> str:
    if ord(letter) < _FIRST_OTHER_SCRIPT or not letter.isalpha():
        return PLAIN
    name = unicodedata.name(letter, "").partition(" ")[0].casefold()
    if name in _JAPANESE:
        return _CJK
    return PLAIN if name in {"", "latin", "digit", "modifier"} else name


def _find_edges(script: str, letters: str, inner: tuple[int, ...]) -> frozenset[int]:
    places = {0, *inner, len(letters)}
    if script == LAO:
        ordered = sorted(places)
        for left, right in pairwise(ordered):
            places |= {left + edge for edge in lao_and_thai.find_edges(letters[left:right])}
    elif script in _UNSPACED:
        places |= {place for place in range(1, len(letters)) if _begins_cluster(letters, place)}
    return frozenset(places)


def _begins_cluster(letters: str, place: int) -> bool:
    """Say whether a letter begins a cluster: no mark, not stacked, and not closing the syllable before."""
    if _find_kind(letters[place]) == _MARK or letters[place - 1] in _STACKERS:
        return False
    return letters[place + 1 : place + 2] not in _CLOSERS


def is_unspaced(script: str) -> bool:
    """Say whether the script has no spaces between words."""
    return script in (LAO, THAI) or script in _UNSPACED


@lru_cache(maxsize=16_384)
def word_of(word: str) -> tuple[str, frozenset[int], str]:
    """Return a menu word as letters, positions where spaces are allowed, and script; empty for several scripts."""
    runs = list(_cut_runs(fold_text(word)))
    if len(runs) != 1:
        return "", frozenset(), PLAIN
    run = runs[0]
    spaced = run.script == THAI or not is_unspaced(run.script)
    return run.letters, frozenset(run.gaps) if spaced else run.edges, run.script


START = 3
"""First letters by which the words of a group are indexed: few words of thousands share them, and most have so many."""


@lru_cache(maxsize=8)
def list_starts(letters: str) -> frozenset[str]:
    """Return every sequence of one to ``START`` letters of a run, with one of which each word inside it begins."""
    return frozenset(
        letters[place : place + length]
        for length in range(1, START + 1)
        for place in range(len(letters) - length + 1)
    )


# Times of day.

_BETWEEN = r"(?:[^\S\n]|[\u200b-]|\.(?!\s)){0,4}"
"""Characters allowed between a clock word and its number: no end of a sentence, so ``ຕີ. 1`` is no time."""


def build_clock_pattern(speech: Speech) -> re.Pattern[str] | None:
    """Return a pattern of clock words with an hour in a folded text, in any of the languages; None without clock words.

    Atomic groups prevent backtracking, so that ``hit twelve times`` does not match as ``hit ten`` o'clock.
    """
    forms, first = [], set[str]()
    for language, words in speech.clock.items():
        first |= {re.escape(letter) for word in words for letter in fold_text(word).lstrip()[:1]}
        numbers = _match_either(speech.numbers.get(language, ()))
        counted = _match_either(speech.counted.get(language, ()))
        struck = "".join(_not_behind(fold_text(word)) for word in speech.struck.get(language, ()))
        plain = any(word_of(word)[2] == PLAIN for word in words)
        left, right = (r"(?<![^\W_])", r"(?![^\W_])") if plain else ("", "")
        hour = rf"(?>(?:0?[1-9]|1[0-2])(?!\d)(?:[.:]\d\d)?|(?:{numbers}){right})"
        forms.append(rf"{struck}{left}(?:{_match_either(words)}){_BETWEEN}{hour}(?!\s*(?:{counted}){right})")
    # Nearly no letter begins such a word, and none other is looked at further.
    return re.compile(f"(?=[{''.join(sorted(first))}])(?:{'|'.join(forms)})") if first else None


def _not_behind(word: str) -> str:
    return f"(?<!{re.escape(word)})(?<!{re.escape(word)} )"


def _match_either(words: Iterable[str]) -> str:
    """Return a pattern of any of the words, longest first; one that never matches where there are none."""
    ordered = sorted({fold_text(word) for word in words}, key=len, reverse=True)
    return "|".join(r"\s+".join(map(re.escape, word.split())) for word in ordered) or r"(?!)"
