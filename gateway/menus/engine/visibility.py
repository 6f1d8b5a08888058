"""Decide what a caller sees of a screen: the language, the text variant, and the open choices."""

from gateway.menus.engine.model import Choice, Condition, Deed, Form, Menu, Question, Screen, Text
from gateway.menus.engine.session import Session
from gateway.menus.engine.text_size import GSM7, find_coding, fold
from gateway.menus.engine.window_hours import label_in, window_of

DEFAULT_LANGUAGE = "en"
PLAIN = -1
HERE, BACK, NEXT_QUESTION = "@here", "@back", "@form"
TARGETS = frozenset({HERE, BACK, NEXT_QUESTION})
"""Targets of a choice that are not the id of a screen."""

NEVER = "never"
_NEEDS_CALLBACK = frozenset({Deed.AMEND_CALLBACK, Deed.CHANGE_WINDOW, Deed.CANCEL_CALLBACK})


def find_language(menu: Menu, session: Session) -> str:
    """Return the language tag in which texts are shown now."""
    for tag in (session.script, session.language, DEFAULT_LANGUAGE):
        if tag in menu.languages:
            return tag
    return next(iter(menu.languages), DEFAULT_LANGUAGE)


def condition_holds(condition: Condition, session: Session) -> bool:
    """Say whether every name of the condition has one of its allowed values."""
    return all(_read_value(name, session) in allowed for name, allowed in condition.items())


def variant_of(screen: Screen, session: Session) -> int:
    """Return the index of the first variant whose condition holds, or -1 for the plain text."""
    for index, variant in enumerate(screen.variants):
        if condition_holds(variant.only_if, session):
            return index
    return PLAIN


def find_template(menu: Menu, screen: Screen, variant: int, language: str) -> str:
    """Return the text of a screen, with its placeholders."""
    text = screen.text if variant == PLAIN else screen.variants[variant].text
    return menu.text(text, language)


def option_line(menu: Menu, choice: Choice, language: str) -> str:
    """Return the line of a choice; empty where the screen's text names its key."""
    label = label_in(menu, choice, language)
    return f"{choice.key} {label}" if label else ""


def find_time_questions(menu: Menu) -> tuple[Question, ...]:
    """Return the questions of the callback form that ask for the window (field ``when``)."""
    form = menu.screens.get(menu.call_me)
    asked = (menu.screens.get(name) for name in form.questions) if isinstance(form, Form) else ()
    return tuple(each for each in asked if isinstance(each, Question) and each.asks == "when")


def find_message(menu: Menu, name: str, session: Session) -> Text:
    """Return a message in the first variant whose condition holds, else in its plain wording."""
    varied = (
        each.text for each in menu.message_variants.get(name, ()) if condition_holds(each.only_if, session)
    )
    return next(varied, menu.messages.get(name, {}))


def get_message(
    menu: Menu, name: str, language: str, *, beside: str = "", session: Session | None = None
) -> str:
    """Return a message, such as the label of key 0.

    Args:
        menu: the version that has it.
        name: of the message.
        language: tag of the wanted language.
        beside: the text on the same page; where that is GSM-7 (not translated yet), the first GSM-7 wording of the
            fallback is taken, because one UCS-2 word would more than halve the room of the page.
        session: decides the variant; without one the plain wording is taken.
    """
    text = find_message(menu, name, session) if session else menu.messages.get(name, {})
    wanted = menu.text(text, language)
    if not wanted or find_coding(fold(wanted)) == GSM7 or find_coding(fold(beside)) != GSM7:
        return wanted
    plain = (text[tag] for tag in menu.fallback.get(language, ()) if text.get(tag))
    return next((wording for wording in plain if find_coding(fold(wording)) == GSM7), wanted)


def open_choices(menu: Menu, session: Session, screen: Screen) -> tuple[Choice, ...]:
    """Return the choices of a screen that are open now, on any of its pages."""
    return tuple(choice for choice in screen.choices if is_open(menu, session, screen, choice))


def is_open(menu: Menu, session: Session, screen: Screen, choice: Choice) -> bool:
    """Say whether a choice is shown to this caller and accepted."""
    return (
        condition_holds(choice.only_if, session)
        and _is_offered(session, screen, choice)
        and (choice.does not in _NEEDS_CALLBACK or session.callback != "")
        and _can_be_read(menu, session, choice)
        and _has_times(menu, session, choice)
    )


def _read_value(name: str, session: Session) -> str:
    known = {"region": session.region, "language": session.language, "script": session.script}
    return known[name] if name in known else session.answers.get(name, "")


def _is_offered(session: Session, screen: Screen, choice: Choice) -> bool:
    """Say whether the choice's window is on offer; a choice without a window always is."""
    when = window_of(choice, screen.asks if isinstance(screen, Question) else "")
    return when in {"", NEVER} or when in session.offers


def _has_times(menu: Menu, session: Session, choice: Choice) -> bool:
    """Say whether the target has a window to choose, where it consists of windows only."""
    behind = menu.screens.get(choice.to)
    if behind is None or not behind.choices or isinstance(behind, Question):
        return True
    if any(each.does is not Deed.CHANGE_WINDOW for each in behind.choices):
        return True
    return any(_is_offered(session, behind, each) for each in behind.choices)


def _can_be_read(menu: Menu, session: Session, choice: Choice) -> bool:
    """Say whether the option and its target have texts in the language shown there."""
    language = find_language(menu, session)
    if choice.label and not menu.text(choice.label, language):
        return False
    if choice.to in TARGETS or not choice.to:
        return True
    target = menu.screens.get(choice.to)
    return target is not None and _does_speak(menu, target, choice.script or choice.language or language)


def _does_speak(menu: Menu, screen: Screen, language: str) -> bool:
    if isinstance(screen, Form):
        return True
    texts = [screen.text]
    texts.extend(variant.text for variant in screen.variants)
    texts.extend(choice.label for choice in screen.choices)
    return any(menu.text(text, language) for text in texts)
