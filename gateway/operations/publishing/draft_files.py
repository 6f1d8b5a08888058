"""Gives the files of a draft or a version out as an archive, takes one in, checks and saves a file edited as a text.

The versions of the menus are listed with who approved them, so that one can be given back as files.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

from gateway.domain.permissions import Actor, NotPermitted, Permission, check_permission
from gateway.foundation.services import Services
from gateway.menus.authoring.check import Checked, fill_for_drawing, make_sketch, read_day_values
from gateway.menus.authoring.drawing import find_title
from gateway.menus.authoring.schema.grammar import POINTERS
from gateway.menus.engine.model import DUTY_PLACEHOLDERS, LINE_PLACEHOLDERS, RESULT_PLACEHOLDERS
from gateway.operations.publishing.draft_checks import CheckedDrafts
from gateway.operations.publishing.menu_drafts import (
    DraftClosed,
    DraftMoved,
    OpenedDraft,
    change_file,
    read_draft,
    read_opened,
    write_own,
)
from gateway.operations.publishing.stored import NoVersion, read_archive, write_archive
from gateway.storage import versions
from gateway.storage.versions import MenuDraft, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class PastVersion:
    """A version, whether it is live, and the draft that it came from, if it came from one."""

    version: Version
    live: bool
    draft: MenuDraft | None


def list_history(parts: Services, actor: Actor) -> tuple[PastVersion, ...]:
    """Return every version of every menu, newest first.

    Raises:
        NotPermitted: the actor has nothing to do with menus.
    """
    permit_history(actor)
    with parts.store.read() as tx:
        live = set(versions.find_live_ids(tx).values())
        came_from = versions.list_of_versions(tx)
        return tuple(
            PastVersion(version=each, live=each.id in live, draft=came_from.get(each.id))
            for each in versions.list_versions(tx)
        )


def permit_history(actor: Actor) -> None:
    """Check that the actor drafts, approves or publishes menus.

    Raises:
        NotPermitted: the role does nothing of it.
    """
    if not any(actor.may(each) for each in (Permission.DRAFT_MENUS, Permission.APPROVE_MENUS)):
        raise NotPermitted(f"{actor.role} may not: {Permission.DRAFT_MENUS}")


def export_draft(parts: Services, actor: Actor, draft_id: str) -> bytes:
    """Return the files of a draft as a zip archive.

    Raises:
        NotPermitted: the actor has nothing to do with menus.
        UnknownDraft: there is none.
    """
    return write_archive(read_draft(parts, actor, draft_id).files)


def export_numbered(parts: Services, actor: Actor, menu: str, number: int) -> bytes:
    """Return the files of a version as a zip archive, as they were published.

    Raises:
        NotPermitted: the actor has nothing to do with menus.
        NoVersion: there is none of this number.
    """
    permit_history(actor)
    with parts.store.read() as tx:
        version = versions.find_numbered(tx, menu, number)
        files = versions.find_source(tx, version.id) if version else None
    if files is None:
        raise NoVersion(f"the menu {menu} has no version {number}")
    return write_archive(files)


def take_folder(parts: Services, actor: Actor, draft_id: str, content: bytes, *, rev: int) -> int:
    """Let a draft have the files of an uploaded archive; return how many differ from before.

    Args:
        parts: the services of this process.
        actor: who uploads.
        draft_id: the draft.
        content: the zip archive.
        rev: the revision that the actor saw.

    Raises:
        NotPermitted: the actor may not draft menus.
        BadArchive: it is no archive of a menu.
        UnknownDraft, DraftClosed, DraftMoved: there is none, it is not open, it was changed since it was shown.
    """
    check_permission(actor, Permission.DRAFT_MENUS)
    fresh = read_archive(content)
    now = parts.clock.now()
    with parts.store.write() as tx:
        opened = read_opened(tx, draft_id)
        if not opened.draft.is_open:
            raise DraftClosed(opened.draft.state)
        changed = _list_changed(opened.files, fresh)
        if not changed:
            return 0
        if versions.take_rev(tx, draft_id, seen=rev, now=now) is None:
            raise DraftMoved(next(iter(opened.edits), None))
        for name in changed:
            write_own(tx, opened, name, fresh.get(name), rev=rev + 1)
            versions.add_edit(
                tx, draft_id, file=name, place="", person_id=actor.person_id, author=actor.name, now=now
            )
    return len(changed)


def _list_changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def save_text(
    parts: Services, actor: Actor, draft_id: str, file: str, typed: str, *, seen: str, shown: str
) -> None:
    """Save a file of a draft that was edited as a text; lines that were not touched keep every byte.

    Args:
        parts: the services of this process.
        actor: who edits.
        draft_id: the draft.
        file: its name in the folder.
        typed: the text as a browser sends it, with its own line ends.
        seen: ``hash_text`` of the file when the page was opened.
        shown: the file as the page showed it.

    Raises:
        NotPermitted: the actor may not draft menus.
        UnknownDraft, DraftClosed: there is none, or it is not open.
        DraftMoved: the file was changed since; ``now`` holds it.
    """

    def edit(text: str) -> str:
        if hash_text(text) != seen:
            raise DraftMoved(None, now=text)
        return keep_lines(text, shown, typed)

    change_file(parts, actor, draft_id, file, edit)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorWords:
    """The names that a file may use, of the draft as it is typed.

    Attributes:
        screens: screen → the start of its text, or the choice that leads there.
        placeholders: name → its value today, empty where only a session fills it.
        pointers: the keys after which a screen is named.
    """

    screens: Mapping[str, str]
    placeholders: Mapping[str, str]
    pointers: tuple[str, ...] = ("to", *POINTERS)


def check_text(
    checks: CheckedDrafts, opened: OpenedDraft, file: str, typed: str, *, shown: str
) -> tuple[Mapping[str, str], Checked]:
    """Return the files of a draft with one as it is typed, and their check.

    Args:
        checks: the checked drafts of this process.
        opened: the draft.
        file: the file that is typed.
        typed: its text as a browser sends it.
        shown: the file as the page showed it.
    """
    files = {**opened.files, file: keep_lines(opened.files[file], shown, typed)}
    return files, checks.check(files)


def list_words(files: Mapping[str, str], checked: Checked, language: str, day: date) -> EditorWords:
    """Return the names of screens and placeholders that the files define; of a broken file what can be read."""
    raw = {name: text.encode("utf-8", "surrogateescape") for name, text in files.items()}
    sketch = make_sketch(raw, checked.built)
    fixed = (LINE_PLACEHOLDERS, RESULT_PLACEHOLDERS, DUTY_PLACEHOLDERS)
    named = dict.fromkeys(sorted(name for names in fixed for name in names), "")
    if sketch is None:
        return EditorWords(screens={}, placeholders=named)
    menu = fill_for_drawing(sketch.menu, day, language)
    values = read_day_values(sketch.menu, day, language)
    return EditorWords(
        screens={
            name: find_title(menu, screen, language)
            for name, screen in menu.screens.items()
            if name not in sketch.missing
        },
        placeholders=dict(sorted(values.items())) | named,
    )


def hash_text(text: str) -> str:
    """Return what tells one state of a file from another."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:20]


def keep_lines(before: str, shown: str, typed: str) -> str:
    """Return the typed text with the original bytes of each line that was not touched.

    A browser ends every line of a form with CR LF (HTML, 4.10.22), and a page shows signs in the place of control
    characters; neither is an edit.
    """
    old = before.split("\n")
    was, now = (text.replace("\r\n", "\n").split("\n") for text in (shown, typed))
    carriage = "\r" if before.count("\r\n") * 2 > before.count("\n") else ""
    pairs: list[tuple[str, int]] = []
    for what, low, high, start, end in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        same = [(old[at], at) for at in range(low, high)]
        pairs += same if what == "equal" else [(line, -1) for line in now[start:end]]
    *others, (last, origin) = pairs
    ended = [line + carriage if at in {-1, len(old) - 1} else line for line, at in others]
    return "\n".join([*ended, last if origin in {-1, len(old) - 1} else last.removesuffix("\r")])
