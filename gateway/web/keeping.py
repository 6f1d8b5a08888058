"""Keeps what a person typed when it could not be sent: the sign-in had ended, or the form was of an earlier one.

The office computer is shared, so nothing stays in the browser: the words lie sealed on the server, for the one person
who typed them, and stand in their form again once that very person is signed in.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from flask import Flask, current_app, request, session
from werkzeug.exceptions import HTTPException

from gateway.store import kept_forms
from gateway.store.engines import Unavailable
from gateway.web.filling import fill_form
from gateway.web.guard import WHO, signed_in

if TYPE_CHECKING:
    from flask import Response

    from gateway.parts import Parts
    from gateway.store.kept_forms import KeptForm

_OK = 200
_SECRETS = frozenset({"password", "old", "new", "code"})
_OURS = frozenset({"csrf_token", "as"})
_LONGEST_ADDRESS = 200
_WORDS = 12
"""A field of so many characters, or of several words, is something that a person would not like to type again."""


def install(app: Flask, parts: Parts) -> None:
    """Put the words back where an address names a kept form, and forget them once the form was sent."""
    app.config["KEEPS"] = lambda: keep_posted(parts)

    @app.after_request
    def put_back(response: Response) -> Response:
        who = signed_in()
        if who is None or response.status_code >= 400:  # noqa: PLR2004 - the first status of a refusal
            return response
        if request.method == "POST" and request.blueprint in {"console", "admin"}:
            with suppress(Unavailable):  # what was done is done; the words are forgotten by their age
                parts.store.run(
                    lambda tx: kept_forms.drop_forms(tx, who.person.id, request.path[:_LONGEST_ADDRESS])
                )
        wanted = request.args.get("kept", "")[:20] if request.method == "GET" else ""
        if wanted and response.status_code == _OK and response.mimetype == "text/html":
            with suppress(Unavailable):
                _put_back(parts, response, who.person.id, wanted)
        return response


def keep_posted(parts: Parts) -> str:
    """Keep the form of this request for whoever typed it; return where they find it again, or an empty string."""
    person_id, back = _writer(), page_of(request.path)
    fields = {name: request.form.getlist(name) for name in request.form if name not in _OURS}
    if not person_id or not back or not fields or _SECRETS & set(fields):
        return ""
    now, action = parts.clock.now(), request.path[:_LONGEST_ADDRESS]
    found = parts.store.run(lambda tx: kept_forms.keep_form(tx, person_id, action, fields, now=now))
    return f"{back}?kept={found}"


def words_posted() -> tuple[str, ...]:
    """Return what a person typed into the form of this request, to be shown where it cannot be sent."""
    fields = [name for name in request.form if name not in _SECRETS | _OURS]
    typed = (one for name in fields for one in request.form.getlist(name))
    return tuple(one for one in typed if len(one) > _WORDS or len(one.split()) > 1)


def page_of(path: str) -> str:
    """Return the page on which a form stands that is sent to this address: the nearest above that can be read."""
    adapter = current_app.url_map.bind("")
    while path:
        try:
            rule, _values = adapter.match(path, method="GET", return_rule=True)
        except HTTPException:
            path = path.rpartition("/")[0]
            continue
        return path if rule.endpoint != "web.static" else ""
    return ""


def _writer() -> str:
    """Return who typed the form: whoever it was made for, where this browser was theirs last."""
    who = signed_in()
    here = {session.get(WHO), who.person.id if who else None} - {None}
    made_for = request.form.get("as", "")
    if made_for:
        return made_for if made_for in here else ""
    return who.person.id if who else str(session.get(WHO, ""))


def _put_back(parts: Parts, response: Response, person_id: str, form_id: str) -> None:
    with parts.store.read() as tx:
        form = kept_forms.find_form(tx, person_id, form_id)
    if form is not None:
        response.set_data(_filled(response.get_data(as_text=True), form))


def _filled(page: str, form: KeptForm) -> str:
    filled = fill_form(page, form.action, form.fields)
    if filled is not None:
        return filled
    words = tuple(
        one for values in form.fields.values() for one in values if len(one) > _WORDS or len(one.split()) > 1
    )
    block = current_app.jinja_env.get_template("unsent.html").render(words=words, missing=True)
    return page.replace("</h1>", f"</h1>{block}", 1)
