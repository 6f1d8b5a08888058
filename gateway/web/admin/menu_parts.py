"""Serves the menu of a draft as pages: the tree of screens, and each part with its fields in all languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, flash, redirect, render_template, request

from gateway.domain.permissions import Permission, check_permission
from gateway.menus.authoring.yaml_spans import NotEditable
from gateway.operations.publishing import menu_drafts, part_changes
from gateway.operations.publishing.fact_changes import find_today
from gateway.operations.publishing.menu_drafts import DraftClosed, DraftMoved, OpenedDraft, UnknownDraft
from gateway.operations.publishing.part_changes import SECTIONS, DraftPart
from gateway.web.admin.naming import name_screen
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import read_field
from gateway.web.shared.i18n import _
from gateway.web.shared.languages import get_language

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services
    from gateway.menus.engine.model import Menu
    from gateway.operations.publishing.draft_checks import CheckedDrafts

    Answer = Response | tuple[str, int]

BAD, CONFLICT, SEE_OTHER, NOT_FOUND = 422, 409, 303, 404
_LONGEST = 2_000
_FIELD, _SEEN = "f:", "s:"


def add_to(pages: Blueprint, parts: Services, checks: CheckedDrafts) -> None:
    """Register the tree, the parts, and their changes."""
    _add_tree(pages, parts, checks)
    _add_choices(pages, parts, checks)

    @pages.get("/drafts/<draft_id>/parts/<section>/<path:name>")
    def part_page(draft_id: str, section: str, name: str) -> str:
        return _render_part(parts, checks, draft_id, section, name)

    @pages.post("/drafts/<draft_id>/parts/<section>/<path:name>")
    def save_part(draft_id: str, section: str, name: str) -> Answer:
        return _save_part(parts, checks, draft_id, section, name)

    @pages.post("/drafts/<draft_id>/preview/<name>")
    def preview_part(draft_id: str, name: str) -> str:
        opened, menu = _open(parts, checks, draft_id)
        if menu is None or name not in menu.screens:
            abort(NOT_FOUND)
        typed = {tuple(key.split("/")): words for key, (words, _seen) in _read_typed().items()}
        menu = part_changes.replace_words(menu, name, typed)
        shown = checks.show_screen(menu, name, find_today(parts))
        return render_template(
            "admin/_shown.html", shown=shown, languages_of=menu.languages, draft=opened.draft
        )


def _add_tree(pages: Blueprint, parts: Services, checks: CheckedDrafts) -> None:
    @pages.get("/drafts/<draft_id>/parts")
    def tree(draft_id: str) -> str:
        return _render_tree(parts, checks, draft_id)

    @pages.post("/drafts/<draft_id>/parts")
    def new_screen(draft_id: str) -> Answer:
        check_permission(get_actor(), Permission.DRAFT_MENUS)
        opened, menu = _open(parts, checks, draft_id)
        name, words = read_field("name", 40), read_field("words", _LONGEST)
        if menu is None or not name.replace("_", "").isalnum() or not name.isascii() or not words:
            return _render_tree(
                parts, checks, draft_id, fault=_("Give it a short name in a–z, and a text.")
            ), BAD
        source = menu.source or "en"
        try:
            part_changes.add_screen(
                parts, get_actor(), opened, file=read_field("file"), name=name.lower(), words={source: words}
            )
        except (NotEditable, DraftClosed):
            return _render_tree(
                parts, checks, draft_id, fault=_("There is a screen of this name already.")
            ), CONFLICT
        return redirect(f"/admin/drafts/{draft_id}/parts/screens/{name.lower()}", SEE_OTHER)


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


def _open(parts: Services, checks: CheckedDrafts, draft_id: str) -> tuple[OpenedDraft, Menu | None]:
    try:
        opened = menu_drafts.read_draft(parts, get_actor(), draft_id)
    except UnknownDraft:
        abort(NOT_FOUND)
    checked = checks.check(opened.files)
    return opened, checked.menu or checked.built


def _find(opened: OpenedDraft, menu: Menu | None, section: str, name: str) -> DraftPart:
    languages = menu.languages if menu is not None else {}
    return part_changes.find_part(opened, section, name, languages) or abort(NOT_FOUND)


def _change_choices(
    parts: Services,
    checks: CheckedDrafts,
    draft_id: str,
    name: str,
    act: Callable[[OpenedDraft, DraftPart, Menu], None],
) -> Answer:
    check_permission(get_actor(), Permission.DRAFT_MENUS)
    opened, menu = _open(parts, checks, draft_id)
    part = _find(opened, menu, "screens", name)
    if menu is None:
        abort(NOT_FOUND)
    if part_changes.is_guarded(menu, name) and read_field("sure", 3) != "yes":
        return _render_part(parts, checks, draft_id, "screens", name, fault=_say_guarded()), BAD
    try:
        act(opened, part, menu)
    except (DraftMoved, DraftClosed, NotEditable) as refused:
        return _render_part(parts, checks, draft_id, "screens", name, fault=_explain(refused)), CONFLICT
    flash(_("Saved in the draft."))
    return redirect(f"/admin/drafts/{draft_id}/parts/screens/{name}", SEE_OTHER)


def _say_guarded() -> str:
    return _("This keeps callers safe. Nothing was changed: tick that it is meant, then save again.")


def _explain(refused: Exception) -> str:
    if isinstance(refused, DraftMoved):
        return _(
            "Nothing was saved: somebody changed the same words meanwhile, to: %(now)s. Your words stand below.",
            now=refused.now or "–",
        )
    if isinstance(refused, DraftClosed):
        return _("This draft is not open any more.")
    return _("This cannot be changed here. Change it in the text of the file.")


def _read_typed() -> dict[str, tuple[str, str]]:
    """Return name of a field → typed words with plain line ends, and what the page had shown."""
    return {
        name.removeprefix(_FIELD): (
            words.replace("\r\n", "\n").strip(" ")[:_LONGEST],
            request.form.get(_SEEN + name.removeprefix(_FIELD), "")[:20],
        )
        for name, words in request.form.items()
        if name.startswith(_FIELD)
    }


def _save_part(parts: Services, checks: CheckedDrafts, draft_id: str, section: str, name: str) -> Answer:
    check_permission(get_actor(), Permission.DRAFT_MENUS)
    opened, menu = _open(parts, checks, draft_id)
    part, typed = _find(opened, menu, section, name), _read_typed()
    guarded = menu is not None and section == "screens" and part_changes.is_guarded(menu, name)
    if guarded and read_field("sure", 3) != "yes":
        page = _render_part(parts, checks, draft_id, section, name, fault=_say_guarded(), typed=typed)
        return page, BAD
    try:
        part_changes.change_part(parts, get_actor(), opened, part, typed)
    except (DraftMoved, DraftClosed, NotEditable) as refused:
        fault = _explain(refused)
        return _render_part(parts, checks, draft_id, section, name, fault=fault, typed=typed), CONFLICT
    flash(_("Saved in the draft."))
    return redirect(f"/admin/drafts/{draft_id}/parts/{section}/{name}", SEE_OTHER)


def _render_tree(parts: Services, checks: CheckedDrafts, draft_id: str, *, fault: str = "") -> str:
    opened, menu = _open(parts, checks, draft_id)
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
        rows=[(name, depth) for name, depth in part_changes.list_tree(menu) if fits(name)] if menu else [],
        menu=menu,
        asked=asked,
        faulty={each.screen for each in checked.problems if each.level == "error"},
        guarded={name for name in menu.screens if part_changes.is_guarded(menu, name)} if menu else set(),
        messages=sorted(menu.messages) if menu else [],
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
) -> str:
    if section not in SECTIONS:
        abort(NOT_FOUND)
    opened, menu = _open(parts, checks, draft_id)
    part = _find(opened, menu, section, name)
    is_screen = section == "screens" and menu is not None and name in menu.screens
    checked = checks.check(opened.files)
    return render_template(
        "admin/draft_part.html",
        draft=opened.draft,
        part=part,
        section=section,
        name=name,
        shown=checks.show_screen(menu, name, find_today(parts)) if is_screen and menu else None,
        menu=menu,
        languages_of=menu.languages if menu else {},
        leading=part_changes.list_leading(menu, name) if is_screen and menu else (),
        guarded=is_screen and menu is not None and part_changes.is_guarded(menu, name),
        hashes=[part_changes.hash_choice(each) for each in part.choices],
        problems=[each for each in checked.problems if each.screen == name][:12],
        targets=sorted(menu.screens) if menu else [],
        facts=sorted(menu.facts) if menu else [],
        typed={key: words for key, (words, _seen) in (typed or {}).items()},
        may_draft=get_actor().may(Permission.DRAFT_MENUS) and opened.draft.is_open,
        fault=fault,
        title=name_screen(parts, name, get_language()) if is_screen else name,
    )
