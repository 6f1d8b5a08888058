"""Lists what a draft's menu holds beside its screens (messages, words, questions, rows), and tries it unsaved.

Whatever stands in the menu folder is a row of one of the shelves; what keeps callers safe is marked, and changed
only by whoever says that it is meant.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from gateway.domain.permissions import Actor
from gateway.foundation.services import Services
from gateway.menus.authoring.check import build_unchecked
from gateway.menus.authoring.pages import preview_message
from gateway.menus.authoring.problems import Problem
from gateway.menus.authoring.yaml_edit import add_entry, add_item, read_part, remove_part
from gateway.menus.authoring.yaml_spans import NotEditable, Plain
from gateway.menus.engine.model import Menu, Reaction, Text
from gateway.menus.engine.shapes import FORM_MESSAGES
from gateway.menus.keywords import Match, understand_text
from gateway.operations.publishing.draft_checks import CheckedDrafts, ShownScreen
from gateway.operations.publishing.draft_files import hash_text
from gateway.operations.publishing.fact_changes import find_today
from gateway.operations.publishing.menu_drafts import DraftMoved, OpenedDraft, change_file
from gateway.operations.publishing.part_changes import HEAD, DraftPart, find_part, write_fields
from gateway.operations.publishing.stored import drop_tests

SHELVES = ("messages", "keywords", "danger", "speech", "form", "head")
"""Groups of parts that have a page of their own beside the screens."""

_GUARDED_MESSAGES = FORM_MESSAGES | {"down", "sms_saved", "sms_no_call", "sms_no_time"}
_STARTED = ("ours_", "opener")
_GUARDED_REACTIONS = frozenset({Reaction.STOP, Reaction.START, Reaction.REFUSE, Reaction.CALL_ME})
_DANGER_SPEECH = ("who", "lists", "harmless", "clock", "numbers", "counted", "struck")
"""Parts of the speech that words of danger are put together from, or that say when one of them is harmless."""

_CASUAL_SPEECH = ("courtesy", "about", "numbering", "automatic")
_GUARDED_HEAD = ("fallback", "sos", "call_me", "drafts")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfRow:
    """A part on a shelf: its section and name, what it says by language, what it leads to, whether it is guarded."""

    section: str
    name: str
    text: Text = field(default_factory=dict)
    leads: str = ""
    count: int = 0
    guarded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PartPreview:
    """What typed words of a part would come to, before they are saved.

    Attributes:
        part: the part with what was typed, or None where the file could not be read then.
        menu: the menu with it, or None where it cannot be built.
        problems: what its file says wrong in the lines of this part.
        shown: how phones show what the part has a say in.
        heard: how a text that was tried is understood; None where it is not.
    """

    part: DraftPart | None
    menu: Menu | None
    problems: tuple[Problem, ...] = ()
    shown: tuple[ShownScreen, ...] = ()
    heard: Match | None = None


def list_shelf(opened: OpenedDraft, menu: Menu, shelf: str) -> tuple[ShelfRow, ...]:
    """Return the parts on a shelf, in the order of the menu."""
    match shelf:
        case "messages":
            return tuple(_list_messages(menu))
        case "keywords" | "danger":
            words = (row for row, danger in _list_keywords(opened) if danger == (shelf == "danger"))
            return (*words, *(_list_speech(menu, danger=True) if shelf == "danger" else ()))
        case "speech":
            return tuple(_list_speech(menu, danger=False))
        case "form":
            return tuple(_list_form(menu))
        case _:
            return tuple(_list_head(opened))


def _list_messages(menu: Menu) -> Iterator[ShelfRow]:
    for name in sorted(menu.messages):
        guarded = is_guarded(menu, "messages", name)
        yield ShelfRow(section="messages", name=name, text=menu.messages[name], guarded=guarded)


def _list_keywords(opened: OpenedDraft) -> Iterator[tuple[ShelfRow, bool]]:
    """Yield the words that texts are searched for, and whether they are words of danger."""
    for file, text in opened.files.items():
        found = _read_section(text, "keywords")
        for place, each in enumerate(found if isinstance(found, list) else ()):
            if not isinstance(each, dict):
                continue
            words = each.get("words")
            lists = words if isinstance(words, dict) else {}
            yield (
                ShelfRow(
                    section="keywords",
                    name=f"{file}:{place}",
                    text={tag: ", ".join(_list_words(listed)[:6]) for tag, listed in lists.items()},
                    leads=str(each.get("to") or each.get("reaction") or ""),
                    count=sum(len(_list_words(listed)) for listed in lists.values()),
                    guarded=is_guarded_keyword(each),
                ),
                each.get("danger") == "yes",
            )


def _read_section(text: str, section: str) -> Plain | None:
    if f"{section}:" not in text:
        return None
    try:
        return read_part(text, (section,))
    except NotEditable:
        return None


def _list_words(listed: Plain) -> list[str]:
    return [listed] if isinstance(listed, str) else [str(each) for each in listed]


def is_guarded_keyword(keyword: Mapping[str, Plain]) -> bool:
    """Say whether words are those of danger, of a refusal, or of a wish to be called."""
    return keyword.get("danger") == "yes" or keyword.get("reaction") in _GUARDED_REACTIONS


def is_danger_speech(name: str) -> bool:
    """Say whether words of danger are put together from a part of the speech, or held against it."""
    return name.partition("/")[0] in _DANGER_SPEECH


def _list_speech(menu: Menu, *, danger: bool) -> Iterator[ShelfRow]:
    for name in menu.speech.__dataclass_fields__:
        if is_danger_speech(name) is not danger:
            continue
        found = getattr(menu.speech, name)
        parts = (
            {f"{name}/{key}": words for key, words in found.items()}
            if name in {"lists", "answers"}
            else {name: found}
        )
        for place, words in parts.items():
            if words:
                yield ShelfRow(
                    section="speech",
                    name=place,
                    text={tag: ", ".join(each[:6]) for tag, each in words.items()},
                    count=sum(map(len, words.values())),
                    guarded=is_guarded(menu, "speech", place),
                )


def _list_form(menu: Menu) -> Iterator[ShelfRow]:
    for name, when in menu.windows.items():
        guarded = is_guarded(menu, "windows", name)
        hours = "–".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in when.span)
        yield ShelfRow(section="windows", name=name, leads=hours, guarded=guarded)
    for screen in menu.screens.values():
        if screen.get_asked():
            yield ShelfRow(
                section="screens",
                name=screen.id,
                text=screen.text,
                leads=screen.get_asked(),
                guarded=is_guarded(menu, "screens", screen.id),
            )
    for name, one in menu.fields.items():
        yield ShelfRow(section="fields", name=name, text=one.label, leads=", ".join(one.values))
    for name, text in menu.topics.items():
        yield ShelfRow(section="topics", name=name, text=text)


def _list_head(opened: OpenedDraft) -> Iterator[ShelfRow]:
    for name in HEAD:
        for text in opened.files.values():
            found = _read_section(text, name) if f"\n{name}:" in f"\n{text}" else None
            if found is not None:
                said = found if isinstance(found, str) else ", ".join(str(each) for each in list(found)[:8])
                yield ShelfRow(section="head", name=name, leads=said, guarded=name in _GUARDED_HEAD)
                break


# What keeps callers safe.


def is_guarded(menu: Menu, section: str, name: str) -> bool:
    """Say whether a part is about danger, consent, a refusal, or a text that others may read on her phone.

    Words of texts are asked by what they hold: ``is_guarded_keyword``.
    """
    match section:
        case "screens":
            return _is_guarded_screen(menu, name)
        case "messages":
            return name in _GUARDED_MESSAGES or name.startswith(_STARTED)
        case "speech":
            return name.partition("/")[0] not in _CASUAL_SPEECH
        case "windows":
            return True
        case _:
            return section == "head" and name in _GUARDED_HEAD


def _is_guarded_screen(menu: Menu, name: str) -> bool:
    screen = menu.screens.get(name)
    if screen is None:
        return False
    acts = any(choice.does is not None or choice.answers for choice in screen.choices)
    asks = screen.get_asked() or screen.list_questions() or screen.find_code_target()
    return name == menu.sos or acts or screen.sensitive or bool(asks)


# The tree of screens.


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


# Trying, adding and taking out.


def preview_part(
    parts: Services,
    checks: CheckedDrafts,
    opened: OpenedDraft,
    section: str,
    name: str,
    typed: Mapping[str, tuple[str, str]],
    said: str = "",
) -> PartPreview:
    """Return what typed words of a part would come to, by the code that reads menus and callers' texts.

    Args:
        parts: the services of this process.
        checks: the checked drafts, which show screens.
        opened: the draft.
        section: the section of the part.
        name: its name there.
        typed: name of a field → its words, and ``seen`` of the field when the page was opened.
        said: a text that a caller might send.

    Raises:
        DraftMoved: somebody else changed one of these fields meanwhile.
        NotEditable: the file has to be edited as a text.
        LookupError: there is no such part.
    """
    languages, part = _find_part(checks, opened, section, name)
    files = {**opened.files, part.file: write_fields(opened.files[part.file], part, typed)}
    tried = build_unchecked(
        {file: text.encode("utf-8", "surrogateescape") for file, text in drop_tests(files).items()}
    )
    after = find_part(replace(opened, files=files), section, name, languages)
    menu = tried.built
    return PartPreview(
        part=after,
        menu=menu,
        problems=list_part_problems(tried.problems, after),
        shown=tuple(_show_part(parts, checks, menu, section, name)) if menu is not None else (),
        heard=understand_text(menu, said) if menu is not None and said else None,
    )


def _find_part(
    checks: CheckedDrafts, opened: OpenedDraft, section: str, name: str
) -> tuple[Mapping[str, str], DraftPart]:
    built = checks.check(opened.files).built
    languages = built.languages if built is not None else {}
    part = find_part(opened, section, name, languages)
    if part is None:
        raise LookupError(name)
    return languages, part


def list_part_problems(problems: tuple[Problem, ...], part: DraftPart | None) -> tuple[Problem, ...]:
    """Return the problems in the lines of a part."""
    if part is None:
        return problems
    return tuple(each for each in problems if each.place.file == part.file and each.place.line in part.lines)


def _show_part(
    parts: Services, checks: CheckedDrafts, menu: Menu, section: str, name: str
) -> Iterator[ShownScreen]:
    """Yield how phones show a part: a message as a text or a page, else the screens that it has a say in."""
    today = find_today(parts)
    if section == "messages" and name in menu.messages:
        values = parts.line.for_engine().values
        previews = (preview_message(menu, name, language, today, values) for language in menu.languages)
        yield ShownScreen(name=name, previews=tuple(previews))
    for screen in _list_concerned(menu, section, name):
        yield checks.show_screen(menu, screen, today)


def _list_concerned(menu: Menu, section: str, name: str) -> tuple[str, ...]:
    asked = {"windows": "when", "fields": name}.get(section)
    if section == "screens":
        return (name,) if name in menu.screens else ()
    if section == "head" and name in {"languages", "start", "home", "sos", "offer"}:
        return (menu.start,) if name == "languages" else tuple({getattr(menu, name)} & set(menu.screens))
    return tuple(each.id for each in menu.screens.values() if asked and each.get_asked() == asked)


def add_row(
    parts: Services, actor: Actor, opened: OpenedDraft, *, file: str, section: str, name: str, value: Plain
) -> str:
    """Add a part to a section of a file, which gets the section where it has none; return the part's name.

    Raises:
        NotPermitted: the actor may not draft menus.
        NotEditable: there is one of this name, or the file has to be edited as a text.
    """
    path = ("speech", "lists") if section == "speech" else (section,)
    place = name

    def edit(text: str) -> str:
        nonlocal place
        found = read_part(text, path)
        if section == "keywords":
            place = f"{file}:{len(found) if isinstance(found, list) else 0}"
            return add_item(text, path, value) if found is not None else add_entry(text, (), section, [value])
        fresh: Plain = {name: value}
        for depth in range(len(path), 0, -1):
            if read_part(text, path[:depth]) is not None:
                key, held = (name, value) if depth == len(path) else (path[depth], fresh)
                return add_entry(text, path[:depth], key, held)
            fresh = fresh if depth == len(path) else {path[depth]: fresh}
        return add_entry(text, (), path[0], fresh)

    change_file(parts, actor, opened.draft.id, file, edit, place=f"{section} {name}".strip())
    return f"lists/{place}" if section == "speech" else place


def drop_row(parts: Services, actor: Actor, opened: OpenedDraft, part: DraftPart, *, seen: str) -> None:
    """Take a part out of its file.

    Raises:
        NotPermitted: the actor may not draft menus.
        DraftMoved: it was changed meanwhile, or another stands there now.
        NotEditable: it is the last one of its section, or the file has to be edited as a text.
    """

    def edit(text: str) -> str:
        if hash_text(str(read_part(text, part.path))) != seen:
            raise DraftMoved(None)
        return remove_part(text, part.path)

    change_file(parts, actor, opened.draft.id, part.file, edit, place=" ".join(part.path))
