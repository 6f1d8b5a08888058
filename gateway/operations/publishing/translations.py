"""Lists the texts of a draft for a translator, and takes translations back where their source is still the same."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from gateway.domain.permissions import Actor
from gateway.foundation.services import Services
from gateway.menus.authoring.check import Checked
from gateway.menus.authoring.passages import (
    DANGER_WORDS,
    Passage,
    find_source_language,
    hash_words,
    list_passages,
)
from gateway.menus.authoring.yaml_edit import write_many
from gateway.menus.authoring.yaml_spans import NotEditable, Span, measure_spans
from gateway.menus.engine.model import Menu
from gateway.operations.publishing.menu_drafts import (
    TEXT_WRITERS,
    OpenedDraft,
    change_file,
    check_text_writer,
)

Steps = tuple[str, ...]

MISSING, STALE, DRAFT, READ = "missing", "stale", "draft", "read"
"""What may be said of a translation: there is none, its source changed since, nobody has reviewed it, reviewed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationRow:
    """One text for a translator: its id, its source, its words in the language, and what may be said of it."""

    id: str
    source: str
    words: str
    state: str
    path: Steps

    @property
    def source_hash(self) -> str:
        """Hash of the source, by which a translation of older words is found."""
        return hash_words(self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """One translation that comes back: the id of its text, the hash of the source that it was made from, its words."""

    id: str
    source_hash: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """What became of translations: how many were written, and the ids of those that were not, by reason."""

    written: int = 0
    stale: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a language is: how many texts there are, and how many in each state."""

    language: str
    texts: int
    counts: Mapping[str, int]


def list_rows(menu: Menu, checked: Checked, language: str) -> tuple[TranslationRow, ...]:
    """Return every text that is translated, in the order of the menu; danger words are collected, not translated."""
    source = find_source_language(menu)
    found = [each for each in list_passages(menu) if each.id != DANGER_WORDS and each.path[0] != "facts"]
    own = {each.id: each for each in found if each.language == language}
    rows = []
    for each in found:
        if each.language == source:
            mine = own.get(each.id)
            state = tell_state(checked, mine)
            words = mine.words if mine else ""
            path = (*each.path[:-1], language)
            rows.append(TranslationRow(id=each.id, source=each.words, words=words, state=state, path=path))
    return tuple(rows)


def tell_state(checked: Checked, passage: Passage | None) -> str:
    """Return what may be said of a text: missing, stale, draft or read."""
    if passage is None:
        return MISSING
    if checked.reviews.is_stale(passage):
        return STALE
    return READ if checked.reviews.is_read(passage) else DRAFT


def measure_progress(menu: Menu, checked: Checked) -> tuple[Progress, ...]:
    """Return how far each language is that is translated into."""
    source = find_source_language(menu)
    found = []
    for language in menu.languages:
        if language != source:
            rows = list_rows(menu, checked, language)
            counts = Counter(row.state for row in rows)
            found.append(Progress(language=language, texts=len(rows), counts=counts))
    return tuple(found)


def take_translations(
    parts: Services,
    actor: Actor,
    opened: OpenedDraft,
    rows: Iterable[TranslationRow],
    translated: Iterable[Translated],
) -> TakenIn:
    """Write translations into a draft: each at its place, the others and all keys as they are.

    Args:
        parts: the services of this process.
        actor: who takes them in.
        opened: the draft.
        rows: its texts in the language.
        translated: what came back; empty words change nothing.

    Raises:
        NotPermitted: the actor may not write texts.
        DraftClosed, DraftMoved: the draft is not open, or was changed each time.
        NotEditable: a file has to be edited as a text.
    """
    check_text_writer(actor)
    known = {row.id: row for row in rows}
    stale, unknown = [], []
    wanted: list[tuple[Steps, str]] = []
    for each in translated:
        row = known.get(each.id)
        if row is None:
            unknown.append(each.id)
        elif each.words and each.words != row.words:
            if each.source_hash == row.source_hash:
                wanted.append((row.path, each.words))
            else:
                stale.append(each.id)
    for file, words in _sort_by_file(opened.files, wanted).items():
        edit = partial(write_many, words=words)
        change_file(parts, actor, opened.draft.id, file, edit, place="translations", allowed=TEXT_WRITERS)
    return TakenIn(written=len(wanted), stale=tuple(stale), unknown=tuple(unknown))


def _sort_by_file(
    files: Mapping[str, str], wanted: Iterable[tuple[Steps, str]]
) -> Mapping[str, Mapping[Steps, str]]:
    """Return file → path → words, with each file read once."""
    roots = {}
    for file, text in files.items():
        with suppress(NotEditable):
            roots[file] = measure_spans(text)
    found: dict[str, dict[Steps, str]] = defaultdict(dict)
    for path, words in wanted:
        file, place = find_place(roots, path)
        found[file][place] = words
    return found


def find_place(roots: Mapping[str, Span], path: Steps) -> tuple[str, Steps]:
    """Return the file of a text and its path there; a message in the short form has no step ``text``.

    Raises:
        NotEditable: no file has it.
    """
    for file, root in roots.items():
        for each in (path[:-1], path[:-2]):
            found = root.find(each)
            if found is not None and found.keys is not None and "text" not in found.keys:
                return file, (*each, path[-1])
    raise NotEditable(f"{'.'.join(path)} stands in no file")
