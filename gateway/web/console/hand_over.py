"""Serves the hand-over between shifts: what stands where, and several claims passed on or given back at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import ngettext

from gateway.domain.callbacks.states import IllegalMove
from gateway.domain.permissions import Permission, check_permission
from gateway.helpdesk.errors import ClaimedByOther, NoSuchCallback
from gateway.helpdesk.queue import claim, queue, shift_summary, transfer
from gateway.helpdesk.queue.transfer import NotPassed
from gateway.web.console.actions import describe_refusal, describe_unfitness
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import read_field
from gateway.web.shared.i18n import _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services

SEE_OTHER = 303
_AT_MOST = 200


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the page and its form."""

    @pages.get("/hand-over")
    def hand_over() -> str:
        summary = shift_summary.hand_over(parts, get_actor())
        counts = queue.count_tabs(parts, get_actor())
        return render_template("console/hand_over.html", told=summary, tab="", counts=counts)

    @pages.post("/hand-over")
    def pass_several() -> Response:
        check_permission(get_actor(), Permission.WORK_QUEUE)
        chosen, to = dict.fromkeys(request.form.getlist("one")[:_AT_MOST]), read_field("to")
        refused = [why for one in chosen if (why := _move_one(parts, one, to))]
        _say_moved(len(chosen) - len(refused), to)
        for why in dict.fromkeys(refused):
            flash(why, "bad")
        return redirect("/hand-over", SEE_OTHER)


def _move_one(parts: Services, callback_id: str, to: str) -> str:
    """Pass one claim to a colleague, or give it back without one; return why not, empty where it was done.

    Each is a deed of its own: one that is refused keeps none of the others.
    """
    try:
        if to:
            transfer.hand_over(parts, get_actor(), callback_id, to, reason=read_field("reason"))
        else:
            claim.release_callback(parts, get_actor(), callback_id)
    except NotPassed as refused:
        return describe_unfitness(parts, callback_id, refused)
    except (ClaimedByOther, IllegalMove, NoSuchCallback) as error:
        return describe_refusal(parts, error)
    return ""


def _say_moved(count: int, to: str) -> None:
    if not count:
        flash(_("Nothing was changed."), "info")
    elif to:
        flash(ngettext("%(num)s was passed on.", "%(num)s were passed on.", count))
    else:
        flash(ngettext("%(num)s was given back.", "%(num)s were given back.", count))
