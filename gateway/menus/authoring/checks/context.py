"""Define what checks get: the built menu with its places, and the day, limits and settings to check for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from gateway.domain.contact_safety import When
from gateway.domain.events import USSD_LIMITS, Limits
from gateway.menus.authoring.graph import Declared
from gateway.menus.authoring.pages import Cut
from gateway.menus.authoring.passages import Reviews
from gateway.menus.authoring.problems import Level, Problem
from gateway.menus.authoring.yaml_nodes import Places
from gateway.menus.engine.model import Menu


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckContext:
    """What a menu is checked for.

    Attributes:
        today: the day for which facts are checked.
        limits: page limits of each configured channel.
        zone: time zone of the helpline.
        settings: placeholder → value of the helpline's settings; None where unknown.
        staffed: returns which windows are covered by duty hours; None where unknown.
        real: the menu is for real phones.
        live: menu id → live version; empty where none is live or it is unknown.
        moves_keys: keys about danger and consent may change, since the publisher gave a reason.
        tells_drafts: report unreviewed texts and stale translations.
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
    """The menu to check; ``cut`` has its pages for all limits, cut once for all checks."""

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
        """Return a problem that does not prevent publishing."""
        return self.problem(code, path, message, hint, level=Level.WARNING, language=language, about=about)
