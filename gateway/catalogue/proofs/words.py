"""Proofs of letters and keywords: what looks right is right, and no word hides another."""

import re
from collections.abc import Iterator

from gateway.catalogue.problems import Problem
from gateway.catalogue.proofs.asked import Subject
from gateway.catalogue.texts import each_text
from gateway.engine.menu import Keyword

# A vowel written in two signs that looks like the one sign am: one unit longer, and found by no search.
_TWINS = (
    (re.compile("\u0ecd([\u0ec8-\u0ecb]?)\u0eb2"), "\u0eb3"),
    (re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32"), "\u0e33"),
)
_CYRILLIC_OR_GREEK = re.compile("[\u0370-\u03ff\u0400-\u04ff]")
_LATIN = re.compile("[A-Za-z]")
_WORD = re.compile(r"[^\W\d_]+")
_LEGACY = re.compile("[\u00a1-\u00ff\ue000-\uf8ff]{2,}|[\ue000-\uf8ff]")
_LEGACY_SCRIPTS = frozenset({"lo", "th", "km", "my"})


def lookalike(subject: Subject) -> Iterator[Problem]:
    """No text and no keyword holds letters that only look like the right ones."""
    texts = (((*one.path, language), language, words) for one, language, words in each_text(subject.menu))
    for path, language, words in (*texts, *_each_keyword(subject)):
        found = _twin(words) or _mixed(words)
        if found:
            yield subject.warning("lookalike", path, *found, language=language)


def legacy_font(subject: Subject) -> Iterator[Problem]:
    """No text was typed in an old font, whose letters are other letters on every phone."""
    for one, language, words in each_text(subject.menu):
        if language in _LEGACY_SCRIPTS and _LEGACY.search(words):
            yield subject.warning(
                "legacy-font",
                (*one.path, language),
                f"the {language} text seems typed in an old font: phones show other letters",
                "type it again with a Unicode keyboard",
                language=language,
            )


def keyword_shadowed(subject: Subject) -> Iterator[Problem]:
    """No keyword is hidden by a danger word inside it, or by the same word of another language."""
    danger = {_folded(word) for each in subject.menu.keywords if each.danger for word in _all_words(each)}
    owners: dict[str, tuple[str, str]] = {}
    for path, language, word in _each_keyword(subject):
        keyword = subject.menu.keywords[int(path[1])]
        target = keyword.to or str(keyword.reaction)
        first, other = owners.setdefault(_folded(word), (language, target))
        inside = danger.intersection(_pieces(_folded(word)))
        if inside and not keyword.danger:
            message = f"'{word}' holds the danger word '{min(inside)}', which wins"
            yield subject.warning("keyword-shadowed", path, message, "choose another word", language=language)
        elif first != language and other != target:
            message = f"'{word}' leads to {other} in another language"
            hint = "choose another word, or lead both to one screen"
            yield subject.warning("keyword-shadowed", path, message, hint, language=language)


def _each_keyword(subject: Subject) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield every keyword with its path and language."""
    for number, keyword in enumerate(subject.menu.keywords):
        for language, words in keyword.words.items():
            for at, word in enumerate(words):
                yield ("keywords", str(number), "words", language, str(at)), language, word


def _twin(words: str) -> tuple[str, str] | None:
    for pattern, right in _TWINS:
        found = pattern.search(words)
        if found:
            mended = f"{words[: found.start()][-1:]}{found[1]}{right}"
            return f"two signs stand where '{mended}' is meant", f"write '{mended}' with the one sign {right}"
    return None


def _mixed(words: str) -> tuple[str, str] | None:
    for word in _WORD.findall(words):
        odd = _CYRILLIC_OR_GREEK.search(word)
        if odd and _LATIN.search(word):
            return f"'{odd[0]}' in '{word}' is no Latin letter", "type the word again"
    return None


def _folded(word: str) -> str:
    return " ".join(word.casefold().split())


def _pieces(folded: str) -> set[str]:
    """Return every run of whole words in a phrase."""
    parts = folded.split()
    return {" ".join(parts[i:j]) for i in range(len(parts)) for j in range(i + 1, len(parts) + 1)}


def _all_words(keyword: Keyword) -> Iterator[str]:
    for words in keyword.words.values():
        yield from words
