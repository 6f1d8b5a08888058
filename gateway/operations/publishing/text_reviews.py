"""Lets a translator write the texts of a draft one by one, and records who reviewed which text on which day.

A review is a line of the folder, as `gateway menus reviews read` writes it: it names the words and their source by
hash, so it holds for exactly what was read, wherever the draft goes.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from gateway.domain.permissions import Actor, Permission
from gateway.foundation.services import Services
from gateway.menus.authoring.check import Checked
from gateway.menus.authoring.passages import (
    DANGER_WORDS,
    LONGEST_NAME,
    Mark,
    Passage,
    find_source_language,
    hash_words,
    list_passages,
    list_path_passages,
    name_file,
    write_marks,
)
from gateway.menus.authoring.yaml_edit import read_part, write_many, write_words
from gateway.menus.authoring.yaml_spans import NotEditable, measure_spans
from gateway.menus.engine.model import Menu
from gateway.operations.publishing.fact_changes import find_today
from gateway.operations.publishing.menu_drafts import TEXT_WRITERS, DraftMoved, OpenedDraft, change_file
from gateway.operations.publishing.translations import DRAFT, READ, Steps, find_place, tell_state

_REVIEWERS = (Permission.REVIEW_TEXTS,)
_COLLECTED = "facts"
"""Part of a menu whose texts are changed with their fact, and only reviewed here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """One text in one language, for whoever writes or reviews it.

    Attributes:
        id: its name, as in the files of reviews.
        language: tag of its words.
        source: the text that it is translated from; empty for the source itself.
        words: the text; empty where it is missing.
        state: missing, stale, draft or read.
        path: its path in the menu.
        mark: who read it when; None where nobody has, or where equal words were read elsewhere.
        on_path: a caller of this language may read it on the way to a callback.
    """

    id: str
    language: str
    source: str
    words: str
    state: str
    path: Steps
    mark: Mark | None
    on_path: bool

    @property
    def hash(self) -> str:
        """What tells whether somebody else changed it meanwhile; the mark of a review names it."""
        return hash_words(self.words)

    @property
    def is_writable(self) -> bool:
        """Whether it is written here; facts have their own page, and danger words are a list."""
        return self.id != DANGER_WORDS and self.path[0] != _COLLECTED

    @property
    def screen(self) -> str:
        """The screen on which it stands; empty for a message."""
        return self.path[1] if self.path[0] == "screens" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewProgress:
    """How far the review of a language is: all its texts, and those on the way to a callback."""

    language: str
    texts: int
    read: int
    on_path: int
    read_on_path: int


def list_review_rows(menu: Menu, checked: Checked, language: str) -> tuple[ReviewRow, ...]:
    """Return every text that there is, or that should be, in a language, in the order of the menu."""
    source = find_source_language(menu)
    found = list_passages(menu)
    own = {each.id: each for each in found if each.language == language}
    origin = {each.id: each for each in found if each.language == source}
    path = {each.id for each in list_path_passages(menu, language)}
    names = dict.fromkeys(each.id for each in found if each.language in {source, language})
    rows = (_make_row(checked, language, own.get(name), origin.get(name), name in path) for name in names)
    return tuple(row for row in rows if row.words or row.is_writable)


def _make_row(
    checked: Checked,
    language: str,
    own: Passage | None,
    origin: Passage | None,
    on_path: bool,  # noqa: FBT001 - a column of the row
) -> ReviewRow:
    passage = own or origin
    assert passage is not None  # noqa: S101 - every name comes from one of the two
    mark = checked.reviews.mark_of(own) if own else None
    return ReviewRow(
        id=passage.id,
        language=language,
        source=origin.words if origin and origin.language != language and passage.id != DANGER_WORDS else "",
        words=own.words if own else "",
        state=tell_state(checked, own),
        path=(*passage.path[:-1], language),
        mark=mark if mark and mark.by else None,
        on_path=on_path,
    )


def measure_reviews(menu: Menu, checked: Checked) -> tuple[ReviewProgress, ...]:
    """Return how far the review of each language is, in the order of the menu."""
    return tuple(
        _count_reviews(language, list_review_rows(menu, checked, language)) for language in menu.languages
    )


def _count_reviews(language: str, rows: Iterable[ReviewRow]) -> ReviewProgress:
    found = list(rows)
    read = [row for row in found if row.state == READ]
    return ReviewProgress(
        language=language,
        texts=len(found),
        read=len(read),
        on_path=sum(row.on_path for row in found),
        read_on_path=sum(row.on_path for row in read),
    )


def find_next(rows: Iterable[ReviewRow], after: str) -> ReviewRow | None:
    """Return the next text that waits for a translation or a review, from a text on and then from the beginning."""
    found = list(rows)
    at = next((n for n, row in enumerate(found) if row.id == after), -1)
    return next((row for row in (*found[at + 1 :], *found[:at]) if row.state != READ), None)


def write_text(
    parts: Services, actor: Actor, opened: OpenedDraft, row: ReviewRow, words: str, *, seen: str
) -> ReviewRow:
    """Write one text of a draft, and note from which source it was made; return it as it is now.

    Args:
        parts: the services of this process.
        actor: who writes.
        opened: the draft.
        row: the text as it is now.
        words: its new words; not empty.
        seen: the hash of its words when the page was opened.

    Raises:
        NotPermitted: the actor may not write texts.
        DraftMoved: somebody else changed it meanwhile; ``now`` holds it.
        DraftClosed, NotEditable: the draft is not open; the file has to be edited as a text.
    """
    if words == row.words:
        return row
    if row.hash != seen:
        raise DraftMoved(None, now=row.words)
    if not row.is_writable or not words.strip():
        raise NotEditable(f"{row.id} is not written here")
    file, path = _find_file(opened, row)
    before = _read_words(opened.files[file], path)

    def edit(text: str) -> str:
        now = _read_words(text, path)
        if now != before:
            raise DraftMoved(None, now=now)
        return write_words(text, path, words)

    change_file(
        parts, actor, opened.draft.id, file, edit, place=f"{row.language} {row.id}", allowed=TEXT_WRITERS
    )
    if row.source:
        mark = Mark(hash_words(words), hash_words(row.source))
        _save_mark(parts, actor, opened, row, mark, allowed=TEXT_WRITERS)
    return replace(row, words=words, state=DRAFT, mark=None)


def record_review(parts: Services, actor: Actor, opened: OpenedDraft, row: ReviewRow, *, seen: str) -> None:
    """Record that the actor read this text today and that it is right.

    Raises:
        NotPermitted: the actor may not review texts.
        DraftMoved: somebody else changed it since it was shown; ``now`` holds it.
        DraftClosed, NotEditable: the draft is not open; there is no text; the file has to be edited as a text.
    """
    if row.hash != seen:
        raise DraftMoved(None, now=row.words)
    if not row.words:
        raise NotEditable(f"{row.id} has no words")
    by = " ".join(actor.name.split())[:LONGEST_NAME]
    of = hash_words(row.source) if row.source else ""
    mark = Mark(row.hash, of, by, find_today(parts))
    _save_mark(parts, actor, opened, row, mark, allowed=_REVIEWERS)


def _save_mark(
    parts: Services,
    actor: Actor,
    opened: OpenedDraft,
    row: ReviewRow,
    mark: Mark,
    *,
    allowed: tuple[Permission, ...],
) -> None:
    def edit(text: str) -> str:
        place = ("reviews", row.language)
        if text and measure_spans(text).find(place) is not None:
            return write_many(text, {(*place, row.id): str(mark)})
        if text:
            raise NotEditable(f"the file of reviews in {row.language} holds something else")
        return write_marks(row.language, {row.id: mark})

    file = _find_marks(opened, row.language)
    change_file(
        parts,
        actor,
        opened.draft.id,
        file,
        edit,
        place=f"{row.language} {row.id} ({mark.by})",
        allowed=allowed,
    )


def _find_marks(opened: OpenedDraft, language: str) -> str:
    """Return the file with the marks of a language: its own, unless they stand in another one already."""
    usual = name_file(language)
    for file, text in opened.files.items():
        if file != usual and "reviews:" in text:
            with suppress(NotEditable):
                if measure_spans(text).find(("reviews", language)) is not None:
                    return file
    return usual


def _find_file(opened: OpenedDraft, row: ReviewRow) -> tuple[str, Steps]:
    """Return the file of a text and its path there; only files with its section are read."""
    roots = {}
    for file, text in opened.files.items():
        if f"{row.path[0]}:" in text:
            with suppress(NotEditable):
                roots[file] = measure_spans(text)
    return find_place(roots, row.path)


def _read_words(text: str, path: Steps) -> str:
    found = read_part(text, path)
    return found if isinstance(found, str) else ""
