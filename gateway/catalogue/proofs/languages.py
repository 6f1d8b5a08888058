"""Proofs of languages: nobody is left without words."""

from collections.abc import Iterator

from gateway.catalogue.graph import callback_path, read_in
from gateway.catalogue.problems import Level, Problem
from gateway.catalogue.proofs.asked import Subject
from gateway.catalogue.texts import Written, counted, of_screen, written
from gateway.engine.menu import Menu
from gateway.engine.offering import list_offered

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
        for language in list_offered(menu):
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
                    f"add {language}: to {counted(len(lacking), 'text')} of this screen",
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
