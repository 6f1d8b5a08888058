"""Shows every fact with its dates, uses and readers, and changes one in a draft.

Who read a fact is told by how often, which value, on which day, and by open requests whose path showed it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.domain.permissions import Actor, NotPermitted, Permission, check_permission
from gateway.foundation.services import Services
from gateway.menus.authoring.problems import did_you_mean
from gateway.menus.authoring.schema.conform import parse_day
from gateway.menus.authoring.yaml_edit import add_item, read_part, write_words
from gateway.menus.authoring.yaml_spans import NotEditable, Plain
from gateway.menus.engine.dates import find_odd_year, is_date
from gateway.menus.engine.model import Fact, FactValue, Menu
from gateway.menus.engine.serialization import UnreadableMenu, load_menu
from gateway.menus.engine.wording import find_screens_by_fact, format_fact, list_naming_screens
from gateway.menus.fact_expiry import THRESHOLDS, find_last_day
from gateway.operations.publishing.menu_drafts import DraftMoved, OpenedDraft, change_file
from gateway.storage import reports, versions
from gateway.storage.callbacks import Callback
from gateway.storage.database import Tx
from gateway.storage.reports import FACT, Figure

DAYS = 30
"""Days over which readings and reports of wrong information are counted."""

_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """One fact of a live menu as its page shows it.

    Attributes:
        menu: the menu.
        fact: the fact with all its values.
        current: the value that callers read today.
        following: the value that follows it, if one is entered.
        last_day: until when it may be relied on without a gap.
        days: days until then; negative once it ended.
        screens: the screens that name it or rest on it.
        reads: how often it was shown in the last days.
        reported: how often these screens were reported as wrong in the last days.
    """

    menu: str
    fact: Fact
    current: FactValue
    following: FactValue | None
    last_day: date
    days: int
    screens: tuple[str, ...]
    reads: int
    reported: int

    @property
    def has_ended(self) -> bool:
        """Whether callers read it although it may not be relied on any more."""
        return self.days < 0

    @property
    def ends_soon(self) -> bool:
        """Whether it ends within the days of the first warning."""
        return 0 <= self.days <= THRESHOLDS[0]


class WrongField(ValueError):
    """A field of the form cannot be so; ``field`` names it, ``why`` is a code."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class FactForm:
    """What was typed to change a fact.

    Attributes:
        sort: ``change`` from a day on, ``correct`` the present value, or ``checked``: it is still right.
        value: the figure, number, words or date.
        valid_from: the first day of a new value.
        source: where it was taken from.
        checked_on: the day of the check.
        expires_on: the last day on which it may be relied on.
        seen: the value that the page showed when it was opened.
    """

    sort: str
    value: str
    valid_from: str
    source: str
    checked_on: str
    expires_on: str
    seen: str = ""


def list_facts(parts: Services, actor: Actor) -> tuple[FactRow, ...]:
    """Return every fact of the live menus, those that ended or end soon first.

    Raises:
        NotPermitted: the actor has nothing to do with menus.
    """
    if not (actor.may(Permission.DRAFT_MENUS) or actor.may(Permission.APPROVE_MENUS)):
        raise NotPermitted(f"{actor.role} may not: {Permission.DRAFT_MENUS}")
    today = find_today(parts)
    menus = [parts.versions.live(name)[1] for name in sorted(parts.versions.loaded())]
    with parts.store.read() as tx:
        what = [f"{FACT}{name}" for menu in menus for name in menu.facts]
        counted = reports.list_figures(tx, today - timedelta(days=DAYS), today, what=["report_wrong", *what])
    reads: Counter[str] = Counter()
    reported: Counter[str] = Counter()
    for one in counted:
        if one.what == "report_wrong":
            reported[one.item.partition("/")[0]] += one.n
        else:
            reads[one.what.removeprefix(FACT)] += one.n
    rows = [row for menu in menus for row in _make_rows(menu, today, reads, reported)]
    return tuple(
        sorted(rows, key=lambda row: (not (row.has_ended or row.ends_soon), row.last_day, row.fact.id))
    )


def find_today(parts: Services) -> date:
    """Return today in the helpline's time zone."""
    return parts.clock.now().astimezone(ZoneInfo(parts.line.zone)).date()


def _make_rows(
    menu: Menu, today: date, reads: Mapping[str, int], reported: Mapping[str, int]
) -> Iterator[FactRow]:
    naming = [find_screens_by_fact(menu, language) for language in menu.languages]
    for fact in menu.facts.values():
        last = find_last_day(fact, today)
        screens = tuple(dict.fromkeys(name for found in naming for name in found.get(fact.id, ())))
        yield FactRow(
            menu=menu.id,
            fact=fact,
            current=fact.on(today),
            following=next((each for each in fact.values if each.valid_from > today), None),
            last_day=last,
            days=(last - today).days,
            screens=screens,
            reads=reads.get(fact.id, 0),
            reported=sum(reported.get(name, 0) for name in screens),
        )


def change_fact(parts: Services, actor: Actor, opened: OpenedDraft, fact: str, form: FactForm) -> None:
    """Change a fact in a draft, byte for byte beside the rest of its file.

    Raises:
        NotPermitted: the actor may not draft menus.
        WrongField: a field cannot be so, or no file has the fact.
        DraftMoved: somebody else changed this fact in the draft since the page was opened.
        NotEditable: the file is written so that the fact has to be changed as a text.
    """
    today = find_today(parts)
    file = find_file(opened.files, fact)
    if file is None:
        raise WrongField("fact", "unknown")
    _check_form(form, today, has_dates=_has_dates(opened.files[file], fact, today))
    change_file(
        parts,
        actor,
        opened.draft.id,
        file,
        lambda text: _edit_fact(text, fact, form, today),
        place=f"facts {fact}",
    )


def find_file(files: Mapping[str, str], fact: str) -> str | None:
    """Return the file that has this fact."""
    for name, text in files.items():
        if f"{fact}:" in text or f'{fact}"' in text:
            try:
                if read_part(text, ("facts", fact)) is not None:
                    return name
            except NotEditable:
                continue
    return None


def _check_form(form: FactForm, today: date, *, has_dates: bool) -> None:
    """Check each field; the first fault is raised, beside its field."""
    if form.sort not in {"change", "correct", "checked"}:
        raise WrongField("sort", "missing")
    texts = ("source",) if form.sort == "checked" else ("value", "source")
    for name in texts:
        written = getattr(form, name).strip()
        if not written or len(written) > _LONGEST:
            raise WrongField(name, "long" if written else "missing")
    if "value" in texts and has_dates and not is_date(form.value.strip()):
        raise WrongField("value", "day")
    _check_days(form, today)


def _check_days(form: FactForm, today: date) -> None:
    days = (
        ("valid_from", "checked_on", "expires_on") if form.sort == "change" else ("checked_on", "expires_on")
    )
    for name in days:
        written = getattr(form, name)
        if parse_day(written) is None:
            raise WrongField(name, "day")
        if find_odd_year(written, today):
            raise WrongField(name, "year")
    if form.checked_on > today.isoformat():
        raise WrongField("checked_on", "future")
    if form.expires_on < form.checked_on:
        raise WrongField("expires_on", "before")


def _list_values(text: str, fact: str) -> list[dict[str, str]]:
    """Return the values of a fact as they are written, without texts by language."""
    found = read_part(text, ("facts", fact))
    values = found if isinstance(found, list) else []
    return [
        {key: each for key, each in value.items() if isinstance(each, str)}
        for value in values
        if isinstance(value, dict)
    ]


def _find_current(values: list[dict[str, str]], today: date) -> int:
    """Return the position of the value that holds today, else of the first one."""
    begun = [n for n, each in enumerate(values) if each.get("valid_from", "") <= today.isoformat()]
    known = begun or list(range(len(values)))
    pick = max if begun else min
    return pick(known, key=lambda n: values[n].get("valid_from", ""))


def _has_dates(text: str, fact: str, today: date) -> bool:
    values = _list_values(text, fact)
    return bool(values) and "date" in values[_find_current(values, today)]


def _edit_fact(text: str, fact: str, form: FactForm, today: date) -> str:
    values = _list_values(text, fact)
    if not values:
        raise NotEditable(f"{fact} is not a list of values")
    at = _find_current(values, today)
    key = "date" if "date" in values[at] else "value"
    shown = values[at].get(key, "")
    if form.seen and form.seen != shown:
        raise DraftMoved(None, now=shown)
    dates = {"source": form.source.strip(), "checked_on": form.checked_on, "expires_on": form.expires_on}
    if form.sort == "change":
        same_day = [n for n, each in enumerate(values) if each.get("valid_from") == form.valid_from]
        if not same_day:
            fresh: Plain = {key: form.value.strip(), "valid_from": form.valid_from, **dates}
            return add_item(text, ("facts", fact), fresh)
        at = same_day[0]
    if form.sort != "checked":
        dates = {key: form.value.strip(), **dates}
    for name, words in dates.items():
        text = write_words(text, ("facts", fact, str(at), name), words)
    return text


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
