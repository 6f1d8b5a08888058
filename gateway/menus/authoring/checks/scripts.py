"""Check scripts: each language is written in its own script, and no text has emoji."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache

from gateway.menus.authoring.checks.context import Subject
from gateway.menus.authoring.problems import Level, Problem
from gateway.menus.authoring.texts import AuthoredText, list_sent_texts, list_texts
from gateway.menus.engine.model import Menu
from gateway.menus.engine.text_breaks import PLACEHOLDER, SOFT_BREAK

LATIN = "LATIN"
_WORD = re.compile("[A-Za-z][a-z]")
_SUBTAGS = {
    "Latn": LATIN,
    "Laoo": "LAO",
    "Thai": "THAI",
    "Khmr": "KHMER",
    "Mymr": "MYANMAR",
    "Cyrl": "CYRILLIC",
    "Arab": "ARABIC",
    "Deva": "DEVANAGARI",
    "Beng": "BENGALI",
    "Ethi": "ETHIOPIC",
    "Hans": "CJK",
    "Hant": "CJK",
}
"""Script subtag (ISO 15924, as used in BCP 47) → first word of its letters' Unicode names."""

_USUAL = {
    **dict.fromkeys(("lo",), "LAO"),
    **dict.fromkeys(("th", "nod"), "THAI"),
    **dict.fromkeys(("km",), "KHMER"),
    **dict.fromkeys(("my", "shn", "mnw", "ksw"), "MYANMAR"),
    **dict.fromkeys(("en", "vi", "id", "ms", "fil", "tl", "fr", "hmn", "kjg", "sw", "es", "pt"), LATIN),
    **dict.fromkeys(("hi", "ne", "mr"), "DEVANAGARI"),
    **dict.fromkeys(("bn",), "BENGALI"),
    **dict.fromkeys(("ar", "fa", "ur"), "ARABIC"),
    **dict.fromkeys(("am", "ti"), "ETHIOPIC"),
    **dict.fromkeys(("ru", "uk", "mn"), "CYRILLIC"),
    **dict.fromkeys(("zh",), "CJK"),
}
"""Language → its usual script (Unicode CLDR, likely subtags), where the tag has none."""


def wrong_script(subject: Subject) -> Iterator[Problem]:
    """Report texts in the script of another language: a Thai text under ``lo:`` cannot be read by its callers.

    Exempt are texts that are the same in every language, and names in Latin letters; a text in Latin letters only may
    be the romanised text of the same language.
    """
    menu = subject.menu
    for one in list_texts(menu):
        if len(one.text) > 1 and len(set(one.text.values())) == 1:
            continue
        for language, words in one.text.items():
            script = find_script(menu, language)
            found = _count_letters(words)
            if script and found and not _names_a_language(menu, one):
                yield from _find_strange(subject, one, language, script, found)


def find_script(menu: Menu, language: str) -> str:
    """Return a language's script: by its tag, by usage, or by its own name; else an empty string."""
    first, *subtags = language.split("-")
    by_tag = next((_SUBTAGS[each.title()] for each in subtags if each.title() in _SUBTAGS), "")
    own = _count_letters(menu.languages.get(language, ""))
    return by_tag or _USUAL.get(first, "") or next(iter(dict(own.most_common(1))), "")


def _find_strange(
    subject: Subject, one: AuthoredText, language: str, script: str, found: Counter[str]
) -> Iterator[Problem]:
    strange = {name: n for name, n in found.items() if name not in {script, LATIN}}
    latin_only = (
        not strange
        and script != LATIN
        and not found[script]
        and _WORD.search(PLACEHOLDER.sub(" ", one.text[language]))
    )
    if latin_only and not _is_latin_on_purpose(one, language):
        message = f"the {language} text has no {script.title()} letter"
        yield _make_problem(subject, one, language, message, Level.WARNING)
    for name, n in strange.items():
        message = f"the {language} text is written in {name.title()} letters"
        if n <= found[script]:
            message = f"the {language} text holds {name.title()} letters"
        # One such letter changes a whole Latin page to UCS-2, with more than twice as many pages.
        grave = n > found[script] or script == LATIN
        yield _make_problem(subject, one, language, message, Level.ERROR if grave else Level.WARNING)


def _make_problem(subject: Subject, one: AuthoredText, language: str, message: str, level: Level) -> Problem:
    return subject.problem(
        "wrong-script",
        (*one.path, language),
        message,
        f"write it in {language}, or move it to the language that it is in",
        level=level,
        screen=one.screen,
        language=language,
    )


def _names_a_language(menu: Menu, one: AuthoredText) -> bool:
    """Say whether this is the label of a language choice, which may be in that language."""
    if "choices" not in one.path:
        return False
    choice = menu.screens[one.screen].choices[int(one.path[3])]
    return bool(choice.language or choice.script)


def _is_latin_on_purpose(one: AuthoredText, language: str) -> bool:
    """Say whether a text in Latin letters only is meant so: capitals such as SOS, or a romanised text."""
    words = PLACEHOLDER.sub("", one.text[language])
    romanised = {text for tag, text in one.text.items() if tag != language and "-Latn" in tag}
    return words.upper() == words or one.text[language] in romanised


def _count_letters(words: str) -> Counter[str]:
    """Count letters and marks by script, without placeholders."""
    plain = PLACEHOLDER.sub(" ", words).replace(SOFT_BREAK, "")
    return Counter(script for script in map(_find_script, plain) if script)


@cache
def _find_script(character: str) -> str:
    """Return the script of a letter or mark, the first word of its Unicode name; empty for other characters."""
    if unicodedata.category(character)[0] not in "LM":
        return ""
    name = unicodedata.name(character, "").split(" ")[0]
    return "" if name in {"COMBINING", "MODIFIER", "FEMININE", "MASCULINE", "MICRO"} else name


# Emoji: simple phones show an empty box.

# Unicode blocks of pictographs with joiners and modifiers (UTS #51); no letters, dashes or currency signs.
_PICTURE = re.compile(
    "[\u2190-\u21ff\u231a-\u23ff\u25a0-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
    "[\ufe0e\ufe0f\u20e3\u200d\U0001f3fb-\U0001f3ff]*|[0-9#*]\ufe0f?\u20e3"
)


def check_emoji(subject: Subject) -> Iterator[Problem]:
    """Report texts with emoji."""
    for one, language, words in list_sent_texts(subject.menu):
        found = find_emoji(words)
        if found:
            yield subject.warning(
                "emoji-in-text",
                (*one.path, language),
                f"the picture '{found}' is an empty box on many phones",
                "write it in words, or delete it",
                language=language,
                about=found,
            )


def find_emoji(words: str) -> str:
    """Return the first emoji sequence of a text, or an empty string."""
    found = _PICTURE.search(words)
    return found[0] if found else ""
