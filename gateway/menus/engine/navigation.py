"""How a session moves: on, back, home, to the next page, or nowhere after a wrong key."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.menus.engine.effects import Effect
from gateway.menus.engine.model import End, Form, Information, Menu, Offer, Question
from gateway.menus.engine.session import MAX_TRAIL, Session
from gateway.menus.engine.visibility import BACK, HERE, NEXT_QUESTION

# The callback form: how it is entered, and which of its questions comes next.

OTHER = "other"

_REFUSALS = frozenset({("when", "never"), ("consent", "no")})
"""The answers of the form that say: do not call."""


def enter_form(menu: Menu, session: Session, preset: Mapping[str, str]) -> Session:
    """Return the session with a form begun: how she came here is recorded, only preset answers are kept."""
    way = (*(screen for screen, _page in session.trail), session.screen)
    path = tuple(screen for screen in way if _tells_a_way(menu, screen))
    return session.having(path=path, topic=topic_of(menu, path), answers=dict(preset))


def next_screen(menu: Menu, session: Session, form: Form) -> str:
    """Return the form's first question without an answer, or where the form leads when it is full."""
    for name in form.questions:
        question = menu.screens.get(name)
        if isinstance(question, Question) and question.asks not in session.answers:
            return name
    return form.to


def is_refusal(answers: Mapping[str, str]) -> bool:
    """Say whether these answers hold one that refuses every call."""
    return not _REFUSALS.isdisjoint(answers.items())


def form_of(menu: Menu, screen: str) -> Form | None:
    """Return the form to which a screen belongs: the one that asks it, else the form of the callback."""
    usual = menu.screens.get(menu.call_me)
    if isinstance(usual, Form) and screen in usual.questions:
        return usual  # without a look at the other thousand screens
    forms = (found for found in menu.screens.values() if isinstance(found, Form))
    asking = next((form for form in forms if screen in form.questions), None)
    return asking or (usual if isinstance(usual, Form) else None)


def topic_of(menu: Menu, path: tuple[str, ...]) -> str:
    """Return the topic of the nearest screen on a way that has one."""
    topics = (menu.screens[screen].topic for screen in reversed(path) if screen in menu.screens)
    return next((topic for topic in topics if topic), OTHER)


def _tells_a_way(menu: Menu, screen: str) -> bool:
    return screen in menu.screens and not isinstance(menu.screens[screen], Question | Form | Offer)


WRONG_KEYS = 3
INVALID = "invalid"
AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Step:
    """What one input led to: where she is now, and what is asked for."""

    session: Session
    effects: tuple[Effect, ...] = ()


def go_to(menu: Menu, session: Session, to: str, preset: Mapping[str, str] | None = None) -> Session:
    """Move on to a screen; a form opens at its first question without an answer.

    ``preset`` are answers that the way here already gave.
    """
    target = menu.screens[to]
    if isinstance(target, Form):
        begun = enter_form(menu, session, preset or {})
        return go_to(menu, begun, next_screen(menu, begun, target))
    if to in {menu.start, menu.home}:
        return _root_session(session, to)
    return session.having(
        screen=to,
        page=1,
        trail=_find_trail(menu, session, to),
        wrong=0,
        notice="",
        read=to if isinstance(target, Information) else session.read,
        ended=isinstance(target, End),
    )


def way_to(menu: Menu, screen: str) -> tuple[tuple[str, int], ...]:
    """Return the screens between home and this one, by the fewest keys, as a trail; empty where no keys lead there."""
    ways: dict[str, tuple[tuple[str, int], ...]] = {menu.home: ()}
    queue = [menu.home]
    while queue and screen not in ways:
        here = queue.pop(0)
        for choice in menu.screens[here].choices:
            if choice.to in menu.screens and choice.to not in ways:
                ways[choice.to] = (*ways[here], (here, 1))
                queue.append(choice.to)
    return ways.get(screen, ())[-MAX_TRAIL:]


def follow_choice(menu: Menu, session: Session, to: str, preset: Mapping[str, str]) -> Session:
    """Move where a choice leads: a screen, the next question, back, or nowhere."""
    settled = session.having(wrong=0, notice="")
    if to == BACK:
        return go_back(menu, settled) or settled
    if to == HERE:
        return _return_session(menu, settled) or settled
    if to == NEXT_QUESTION or (not to and isinstance(menu.screens[session.screen], Question)):
        asking = form_of(menu, session.screen)
        return go_to(menu, settled, next_screen(menu, settled, asking)) if asking else settled
    return go_to(menu, settled, to, preset) if to in menu.screens else settled


def go_back(menu: Menu, session: Session) -> Session | None:
    """Go to the page before, or to the screen before; None where there is nothing behind her."""
    if session.page > 1:
        return session.having(page=session.page - 1, wrong=0, notice="")
    return _return_session(menu, session) if goes_back(menu, session) else None


def goes_back(menu: Menu, session: Session) -> bool:
    """Say whether key 0 leads anywhere from the page that she sees."""
    screen = menu.screens[session.screen]
    if session.page > 1:
        return True
    return has_back(menu, session.screen) and screen.back and bool(_find_known_trail(menu, session))


def has_back(menu: Menu, screen: str) -> bool:
    """Say whether a screen may have something behind it at all."""
    return screen not in {menu.start, menu.home} and not isinstance(menu.screens[screen], End)


def go_home(menu: Menu, session: Session) -> Session:
    """Go home, or to the first screen while she has not chosen a language there."""
    asks_language = any(choice.language for choice in menu.screens[menu.start].choices)
    return _root_session(session, menu.start if asks_language and not session.language else menu.home)


def stay_after_wrong_key(menu: Menu, session: Session) -> Session:
    """Stay on the same page after a key that is not on it; the third in a row leads to the offer of a person."""
    count = session.wrong + 1
    if count < WRONG_KEYS:
        return session.having(wrong=count, notice=INVALID)
    if isinstance(menu.screens[session.screen], Offer) or menu.offer not in menu.screens:
        return session.having(wrong=0, notice=INVALID)
    return session.having(
        screen=menu.offer,
        page=1,
        trail=(*session.trail, (session.screen, session.page))[-MAX_TRAIL:],
        wrong=0,
        notice="",
    )


def restart_session(menu: Menu, session: Session) -> Session:
    """Begin again, because her screen is not in this menu any more; what she speaks is kept where it can be."""
    return Session(
        screen=menu.start,
        language=session.language if session.language in menu.languages else "",
        script=session.script if session.script in menu.languages else "",
        region=session.region,
        offers=session.offers,
        opens=session.opens,
        notice=AGAIN,
    )


def stand_on_screen(menu: Menu, session: Session) -> Session:
    """Return the session on a screen that can be seen: of a form its next question, of a lost place the start."""
    screen = menu.screens.get(session.screen)
    if screen is None:
        return restart_session(menu, session)
    if isinstance(screen, Form):
        return session.having(screen=next_screen(menu, session, screen))
    return session


def without_return(session: Session) -> Session:
    """Return the session with nothing behind it: a deed that is done is not walked back into."""
    return session.having(trail=())


def unwind_round(session: Session) -> Session:
    """Return the session without the round that led back to a screen on its own trail."""
    seen = [screen for screen, _page in session.trail]
    return (
        session.having(trail=session.trail[: seen.index(session.screen)])
        if session.screen in seen
        else session
    )


def _return_session(menu: Menu, session: Session) -> Session | None:
    trail = _find_known_trail(menu, session)
    if not trail:
        return None
    screen, page = trail[-1]
    returned = session.having(screen=screen, page=page, trail=trail[:-1], wrong=0, notice="")
    return _drop_answer(menu, returned)


def _root_session(session: Session, to: str) -> Session:
    """Stand on a screen that nothing lies behind; the form and its results are forgotten there."""
    return session.having(
        screen=to, page=1, trail=(), wrong=0, notice="", answers={}, values={}, callback="", path=(), topic=""
    )


def _find_trail(menu: Menu, session: Session, to: str) -> tuple[tuple[str, int], ...]:
    """Return the trail after leaving the present screen; an offer is not returned to, nor a screen to itself."""
    if session.screen == to or isinstance(menu.screens.get(session.screen), Offer | Form | None):
        return session.trail
    return (*session.trail, (session.screen, session.page))[-MAX_TRAIL:]


def _find_known_trail(menu: Menu, session: Session) -> tuple[tuple[str, int], ...]:
    return tuple(place for place in session.trail if place[0] in menu.screens)


def _drop_answer(menu: Menu, session: Session) -> Session:
    """Take back the answer of the question that she returned to, so that it is asked anew."""
    question = menu.screens[session.screen]
    if not isinstance(question, Question):
        return session
    kept = {name: value for name, value in session.answers.items() if name != question.asks}
    return session.having(answers=kept)
