"""Reads and changes one part of a draft (a screen, a message, a keyword), field by field, whatever its sort is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gateway.domain.permissions import Actor, Permission, check_permission
from gateway.foundation.services import Services
from gateway.menus.authoring.yaml_edit import (
    add_entry,
    add_item,
    move_item_down,
    read_part,
    remove_part,
    write_items,
    write_words,
)
from gateway.menus.authoring.yaml_spans import NotEditable, Plain, measure_spans
from gateway.operations.publishing.draft_files import hash_text
from gateway.operations.publishing.menu_drafts import DraftMoved, OpenedDraft, change_file

Steps = tuple[str, ...]

SECTIONS = ("screens", "messages", "keywords", "speech", "topics", "fields", "windows", "head")
"""The parts of a menu that have a page; facts have their own. ``head`` is what stands at the top of the folder."""

HEAD = (
    "languages",
    "fallback",
    "written_in",
    "start",
    "home",
    "offer",
    "sos",
    "call_me",
    "countries",
    "units",
    "calendar",
    "drafts",
)
"""Parts that are named by their key alone."""

_HEAD_POINTERS = frozenset({"start", "home", "offer", "sos", "call_me"})

POINTERS = frozenset({"to"})
"""Fields whose value is a screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartField:
    """One text of a part: its place, its words, and the language if it is one of several.

    ``many`` marks a list of words, of which each stands on a line of its own in ``words``.
    """

    path: Steps
    words: str
    language: str = ""
    many: bool = False

    @property
    def name(self) -> str:
        """Its name in a form."""
        return "/".join(self.path)

    @property
    def seen(self) -> str:
        """What tells whether somebody else changed it meanwhile."""
        return hash_text(self.words)

    @property
    def is_pointer(self) -> bool:
        """Whether its value is a screen."""
        return self.path[-1] in POINTERS


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldGroup:
    """A text in all languages, or one field that has none."""

    path: Steps
    fields: tuple[PartField, ...]

    @property
    def name(self) -> str:
        """Where it stands in its part."""
        return " ".join(self.path)

    @property
    def is_text(self) -> bool:
        """Whether it has one field a language."""
        return bool(self.fields and self.fields[0].language)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPart:
    """A part of a draft: its file, its path and lines there, its fields, and its items that can be moved."""

    file: str
    path: Steps
    groups: tuple[FieldGroup, ...]
    choices: tuple[Mapping[str, Plain], ...] = field(default=())
    lines: range = range(0)
    seen: str = ""

    @property
    def is_pointer(self) -> bool:
        """Whether the part itself is the name of a screen: where a dial begins, where key 00 leads."""
        return len(self.path) == 1 and self.path[0] in _HEAD_POINTERS


def find_part(opened: OpenedDraft, section: str, name: str, languages: Mapping[str, str]) -> DraftPart | None:
    """Return one part of a draft, or None.

    A keyword is named by its file and its position there, a part of the speech by its way below it (``lists/they``).
    """
    if section not in SECTIONS:
        return None
    wanted, _, place = name.rpartition(":") if section == "keywords" else ("", "", name)
    path = _find_path(section, place)
    for file, text in opened.files.items():
        if not path or (wanted and file != wanted) or f"{path[0]}:" not in text:
            continue
        try:
            span = measure_spans(text).find(path)
        except NotEditable:
            continue
        if span is not None:
            found = span.as_plain()
            groups = tuple(_list_groups(found, (), languages, of_words=_is_word_list(path)))
            choices = found.get("choices") if isinstance(found, dict) else None
            rows = (
                tuple(each for each in choices if isinstance(each, dict)) if isinstance(choices, list) else ()
            )
            first = text.count("\n", 0, span.start) + 1
            lines = range(first, first + text.count("\n", span.start, span.end) + 1)
            seen = hash_text(str(found))
            return DraftPart(file=file, path=path, groups=groups, choices=rows, lines=lines, seen=seen)
    return None


def _find_path(section: str, place: str) -> Steps:
    if section == "head":
        return (place,) if place in HEAD else ()
    return (section, *place.split("/")) if section == "speech" else (section, place)


def _is_word_list(path: Steps) -> bool:
    """Say whether a part holds lists of words by language, of which one word may stand without brackets."""
    return path[0] in {"speech", "keywords", "units", "countries", "fallback"}


def _list_groups(
    plain: Plain, path: Steps, languages: Mapping[str, str], *, of_words: bool
) -> Iterator[FieldGroup]:
    if isinstance(plain, str):
        yield FieldGroup(path=path, fields=(PartField(path=path or ("",), words=plain),))
    elif isinstance(plain, list) and all(isinstance(each, str) for each in plain):
        yield FieldGroup(
            path=path, fields=(PartField(path=path or ("",), words=_write_lines(plain), many=True),)
        )
    elif isinstance(plain, list):
        for n, each in enumerate(plain):
            yield from _list_groups(each, (*path, str(n)), languages, of_words=of_words)
    elif plain and all(
        key in languages and _is_wording(each, of_words=of_words) for key, each in plain.items()
    ):
        fields = (
            PartField(path=(*path, tag), words=_write_lines(plain.get(tag, "")), language=tag, many=of_words)
            for tag in languages
        )
        yield FieldGroup(path=path, fields=tuple(fields))
    else:
        for key, each in plain.items():
            yield from _list_groups(each, (*path, key), languages, of_words=of_words)


def _is_wording(plain: Plain, *, of_words: bool) -> bool:
    if isinstance(plain, list):
        return of_words and all(isinstance(each, str) for each in plain)
    return isinstance(plain, str)


def _write_lines(plain: Plain) -> str:
    """Return a text, or a list of words with each on a line of its own."""
    return "\n".join(str(each) for each in plain) if isinstance(plain, list) else str(plain)


def _read_lines(words: str) -> list[str]:
    return [tidy for line in words.splitlines() if (tidy := " ".join(line.split()))]


def change_part(
    parts: Services, actor: Actor, opened: OpenedDraft, part: DraftPart, typed: Mapping[str, tuple[str, str]]
) -> None:
    """Write the fields of a part that were changed; an emptied language is taken out.

    Args:
        parts: the services of this process.
        actor: who changes it.
        opened: the draft.
        part: the part as it is now.
        typed: name of a field → its words, and ``seen`` of the field when the page was opened.

    Raises:
        NotPermitted: the actor may not draft menus.
        DraftMoved: somebody else changed one of these fields meanwhile; ``now`` holds it.
        NotEditable: the file has to be edited as a text.
    """
    change_file(
        parts,
        actor,
        opened.draft.id,
        part.file,
        lambda text: write_fields(text, part, typed),
        place=" ".join(part.path),
    )


def write_fields(text: str, part: DraftPart, typed: Mapping[str, tuple[str, str]]) -> str:
    """Return the text of a file with the changed fields of a part.

    Raises:
        DraftMoved: a field was changed meanwhile.
        NotEditable: the file has to be edited as a text.
    """
    many = {one.name for group in part.groups for one in group.fields if one.many}
    for name, (words, seen) in typed.items():
        path = (*part.path, *name.split("/")) if name else part.path
        found = read_part(text, path)
        now = "" if found is None or isinstance(found, dict) else _write_lines(found)
        if hash_text(words) == seen or words == now:
            continue
        if hash_text(now) != seen:
            raise DraftMoved(None, now=now)
        if name in many:
            text = write_items(text, path, _read_lines(words))
        else:
            text = write_words(text, path, words) if words else remove_part(text, path)
    return text


def move_choice(parts: Services, actor: Actor, opened: OpenedDraft, part: DraftPart, place: int) -> None:
    """Let a choice of a screen and the next one change places; their keys stay as they are.

    Raises:
        NotPermitted: the actor may not draft menus.
        NotEditable: there is no next choice, or the file has to be edited as a text.
    """
    path = (*part.path, "choices")
    change_file(
        parts,
        actor,
        opened.draft.id,
        part.file,
        lambda text: move_item_down(text, path, place),
        place=" ".join(part.path),
    )


def drop_choice(
    parts: Services, actor: Actor, opened: OpenedDraft, part: DraftPart, place: int, *, seen: str
) -> None:
    """Take a choice out of a screen.

    Raises:
        NotPermitted: the actor may not draft menus.
        DraftMoved: another choice stands there meanwhile.
        NotEditable: it is the last one, or the file has to be edited as a text.
    """
    path = (*part.path, "choices", str(place))

    def edit(text: str) -> str:
        if hash_text(str(read_part(text, path))) != seen:
            raise DraftMoved(None)
        return remove_part(text, path)

    change_file(parts, actor, opened.draft.id, part.file, edit, place=" ".join(part.path))


def add_choice(
    parts: Services,
    actor: Actor,
    opened: OpenedDraft,
    part: DraftPart,
    *,
    key: str,
    to: str,
    label: Mapping[str, str],
) -> None:
    """Add a choice to a screen as its last one.

    Raises:
        NotPermitted: the actor may not draft menus.
        NotEditable: the screen has no choices, or the file has to be edited as a text.
    """
    fresh: dict[str, Plain] = {"key": key, "to": to, "label": dict(label)}
    change_file(
        parts,
        actor,
        opened.draft.id,
        part.file,
        lambda text: add_item(text, (*part.path, "choices"), fresh),
        place=" ".join(part.path),
    )


def hash_choice(choice: Mapping[str, Plain]) -> str:
    """Return what tells one state of a choice from another."""
    return hash_text(str(dict(choice)))


def add_screen(
    parts: Services, actor: Actor, opened: OpenedDraft, *, file: str, name: str, words: Mapping[str, str]
) -> None:
    """Add a screen that tells something, with the usual way to a call, at the end of a file.

    Raises:
        NotPermitted: the actor may not draft menus.
        NotEditable: the file has no screens, or has this one.
    """
    check_permission(actor, Permission.DRAFT_MENUS)
    fresh: dict[str, Plain] = {"kind": "information", "text": dict(words)}
    change_file(
        parts,
        actor,
        opened.draft.id,
        file,
        lambda text: add_entry(text, ("screens",), name, fresh),
        place=f"screens {name}",
    )
