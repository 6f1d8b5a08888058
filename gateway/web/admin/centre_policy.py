"""Serves the checklist until the line is live with its sample data, all settings, the centre's rules and audit log.

Rules are the policy for callers under 18 and the channels for staff alerts; the log has a monthly CSV export.
"""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request
from flask import Response as FlaskResponse
from flask_babel import ngettext

from gateway.domain.callbacks.windows import DAYS
from gateway.domain.permissions import Permission, check_permission
from gateway.helpdesk.alerts.alerts import ROADS
from gateway.helpdesk.errors import Rejected
from gateway.helpdesk.queue import sample_data
from gateway.helpdesk.queue.sample_data import SampleFault, SamplesRefused
from gateway.helpdesk.requests.referrals import POLICY
from gateway.helpdesk.staff import centre_policy, two_factor
from gateway.operations import line_settings
from gateway.operations.line_settings import ChangeFault, ChangeRefused
from gateway.operations.publishing.menu_drafts import APPROVAL
from gateway.web.admin.channels import list_groups
from gateway.web.shared import health
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import flash_saved, read_field
from gateway.web.shared.i18n import _, later
from gateway.web.shared.labels import find_word, quote_formula
from gateway.web.shared.second_factor import ask_proof, take_proof

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services
    from gateway.storage.audit import AuditEntry


BAD, SEE_OTHER = 422, 303
_LONGEST_SETTING = 300
HERE = "/admin/how-we-work"
_MOST_TYPED = 20_000
_MOST_ROADS = 5
_STEPS = {
    "numbers": (
        later("The helpline's numbers are set"),
        later(
            "Callers read them where we cannot help. Write them under Settings, The line: they count at once."
        ),
        "/admin/settings#line.helpline",
    ),
    "people": (
        later("At least two people can call back"),
        later("Counsellors and supervisors. Each gets a link, chooses a password and a name."),
        "/admin/people",
    ),
    "phones": (
        later("Each of them has a helpline phone"),
        later("Calls are made from these phones only, and alerts go there."),
        "/admin/people",
    ),
    "second_factor": (
        later("Everybody who sees callers has a second factor"),
        later(
            "A code from an app beside the password. It is set up at the first sign-in, under My settings."
        ),
        "/admin/people",
    ),
    "hours": (
        later("It is known when somebody is here"),
        later("Only times at which somebody is here are offered to callers."),
        "/admin/shifts",
    ),
    "texts": (
        later("The texts on the way to a call are reviewed"),
        later(
            "A real line offers only languages that somebody who speaks them has read, from the first screen to the "
            "end of the form."
        ),
        "/admin/menus",
    ),
    "backup": (
        later("A backup was taken in the last month"),
        later(
            "Whoever runs the server calls gateway backup FILE and keeps the file and the recovery sheet in two places."
        ),
        "",
    ),
    "test_call": (
        later("A test call was made from end to end"),
        later(
            "Ask for a call on the phone page, take it from the queue, press Call, and record what happened."
        ),
        "/phone/",
    ),
    "samples": (
        later("The sample requests are taken out"),
        later("They are for learning. Before callers come the queue should hold nothing but their requests."),
        "/admin/begin#sample-data",
    ),
    "channel": (
        later("A line of a provider is connected"),
        later("Until then only the phone page reaches the menu. gateway channels add PROVIDER begins one."),
        "",
    ),
}
"""Step of the checklist → what is done then, what it is for and how, and the page on which it is done."""


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the pages and their forms."""

    @pages.get("/begin")
    def first_steps() -> str:
        steps = centre_policy.list_first_steps(parts, get_actor())
        return render_template(
            "admin/begin.html",
            steps=steps,
            words=_STEPS,
            left=[one for one in steps if not one.done],
            samples=sample_data.find_samples(parts),
        )

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


BEGIN = "/admin/begin#sample-data"
_NO_SAMPLES = {
    SampleFault.LIVE: later(
        "No samples were put in: real callers reach this line, or have reached it. Samples are for a line before its "
        "first caller. To practise, ask for a call on the phone page."
    ),
    SampleFault.THERE: later("The samples are in already; nothing was added."),
}


def add_samples(pages: Blueprint, parts: Services) -> None:
    """Register the two presses that put sample requests in and take them out."""

    @pages.post("/begin/samples/in")
    def put_samples_in() -> Response:
        try:
            count = sample_data.put_samples_in(parts, get_actor(), note=_("This note is a sample."))
        except SamplesRefused as refused:
            flash(str(_NO_SAMPLES[refused.why]), "info" if refused.why is SampleFault.THERE else "bad")
        else:
            flash(ngettext("%(num)s sample request is in.", "%(num)s sample requests are in.", count))
        return redirect(BEGIN, SEE_OTHER)

    @pages.post("/begin/samples/out")
    def take_samples_out() -> Response:
        count = sample_data.take_samples_out(parts, get_actor())
        if count:
            flash(ngettext("%(num)s sample request is out.", "%(num)s sample requests are out.", count))
        else:
            flash(_("No samples were in; nothing was taken out."), "info")
        return redirect(BEGIN, SEE_OTHER)


SETTINGS = "/admin/settings"
_REFUSED = {
    ChangeFault.NUMBER: later(
        "Write the number as callers should dial it: digits, spaces and a plus in front, no words."
    ),
    ChangeFault.WORDS: later("Write at most 60 letters, without braces."),
    ChangeFault.WHOLE: later("Write a whole number within the bounds beside the field."),
    ChangeFault.MONEY: later("Write an amount like 10 or 10 USD."),
    ChangeFault.HOURS: later("Write hours like 08:00-12:00, several parted by a comma."),
    ChangeFault.ROOM: later(
        "There is no room for that on the phone's pages as they were published. Shorten it, or ask whoever runs the "
        "server to write it into gateway.toml and publish the menu again."
    ),
    ChangeFault.WHY: later("Say in one sentence why it changes."),
    ChangeFault.MEANWHILE: later(
        "Somebody changed it in the meantime. Look at the value that counts now, then save again."
    ),
    ChangeFault.LOCKED: later("The environment of the server holds this setting, so no page can change it."),
    ChangeFault.NEEDED: later("It cannot be empty while real phones reach the line: callers are sent to it."),
}


def add_settings(pages: Blueprint, parts: Services) -> None:
    """Register the page of settings with its form, and the one that says what is wrong."""

    @pages.get("/state")
    def show_state() -> str:
        check_permission(get_actor(), Permission.MANAGE_CHANNELS)
        return render_template("admin/state.html", wrong=health.list_wrong_parts(parts))

    @pages.get("/settings")
    def show_settings() -> str:
        return _render_settings(parts)

    @pages.post("/settings/<path:key>")
    def change(key: str) -> Response | tuple[str, int]:
        typed = {name: read_field(name, _LONGEST_SETTING) for name in ("value", "why", "seen", *DAYS)}
        back = bool(request.form.get("back"))
        seen = int(typed["seen"]) if typed["seen"].removeprefix("-").isdecimal() else -1
        try:
            line_settings.change_setting(
                parts, get_actor(), key, None if back else typed, why=typed["why"], seen=seen
            )
        except ChangeRefused as refused:
            fault = str(_REFUSED[refused.why])
            return _render_settings(parts, opened=key, typed=typed, fault=fault, about=refused.why), BAD
        flash_saved(parts)
        return redirect(f"{SETTINGS}#{key}", SEE_OTHER)


def _render_settings(parts: Services, **form: object) -> str:
    found = line_settings.list_settings(parts, get_actor(), (POLICY, ROADS, APPROVAL))
    return render_template(
        "admin/settings.html",
        groups=list_groups(found.stated),
        found=found,
        days=DAYS,
        week=line_settings.list_week(parts),
        shown=line_settings.show_value,
        **form,
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


LOG_HERE = "/admin/record"
FIELDS = ("at", "who", "act", "kind", "subject", "detail")


def add_audit_log(pages: Blueprint, parts: Services) -> None:
    """Register the page and the export."""

    @pages.get("/record")
    def record() -> str:
        return _render_log(parts)

    @pages.post("/record/export")
    def export_record() -> Response | tuple[str, int]:
        month = read_field("month", 7)
        actor, fault = take_proof(parts)
        try:
            return _write_table(centre_policy.export_trail(parts, actor, month), month)
        except two_factor.NotFresh:
            return ask_proof(fault)
        except Rejected:
            return _render_log(parts, wrong=month or "?"), BAD


def _find_day(parts: Services, who: str) -> centre_policy.PersonDay | None:
    """Return the day of a person that the address asks for; None without one, or where it is none."""
    written = request.args.get("day", "")[:10]
    if not (who and written and get_actor().may(Permission.SEE_AUDIT)):
        return None
    with suppress(ValueError, Rejected):
        return centre_policy.show_day(parts, get_actor(), who, date.fromisoformat(written))
    return None


def _render_log(parts: Services, *, wrong: str = "") -> str:
    who = request.args.get("who", "")[:20]
    seen = centre_policy.show_trail(
        parts, get_actor(), before=request.args.get("before", "")[:20], person_id=who
    )
    return render_template(
        "admin/record.html",
        trail=seen,
        names={one.id: one.name for one in seen.people},
        own_day=_find_day(parts, who),
        today=parts.clock.now().astimezone(ZoneInfo(parts.line.zone)).date(),
        next_day=timedelta(days=1),
        who_chosen=who,
        month=wrong or f"{parts.clock.now():%Y-%m}",
        wrong=wrong,
        exports=get_actor().may(Permission.EXPORT),
        here=LOG_HERE,
    )


def _write_table(rows: Iterable[AuditEntry], month: str) -> FlaskResponse:
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(FIELDS)
    for row in rows:
        table.writerow(
            [
                row.at.isoformat(timespec="seconds"),
                *(quote_formula(getattr(row, name)) for name in FIELDS[1:]),
            ]
        )
    headers = {"Content-Disposition": f'attachment; filename="record-{month}.csv"'}
    return FlaskResponse(written.getvalue(), mimetype="text/csv", headers=headers)
