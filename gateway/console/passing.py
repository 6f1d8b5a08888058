"""Passing a claim on to a colleague by name, and telling the colleague: only where more than a few people work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect

from gateway.console.callback import page
from gateway.desk import line, transfer
from gateway.desk.lists import name_word
from gateway.desk.transfer import NotPassed, Unfit
from gateway.web.forms import field
from gateway.web.guard import actor
from gateway.web.translate import _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from gateway.parts import Parts

CONFLICT, SEE_OTHER = 409, 303


def add_to(pages: Blueprint, parts: Parts) -> None:
    """Add the form that passes on."""

    @pages.post("/callbacks/<callback_id>/pass-on")
    def pass_on(callback_id: str) -> Response | tuple[str, int]:
        try:
            transfer.hand_over(parts, actor(), callback_id, field("to"), reason=field("reason"))
        except NotPassed as refused:
            return page(parts, callback_id, fault=_why(parts, callback_id, refused)), CONFLICT
        flash(_("Passed on. It is no longer yours."))
        return redirect("/", SEE_OTHER)


def _why(parts: Parts, callback_id: str, refused: NotPassed) -> str:
    name = refused.name
    match refused.why:
        case Unfit.NOT_WORKING:
            return _("%(name)s does not answer requests.", name=name)
        case Unfit.DECIDES_NOT:
            return _("This one waits for a decision, and %(name)s cannot decide it.", name=name)
        case Unfit.AWAY:
            return _("%(name)s is not on duty now. Nothing was changed.", name=name)
        case Unfit.LANGUAGE:
            row = line.show(parts, actor(), callback_id).row
            tongue = name_word(parts, "language", row.language, "") or row.language
            return _("%(name)s does not speak %(language)s. Nothing was changed.", name=name, language=tongue)
        case Unfit.FULL:
            return _(
                "%(name)s has %(n)s in hand, as many as was agreed. Nothing was changed.",
                name=name,
                n=refused.capacity,
            )
