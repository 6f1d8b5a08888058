"""Serves the texts of a draft to translators: progress by language, files to take home, and what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, render_template, request

from gateway.domain.permissions import Permission, check_permission
from gateway.menus.authoring.yaml_spans import NotEditable
from gateway.operations.publishing import menu_drafts, translation_files, translations
from gateway.operations.publishing.menu_drafts import DraftClosed, DraftMoved, OpenedDraft, UnknownDraft
from gateway.operations.publishing.translation_files import BadSheet
from gateway.web.shared.auth import get_actor
from gateway.web.shared.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.foundation.services import Services
    from gateway.menus.authoring.check import Checked
    from gateway.menus.engine.model import Menu
    from gateway.operations.publishing.draft_checks import CheckedDrafts
    from gateway.operations.publishing.translations import TakenIn, Translated, TranslationRow

    Writer = Callable[[Sequence[TranslationRow], str], bytes]
    Reader = Callable[[bytes], tuple[Translated, ...]]

OK, BAD, CONFLICT, NOT_FOUND = 200, 422, 409, 404
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WRITERS: dict[str, tuple[Writer, str]] = {
    "po": (translation_files.write_catalogue, "text/x-gettext-translation"),
    "xlsx": (translation_files.write_workbook, _XLSX),
}


def add_to(pages: Blueprint, parts: Services, checks: CheckedDrafts) -> None:
    """Register the page, the files, and the upload."""

    @pages.get("/drafts/<draft_id>/translations")
    def translations_page(draft_id: str) -> str:
        return _render_page(parts, checks, draft_id)

    @pages.get("/drafts/<draft_id>/translations/<language>.<any(po, xlsx):kind>")
    def translation_file(draft_id: str, language: str, kind: str) -> Response:
        _opened, menu, checked = _open(parts, checks, draft_id)
        if language not in menu.languages:
            abort(NOT_FOUND)
        write, mimetype = _WRITERS[kind]
        rows = translations.list_rows(menu, checked, language)
        answer = Response(write(rows, language), mimetype=mimetype)
        answer.headers["Content-Disposition"] = f'attachment; filename="{menu.id}-{language}.{kind}"'
        return answer

    @pages.post("/drafts/<draft_id>/translations/<language>")
    def take_translations(draft_id: str, language: str) -> tuple[str, int]:
        check_permission(get_actor(), Permission.DRAFT_MENUS)
        return _take_in(parts, checks, draft_id, language)


def _open(parts: Services, checks: CheckedDrafts, draft_id: str) -> tuple[OpenedDraft, Menu, Checked]:
    try:
        opened = menu_drafts.read_draft(parts, get_actor(), draft_id)
    except UnknownDraft:
        abort(NOT_FOUND)
    checked = checks.check(opened.files)
    menu = checked.menu or checked.built
    return (opened, menu, checked) if menu is not None else abort(NOT_FOUND)


def _take_in(parts: Services, checks: CheckedDrafts, draft_id: str, language: str) -> tuple[str, int]:
    opened, menu, checked = _open(parts, checks, draft_id)
    if language not in menu.languages:
        abort(NOT_FOUND)
    given = request.files.get("file")
    content = given.read() if given is not None else b""
    read = translation_files.read_workbook if content[:2] == b"PK" else translation_files.read_catalogue
    try:
        rows = translations.list_rows(menu, checked, language)
        taken = translations.take_translations(parts, get_actor(), opened, rows, read(content))
    except BadSheet:
        words = _("This is no file of translations from here. Take one home first, and bring that back.")
        return _render_page(parts, checks, draft_id, fault=words), BAD
    except (DraftClosed, DraftMoved, NotEditable):
        words = _("Not everything was taken in: the draft was changed meanwhile, or is not open any more.")
        return _render_page(parts, checks, draft_id, fault=words), CONFLICT
    return _render_page(parts, checks, draft_id, taken=taken), OK


def _render_page(
    parts: Services, checks: CheckedDrafts, draft_id: str, *, fault: str = "", taken: TakenIn | None = None
) -> str:
    opened, menu, checked = _open(parts, checks, draft_id)
    return render_template(
        "admin/translations.html",
        draft=opened.draft,
        progress=translations.measure_progress(menu, checked),
        languages_of=menu.languages,
        may_draft=get_actor().may(Permission.DRAFT_MENUS) and opened.draft.is_open,
        fault=fault,
        taken=taken,
    )
