"""Check lengths: every page fits its phone, every SMS its three parts, the first screen is GSM-7."""

import unicodedata
from collections import Counter
from collections.abc import Iterator

from gateway.domain.events import Limits
from gateway.menus.authoring.checks.characters import is_legacy
from gateway.menus.authoring.checks.context import Subject
from gateway.menus.authoring.checks.languages import find_emoji
from gateway.menus.authoring.graph import AuthoredText, list_message_texts, list_screen_texts, list_sent_texts
from gateway.menus.authoring.pages import TEXTED, Fault
from gateway.menus.authoring.problems import Problem
from gateway.menus.engine import navigation
from gateway.menus.engine.model import make_page_key
from gateway.menus.engine.paging import QuestionSplit
from gateway.menus.engine.session import Session
from gateway.menus.engine.text_breaks import PLACEHOLDER, SOFT_BREAK
from gateway.menus.engine.text_size import (
    ALPHABET,
    GSM7,
    find_coding,
    fold_to_gsm7,
    measure_text,
    split_parts,
)
from gateway.menus.engine.visibility import PLAIN, find_language, find_template, format_option
from gateway.menus.engine.wording import fill_template

_PARTS = 3
_MOST_PAGES = 4
_SECONDS_A_PAGE = 20
"""Estimated time to read a page on a small phone and press a key."""

_NOTICES = ("invalid", "again")
_ON_SCREENS = (*_NOTICES, "down")


def pages_fit(subject: Subject) -> Iterator[Problem]:
    """Report screens that cannot be cut into pages, and questions that do not fit with their answers."""
    for fault in subject.cut.faults:
        yield _cut_problem(subject, fault)


def long_screen(subject: Subject) -> Iterator[Problem]:
    """Report screens of more than four pages: a session lasts some minutes, and each page is billed."""
    menu = subject.menu
    if all(len(pages) <= _MOST_PAGES for pages in subject.cut.pages.values()):
        return
    for name, screen in menu.screens.items():
        for language in menu.languages:
            for variant in range(PLAIN, len(screen.variants)):
                counted = _count_pages(subject, name, language, variant)
                if counted.get(1, 0) > _MOST_PAGES:
                    path = ("variants", str(variant), "text") if variant != PLAIN else ("text",)
                    yield subject.warning(
                        "long-screen",
                        ("screens", name, *path, language),
                        f"'{name}' takes {_tell_pages(counted)} in {language}",
                        "shorten it, or put a part of it on a screen of its own",
                        language=language,
                    )


def _count_pages(subject: Subject, name: str, language: str, variant: int) -> dict[int, int]:
    """Return parts per page (1 for USSD) → most pages of a text."""
    counted: dict[int, int] = {}
    for limits in subject.asked.limits:
        pages = subject.cut.pages.get(make_page_key(limits.name, language, name, variant), ())
        counted[limits.parts] = max(len(pages), counted.get(limits.parts, 0))
    return counted


def _tell_pages(counted: dict[int, int]) -> str:
    seconds = counted[1] * _SECONDS_A_PAGE
    by_text = [f"{n} texts of up to {parts} parts" for parts, n in sorted(counted.items()) if parts > 1 and n]
    return ", ".join([f"{counted[1]} pages, about {seconds} seconds", *by_text])


def messages_fit(subject: Subject) -> Iterator[Problem]:
    """Report messages that do not fit one page, a notice with the key that leads on."""
    menu = subject.menu
    for name in _ON_SCREENS:
        for one, language, words in _list_wordings(subject, name):
            more = (
                f"\n{navigation.MORE} {menu.text(menu.messages['more'], language)}"
                if name in _NOTICES
                else ""
            )
            for limits in subject.asked.limits:
                over = _describe_over(words + more, limits)
                if over:
                    yield subject.problem(
                        "text-too-long",
                        (*one.path, language),
                        f"the message '{name}' is {over} too long for one page",
                        "shorten it",
                        language=language,
                    )


def texts_fit(subject: Subject) -> Iterator[Problem]:
    """Report messages sent by SMS that take more than three parts."""
    for name in sorted(name for name in subject.menu.messages if name.startswith(TEXTED)):
        for one, language, words in _list_wordings(subject, name):
            parts = len(split_parts(fold_to_gsm7(words)))
            if parts > _PARTS:
                yield subject.problem(
                    "sms-over-3-parts",
                    (*one.path, language),
                    f"the text '{name}' takes {parts} parts, more than {_PARTS}",
                    "shorten it",
                    language=language,
                )


def _list_wordings(subject: Subject, name: str) -> Iterator[tuple[AuthoredText, str, str]]:
    """Yield each wording of a message in each language, with its longest values."""
    menu = subject.menu
    for language in menu.languages:
        values = subject.cut.widest[language]
        for one in list_message_texts(menu, name):
            yield one, language, fill_template(menu.text(one.text, language), values)


def first_screen_is_plain(subject: Subject) -> Iterator[Problem]:
    """Report a first screen that needs UCS-2, values included, which not every phone can show."""
    menu = subject.menu
    language = find_language(menu, Session(screen=menu.start))
    values = subject.cut.widest[language]
    for one in list_screen_texts(menu, menu.start):
        template = menu.text(one.text, language).replace(SOFT_BREAK, "")
        words = fold_to_gsm7(fill_template(template, values))
        if find_coding(words) == GSM7:
            continue
        odd = next(character for character in words if find_coding(character) != GSM7)
        within = next((name for name in PLACEHOLDER.findall(template) if odd in values[name]), "")
        yield subject.problem(
            "first-screen-not-gsm7",
            (*one.path, language),
            f"'{odd}'{f' in {{{within}}}' if within else ''} on the first screen cannot be shown by every phone",
            "write it in plain Latin letters",
            language=language,
            about=f"{{{within}}}" if within else odd,
        )


def typography(subject: Subject) -> Iterator[Problem]:
    """Report characters that are replaced or removed when a text is sent.

    A character without a GSM-7 form changes a page of Latin letters to UCS-2 (3GPP TS 23.038); it is reported where
    the language needs UCS-2 for few of its texts.
    """
    texts = list_sent_texts(subject.menu)
    every = Counter(language for _, language, _ in texts)
    beyond = [(*each, fold_to_gsm7(each[2])) for each in texts if not ALPHABET.issuperset(each[2])]
    large = Counter(language for _, language, _, folded in beyond if find_coding(folded) != GSM7)
    rare = {language for language, n in every.items() if _is_rare(large[language], n)}
    for one, language, words, folded in beyond:
        # Most texts of a language with a script of its own are sound; a legacy font is reported as such.
        if (folded == words and language not in rare) or is_legacy(language, words):
            continue
        if len(one.text) > 1 and len(set(one.text.values())) == 1:
            continue  # the same in every language, so meant for everybody
        if folded != words:
            odd = next(character for character in words if fold_to_gsm7(character) != character)
            plain = fold_to_gsm7(odd)
            hint = f"write '{plain}'" if plain else "delete it"
            message = f"{show_sign(odd)} is sent as '{plain}'" if plain else f"{show_sign(odd)} is not sent"
            path = (*one.path, language)
            yield subject.warning("typography-folded", path, message, hint, language=language, about=odd)
        else:
            odd = next(character for character in words if find_coding(fold_to_gsm7(character)) != GSM7)
            if find_emoji(odd):
                continue  # reported as an emoji
            if one.screen == subject.menu.start or (
                odd.isalpha() and "LATIN" not in unicodedata.name(odd, "")
            ):
                continue  # reported as first-screen-not-gsm7 or wrong-script
            yield subject.warning(
                "large-alphabet",
                (*one.path, language),
                f"{show_sign(odd)} turns the whole page to the large alphabet: 70 letters instead of 160",
                "write it in plain Latin letters",
                language=language,
                about=odd,
            )


def show_sign(character: str) -> str:
    """Return a character as an author can see it: by its code point where it has no visible shape."""
    visible = (
        character.isprintable() and not character.isspace() and unicodedata.category(character)[0] != "M"
    )
    return f"'{character}'" if visible else f"U+{ord(character):04X}, which nobody sees,"


def _is_rare(large: int, every: int) -> bool:
    """Say whether so few texts of a language need UCS-2 that each is probably a mistake."""
    return large * 4 <= every


def _describe_over(words: str, limits: Limits) -> str:
    size = measure_text(fold_to_gsm7(words))
    room = limits.gsm7 if size.coding == GSM7 else limits.ucs2
    unit = "septets" if size.coding == GSM7 else "units"
    return f"{size.units - room} {unit}" if size.units > room else ""


def _cut_problem(subject: Subject, fault: Fault) -> Problem:
    variant = () if fault.variant == PLAIN else ("variants", str(fault.variant))
    path = ("screens", fault.screen, *variant, "text", fault.language)
    screen = subject.menu.screens[fault.screen]
    over = _describe_excess(subject, fault)
    if isinstance(fault.why, QuestionSplit):
        code, hint = "question-split", "shorten the question or its answers"
        message = f"the question '{fault.screen}' and its answers {over or 'do not fit'} one page"
        return subject.problem(code, path, message, hint, language=fault.language)
    for number, choice in enumerate(screen.choices):
        line = format_option(subject.menu, choice, fault.language)
        if _describe_over(line, fault.limits):
            path = ("screens", fault.screen, "choices", str(number), "label", fault.language)
            over = f"has a line that is {_describe_over(line, fault.limits)} too long for"
    message = f"'{fault.screen}' {over or 'cannot be cut to fit'} one page"
    return subject.problem("text-too-long", path, message, "shorten it", language=fault.language)


def _describe_excess(subject: Subject, fault: Fault) -> str:
    menu, screen = subject.menu, subject.menu.screens[fault.screen]
    lines = [find_template(menu, screen, fault.variant, fault.language).replace(SOFT_BREAK, "")]
    lines += [format_option(menu, choice, fault.language) for choice in screen.choices]
    values = subject.cut.widest[fault.language]
    over = _describe_over(fill_template("\n".join(line for line in lines if line), values), fault.limits)
    several = "are" if screen.choices else "is"
    return f"{several} {over} too long for" if over else ""
