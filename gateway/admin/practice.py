"""The page on how this centre works: what is done for somebody who may be a child, and how our own people are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request

from gateway.desk import practice
from gateway.desk.declined import Declined
from gateway.web.guard import actor
from gateway.web.times import clock_of
from gateway.web.translate import _
from gateway.web.words import word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from werkzeug.wrappers import Response

    from gateway.parts import Parts

BAD, SEE_OTHER = 422, 303
HERE = "/admin/how-we-work"
_MOST_TYPED = 20_000
_MOST_ROADS = 5


def add_to(pages: Blueprint, parts: Parts) -> None:
    """Add the page and what can be set on it."""

    @pages.get("/how-we-work")
    def how_we_work() -> str:
        return _page(parts)

    @pages.post("/how-we-work/policy")
    def policy() -> Response | tuple[str, int]:
        typed = request.form.get("policy", "")[:_MOST_TYPED]
        return _done(
            parts, lambda: practice.set_policy(parts, actor(), typed), place="policy", typed_policy=typed
        )

    @pages.post("/how-we-work/roads")
    def roads() -> Response | tuple[str, int]:
        order = [one for one in request.form.getlist("road") if one]
        return _done(
            parts, lambda: practice.set_roads(parts, actor(), order), place="roads", typed_order=order
        )


def _done(
    parts: Parts,
    change: Callable[[], None],
    *,
    place: str,
    typed_policy: str | None = None,
    typed_order: Sequence[str] | None = None,
) -> Response | tuple[str, int]:
    try:
        change()
    except Declined as declined:
        fault = {place: word(declined.why)}
        return _page(parts, fault=fault, typed_policy=typed_policy, typed_order=typed_order), BAD
    flash(_("Saved %(t)s.", t=clock_of(parts)))
    return redirect(f"{HERE}#{place}", SEE_OTHER)


def _page(
    parts: Parts,
    *,
    fault: dict[str, str] | None = None,
    typed_policy: str | None = None,
    typed_order: Sequence[str] | None = None,
) -> str:
    seen = practice.look(parts, actor())
    return render_template(
        "admin/practice.html",
        seen=seen,
        fault=fault or {},
        policy=seen.policy if typed_policy is None else typed_policy,
        order=list(seen.order if typed_order is None else typed_order),
        places=min(len(seen.standing), _MOST_ROADS),
        longest=practice.LONGEST,
        here=HERE,
    )
