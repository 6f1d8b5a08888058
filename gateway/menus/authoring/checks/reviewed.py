"""Check reviews: unreviewed texts, stale translations, and keys that changed against the live version."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from gateway.menus.authoring.checks.context import Subject
from gateway.menus.authoring.differences import (
    MovedKey,
    describe_moved_key,
    describe_moved_questions,
    find_moved_keys,
    find_moved_questions,
    name_choice,
)
from gateway.menus.authoring.graph import format_count
from gateway.menus.authoring.passages import Passage, list_passages, list_path_passages
from gateway.menus.authoring.problems import Level, Problem
from gateway.menus.engine.offered_languages import list_offered

_BUDDHIST = 2400
"""A year above this is in the Buddhist calendar, 543 years ahead."""

_MARK = "run `gateway menus reviews mark` once the translations say what it says"


def find_unreviewed(subject: Subject) -> Iterator[Problem]:
    """Report unreviewed texts; for real channels each one on the way to a callback is an error."""
    if subject.asked.tells_drafts:
        yield from _count_by_language(
            subject,
            "unreviewed",
            lambda passage: not subject.reviews.is_read(passage),
            "nobody has reviewed {texts} in {language}",
            "let somebody whose language it is read them, then `gateway menus reviews read {language}`",
        )
    if subject.asked.real:
        for language in list_offered(subject.menu):
            yield from _unread_on_path(subject, language)


def translation_stale(subject: Subject) -> Iterator[Problem]:
    """Report translations that are older than their source."""
    for passage in list_passages(subject.menu) if subject.asked.tells_drafts else ():
        if subject.reviews.is_stale(passage):
            yield subject.warning(
                "translation-stale",
                passage.path,
                f"'{passage.id}' in {passage.language} was made from other words than stand there now",
                f"translate it anew; where it still fits, `gateway menus reviews read {passage.language} {passage.id}` "
                f"by a reader, or `gateway menus reviews mark {passage.language} {passage.id}` of a draft",
                language=passage.language,
            )


def translation_unmarked(subject: Subject) -> Iterator[Problem]:
    """Report translations without a record of the source they were made from."""
    if subject.asked.tells_drafts:
        yield from _count_by_language(
            subject,
            "translation-unmarked",
            subject.reviews.is_unmarked,
            "of {texts} in {language} it is not known from which words they were made",
            _MARK,
        )


def review_in_future(subject: Subject) -> Iterator[Problem]:
    """Report reviews with a date in the future."""
    for language, marks in subject.reviews.marks.items():
        for name, mark in marks.items():
            if mark.on is not None and mark.on > subject.asked.today:
                year = f", did you mean {mark.on.year - 543}?" if mark.on.year > _BUDDHIST else ""
                yield subject.problem(
                    "review-in-future",
                    ("reviews", language, name),
                    f"'{name}' was read on {mark.on}, a day that has not come",
                    f"write the day on which it was read{year}",
                    language=language,
                    about=str(mark.on),
                )


def _count_by_language(
    subject: Subject, code: str, counts: Callable[[Passage], bool], message: str, hint: str
) -> Iterator[Problem]:
    found = Counter(passage.language for passage in list_passages(subject.menu) if counts(passage))
    for language in subject.menu.languages:
        if found[language]:
            yield subject.warning(
                code,
                ("languages", language),
                message.format(texts=format_count(found[language], "text"), language=language),
                hint.format(language=language),
                language=language,
            )


def _unread_on_path(subject: Subject, language: str) -> Iterator[Problem]:
    unread: Iterable[Passage] = list_path_passages(subject.menu, language)
    for passage in unread:
        if not subject.reviews.is_read(passage):
            yield subject.problem(
                "unreviewed",
                passage.path,
                f"'{passage.id}' stands on the way to a callback and nobody has reviewed its {passage.language}",
                f"let somebody whose language it is read it, then `gateway menus reviews read {language} --path`",
                language=language,
            )


# Against the live version: callers know keys by heart, so they should keep their meaning.

_ON_PURPOSE = "where it is meant, publish with --move-keys and the reason"


def key_moved(subject: Subject) -> Iterator[Problem]:
    """Report keys with another meaning than in the live version; about danger or consent it needs a reason."""
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
            _make_hint(subject, each),
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


def _make_hint(subject: Subject, each: MovedKey) -> str:
    was = name_choice(subject.menu, each.was)
    advice = f"give {was} its key {each.key} again" if each.other else f"keep key {each.key} for {was}"
    return f"{advice}: callers press it by heart" + (f"; {_ON_PURPOSE}" if each.grave else "")
