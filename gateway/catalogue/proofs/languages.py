"""Proofs of languages: nobody is left without words, and drafts are known as drafts."""

from collections.abc import Iterator

from gateway.catalogue.graph import callback_path, read_in
from gateway.catalogue.problems import Level, Problem
from gateway.catalogue.proofs.asked import Subject
from gateway.catalogue.texts import Written, of_screen, written
from gateway.engine.menu import Menu

_NAMED = {"messages": "the message '{}'", "facts": "when_old of the fact '{}'"}
"""What a text is called that belongs to no screen."""


def text_missing(subject: Subject) -> Iterator[Problem]:
    """Every text can be read in every language, if need be in another that stands in."""
    menu = subject.menu
    for one in written(menu):
        for language in menu.languages:
            if one.required and not menu.text(one.text, language):
                yield _missing(
                    subject, one, language, f"no text in {language}, and no other language stands in"
                )


def path_missing(subject: Subject) -> Iterator[Problem]:
    """The way to a callback speaks each offered language itself: there nothing may stand in."""
    menu = subject.menu
    for one in _path_texts(menu):
        for language in offered(menu):
            if not one.text.get(language) and menu.text(one.text, language):
                yield _missing(subject, one, language, f"no text in {language}, on the way to a callback")


def untranslated(subject: Subject) -> Iterator[Problem]:
    """Every other screen has its own words in each language in which somebody can come to it."""
    menu = subject.menu
    read = read_in(menu)
    for name in sorted(set(menu.screens) - set(callback_path(menu))):
        texts = list(of_screen(menu, name))
        for language in menu.languages:
            lacking = [one for one in texts if not one.text.get(language) and menu.text(one.text, language)]
            if lacking and (name, language) in read:
                yield subject.warning(
                    "untranslated",
                    lacking[0].path,
                    f"'{name}' is shown in another language than {language}",
                    f"add {language}: to {_counted(len(lacking), 'text')} of this screen",
                    language=language,
                )


def unreviewed(subject: Subject) -> Iterator[Problem]:
    """Drafts are named; where real people phone they keep the way to a callback from being published."""
    menu = subject.menu
    for language in sorted(menu.drafts):
        texts = sum(language in one.text for one in written(menu))
        if texts:
            yield subject.warning(
                "unreviewed",
                ("drafts",),
                f"{_counted(texts, 'text')} in {language} are drafts",
                f"let a native speaker read them, then take {language} off drafts:",
                language=language,
            )
    if subject.asked.real:
        yield from _unreviewed_path(subject)


def offered(menu: Menu) -> tuple[str, ...]:
    """Return the languages that somebody can choose."""
    chosen = {
        choice.script or choice.language
        for screen in menu.screens.values()
        for choice in screen.choices
        if choice.script or choice.language
    }
    return tuple(language for language in menu.languages if language in chosen or not chosen)


def _unreviewed_path(subject: Subject) -> Iterator[Problem]:
    menu = subject.menu
    for one in _path_texts(menu):
        for language in offered(menu):
            if language in menu.drafts and one.text.get(language):
                yield subject.problem(
                    "unreviewed",
                    (*one.path, language),
                    f"a {language} draft stands on the way to a callback",
                    f"let a native speaker read it, then take {language} off drafts:",
                    language=language,
                )


def _path_texts(menu: Menu) -> Iterator[Written]:
    for name in callback_path(menu):
        if name != menu.start:
            yield from of_screen(menu, name)


def _missing(subject: Subject, one: Written, language: str, why: str) -> Problem:
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


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
