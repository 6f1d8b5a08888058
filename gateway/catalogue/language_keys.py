"""What a phone types from the first screen on to have the texts in one language."""

from collections.abc import Mapping, Sequence

from gateway.engine.menu import Menu


def keys_to_language(menu: Menu, tag: str) -> tuple[tuple[str, str], ...] | None:
    """Return the screens on which a key is typed, each with its key; None where the menu offers no such language."""
    if tag not in menu.languages:
        return None
    typed: list[tuple[str, str]] = []
    screen = menu.start
    while any(choice.script for choice in menu.screens[screen].choices) and len(typed) < len(menu.screens):
        found = next((choice for choice in menu.screens[screen].choices if choice.script == tag), None)
        if found is None:
            return None
        typed.append((screen, found.key))
        screen = found.to
    return tuple(typed)


def keys_to_languages(menu: Menu) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return the same for every language that can be reached so."""
    found = {tag: keys_to_language(menu, tag) for tag in menu.languages}
    return {tag: typed for tag, typed in found.items() if typed}
