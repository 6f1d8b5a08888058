"""Proofs of safety: nothing is kept without her consent, and nothing is promised that nobody keeps."""

import re
from collections.abc import Iterator

from gateway.catalogue.problems import Problem
from gateway.catalogue.proofs.asked import Subject
from gateway.catalogue.texts import each_text
from gateway.engine.cuts import PLACEHOLDER
from gateway.engine.deeds import deed_of
from gateway.engine.hours import HOURS, window_of
from gateway.engine.menu import Deed, End, Entry, Form, Question

_MUST_BE_SET = ("helpline", "mrc")
_ALWAYS = frozenset({"now", "never"})
_DIGITS = re.compile(r"\d+(?:\W{0,3}\d+)*")


def consent_before_number(subject: Subject) -> Iterator[Problem]:
    """Her number is kept by her yes to the consent question and by nothing else; that question comes last."""
    menu = subject.menu
    for name, screen in menu.screens.items():
        for number, choice in enumerate(screen.choices):
            agreed = isinstance(screen, Question) and screen.asks == "consent" and choice.answer == "yes"
            if choice.does is Deed.REQUEST_CALLBACK and not agreed:
                yield subject.problem(
                    "consent-after-number",
                    ("screens", name, "choices", str(number), "does"),
                    "a callback would be kept without her consent",
                    "move does: request_callback to the yes of the question that asks consent",
                )
        if isinstance(screen, Entry) and screen.does is Deed.REQUEST_CALLBACK:
            yield subject.problem(
                "consent-after-number",
                ("screens", name, "does"),
                "a callback would be kept without her consent",
                "write does: look_up_code",
            )
        if isinstance(screen, Form) and not _asks_consent_last(subject, screen):
            yield subject.problem(
                "consent-after-number",
                ("screens", name, "questions"),
                f"the form '{name}' does not ask for consent as its last question",
                "put the question that asks consent at the end of questions:",
            )


def refusal_has_its_deed(subject: Subject) -> Iterator[Problem]:
    """No line of a question ends the form without a deed: else she is told one thing, and her phone rings."""
    menu = subject.menu
    for name, screen in menu.screens.items():
        if not isinstance(screen, Question):
            continue
        for number, choice in enumerate(screen.choices):
            if isinstance(menu.screens.get(choice.to), End) and deed_of(screen, choice) is None:
                yield subject.problem(
                    "refusal-without-deed",
                    ("screens", name, "choices", str(number), "to"),
                    f"the form ends here at '{choice.to}', and what she asked for before would go on",
                    "write does: refuse_calls, or an answer that refuses, such as never",
                )


def setting_missing(subject: Subject) -> Iterator[Problem]:
    """Every setting that a text names has a value."""
    settings = subject.asked.settings
    if settings is None:
        return
    named: set[str] = set()
    for one, language, words in each_text(subject.menu):
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
    """The hours of a window are told from its row, never typed beside it: what she reads is when her phone rings."""
    menu = subject.menu
    for name, screen in menu.screens.items():
        asks = screen.asks if isinstance(screen, Question) else ""
        for number, choice in enumerate(screen.choices):
            if window_of(choice, asks) not in menu.windows:
                continue
            for language, label in choice.label.items():
                typed = _DIGITS.search(PLACEHOLDER.sub("", label))
                if typed:
                    yield subject.problem(
                        "figure-in-text",
                        ("screens", name, "choices", str(number), "label", language),
                        f"'{typed[0]}' is typed beside the window '{window_of(choice, asks)}'",
                        "write {hours}: its row under windows says them",
                        language=language,
                        about=typed[0],
                    )


def hours_told(subject: Subject) -> Iterator[Problem]:
    """Whoever chooses a window reads its hours."""
    menu = subject.menu
    for name, screen in menu.screens.items():
        asks = screen.asks if isinstance(screen, Question) else ""
        for number, choice in enumerate(screen.choices):
            for language, label in choice.label.items():
                word = window_of(choice, asks)
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
    """Every window that the form offers has somebody on duty at some time of the week."""
    if subject.asked.staffed is None:
        return
    staffed = subject.asked.staffed(subject.menu.windows.values())
    for name, screen in subject.menu.screens.items():
        if not isinstance(screen, Question) or screen.asks != "when":
            continue
        for number, choice in enumerate(screen.choices):
            if choice.answer and choice.answer not in staffed | _ALWAYS:
                yield subject.warning(
                    "window-never-staffed",
                    ("screens", name, "choices", str(number), "answer"),
                    f"nobody is ever on duty in '{choice.answer}', so it is never shown",
                    "plan a shift then, add hours in gateway.toml under [hours], or delete the choice",
                )


def _asks_consent_last(subject: Subject, form: Form) -> bool:
    asks = [
        screen.asks
        for screen in (subject.menu.screens[name] for name in form.questions)
        if isinstance(screen, Question)
    ]
    return bool(asks) and asks[-1] == "consent" and asks.count("consent") == 1
