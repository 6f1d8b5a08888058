"""Serves the page of the centre's settings: policy for callers under 18, and channels for staff alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request

from gateway.helpdesk.errors import Rejected
from gateway.helpdesk.staff import centre_policy
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import flash_saved
from gateway.web.shared.labels import find_word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services

BAD, SEE_OTHER = 422, 303
HERE = "/admin/how-we-work"
_MOST_TYPED = 20_000
_MOST_ROADS = 5


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the page and its forms."""

    @pages.get("/how-we-work")
    def how_we_work() -> str:
        return _render_page(parts)

    @pages.post("/how-we-work/policy")
    def policy() -> Response | tuple[str, int]:
        typed = request.form.get("policy", "")[:_MOST_TYPED]
        return _answer_change(
            parts,
            lambda: centre_policy.set_policy(parts, get_actor(), typed),
            place="policy",
            typed_policy=typed,
        )

    @pages.post("/how-we-work/roads")
    def roads() -> Response | tuple[str, int]:
        order = [one for one in request.form.getlist("road") if one]
        return _answer_change(
            parts,
            lambda: centre_policy.set_roads(parts, get_actor(), order),
            place="roads",
            typed_order=order,
        )


def _answer_change(
    parts: Services,
    change: Callable[[], None],
    *,
    place: str,
    typed_policy: str | None = None,
    typed_order: Sequence[str] | None = None,
) -> Response | tuple[str, int]:
    try:
        change()
    except Rejected as declined:
        fault = {place: find_word(declined.why)}
        return _render_page(parts, fault=fault, typed_policy=typed_policy, typed_order=typed_order), BAD
    flash_saved(parts)
    return redirect(f"{HERE}#{place}", SEE_OTHER)


def _render_page(
    parts: Services,
    *,
    fault: dict[str, str] | None = None,
    typed_policy: str | None = None,
    typed_order: Sequence[str] | None = None,
) -> str:
    seen = centre_policy.show_policy(parts, get_actor())
    return render_template(
        "admin/practice.html",
        seen=seen,
        fault=fault or {},
        policy=seen.policy if typed_policy is None else typed_policy,
        order=list(seen.order if typed_order is None else typed_order),
        places=min(len(seen.standing), _MOST_ROADS),
        longest=centre_policy.LONGEST,
        here=HERE,
    )
