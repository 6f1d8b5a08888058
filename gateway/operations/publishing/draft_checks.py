"""Tries a draft before it is published: checks each state of its folder once, and holds a conversation with it.

Pages show what changed beside the version it began from. In a conversation nothing is stored and nobody is alerted; a
link lets a colleague dial the draft.
"""

import hashlib
import hmac
import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from threading import Lock

from gateway.domain.events import USSD_LIMITS
from gateway.domain.permissions import Actor
from gateway.foundation.phone_numbers import find_region
from gateway.foundation.services import Services
from gateway.menus.authoring.check import Checked, Tree, build_trees, fill_for_drawing, make_sketch
from gateway.menus.authoring.checks import CheckContext
from gateway.menus.authoring.conversation_files import Case
from gateway.menus.authoring.conversation_runner import LINE_VALUES, Talk
from gateway.menus.authoring.drawing import DrawnFigures, draw_svg, find_levels, find_title
from gateway.menus.authoring.pages import Preview, add_pages, preview_screen
from gateway.menus.authoring.problems import Level, Place, Problem
from gateway.menus.engine.model import Menu
from gateway.menus.engine.visibility import list_offers
from gateway.menus.engine.wording import find_screens_by_fact
from gateway.operations.publishing.changes import Change, compare_menus, spread_menu
from gateway.operations.publishing.fact_changes import find_today
from gateway.operations.publishing.menu_drafts import OpenedDraft, UnknownDraft, read_draft, read_opened
from gateway.operations.publishing.publish import check_files
from gateway.operations.publishing.stored import read_menu
from gateway.storage import versions

_KEPT = 6
"""States of folders whose check is remembered; a check of the sample takes most of a second."""

MOST_SHOWN = 8
"""Screens that one page previews."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownScreen:
    """A screen with its pages in every language of the menu."""

    name: str
    previews: tuple[Preview, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftView:
    """A checked draft.

    Attributes:
        checked: the result of the check.
        errors: what prevents publishing.
        fresh: warnings that the version it began from does not have.
        changes: what differs from that version, part by part.
        day: the day for which screens are previewed: the first on which a changed fact holds, else today.
        screens: the screens that callers would read differently.
        more: how many more there are.
    """

    checked: Checked
    errors: tuple[Problem, ...]
    fresh: tuple[Problem, ...]
    changes: tuple[Change, ...]
    day: date
    screens: tuple[ShownScreen, ...]
    more: int = 0


class CheckedDrafts:
    """Checks the folders of drafts and remembers the last results."""

    def __init__(self, parts: Services) -> None:
        self._parts = parts
        self._checked: OrderedDict[str, Checked] = OrderedDict()
        self._lock = Lock()

    def check(self, files: Mapping[str, str]) -> Checked:
        """Return the check of these files for today; a state that was checked before costs nothing."""
        with self._parts.store.read() as tx:
            live = sorted(versions.find_live_ids(tx).values())
        known = [dict(sorted(files.items())), live, str(find_today(self._parts))]
        key = hashlib.sha256(json.dumps(known).encode()).hexdigest()
        with self._lock:
            found = self._checked.get(key)
        if found is None:
            found = check_files(self._parts, files, moves_keys=True)
        with self._lock:
            self._checked[key] = found
            self._checked.move_to_end(key)
            while len(self._checked) > _KEPT:
                self._checked.popitem(last=False)
        return found

    def view(self, opened: OpenedDraft) -> DraftView:
        """Return the draft with its problems, its changes and the screens that callers would read differently."""
        checked, base = self.check(opened.files), self.check(opened.base_files)
        menu = checked.menu or checked.built
        known = {(each.code, each.place.file, each.message) for each in base.problems}
        changes = self._compare(opened, menu)
        day = _find_day(changes, find_today(self._parts))
        names = list(_list_changed(menu, changes)) if menu else []
        return DraftView(
            checked=checked,
            errors=tuple(each for each in checked.problems if each.level is Level.ERROR),
            fresh=tuple(
                each
                for each in checked.problems
                if each.level is not Level.ERROR and (each.code, each.place.file, each.message) not in known
            ),
            changes=changes,
            day=day,
            screens=tuple(self.show_screen(menu, name, day) for name in names[:MOST_SHOWN] if menu),
            more=max(0, len(names) - MOST_SHOWN),
        )

    def show_screen(self, menu: Menu, name: str, day: date) -> ShownScreen:
        """Return a screen with its pages in every language."""
        values = self._parts.line.for_engine().values
        previews = (preview_screen(menu, name, language, day, values) for language in menu.languages)
        return ShownScreen(name=name, previews=tuple(previews))

    def show_book(self, menu: Menu, language: str, day: date) -> tuple[tuple[str, Preview], ...]:
        """Return every screen that a caller of this language can be shown, by its id, in the order of the menu."""
        values = self._parts.line.for_engine().values
        shown = (
            (name, preview_screen(menu, name, language, day, values))
            for name, screen in menu.screens.items()
            if screen.is_shown
        )
        return tuple((name, preview) for name, preview in shown if preview.pages)

    def _compare(self, opened: OpenedDraft, menu: Menu | None) -> tuple[Change, ...]:
        if menu is None:
            return ()
        with self._parts.store.read() as tx:
            base = read_menu(tx, opened.base.id)
        before = spread_menu(base, opened.base_files) if base is not None else {}
        return compare_menus(before, spread_menu(menu, opened.files))


def _find_day(changes: tuple[Change, ...], today: date) -> date:
    """Return the first coming day on which a changed fact holds, else today."""
    begun = (change.path[2].removeprefix("from ") for change in changes if change.path[0] == "fact")
    coming = sorted(day for day in begun if day > today.isoformat())
    return date.fromisoformat(coming[0]) if coming else today


def _list_changed(menu: Menu, changes: tuple[Change, ...]) -> Iterator[str]:
    """Yield the screens that differ, or that show a changed fact, in the order of the menu."""
    direct = {change.path[0] for change in changes}
    facts = {change.path[1] for change in changes if change.path[0] == "fact"}
    shown = {
        name
        for language in menu.languages
        for fact, names in (find_screens_by_fact(menu, language) if facts else {}).items()
        if fact in facts
        for name in names
    }
    for name, screen in menu.screens.items():
        if (name in direct or name in shown) and screen.is_shown:
            yield name


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnScreen:
    """A screen in the list beside the drawing: its title, how deep it stands, and whether it has an error."""

    name: str
    title: str
    depth: int
    is_faulty: bool
    is_missing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnDraft:
    """A draft as a drawing and as a list; ``languages`` are tag → name of those in which it can be drawn."""

    svg: str
    figures: DrawnFigures
    screens: tuple[DrawnScreen, ...]
    language: str
    languages: Mapping[str, str]


def draw_draft(
    files: Mapping[str, str],
    checked: Checked,
    day: date,
    language: str,
    make_figures: Callable[[Menu, tuple[DrawnScreen, ...]], DrawnFigures],
) -> DrawnDraft | None:
    """Return the drawing of a draft, with errors too; None where no screen can be read of its files.

    Args:
        files: the files of the draft.
        checked: their check.
        day: the day whose facts the texts show.
        language: the language of titles and choices; another is taken where the menu has not this one.
        make_figures: tells what the drawing of a menu and its screens shows beside it.
    """
    raw = {name: text.encode("utf-8", "surrogateescape") for name, text in files.items()}
    sketch = make_sketch(raw, checked.built)
    if sketch is None:
        return None
    known = sketch.menu.languages
    language = language if language in known else sketch.menu.source or next(iter(known), "en")
    menu = fill_for_drawing(sketch.menu, day, language)
    levels = find_levels(checked.problems)
    screens = tuple(
        DrawnScreen(
            name=name,
            title=find_title(menu, menu.screens[name], language, _TITLE),
            depth=depth,
            is_faulty=levels.get(name) is Level.ERROR,
            is_missing=name in sketch.missing,
        )
        for name, depth in _walk_trees(build_trees(menu))
    )
    figures = make_figures(menu, screens)
    svg = draw_svg(menu, language, checked.problems, sketch.missing, figures)
    return DrawnDraft(svg=svg, figures=figures, screens=screens, language=language, languages=known)


_TITLE = 60
"""Columns of a title in the list."""


def _walk_trees(trees: Iterable[Tree]) -> Iterator[tuple[str, int]]:
    """Yield every screen with its depth, each below the one from which it is first reached."""
    waiting = [(tree, 0) for tree in trees]
    while waiting:
        tree, depth = waiting.pop(0)
        yield tree.screen, depth
        waiting[:0] = [(child, depth + 1) for child in tree.children]


LINK_LASTS = timedelta(days=7)
"""How long a link to a draft can be opened; giving the draft up or publishing it ends it before."""

_LINK_HASH = 32
"""Hexadecimal digits of the signature: 128 bits."""

_SECOND = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def cut_draft(menu: Menu, asked: CheckContext) -> Menu:
    """Return the menu with its pages cut as a publish would cut them for USSD."""
    return add_pages(menu, (USSD_LIMITS,), read_line_values(asked))


def open_talk(menu: Menu, number: str, asked: CheckContext, now: datetime) -> Talk:
    """Start a conversation of this number with a menu whose pages are cut.

    It offers the windows that a real dial would.
    """
    case = Case(
        it="draft",
        place=Place(),
        at=now,
        region=find_region(number),
        offers=_find_offers(menu, asked),
    )
    return Talk(menu, case, zone=asked.zone, limits=USSD_LIMITS, values=read_line_values(asked))


def read_line_values(asked: CheckContext) -> Mapping[str, str]:
    """Return the values that texts quote from the settings, by placeholder; empty settings are left out."""
    return {**dict.fromkeys(LINE_VALUES, ""), **(asked.settings or {})}


def _find_offers(menu: Menu, context: CheckContext) -> tuple[str, ...]:
    known = list_offers(menu)
    if context.staffed is None:
        return known
    staffed = context.staffed(menu.windows.values())
    return tuple(name for name in known if name in staffed)


# A link for a colleague without a sign-in: it shows the draft's phone and nothing else. It is signed and not stored,
# because a draft holds only what every caller will read.


def make_draft_link(parts: Services, actor: Actor, draft_id: str) -> str:
    """Return the token of a link that lets anyone dial this draft for some days.

    Raises:
        NotPermitted: the actor has nothing to do with menus.
        UnknownDraft: there is none, or it is not open.
    """
    if not read_draft(parts, actor, draft_id).draft.is_open:
        raise UnknownDraft(draft_id)
    until = str((parts.clock.now() + LINK_LASTS - _EPOCH) // _SECOND)
    return f"{draft_id}.{until}.{_sign_link(parts, draft_id, until)}"


def open_draft_link(parts: Services, token: str) -> OpenedDraft:
    """Return the draft of a link.

    Raises:
        UnknownDraft: the link is forged or too old, or the draft is not open any more.
    """
    draft_id, _, signed = token.partition(".")
    until, _, sign = signed.partition(".")
    is_signed = hmac.compare_digest(sign.encode(), _sign_link(parts, draft_id, until).encode())
    if not is_signed or (parts.clock.now() - _EPOCH) // _SECOND >= int(until):
        raise UnknownDraft("the link is not valid")
    with parts.store.read() as tx:
        opened = read_opened(tx, draft_id)
    if not opened.draft.is_open:
        raise UnknownDraft(draft_id)
    return opened


def _sign_link(parts: Services, draft_id: str, until: str) -> str:
    return parts.store.ring.lookup("web", "draft link", draft_id, until).hex()[:_LINK_HASH]
