"""Saves form input that could not be sent because the sign-in had ended or the form belonged to an earlier one.

Office computers are shared, so nothing stays in the browser: the input is encrypted on the server, for the person
who typed it, and is put back into its form when that person has signed in.
"""

from __future__ import annotations

import re
from contextlib import suppress
from html import escape, unescape
from typing import TYPE_CHECKING

from flask import Flask, current_app, request, session
from werkzeug.exceptions import HTTPException

from gateway.storage import sign_ins
from gateway.storage.database import Unavailable
from gateway.web.shared.auth import WHO, find_sign_in, get_sign_in
from gateway.web.shared.forms import BY_SCRIPT, is_brief

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flask import Response

    from gateway.foundation.services import Services
    from gateway.storage.sign_ins import SavedForm

    Fields = Mapping[str, Sequence[str]]

# Filling of rendered forms. The HTML is from our own templates and therefore regular enough for patterns.

_FORM = r'<form\b[^>]*\baction="{action}"[^>]*>.*?</form>'
_INPUT = re.compile(r"<input\b[^>]*>")
_TEXTAREA = re.compile(r"(<textarea\b[^>]*>)(.*?)(</textarea>)", re.DOTALL)
_SELECT = re.compile(r"(<select\b[^>]*>)(.*?)(</select>)", re.DOTALL)
_OPTION = re.compile(r"<option\b[^>]*>")
_NOT_TYPED = frozenset({"password", "submit", "button", "file", "image"})


def fill_form(page: str, action: str, fields: Fields) -> str | None:
    """Return the page with these values in the form for this action; None if the page has no such form.

    Unticked boxes are unticked; a form inside closed ``details`` is opened.
    """
    form = re.search(_FORM.format(action=re.escape(escape(action))), page, re.DOTALL)
    if form is None or "<" not in form.group():
        return None
    inside = _INPUT.sub(lambda found: _fill_input(found.group(), fields), form.group())
    inside = _TEXTAREA.sub(lambda found: _fill_textarea(found, fields), inside)
    inside = _SELECT.sub(lambda found: _fill_select(found, fields), inside)
    return _find_opened(page[: form.start()]) + inside + page[form.end() :]


def _fill_input(tag: str, fields: Fields) -> str:
    name, kind = _read_attribute(tag, "name"), _read_attribute(tag, "type") or "text"
    if not name or name in _OURS or kind in _NOT_TYPED:
        return tag
    if kind in {"checkbox", "radio"}:
        return _mark_tag(tag, "checked", _read_attribute(tag, "value") in fields.get(name, ()))
    if name not in fields:
        return tag
    return re.sub(r'\s+value="[^"]*"', "", tag)[:-1] + f' value="{escape(fields[name][0])}">'


def _fill_textarea(found: re.Match[str], fields: Fields) -> str:
    name = _read_attribute(found[1], "name")
    # Browsers drop the first newline of a textarea (HTML Living Standard, parsing), so one more is added.
    return f"{found[1]}\n{escape(fields[name][0])}{found[3]}" if name in fields else found[0]


def _fill_select(found: re.Match[str], fields: Fields) -> str:
    chosen = fields.get(_read_attribute(found[1], "name"))
    if chosen is None:
        return found[0]
    mark: Callable[[re.Match[str]], str] = lambda one: _mark_tag(  # noqa: E731 - named for its type
        one.group(), "selected", _read_attribute(one.group(), "value") in chosen
    )
    return found[1] + _OPTION.sub(mark, found[2]) + found[3]


def _mark_tag(tag: str, mark: str, on: bool) -> str:  # noqa: FBT001 - a switch
    bare = re.sub(rf"\s+{mark}\b(=\"[^\"]*\")?", "", tag)
    return f"{bare[:-1]} {mark}>" if on else bare


def _read_attribute(tag: str, name: str) -> str:
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


def _find_opened(before: str) -> str:
    start = before.rfind("<details")
    if start < 0 or "</details>" in before[start:] or re.match(r"<details\b[^>]*\bopen", before[start:]):
        return before
    return f"{before[:start]}<details open{before[start + len('<details') :]}"


_OK = 200
_SECRETS = frozenset({"password", "old", "new", "code"})
_OURS = frozenset({"csrf_token", "as"})
_OF_THE_FORM = frozenset({"form", "undo", "callback", "one", "referral", "to", "back"})
"""Fields in which a form says which it is and what it means: ids, which nobody typed."""

_LONGEST_ADDRESS = 200
_WORDS = 12
"""A field this long, or with several words, is worth saving."""


def install(app: Flask, parts: Services) -> None:
    """Fill in a saved form whose id the URL names, and delete it once the form was sent."""
    app.config["KEEPS"] = lambda: keep_posted(parts)
    app.config["PAGE_OF"] = find_page

    @app.after_request
    def name_page(response: Response) -> Response:
        """Name the page on which a refused form of the page's script stands, for the address that is shown."""
        if request.method == "POST" and is_brief() and (page := find_page(request.path)):
            response.headers[BY_SCRIPT] = page
        return response

    @app.after_request
    def put_back(response: Response) -> Response:
        who = find_sign_in()
        # A locked page did nothing with what was posted; 400 is the first status of a refusal.
        if who is None or who.locked or response.status_code >= 400:  # noqa: PLR2004
            return response
        if request.method == "POST" and request.blueprint in {"console", "admin"}:
            with suppress(Unavailable):  # the request succeeded; the saved form will expire
                parts.store.run(
                    lambda tx: sign_ins.drop_forms(tx, who.person.id, request.path[:_LONGEST_ADDRESS])
                )
        wanted = request.args.get("kept", "")[:20] if request.method == "GET" else ""
        if wanted and response.status_code == _OK and response.mimetype == "text/html":
            with suppress(Unavailable):
                _put_back(parts, response, who.person.id, wanted)
        return response


def keep_posted(parts: Services) -> str:
    """Save the form of this request for its author; return the URL at which it is found again, or an empty string."""
    person_id, back = _find_writer(), find_page(request.path)
    fields = {name: request.form.getlist(name) for name in request.form if name not in _OURS}
    if not person_id or not back or not fields or _SECRETS & set(fields):
        return ""
    now, action = parts.clock.now(), request.path[:_LONGEST_ADDRESS]
    found = parts.store.run(lambda tx: sign_ins.keep_form(tx, person_id, action, fields, now=now))
    return f"{back}?kept={found}"


def keep_typed(parts: Services, action: str) -> None:
    """Save what is being typed into the form of an address, in place of what was saved of it before."""
    person_id = _find_writer()
    fields = {name: request.form.getlist(name) for name in request.form if name not in _OURS}
    if not person_id:
        return
    now, cut = parts.clock.now(), action[:_LONGEST_ADDRESS]
    with parts.store.write() as tx:
        sign_ins.drop_forms(tx, person_id, cut)
        sign_ins.keep_form(tx, person_id, cut, fields, now=now)


def find_typed(parts: Services, action: str) -> SavedForm | None:
    """Return what the person typed for this address and did not send."""
    with parts.store.read() as tx:
        return sign_ins.find_last_form(tx, get_sign_in().person.id, action[:_LONGEST_ADDRESS])


def forget_typed(parts: Services, action: str) -> None:
    """Delete what the person typed for this address and did not send."""
    person_id = get_sign_in().person.id
    parts.store.run(lambda tx: sign_ins.drop_forms(tx, person_id, action[:_LONGEST_ADDRESS]))


def list_posted_words() -> tuple[str, ...]:
    """Return the text fields of this request's form, to be shown for copying."""
    fields = [name for name in request.form if name not in _SECRETS | _OURS | _OF_THE_FORM]
    typed = (one for name in fields for one in request.form.getlist(name))
    return tuple(one for one in typed if len(one) > _WORDS or len(one.split()) > 1)


def find_page(path: str) -> str:
    """Return the page that holds the form with this action: the nearest parent path that can be read."""
    adapter = current_app.url_map.bind("")
    while path:
        try:
            rule, _values = adapter.match(path, method="GET", return_rule=True)
        except HTTPException:
            path = path.rpartition("/")[0]
            continue
        return path if rule.endpoint != "web.static" else ""
    return ""


def _find_writer() -> str:
    """Return the author of a form: the person it was rendered for, if they were the last to sign in on this browser."""
    who = find_sign_in()
    here = {session.get(WHO), who.person.id if who else None} - {None}
    made_for = request.form.get("as", "")
    if made_for:
        return made_for if made_for in here else ""
    return who.person.id if who else str(session.get(WHO, ""))


def _put_back(parts: Services, response: Response, person_id: str, form_id: str) -> None:
    with parts.store.read() as tx:
        form = sign_ins.find_form(tx, person_id, form_id)
    if form is not None:
        response.set_data(_fill_form(response.get_data(as_text=True), form))


def _fill_form(page: str, form: SavedForm) -> str:
    filled = fill_form(page, form.action, form.fields)
    if filled is not None:
        return filled
    words = tuple(
        one
        for name, values in form.fields.items()
        for one in values
        if name not in _OF_THE_FORM and (len(one) > _WORDS or len(one.split()) > 1)
    )
    block = current_app.jinja_env.get_template("unsent.html").render(words=words, missing=True)
    return page.replace("</h1>", f"</h1>{block}", 1)
