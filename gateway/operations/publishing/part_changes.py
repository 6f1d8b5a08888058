"""Reads and changes one part of a draft (a screen, a message, a keyword), field by field, whatever its sort is."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from gateway.domain.permissions import Actor, Permission, check_permission
from gateway.foundation.services import Services
from gateway.menus.authoring.yaml_edit import (
    add_entry,
    add_item,
    move_item_down,
    read_part,
    remove_part,
    write_words,
)
from gateway.menus.authoring.yaml_spans import NotEditable, Plain
from gateway.menus.engine.model import Menu
from gateway.operations.publishing.draft_files import hash_text
from gateway.operations.publishing.menu_drafts import DraftMoved, OpenedDraft, change_file

Steps = tuple[str, ...]

SECTIONS = ("screens", "messages", "keywords", "speech", "topics", "fields", "windows")
"""The parts of a menu that have a page; facts have their own."""

POINTERS = frozenset({"to"})
"""Fields whose value is a screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartField:
    """One text of a part: its place, its words, and the language if it is one of several."""

    path: Steps
    words: str
    language: str = ""

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
    """A part of a draft: the file that it stands in, its path there, its fields, and its items that can be moved."""

    file: str
    path: Steps
    groups: tuple[FieldGroup, ...]
    choices: tuple[Mapping[str, Plain], ...] = field(default=())


def find_part(opened: OpenedDraft, section: str, name: str, languages: Mapping[str, str]) -> DraftPart | None:
    """Return one part of a draft, or None; a keyword is named by its file and its position there."""
    if section not in SECTIONS:
        return None
    wanted, _, place = name.rpartition(":") if section == "keywords" else ("", "", name)
    for file, text in opened.files.items():
        if (wanted and file != wanted) or f"{section}:" not in text:
            continue
        try:
            found = read_part(text, (section, place))
        except NotEditable:
            continue
        if found is not None:
            groups = tuple(_list_groups(found, (), languages))
            choices = found.get("choices") if isinstance(found, dict) else None
            rows = (
                tuple(each for each in choices if isinstance(each, dict)) if isinstance(choices, list) else ()
            )
            return DraftPart(file=file, path=(section, place), groups=groups, choices=rows)
    return None


def _list_groups(plain: Plain, path: Steps, languages: Mapping[str, str]) -> Iterator[FieldGroup]:
    if isinstance(plain, str):
        yield FieldGroup(path=path, fields=(PartField(path=path or ("",), words=plain),))
    elif isinstance(plain, list):
        for n, each in enumerate(plain):
            yield from _list_groups(each, (*path, str(n)), languages)
    elif plain and all(key in languages and isinstance(each, str) for key, each in plain.items()):
        words = {tag: str(plain.get(tag, "")) for tag in languages}
        fields = (PartField(path=(*path, tag), words=each, language=tag) for tag, each in words.items())
        yield FieldGroup(path=path, fields=tuple(fields))
    else:
        for key, each in plain.items():
            yield from _list_groups(each, (*path, key), languages)


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

    def edit(text: str) -> str:
        for name, (words, seen) in typed.items():
            path = (*part.path, *name.split("/")) if name else part.path
            found = read_part(text, path)
            now = found if isinstance(found, str) else ""
            if hash_text(words) == seen or words == now:
                continue
            if hash_text(now) != seen:
                raise DraftMoved(None, now=now)
            text = write_words(text, path, words) if words else remove_part(text, path)
        return text

    change_file(parts, actor, opened.draft.id, part.file, edit, place=" ".join(part.path))


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


def is_guarded(menu: Menu, name: str) -> bool:
    """Say whether a screen is about danger, consent or another answer that keeps a caller safe."""
    screen = menu.screens.get(name)
    if screen is None:
        return False
    acts = any(choice.does is not None or choice.answers for choice in screen.choices)
    asks = screen.get_asked() or screen.list_questions() or screen.find_code_target()
    return name == menu.sos or acts or screen.sensitive or bool(asks)


def list_tree(menu: Menu) -> tuple[tuple[str, int], ...]:
    """Return every screen with its depth, below the screen that leads to it in the fewest keys; unreached ones last."""
    below: dict[str, list[str]] = {}
    seen: set[str] = set()
    roots = [name for name in (menu.start, *menu.screens) if name in menu.screens]
    for root in roots:
        queue = deque([root] if root not in seen else [])
        seen.update(queue)
        while queue:
            name = queue.popleft()
            fresh = [each for each in dict.fromkeys(_list_targets(menu, name)) if each not in seen]
            below[name] = fresh
            seen.update(fresh)
            queue.extend(fresh)
    led = {name for names in below.values() for name in names}
    return tuple(
        row for root in dict.fromkeys(roots) if root not in led for row in _walk_tree(below, root, 0)
    )


def _list_targets(menu: Menu, name: str) -> Iterator[str]:
    screen = menu.screens[name]
    following = [choice.to for choice in screen.choices]
    for each in [*following, *screen.list_questions()]:
        if each in menu.screens:
            yield each


def _walk_tree(below: Mapping[str, list[str]], name: str, depth: int) -> Iterator[tuple[str, int]]:
    yield name, depth
    for each in below[name]:
        yield from _walk_tree(below, each, depth + 1)


def list_leading(menu: Menu, name: str) -> tuple[tuple[str, str], ...]:
    """Return (screen, key) of every choice that leads to a screen."""
    return tuple(
        (screen.id, choice.key)
        for screen in menu.screens.values()
        for choice in screen.choices
        if choice.to == name
    )


def replace_words(menu: Menu, name: str, typed: Mapping[Steps, str]) -> Menu:
    """Return the menu with typed words in one screen, for a look before they are saved."""
    screen = menu.screens[name]
    text = {**screen.text, **{path[1]: words for path, words in typed.items() if path[0] == "text"}}
    choices = tuple(
        replace(
            choice,
            label={
                **choice.label,
                **{
                    path[3]: words
                    for path, words in typed.items()
                    if path[:3] == ("choices", str(n), "label")
                },
            },
        )
        for n, choice in enumerate(screen.choices)
    )
    return replace(menu, screens={**menu.screens, name: replace(screen, text=text, choices=choices)})


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
