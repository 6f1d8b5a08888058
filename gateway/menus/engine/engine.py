"""Begin, step, settle and resume a menu session: the entry points of the pure engine.

One turn is ``step_session`` (input → session and effects), then the caller of the engine performs the effects, then
``settle_session`` (receipts → session), then ``render_reply``.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from gateway.domain.contact_safety import PhoneSeen
from gateway.domain.events import USSD_LIMITS, Limits
from gateway.foundation.display_values import DisplayValues
from gateway.menus.engine import navigation
from gateway.menus.engine.choices import choose_line
from gateway.menus.engine.effects import (
    CallbackAccepted,
    CallbackCancelled,
    CallbackChanged,
    CallbackFound,
    CallbackRefused,
    CodeWrong,
    Erased,
    Gone,
    Noted,
    Receipt,
)
from gateway.menus.engine.model import NO_TIME, RESUME, Menu
from gateway.menus.engine.navigation import Step, go_to
from gateway.menus.engine.render import find_page_number, forget_notice, list_pages, render_reply
from gateway.menus.engine.session import Known, Session
from gateway.menus.engine.visibility import NEVER, find_language, open_choices
from gateway.menus.engine.wording import format_deadline, format_window

__all__ = ["Step", "forget_notice", "render_reply"]

# Receipts: each may move the session, and fills the placeholders {code}, {when} and {until}.

Planned = CallbackAccepted | CallbackFound | CallbackChanged


def settle_one(menu: Menu, session: Session, receipt: Receipt, line: DisplayValues, now: datetime) -> Session:
    """Return the session after one receipt."""
    match receipt:
        case CallbackAccepted() | CallbackFound():
            return _open_request(menu, session, receipt, _plan_values(menu, session, receipt, line, now))
        case CallbackChanged():
            return session.copy_with(
                values={**session.values, **_plan_values(menu, session, receipt, line, now)}
            )
        case CodeWrong():
            return navigation.stay_after_wrong_key(menu, session)
        case CallbackRefused():
            return _ask_time_again(menu, session, receipt) or _lead_refused(menu, session)
        case CallbackCancelled() | Erased():
            return session.copy_with(callback="", values={}, answers={})
        case Gone():
            return _lead_gone(menu, session)
        case Noted():
            return session
        case _:
            assert_never(receipt)


def _plan_values(
    menu: Menu, session: Session, receipt: Planned, line: DisplayValues, now: datetime
) -> dict[str, str]:
    words = format_window(
        menu, receipt.due_at, receipt.due_until, find_language(menu, session), line.zone, now
    )
    return {"when": words, "until": format_deadline(receipt.due_until, line.zone)}


def _open_request(
    menu: Menu, session: Session, receipt: CallbackAccepted | CallbackFound, planned: dict[str, str]
) -> Session:
    """Keep the request's id and results in the session; a code that opened one leads to the screen that shows it."""
    if isinstance(receipt, CallbackFound):
        session = _show_by_code(menu, session, {"missed": "yes"} if receipt.missed else {})
    return session.copy_with(callback=receipt.callback, values={"code": receipt.code, **planned})


def _show_by_code(menu: Menu, session: Session, answers: dict[str, str]) -> Session:
    screen = menu.screens.get(session.screen)
    to = screen.find_code_target() if screen else ""
    return navigation.go_to(menu, session.copy_with(answers=answers), to) if to in menu.screens else session


def _lead_refused(menu: Menu, session: Session) -> Session:
    """Show the same screen as after "no consent", so that a bystander cannot tell why the request was refused."""
    refusals = [
        choice.to
        for question in menu.screens.values()
        if question.get_asked() == "consent"
        for choice in question.choices
        if choice.answer == "no" and choice.to in menu.screens
    ]
    to = refusals[0] if refusals else menu.home
    return navigation.drop_return(navigation.go_to(menu, session.copy_with(ended=False), to))


def _ask_time_again(menu: Menu, session: Session, refused: CallbackRefused) -> Session | None:
    """Ask for another time where the chosen one ran out while the caller answered: a farewell would be a promise."""
    chosen, form = session.answers.get("when"), navigation.find_form(menu, session.screen)
    if refused.reason != "hours" or not chosen or "consent" not in session.answers or form is None:
        return None
    left = {name: said for name, said in session.answers.items() if name not in {"when", "consent"}}
    offers = tuple(each for each in session.offers if each != chosen)
    here = session.copy_with(answers=left, offers=offers, ended=False)
    to = _find_time_question(menu, here) or navigation.find_next_screen(menu, here, form)
    if to in menu.screens and not any(
        each.answer != NEVER for each in open_choices(menu, here, menu.screens[to])
    ):
        return _leave_without_trail(menu, here, NO_TIME) if NO_TIME in menu.screens else None
    return _leave_without_trail(menu, here, to).copy_with(notice=navigation.INVALID)


def _leave_without_trail(menu: Menu, session: Session, to: str) -> Session:
    return navigation.drop_return(navigation.go_to(menu, session, to))


def _find_time_question(menu: Menu, session: Session) -> str:
    """Return where an answer given before leads instead of to the form's own question about times; empty if nowhere."""
    for question in menu.screens.values():
        said = session.answers.get(question.get_asked(), "")
        given = [choice for choice in question.choices if said and choice.answer == said]
        behind = [menu.screens[choice.to] for choice in given if choice.to in menu.screens]
        if any(screen.get_asked() == "when" for screen in behind):
            is_open = open_choices(menu, session, question)
            return next((choice.to for choice in given if choice in is_open), "")
    return ""


def _lead_gone(menu: Menu, session: Session) -> Session:
    """Go home with a notice that the place was lost, unless the session has just ended."""
    if session.ended:
        return session
    return navigation.go_home(menu, session).copy_with(notice=navigation.AGAIN)


def begin_session(menu: Menu, known: Known) -> Session:
    """Begin a session: at the home screen where the language is remembered, else at the first screen."""
    language = known.language if known.language in menu.languages else ""
    script = known.script if known.script in menu.languages else language
    return Session(
        screen=menu.home if language else menu.start,
        language=language,
        script=script if language else "",
        region=known.region,
        offers=known.offers,
        opens=known.opens,
        notice=navigation.AGAIN if known.lost else "",
    )


def open_screen(
    menu: Menu, session: Session, screen: str, answers: Mapping[str, str] | None = None
) -> Session:
    """Move to a screen that was named in words instead of chosen by a key.

    From home the trail is filled with the shortest way of keys, because the topic of a request comes from its trail.

    Args:
        menu: the version that the session began with.
        session: where the caller is.
        screen: id of the target.
        answers: form fields that the words already answered.
    """
    here = navigation.stand_on_screen(menu, session)
    there = navigation.go_to(menu, here, screen, answers or {})
    behind = navigation.find_way(menu, screen) if here.screen == menu.home and there.screen == screen else ()
    return there.copy_with(trail=behind) if behind else there


def step_session(menu: Menu, session: Session, text: str, limits: Limits = USSD_LIMITS) -> Step:
    """Apply one input to a session; never raises, whatever the text is.

    Args:
        menu: the version that the session began with.
        session: where the caller is.
        text: one input, unchanged as it was typed.
        limits: page sizes of the channel; they decide how many pages a screen has.
    """
    if session.ended:
        return Step(session)
    if session.screen not in menu.screens:
        return Step(navigation.restart_session(menu, session))
    here = navigation.stand_on_screen(menu, session)
    key = navigation.clean_key(text)
    led = _follow_navigation(menu, here, key, limits)
    if led is not None:
        return Step(led)
    screen = menu.screens[here.screen]
    taken = choose_line(menu, here, screen, key) or screen.take_key(menu, here, key)
    return taken or screen.read_words(menu, here, text) or Step(navigation.stay_after_wrong_key(menu, here))


def settle_session(
    menu: Menu, session: Session, receipts: tuple[Receipt, ...], line: DisplayValues, now: datetime
) -> Session:
    """Return the session after the receipts of a turn, in their order."""
    for receipt in receipts:
        session = settle_one(menu, session, receipt, line, now)
    return session


def _follow_navigation(menu: Menu, session: Session, key: str, limits: Limits) -> Session | None:
    """Follow 0, 00 or 98, which mean the same on every screen; None for another key, or where it leads nowhere."""
    if key == navigation.HOME:
        return navigation.go_home(menu, session)
    if key not in {navigation.BACK_KEY, navigation.MORE}:
        return None
    if key == navigation.MORE and session.notice:
        return session.copy_with(
            notice=""
        )  # the notice had a page of its own: show the page that it displaced
    pages = list_pages(menu, session, limits)
    here = session.copy_with(page=find_page_number(session, pages))
    if key == navigation.BACK_KEY:
        return navigation.go_back(menu, here)
    return here.copy_with(page=here.page + 1, wrong=0, notice="") if here.page < len(pages) else None


# Resuming a USSD session that broke off, where the menu has a screen that asks.


def resume_session(menu: Menu, session: Session) -> Session | None:
    """Return the session on the screen that offers to continue a broken-off session; None to begin anew.

    Nothing is offered where the menu has no such screen, where the caller was only at the first or home screen, and
    where the offer could show another reader of the phone what the caller looked at.
    """
    screen = menu.screens.get(session.screen)
    if RESUME not in menu.screens or screen is None or not session.language or session.ended:
        return None
    if session.screen == RESUME:
        return session.copy_with(notice="", wrong=0)
    rooted = session.screen in {menu.start, menu.home}
    alone = session.answers.get("phone_seen", PhoneSeen.NO) == PhoneSeen.NO
    if rooted or not alone or screen.sensitive or screen.ends:
        return None
    return go_to(menu, session, RESUME)
