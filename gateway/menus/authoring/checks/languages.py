"""Check languages: no missing texts, each in its own script and without emoji, the same placeholders in every one."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache

from gateway.menus.authoring.checks.context import Subject, list_odd_texts
from gateway.menus.authoring.checks.facts import find_figure
from gateway.menus.authoring.graph import (
    AuthoredText,
    find_callback_path,
    format_count,
    has_unknown_names,
    list_filled_texts,
    list_screen_texts,
    list_texts,
    read_in,
)
from gateway.menus.authoring.problems import Level, Problem
from gateway.menus.engine.model import RESULT_PLACEHOLDERS, Menu
from gateway.menus.engine.offered_languages import list_offered
from gateway.menus.engine.text_breaks import PLACEHOLDER, SOFT_BREAK

_NAMED = {"messages": "the message '{}'", "facts": "when_old of the fact '{}'"}
"""How a text that belongs to no screen is named in messages."""


def text_missing(subject: Subject) -> Iterator[Problem]:
    """Report texts without any wording, not even a fallback, in some language."""
    menu = subject.menu
    for one in list_texts(menu):
        for language in menu.languages:
            if one.required and not menu.text(one.text, language):
                yield _report_missing(
                    subject, one, language, f"no text in {language}, and no other language stands in"
                )


def path_missing(subject: Subject) -> Iterator[Problem]:
    """Report texts on the way to a callback that lack an offered language: there no fallback is allowed."""
    menu = subject.menu
    for one in _path_texts(menu):
        for language in list_offered(menu):
            if not one.text.get(language) and menu.text(one.text, language):
                yield _report_missing(
                    subject, one, language, f"no text in {language}, on the way to a callback"
                )


def find_untranslated(subject: Subject) -> Iterator[Problem]:
    """Report other screens that are shown in a fallback language although they can be reached."""
    menu = subject.menu
    read = read_in(menu)
    spoken = menu.languages.keys()
    some_lack = {
        one.screen for one in list_texts(menu) if not (one.text.keys() >= spoken and all(one.text.values()))
    }
    for name in sorted(some_lack & set(menu.screens) - set(find_callback_path(menu))):
        texts = list(list_screen_texts(menu, name))
        for language in menu.languages:
            lacking = [one for one in texts if not one.text.get(language) and menu.text(one.text, language)]
            if lacking and (name, language) in read:
                yield subject.warning(
                    "untranslated",
                    lacking[0].path,
                    f"'{name}' is shown in another language than {language}",
                    f"add {language}: to {format_count(len(lacking), 'text')} of this screen",
                    language=language,
                )


_LEAST_COPIED = 2
"""Fewest words of a text that is reported where it is the same in two languages; one word may be a name."""


def find_copied(subject: Subject) -> Iterator[Problem]:
    """Report texts whose words are those of the language that the menu is written in: nobody translated them.

    Screens that ask for the language are exempt: callers of every language read the same one.
    """
    menu = subject.menu
    chooses_language = {
        name for name, screen in menu.screens.items() if any(each.language for each in screen.choices)
    }
    for one in list_texts(menu):
        words = PLACEHOLDER.sub(" ", one.text.get(menu.source, ""))
        if one.screen in chooses_language or len(_LONG_WORD.findall(words)) < _LEAST_COPIED:
            continue
        for language, text in one.text.items():
            if language != menu.source and _normalise(text) == _normalise(one.text[menu.source]):
                yield subject.warning(
                    "untranslated",
                    (*one.path, language),
                    f"the {language} text is the one in {menu.source}",
                    f"translate it, or leave {language}: out, so that the fallback stands in",
                    language=language,
                )


def _normalise(text: str) -> str:
    return " ".join(PLACEHOLDER.sub(" ", text).casefold().split())


_LONG_WORD = re.compile(r"[^\W\d_]{2,}")


def _path_texts(menu: Menu) -> Iterator[AuthoredText]:
    for name in find_callback_path(menu):
        if name != menu.start:
            yield from list_screen_texts(menu, name)


def _report_missing(subject: Subject, one: AuthoredText, language: str, why: str) -> Problem:
    what = _NAMED.get(one.path[0], "'{}'").format(one.path[1])
    return subject.problem(
        "text-missing",
        one.path,
        f"{what} has {why}",
        f"add {language}: here",
        level=Level.ERROR,
        screen=one.screen,
        language=language,
    )


# The same facts, numbers, codes and dates in every language.

_DANGER = "danger"


def placeholders_differ(subject: Subject) -> Iterator[Problem]:
    """Report languages of a text that lack a placeholder of the others, or have another one.

    What most languages have is assumed correct; in a tie the one with more, as words get lost more easily than added.
    On the way to danger numbers, a callback or a code it is an error.
    """
    path = frozenset(find_callback_path(subject.menu))
    for one in list_filled_texts(subject.menu):
        if has_unknown_names(subject.menu, one):
            continue  # reported by the placeholder check
        named = {tag: _list_named(subject.menu, words) for tag, words in one.text.items() if words}
        meant = _list_meant(subject.menu, named)
        level = Level.ERROR if _may_hurt(subject.menu, path, one, named) else Level.WARNING
        for language, found in named.items():
            typed = find_figure(one.text[language])
            for odd in sorted(found ^ meant):
                if typed and odd in meant:
                    continue  # a typed figure replaces it, which is reported by itself
                yield _report_difference(subject, one, language, odd, named, level)


def _list_named(menu: Menu, words: str) -> frozenset[str]:
    """Return the placeholders of one language; a fact's form for a language counts as the fact."""
    return frozenset(_find_plain_fact(menu, name) for name in PLACEHOLDER.findall(words))


def _find_plain_fact(menu: Menu, name: str) -> str:
    """Return the fact of which ``name_th`` is the Thai form, if both exist; else the name."""
    stem, _, tag = name.rpartition("_")
    return stem if stem in menu.facts and tag in {each.partition("-")[0] for each in menu.languages} else name


def _list_meant(menu: Menu, named: Mapping[str, frozenset[str]]) -> frozenset[str]:
    counts = Counter(named.values())
    most = max(counts.values(), default=0)
    likely = [tag for tag, found in named.items() if counts[found] == most]
    likely.sort(key=lambda tag: (-len(named[tag]), len(menu.fallback.get(tag, ()))))
    return named[likely[0]] if likely else frozenset()


def _report_difference(
    subject: Subject,
    one: AuthoredText,
    language: str,
    odd: str,
    named: Mapping[str, frozenset[str]],
    level: Level,
) -> Problem:
    lacks = odd not in named[language]
    others = ", ".join(tag for tag, found in named.items() if (odd in found) == lacks and tag != language)
    what = "lacks" if lacks else "names"
    verb = ("have" if lacks else "do not") if "," in others else ("has" if lacks else "does not")
    return subject.problem(
        "placeholders-differ",
        (*one.path, language),
        f"the {language} text {what} {{{odd}}}, which {others} {verb}",
        f"write {{{odd}}} here too" if lacks else f"delete {{{odd}}}, or write it in every language",
        level=level,
        screen=one.screen,
        language=language,
        about="" if lacks else f"{{{odd}}}",
    )


def _may_hurt(
    menu: Menu, path: frozenset[str], one: AuthoredText, named: Mapping[str, frozenset[str]]
) -> bool:
    """Say whether the text is read in danger, on the way to a callback, or with a code."""
    screen = menu.screens.get(one.screen)
    near = one.screen in path or (screen is not None and screen.topic == _DANGER)
    has_result = any(RESULT_PLACEHOLDERS & found for found in named.values())
    return near or has_result or one.path[0] == "messages"


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
    scripts = {language: find_script(menu, language) for language in menu.languages}
    for one in list_texts(menu):
        if len(one.text) > 1 and len(set(one.text.values())) == 1:
            continue
        for language, words in one.text.items():
            script = scripts[language] if language in scripts else find_script(menu, language)
            if _is_in_script(words, script):
                continue
            found = _count_letters(words)
            if script and found and not _names_a_language(menu, one):
                yield from _find_strange(subject, one, language, script, found)


def _is_in_script(words: str, script: str) -> bool:
    """Say whether a text has letters of this script and beside them Latin ones only, as most have."""
    found = set(map(_find_script, set(words)))
    return script in found and found <= {script, LATIN, ""}


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
    for one, language, words in list_odd_texts(subject.menu):
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
