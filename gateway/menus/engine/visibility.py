"""Decide what a caller sees of a screen: the language, the text variant, the open choices, window hours."""

from dataclasses import replace
from functools import lru_cache

from gateway.domain.contact_safety import Span, When
from gateway.menus.engine.effects import ChangeWindow, Effect, RequestCallback
from gateway.menus.engine.model import Choice, Condition, Deed, Menu, Screen, Text
from gateway.menus.engine.session import Session
from gateway.menus.engine.text_size import GSM7, find_coding, fold_to_gsm7

# Format the hours of a window from its row in the menu, so that no label or text repeats them.

HOURS = "hours"
"""Placeholder for hours: ``{hours}`` in the label of a window, elsewhere with its word, as ``{hours.evening}``."""

_HOURS_MARK = f"{{{HOURS}}}"
_HOUR = 60


def find_window(choice: Choice, asks: str = "") -> str:
    """Return the window word of a choice, or an empty string; ``asks`` is the field that its question asks."""
    return (choice.answer if asks == "when" else "") or choice.answers.get("when", "")


def format_label(menu: Menu, choice: Choice, language: str) -> str:
    """Return the label of a choice, with the hours of its window filled in."""
    label = menu.text(choice.label, language)
    if _HOURS_MARK not in label:
        return label
    when = menu.windows.get(choice.answer) or menu.windows.get(choice.answers.get("when", ""))
    return label.replace(_HOURS_MARK, format_hours(when) if when else "").strip()


def list_hours(menu: Menu) -> dict[str, str]:
    """Return placeholder → hours, for every window of the menu."""
    return {f"{HOURS}.{word}": format_hours(when) for word, when in menu.windows.items()}


def format_hours(when: When) -> str:
    """Return the hours of a window as shown on a screen: ``6-9``, ``8:30-12``."""
    return format_span(when.span) if when.days else ""


@lru_cache(maxsize=64)
def format_span(span: Span) -> str:
    """Return a span, in minutes of the day, as shown on a screen."""
    start, end = span
    return f"{_format_clock(start)}-{_format_clock(end)}"


def list_offers(menu: Menu) -> tuple[str, ...]:
    """Return the windows that are on offer while staff are always on duty."""
    return (*menu.windows, When.NOW.value)


def list_spans(menu: Menu) -> tuple[Span, ...]:
    """Return the spans of all windows, so that room can be reserved for the widest."""
    return tuple(when.span for when in menu.windows.values())


def add_hours(menu: Menu, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """Return the effects with the hours of the window as this version of the menu showed them."""
    return tuple(_with_hours(menu, effect) for effect in effects)


def _with_hours(menu: Menu, effect: Effect) -> Effect:
    match effect:
        case RequestCallback():
            word = effect.answers.get("when", "")
        case ChangeWindow():
            word = effect.when
        case _:
            return effect
    return replace(effect, hours=menu.windows[word].rule) if word in menu.windows else effect


def _format_clock(minute: int) -> str:
    hour, rest = divmod(minute, _HOUR)
    return f"{hour}:{rest:02}" if rest else str(hour)


_ASKED_FIRST = frozenset({"danger", "phone_seen", "when", "consent"})

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


def is_condition_met(condition: Condition, session: Session) -> bool:
    """Say whether every name of the condition has one of its allowed values."""
    return all(_read_value(name, session) in allowed for name, allowed in condition.items())


def can_stand_beside(screen: Screen, variant: int, language: str, condition: Condition) -> bool:
    """Say whether a choice with this condition can ever be shown with a text of its screen."""
    if not condition:
        return True
    if language not in condition.get("script", (language,)):
        return False
    if variant == PLAIN:
        return True
    text_if = screen.variants[variant].only_if
    return all(set(allowed) & set(text_if.get(name, allowed)) for name, allowed in condition.items())


def find_variant(screen: Screen, session: Session) -> int:
    """Return the index of the first variant whose condition holds, or -1 for the plain text."""
    for index, variant in enumerate(screen.variants):
        if is_condition_met(variant.only_if, session):
            return index
    return PLAIN


def find_template(menu: Menu, screen: Screen, variant: int, language: str) -> str:
    """Return the text of a screen, with its placeholders."""
    text = screen.text if variant == PLAIN else screen.variants[variant].text
    return menu.text(text, language)


def format_option(menu: Menu, choice: Choice, language: str) -> str:
    """Return the line of a choice; empty where the screen's text names its key."""
    label = format_label(menu, choice, language)
    return f"{choice.key} {label}" if label else ""


def find_time_questions(menu: Menu) -> tuple[Screen, ...]:
    """Return the questions of the callback form that ask for the window (field ``when``)."""
    form = menu.screens.get(menu.call_me)
    return tuple(each for each in list_form_screens(menu, form) if each.get_asked() == "when")


def find_message(menu: Menu, name: str, session: Session) -> Text:
    """Return a message in the first variant whose condition holds, else in its plain wording."""
    varied = (
        each.text for each in menu.message_variants.get(name, ()) if is_condition_met(each.only_if, session)
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
    if not wanted or find_coding(fold_to_gsm7(wanted)) == GSM7 or find_coding(fold_to_gsm7(beside)) != GSM7:
        return wanted
    plain = (text[tag] for tag in menu.fallback.get(language, ()) if text.get(tag))
    return next((wording for wording in plain if find_coding(fold_to_gsm7(wording)) == GSM7), wanted)


def open_choices(menu: Menu, session: Session, screen: Screen) -> tuple[Choice, ...]:
    """Return the choices of a screen that are open now, on any of its pages."""
    return tuple(choice for choice in screen.choices if is_open(menu, session, screen, choice))


def is_open(menu: Menu, session: Session, screen: Screen, choice: Choice) -> bool:
    """Say whether a choice is shown to this caller and accepted."""
    return (
        is_condition_met(choice.only_if, session)
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
    when = find_window(choice, screen.get_asked())
    return when in {"", NEVER} or when in session.offers


def _has_times(menu: Menu, session: Session, choice: Choice) -> bool:
    """Say whether the target has a window to choose, where it consists of windows only."""
    behind = menu.screens.get(choice.to)
    if behind is None or not behind.choices or behind.get_asked():
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
    if not screen.is_shown:
        return True
    texts = [screen.text]
    texts.extend(variant.text for variant in screen.variants)
    texts.extend(choice.label for choice in screen.choices)
    return any(menu.text(text, language) for text in texts)


def find_further(menu: Menu) -> tuple[Screen, ...]:
    """Return the form's questions beside danger, phone, time and consent, in the order of the form."""
    form = menu.screens.get(menu.call_me)
    asked = ((each, each.get_asked()) for each in list_form_screens(menu, form))
    return tuple(each for each, field in asked if field and field not in _ASKED_FIRST)


def list_form_screens(menu: Menu, form: Screen | None) -> tuple[Screen, ...]:
    """Return the screens that a form asks one after the other; none where it is no form."""
    return tuple(
        menu.screens[name] for name in (form.list_questions() if form else ()) if name in menu.screens
    )
