"""Serves what a draft's menu holds beside its screens: messages, words, questions and rows, a shelf a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import Blueprint, abort, flash, redirect, render_template, request

from gateway.domain.contact_safety import DAYS
from gateway.domain.permissions import Permission, check_permission
from gateway.menus.authoring.yaml_edit import read_part
from gateway.menus.authoring.yaml_spans import NotEditable
from gateway.menus.engine.model import Reaction
from gateway.menus.engine.shapes import OPTIONAL_MESSAGES
from gateway.operations.publishing import draft_sections, menu_drafts, part_changes
from gateway.operations.publishing.draft_sections import SHELVES
from gateway.operations.publishing.menu_drafts import DraftClosed, DraftMoved, OpenedDraft, UnknownDraft
from gateway.web.admin.naming import name_part, name_screen, name_shelves
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import read_field
from gateway.web.shared.i18n import _, later
from gateway.web.shared.languages import get_language

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services
    from gateway.menus.authoring.yaml_spans import Plain
    from gateway.menus.engine.model import Menu
    from gateway.operations.publishing.draft_checks import CheckedDrafts
    from gateway.operations.publishing.draft_sections import ShelfRow
    from gateway.operations.publishing.part_changes import DraftPart

    Answer = Response | tuple[str, int]

BAD, CONFLICT, SEE_OTHER, NOT_FOUND = 422, 409, 303, 404

TEXTED = ("keywords", "speech")
"""Sections that decide how a caller's text is understood, so that one can be tried."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_LONGEST_WORDS = 4_000
_ADDED = {
    "messages": "messages",
    "keywords": "keywords",
    "danger": "keywords",
    "speech": "",
    "form": "fields",
    "head": "",
}
"""Shelf → the section to which a row can be added there."""

_REACTIONS = {
    Reaction.CALL_ME: later("asks for a call"),
    Reaction.STOP: later("ends texts (STOP)"),
    Reaction.START: later("allows texts again (START)"),
    Reaction.HELP: later("tells what can be texted"),
    Reaction.LANGUAGE: later("offers the languages"),
    Reaction.REFUSE: later("refuses calls"),
}
_GROUPS = (
    ("sms_", later("Answers by text")),
    ("ours_", later("Texts that we begin, and numbers that were promised")),
    ("staff_", later("Texts to colleagues")),
    ("opener", later("First words of a call")),
    ("", later("On the pages of a dial")),
)
_SECTIONS = {
    "windows": later("When a phone may ring"),
    "screens": later("Questions"),
    "fields": later("Further questions"),
    "topics": later("Topics"),
    "keywords": later("Words"),
    "speech": later("Lists for sentences, persons, and what is harmless"),
}


def add_to(pages: Blueprint, parts: Services, checks: CheckedDrafts) -> None:
    """Register the shelves, and what adds a row or takes one out."""

    @pages.get("/drafts/<draft_id>/shelves/<shelf>")
    def shelf_page(draft_id: str, shelf: str) -> str:
        return _render_shelf(parts, checks, draft_id, shelf)

    @pages.post("/drafts/<draft_id>/shelves/<shelf>")
    def add_row(draft_id: str, shelf: str) -> Answer:
        return _add_row(parts, checks, draft_id, shelf)

    @pages.post("/drafts/<draft_id>/shelves/<shelf>/drop")
    def drop_row(draft_id: str, shelf: str) -> Answer:
        return _drop_row(parts, checks, draft_id, shelf)


def open_with_menu(parts: Services, checks: CheckedDrafts, draft_id: str) -> tuple[OpenedDraft, Menu | None]:
    """Return a draft and its menu as far as it can be built; refuse an unknown one with 404."""
    try:
        opened = menu_drafts.read_draft(parts, get_actor(), draft_id)
    except UnknownDraft:
        abort(NOT_FOUND)
    checked = checks.check(opened.files)
    return opened, checked.menu or checked.built


def find_part(opened: OpenedDraft, menu: Menu | None, section: str, name: str) -> DraftPart:
    """Return a part of a draft; refuse an unknown one with 404."""
    languages = menu.languages if menu is not None else {}
    return part_changes.find_part(opened, section, name, languages) or abort(NOT_FOUND)


def is_guarded(opened: OpenedDraft, menu: Menu | None, section: str, name: str) -> bool:
    """Say whether a part keeps callers safe; where no menu can be built, any part may."""
    if section == "keywords":
        file, _colon, place = name.rpartition(":")
        try:
            found = read_part(opened.files.get(file, ""), ("keywords", place))
        except NotEditable:
            return True
        return not isinstance(found, dict) or draft_sections.is_guarded_keyword(found)
    return menu is None or draft_sections.is_guarded(menu, section, name)


def say_guarded() -> str:
    """Return why a part that keeps callers safe was not changed."""
    return _("This keeps callers safe. Nothing was changed: tick that it is meant, then save again.")


def explain_refusal(refused: Exception) -> str:
    """Return why a change of a draft was not made."""
    if isinstance(refused, DraftMoved):
        return _(
            "Nothing was saved: somebody changed the same words meanwhile, to: %(now)s. Your words stand below.",
            now=refused.now or "–",
        )
    if isinstance(refused, DraftClosed):
        return _("This draft is not open any more.")
    return _("This cannot be changed here. Change it in the text of the file.")


def find_shelf(section: str, name: str, part: DraftPart) -> str:
    """Return the shelf that a part stands on; empty for a screen."""
    if section == "keywords":
        said = {group.name: group.fields[0].words for group in part.groups}
        return "danger" if said.get("danger") == "yes" else "keywords"
    if section == "speech":
        return "danger" if draft_sections.is_danger_speech(name) else "speech"
    return {"messages": "messages", "head": "head", "screens": ""}.get(section, "form")


def may_drop(section: str, name: str) -> bool:
    """Say whether a menu may do without a part."""
    if section == "messages":
        return name in OPTIONAL_MESSAGES
    return section in {"keywords", "fields", "topics", "windows"} or (
        section == "speech" and name.startswith("lists/")
    )


# The pages.


def _render_shelf(
    parts: Services, checks: CheckedDrafts, draft_id: str, shelf: str, *, fault: str = ""
) -> str:
    opened, menu = open_with_menu(parts, checks, draft_id)
    if shelf not in SHELVES:
        abort(NOT_FOUND)
    rows = draft_sections.list_shelf(opened, menu, shelf) if menu is not None else ()
    asked = request.args.get("q", "").strip()[:60]
    words = asked.casefold().split()
    rows = tuple(row for row in rows if _fits(row, words))
    return render_template(
        "admin/draft_shelf.html",
        draft=opened.draft,
        shelf=shelf,
        shelves=name_shelves(),
        groups=_group_rows(rows),
        menu=menu,
        asked=asked,
        say=lambda text: menu.text(text, get_language()) or next(iter(text.values()), "") if menu else "",
        name_row=lambda row: _name_row(parts, row, menu),
        lead=lambda row: _tell_lead(parts, row),
        adds=_ADDED[shelf],
        missing=sorted(OPTIONAL_MESSAGES - set(menu.messages)) if menu else [],
        targets=sorted(menu.screens) if menu else [],
        reactions={each.value: str(words) for each, words in _REACTIONS.items()},
        days=DAYS,
        files=_list_files(opened, _ADDED[shelf], shelf),
        may_draft=get_actor().may(Permission.DRAFT_MENUS) and opened.draft.is_open,
        fault=fault,
        typed=request.form,
    )


def _fits(row: ShelfRow, words: list[str]) -> bool:
    whole = " ".join([row.name, row.leads, *row.text.values()]).casefold()
    return all(word in whole for word in words)


def _group_rows(rows: tuple[ShelfRow, ...]) -> list[tuple[str, list[ShelfRow]]]:
    """Return the rows below their headings, in the order of the rows."""
    found: dict[str, list[ShelfRow]] = {}
    for row in rows:
        found.setdefault(_find_heading(row), []).append(row)
    return list(found.items())


def _find_heading(row: ShelfRow) -> str:
    if row.section == "messages":
        return next(str(words) for start, words in _GROUPS if row.name.startswith(start))
    return str(_SECTIONS.get(row.section, ""))


def _name_row(parts: Services, row: ShelfRow, menu: Menu | None) -> str:
    if row.section == "screens":
        return name_screen(parts, row.name, get_language())
    if row.section == "keywords":
        said = menu.text(row.text, get_language()) if menu is not None else ""
        return said or next(iter(row.text.values()), row.name)
    return name_part(row.section, row.name, menu)


def _tell_lead(parts: Services, row: ShelfRow) -> str:
    """Return what a row leads to, in words."""
    if row.section == "keywords" and row.leads not in {each.value for each in Reaction}:
        return name_screen(parts, row.leads, get_language())
    if row.section == "keywords":
        return str(_REACTIONS[Reaction(row.leads)])
    return row.leads


def _list_files(opened: OpenedDraft, section: str, shelf: str) -> list[str]:
    """Return the files that hold such rows, else the one with the head of the menu."""
    if not section:
        return []
    held = [name for name, text in opened.files.items() if f"\n{section}:" in f"\n{text}"]
    if shelf == "danger":
        held = [name for name in held if "danger:" in opened.files[name]]
    return held or [name for name, text in opened.files.items() if "\nmenu:" in f"\n{text}"]


# Adding and taking out.


def _add_row(parts: Services, checks: CheckedDrafts, draft_id: str, shelf: str) -> Answer:
    check_permission(get_actor(), Permission.DRAFT_MENUS)
    opened, menu = open_with_menu(parts, checks, draft_id)
    section, file = _ADDED.get(shelf, ""), read_field("file", 200)
    if shelf == "form" and read_field("sort", 10) in {"topics", "windows"}:
        section = read_field("sort", 10)
    if menu is None or not section:
        abort(NOT_FOUND)
    name, value = _read_row(menu, section, shelf)
    files = _list_files(opened, section, shelf)
    if value is None:
        fault = _("Give it a short name in a–z, and its words in one language at least.")
        return _render_shelf(parts, checks, draft_id, shelf, fault=fault), BAD
    if (shelf == "danger" or section == "windows") and read_field("sure", 3) != "yes":
        return _render_shelf(parts, checks, draft_id, shelf, fault=say_guarded()), BAD
    try:
        made = draft_sections.add_row(
            parts,
            get_actor(),
            opened,
            file=file if file in files else files[0],
            section=section,
            name=name,
            value=value,
        )
    except (NotEditable, DraftClosed) as refused:
        words = _("There is one of this name already, or the file has to be changed as a text.")
        fault = words if isinstance(refused, NotEditable) else explain_refusal(refused)
        return _render_shelf(parts, checks, draft_id, shelf, fault=fault), CONFLICT
    flash(_("Saved in the draft."))
    return redirect(f"/admin/drafts/{draft_id}/parts/{section}/{made}", SEE_OTHER)


def _read_row(menu: Menu, section: str, shelf: str) -> tuple[str, Plain | None]:
    """Return the typed name and the row as it stands in a file; None for the row where something is missing."""
    name = read_field("name", 40)
    words: dict[str, Plain] = {
        tag: said for tag in menu.languages if (said := read_field(f"words:{tag}", _LONGEST_WORDS))
    }
    hours, days = read_field("hours", 11), request.form.getlist("day")
    if section == "keywords":
        lists: dict[str, Plain] = {tag: _split_words(str(said)) for tag, said in words.items()}
        sort, _colon, to = read_field("leads", 60).partition(":")
        row: dict[str, Plain] = {"words": lists}
        row |= {"to": menu.sos, "danger": "yes"} if shelf == "danger" else {sort: to}
        return "", row if lists and (shelf == "danger" or sort in {"to", "reaction"}) else None
    if section == "messages":
        return name, words if name in OPTIONAL_MESSAGES and words else None
    if not _NAME.fullmatch(name):
        return name, None
    if section == "windows":
        row = {"hours": hours.replace("–", "-")}
        known: list[Plain] = [day for day in DAYS if day in days]
        return name, ({"days": known} if 0 < len(known) < len(DAYS) else {}) | row if hours else None
    values = _split_words(read_field("values", 400))
    if section == "fields":
        return name, {"label": words, **({"values": values} if values else {})} if words else None
    return name, words or None


def _split_words(said: str) -> list[Plain]:
    return [tidy for line in re.split(r"[\n,]", said) if (tidy := " ".join(line.split()))]


def _drop_row(parts: Services, checks: CheckedDrafts, draft_id: str, shelf: str) -> Answer:
    check_permission(get_actor(), Permission.DRAFT_MENUS)
    opened, menu = open_with_menu(parts, checks, draft_id)
    section, name = read_field("section", 20), read_field("name", 200)
    if shelf not in SHELVES or not may_drop(section, name):
        abort(NOT_FOUND)
    part = find_part(opened, menu, section, name)
    if is_guarded(opened, menu, section, name) and read_field("sure", 3) != "yes":
        return _render_shelf(parts, checks, draft_id, shelf, fault=say_guarded()), BAD
    try:
        draft_sections.drop_row(parts, get_actor(), opened, part, seen=read_field("seen", 20))
    except (DraftMoved, DraftClosed, NotEditable) as refused:
        return _render_shelf(parts, checks, draft_id, shelf, fault=explain_refusal(refused)), CONFLICT
    flash(_("Taken out of the draft."))
    return redirect(f"/admin/drafts/{draft_id}/shelves/{shelf}", SEE_OTHER)
