"""Tells her own words from copies of ours and from what a phone writes by itself: reactions, quotes, "I am driving"."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.menus.engine.model import Menu, Text
from gateway.menus.keywords.normalise import fold

SEED = 8
"""Letters in a row that must stand in one of our texts before any of them count as a copy."""

LEAST_COPIED = 24
"""Letters of a text that stands without quotes or marks before it can be a copy: hers may be as short as ours."""

LEAST_QUOTED = 4
"""Letters inside quotes behind a reaction; ``Liked “OK. Thank you.”``."""

LEAST_QUOTED_ALONE = 16
"""Letters inside quotes with nothing before them: she may put our keyword in quotes."""

MOSTLY = 0.8
LONGEST_COPY = 1_500
"""Characters that are compared; our longest answers have three parts."""

LONGEST_REACTION = 40
"""Letters before a quote that may be a phone's word for a reaction, in any language."""

_QUOTED = re.compile('[“„«"‟〝「『](.*)(?:[”“»"〞」』]|$)', re.DOTALL)
_MARKED = re.compile(r"^[ \t]*(?:>|&gt;)+(.*)$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
PROBES = 5
"""Places of a text that are compared before all of it is: most texts are plainly hers."""

_READY: dict[int, tuple[Menu, Mapping[bool, str]]] = {}
_WRITTEN: dict[int, tuple[Menu, frozenset[str]]] = {}
_KEPT = 8


@dataclass(frozen=True, slots=True)
class Own:
    """What of a text is hers. ``copied`` says that the rest of it is ours, sent back."""

    words: str
    copied: bool = False


def own_words(menu: Menu, text: str) -> Own:
    """Return a text without what was copied out of one of the menu's texts."""
    if len(text) > LONGEST_COPY:
        return Own(text)
    if _is_automatic(menu, text):
        return Own("", copied=True)
    unmarked = _MARKED.sub(lambda found: "\n" if _is_ours(menu, found[1], SEED) else found[0], text)
    if unmarked != text:
        return Own(unmarked.strip(), copied=True)
    quoted = _QUOTED.search(text)
    if quoted:
        head = _letters(text[: quoted.start()])
        sign = any(not each.isspace() for each in text[: quoted.start()])
        least = LEAST_QUOTED if sign else LEAST_QUOTED_ALONE
        bare = not _letters(quoted[1]) and any(each.isdigit() for each in quoted[1])
        if len(head) <= LONGEST_REACTION and ((sign and bare) or _is_ours(menu, quoted[1], least)):
            return Own(f"{text[: quoted.start()]}\n{text[quoted.end() :]}", copied=True)
    if _is_ours(menu, text, LEAST_COPIED):
        return Own(_without_ours(menu, text), copied=True)
    return Own(text)


def _is_automatic(menu: Menu, text: str) -> bool:
    """Say whether a text is, letter by letter, one that phones and operators write by themselves."""
    letters = _letters(text)
    return bool(letters) and letters in _list_automatic(menu)


def _list_automatic(menu: Menu) -> frozenset[str]:
    known = _WRITTEN.get(id(menu))
    if known is None or known[0] is not menu:
        while len(_WRITTEN) >= _KEPT:
            _WRITTEN.pop(next(iter(_WRITTEN)), None)
        words = frozenset(_letters(word) for each in menu.speech.automatic.values() for word in each)
        known = _WRITTEN[id(menu)] = (menu, words)
    return known[1]


def _is_ours(menu: Menu, text: str, least: int) -> bool:
    """Say whether a text is mostly words of ours, from the beginning or shortened."""
    letters = _letters(text)
    if len(letters) < least:
        return False
    if len(letters) < SEED:
        return f"\n{letters}\n" in _ours(menu, letters)
    step = max(1, (len(letters) - SEED) // (PROBES - 1))
    probes = [letters[at : at + SEED] for at in range(0, len(letters) - SEED + 1, step)][:PROBES]
    if sum(probe in _ours(menu, letters) for probe in probes) < len(probes) // 2:
        return False
    return sum(_is_copied(menu, letters)) >= MOSTLY * len(letters)


def _is_copied(menu: Menu, letters: str) -> list[bool]:
    """Return for each letter whether it stands in a row of ours."""
    ours = _ours(menu, letters)
    marks = [False] * len(letters)
    place = 0
    while place + SEED <= len(letters):
        if letters[place : place + SEED] not in ours:
            place += 1
            continue
        length = SEED
        while place + length < len(letters) and letters[place : place + length + 1] in ours:
            length += 1
        marks[place : place + length] = [True] * length
        place += length
    return marks


def _without_ours(menu: Menu, text: str) -> str:
    """Return what is left of a text when each word that lies in a row of ours is gone."""
    marks = iter(_is_copied(menu, _letters(text)))
    kept = []
    for word in re.split(r"(\s+)", text):
        own = [next(marks, False) for _ in _letters(word)]
        kept.append(" " if own and all(own) else word)
    return "".join(kept)


def _ours(menu: Menu, letters: str) -> str:
    """Return the letters of every text of the menu, a line each: those in Latin letters, or the others."""
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
    """Return a text as one, with its facts, which are mostly figures, and the pieces between its other placeholders."""
    whole = _PLACEHOLDER.sub(lambda found: _fact(menu, found[0][1:-1]), words)
    return [whole, *_PLACEHOLDER.split(words)]


def _fact(menu: Menu, name: str) -> str:
    fact = menu.facts.get(name.partition(":")[0])
    return fact.values[-1].value if fact and fact.values else ""


def _letters(text: str) -> str:
    """Return the letters of a text and their signs: spaces, figures and marks change on the way."""
    return "".join(each for each in fold(text) if unicodedata.category(each)[0] in "LM")
