"""Proofs against the live version: a key that callers know by heart goes on doing what it did."""

from collections.abc import Iterator

from gateway.catalogue.moved import (
    MovedKey,
    describe_moved_key,
    describe_moved_questions,
    find_moved_keys,
    find_moved_questions,
    name_choice,
)
from gateway.catalogue.problems import Level, Problem
from gateway.catalogue.proofs.asked import Subject

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
            describe_moved_key(menu, each),
            _hint(subject, each),
            level=Level.ERROR if each.grave and not subject.asked.moves_keys else Level.WARNING,
        )
    for form in find_moved_questions(live, menu):
        yield subject.problem(
            "key-moved",
            ("screens", form.screen, "questions"),
            describe_moved_questions(form),
            f"put the questions in their old order: callers answer by heart; {_ON_PURPOSE}",
            level=Level.WARNING if subject.asked.moves_keys else Level.ERROR,
        )


def _hint(subject: Subject, each: MovedKey) -> str:
    was = name_choice(subject.menu, each.was)
    kept = f"give {was} its key {each.key} again" if each.other else f"keep key {each.key} for {was}"
    return f"{kept}: callers press it by heart" + (f"; {_ON_PURPOSE}" if each.grave else "")
