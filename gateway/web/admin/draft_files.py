"""Serves the files of a draft: as a text checked while it is typed, as an archive to take home and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request
from markupsafe import Markup

from gateway.domain.permissions import Permission, check_permission
from gateway.foundation.time_and_chance import make_random_bytes
from gateway.operations.publishing import draft_files, menu_drafts, stored
from gateway.operations.publishing.fact_changes import find_today
from gateway.operations.publishing.menu_drafts import DraftClosed, DraftMoved, UnknownDraft
from gateway.operations.publishing.stored import MOST_FILES, BadArchive
from gateway.web.shared import unsent_forms, write_import_map, write_policy
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import flash_saved, read_field
from gateway.web.shared.i18n import _, later
from gateway.web.shared.labels import show_controls
from gateway.web.shared.languages import get_language, show_clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from werkzeug.wrappers import Response as BaseResponse

    from gateway.foundation.services import Services
    from gateway.menus.authoring.problems import Problem
    from gateway.operations.publishing.draft_checks import CheckedDrafts
    from gateway.storage.sign_ins import SavedForm

    Answer = BaseResponse | tuple[str, int]

OK, BAD, CONFLICT, SEE_OTHER, NOT_FOUND = 200, 422, 409, 303, 404
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
    def draft_file(draft_id: str, file: str) -> Response:
        return _render_file(parts, checks, draft_id, file)

    @pages.post("/drafts/<draft_id>/files/<path:file>")
    def save_file(draft_id: str, file: str) -> Answer:
        return _save_file(parts, checks, draft_id, file)

    @pages.post("/drafts/<draft_id>/check/<path:file>")
    def check_file(draft_id: str, file: str) -> Answer | Response:
        check_permission(get_actor(), Permission.DRAFT_MENUS)
        return _answer_check(parts, checks, draft_id, file)

    @pages.post("/drafts/<draft_id>/unsent/<path:file>/drop")
    def drop_unsent(draft_id: str, file: str) -> Answer:
        check_permission(get_actor(), Permission.DRAFT_MENUS)
        unsent_forms.forget_typed(parts, _name_page(draft_id, file))
        return redirect(_name_page(draft_id, file), SEE_OTHER)

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
        return _render_file(parts, checks, draft_id, file, typed=typed, now=moved.now)
    except DraftClosed:
        return _render_file(parts, checks, draft_id, file, typed=typed, now="")
    except UnknownDraft:
        abort(NOT_FOUND)
    flash_saved(parts)
    return redirect(_name_page(draft_id, file), SEE_OTHER)


def _name_page(draft_id: str, file: str) -> str:
    return f"/admin/drafts/{draft_id}/files/{file}"


def _answer_check(parts: Services, checks: CheckedDrafts, draft_id: str, file: str) -> Response:
    """Answer what is typed with its problems and the names that it may use, and keep it for its author.

    The names come only when they differ from those that the page has.
    """
    try:
        opened = menu_drafts.read_draft(parts, get_actor(), draft_id)
    except UnknownDraft:
        abort(NOT_FOUND)
    if file not in opened.files:
        abort(NOT_FOUND)
    typed, text = request.form.get("content", ""), opened.files[file]
    shown, page = str(show_controls(text)), _name_page(draft_id, file)
    said = ""
    if not opened.draft.is_open or _is_same(typed, shown):
        if read_field("keep", 3) != "no":  # a page that was just opened says nothing of what its reader wants
            unsent_forms.forget_typed(parts, page)
    elif read_field("keep", 3) != "no":
        unsent_forms.keep_typed(parts, page)
        said = _("Kept for you %(t)s. Not saved in the draft yet.", t=show_clock(parts))
    files, checked = draft_files.check_text(checks, opened, file, typed, shown=shown)
    words = draft_files.list_words(files, checked, get_language(), find_today(parts))
    mark = draft_files.hash_text(repr(words))
    found = _sort_problems(checked.problems, file)
    others = sorted({each.place.file for each in checked.problems if each.level == "error"} - {file})
    return jsonify(
        problems=[each.as_json() | {"length": len(each.about)} for each in found],
        list=render_template("admin/_problems.html", problems=found, others=others, draft=opened.draft),
        said=said,
        mark=mark,
        words=None if read_field("mark", 20) == mark else asdict(words),
    )


def _is_same(typed: str, shown: str) -> bool:
    """Return whether a text is what the page showed, whatever its line ends."""
    return typed.replace("\r\n", "\n") == shown.replace("\r\n", "\n")


def _sort_problems(problems: Iterable[Problem], file: str) -> list[Problem]:
    here = (each for each in problems if each.place.file == file)
    return sorted(here, key=lambda each: (each.level != "error", each.place.line))


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
) -> Response:
    try:
        opened = menu_drafts.read_draft(parts, get_actor(), draft_id)
    except UnknownDraft:
        abort(NOT_FOUND)
    text = opened.files.get(file)
    if text is None:
        abort(NOT_FOUND)
    may_draft = get_actor().may(Permission.DRAFT_MENUS) and opened.draft.is_open
    unsent = _find_unsent(parts, draft_id, file, text) if may_draft and typed is None else None
    if unsent is not None:
        typed = "".join(unsent.fields["content"])
    shown = str(show_controls(text))
    _files, checked = draft_files.check_text(
        checks, opened, file, shown if typed is None else typed, shown=shown
    )
    return _answer_editor(
        may_draft,
        OK if now is None else CONFLICT,
        draft=opened.draft,
        file=file,
        text=text if typed is None else typed,
        seen=draft_files.hash_text(text) if unsent is None else "".join(unsent.fields.get("seen", ())),
        now=now,
        problems=_sort_problems(checked.problems, file),
        others=(),
        unsent=unsent,
    )


def _answer_editor(may_draft: bool, status: int, **shown: object) -> Response:  # noqa: FBT001 - who looks
    """Answer the page, whose policy lets the editor's modules find one another and its styles in, if it has one."""
    imports, digest = write_import_map()
    nonce = make_random_bytes(16).hex()
    page = render_template(
        "admin/draft_file.html",
        may_draft=may_draft,
        imports=Markup(imports),  # noqa: S704 - JSON of our own addresses
        nonce=nonce,
        phrases=_list_phrases(),
        **shown,
    )
    answer = Response(page, status)
    if may_draft:
        answer.headers["Content-Security-Policy"] = write_policy(
            script_src=digest, style_src=f"'nonce-{nonce}'"
        )
    return answer


def _find_unsent(parts: Services, draft_id: str, file: str, text: str) -> SavedForm | None:
    """Return what the person typed here and did not save, unless it is what stands there."""
    found = unsent_forms.find_typed(parts, _name_page(draft_id, file))
    content = "".join(found.fields.get("content", ())) if found is not None else ""
    return found if content and not _is_same(content, str(show_controls(text))) else None


def _list_phrases() -> dict[str, str]:
    """Return the editor's own words in the page's language, by its English ones."""
    return {
        "Find": _("Find"),
        "Replace": _("Replace with"),
        "next": _("next"),
        "previous": _("previous"),
        "all": _("all"),
        "match case": _("capitals count"),
        "regexp": _("regular expression"),
        "by word": _("whole words"),
        "replace": _("replace"),
        "replace all": _("replace all"),
        "close": _("Close"),
        "Go to line": _("Go to line"),
        "go": _("go"),
        "Diagnostics": _("Problems"),
        "No diagnostics": _("No problem in this file."),
        "Completions": _("Names to choose from"),
        "Control character": _("Control character"),
    }
