"""Format the hours of a window from its row in the menu, so that no label or text repeats them."""

from dataclasses import replace

from gateway.domain.contact_safety import Span, When
from gateway.menus.engine.effects import ChangeWindow, Effect, RequestCallback
from gateway.menus.engine.model import Choice, Menu

HOURS = "hours"
"""Placeholder for hours: ``{hours}`` in the label of a window, elsewhere with its word, as ``{hours.evening}``."""

_HOUR = 60


def window_of(choice: Choice, asks: str = "") -> str:
    """Return the window word of a choice, or an empty string; ``asks`` is the field that its question asks."""
    return (choice.answer if asks == "when" else "") or choice.answers.get("when", "")


def label_in(menu: Menu, choice: Choice, language: str) -> str:
    """Return the label of a choice, with the hours of its window filled in."""
    label = menu.text(choice.label, language)
    if f"{{{HOURS}}}" not in label:
        return label
    when = menu.windows.get(choice.answer) or menu.windows.get(choice.answers.get("when", ""))
    return label.replace(f"{{{HOURS}}}", hours_words(when) if when else "").strip()


def hours_by_name(menu: Menu) -> dict[str, str]:
    """Return placeholder → hours, for every window of the menu."""
    return {f"{HOURS}.{word}": hours_words(when) for word, when in menu.windows.items()}


def hours_words(when: When) -> str:
    """Return the hours of a window as shown on a screen: ``6-9``, ``8:30-12``."""
    return span_words(when.span) if when.days else ""


def span_words(span: Span) -> str:
    """Return a span, in minutes of the day, as shown on a screen."""
    start, end = span
    return f"{_format_clock(start)}-{_format_clock(end)}"


def offers_in(menu: Menu) -> tuple[str, ...]:
    """Return the windows that are on offer while staff are always on duty."""
    return (*menu.windows, When.NOW.value)


def spans_in(menu: Menu) -> tuple[Span, ...]:
    """Return the spans of all windows, so that room can be reserved for the widest."""
    return tuple(when.span for when in menu.windows.values())


def with_hours(menu: Menu, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
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
