"""Check safety: consent, refusals that take effect, windows with hours and staff, and the path of danger.

On the path of danger the question comes first, numbers stand on the first page, words alert, and answers stay true.
"""

import re
from collections.abc import Iterator

from gateway.domain.events import Limits
from gateway.foundation.bounded_table import keep_per_owner
from gateway.menus.authoring.checks.context import Subject
from gateway.menus.authoring.graph import (
    AuthoredText,
    has_unknown_names,
    list_filled_texts,
    list_screen_texts,
    list_sent_texts,
)
from gateway.menus.authoring.problems import Problem
from gateway.menus.engine.choices import find_deed
from gateway.menus.engine.model import LINE_PLACEHOLDERS, Condition, Deed, Menu, Screen, make_page_key
from gateway.menus.engine.text_breaks import PLACEHOLDER
from gateway.menus.engine.visibility import HOURS, PLAIN, find_window
from gateway.menus.engine.wording import list_named_facts

_MUST_BE_SET = ("helpline", "mrc")
_ALWAYS = frozenset({"now", "never"})
_DIGITS = re.compile(r"\d+(?:\W{0,3}\d+)*")


def consent_before_number(subject: Subject) -> Iterator[Problem]:
    """Report ways to save a request without a yes to the consent question, which must come last."""
    menu = subject.menu
    for name, screen in menu.screens.items():
        for number, choice in enumerate(screen.choices):
            agreed = screen.get_asked() == "consent" and choice.answer == "yes"
            if choice.does is Deed.REQUEST_CALLBACK and not agreed:
                yield subject.problem(
                    "consent-after-number",
                    ("screens", name, "choices", str(number), "does"),
                    "a callback would be kept without her consent",
                    "move does: request_callback to the yes of the question that asks consent",
                )
        if screen.find_own_deed() is Deed.REQUEST_CALLBACK:
            yield subject.problem(
                "consent-after-number",
                ("screens", name, "does"),
                "a callback would be kept without her consent",
                "write does: look_up_code",
            )
        if screen.list_questions() and not _asks_consent_last(subject, screen):
            yield subject.problem(
                "consent-after-number",
                ("screens", name, "questions"),
                f"the form '{name}' does not ask for consent as its last question",
                "put the question that asks consent at the end of questions:",
            )


def refusal_has_its_deed(subject: Subject) -> Iterator[Problem]:
    """Report answers that end the form without an action: an earlier request would go on unnoticed."""
    menu = subject.menu
    for name, screen in menu.screens.items():
        if not screen.get_asked():
            continue
        for number, choice in enumerate(screen.choices):
            target = menu.screens.get(choice.to)
            if target is not None and target.ends and find_deed(screen, choice) is None:
                yield subject.problem(
                    "refusal-without-deed",
                    ("screens", name, "choices", str(number), "to"),
                    f"the form ends here at '{choice.to}', and what she asked for before would go on",
                    "write does: refuse_calls, or an answer that refuses, such as never",
                )


def find_missing_settings(subject: Subject) -> Iterator[Problem]:
    """Report settings that a text names and that have no value."""
    settings = subject.asked.settings
    if settings is None:
        return
    named: set[str] = set()
    for one, language, words in list_sent_texts(subject.menu):
        for name in PLACEHOLDER.findall(words):
            if name in _MUST_BE_SET and not settings.get(name) and name not in named:
                named.add(name)
                yield subject.warning(
                    "setting-missing",
                    (*one.path, language),
                    f"{{{name}}} is not set, and callers read so",
                    f"set {name} in gateway.toml under [line]",
                    language=language,
                )


def hours_typed(subject: Subject) -> Iterator[Problem]:
    """Report hours typed beside a window: its row must be the only place that states when the phone rings."""
    menu = subject.menu
    for name, screen in menu.screens.items():
        asks = screen.get_asked()
        for number, choice in enumerate(screen.choices):
            if find_window(choice, asks) not in menu.windows:
                continue
            for language, label in choice.label.items():
                typed = _DIGITS.search(PLACEHOLDER.sub("", label))
                if typed:
                    yield subject.problem(
                        "figure-in-text",
                        ("screens", name, "choices", str(number), "label", language),
                        f"'{typed[0]}' is typed beside the window '{find_window(choice, asks)}'",
                        "write {hours}: its row under windows says them",
                        language=language,
                        about=typed[0],
                    )


def hours_told(subject: Subject) -> Iterator[Problem]:
    """Report window choices that do not show their hours."""
    menu = subject.menu
    for name, screen in menu.screens.items():
        asks = screen.get_asked()
        for number, choice in enumerate(screen.choices):
            for language, label in choice.label.items():
                word = find_window(choice, asks)
                if word in menu.windows and not _tells_hours(label):
                    yield subject.warning(
                        "hours-missing",
                        ("screens", name, "choices", str(number), "label", language),
                        f"the window '{word}' does not tell its hours",
                        "write {hours} in the label",
                        language=language,
                    )


def _tells_hours(label: str) -> bool:
    return any(found.partition(".")[0] == HOURS for found in PLACEHOLDER.findall(label))


def window_never_staffed(subject: Subject) -> Iterator[Problem]:
    """Report windows of the form that duty hours never cover."""
    if subject.asked.staffed is None:
        return
    staffed = subject.asked.staffed(subject.menu.windows.values())
    for name, screen in subject.menu.screens.items():
        if screen.get_asked() != "when":
            continue
        for number, choice in enumerate(screen.choices):
            if choice.answer and choice.answer not in staffed | _ALWAYS:
                yield subject.warning(
                    "window-never-staffed",
                    ("screens", name, "choices", str(number), "answer"),
                    f"nobody is ever on duty in '{choice.answer}', so it is never shown",
                    "plan a shift then, add hours in gateway.toml under [hours], or delete the choice",
                )


def _asks_consent_last(subject: Subject, form: Screen) -> bool:
    screens = (subject.menu.screens[name] for name in form.list_questions())
    asks = [asked for screen in screens if (asked := screen.get_asked())]
    return bool(asks) and asks[-1] == "consent" and asks.count("consent") == 1


_MESSAGES = "messages"
_DANGER = "danger"
_POLICE = "police"
"""Prefix of the last part of a fact's name that is a police number."""

_UNCUT = frozenset({""})
"""Stands for a page that could not be cut, which is reported elsewhere."""


def number_without_country(subject: Subject) -> Iterator[Problem]:
    """Report short numbers without their country in the text: across the border they reach another office, or none.

    Exempt are texts that only callers of that country see; a text message may be read anywhere.
    """
    countries = subject.declared.countries
    for one in list_filled_texts(subject.menu):
        only_for = _only_for(subject.menu, one)
        for language, words in one.text.items():
            plain = PLACEHOLDER.sub(" ", words).casefold()
            for fact in dict.fromkeys(PLACEHOLDER.findall(words)):
                country = find_country(fact)
                names = countries.get(country, {}).get(language, ())
                if fact not in list_danger_facts(subject.menu) or not names or only_for == (country,):
                    continue
                if not any(name.casefold() in plain for name in names):
                    yield subject.problem(
                        "number-without-country",
                        (*one.path, language),
                        f"{{{fact}}} stands without its country",
                        f"write '{names[0]}' before the number",
                        screen=one.screen,
                        language=language,
                        about=f"{{{fact}}}",
                    )


def danger_not_asked(subject: Subject) -> Iterator[Problem]:
    """Report forms that do not ask about danger first, before any question for data."""
    menu = subject.menu
    for name, screen in menu.screens.items():
        questions = [menu.screens[each] for each in screen.list_questions()]
        if questions and questions[0].get_asked() != _DANGER:
            yield subject.problem(
                "danger-not-asked",
                ("screens", name, "questions"),
                f"the form '{name}' does not ask first whether she is in danger",
                "put the question that asks danger at the beginning of questions:",
            )


def danger_number_hidden(subject: Subject) -> Iterator[Problem]:
    """Report danger screens without a number, or without the police number, on their first page."""
    menu = subject.menu
    for name in _number_screens(menu):
        for one in _texts_of(menu, name):
            if has_unknown_names(menu, one):
                continue  # reported by the placeholder check
            wanted = _must_show(menu, one)
            for language in menu.languages:
                if not menu.text(one.text, language):
                    continue
                for limits in subject.asked.limits:
                    shown = _first_page(subject, one, language, limits)
                    lacking = wanted and not (wanted & shown)
                    if shown is not _UNCUT and (lacking or not shown):
                        yield _report_hidden(subject, one, language, wanted)
                        break


def danger_misled(subject: Subject) -> Iterator[Problem]:
    """Report words of danger that lead elsewhere, words of help that alert nobody, and answers that deny danger."""
    menu = subject.menu
    shown = frozenset(_number_screens(menu))
    for number, keyword in enumerate(menu.keywords):
        path = ("keywords", str(number), "to")
        if keyword.danger and keyword.to not in shown:
            yield subject.problem(
                "danger-misled",
                path,
                f"these words of danger lead to '{keyword.to or keyword.reaction}', which shows no danger number",
                f"write to: {menu.sos}",
            )
        elif keyword.to in shown and not keyword.danger:
            yield subject.problem(
                "danger-misled",
                path,
                f"these words lead to '{keyword.to}' and are not marked as danger, so nobody is alerted",
                'write danger: "yes" beside them',
            )
    for name, screen in menu.screens.items():
        for number, choice in enumerate(screen.choices):
            if choice.answers.get(_DANGER) == "no":
                yield subject.problem(
                    "danger-misled",
                    ("screens", name, "choices", str(number), "answers", _DANGER),
                    "a request from here would count as without danger, and she was not asked",
                    f"delete {_DANGER}: the form asks it",
                )


def find_country(fact: str) -> str:
    """Return the country of a fact (ISO 3166-1 alpha-2) from its name: ``th.phone.police`` is ``TH``."""
    return fact.partition(".")[0].upper()


@keep_per_owner
def list_danger_facts(menu: Menu) -> frozenset[str]:
    """Return the facts named by the danger screen, in any language and for any country."""
    texts = (words for one in list_screen_texts(menu, menu.sos) for words in one.text.values())
    return frozenset(name for words in texts for name in PLACEHOLDER.findall(words) if name in menu.facts)


def _only_for(menu: Menu, one: AuthoredText) -> tuple[str, ...]:
    """Return the countries whose callers alone see a text; empty for everybody."""
    if "variants" not in one.path or one.path[0] == _MESSAGES:
        return ()
    condition: Condition = menu.screens[one.screen].variants[int(one.path[3])].only_if
    return tuple(condition.get("region", ()))


def _number_screens(menu: Menu) -> Iterator[str]:
    """Yield the danger screen, and information screens after a yes to the danger question."""
    yield menu.sos
    answers = (
        choice.to
        for screen in menu.screens.values()
        if screen.get_asked() == _DANGER
        for choice in screen.choices
        if choice.answer == "yes"
    )
    for name in dict.fromkeys(answers):
        if name in menu.screens and name != menu.sos and menu.screens[name].informs:
            yield name


def _texts_of(menu: Menu, name: str) -> Iterator[AuthoredText]:
    """Yield the text of a screen and of its variants, without labels."""
    return (one for one in list_screen_texts(menu, name) if "choices" not in one.path)


def _must_show(menu: Menu, one: AuthoredText) -> frozenset[str]:
    """Return the police numbers of which the readers of this text need one."""
    countries = _only_for(menu, one) or tuple({find_country(fact) for fact in list_danger_facts(menu)})
    return frozenset(
        fact
        for fact in menu.facts
        if find_country(fact) in countries and fact.rpartition(".")[2].startswith(_POLICE)
    )


def _first_page(subject: Subject, one: AuthoredText, language: str, limits: Limits) -> frozenset[str]:
    variant = int(one.path[3]) if "variants" in one.path else PLAIN
    pages = subject.cut.pages.get(make_page_key(limits.name, language, one.screen, variant))
    if not pages:
        return _UNCUT
    texts = [piece.text for piece in pages[0]]
    settings = {name for words in texts for name in PLACEHOLDER.findall(words) if name in LINE_PLACEHOLDERS}
    return frozenset({*list_named_facts(subject.menu, texts), *settings})


def _report_hidden(subject: Subject, one: AuthoredText, language: str, wanted: frozenset[str]) -> Problem:
    which = " or ".join(f"{{{fact}}}" for fact in sorted(wanted)) or "a number"
    return subject.problem(
        "danger-number-hidden",
        (*one.path, language),
        f"the first page of '{one.screen}' does not show {which}",
        "write it at the beginning of the text",
        screen=one.screen,
        language=language,
    )
