"""Renders an error page for each refusal and fault, which says what went wrong and what to do now."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Response, current_app, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from gateway.domain.permissions import AuditAct, NotPermitted
from gateway.helpdesk.errors import NoSuchCallback
from gateway.helpdesk.staff.two_factor import NotFresh
from gateway.storage import audit
from gateway.storage.database import DiskFull, Unavailable
from gateway.storage.value_limits import ValueRefused, is_text
from gateway.web.shared import health
from gateway.web.shared.auth import find_sign_in, may_see_parts
from gateway.web.shared.i18n import _
from gateway.web.shared.unsent_forms import find_page, keep_posted, list_posted_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from flask import Flask
    from werkzeug.wrappers import Response as Answer

    from gateway.foundation.services import Services
    from gateway.web.shared.health import WrongPart

    _Fault = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

SEE_OTHER = 303
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
FULL = 507
FORBIDDEN, NOT_FOUND, WRONG_METHOD, TOO_LARGE, UNFIT, AWAY, OLD_FORM = 403, 404, 405, 413, 422, 503, 400


def install(app: Flask, parts: Services) -> None:
    """Register an error handler for each refusal and fault."""
    app.log_exception = _log_fault  # type: ignore[method-assign, assignment]

    @app.errorhandler(CSRFError)
    def old_form(_error: CSRFError) -> tuple[str, int]:
        is_draft = request.headers.get("X-Draft") == "yes"
        return ("", OLD_FORM) if is_draft else _render_page(OLD_FORM, again=keep_posted(parts))

    @app.errorhandler(NotPermitted)
    def refused(_error: NotPermitted) -> tuple[str, int]:
        return refuse_page(parts)

    @app.errorhandler(NoSuchCallback)
    def gone(_error: NoSuchCallback) -> tuple[str, int]:
        return show_gone()

    @app.errorhandler(ValueRefused)
    def unfit(_error: ValueRefused) -> tuple[str, int]:
        return _render_page(UNFIT)

    @app.errorhandler(NotFresh)
    def prove_first(_error: NotFresh) -> Answer:
        """Redirect to re-authentication, with the typed input saved."""
        back = keep_posted(parts) if request.method == "POST" else request.path
        return redirect(f"/prove?{urlencode({'back': back or find_page(request.path)})}", SEE_OTHER)

    @app.errorhandler(Unavailable)
    def away(error: Unavailable) -> tuple[str, int]:
        # What polls or was sent by a script shows one line of it: nobody would read what each part says.
        tells = may_see_parts() and "HX-Request" not in request.headers
        wrong = health.list_wrong_parts(parts) if tells else []
        page, _status = _render_page(FULL if isinstance(error, DiskFull) else AWAY, wrong=wrong)
        return page, AWAY  # pages try again on this status, whatever the cause

    @app.errorhandler(HTTPException)
    def other(error: HTTPException) -> Response | tuple[str, int]:
        return _render_page(error.code or InternalServerError.code)


def ask_for_text(app: Flask, machines: frozenset[str]) -> None:
    """Refuse an address that is not valid text, before a query or a header that is made of it fails.

    A database takes no NUL, and a redirect to the same place no line end (RFC 9110, section 5.5).
    """

    @app.before_request
    def look_at_address() -> tuple[str, int] | None:
        if request.blueprint in machines:
            return None
        if not is_text(request.path) or _CONTROL.search(request.path):
            return show_missing()
        # Cookies need no check: they are signed, or looked up by their hash.
        arguments = request.args.items(multi=True)
        return None if all(is_text(name + value) for name, value in arguments) else _render_page(UNFIT)


def ask_for_text_in_forms(app: Flask, machines: frozenset[str]) -> None:
    """Refuse a form with invalid text, after the sign-in check, as the page shown then depends on the person."""

    @app.before_request
    def look_at_form() -> tuple[str, int] | None:
        if request.blueprint in machines:
            return None
        typed = request.form.items(multi=True)
        return None if all(is_text(name + value) for name, value in typed) else _render_page(UNFIT)


def show_missing() -> tuple[str, int]:
    """Return the 404 page."""
    return _render_page(NOT_FOUND)


def show_gone() -> tuple[str, int]:
    """Return the 404 page of a request for a call."""
    advice = _(
        "The address may be mistyped, or the request is gone: samples go when an administrator takes them out."
    )
    return _render_page(NOT_FOUND, advice=advice)


def refuse_page(parts: Services) -> tuple[str, int]:
    """Return the 403 page, and audit which page was refused to whom."""
    _put_on_record(parts)
    return _render_page(FORBIDDEN)


def _put_on_record(parts: Services) -> None:
    """Audit the refused endpoint by name only, because its path may hold confidential values."""
    who, now = find_sign_in(), parts.clock.now()
    if who is None:
        return
    page = (request.endpoint or "")[:40]
    with suppress(Unavailable):
        parts.store.run(
            lambda tx: audit.add_entry(
                tx,
                now=now,
                person_id=who.person.id,
                act=AuditAct.PAGE_REFUSED,
                kind="page",
                subject=page,
                detail=request.method,
            )
        )


def _log_fault(fault: _Fault) -> None:
    """Log where a page failed, without the exception's message and the path, which may hold personal data."""
    kind, _exception, trace = fault
    places = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(extract_tb(trace)[-6:]))
    name = kind.__name__ if kind else "fault"
    current_app.logger.error("a page failed: %s %s: %s at %s", request.method, request.endpoint, name, places)


def _render_page(
    status: int, *, again: str = "", wrong: Sequence[WrongPart] = (), advice: str = ""
) -> tuple[str, int]:
    title, usual = _find_words(status)
    advice = advice or usual
    if again:
        advice = _("Nothing was sent. Your words are kept: look at the form once more and send it.")
    words = () if again or status == TOO_LARGE or find_sign_in() is None else list_posted_words()
    page = render_template(
        "fault.html",
        title=title,
        advice=advice,
        status=status,
        again=again,
        words=words,
        missing=False,
        wrong=wrong,
    )
    return page, status


def _find_words(status: int) -> tuple[str, str]:
    words = {
        OLD_FORM: (
            _("This form was too old"),
            _("Nothing was changed. Go back, load the page again and send it once more."),
        ),
        FORBIDDEN: (_("This is not for your role"), _("Ask an administrator if you need it for your work.")),
        NOT_FOUND: (_("There is nothing here"), _("The address may be mistyped, or the request is gone.")),
        WRONG_METHOD: (_("There is nothing here"), _("Go back and use the buttons of the page.")),
        UNFIT: (
            _("That cannot be kept as text"),
            _(
                "Nothing was changed. It is too long or holds signs that are no text: type it anew, do not paste it."
            ),
        ),
        TOO_LARGE: (_("That was too much text"), _("Nothing was changed. Go back and shorten it.")),
        AWAY: (
            _("The records cannot be reached just now"),
            _(
                "Nothing was changed. Callers still read the menu, and what they ask for is kept beside the records "
                "until they are back. Try again in a minute."
            ),
        ),
        FULL: (
            _("The disk of the server is full"),
            _(
                "Nothing was changed. Callers still read the menu, but what they ask for may not be kept: whoever runs "
                "the server has to make room now."
            ),
        ),
    }
    broken = (
        _("Something went wrong here"),
        _("It is in the log. Try again; if it stays, tell whoever runs the server."),
    )
    return words.get(status, broken)
