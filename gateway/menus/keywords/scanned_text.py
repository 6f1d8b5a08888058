"""Prepare a text for matching: remove copies of our own texts, addresses and times of day, and mark longer words.

Phones send back what they received (reactions, quotes, forwards), and a keyword in such a copy is not the caller's.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, islice, pairwise
from typing import TypeVar

from gateway.menus.engine.model import Menu, Text
from gateway.menus.keywords.lexicon import Group, Lexicon, LexiconEntry
from gateway.menus.keywords.script_runs import Run, fold_text, split_runs

# A text as it is looked through: without addresses and clock hours, and where longer words hide shorter
# ones.

_PATH = r"[!-~]* (?: (?<=[/=%&?\#]) [^\s!-~]+ [!-~]* )*"
"""Other scripts continue an address only after one of its own signs, since a cry for help may follow directly."""

_ADDRESS = re.compile(
    rf"""
    (?: (?: https? | ftp | line | viber | whatsapp | market | intent ) :// | (?<![\w.]) www\. ) {_PATH}
    | (?<![\w.+-]) [\w.+-]{{1,64}} @ [a-z0-9-]{{1,63}} (?: \.[a-z0-9-]{{1,63}} ){{1,4}}
    | (?<![\w.-]) [a-z0-9-]{{1,63}} (?: \.[a-z0-9-]{{1,63}} ){{0,4}} \.[a-z]{{2,12}} / {_PATH}
    """,
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
"""A URL (RFC 3986), a mail address or a host with a path. Repetitions are bounded against backtracking."""

_INITIALS = re.compile(r"(?<=\b[a-z])\.(?=[a-z]\b)")
"""The dots of ``s.o.s``, which is one word."""

_NOTHING = "\n"

_SPELLED = re.compile(r"[a-z](?<![^\W_][a-z])[ .\-_*]{1,2}(?:[a-z][ .\-_*]{1,2})+[a-z](?![^\W_])")
"""Single letters apart: ``h e l p``, ``S.T.O.P``."""

_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
"""Three equal letters in a row, which no word of these languages has."""

_SIGNS = {"\U0001f198": " sos ", "\U0001f6d1": " stop "}
"""Emoji that are words: U+1F198 SQUARED SOS and U+1F6D1 OCTAGONAL SIGN (stop)."""


def drop_unread(lexicon: Lexicon, text: str) -> str:
    """Return a folded text without addresses and times of day such as ตี 2."""
    # Most texts have none of the signs that an address needs, nor an emoji.
    plain = _ADDRESS.sub(_NOTHING, text) if "/" in text or "@" in text or "." in text else text
    folded = fold_text(plain)
    if "." in folded:
        folded = _INITIALS.sub(" ", folded)
    for sign, word in _SIGNS.items():
        folded = folded.replace(sign, word)
    return lexicon.clock.sub(_NOTHING, folded) if lexicon.clock else folded


@lru_cache(maxsize=8)
def read_otherwise(heard: str) -> tuple[str, ...]:
    """Return other readings of a text with drawn-out or separated letters; usually none.

    ``heeelp`` has one letter too many, ``killll`` two: both are tried.
    """
    joined = _SPELLED.sub(lambda found: re.sub(r"[\W_]", "", found[0]), heard)
    shorter = (r"\1\1", r"\1") if _DRAWN_OUT.search(joined) else ()
    ways = (joined, *(_DRAWN_OUT.sub(short, joined) for short in shorter))
    return tuple(way for before, way in pairwise((heard, *ways)) if way != before)


class Longer:
    """Harmless longer words of a run that contain a keyword: ຕີ (hit) in ດົນຕີ (music)."""

    def __init__(self, lexicon: Lexicon, run: Run) -> None:
        self._lexicon = lexicon
        self._run = run

    @cached_property
    def _reach(self) -> list[int]:
        """The farthest end of the longer words that begin at or before each position; asked only where a keyword is."""
        lexicon, run = self._lexicon, self._run
        reach = [0] * (len(run.letters) + 1)
        whole = ((start, end) for start, end, _ in lexicon.harmless.places(run))
        in_parts = ((start, end) for start, end, _ in lexicon.harmless_phrases.places(run))
        for start, end in chain(whole, in_parts):
            reach[start] = max(reach[start], end)
        if any(reach):
            for place in range(1, len(reach)):
                reach[place] = max(reach[place], reach[place - 1])
        return reach

    def hold(self, start: int, end: int) -> bool:
        """Say whether the position is inside such a word without being all of it."""
        return self._reach[start] > end or (start > 0 and self._reach[start - 1] >= end)

    def cover(self, start: int, end: int) -> bool:
        """Say whether the position is inside such a word, or all of it."""
        return self._reach[start] >= end


LONGEST_FILLED = 120
"""Most characters of a text that can be little else than a command."""


E = TypeVar("E", bound=LexiconEntry)
_NONE: Group[LexiconEntry] = Group(())


def is_filled_by(text: str, wanted: Group[E], beside: Group[LexiconEntry]) -> tuple[E, ...]:
    """Return the wanted words of a text that otherwise contains only words of ``beside``; else an empty tuple.

    Args:
        text: folded or as received.
        wanted: at least one of these must occur; repeats are allowed.
        beside: further allowed words, in any script.
    """
    if len(text) > LONGEST_FILLED:
        return ()
    return next(filter(None, (_is_filled(way, wanted, beside) or () for way in _ways(text))), ())


def is_filled(text: str, beside: Group[LexiconEntry]) -> bool:
    """Say whether a text contains only these words, or no word at all."""
    return len(text) <= LONGEST_FILLED and any(
        _is_filled(way, _NONE, beside) is not None for way in _ways(text)
    )


def _ways(text: str) -> tuple[str, ...]:
    """Return the text and its other readings where it is drawn out: ``okkkk``, ``ครับบบ``."""
    return (text, *read_otherwise(fold_text(text)))


def _is_filled(text: str, wanted: Group[E], beside: Group[LexiconEntry]) -> tuple[E, ...] | None:
    """Return the wanted words of a text that contains nothing else but these and ``beside``, or None."""
    found: tuple[E, ...] = ()
    for run in split_runs(text):
        here = _of_run(run, wanted, beside)
        if here is None:
            return None
        found = (*found, *here)
    return found


def _of_run(run: Run, wanted: Group[E], beside: Group[LexiconEntry]) -> tuple[E, ...] | None:
    """Return the wanted words along a segmentation of the whole run, or None where there is none.

    Of several segmentations up to a position the one with a wanted word is kept.
    """
    ways: list[tuple[E, ...] | None] = [None] * (len(run.letters) + 1)
    ways[0] = ()
    for place in range(len(run.letters)):
        so_far = ways[place]
        if so_far is None:
            continue
        for end, entry in wanted.at(run, place):
            if not ways[end]:
                ways[end] = (*so_far, entry)
        for end, _ in beside.at(run, place):
            if ways[end] is None or (so_far and not ways[end]):
                ways[end] = so_far
    return ways[-1]


# Copies of our own texts, and texts that phones send automatically.

SEED = 8
"""Consecutive letters that must occur in one of our texts before any count as copied."""

UNBROKEN = 16
"""Letters in a row of which a copy has some. In shorter pieces a caller's own words are ours as well: in *nai chang fao
phuak hao kang kheun*, a cry, nearly every word stands somewhere in the menu."""

UNBROKEN_QUOTE = 10
"""The same where signs say that it is a quote: it may be of a text that was reworded since."""

LEAST_COPIED = 24
"""Fewest letters of an unquoted copy, because a caller's own text may be as short as ours."""

LEAST_QUOTED = 4
"""Fewest quoted letters after a reaction: ``Liked “OK. Thank you.”``."""

LEAST_QUOTED_ALONE = 16
"""Fewest quoted letters without a reaction, since a caller may quote a keyword."""

MOSTLY = 0.8
LONGEST_COPY = 1_500
"""Most characters that are compared; our longest texts have three parts."""

LONGEST_REACTION = 40
"""Most letters before a quote that can be a reaction, in any language."""

_QUOTED = re.compile('[“„«"‟〝「『](.*)(?:[”“»"〞」』]|$)', re.DOTALL)
_MARKED = re.compile(r"^[ \t]*(?:>|&gt;)+(.*)$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
PROBES = 5
"""Places that are compared first, as most texts are plainly no copies."""

_READY: dict[int, tuple[Menu, Mapping[bool, str]]] = {}
_WRITTEN: dict[int, tuple[Menu, frozenset[str]]] = {}
_KEPT = 8


@dataclass(frozen=True, slots=True)
class Own:
    """The caller's own words; ``copied`` says that the rest was a copy of our text."""

    words: str
    copied: bool = False


def strip_copies(menu: Menu, text: str) -> Own:
    """Return a text without what was copied from a text of the menu."""
    if len(text) > LONGEST_COPY:
        return Own(text)
    letters = _letters(text)
    if letters and letters in _list_automatic(menu):
        return Own("", copied=True)
    unmarked = _MARKED.sub(
        lambda found: "\n" if _is_menu_text(menu, _letters(found[1]), SEED, UNBROKEN_QUOTE) else found[0],
        text,
    )
    if unmarked != text:
        return Own(unmarked.strip(), copied=True)
    quoted = _QUOTED.search(text)
    if quoted:
        head = _letters(text[: quoted.start()])
        sign = any(not each.isspace() for each in text[: quoted.start()])
        least = LEAST_QUOTED if sign else LEAST_QUOTED_ALONE
        bare = not _letters(quoted[1]) and any(each.isdigit() for each in quoted[1])
        if len(head) <= LONGEST_REACTION and ((sign and bare) or _is_quote(menu, quoted[1], least)):
            return Own(f"{text[: quoted.start()]}\n{text[quoted.end() :]}", copied=True)
    if _is_menu_text(menu, letters, LEAST_COPIED):
        return Own(_drop_copied(menu, text), copied=True)
    return Own(text)


def _is_quote(menu: Menu, quoted: str, least: int) -> bool:
    """Say whether quoted words are a text of the menu from its beginning, or most of one of the longer texts.

    Phones quote a whole text when they report a reaction, never one key of it. A few words that are the label of a
    key are the caller's own: ``I am "locked in"``.
    """
    letters = _letters(quoted)
    if len(letters) >= LEAST_QUOTED_ALONE:
        return _is_menu_text(menu, letters, least, UNBROKEN_QUOTE)
    if len(letters) < least or f"\n{letters}" not in _list_menu_letters(menu, letters):
        return False
    labels = (choice.label for screen in menu.screens.values() for choice in screen.choices)
    return all(_letters(words) != letters for label in labels for words in label.values())


def _list_automatic(menu: Menu) -> frozenset[str]:
    """Return the letters of the texts that phones or operators send automatically."""
    known = _WRITTEN.get(id(menu))
    if known is None or known[0] is not menu:
        while len(_WRITTEN) >= _KEPT:
            _WRITTEN.pop(next(iter(_WRITTEN)), None)
        words = frozenset(_letters(word) for each in menu.speech.automatic.values() for word in each)
        known = _WRITTEN[id(menu)] = (menu, words)
    return known[1]


def _is_menu_text(menu: Menu, letters: str, least: int, unbroken: int = UNBROKEN) -> bool:
    """Say whether the letters of a text are mostly a copy of the menu's texts, whole or shortened.

    Args:
        menu: the version.
        letters: the text's.
        least: fewest letters of a copy.
        unbroken: letters in a row of which it has some.
    """
    if len(letters) < least:
        return False
    if len(letters) < SEED:
        return f"\n{letters}\n" in _list_menu_letters(menu, letters)
    step = max(1, (len(letters) - SEED) // (PROBES - 1))
    probes = [letters[at : at + SEED] for at in range(0, len(letters) - SEED + 1, step)][:PROBES]
    our_letters = _list_menu_letters(menu, letters)
    found = (probe for probe in probes if probe in our_letters)
    if len(tuple(islice(found, len(probes) // 2))) < len(probes) // 2:
        return False
    lengths = [length for _, length in _find_copied(menu, letters)]
    mostly = MOSTLY * len(letters)
    return sum(lengths) >= mostly and max(lengths, default=0) >= min(unbroken, mostly)


def _find_copied(menu: Menu, letters: str) -> list[tuple[int, int]]:
    """Return the copied sequences: where each begins, and how long it is."""
    our_letters = _list_menu_letters(menu, letters)
    found = []
    place = 0
    while place + SEED <= len(letters):
        if letters[place : place + SEED] not in our_letters:
            place += 1
            continue
        length = SEED
        while place + length < len(letters) and letters[place : place + length + 1] in our_letters:
            length += 1
        found.append((place, length))
        place += length
    return found


def _drop_copied(menu: Menu, text: str) -> str:
    """Return a text without the words inside copied sequences."""
    letters = _letters(text)
    marked = [False] * len(letters)
    for place, length in _find_copied(menu, letters):
        marked[place : place + length] = [True] * length
    marks = iter(marked)
    kept = []
    for word in re.split(r"(\s+)", text):
        own = [next(marks, False) for _ in _letters(word)]
        kept.append(" " if own and all(own) else word)
    return "".join(kept)


def _list_menu_letters(menu: Menu, letters: str) -> str:
    """Return the letters of all texts of the menu, one a line: those in Latin letters, or the others."""
    known = _READY.get(id(menu))
    if known is None or known[0] is not menu:
        lines = {
            _letters(part) for text in _texts(menu) for words in text.values() for part in _parts(words, menu)
        }
        known = (
            menu,
            {latin: _has_lines(line for line in lines if line.isascii() is latin) for latin in (True, False)},
        )
        while len(_READY) >= _KEPT:
            _READY.pop(next(iter(_READY)), None)
        _READY[id(menu)] = known
    return known[1][letters.isascii()]


def _has_lines(lines: Iterable[str]) -> str:
    return "\n".join(["", *sorted(filter(None, lines)), ""])


def _texts(menu: Menu) -> list[Text]:
    found = list(menu.messages.values())
    for screen in menu.screens.values():
        labels = [choice.label for choice in screen.choices]
        found += [screen.text, *(variant.text for variant in screen.variants), *labels]
    return found


def _parts(words: str, menu: Menu) -> list[str]:
    """Return a text whole, with its facts' values, and the pieces between its other placeholders."""
    whole = _PLACEHOLDER.sub(lambda found: _fact(menu, found[0][1:-1]), words)
    return [whole, *_PLACEHOLDER.split(words)]


def _fact(menu: Menu, name: str) -> str:
    fact = menu.facts.get(name.partition(":")[0])
    return fact.values[-1].value if fact and fact.values else ""


def _letters(text: str) -> str:
    """Return letters and combining marks only: spaces, digits and punctuation change in transit."""
    return fold_text(text).translate(_ONLY_LETTERS)


class _OnlyLetters(dict[int, str]):
    """Character → itself where it is a letter or combining mark, else nothing, as ``str.translate`` asks for it."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        self[code] = found = letter if unicodedata.category(letter)[0] in "LM" else ""
        return found


_ONLY_LETTERS = _OnlyLetters()
