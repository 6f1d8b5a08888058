"""Puts what somebody typed earlier into a form of a rendered page: the forms are our own, so their HTML is regular."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Fields = Mapping[str, Sequence[str]]

_FORM = r'<form\b[^>]*\baction="{action}"[^>]*>.*?</form>'
_INPUT = re.compile(r"<input\b[^>]*>")
_TEXTAREA = re.compile(r"(<textarea\b[^>]*>)(.*?)(</textarea>)", re.DOTALL)
_SELECT = re.compile(r"(<select\b[^>]*>)(.*?)(</select>)", re.DOTALL)
_OPTION = re.compile(r"<option\b[^>]*>")
_NOT_TYPED = frozenset({"password", "submit", "button", "file", "image"})
_OURS = frozenset({"csrf_token", "as"})


def fill_form(page: str, action: str, fields: Fields) -> str | None:
    """Return the page with these values in the form that goes to this address; None where it has no such form.

    A box that was not ticked then is not ticked now; a form inside closed details is opened.
    """
    form = re.search(_FORM.format(action=re.escape(escape(action))), page, re.DOTALL)
    if form is None or "<" not in form.group():
        return None
    inside = _INPUT.sub(lambda found: _input(found.group(), fields), form.group())
    inside = _TEXTAREA.sub(lambda found: _textarea(found, fields), inside)
    inside = _SELECT.sub(lambda found: _select(found, fields), inside)
    return _opened(page[: form.start()]) + inside + page[form.end() :]


def _input(tag: str, fields: Fields) -> str:
    name, kind = _attribute(tag, "name"), _attribute(tag, "type") or "text"
    if not name or name in _OURS or kind in _NOT_TYPED:
        return tag
    if kind in {"checkbox", "radio"}:
        return _marked(tag, "checked", _attribute(tag, "value") in fields.get(name, ()))
    if name not in fields:
        return tag
    return re.sub(r'\s+value="[^"]*"', "", tag)[:-1] + f' value="{escape(fields[name][0])}">'


def _textarea(found: re.Match[str], fields: Fields) -> str:
    name = _attribute(found[1], "name")
    # A browser drops the first line end of a textarea, so one more stands before the words.
    return f"{found[1]}\n{escape(fields[name][0])}{found[3]}" if name in fields else found[0]


def _select(found: re.Match[str], fields: Fields) -> str:
    chosen = fields.get(_attribute(found[1], "name"))
    if chosen is None:
        return found[0]
    mark: Callable[[re.Match[str]], str] = lambda one: _marked(  # noqa: E731 - named for its type
        one.group(), "selected", _attribute(one.group(), "value") in chosen
    )
    return found[1] + _OPTION.sub(mark, found[2]) + found[3]


def _marked(tag: str, mark: str, on: bool) -> str:  # noqa: FBT001 - a switch
    bare = re.sub(rf"\s+{mark}\b(=\"[^\"]*\")?", "", tag)
    return f"{bare[:-1]} {mark}>" if on else bare


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


def _opened(before: str) -> str:
    start = before.rfind("<details")
    if start < 0 or "</details>" in before[start:] or re.match(r"<details\b[^>]*\bopen", before[start:]):
        return before
    return f"{before[:start]}<details open{before[start + len('<details') :]}"
