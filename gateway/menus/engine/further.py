"""Ask the further questions of the callback form by SMS, one after the other, once the request is saved."""

from gateway.menus.engine import screen_actions
from gateway.menus.engine.effects import AmendCallback, Effect
from gateway.menus.engine.model import Choice, Deed, Form, Information, Menu, Question
from gateway.menus.engine.session import Session
from gateway.menus.engine.visibility import find_template, open_choices, option_line, variant_of

_ASKED_FIRST = frozenset({"danger", "phone_seen", "when", "consent"})


def find_further(menu: Menu) -> tuple[Question, ...]:
    """Return the form's questions beside danger, phone, time and consent, in the order of the form."""
    form = menu.screens.get(menu.call_me)
    asked = (menu.screens.get(name) for name in form.questions) if isinstance(form, Form) else ()
    return tuple(each for each in asked if isinstance(each, Question) and each.asks not in _ASKED_FIRST)


def open_next(menu: Menu, session: Session) -> Session | None:
    """Return the session at the first further question without an answer; None where none is left."""
    for question in find_further(menu):
        at = session.having(screen=question.id, page=1, trail=(), wrong=0, notice="", ended=False)
        if question.asks not in session.answers and len(list_answers(menu, at)) > 1:
            return at
    return None


def list_answers(menu: Menu, session: Session) -> tuple[Choice, ...]:
    """Return the choices that answer the session's current question and are open to this caller."""
    question = menu.screens.get(session.screen)
    if not isinstance(question, Question):
        return ()
    return tuple(choice for choice in open_choices(menu, session, question) if choice.answer)


def ask(menu: Menu, session: Session) -> str:
    """Return the session's current question as text, with one answer a line."""
    question = menu.screens[session.screen]
    words = find_template(menu, question, variant_of(question, session), session.script)
    lines = (option_line(menu, choice, session.script) for choice in list_answers(menu, session))
    return "\n".join(filter(None, (words, *lines)))


def answer(menu: Menu, session: Session, choice: Choice) -> tuple[Session, Effect]:
    """Return the session with the answer, and its effect: an addition to the request, or a refusal of calls."""
    question = menu.screens[session.screen]
    asked = {question.asks: choice.answer} if isinstance(question, Question) else {}
    answers = {**choice.answers, **asked}
    answered = session.having(answers={**session.answers, **answers})
    if screen_actions.deed_of(question, choice) is Deed.REFUSE_CALLS:
        return answered, screen_actions.effect_of(answered, Deed.REFUSE_CALLS, choice)
    return answered, AmendCallback(callback=session.callback, answers=answers)


def find_reply(menu: Menu, session: Session, choice: Choice) -> str:
    """Return the text of the information screen to which an answer leads; empty where it stays in the form."""
    screen = menu.screens.get(choice.to)
    if not isinstance(screen, Information):
        return ""
    return find_template(menu, screen, variant_of(screen, session), session.script)
