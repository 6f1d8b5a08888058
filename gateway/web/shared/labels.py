"""Translates codes into words of the page, says what each page is for, and makes control characters visible."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import AuditAct, Role
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


# Help of each page: three sentences on what it is for, by the beginning of its address; the first that fits counts.

_HELP: tuple[tuple[str, Any], ...] = (
    (
        "/callbacks/",
        later(
            "Read *Say first* before you call: her code is the first thing that you say, and no "
            "organisation. Press Call, then say what happened; each answer tells what follows from it. After "
            "*Reached* one sheet takes note, figures and ending together, and what you type is kept."
        ),
    ),
    (
        "/mine",
        later(
            "These are yours, and nobody else calls them. Say what happened after each call, or give back "
            "what you cannot call, so that a colleague can. A claim ends by itself after 15 minutes in which "
            "you do nothing."
        ),
    ),
    (
        "/later",
        later(
            "These asked to be called at another time; each comes into the queue by itself when her safe "
            "time begins. You may open one, but her phone must not ring before. Nothing has to be done here."
        ),
    ),
    (
        "/review",
        later(
            "Here a person must decide: a call without an outcome, a wrong number, or somebody whom nobody "
            "reached. Ask whoever called, then decide: one more try, give up, or close. Nobody is called "
            "before that."
        ),
    ),
    (
        "/closed",
        later(
            "What is over, newest first, with who had it and how it ended. A supervisor can narrow the list "
            "by person and ending, reopen one for 14 days, and export a month. Numbers of callers are in no "
            "export."
        ),
    ),
    (
        "/add",
        later(
            "For somebody who is here, who phones, or whose family asks. Ask about danger, her phone and a "
            "safe time as her own phone would; without her consent nothing is kept. Then the page says what "
            "to tell her: her code and when we call."
        ),
    ),
    (
        "/ringing",
        later(
            "Type the number that the display shows, before you say anything but hello. The page says what "
            "may be said, and which request is hers. Only her code shows that it is she."
        ),
    ),
    (
        "/search",
        later(
            "Four digits are a code, more are a whole number; both find requests of any state. What somebody "
            "else has is shown as a row with the name. A search for a number is put on record."
        ),
    ),
    (
        "/texts",
        later(
            "Texts that no menu could answer; those with a word of danger come first. Answer with one of the "
            "safe sentences, make a request of it, or mark it as read. A text is gone after seven days."
        ),
    ),
    (
        "/hand-over",
        later(
            "What the next shift must know: danger, what is still yours, and what was promised for today. "
            "Pass on or give back what you cannot do; a note goes along. Then go off duty."
        ),
    ),
    (
        "/lines",
        later(
            "Whether each line is heard, and how much it sent today. Below stand the newest texts and what "
            "became of them, without words and numbers. If a line is silent, tell whoever runs the server."
        ),
    ),
    (
        "/me",
        later(
            "The helpline phone from which you call, alerts on this device, and your password. What you save "
            "here counts at once. If a phone or computer of yours is lost, sign out everywhere here."
        ),
    ),
    (
        "/admin/channels",
        later(
            "How callers reach the line: what each channel carries, what it costs, and what is wrong with it. "
            "Paste an address at the provider, and press Test to see that it leads here. What an operator "
            "texts, such as a SIM that expires, is read at the top."
        ),
    ),
    (
        "/admin/state",
        later(
            "What is not in order on the server, what it means for callers, and who mends it. The small lines are what "
            "gateway doctor says, to be passed on. Nothing is done on this page."
        ),
    ),
    (
        "/admin/settings",
        later(
            "What this installation is set to, and where each value comes from. What has a field is changed here, "
            "counts within seconds and asks for one sentence why. The rest is changed by whoever runs the server."
        ),
    ),
    (
        "/admin/people",
        later(
            "Everybody who may come in, with role, phone and languages. A link to sign in works once and for "
            "24 hours; pass it on so that nobody else reads it. Whoever is removed keeps the name in the "
            "record."
        ),
    ),
    (
        "/admin/shifts",
        later(
            "From these hours follows what callers are offered. Before a time disappears for them, the page "
            "asks. *On duty* opens a call at once, and nothing else."
        ),
    ),
    (
        "/admin/begin",
        later(
            "What is left before callers come, from the top: who calls back, from which phones, when. Each step "
            "is seen by itself when it is done. Nothing is ticked by hand."
        ),
    ),
    (
        "/admin/referrals/made",
        later(
            "Services whose numbers were sent or read out to a caller. Ask on the day what came of it and write "
            "it once; the figures count it. Who made a referral reads it, supervisors read all."
        ),
    ),
    (
        "/admin/referrals",
        later(
            "Other services, with their numbers and hours. Beside a call stand those that fit her language "
            "and topic. Only what may be passed on is ever read out or sent to a caller."
        ),
    ),
    (
        "/admin/how-we-work",
        later(
            "Rules of the centre: what to do when somebody may be under 18, and by which line we are told. "
            "Send a test text after each change. Counsellors read the rule where they need it."
        ),
    ),
    (
        "/admin/facts",
        later(
            "Figures and numbers that texts of the menu use, each with its source and the day of its check. "
            "Change one here: a draft shows every phone screen on which it stands. Callers see it once "
            "somebody else has approved it."
        ),
    ),
    (
        "/admin/menus",
        later(
            "The live menu, its versions and its drafts. A draft is changed, checked, approved by somebody "
            "else and published. Every version can be brought back."
        ),
    ),
    (
        "/admin/drafts",
        later(
            "A draft changes nothing for callers until it is published. Each part shows how phones will show "
            "it, and what is wrong with it. Send it for approval when the check is green."
        ),
    ),
    (
        "/admin/texts",
        later(
            "Texts that need your language, missing ones first. Write as you would say it to her, and look "
            "at the phone beside it. What is reviewed bears your name and the day."
        ),
    ),
    (
        "/admin/record",
        later(
            "Who did what, newest first, and nothing of callers. Choose a person, and a day to see how it "
            "went. A month can be taken out as a table, which is asked once more and put on record."
        ),
    ),
    (
        "/admin/watch",
        later(
            "How the desk did in the last 30 days: how long callers waited, whom we reached, and which "
            "promises we did not keep. Look into every call outside a safe time on the same day. Trial "
            "phones are not counted."
        ),
    ),
    (
        "/admin/",
        later(
            "Figures of a month, a quarter or a half-year, beside those before. Small counts are hidden, so "
            "that nobody can be recognised. Requests of trial phones are not counted."
        ),
    ),
    (
        "/",
        later(
            "Here stands who may be called now: danger first, then the safe time that ends first. *Take "
            "next* gives you the best one; *Claim* takes the one that you chose, for 15 minutes. No number "
            "is shown before you press Call."
        ),
    ),
)
_LIKE = {"/admin/holidays": "/admin/shifts", "/admin/help-list": "/admin/shifts"}
"""Addresses of forms whose faults are shown on another page."""


def find_help(path: str) -> str:
    """Return what the page of this address is for; empty for one that says it itself."""
    at = next((page for form, page in _LIKE.items() if path.startswith(form)), path)
    found = next(
        (words for begin, words in _HELP if at.startswith(begin) and (begin != "/" or at == "/")), ""
    )
    return str(found).replace("*", "")


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


def quote_formula(value: object) -> object:
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
