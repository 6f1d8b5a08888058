"""What a proof is given: the menu with its places, and for which day, limits and settings it must hold."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from gateway.domain.contact_safety import When
from gateway.domain.events import USSD_LIMITS, Limits
from gateway.menus.authoring.declared import Declared
from gateway.menus.authoring.pages import Cut
from gateway.menus.authoring.problems import Level, Problem
from gateway.menus.authoring.reviews import Reviews
from gateway.menus.authoring.yaml_nodes import Places
from gateway.menus.engine.model import Menu


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckContext:
    """For what a menu is checked.

    Attributes:
        today: the day on which facts are looked at.
        limits: of each configured channel.
        zone: of the line.
        settings: values of the line's settings by placeholder; None where they are not known.
        staffed: which of a menu's windows have somebody on duty in them; None where that is not known.
        real: the menu is meant for phones of real people.
        live: the menus that callers get now, by name; empty where none is live or nobody knows.
        moves_keys: keys about danger and consent may change; whoever publishes gave a reason.
        tells_drafts: say which texts wait for a review, and which translations for their source.
    """

    today: date
    limits: tuple[Limits, ...] = (USSD_LIMITS,)
    zone: str = "Asia/Vientiane"
    settings: Mapping[str, str] | None = None
    staffed: Callable[[Iterable[When]], frozenset[str]] | None = None
    real: bool = False
    live: Mapping[str, Menu] = field(default_factory=dict)
    moves_keys: bool = False
    tells_drafts: bool = True


@dataclass(frozen=True, slots=True)
class Subject:
    """One menu under proof; ``cut`` are its pages for all limits, made once for all proofs."""

    menu: Menu
    asked: CheckContext
    places: Places = field(default_factory=Places)
    reviews: Reviews = field(default_factory=Reviews)
    cut: Cut = field(default_factory=Cut)
    declared: Declared = field(default_factory=Declared)

    def problem(
        self,
        code: str,
        path: tuple[str, ...],
        message: str,
        hint: str,
        *,
        level: Level = Level.ERROR,
        screen: str = "",
        language: str = "",
        about: str = "",
    ) -> Problem:
        """Return a problem at the place where the part at this path was written."""
        if not screen and path[:1] == ("screens",) and len(path) > 1:
            screen = path[1]
        return Problem(
            code=code,
            place=self.places.of(*path),
            level=level,
            message=message,
            hint=hint,
            screen=screen,
            language=language,
            about=about,
        )

    def warning(
        self,
        code: str,
        path: tuple[str, ...],
        message: str,
        hint: str,
        *,
        language: str = "",
        about: str = "",
    ) -> Problem:
        """Return a problem that does not block publishing."""
        return self.problem(code, path, message, hint, level=Level.WARNING, language=language, about=about)
