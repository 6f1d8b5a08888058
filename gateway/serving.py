"""The one rule between menus and phones: a line that reaches real phones offers only languages that were reviewed.

Every door (a start, an account that was added, a publish, a rollback, a restore) leads to a turn, and every turn asks
here: nothing is decided earlier than the words are sent, so no door can be forgotten.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.engine.menu import Menu
from gateway.engine.offering import list_named, list_reviewed, list_waiting
from gateway.parts import Parts
from gateway.versions import NoMenu


class NothingReviewed(NoMenu):
    """No language of the live menu may reach real phones: none was reviewed, or it names a number that is not set."""


def find_served(parts: Parts, channel: str) -> tuple[str, Menu]:
    """Return the live version for callers of this line, and its menu as they may see it.

    Raises:
        NoMenu: none was published, or none could be loaded yet.
        NothingReviewed: the line reaches real phones, and the way to a callback was reviewed in no language or a text
            names a number that is not set.
    """
    line = parts.channels[channel]
    if not line.contract.real:
        return parts.versions.live(line.config.menu)
    version, menu = parts.versions.live_reviewed(line.config.menu)
    if menu is None:
        raise NothingReviewed(f"no language of the menu {line.config.menu} may be shown")
    return version, menu


def find_texted(parts: Parts, channel: str) -> tuple[str, Menu, bool]:
    """Return the live version, its menu for texts to this line, and whether the line may answer them.

    Where it may not, the whole menu still says what a text means: a refusal counts and a cry for help is heard.

    Raises:
        NoMenu: none was published, or none could be loaded yet.
    """
    try:
        return (*find_served(parts, channel), True)
    except NothingReviewed:
        return (*parts.versions.live(parts.channels[channel].config.menu), False)


def get_served(parts: Parts, channel: str, version_id: str) -> Menu | None:
    """Return the menu of this version as callers of this line may see it; None where there is none for them."""
    if parts.channels[channel].contract.real:
        return parts.versions.get_reviewed(version_id)
    return parts.versions.get(version_id)


def list_unset(parts: Parts, menu: Menu) -> tuple[str, ...]:
    """Return the numbers of the line that texts of this menu name and that are not set."""
    return tuple(sorted(parts.line.unset & list_named(menu)))


_NAMED = 3
"""How many of the texts that wait are named where all are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """What of one live menu does not reach real phones: per language the texts that nobody reviewed.

    ``lines`` are those that reach real phones with it; ``offered`` the languages that they speak, none closes them.
    ``unset`` are the numbers that its texts name and that are not set; one closes them.
    """

    menu: str
    lines: tuple[str, ...]
    offered: tuple[str, ...]
    waiting: Mapping[str, tuple[str, ...]]
    unset: tuple[str, ...] = ()

    def __str__(self) -> str:
        numbers = [f"texts name {{{name}}}, which is not set" for name in self.unset]
        counts = "; ".join([*numbers, *(describe_waiting(tag, names) for tag, names in self.waiting.items())])
        state = f"offers only {', '.join(self.offered)}" if self.offered else "is closed"
        return f"{', '.join(self.lines)} {state}: {counts}"


def describe_waiting(language: str, names: tuple[str, ...]) -> str:
    """Return how many texts of a language wait for a review, with the first of them by name."""
    more = ", …" if len(names) > _NAMED else ""
    texts = "text waits" if len(names) == 1 else "texts wait"
    return f"{language}: {len(names)} {texts} for a review ({', '.join(names[:_NAMED])}{more})"


def find_held_back(parts: Parts) -> tuple[HeldBack, ...]:
    """Return what does not reach real phones for want of a review or of a number; asks nobody."""
    return tuple(_held_back(parts))


def _held_back(parts: Parts) -> Iterator[HeldBack]:
    lines: dict[str, list[str]] = {}
    for name, channel in parts.channels.items():
        if channel.contract.real:
            lines.setdefault(channel.config.menu, []).append(name)
    for menu_id, names in lines.items():
        if menu_id in parts.versions.loaded():
            _, menu = parts.versions.live(menu_id)
            waiting, unset = list_waiting(menu), list_unset(parts, menu)
            if waiting or unset:
                yield HeldBack(
                    menu=menu_id,
                    lines=tuple(names),
                    offered=() if unset else list_reviewed(menu),
                    waiting=waiting,
                    unset=unset,
                )
