"""The hours of the windows in her words and in what she asks for: one row of the menu says them, nothing types them."""

from dataclasses import replace

from gateway.domain.contact_safety import Span, When
from gateway.menus.engine.effects import ChangeWindow, Effect, RequestCallback
from gateway.menus.engine.model import Choice, Menu

HOURS = "hours"
"""The placeholder for hours: alone in the label of a window, elsewhere with the window's word: ``{hours.evening}``."""

_HOUR = 60


def window_of(choice: Choice, asks: str = "") -> str:
    """Return the word of the window that a choice names, or nothing; ``asks`` is what its question asks."""
    return (choice.answer if asks == "when" else "") or choice.answers.get("when", "")


def label_in(menu: Menu, choice: Choice, language: str) -> str:
    """Return the label of a choice with the hours of the window that it names."""
    label = menu.text(choice.label, language)
    if f"{{{HOURS}}}" not in label:
        return label
    when = menu.windows.get(choice.answer) or menu.windows.get(choice.answers.get("when", ""))
    return label.replace(f"{{{HOURS}}}", hours_words(when) if when else "").strip()


def hours_by_name(menu: Menu) -> dict[str, str]:
    """Return the hours of every window by the placeholder that names them in a text."""
    return {f"{HOURS}.{word}": hours_words(when) for word, when in menu.windows.items()}


def hours_words(when: When) -> str:
    """Return the hours of a window as a screen shows them: ``6-9``, ``8:30-12``."""
    return span_words(when.span) if when.days else ""


def span_words(span: Span) -> str:
    """Return minutes of the day as a screen shows them."""
    start, end = span
    return f"{_format_clock(start)}-{_format_clock(end)}"


def offers_in(menu: Menu) -> tuple[str, ...]:
    """Return the windows that are offered while somebody is always on duty."""
    return (*menu.windows, When.NOW.value)


def spans_in(menu: Menu) -> tuple[Span, ...]:
    """Return the hours of all windows, so that room can be kept for the widest that may be planned."""
    return tuple(when.span for when in menu.windows.values())


def with_hours(menu: Menu, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """Return what she asks for with the hours that this edition of the menu showed her."""
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
