"""Prepare the keywords and speech of a menu for matching, once per menu version."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gateway.menus.engine.model import Menu, Reaction, Words
from gateway.menus.keywords.entries import Group, LexiconEntry, Spelling, list_entries
from gateway.menus.keywords.phrases import WHO, PhraseSet, build_phrases, has_lists, write_samples
from gateway.menus.keywords.script_runs import PLAIN, fold_text, word_of

COMMANDS = (Reaction.STOP, Reaction.START)
_KEPT = 8
"""Prepared menus in the cache; a server has one or two live at a time."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The prepared words of a menu, by purpose."""

    menu: Menu
    danger: Group[Spelling]
    danger_phrases: PhraseSet[Spelling]
    others: Group[Spelling]
    harmless: Group[LexiconEntry]
    harmless_phrases: PhraseSet[str]
    contact: Group[LexiconEntry]
    refusals: Group[LexiconEntry]
    negations: Group[LexiconEntry]
    bridges: Group[LexiconEntry]
    courtesy: Group[LexiconEntry]
    beside_commands: Group[LexiconEntry]
    numbering: Group[LexiconEntry]
    declines: Group[LexiconEntry]
    wishes: Group[LexiconEntry]
    commands: Mapping[Reaction, Group[Spelling]]
    clock: re.Pattern[str] | None


def build_lexicon(menu: Menu) -> Lexicon:
    """Return the prepared words of a menu; those of the latest menus are cached."""
    known = _READY.get(id(menu))
    if known is None or known.menu is not menu:
        known = _make_lexicon(menu)
        while len(_READY) >= _KEPT:
            _READY.pop(next(iter(_READY)), None)
        _READY[id(menu)] = known
    return known


_READY: dict[int, Lexicon] = {}


def _make_lexicon(menu: Menu) -> Lexicon:
    speech = menu.speech
    spellings = tuple(_list_spellings(menu))
    wishes = list_entries(
        written
        for each in menu.keywords
        if each.reaction is Reaction.CALL_ME
        for language, words in each.words.items()
        for word in words
        for written in write_out_persons(menu, word, language)
    )
    return Lexicon(
        menu=menu,
        danger=Group(each for each in spellings if each.keyword.danger),
        danger_phrases=build_phrases(menu, _list_written_dangers(menu)),
        others=Group(
            each for each in spellings if not each.keyword.danger and each.keyword.reaction not in COMMANDS
        ),
        harmless=list_entries(
            word for words in speech.harmless.values() for word in words if not has_lists(word)
        ),
        harmless_phrases=build_phrases(
            menu, ((word, word, language) for language, words in speech.harmless.items() for word in words)
        ),
        contact=_group_words(speech.contact) + wishes,
        refusals=_tell_apart(speech.refusals),
        negations=_group_words(speech.negations),
        bridges=_group_words(speech.bridges),
        courtesy=_group_words(speech.courtesy),
        beside_commands=_group_words(speech.courtesy) + _group_words(speech.about),
        numbering=_group_words(speech.numbering),
        declines=_group_words(speech.declines),
        wishes=wishes,
        commands={
            each: Group(one for one in spellings if one.keyword.reaction is each and not one.keyword.danger)
            for each in COMMANDS
        },
        clock=_make_clock_pattern(menu),
    )


def _group_words(words: Words) -> Group[LexiconEntry]:
    return list_entries(word for each in words.values() for word in each)


def _tell_apart(words: Words) -> Group[LexiconEntry]:
    return Group(entry for language, each in words.items() for entry in list_entries(each, language).entries)


def _list_spellings(menu: Menu) -> Iterator[Spelling]:
    for keyword in menu.keywords:
        for language, words in keyword.words.items():
            for word in words:
                for written in () if has_lists(word) else write_out_persons(menu, word, language):
                    letters, spaces, script = word_of(written)
                    if letters:
                        yield Spelling(letters, spaces, script, language, keyword=keyword, word=word)


def _list_written_dangers(menu: Menu) -> Iterator[tuple[Spelling, str, str]]:
    for keyword in menu.keywords:
        for language, words in keyword.words.items() if keyword.danger else ():
            for word in words:
                letters, spaces, script = word_of(word)
                yield Spelling(letters, spaces, script, language, keyword=keyword, word=word), word, language


def write_out_word(menu: Menu, word: str, language: str) -> Iterator[str]:
    """Yield what a keyword stands for: with each person, or samples in which each word of each list occurs."""
    return write_samples(menu, word, language) if has_lists(word) else write_out_persons(menu, word, language)


def write_out_persons(menu: Menu, word: str, language: str) -> Iterator[str]:
    """Yield a word with each person in place of ``{who}``, or unchanged."""
    if WHO not in word:
        yield word
        return
    for who in menu.speech.who.get(language, ()):
        yield word.replace(WHO, who)


_BETWEEN = r"(?:[^\S\n]|[\u200b-]|\.(?!\s)){0,4}"
"""Characters allowed between a clock word and its number: no end of a sentence, so ``ຕີ. 1`` is no time."""


def _make_clock_pattern(menu: Menu) -> re.Pattern[str] | None:
    """Return a pattern of clock words with an hour in a folded text, in any of the languages; None without clock words.

    Atomic groups prevent backtracking, so that ``hit twelve times`` does not match as ``hit ten`` o'clock.
    """
    speech = menu.speech
    forms = []
    for language, words in speech.clock.items():
        numbers = _match_either(speech.numbers.get(language, ()))
        counted = _match_either(speech.counted.get(language, ()))
        struck = "".join(_not_behind(fold_text(word)) for word in speech.struck.get(language, ()))
        plain = any(word_of(word)[2] == PLAIN for word in words)
        left, right = (r"(?<![^\W_])", r"(?![^\W_])") if plain else ("", "")
        hour = rf"(?>(?:0?[1-9]|1[0-2])(?!\d)(?:[.:]\d\d)?|(?:{numbers}){right})"
        forms.append(rf"{struck}{left}(?:{_match_either(words)}){_BETWEEN}{hour}(?!\s*(?:{counted}){right})")
    return re.compile("|".join(forms)) if forms else None


def _not_behind(word: str) -> str:
    return f"(?<!{re.escape(word)})(?<!{re.escape(word)} )"


def _match_either(words: Iterable[str]) -> str:
    """Return a pattern of any of the words, longest first; one that never matches where there are none."""
    ordered = sorted({fold_text(word) for word in words}, key=len, reverse=True)
    return "|".join(r"\s+".join(map(re.escape, word.split())) for word in ordered) or r"(?!)"
