"""Serves drafts of the menu and its versions: what changed, how it looks on a phone, publishing, and going back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request

from gateway.domain.permissions import Permission, check_permission
from gateway.helpdesk.staff.people import list_approvers
from gateway.operations.publishing import (
    changes,
    draft_checks,
    draft_publish,
    menu_drafts,
    publish,
    publish_rules,
    stored,
)
from gateway.operations.publishing.changes import describe_changes, tell_changes
from gateway.operations.publishing.draft_checks import CheckedDrafts
from gateway.operations.publishing.draft_files import list_history
from gateway.operations.publishing.fact_changes import find_today
from gateway.operations.publishing.menu_drafts import (
    DraftClosed,
    DraftMoved,
    OpenedDraft,
    SamePerson,
    UnknownDraft,
)
from gateway.operations.publishing.publish import NotSound, PublishAllowances
from gateway.web.admin.naming import name_screen
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import flash_saved, read_field
from gateway.web.shared.i18n import _, later
from gateway.web.shared.languages import get_language

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services
    from gateway.operations.publishing.draft_publish import FileConflict

    Answer = Response | tuple[str, int]
    from collections.abc import Iterable

    from gateway.operations.publishing.draft_files import PastVersion


BAD, CONFLICT, SEE_OTHER, NOT_FOUND = 422, 409, 303, 404
MOST_LINES = 60


def add_to(pages: Blueprint, parts: Services, checks: CheckedDrafts) -> None:
    """Register the page of a draft and its acts."""
    _add_page(pages, parts, checks)
    _add_acts(pages, parts, checks)

    @pages.post("/drafts/<draft_id>/publish")
    def publish_draft(draft_id: str) -> Answer:
        return _publish(parts, checks, draft_id)

    @pages.post("/drafts/<draft_id>/take-up")
    def take_up(draft_id: str) -> Answer:
        prefer = read_field("prefer", 10)
        try:
            found = draft_publish.take_up_live(
                parts,
                get_actor(),
                draft_id,
                rev=_read_rev(),
                prefer=prefer if prefer in {"draft", "live"} else "",
            )
        except (DraftMoved, DraftClosed, UnknownDraft) as refused:
            return _refuse(parts, checks, draft_id, refused)
        if found.conflicts:
            return _render_page(parts, checks, draft_id, conflicts=found.conflicts), CONFLICT
        flash(_("The draft has what is live now, and its own changes."))
        return redirect(f"/admin/drafts/{draft_id}", SEE_OTHER)


def _add_page(pages: Blueprint, parts: Services, checks: CheckedDrafts) -> None:
    @pages.get("/drafts/<draft_id>")
    def draft(draft_id: str) -> str:
        return _render_page(parts, checks, draft_id)


def _add_acts(pages: Blueprint, parts: Services, checks: CheckedDrafts) -> None:
    @pages.post("/drafts/<draft_id>/approve")
    def approve(draft_id: str) -> Answer:
        return _act(
            parts,
            checks,
            draft_id,
            lambda: menu_drafts.approve_draft(parts, get_actor(), draft_id, _read_rev()),
            _("Approved as it is now. A further change asks for a further approval."),
        )

    @pages.post("/drafts/<draft_id>/look")
    def look(draft_id: str) -> Answer:
        return _act(
            parts,
            checks,
            draft_id,
            lambda: menu_drafts.note_second_look(parts, get_actor(), draft_id),
            _("Looked at."),
        )

    @pages.post("/drafts/<draft_id>/drop")
    def drop(draft_id: str) -> Answer:
        return _act(
            parts,
            checks,
            draft_id,
            lambda: menu_drafts.drop_draft(parts, get_actor(), draft_id),
            _("The draft is given up. Nothing of it went live."),
        )


def _read_rev() -> int:
    written = read_field("rev", 9)
    return int(written) if written.isascii() and written.isdigit() else -1


def _act(
    parts: Services, checks: CheckedDrafts, draft_id: str, act: Callable[[], None], notice: str
) -> Answer:
    try:
        act()
    except (DraftMoved, DraftClosed, UnknownDraft, SamePerson) as refused:
        return _refuse(parts, checks, draft_id, refused)
    flash(notice)
    return redirect(f"/admin/drafts/{draft_id}", SEE_OTHER)


def _publish(parts: Services, checks: CheckedDrafts, draft_id: str) -> Answer:
    check_permission(get_actor(), Permission.PUBLISH_MENUS)
    why = read_field("why")
    if not why:
        fault = {"why": _("Say in one sentence what changed and why.")}
        return _render_page(parts, checks, draft_id, fault=fault), BAD
    try:
        published = draft_publish.publish_draft(
            parts,
            get_actor(),
            draft_id,
            rev=_read_rev(),
            why=why,
            urgent=read_field("urgent", 3) == "yes",
            allowed=PublishAllowances(
                untested=read_field("untested", 3) == "yes", move_keys=read_field("move_keys")
            ),
        )
    except (
        DraftMoved,
        DraftClosed,
        UnknownDraft,
        draft_publish.ApprovalMissing,
        draft_publish.NotOneFact,
        draft_publish.DraftBehind,
        changes.NotFromLive,
        publish.Overtaken,
        publish_rules.ConversationFails,
        publish_rules.ReviewsLost,
    ) as refused:
        return _refuse(parts, checks, draft_id, refused, why=why)
    if isinstance(published, NotSound):
        return _render_page(parts, checks, draft_id, why=why, problems=published.problems), BAD
    flash(_("Version %(n)s is live.", n=published.version.number))
    return redirect(f"/admin/drafts/{draft_id}", SEE_OTHER)


def _refuse(
    parts: Services, checks: CheckedDrafts, draft_id: str, refused: Exception, *, why: str = ""
) -> Answer:
    """Show the draft again, with what stands in the way."""
    lines: tuple[str, ...] = ()
    if isinstance(refused, (publish_rules.ConversationFails, publish_rules.ReviewsLost)):
        # The last line is advice for the command line.
        lines = tuple(line for line in str(refused).splitlines()[1:] if "--" not in line)
    fault = {"publish": _explain(refused), "kind": type(refused).__name__}
    return _render_page(parts, checks, draft_id, fault=fault, lines=lines, why=why), CONFLICT


_BEHIND = later("Nothing was published: another version went live meanwhile. Take it up first.")
_EXPLAINED = {
    DraftClosed: later("This draft is not open any more."),
    SamePerson: later("You changed this draft yourself. Somebody else has to look at it."),
    draft_publish.ApprovalMissing: later(
        "Nothing was published: a second person has to approve it as it is now."
    ),
    draft_publish.NotOneFact: later(
        "Nothing was published: only the change of one fact may go live by one person alone."
    ),
    draft_publish.DraftBehind: _BEHIND,
    changes.NotFromLive: _BEHIND,
    publish.Overtaken: _BEHIND,
    publish_rules.ConversationFails: later(
        "Nothing was published: conversations that are kept as tests go differently now."
    ),
    publish_rules.ReviewsLost: later(
        "Nothing was published: callers would lose a language, or a number is not set."
    ),
}


def _explain(refused: Exception) -> str:
    if isinstance(refused, DraftMoved):
        who = refused.edit.author if refused.edit else "?"
        return _("Nothing was done: %(who)s changed this draft meanwhile. Look at it as it is now.", who=who)
    words = _EXPLAINED.get(type(refused))
    return str(words) if words is not None else abort(NOT_FOUND)


def _render_page(
    parts: Services,
    checks: CheckedDrafts,
    draft_id: str,
    *,
    fault: dict[str, str] | None = None,
    lines: tuple[str, ...] = (),
    why: str = "",
    problems: tuple[object, ...] = (),
    conflicts: tuple[FileConflict, ...] = (),
) -> str:
    try:
        opened: OpenedDraft = menu_drafts.read_draft(parts, get_actor(), draft_id)
    except UnknownDraft:
        abort(NOT_FOUND)
    view, actor = checks.view(opened), get_actor()
    facts = draft_publish.find_changed_facts(opened)
    mine = actor.person_id in {*opened.editors, opened.draft.person_id}
    return render_template(
        "admin/draft.html",
        opened=opened,
        draft=opened.draft,
        view=view,
        languages_of=view.checked.built.languages if view.checked.built else {},
        change_lines=describe_changes(tell_changes(view.changes), MOST_LINES),
        phone=_find_phone(parts, view.day, f"/phone/drafts/{draft_id}"),
        link=_make_link(parts, opened, view.day),
        may_draft=actor.may(Permission.DRAFT_MENUS),
        may_publish=actor.may(Permission.PUBLISH_MENUS),
        may_approve=actor.may(Permission.APPROVE_MENUS) and not mine,
        approvers=list_approvers(parts, actor, {*opened.editors, opened.draft.person_id}),
        may_be_urgent=facts is not None and len(facts) == 1,
        fault=fault or {},
        lines=lines,
        why=why,
        problems=problems or view.errors,
        conflicts=conflicts,
        name_screen=lambda screen: name_screen(parts, screen, get_language()),
    )


def _find_phone(parts: Services, day: date, address: str) -> str:
    """Return the address of a draft's phone, on the day on which what changed is read first."""
    return address if day == find_today(parts) else f"{address}?day={day}"


def _make_link(parts: Services, opened: OpenedDraft, day: date) -> str:
    if not opened.draft.is_open:
        return ""
    token = draft_checks.make_draft_link(parts, get_actor(), opened.draft.id)
    return _find_phone(
        parts, day, f"{(parts.public_url or request.host_url).rstrip('/')}/phone/shared/{token}"
    )


MENUS_HERE = "/admin/menus"


def add_versions(pages: Blueprint, parts: Services) -> None:
    """Register the page, new drafts, the rule of approval, and the way back."""

    @pages.get("/menus")
    def menus() -> str:
        return _render_versions(parts)

    @pages.post("/drafts")
    def new_draft() -> Answer:
        check_permission(get_actor(), Permission.DRAFT_MENUS)
        name = read_field("name", 80)
        if not name:
            return _render_versions(parts, fault={"name": _("Say in a few words what it is for.")}), BAD
        try:
            made = menu_drafts.open_draft(parts, get_actor(), read_field("menu", 40), name)
        except UnknownDraft:
            return _render_versions(parts, fault={"name": _("No version is live yet.")}), BAD
        return redirect(f"/admin/drafts/{made}", SEE_OTHER)

    @pages.post("/menus/approval")
    def approval() -> Answer:
        menu_drafts.set_approval(parts, get_actor(), on=read_field("on", 3) == "yes")
        flash_saved(parts)
        return redirect(MENUS_HERE, SEE_OTHER)

    @pages.post("/menus/<menu>/<int:number>/back")
    def go_back(menu: str, number: int) -> Answer:
        return _roll_back(parts, menu, number)


def _roll_back(parts: Services, menu: str, number: int) -> Answer:
    check_permission(get_actor(), Permission.PUBLISH_MENUS)
    why = read_field("why")
    if not why:
        return _render_versions(
            parts, fault={"back": _("Say in one sentence why."), "number": str(number)}
        ), BAD
    try:
        done = publish.roll_back_menu(
            parts,
            menu,
            number,
            withdraw=read_field("withdraw", 3) == "yes",
            why=why,
            actor=get_actor(),
            move_keys=read_field("move_keys"),
        )
    except (
        publish_rules.KeysMoved,
        publish_rules.ReviewsLost,
        publish.Overtaken,
        stored.NoVersion,
    ) as refused:
        lines = [line for line in str(refused).splitlines() if "--" not in line]
        fault = {"back": "\n".join(lines), "number": str(number), "kind": type(refused).__name__}
        return _render_versions(parts, fault=fault, why=why), CONFLICT
    flash(_("Version %(n)s is live.", n=done.version.number))
    return redirect(MENUS_HERE, SEE_OTHER)


def _render_versions(parts: Services, *, fault: dict[str, str] | None = None, why: str = "") -> str:
    actor = get_actor()
    board, history = menu_drafts.list_board(parts, actor), list_history(parts, actor)
    return render_template(
        "admin/menus.html",
        board=board,
        history=history,
        menus=sorted(parts.versions.loaded()),
        unreadable=_list_unreadable(parts, history),
        may_draft=actor.may(Permission.DRAFT_MENUS),
        may_publish=actor.may(Permission.PUBLISH_MENUS),
        may_approve=actor.may(Permission.APPROVE_MENUS),
        approvers=list_approvers(parts, actor, set()),
        phone_is_on="phone.phone" in current_app.view_functions,
        fault=fault or {},
        why=why,
    )


def _list_unreadable(parts: Services, history: Iterable[PastVersion]) -> list[tuple[str, str, str]]:
    """Return (menu, number that should be live and cannot be read, number that callers read instead)."""
    numbers = {one.version.id: str(one.version.number) for one in history}
    served = parts.versions.loaded()
    return [
        (menu, numbers.get(version, "?"), numbers.get(served.get(menu, ""), "–"))
        for menu, version in parts.versions.list_unreadable().items()
    ]
