"""The callback form: how it is entered, and which of its questions comes next."""

from collections.abc import Mapping

from gateway.engine.menu import Form, Menu, Offer, Question
from gateway.engine.session import Session

OTHER = "other"

_REFUSALS = frozenset({("when", "never"), ("consent", "no")})
"""The answers of the form that say: do not call."""


def enter(menu: Menu, session: Session, preset: Mapping[str, str]) -> Session:
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
