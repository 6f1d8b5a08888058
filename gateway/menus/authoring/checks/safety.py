"""Check safety: consent before data, refusals that take effect, windows with hours and staff, danger numbers."""

import re
from collections.abc import Iterator

from gateway.menus.authoring.checks.context import Subject
from gateway.menus.authoring.problems import Problem
from gateway.menus.authoring.texts import (
    list_sent_texts,
)
from gateway.menus.engine.choices import find_deed
from gateway.menus.engine.model import Deed, Screen
from gateway.menus.engine.text_breaks import PLACEHOLDER
from gateway.menus.engine.visibility import HOURS, find_window

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
