"""The doors of the engine: begin a session, take one input, settle what came of a deed."""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from gateway.domain.contact_safety import PhoneSeen
from gateway.domain.events import USSD_LIMITS, Limits
from gateway.foundation.display_values import DisplayValues
from gateway.menus.engine import keys, navigation, screens
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
from gateway.menus.engine.model import RESUME, Choices, End, Entry, Menu, Question
from gateway.menus.engine.navigation import Step, go_to
from gateway.menus.engine.render import find_page_number, forget_notice, pages_of, render_reply
from gateway.menus.engine.session import Known, Session
from gateway.menus.engine.visibility import find_language
from gateway.menus.engine.wording import until_words, window_words

__all__ = ["Step", "forget_notice", "render_reply"]

# What the receipt of a deed changes in a session: where she is, and the results that her screen names.

Planned = CallbackAccepted | CallbackFound | CallbackChanged


def settle_one(menu: Menu, session: Session, receipt: Receipt, line: DisplayValues, now: datetime) -> Session:
    """Apply one receipt."""
    match receipt:
        case CallbackAccepted() | CallbackFound():
            return _open_request(menu, session, receipt, _plan_values(menu, session, receipt, line, now))
        case CallbackChanged():
            return session.having(
                values={**session.values, **_plan_values(menu, session, receipt, line, now)}
            )
        case CodeWrong():
            return navigation.stay_after_wrong_key(menu, session)
        case CallbackRefused():
            return _lead_refused(menu, session)
        case CallbackCancelled() | Erased():
            return session.having(callback="", values={}, answers={})
        case Gone():
            return _lead_gone(menu, session)
        case Noted():
            return session
        case _:
            assert_never(receipt)


def _plan_values(
    menu: Menu, session: Session, receipt: Planned, line: DisplayValues, now: datetime
) -> dict[str, str]:
    words = window_words(
        menu, receipt.due_at, receipt.due_until, find_language(menu, session), line.zone, now
    )
    return {"when": words, "until": until_words(receipt.due_until, line.zone)}


def _open_request(
    menu: Menu, session: Session, receipt: CallbackAccepted | CallbackFound, planned: dict[str, str]
) -> Session:
    """Remember the request; a code that opened one leads to the screen where it is shown."""
    if isinstance(receipt, CallbackFound):
        session = _show_by_code(menu, session, {"missed": "yes"} if receipt.missed else {})
    return session.having(callback=receipt.callback, values={"code": receipt.code, **planned})


def _show_by_code(menu: Menu, session: Session, answers: dict[str, str]) -> Session:
    screen = menu.screens.get(session.screen)
    to = screen.code_to if isinstance(screen, Choices) else screen.to if isinstance(screen, Entry) else ""
    return navigation.go_to(menu, session.having(answers=answers), to) if to in menu.screens else session


def _lead_refused(menu: Menu, session: Session) -> Session:
    """Lead where she would be had she not agreed, so that nobody who looks on learns why."""
    refusals = [
        choice.to
        for question in menu.screens.values()
        if isinstance(question, Question) and question.asks == "consent"
        for choice in question.choices
        if choice.answer == "no" and choice.to in menu.screens
    ]
    to = refusals[0] if refusals else menu.home
    return navigation.without_return(navigation.go_to(menu, session.having(ended=False), to))


def _lead_gone(menu: Menu, session: Session) -> Session:
    """Begin again at home with a line that says so, unless she has just said goodbye."""
    if session.ended:
        return session
    return navigation.go_home(menu, session).having(notice=navigation.AGAIN)


def begin_session(menu: Menu, known: Known) -> Session:
    """Begin a session: at home when her language is remembered, else at the first screen."""
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
    """Move to a screen that her words named instead of a key; ``answers`` are what her words already said.

    From home it is as if she had pressed the keys: what lies behind her is the shortest way, which tells the topic.
    """
    here = navigation.stand_on_screen(menu, session)
    there = navigation.go_to(menu, here, screen, answers or {})
    behind = navigation.way_to(menu, screen) if here.screen == menu.home and there.screen == screen else ()
    return there.having(trail=behind) if behind else there


def step_session(menu: Menu, session: Session, text: str, limits: Limits = USSD_LIMITS) -> Step:
    """Take one input of hers, however odd it is.

    Args:
        menu: the version that her session began with.
        session: where she is.
        text: one input, as she typed it.
        limits: of the channel; they decide how many pages there are to leaf through.
    """
    if session.ended:
        return Step(session)
    if session.screen not in menu.screens:
        return Step(navigation.restart_session(menu, session))
    here = navigation.stand_on_screen(menu, session)
    key = keys.clean_key(text)
    led = _follow_navigation(menu, here, key, limits)
    if led is not None:
        return Step(led)
    taken = screens.take_key(menu, here, menu.screens[here.screen], key)
    return taken or screens.read_words(menu, here, text) or Step(navigation.stay_after_wrong_key(menu, here))


def settle_session(
    menu: Menu, session: Session, receipts: tuple[Receipt, ...], line: DisplayValues, now: datetime
) -> Session:
    """Move her where the receipts of her deeds lead, and keep the results that her next screen names."""
    for receipt in receipts:
        session = settle_one(menu, session, receipt, line, now)
    return session


def _follow_navigation(menu: Menu, session: Session, key: str, limits: Limits) -> Session | None:
    """Follow a key that means the same on every screen; None for any other, or where it leads nowhere."""
    if key == keys.HOME:
        return navigation.go_home(menu, session)
    if key not in {keys.BACK_KEY, keys.MORE}:
        return None
    if key == keys.MORE and session.notice:
        return session.having(notice="")  # only the notice was on the page before: this is what it stood for
    pages = pages_of(menu, session, limits)
    here = session.having(page=find_page_number(session, pages))
    if key == keys.BACK_KEY:
        return navigation.go_back(menu, here)
    return here.having(page=here.page + 1, wrong=0, notice="") if here.page < len(pages) else None


# Going on after a session that broke off: where she may be asked, and the screen that asks.


def resume_session(menu: Menu, session: Session) -> Session | None:
    """Return the session on the screen that asks whether she goes on; None where she had better just begin.

    That is where the menu has no such screen, where there is no place to go on from, and where the question would
    lead to what nobody but her should read.
    """
    screen = menu.screens.get(session.screen)
    if RESUME not in menu.screens or screen is None or not session.language or session.ended:
        return None
    if session.screen == RESUME:
        return session.having(notice="", wrong=0)
    rooted = session.screen in {menu.start, menu.home}
    alone = session.answers.get("phone_seen", PhoneSeen.NO) == PhoneSeen.NO
    if rooted or not alone or screen.sensitive or isinstance(screen, End):
        return None
    return go_to(menu, session, RESUME)
