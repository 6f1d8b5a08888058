"""Finds who read a fact: how often, which value, on which day, and open requests whose path showed it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.domain.permissions import Actor, Permission, check_permission
from gateway.foundation.services import Services
from gateway.menus.authoring.problems import did_you_mean
from gateway.menus.engine.model import Menu
from gateway.menus.engine.serialization import UnreadableMenu, load_menu
from gateway.menus.engine.wording import format_fact, list_naming_screens
from gateway.storage import reports, versions
from gateway.storage.callbacks import Callback
from gateway.storage.database import Tx
from gateway.storage.reports import Figure


class NoFact(LookupError):
    """No live or counted menu has a fact of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """How often one value of the fact was shown on one day, on one screen or in one message."""

    day: date
    screen: str
    value: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRequest:
    """An open request whose path showed the fact: its code and state, never the number."""

    code: str
    state: str
    language: str
    asked_at: datetime
    screens: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactReaders:
    """The readers of one fact in a span of days; ``screens`` are those that show it in the live menu."""

    fact: str
    first: date
    last: date
    screens: tuple[str, ...]
    reads: tuple[Read, ...]
    requests: tuple[FactRequest, ...]

    @property
    def n(self) -> int:
        """The number of pages and texts with the fact."""
        return sum(read.n for read in self.reads)


def find_readers(parts: Services, actor: Actor, fact: str, first: date, last: date) -> FactReaders:
    """Return the readers of a fact from the first day to the last, both included, in the helpline's time zone.

    Raises:
        NotPermitted: the actor may not see metrics, or not the callbacks of others.
        NoFact: no menu that is live or was read on these days has it.
        Unavailable: the database cannot be reached.
    """
    check_permission(actor, Permission.SEE_FIGURES)
    check_permission(actor, Permission.SEE_OTHERS)
    with parts.store.read() as tx:
        menus = _Menus(tx)
        live = [menu for each in versions.find_live_ids(tx).values() if (menu := menus.of(each))]
        counted = reports.list_figures(tx, first, last, what=[f"{reports.FACT}{fact}"])
        if not counted and not any(fact in menu.facts for menu in live):
            known = {name for menu in live for name in menu.facts}
            raise NoFact(f"no menu has a fact '{fact}'; {did_you_mean(fact, known)}")
        since, until = (_find_midnight(day, parts.line.zone) for day in (first, last + timedelta(days=1)))
        requests = reports.open_between(tx, actor.team, since, until)
        return FactReaders(
            fact=fact,
            first=first,
            last=last,
            screens=tuple(dict.fromkeys(name for menu in live for name in _list_screens(menu, fact))),
            reads=_list_reads(menus, fact, counted),
            requests=tuple(_list_passed(menus, fact, requests)),
        )


@dataclass(slots=True)
class _Menus:
    """Menus of versions, each loaded once."""

    tx: Tx
    held: dict[str, Menu | None] = field(default_factory=dict)

    def of(self, version: str) -> Menu | None:
        """Return the menu of a version, withdrawn or not; None if this release cannot read it."""
        if version not in self.held:
            compiled = versions.find_ever_compiled(self.tx, version)
            try:
                self.held[version] = load_menu(compiled) if compiled is not None else None
            except UnreadableMenu:
                self.held[version] = None
        return self.held[version]


def _find_midnight(day: date, zone: str) -> datetime:
    """Return the instant at which a day begins in this time zone."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _list_screens(menu: Menu, fact: str) -> Iterator[str]:
    for language in menu.languages:
        yield from list_naming_screens(menu, fact, language)


def _list_reads(menus: _Menus, fact: str, counted: tuple[Figure, ...]) -> tuple[Read, ...]:
    found: Counter[tuple[date, str, str]] = Counter()
    for one in counted:
        menu = menus.of(one.version)
        known = menu.facts.get(fact) if menu else None
        value = format_fact(menu, known, one.day, one.language) if menu and known else ""
        found[one.day, one.item, value] += one.n
    return tuple(
        Read(day=day, screen=screen, value=value, n=n) for (day, screen, value), n in sorted(found.items())
    )


def _list_passed(menus: _Menus, fact: str, requests: Iterable[Callback]) -> Iterator[FactRequest]:
    for one in requests:
        menu = menus.of(one.version)
        past = set(list_naming_screens(menu, fact, one.script or one.language)) if menu else set()
        screens = tuple(name for name in one.path if name in past)
        if screens:
            yield FactRequest(
                code=one.code,
                state=one.state.value,
                language=one.language,
                asked_at=one.asked_at,
                screens=screens,
            )
