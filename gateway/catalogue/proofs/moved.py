"""Proofs against the live version: a key that callers know by heart goes on doing what it did."""

from collections.abc import Iterator

from gateway.catalogue.moved import MovedKey, find_moved_keys, find_moved_questions
from gateway.catalogue.problems import Level, Problem
from gateway.catalogue.proofs.asked import Subject
from gateway.engine.menu import Choice

_ON_PURPOSE = "where it is meant, publish with --move-keys and the reason"


def key_moved(subject: Subject) -> Iterator[Problem]:
    """No key does something else than in the live version; one about danger or consent only with a reason."""
    menu = subject.menu
    live = subject.asked.live.get(menu.id)
    if live is None:
        return
    for each in find_moved_keys(live, menu):
        path = ("screens", each.screen)
        yield subject.problem(
            "key-moved",
            path if each.number < 0 else (*path, "choices", str(each.number), "key"),
            _describe(subject, each),
            _hint(subject, each),
            level=Level.ERROR if each.grave and not subject.asked.moves_keys else Level.WARNING,
        )
    for form in find_moved_questions(live, menu):
        yield subject.problem(
            "key-moved",
            ("screens", form.screen, "questions"),
            f"the form asked {', '.join(form.was)} and asks {', '.join(form.becomes)} now",
            f"put the questions in their old order: callers answer by heart; {_ON_PURPOSE}",
            level=Level.WARNING if subject.asked.moves_keys else Level.ERROR,
        )


def _describe(subject: Subject, each: MovedKey) -> str:
    was = _name(subject, each.was)
    becomes = f"is {_name(subject, each.becomes)} now" if each.becomes else "is no choice any more"
    if each.becomes and _name(subject, each.becomes) == was:
        becomes = f"leads to '{_target(each.becomes)}' now, not to '{_target(each.was)}'"
    moved = f"; {was} has key {each.other} now" if each.other else ""
    return f"key {each.key} was {was} and {becomes}{moved}"


def _hint(subject: Subject, each: MovedKey) -> str:
    was = _name(subject, each.was)
    kept = f"give {was} its key {each.key} again" if each.other else f"keep key {each.key} for {was}"
    return f"{kept}: callers press it by heart" + (f"; {_ON_PURPOSE}" if each.grave else "")


def _name(subject: Subject, choice: Choice) -> str:
    """Return the words of a choice in the language the menu is written in, or else where it leads."""
    tags = (subject.menu.source, "en", *subject.menu.languages)
    words = next((choice.label[tag] for tag in tags if choice.label.get(tag)), "")
    return f"'{words}'" if words else f"the way to '{_target(choice)}'"


def _target(choice: Choice) -> str:
    return choice.to or choice.answer or str(choice.does or "")
