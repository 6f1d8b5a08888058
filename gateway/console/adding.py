"""Adding a request for somebody who came in, phoned in, or whose family asks: the same questions as on her phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request

from gateway.access import Permission, permit
from gateway.desk import adding, line, reading
from gateway.desk.adding import Asked, How
from gateway.desk.declined import Declined, Why
from gateway.desk.lists import list_languages, list_topics
from gateway.desk.windows import windows_of
from gateway.engine.effects import CallbackAccepted
from gateway.ids import new_id
from gateway.safe_contact import PhoneSeen, When
from gateway.web.forms import field
from gateway.web.guard import actor
from gateway.web.translate import _
from gateway.web.typed_numbers import read_number_field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response

    from gateway.parts import Parts

BAD, SEE_OTHER = 422, 303


def add_to(pages: Blueprint, parts: Parts) -> None:
    """Add the form and what it sends."""

    @pages.get("/add")
    def form() -> str:
        permit(actor(), Permission.WORK_QUEUE)
        text_id = request.args.get("text", "")
        how = How.TEXTED if text_id else How.VISITOR
        form = new_id(parts.clock.now())
        return _page(
            parts,
            {
                "how": how.value,
                "language": next(iter(list_languages(parts)), ""),
                "form": form,
                "text": text_id,
            },
        )

    @pages.post("/add")
    def add() -> Response | tuple[str, int]:
        permit(actor(), Permission.WORK_QUEUE)
        try:
            receipt = adding.add(parts, actor(), _asked(parts), form=field("form"))
        except Declined as declined:
            return _page(parts, request.form, fault=declined.why), BAD
        if not isinstance(receipt, CallbackAccepted):
            return _page(parts, request.form, refused=True), BAD
        flash(_("Added. The code is %(code)s: she can use it to ask how it stands.", code=receipt.code))
        return redirect(f"/callbacks/{receipt.callback}", SEE_OTHER)


def _asked(parts: Parts) -> Asked:
    """Read the form.

    Raises:
        Declined: a choice is missing, or is none of those that were offered.
    """
    try:
        how, seen = How(field("how")), PhoneSeen(field("phone_seen"))
    except ValueError:
        raise Declined(Why.FIELD) from None
    when = next((one for one in _windows(parts) if one == field("when")), None)
    language, topic = field("language"), field("topic") or "other"
    if language not in list_languages(parts) or topic not in list_topics(parts) or when is None:
        raise Declined(Why.FIELD)
    if field("danger") not in {"yes", "no"}:  # not asked is not "no"
        raise Declined(Why.FIELD)
    return Asked(
        how=how,
        number=read_number_field("number"),
        family_number=read_number_field("family_number"),
        agreed_herself=how is not How.FAMILY or field("agreed_herself") == "yes",
        consented=field("consented") == "yes",
        phone_seen=seen,
        when=when,
        language=language,
        topic=topic,
        danger=field("danger") == "yes",
        woman=field("woman") == "yes",
        sms_safe=field("sms_safe") == "yes" and seen is PhoneSeen.NO,
        text_id=field("text"),
    )


def _windows(parts: Parts) -> tuple[When, ...]:
    """Return when she may be called: in the windows that callers are offered, or at once."""
    return *windows_of(parts), When.NOW


def _page(parts: Parts, typed: Mapping[str, str], *, fault: Why | None = None, refused: bool = False) -> str:
    return render_template(
        "console/add.html",
        typed=typed,
        fault=fault,
        asks_family=typed.get("how") == How.FAMILY and typed.get("agreed_herself") != "yes",
        refused=refused,
        text=reading.one(parts, actor(), typed.get("text", "")) if typed.get("text") else None,
        hows=[how for how in How if how is not How.TEXTED],
        seen=list(PhoneSeen),
        windows=_windows(parts),
        topics=list_topics(parts),
        spoken=list_languages(parts),
        tab="",
        counts=line.queue(parts, actor()).counts,
    )
