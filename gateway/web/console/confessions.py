"""Shows broken promises in the bar until a person acknowledges them.

Whoever made a call that was left without an outcome can say here what came of it.
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from flask import Blueprint, abort, flash, redirect, render_template, request

from gateway.domain.callbacks.states import BrokenPromise
from gateway.helpdesk.queue import queue, timers
from gateway.web.console.callback import FIRST_OUTCOMES, OTHER_OUTCOMES
from gateway.web.shared.auth import check_way_back, get_actor
from gateway.web.shared.forms import read_field
from gateway.web.shared.i18n import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services
    from gateway.storage.broken_promises import Confession

SEE_OTHER, MISSING = 303, 404
_MOST = 200


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the acknowledgement, and the page on which an unclear call gets its outcome."""

    @pages.post("/promises/<promise>/seen")
    def acknowledge(promise: str) -> Response:
        if promise not in set(BrokenPromise):
            abort(MISSING)
        ids = request.form.getlist("callback")[:_MOST]
        if timers.confirm_broken(parts, get_actor(), promise, ids):
            flash(_("It is on record that you have read this."))
        return redirect(check_way_back(read_field("back")) or "/", SEE_OTHER)

    @pages.get("/callbacks/<callback_id>/late")
    def say_late(callback_id: str) -> str:
        call = timers.find_unclear_call(parts, get_actor(), callback_id)
        return render_template(
            "console/late.html",
            callback_id=callback_id,
            code=call.code,
            began=call.started_at,
            outcomes=[*FIRST_OUTCOMES, *OTHER_OUTCOMES],
            tab="",
            opened="",
            counts=queue.show_queue(parts, get_actor()).counts,
        )


def group_confessions(
    found: Sequence[Confession],
) -> tuple[tuple[str, tuple[Confession, ...]], ...]:
    """Return (promise, requests) in the order of the promises, the gravest first."""
    order = list(BrokenPromise)
    ordered = sorted(found, key=lambda one: order.index(one.promise))
    return tuple(
        (promise.value, tuple(of_one)) for promise, of_one in groupby(ordered, attrgetter("promise"))
    )
