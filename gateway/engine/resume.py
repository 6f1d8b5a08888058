"""Going on after a session that broke off: where she may be asked, and the screen that asks."""

from gateway.engine.menu import RESUME, End, Menu
from gateway.engine.moves import go
from gateway.engine.session import Session
from gateway.safe_contact import PhoneSeen


def resumed(menu: Menu, session: Session) -> Session | None:
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
    return go(menu, session, RESUME)
