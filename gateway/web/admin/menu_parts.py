"""Serves the menu of a draft as pages: the tree of screens, and each part with its fields in all languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import Blueprint, abort, flash, redirect, render_template, request

from gateway.domain.permissions import Permission, check_permission
from gateway.menus.authoring.yaml_spans import NotEditable
from gateway.operations.publishing import draft_sections, part_changes
from gateway.operations.publishing.menu_drafts import DraftClosed, DraftMoved
from gateway.operations.publishing.part_changes import SECTIONS, DraftPart
from gateway.web.admin import menu_sections
from gateway.web.admin.menu_sections import (
    TEXTED,
    explain_refusal,
    find_part,
    find_shelf,
    is_guarded,
    may_drop,
    open_with_menu,
    say_guarded,
)
from gateway.web.admin.naming import (
    explain_field,
    explain_part,
    name_field,
    name_part,
    name_screen,
    name_shelves,
)
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import read_field
from gateway.web.shared.i18n import _
from gateway.web.shared.languages import get_language

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services
    from gateway.menus.authoring.problems import Problem
    from gateway.menus.engine.model import Menu
    from gateway.operations.publishing.draft_checks import CheckedDrafts
    from gateway.operations.publishing.draft_sections import PartPreview
    from gateway.operations.publishing.menu_drafts import OpenedDraft

    Answer = Response | tuple[str, int]

BAD, CONFLICT, SEE_OTHER, NOT_FOUND = 422, 409, 303, 404
_LONGEST = 2_000
_FIELD, _SEEN = "f:", "s:"


def add_to(pages: Blueprint, parts: Services, checks: CheckedDrafts) -> None:
    """Register the tree, the parts, and their changes."""
    _add_tree(pages, parts, checks)
    _add_choices(pages, parts, checks)
    menu_sections.add_to(pages, parts, checks)

    @pages.get("/drafts/<draft_id>/parts/<section>/<path:name>")
    def part_page(draft_id: str, section: str, name: str) -> str:
        return _render_part(parts, checks, draft_id, section, name)

    @pages.post("/drafts/<draft_id>/parts/<section>/<path:name>")
    def save_part(draft_id: str, section: str, name: str) -> Answer:
        return _save_part(parts, checks, draft_id, section, name)

    @pages.post("/drafts/<draft_id>/preview/<name>")
    def preview_part(draft_id: str, name: str) -> Answer:
        return _answer_preview(parts, checks, draft_id, "screens", name, whole=False)

    @pages.post("/drafts/<draft_id>/look/<section>/<path:name>")
    def look_at_part(draft_id: str, section: str, name: str) -> Answer:
        whole = "HX-Request" not in request.headers
        return _answer_preview(parts, checks, draft_id, section, name, whole=whole)


def _add_tree(pages: Blueprint, parts: Services, checks: CheckedDrafts) -> None:
    @pages.get("/drafts/<draft_id>/parts")
    def tree(draft_id: str) -> str:
        return _render_tree(parts, checks, draft_id)

    @pages.post("/drafts/<draft_id>/parts")
    def new_screen(draft_id: str) -> Answer:
        check_permission(get_actor(), Permission.DRAFT_MENUS)
        opened, menu = open_with_menu(parts, checks, draft_id)
        name, words = _make_name(read_field("name", 40)), read_field("words", _LONGEST)
        if menu is None or not name or not words:
            return _render_tree(
                parts, checks, draft_id, fault=_("Give it a short name in a–z, and a text.")
            ), BAD
        source = menu.source or "en"
        try:
            part_changes.add_screen(
                parts, get_actor(), opened, file=read_field("file"), name=name, words={source: words}
            )
        except (NotEditable, DraftClosed):
            return _render_tree(
                parts, checks, draft_id, fault=_("There is a screen of this name already.")
            ), CONFLICT
        return redirect(f"/admin/drafts/{draft_id}/parts/screens/{name}", SEE_OTHER)


def _make_name(written: str) -> str:
    """Return a name as files hold it, from what somebody typed: "Pay slip" is ``pay_slip``; empty without letters."""
    return re.sub(r"[^a-z0-9]+", "_", written.casefold()).strip("_").lstrip("0123456789_")


def _add_choices(pages: Blueprint, parts: Services, checks: CheckedDrafts) -> None:
    @pages.post("/drafts/<draft_id>/choices/<name>/add")
    def add_choice(draft_id: str, name: str) -> Answer:
        def act(opened: OpenedDraft, part: DraftPart, menu: Menu) -> None:
            label = {tag: words for tag in menu.languages if (words := read_field(f"label:{tag}"))}
            part_changes.add_choice(
                parts,
                get_actor(),
                opened,
                part,
                key=read_field("key", 2),
                to=read_field("to", 60),
                label=label,
            )

        return _change_choices(parts, checks, draft_id, name, act)

    @pages.post("/drafts/<draft_id>/choices/<name>/<int:place>/down")
    def move_choice(draft_id: str, name: str, place: int) -> Answer:
        return _change_choices(
            parts,
            checks,
            draft_id,
            name,
            lambda opened, part, _menu: part_changes.move_choice(parts, get_actor(), opened, part, place),
        )

    @pages.post("/drafts/<draft_id>/choices/<name>/<int:place>/drop")
    def drop_choice(draft_id: str, name: str, place: int) -> Answer:
        seen = read_field("seen", 20)
        return _change_choices(
            parts,
            checks,
            draft_id,
            name,
            lambda opened, part, _menu: part_changes.drop_choice(
                parts, get_actor(), opened, part, place, seen=seen
            ),
        )


def _change_choices(
    parts: Services,
    checks: CheckedDrafts,
    draft_id: str,
    name: str,
    act: Callable[[OpenedDraft, DraftPart, Menu], None],
) -> Answer:
    check_permission(get_actor(), Permission.DRAFT_MENUS)
    opened, menu = open_with_menu(parts, checks, draft_id)
    part = find_part(opened, menu, "screens", name)
    if menu is None:
        abort(NOT_FOUND)
    if draft_sections.is_guarded(menu, "screens", name) and read_field("sure", 3) != "yes":
        return _render_part(parts, checks, draft_id, "screens", name, fault=say_guarded()), BAD
    try:
        act(opened, part, menu)
    except (DraftMoved, DraftClosed, NotEditable) as refused:
        return _render_part(
            parts, checks, draft_id, "screens", name, fault=explain_refusal(refused)
        ), CONFLICT
    flash(_("Saved in the draft."))
    return redirect(f"/admin/drafts/{draft_id}/parts/screens/{name}", SEE_OTHER)


def _read_typed() -> dict[str, tuple[str, str]]:
    """Return name of a field → typed words with plain line ends, and what the page had shown."""
    return {
        name.removeprefix(_FIELD): (
            words.replace("\r\n", "\n").strip(" "),
            request.form.get(_SEEN + name.removeprefix(_FIELD), "")[:20],
        )
        for name, words in request.form.items()
        if name.startswith(_FIELD)
    }


def _save_part(parts: Services, checks: CheckedDrafts, draft_id: str, section: str, name: str) -> Answer:
    check_permission(get_actor(), Permission.DRAFT_MENUS)
    opened, menu = open_with_menu(parts, checks, draft_id)
    part, typed = find_part(opened, menu, section, name), _read_typed()
    if is_guarded(opened, menu, section, name) and read_field("sure", 3) != "yes":
        page = _render_part(parts, checks, draft_id, section, name, fault=say_guarded(), typed=typed)
        return page, BAD
    try:
        part_changes.change_part(parts, get_actor(), opened, part, typed)
    except (DraftMoved, DraftClosed, NotEditable) as refused:
        fault = explain_refusal(refused)
        return _render_part(parts, checks, draft_id, section, name, fault=fault, typed=typed), CONFLICT
    flash(_("Saved in the draft."))
    return redirect(f"/admin/drafts/{draft_id}/parts/{section}/{name}", SEE_OTHER)


def _answer_preview(
    parts: Services, checks: CheckedDrafts, draft_id: str, section: str, name: str, *, whole: bool
) -> Answer:
    """Show what typed words would come to: beside the form while somebody types, or as the whole page."""
    opened, menu = open_with_menu(parts, checks, draft_id)
    if section not in SECTIONS:
        abort(NOT_FOUND)
    typed, said = _read_typed(), read_field("said", 500)
    fault = ""
    tried = draft_sections.PartPreview(part=None, menu=menu)
    try:
        tried = draft_sections.preview_part(parts, checks, opened, section, name, typed, said)
    except LookupError:
        abort(NOT_FOUND)
    except (DraftMoved, NotEditable) as refused:
        fault = explain_refusal(refused)
    if whole:
        return _render_part(
            parts, checks, draft_id, section, name, typed=typed, tried=tried, sample=said, fault=fault
        ), 200
    return render_template(
        "admin/_shown.html",
        tried=tried,
        languages_of=tried.menu.languages if tried.menu is not None else {},
        draft=opened.draft,
        sample=said,
        fault=fault,
        takes_texts=section in TEXTED,
    ), 200


def _render_tree(parts: Services, checks: CheckedDrafts, draft_id: str, *, fault: str = "") -> str:
    opened, menu = open_with_menu(parts, checks, draft_id)
    asked = request.args.get("q", "").strip()[:60]
    words = asked.casefold().split()

    def fits(name: str) -> bool:
        screen = menu.screens[name] if menu is not None else None
        texts = (
            [*screen.text.values(), *(w for c in screen.choices for w in c.label.values())] if screen else []
        )
        whole = " ".join([name, *texts]).casefold()
        return all(word in whole for word in words)

    checked = checks.check(opened.files)
    return render_template(
        "admin/draft_parts.html",
        draft=opened.draft,
        rows=[(name, depth) for name, depth in draft_sections.list_tree(menu) if fits(name)] if menu else [],
        menu=menu,
        asked=asked,
        faulty={each.screen for each in checked.problems if each.level == "error"},
        guarded={name for name in menu.screens if draft_sections.is_guarded(menu, "screens", name)}
        if menu
        else set(),
        shelves=name_shelves(),
        files=[name for name, text in opened.files.items() if "\nscreens:" in text],
        may_draft=get_actor().may(Permission.DRAFT_MENUS) and opened.draft.is_open,
        fault=fault,
        name_screen=lambda screen: name_screen(parts, screen, get_language()),
    )


def _render_part(
    parts: Services,
    checks: CheckedDrafts,
    draft_id: str,
    section: str,
    name: str,
    *,
    fault: str = "",
    typed: Mapping[str, tuple[str, str]] | None = None,
    tried: PartPreview | None = None,
    sample: str = "",
) -> str:
    if section not in SECTIONS:
        abort(NOT_FOUND)
    opened, menu = open_with_menu(parts, checks, draft_id)
    part = find_part(opened, menu, section, name)
    is_screen = section == "screens" and menu is not None and name in menu.screens
    tried = tried or draft_sections.preview_part(parts, checks, opened, section, name, {})
    return render_template(
        "admin/draft_part.html",
        draft=opened.draft,
        part=part,
        section=section,
        name=name,
        tried=tried,
        sample=sample,
        takes_texts=section in TEXTED,
        menu=menu,
        languages_of=menu.languages if menu else {},
        guarded=is_guarded(opened, menu, section, name),
        hashes=[part_changes.hash_choice(each) for each in part.choices],
        problems=_list_problems(checks.check(opened.files).problems, part, name)[:12],
        **_place_part(parts, menu if is_screen else None, part, section, name),
        targets=sorted(menu.screens) if menu else [],
        facts=sorted(menu.facts) if menu else [],
        typed={key: words for key, (words, _seen) in (typed or {}).items()},
        may_draft=get_actor().may(Permission.DRAFT_MENUS) and opened.draft.is_open,
        fault=fault,
        title=name_screen(parts, name, get_language()) if is_screen else name_part(section, name, menu),
    )


def _find_free_key(part: DraftPart) -> str:
    """Return the lowest key that no choice of a screen has; 9 and 0 lead to danger and back everywhere."""
    taken = {str(choice.get("key")) for choice in part.choices}
    return next((key for key in "12345678" if key not in taken), "")


def _place_part(
    parts: Services, menu: Menu | None, part: DraftPart, section: str, name: str
) -> dict[str, object]:
    """Return where a part stands, what it is for, and whether the menu may do without it; ``menu`` of a screen."""
    return {
        "leading": draft_sections.list_leading(menu, name) if menu is not None else (),
        "shelf": find_shelf(section, name, part),
        "shelves": name_shelves(),
        "free_key": _find_free_key(part),
        "name_screen": lambda screen: name_screen(parts, screen, get_language()),
        "help": explain_part(section, name),
        "explain_field": lambda group: explain_field(group, is_pointer=part.is_pointer),
        "name_field": lambda group: name_field(group, part.choices),
        "may_drop": may_drop(section, name),
    }


def _list_problems(problems: tuple[Problem, ...], part: DraftPart, name: str) -> list[Problem]:
    """Return the problems of a screen, or those in the lines of another part."""
    if part.path[0] == "screens":
        return [each for each in problems if each.screen == name]
    return list(draft_sections.list_part_problems(problems, part))
