"""Serves the files of a draft: as a text to edit with its problems, as an archive to take home and bring back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, flash, redirect, render_template, request

from gateway.domain.permissions import Permission, check_permission
from gateway.operations.publishing import draft_files, menu_drafts, stored
from gateway.operations.publishing.menu_drafts import DraftClosed, DraftMoved, UnknownDraft
from gateway.operations.publishing.stored import MOST_FILES, BadArchive
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import flash_saved, read_field
from gateway.web.shared.i18n import _, later
from gateway.web.shared.labels import show_controls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response as BaseResponse

    from gateway.foundation.services import Services
    from gateway.operations.publishing.draft_checks import CheckedDrafts

    Answer = BaseResponse | tuple[str, int]

BAD, CONFLICT, SEE_OTHER, NOT_FOUND = 422, 409, 303, 404
_ZIP = "application/zip"
_BAD_ARCHIVES = {
    "no-zip": later("This is no zip file that can be read."),
    "empty": later("The zip file holds no file of a menu."),
    "many": later("The zip file holds more than %(most)s files."),
    "large": later("%(file)s is too large."),
    "twice": later("%(file)s is there twice."),
    "name": later("%(file)s cannot be the name of a file here."),
    "kind": later("%(file)s is a link, or locked by a password."),
    "ending": later("%(file)s is no .yaml file. Take it out of the folder."),
    "text": later("%(file)s is not text in UTF-8."),
}


def add_to(pages: Blueprint, parts: Services, checks: CheckedDrafts) -> None:
    """Register the files of drafts and versions."""
    _add_archives(pages, parts)

    @pages.get("/drafts/<draft_id>/files")
    def draft_files_page(draft_id: str) -> str:
        return _render_list(parts, checks, draft_id)

    @pages.get("/drafts/<draft_id>/files/<path:file>")
    def draft_file(draft_id: str, file: str) -> str:
        return _render_file(parts, checks, draft_id, file)

    @pages.post("/drafts/<draft_id>/files/<path:file>")
    def save_file(draft_id: str, file: str) -> Answer:
        return _save_file(parts, checks, draft_id, file)

    @pages.post("/drafts/<draft_id>/upload")
    def upload(draft_id: str) -> Answer:
        check_permission(get_actor(), Permission.DRAFT_MENUS)
        return _take_in(parts, checks, draft_id)


def _add_archives(pages: Blueprint, parts: Services) -> None:
    @pages.get("/drafts/<draft_id>/folder.zip")
    def draft_archive(draft_id: str) -> Response:
        try:
            content = draft_files.export_draft(parts, get_actor(), draft_id)
        except UnknownDraft:
            abort(NOT_FOUND)
        return _send_archive(content, f"draft-{draft_id}")

    @pages.get("/menus/<menu>/<int:number>/folder.zip")
    def version_archive(menu: str, number: int) -> Response:
        try:
            content = draft_files.export_numbered(parts, get_actor(), menu, number)
        except stored.NoVersion:
            abort(NOT_FOUND)
        return _send_archive(content, f"{menu}-{number}")


def _send_archive(content: bytes, name: str) -> Response:
    answer = Response(content, mimetype=_ZIP)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    return answer


def _take_in(parts: Services, checks: CheckedDrafts, draft_id: str) -> Answer:
    given = request.files.get("archive")
    content = given.read() if given is not None else b""
    rev = read_field("rev", 9)
    try:
        count = draft_files.take_folder(
            parts, get_actor(), draft_id, content, rev=int(rev) if rev.isdecimal() else -1
        )
    except BadArchive as bad:
        words = str(_BAD_ARCHIVES[bad.why]) % {"file": bad.file, "most": MOST_FILES}
        return _render_list(parts, checks, draft_id, fault=words), BAD
    except (DraftClosed, DraftMoved):
        words = _("Nothing was taken in: the draft was changed meanwhile, or is not open any more.")
        return _render_list(parts, checks, draft_id, fault=words), CONFLICT
    except UnknownDraft:
        abort(NOT_FOUND)
    flash(_("Files that differ from before: %(n)s.", n=count))
    return redirect(f"/admin/drafts/{draft_id}", SEE_OTHER)


def _save_file(parts: Services, checks: CheckedDrafts, draft_id: str, file: str) -> Answer:
    check_permission(get_actor(), Permission.DRAFT_MENUS)
    typed = request.form.get("content", "")
    try:
        opened = menu_drafts.read_draft(parts, get_actor(), draft_id)
        shown = str(show_controls(opened.files.get(file, "")))
        draft_files.save_text(
            parts, get_actor(), draft_id, file, typed, seen=read_field("seen", 20), shown=shown
        )
    except DraftMoved as moved:
        return _render_file(parts, checks, draft_id, file, typed=typed, now=moved.now), CONFLICT
    except DraftClosed:
        return _render_file(parts, checks, draft_id, file, typed=typed, now=""), CONFLICT
    except UnknownDraft:
        abort(NOT_FOUND)
    flash_saved(parts)
    return redirect(f"/admin/drafts/{draft_id}/files/{file}", SEE_OTHER)


def _render_list(parts: Services, checks: CheckedDrafts, draft_id: str, *, fault: str = "") -> str:
    try:
        opened = menu_drafts.read_draft(parts, get_actor(), draft_id)
    except UnknownDraft:
        abort(NOT_FOUND)
    return render_template(
        "admin/draft_files.html",
        opened=opened,
        draft=opened.draft,
        counts=_count_problems(checks, opened.files),
        may_draft=get_actor().may(Permission.DRAFT_MENUS),
        fault=fault,
    )


def _count_problems(checks: CheckedDrafts, files: Mapping[str, str]) -> dict[str, int]:
    counted = dict.fromkeys(files, 0)
    for each in checks.check(files).problems:
        if each.level == "error":
            counted[each.place.file] = counted.get(each.place.file, 0) + 1
    return counted


def _render_file(
    parts: Services,
    checks: CheckedDrafts,
    draft_id: str,
    file: str,
    *,
    typed: str | None = None,
    now: str | None = None,
) -> str:
    try:
        opened = menu_drafts.read_draft(parts, get_actor(), draft_id)
    except UnknownDraft:
        abort(NOT_FOUND)
    text = opened.files.get(file)
    if text is None:
        abort(NOT_FOUND)
    problems = [each for each in checks.check(opened.files).problems if each.place.file == file]
    return render_template(
        "admin/draft_file.html",
        opened=opened,
        draft=opened.draft,
        file=file,
        text=text if typed is None else typed,
        seen=draft_files.hash_text(text),
        now=now,
        problems=sorted(problems, key=lambda each: (each.level != "error", each.place.line)),
        may_draft=get_actor().may(Permission.DRAFT_MENUS) and opened.draft.is_open,
    )
