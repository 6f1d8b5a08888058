"""Which screens the authors' conversations show, and in which languages."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.catalogue.graph import read_in
from gateway.engine.menu import Form, Menu


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of one menu, each screen with each language: all that can be read, and what of it was shown."""

    readable: frozenset[tuple[str, str]]
    shown: frozenset[tuple[str, str]]

    def of(self, language: str) -> tuple[int, int]:
        """Return how many screens were shown in a language, and how many can be read in it."""
        return sum(tag == language for _, tag in self.shown), sum(tag == language for _, tag in self.readable)

    @property
    def languages(self) -> list[str]:
        """The languages in which anything can be read."""
        return sorted({language for _, language in self.readable})

    @property
    def screens(self) -> list[str]:
        """The screens that can be read, those shown in the fewest languages first."""
        names = {name for name, _ in self.readable}
        return sorted(names, key=lambda name: (sum(screen == name for screen, _ in self.shown), name))

    def mark(self, screen: str, language: str) -> str:
        """Return ``yes`` where it was shown, ``no`` where it could be, and nothing where nobody comes."""
        if (screen, language) in self.shown:
            return "yes"
        return "no" if (screen, language) in self.readable else ""


def coverage(menu: Menu, seen: Iterable[tuple[str, str]]) -> Coverage:
    """Compare what was seen with all that can be read; what nobody can come to read is left out."""
    forms = {name for name, screen in menu.screens.items() if isinstance(screen, Form)}
    readable = frozenset(pair for pair in read_in(menu) if pair[0] not in forms)
    return Coverage(readable, readable.intersection(seen))
