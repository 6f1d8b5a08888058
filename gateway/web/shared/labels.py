"""Translates codes of use cases into words of the page, and makes control characters in user text visible."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gateway.domain.audit_acts import AuditAct
from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Role
from gateway.helpdesk.errors import Why
from gateway.web.shared.i18n import later

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

    from flask import Flask

STATES: dict[CallbackState, Any] = {
    CallbackState.WAITING: later("waiting"),
    CallbackState.CLAIMED: later("claimed"),
    CallbackState.CALLING: later("calling"),
    CallbackState.REVIEW: later("unclear"),
    CallbackState.REACHED: later("reached"),
    CallbackState.GIVEN_UP: later("given up"),
    CallbackState.CLOSED: later("closed"),
    CallbackState.CANCELLED: later("cancelled by her"),
    CallbackState.EXPIRED: later("expired"),
}
_WORDS: dict[type[StrEnum], dict[Any, Any]] = {
    Role: {
        Role.COUNSELLOR: later("Counsellor"),
        Role.SUPERVISOR: later("Supervisor"),
        Role.ADMINISTRATOR: later("Administrator"),
        Role.READER: later("Reader"),
        Role.TRANSLATOR: later("Translator"),
    },
    Why: {
        Why.NAME: later("A name has 2 to 40 characters and at least one letter."),
        Why.NAME_TAKEN: later("Somebody already has this name. Add a second name or a letter."),
        Why.PASSWORD: later(
            "Use at least 8 characters that nobody guesses, no common word or name. Three or four words are good."
        ),
        Why.WRONG: later("This is not your present password."),
        Why.LINK: later("This link was used already or is too old. Ask for a new one."),
        Why.NUMBER: later(
            "This is no phone number that can be called. Write it with its country code, like +856…"
        ),
        Why.WHICH_NUMBER: later("This number exists in more than one country. Which one is meant?"),
        Why.ROLE: later("Choose a role."),
        Why.LAST_ADMINISTRATOR: later(
            "This is the only administrator. Make somebody else administrator first."
        ),
        Why.NOBODY: later("There is nobody of that name. They may have been removed."),
        Why.SLOW_DOWN: later("Too many tries. Wait a little, then try again."),
        Why.YEAR: later("Write the year of the common calendar, like 2026, not more than 20 years off."),
        Why.DAYS: later("Choose a first and a last day; the last one is not before the first."),
        Why.HOURS: later("Write hours like 08:00-12:00, several parted by a comma."),
        Why.CODE: later("This code is wrong or was used before. Wait for the next one."),
        Why.FIELD: later("Something is missing here, or it is not one of the choices."),
        Why.LONG: later("This is too long. Shorten it."),
    },
    CallbackState: STATES,
}


def find_word(code: StrEnum) -> str:
    """Return the page's word for a role, a reason or a state of a request."""
    return str(_WORDS[type(code)][code])


def name_detail(of: Callable[[str, str], str], act: str, detail: str, *, kind: str = "") -> str:
    """Return the detail of an audit entry in words; empty if it means nothing to a reader.

    Args:
        of: names a code by its group.
        act: as ``AuditAct`` names it.
        detail: the stored code.
        kind: what the entry is about; the details of a callback are reasons where nothing else is said here.
    """
    if act == AuditAct.OUTCOME:
        return of("outcome", detail)
    if detail in {"", "her"} or act == AuditAct.PAGE_REFUSED:
        return ""
    if act in {AuditAct.ASKED, AuditAct.ADDED}:
        return of("how", detail)
    if act in _WITH_REASON or kind == "callback":
        return of("reason", detail)
    return find_word(Role(detail)) if act in _WITH_ROLE and detail in set(Role) else detail


def name_happening(of: Callable[[str, str], str], act: str, detail: str) -> str:
    """Return an entry of a callback's history in words: of a call its outcome, else the act with its detail."""
    words = name_detail(of, act, detail, kind="callback")
    if act == AuditAct.OUTCOME:
        return words
    shown = of("happening", act)
    return f"{shown} ({words})" if words else shown


_WITH_REASON = frozenset({AuditAct.REFUSED, AuditAct.STOPPED, AuditAct.ACKNOWLEDGED, AuditAct.EXPIRED})
_WITH_ROLE = frozenset({AuditAct.PERSON_ADD, AuditAct.PERSON_ROLE})


# Control characters in text by callers and staff are shown as symbols, so that it stays readable and harmless.

_PICTURES = 0x2400
"""Start of the Unicode block Control Pictures: U+2407 stands for U+0007."""

_DELETE, _DELETE_SIGN, _UNKNOWN_SIGN = 0x7F, "\u2421", "\ufffd"
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""C0 and C1 controls except tab and line ends, and bidirectional formatting characters (Unicode UAX 9)."""


def show_controls(value: object) -> object:
    """Return a value as printed in a page: in a text, control characters are replaced by symbols."""
    if isinstance(value, str) and _HIDDEN.search(value):
        return type(value)(_HIDDEN.sub(_draw_sign, value))
    return value


def escape_formula(value: object) -> object:
    """Escape a value that a spreadsheet would run as a formula (OWASP, "CSV Injection"); people choose their names."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@"} else value


def install(app: Flask) -> None:
    """Print all values of the app's pages so; must run before any template is compiled."""
    app.jinja_env.finalize = show_controls


def _draw_sign(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < ord(" "):
        return chr(_PICTURES + code)
    return _DELETE_SIGN if code == _DELETE else _UNKNOWN_SIGN
