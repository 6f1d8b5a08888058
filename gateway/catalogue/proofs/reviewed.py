"""Proofs of reviews: drafts are known as drafts, and no translation goes on saying what its source no longer says."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from gateway.catalogue.passages import Passage, list_passages, list_path_passages
from gateway.catalogue.problems import Problem
from gateway.catalogue.proofs.asked import Subject
from gateway.catalogue.texts import counted
from gateway.engine.offering import list_offered

_BUDDHIST = 2400
"""A year above this can only be of the Buddhist calendar, which is 543 years ahead."""

_MARK = "run `gateway menus reviews mark` once the translations say what it says"


def unreviewed(subject: Subject) -> Iterator[Problem]:
    """Drafts are counted; where real people phone, each one on the way to a callback is an error."""
    if subject.asked.tells_drafts:
        yield from _counted_by_language(
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
    """No translation is older than what it was translated from."""
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
    """Of every translation it is known from which words it was made."""
    if subject.asked.tells_drafts:
        yield from _counted_by_language(
            subject,
            "translation-unmarked",
            subject.reviews.is_unmarked,
            "of {texts} in {language} it is not known from which words they were made",
            _MARK,
        )


def review_in_future(subject: Subject) -> Iterator[Problem]:
    """Nobody read a text on a day that has not come."""
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


def _counted_by_language(
    subject: Subject, code: str, counts: Callable[[Passage], bool], message: str, hint: str
) -> Iterator[Problem]:
    found = Counter(passage.language for passage in list_passages(subject.menu) if counts(passage))
    for language in subject.menu.languages:
        if found[language]:
            yield subject.warning(
                code,
                ("languages", language),
                message.format(texts=counted(found[language], "text"), language=language),
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
