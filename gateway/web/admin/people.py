"""Serves the page of staff: roles, helpline phones, ways of working, and duty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request

from gateway.domain.permissions import WORKING, Permission, Role
from gateway.helpdesk.alerts import alerts
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.staff import people, two_factor
from gateway.helpdesk.staff.centre_lists import list_languages
from gateway.helpdesk.staff.shifts import FEW, TimesWithdrawn
from gateway.operations.channel_desk import WebhookLinks
from gateway.operations.publishing.draft_checks import CheckedDrafts
from gateway.web.admin import (
    centre_policy,
    channels,
    draft_files,
    drafts,
    facts,
    figures,
    menu_map,
    menu_parts,
    referrals,
    shifts,
    translators,
)
from gateway.web.shared.auth import check_way_back, get_actor
from gateway.web.shared.forms import flash_saved, read_field, read_number_field
from gateway.web.shared.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services
    from gateway.storage.people import Person

BAD, SEE_OTHER, CONFLICT = 422, 303, 409


def build_blueprint(parts: Services, links: WebhookLinks, checks: CheckedDrafts | None = None) -> Blueprint:
    """Return the blueprint of the pages below ``/admin``.

    Args:
        parts: the services.
        links: the addresses of the channels.
        checks: the checked drafts of this process.
    """
    pages = Blueprint("admin", __name__, url_prefix="/admin", template_folder="templates")
    figures.add_to(pages, parts)
    _add_people(pages, parts)
    _add_person(pages, parts)
    _add_access(pages, parts)
    _add_reach(pages, parts)
    shifts.add_to(pages, parts)
    referrals.add_to(pages, parts)
    centre_policy.add_to(pages, parts)
    centre_policy.add_samples(pages, parts)
    centre_policy.add_audit_log(pages, parts)
    centre_policy.add_settings(pages, parts)
    channels.add_to(pages, parts, links)
    facts.add_to(pages, parts)
    checks = checks or CheckedDrafts(parts)
    drafts.add_to(pages, parts, checks)
    draft_files.add_to(pages, parts, checks)
    menu_map.add_to(pages, parts, checks)
    menu_parts.add_to(pages, parts, checks)
    translators.add_to(pages, parts, checks)
    drafts.add_versions(pages, parts)
    return pages


def _add_people(pages: Blueprint, parts: Services) -> None:
    @pages.get("/people")
    def everybody() -> str:
        return _render_page(parts)

    @pages.post("/people")
    def add() -> tuple[str, int] | str:
        typed = {"name": read_field("name"), "role": read_field("role")}
        try:
            person_id = people.add_person(parts, get_actor(), name=typed["name"], role=typed["role"])
        except Rejected as declined:
            return _render_page(parts, typed=typed, fault=declined.why), BAD
        return _render_page(parts, invited=person_id, link=_make_link(parts, person_id))


def _add_person(pages: Blueprint, parts: Services) -> None:
    @pages.post("/people/<person_id>/details")
    def details(person_id: str) -> Response | tuple[str, int]:
        spoken, gender = tuple(request.form.getlist("language")), read_field("gender")
        return _answer_change(
            parts,
            person_id,
            lambda: people.set_details(parts, get_actor(), person_id, languages=spoken, gender=gender),
        )

    @pages.post("/people/<person_id>/number")
    def number(person_id: str) -> Response | tuple[str, int]:
        written = read_number_field("number")
        return _answer_change(
            parts,
            person_id,
            lambda: people.set_number(parts, get_actor(), person_id, written),
            typed={"number": written},
        )

    @pages.post("/people/<person_id>/duty")
    def duty(person_id: str) -> Response | tuple[str, int]:
        on = read_field("on") == "yes"
        return _answer_change(parts, person_id, lambda: people.set_duty(parts, get_actor(), person_id, on=on))


def _add_reach(pages: Blueprint, parts: Services) -> None:
    @pages.post("/people/<person_id>/test")
    def test(person_id: str) -> Response | tuple[str, int]:
        return _answer_change(
            parts,
            person_id,
            lambda: alerts.send_test(parts, get_actor(), person_id),
            notice=_("A test text is on its way. Ask whether it came."),
            back=check_way_back(read_field("back")),
        )

    @pages.post("/people/<person_id>/work")
    def work(person_id: str) -> Response | tuple[str, int]:
        return _answer_change(parts, person_id, lambda: _set_work(parts, person_id))

    @pages.post("/people/<person_id>/second-factor-off")
    def second_factor_off(person_id: str) -> Response | tuple[str, int]:
        return _answer_change(
            parts, person_id, lambda: two_factor.reset_factor(parts, get_actor(), person_id)
        )


def _set_work(parts: Services, person_id: str) -> None:
    """Save whether a person works by SMS only, and how many callbacks they may hold."""
    written = read_field("capacity") or "0"
    if not (written.isascii() and written.isdigit()):
        raise Rejected(Why.FIELD)
    people.set_capacity(parts, get_actor(), person_id, int(written[:4]))
    people.set_by_text(parts, get_actor(), person_id, on=read_field("by_text") == "yes")


def _add_access(pages: Blueprint, parts: Services) -> None:
    @pages.post("/people/<person_id>/role")
    def role(person_id: str) -> Response | tuple[str, int]:
        return _answer_change(
            parts,
            person_id,
            lambda: people.set_role(
                parts, get_actor(), person_id, read_field("role"), agreed=shifts.read_agreed()
            ),
        )

    @pages.post("/people/<person_id>/sign-out")
    def sign_out(person_id: str) -> Response | tuple[str, int]:
        return _answer_change(parts, person_id, lambda: people.end_sign_ins(parts, get_actor(), person_id))

    @pages.post("/people/<person_id>/remove")
    def remove(person_id: str) -> Response | tuple[str, int]:
        return _answer_change(
            parts,
            "",
            lambda: people.disable_person(parts, get_actor(), person_id, agreed=shifts.read_agreed()),
        )

    @pages.post("/people/<person_id>/link")
    def link(person_id: str) -> str | tuple[str, int]:
        try:
            return _render_page(parts, invited=person_id, link=_make_link(parts, person_id))
        except Rejected as declined:
            return _render_page(parts, fault=declined.why), BAD


def _answer_change(
    parts: Services,
    person_id: str,
    change: Callable[[], object],
    *,
    notice: str = "",
    back: str = "",
    typed: dict[str, str] | None = None,
) -> Response | tuple[str, int]:
    try:
        change()
    except Rejected as declined:
        return _render_page(parts, opened=person_id, fault=declined.why, typed=typed), BAD
    except TimesWithdrawn as question:
        return _render_page(parts, opened=person_id, lost=question.words), CONFLICT
    if notice:
        flash(notice)
    else:
        flash_saved(parts)
    place = f"/admin/people#{person_id}" if person_id else "/admin/people"
    return redirect(back or place, SEE_OTHER)


def _make_link(parts: Services, person_id: str) -> str:
    return (
        f"{parts.public_url or request.host_url.rstrip('/')}/invitation/"
        f"{people.invite_person(parts, get_actor(), person_id)}"
    )


def _render_page(
    parts: Services,
    *,
    typed: dict[str, str] | None = None,
    fault: Why | None = None,
    opened: str = "",
    invited: str = "",
    link: str = "",
    lost: tuple[str, ...] = (),
) -> str:
    found: tuple[Person, ...] = people.list_people(parts, get_actor())
    return render_template(
        "admin/people.html",
        people=[person for person in found if person.named],
        roles=list(Role),
        spoken=list_languages(parts),
        working=WORKING,
        big=sum(person.role in WORKING for person in found) > FEW,
        manages=get_actor().may(Permission.MANAGE_PEOPLE),
        typed={"name": "", "role": Role.COUNSELLOR.value, "number": "", **(typed or {})},
        fault=fault,
        opened=opened if opened in {person.id for person in found} else "",
        invited=invited,
        link=link,
        lost=lost,
    )
