"""Normalise keys and move a session: through the form, to a screen, back, home, or not at all after a wrong key."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.menus.engine.effects import Effect
from gateway.menus.engine.model import Menu, Screen
from gateway.menus.engine.session import MAX_TRAIL, Session
from gateway.menus.engine.visibility import BACK, HERE, NEXT_QUESTION

# The callback form.

OTHER = "other"

_REFUSALS = frozenset({("when", "never"), ("consent", "no")})
"""Answers of the form, as (field, value), that refuse every call."""


def enter_form(menu: Menu, session: Session, preset: Mapping[str, str]) -> Session:
    """Return the session with a new form: path and topic recorded from the trail, answers reset to the preset ones."""
    way = (*(screen for screen, _page in session.trail), session.screen)
    path = tuple(screen for screen in way if _tells_a_way(menu, screen))
    return session.copy_with(path=path, topic=find_topic(menu, path), answers=dict(preset))


def find_next_screen(menu: Menu, session: Session, form: Screen) -> str:
    """Return the form's first unanswered question, or the form's target when none is left."""
    for name in form.list_questions():
        asked = menu.screens[name].get_asked() if name in menu.screens else ""
        if asked and asked not in session.answers:
            return name
    return form.get_following()


def is_refusal(answers: Mapping[str, str]) -> bool:
    """Say whether one of these answers refuses every call."""
    return not _REFUSALS.isdisjoint(answers.items())


def find_form(menu: Menu, screen: str) -> Screen | None:
    """Return the form that asks this question, else the callback form; None where the menu has neither."""
    usual = menu.screens.get(menu.call_me)
    if usual and screen in usual.list_questions():
        return usual  # the common case, without a search through all screens
    asking = next((form for form in menu.screens.values() if screen in form.list_questions()), None)
    return asking or (usual if usual and usual.list_questions() else None)


def find_topic(menu: Menu, path: tuple[str, ...]) -> str:
    """Return the topic of the last screen on a path that has one."""
    topics = (menu.screens[screen].topic for screen in reversed(path) if screen in menu.screens)
    return next((topic for topic in topics if topic), OTHER)


def _tells_a_way(menu: Menu, screen: str) -> bool:
    return screen in menu.screens and menu.screens[screen].tells_way


# Moves.

WRONG_KEYS = 3
INVALID = "invalid"
AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one input: the session after it, and the effects that it asks for."""

    session: Session
    effects: tuple[Effect, ...] = ()


def go_to(menu: Menu, session: Session, to: str, preset: Mapping[str, str] | None = None) -> Session:
    """Move to a screen; a form opens at its first unanswered question.

    Args:
        menu: the version that the session began with.
        session: where the caller is.
        to: id of the target.
        preset: answers with which a form begins.
    """
    target = menu.screens[to]
    if target.list_questions():
        begun = enter_form(menu, session, preset or {})
        return go_to(menu, begun, find_next_screen(menu, begun, target))
    if to in {menu.start, menu.home}:
        return _root_session(session, to)
    return session.copy_with(
        screen=to,
        page=1,
        trail=_find_trail(menu, session, to),
        wrong=0,
        notice="",
        read=to if target.informs else session.read,
        ended=target.ends,
    )


def find_way(menu: Menu, screen: str) -> tuple[tuple[str, int], ...]:
    """Return the trail from home to a screen by the fewest keys (breadth first); empty where no keys lead there."""
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
    cleared = session.copy_with(wrong=0, notice="")
    if to == BACK:
        return go_back(menu, cleared) or cleared
    if to == HERE:
        return _return_session(menu, cleared) or cleared
    if to == NEXT_QUESTION or (not to and menu.screens[session.screen].get_asked()):
        asking = find_form(menu, session.screen)
        return go_to(menu, cleared, find_next_screen(menu, cleared, asking)) if asking else cleared
    return go_to(menu, cleared, to, preset) if to in menu.screens else cleared


def go_back(menu: Menu, session: Session) -> Session | None:
    """Go to the previous page, else to the previous screen; None where there is neither."""
    if session.page > 1:
        return session.copy_with(page=session.page - 1, wrong=0, notice="")
    return _return_session(menu, session) if goes_back(menu, session) else None


def goes_back(menu: Menu, session: Session) -> bool:
    """Say whether key 0 leads anywhere from the current page."""
    screen = menu.screens[session.screen]
    if session.page > 1:
        return True
    return has_back(menu, session.screen) and screen.back and bool(_find_known_trail(menu, session))


def has_back(menu: Menu, screen: str) -> bool:
    """Say whether a screen can have a previous one at all: not the first, the home and an end screen."""
    return screen not in {menu.start, menu.home} and not menu.screens[screen].ends


def go_home(menu: Menu, session: Session) -> Session:
    """Go home, or to the first screen while a language has yet to be chosen there."""
    asks_language = any(choice.language for choice in menu.screens[menu.start].choices)
    return _root_session(session, menu.start if asks_language and not session.language else menu.home)


def stay_after_wrong_key(menu: Menu, session: Session) -> Session:
    """Stay on the page with a notice after an unknown key; the third in a row leads to the offer of a callback."""
    count = session.wrong + 1
    if count < WRONG_KEYS:
        return session.copy_with(wrong=count, notice=INVALID)
    if menu.screens[session.screen].offers_call or menu.offer not in menu.screens:
        return session.copy_with(wrong=0, notice=INVALID)
    return session.copy_with(
        screen=menu.offer,
        page=1,
        trail=(*session.trail, (session.screen, session.page))[-MAX_TRAIL:],
        wrong=0,
        notice="",
    )


def restart_session(menu: Menu, session: Session) -> Session:
    """Begin anew where the session's screen is not in this menu; language and script stay where the menu has them."""
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
    """Return the session on a visible screen: a form's next question; the first screen where its own is missing."""
    screen = menu.screens.get(session.screen)
    if screen is None:
        return restart_session(menu, session)
    if screen.list_questions():
        return session.copy_with(screen=find_next_screen(menu, session, screen))
    return session


def drop_return(session: Session) -> Session:
    """Return the session without a trail, so that key 0 does not lead back into a completed action."""
    return session.copy_with(trail=())


def unwind_round(session: Session) -> Session:
    """Return the session with its trail cut at an earlier visit of the current screen."""
    seen = [screen for screen, _page in session.trail]
    return (
        session.copy_with(trail=session.trail[: seen.index(session.screen)])
        if session.screen in seen
        else session
    )


def _return_session(menu: Menu, session: Session) -> Session | None:
    trail = _find_known_trail(menu, session)
    if not trail:
        return None
    screen, page = trail[-1]
    returned = session.copy_with(screen=screen, page=page, trail=trail[:-1], wrong=0, notice="")
    return _drop_answer(menu, returned)


def _root_session(session: Session, to: str) -> Session:
    """Return the session on the first or home screen, with trail, form, request and results reset."""
    return session.copy_with(
        screen=to, page=1, trail=(), wrong=0, notice="", answers={}, values={}, callback="", path=(), topic=""
    )


def _find_trail(menu: Menu, session: Session, to: str) -> tuple[tuple[str, int], ...]:
    """Return the trail after leaving the current screen; offers are left out, and a screen that leads to itself."""
    here = menu.screens.get(session.screen)
    if session.screen == to or here is None or not here.leaves_trail:
        return session.trail
    return (*session.trail, (session.screen, session.page))[-MAX_TRAIL:]


def _find_known_trail(menu: Menu, session: Session) -> tuple[tuple[str, int], ...]:
    return tuple(place for place in session.trail if place[0] in menu.screens)


def _drop_answer(menu: Menu, session: Session) -> Session:
    """Remove the answer to the question that the caller returned to, so that it is asked again."""
    asked = menu.screens[session.screen].get_asked()
    if not asked:
        return session
    others = {name: value for name, value in session.answers.items() if name != asked}
    return session.copy_with(answers=others)


# Normalise typed input so that it can be compared with the keys of a screen.

BACK_KEY = "0"
HOME = "00"
MORE = "98"

MAX_INPUT = 160
CODE_DIGITS = 4
MOST_CODE_DIGITS = 6
"""Most digits of a code: four as a rule, more only while all codes of four digits are in use."""

_KEY_PUNCTUATION = "#.,;:!?()[]<>\"'“”‘’"


def clean_key(text: str) -> str:
    """Return the key that an input means: without spaces and invisible characters, digits of any script as 0 to 9.

    Numbers apart are not one number: ``1 1`` is no key 11. Only a code may be typed in groups, and 0 0 and 9 8.
    Punctuation around digits is dropped (``1#``, ``4.``, ``(4)``), as people end or mark a key so. Only characters of
    the Unicode category Nd (UAX #44, General_Category) are folded; a superscript or circled number is no
    key. Input longer than 160 characters gives an empty key.
    """
    if len(text) > MAX_INPUT:
        return ""
    groups = [
        "".join(_plain_character(character) for character in part if not _is_invisible(character))
        for part in text.split()
    ]
    key = "".join(groups)
    bare = key.strip(_KEY_PUNCTUATION)
    if not (bare.isascii() and bare.isdigit()):
        return key
    numbers = [group for group in groups if group.strip(_KEY_PUNCTUATION)]
    may_be_apart = len(bare) >= CODE_DIGITS or bare in {HOME, MORE}
    return bare if len(numbers) == 1 or may_be_apart else " ".join(numbers)


def is_digits(key: str, count: int) -> bool:
    """Say whether a cleaned key is exactly ``count`` digits."""
    return len(key) == count and key.isascii() and key.isdigit()


def is_code(key: str, least: int = CODE_DIGITS) -> bool:
    """Say whether a cleaned key has between ``least`` digits and as many as the longest codes have."""
    return least <= len(key) <= max(least, MOST_CODE_DIGITS) and is_digits(key, len(key))


def _is_invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in {"Cf", "Cc", "Zs"}


def _plain_character(character: str) -> str:
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.decimal(character))
    return character
