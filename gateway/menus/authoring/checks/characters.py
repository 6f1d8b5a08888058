"""Check the characters of texts and keywords: lookalikes, legacy fonts, marks of tools, shadowed keywords."""

import re
from collections.abc import Iterator
from functools import lru_cache

from gateway.foundation.bounded_table import keep_per_owner
from gateway.menus.authoring.checks.context import Subject, list_odd_texts, may_be_odd
from gateway.menus.authoring.graph import list_sent_texts
from gateway.menus.authoring.problems import Problem
from gateway.menus.engine.model import Keyword, Menu
from gateway.menus.engine.text_breaks import PLACEHOLDER
from gateway.menus.keywords.lexicon import SLOT, WHO, find_lists, has_lists, write_out_persons
from gateway.menus.keywords.match import (
    Match,
    find_topic,
    is_danger_throughout,
    is_keyword_throughout,
    understand_text,
)
from gateway.menus.keywords.scanned_text import LEAST_COPIED, strip_copies
from gateway.menus.keywords.script_runs import fold_text

# A vowel in two characters that looks like the single one (am, ae): longer, and not found by a search.
_TWINS = (
    (re.compile("\u0ecd([\u0ec8-\u0ecb]?)\u0eb2"), "\u0eb3"),
    (re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32"), "\u0e33"),
    (re.compile("\u0ec0()\u0ec0"), "\u0ec1"),
    (re.compile("\u0e40()\u0e40"), "\u0e41"),
)
_STRANGE_SIGN = re.compile(
    "(?<=[ກ-ຮໜໝ])[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]|(?<=[ก-ฮ])[\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd]"
)
"""A Thai sign on a Lao letter or the reverse: many look the same."""

_CYRILLIC_OR_GREEK = re.compile("[\u0370-\u03ff\u0400-\u04ff]")
_LATIN = re.compile("[A-Za-z]")
_WORD = re.compile(r"[^\W\d_]+")
_SIGN = re.compile("[^\\w\\s\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece]")
_LEGACY = re.compile("[\u00a1-\u00ff\ue000-\uf8ff]{2,}|[\ue000-\uf8ff]")
_LEGACY_SCRIPTS = frozenset({"lo", "th", "km", "my"})


def lookalike(subject: Subject) -> Iterator[Problem]:
    """Report texts and keywords with characters that only look like the right ones (UTS #39, confusables)."""
    texts = (
        ((*one.path, language), language, words) for one, language, words in list_odd_texts(subject.menu)
    )
    keywords = (each for each in _each_keyword(subject) if may_be_odd(each[2]))
    for path, language, words in (*texts, *keywords):
        found = _find_twin(words) or _find_mixed(words) or _find_strange(words)
        if found:
            yield subject.warning("lookalike", path, *found, language=language)


def legacy_font(subject: Subject) -> Iterator[Problem]:
    """Report texts typed in a legacy font, whose letters are others on every phone."""
    for one, language, words in list_odd_texts(subject.menu):
        if is_legacy(language, words):
            yield subject.warning(
                "legacy-font",
                (*one.path, language),
                f"the {language} text seems typed in an old font: phones show other letters",
                "type it again with a Unicode keyboard",
                language=language,
            )


def is_legacy(language: str, words: str) -> bool:
    """Say whether a text was typed in a font with its own encoding."""
    return language in _LEGACY_SCRIPTS and _LEGACY.search(words) is not None


def keyword_shadowed(subject: Subject) -> Iterator[Problem]:
    """Report keywords that, sent alone, are not understood as themselves because another word wins.

    For a danger word this is an error, because the help it promises would not come.
    """
    owners: dict[str, tuple[str, str]] = {}
    # Thirty phrases share a list: each word of it is tried in one of them.
    tried: Tried = set()
    known = _get_known_shadows(_describe_vocabulary(subject.menu))
    for path, language, word in _each_keyword(subject):
        keyword = subject.menu.keywords[int(path[1])]
        first, other = owners.setdefault(fold_text(word), (language, find_topic(keyword)))
        ways = tuple(write_out_word(subject.menu, word, language, tried))
        shadows = (_recall_shadow(subject, known, int(path[1]), way, language) for way in ways)
        found = next(filter(None, shadows), None)
        if not ways:
            found = _report_empty_list(subject.menu, word, language)
        elif found is None and first != language and other != find_topic(keyword):
            found = (
                f"'{word}' leads to {other} in another language",
                "choose another word, or lead both to one screen",
            )
        if found is None:
            continue
        if keyword.danger and (not ways or not _is_heard(subject, keyword, ways, language)):
            yield subject.problem("danger-unheard", path, *found, language=language)
        else:
            yield subject.warning("keyword-shadowed", path, *found, language=language)


def _report_empty_list(menu: Menu, word: str, language: str) -> tuple[str, str]:
    empty = next(name for name, words in find_lists(menu, word, language).items() if not words)
    if empty == "who":
        return f"'{word}' has no person to stand for {{who}}", f"write who: under speech: for {language}"
    where = f"write {empty}: under lists: under speech: for {language}"
    return f"'{word}' has no word to stand for {{{empty}}}", where


Shadow = tuple[str, str] | None


@lru_cache(maxsize=2)
def _get_known_shadows(vocabulary: str) -> dict[tuple[int, str, str], Shadow]:
    """Return the results found so far for this vocabulary: an editor checks a folder after each change of a text."""
    del vocabulary
    return {}


def _describe_vocabulary(menu: Menu) -> str:
    """Return all parts of a menu that decide how a short text without signs is understood."""
    return repr((menu.keywords, menu.speech, menu.languages, menu.fallback))


def _recall_shadow(
    subject: Subject, known: dict[tuple[int, str, str], Shadow], number: int, word: str, language: str
) -> Shadow:
    """Return what wins over a word, from an earlier check where no other text of the menu can matter."""
    keyword = subject.menu.keywords[number]
    # Longer texts, and texts with signs, may be copies or quotes of the menu's own texts.
    if (len(word) >= LEAST_COPIED or _SIGN.search(word)) and strip_copies(subject.menu, word).copied:
        return _find_shadow(subject, keyword, word, language)
    key = number, word, language
    if key not in known:
        certain = _is_plainly_itself(subject.menu, keyword, word)
        known[key] = None if certain else _find_shadow(subject, keyword, word, language)
    return known[key]


def _is_plainly_itself(menu: Menu, keyword: Keyword, word: str) -> bool:
    """Say whether nothing can win over a word, which is so for nearly all; no may still be so."""
    if keyword.danger:
        return _has_one_refuge(menu) and is_danger_throughout(menu, word)
    return is_keyword_throughout(menu, word, find_topic(keyword))


@keep_per_owner
def _has_one_refuge(menu: Menu) -> bool:
    """Say whether all danger words lead to one screen, so that it does not matter which of them is understood."""
    return len({find_topic(each) for each in menu.keywords if each.danger}) == 1


_MOST_SAMPLES = 60

Tried = set[tuple[str, str]]
"""Language and name of the lists whose words were all written out in some phrase."""


def write_samples(menu: Menu, word: str, language: str, tried: Tried | None = None) -> Iterator[str]:
    """Yield sentences of a phrase in which each word of each list occurs once, at most sixty; none for an empty list.

    Gaps are empty in every second one. A list that was tried counts with two words; those of this phrase are added.
    """
    lists = find_lists(menu, word, language)
    if not all(lists.values()):
        return
    known = set() if tried is None else tried
    longest = max(2 if (language, name) in known else len(words) for name, words in lists.items())
    known.update((language, name) for name in lists)
    for number in range(min(longest, _MOST_SAMPLES)):

        def fill(found: re.Match[str], number: int = number) -> str:
            words = lists[found[1]]
            return "" if found[2] and number % 2 else words[number % len(words)]

        yield " ".join(SLOT.sub(fill, word).split())


def write_out_word(menu: Menu, word: str, language: str, tried: Tried | None = None) -> Iterator[str]:
    """Yield what a keyword stands for: samples of its lists as ``write_samples`` does, persons among them or alone.

    Without ``tried``, a word with persons and no other list comes with each of them.
    """
    return (
        write_samples(menu, word, language, tried)
        if has_lists(word) or (WHO in word and tried is not None)
        else write_out_persons(menu, word, language)
    )


def _is_heard(subject: Subject, keyword: Keyword, ways: tuple[str, ...], language: str) -> bool:
    """Say whether every form of a danger word is understood as danger."""
    matches = [understand_text(subject.menu, way, language) for way in ways]
    return all(
        match and match.keyword.danger and find_topic(match.keyword) == find_topic(keyword)
        for match in matches
    )


def _find_shadow(subject: Subject, keyword: Keyword, word: str, language: str) -> tuple[str, str] | None:
    """Return what wins over a word in its own text, with advice."""
    match = understand_text(subject.menu, word, language)
    if match is None:
        return f"'{word}' is never understood", "choose another word, in letters and without signs"
    if match.keyword.danger > keyword.danger:
        return f"'{word}' holds the danger word '{_word_of(match)}', which wins", "choose another word"
    if find_topic(match.keyword) != find_topic(keyword) and fold_text(_word_of(match)) != fold_text(word):
        leads = f"which leads to {find_topic(match.keyword)}"
        return f"'{word}' is understood as '{_word_of(match)}', {leads}", "choose another word"
    return None


def _word_of(match: Match) -> str:
    return match.why.partition(": ")[2]


def _each_keyword(subject: Subject) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield every keyword with its path and language."""
    for number, keyword in enumerate(subject.menu.keywords):
        for language, words in keyword.words.items():
            for at, word in enumerate(words):
                if word:  # empty words are reported by the loader
                    yield ("keywords", str(number), "words", language, str(at)), language, word


def _find_twin(words: str) -> tuple[str, str] | None:
    for pattern, right in _TWINS:
        found = pattern.search(words)
        if found:
            mended = f"{words[: found.start()][-1:]}{found[1]}{right}"
            return f"two signs stand where '{mended}' is meant", f"write '{mended}' with the one sign {right}"
    return None


def _find_mixed(words: str) -> tuple[str, str] | None:
    for word in _WORD.findall(words):
        odd = _CYRILLIC_OR_GREEK.search(word)
        if odd and _LATIN.search(word):
            return f"'{odd[0]}' in '{word}' is no Latin letter", "type the word again"
    return None


def _find_strange(words: str) -> tuple[str, str] | None:
    found = _STRANGE_SIGN.search(words)
    if found is None:
        return None
    at = found.start()
    script = "Thai" if found[0] < "\u0e80" else "Lao"
    return f"the sign in '{words[at - 1 : at + 1]}' is {script}, its letter is not", "type the word again"


# Leftovers of tools: markup, foreign placeholders, lost letters, bare names of facts.

_LOST = re.compile(r"\ufffd|\?{4,}")
"""Letters lost by a wrong encoding: U+FFFD, or a question mark each."""

_MARKUP = re.compile(
    r"</?[a-z][a-z0-9]{0,9}(?:\s[^<>]{0,99})?/?>|&(?:[a-z]{2,8}|#\d{1,5}|#x[0-9a-f]{1,5});", re.IGNORECASE
)
"""HTML tags and entities, copied from a page or a translation tool."""

_FORMAT = re.compile(r"[%$#@]\{[^{}]*\}|%(?:\d\$)?[sd@](?![A-Za-z])|\\(?:u[0-9a-fA-F]{4}|[nrt\"'])")
"""Placeholders and escapes of other formats: ``%s``, ``${name}``, ``\\u0ec1``, ``\\n``."""

_BRACES = re.compile("[\uff5b\uff5d\ufe5b\ufe5c\u2774\u2775]")
"""Lookalikes of placeholder braces, as keyboards for full-width letters type them."""


_INNER_DOT = re.compile(r"\.[A-Za-z0-9_.\-]")
"""What stands in the name of a fact, and behind no sentence."""


def leftover(subject: Subject) -> Iterator[Problem]:
    """Report texts that show callers the marks of a file, a translation tool or another format."""
    names = sorted(subject.menu.facts, key=len, reverse=True)
    usual = all(_INNER_DOT.search(name) for name in names if "." in name)
    for one, language, words in list_sent_texts(subject.menu):
        if usual and not _INNER_DOT.search(words) and not may_be_odd(words):
            continue
        found = find_leftover(words, names)
        if found:
            what, hint = found
            yield subject.warning(
                "leftover-marks",
                (*one.path, language),
                f"callers read '{what}'",
                hint,
                language=language,
                about=what,
            )


def find_leftover(words: str, facts: list[str]) -> tuple[str, str] | None:
    """Return the leftover in a text and what to do, or None.

    Args:
        words: one language of a text.
        facts: names of the menu's facts, which texts may show through placeholders only.
    """
    for pattern, hint in (
        (_LOST, "type the lost letters again, and save the file as UTF-8"),
        (_MARKUP, "delete the mark, a phone shows it as it stands"),
        (_FORMAT, "write placeholders as {name}, and signs as they are"),
        (_BRACES, "write the braces { and } of the keyboard"),
    ):
        found = pattern.search(words)
        if found:
            return found[0], hint
    plain = PLACEHOLDER.sub(" ", words)
    named = next(
        (
            name
            for name in facts
            if "." in name and name in plain and re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", plain)
        ),
        "",
    )
    return (named, f"write {{{named}}} for its value") if named else None
