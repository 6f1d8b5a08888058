"""Serves the texts of a draft to translators: progress, files to take home, each text to write and review."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, flash, redirect, render_template, request

from gateway.domain.permissions import Permission, check_permission
from gateway.menus.authoring.yaml_spans import NotEditable
from gateway.operations.publishing import menu_drafts, translations
from gateway.operations.publishing.fact_changes import find_today
from gateway.operations.publishing.menu_drafts import DraftClosed, DraftMoved, OpenedDraft, UnknownDraft
from gateway.operations.publishing.text_reviews import (
    find_next,
    list_review_rows,
    measure_reviews,
    record_review,
    write_text,
)
from gateway.operations.publishing.translations import BadSheet
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import read_field
from gateway.web.shared.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from werkzeug.wrappers import Response as BaseResponse

    from gateway.foundation.services import Services
    from gateway.menus.authoring.check import Checked
    from gateway.menus.engine.model import Menu
    from gateway.operations.publishing.draft_checks import CheckedDrafts
    from gateway.operations.publishing.text_reviews import ReviewRow
    from gateway.operations.publishing.translations import TakenIn, Translated, TranslationRow

    Writer = Callable[[Sequence[TranslationRow], str], bytes]
    Reader = Callable[[bytes], tuple[Translated, ...]]

OK, BAD, CONFLICT, NOT_FOUND, SEE_OTHER = 200, 422, 409, 404, 303
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WRITERS: dict[str, tuple[Writer, str]] = {
    "po": (translations.write_catalogue, "text/x-gettext-translation"),
    "xlsx": (translations.write_workbook, _XLSX),
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
        menu_drafts.check_text_writer(get_actor())
        return _take_in(parts, checks, draft_id, language)

    _add_texts(pages, parts, checks)


def _open(parts: Services, checks: CheckedDrafts, draft_id: str) -> tuple[OpenedDraft, Menu, Checked]:
    try:
        opened = menu_drafts.read_draft_texts(parts, get_actor(), draft_id)
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
    read = translations.read_workbook if content[:2] == b"PK" else translations.read_catalogue
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
        reviews={one.language: one for one in measure_reviews(menu, checked)},
        may_write=opened.draft.is_open and any(get_actor().may(each) for each in menu_drafts.TEXT_WRITERS),
        sees_draft=get_actor().may(Permission.DRAFT_MENUS) or get_actor().may(Permission.APPROVE_MENUS),
        fault=fault,
        taken=taken,
    )


# Texts one by one: written and reviewed in the browser.

_STATES = ("missing", "stale", "draft", "read")
_A_PAGE = 60
_LONGEST = 2_000


def _add_texts(pages: Blueprint, parts: Services, checks: CheckedDrafts) -> None:
    @pages.get("/texts")
    def text_drafts() -> str:
        return render_template("admin/texts.html", drafts=menu_drafts.list_text_drafts(parts, get_actor()))

    @pages.get("/drafts/<draft_id>/texts/<language>")
    def text_list(draft_id: str, language: str) -> str:
        return _render_list(parts, checks, draft_id, language)

    @pages.get("/drafts/<draft_id>/texts/<language>/<path:name>")
    def text_page(draft_id: str, language: str, name: str) -> str:
        return _render_text(parts, checks, draft_id, language, name)

    @pages.get("/drafts/<draft_id>/book/<language>")
    def book(draft_id: str, language: str) -> str:
        opened, menu, _checked = _open(parts, checks, draft_id)
        if language not in menu.languages:
            abort(NOT_FOUND)
        day = find_today(parts)
        return render_template(
            "admin/book.html",
            draft=opened.draft,
            base=opened.base,
            tag=language,
            own=menu.languages[language],
            day=day,
            screens=checks.show_book(menu, language, day),
        )

    @pages.post("/drafts/<draft_id>/texts/<language>/<path:name>")
    def save_text(draft_id: str, language: str, name: str) -> BaseResponse | tuple[str, int]:
        return _save_text(parts, checks, draft_id, language, name)


def _list_rows(
    parts: Services, checks: CheckedDrafts, draft_id: str, language: str
) -> tuple[OpenedDraft, Menu, tuple[ReviewRow, ...]]:
    opened, menu, checked = _open(parts, checks, draft_id)
    if language not in menu.languages:
        abort(NOT_FOUND)
    return opened, menu, list_review_rows(menu, checked, language)


def _render_list(parts: Services, checks: CheckedDrafts, draft_id: str, language: str) -> str:
    opened, menu, rows = _list_rows(parts, checks, draft_id, language)
    state, words = request.args.get("state", ""), request.args.get("q", "").strip()[:60].casefold()
    on_path = request.args.get("path", "") == "yes"
    found = [
        row
        for row in rows
        if (row.state == state or state not in _STATES)
        and (row.on_path or not on_path)
        and words in f"{row.id} {row.words} {row.source}".casefold()
    ]
    page = request.args.get("page", "1")
    first = (int(page) - 1) * _A_PAGE if page.isascii() and page.isdigit() and 0 < int(page) < _A_PAGE else 0
    return render_template(
        "admin/text_list.html",
        draft=opened.draft,
        tag=language,
        languages_of=menu.languages,
        rows=found[first : first + _A_PAGE],
        count=len(found),
        asked={"state": state, "q": words, "path": "yes" if on_path else ""},
        page=first // _A_PAGE + 1,
        pages=-(-len(found) // _A_PAGE),
        waiting=find_next(rows, ""),
        sees_draft=get_actor().may(Permission.DRAFT_MENUS) or get_actor().may(Permission.APPROVE_MENUS),
    )


def _save_text(
    parts: Services, checks: CheckedDrafts, draft_id: str, language: str, name: str
) -> BaseResponse | tuple[str, int]:
    opened, _menu, rows = _list_rows(parts, checks, draft_id, language)
    row = next((each for each in rows if each.id == name), None) or abort(NOT_FOUND)
    actor, does, seen = get_actor(), read_field("do", 10), read_field("seen", 10)
    words = request.form.get("words", row.words).replace("\r\n", "\n").strip("\n")[:_LONGEST]
    if does == "read":
        check_permission(actor, Permission.REVIEW_TEXTS)
    try:
        if "words" in request.form:
            row = write_text(parts, actor, opened, row, words, seen=seen)
            seen = row.hash
        if does == "read":
            record_review(parts, actor, opened, row, seen=seen)
    except DraftMoved as moved:
        fault = _("Somebody changed this text meanwhile. It is now: %(now)s", now=moved.now)
        page = _render_text(parts, checks, draft_id, language, name, fault=fault, typed=words)
        return page, CONFLICT
    except (DraftClosed, NotEditable):
        fault = _("This was not saved: there are no words, or the draft is not open any more.")
        page = _render_text(parts, checks, draft_id, language, name, fault=fault, typed=words)
        return page, CONFLICT
    flash(_("Saved and reviewed.") if does == "read" else _("Saved in the draft."))
    following = find_next(rows, name) if does == "read" else row
    base = f"/admin/drafts/{draft_id}/texts/{language}"
    return redirect(f"{base}/{following.id}" if following else base, SEE_OTHER)


def _render_text(
    parts: Services,
    checks: CheckedDrafts,
    draft_id: str,
    language: str,
    name: str,
    *,
    fault: str = "",
    typed: str | None = None,
) -> str:
    opened, menu, rows = _list_rows(parts, checks, draft_id, language)
    row = next((each for each in rows if each.id == name), None) or abort(NOT_FOUND)
    checked, actor = checks.check(opened.files), get_actor()
    shown = checks.show_screen(menu, row.screen, find_today(parts)) if row.screen in menu.screens else None
    return render_template(
        "admin/text.html",
        draft=opened.draft,
        tag=language,
        languages_of=menu.languages,
        row=row,
        shown=replace(shown, previews=tuple(one for one in shown.previews if one.language == language))
        if shown
        else None,
        problems=[
            one
            for one in checked.problems
            if one.screen == row.screen and one.language == language and one.code != "unreviewed"
        ][:6]
        if row.screen
        else [],
        typed=row.words if typed is None else typed,
        is_draft=language in checked.reviews.drafts,
        may_write=opened.draft.is_open and any(actor.may(each) for each in menu_drafts.TEXT_WRITERS),
        may_review=opened.draft.is_open and actor.may(Permission.REVIEW_TEXTS),
        following=find_next(rows, name),
        fault=fault,
    )
