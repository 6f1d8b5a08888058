"""The texts of the sample menu that reach phones beside its screens."""

from gateway.menus.engine import serialization
from tests.support.house import sample

MESSAGES = serialization.load_menu(sample()).messages


def texts_of(prefix: str) -> dict[str, dict[str, str]]:
    """Return the messages whose name begins so, by the rest of their name."""
    return {
        name.removeprefix(prefix): dict(text) for name, text in MESSAGES.items() if name.startswith(prefix)
    }
