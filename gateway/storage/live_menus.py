"""Which menus this process holds: the live ones, older ones while sessions stand on them, a file for bad days."""

import json
import logging
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.foundation.services import Services
from gateway.menus.engine.model import Menu
from gateway.menus.engine.offered_languages import list_named, list_reviewed, list_waiting, narrow_menu
from gateway.menus.engine.serialization import load_menu
from gateway.storage import versions as rows
from gateway.storage.atomic_files import write_file
from gateway.storage.database import Store, Tx, Unavailable

_KEPT = 20
_log = logging.getLogger(__name__)


class NoMenu(LookupError):
    """No version of this menu is live yet."""


@dataclass(slots=True)
class _Held:
    """What is in memory at one moment; replaced as a whole, so that readers need no lock."""

    live: dict[str, str] = field(default_factory=dict)
    menus: dict[str, Menu] = field(default_factory=dict)
    withdrawn: frozenset[str] = frozenset()


class Versions:
    """The menus of this process.

    ``refresh`` takes up what was published. Nothing else asks SQL but ``get``, for a version that another process
    took up a moment earlier.
    """

    def __init__(self, store: Store, folder: Path, *, unset: Collection[str] = ()) -> None:
        """Hold no menu yet.

        Args:
            store: the ledger.
            folder: where the live ones are kept as files.
            unset: numbers of the line that are not set: a menu that names one is none for real phones.
        """
        self._store = store
        self._folder = folder
        self._unset = frozenset(unset)
        self._held = _Held()
        self._narrowed: dict[str, Menu | None] = {}
        self._lock = threading.Lock()

    def live(self, menu: str) -> tuple[str, Menu]:
        """Return the id of the live version and the menu itself; asks nobody.

        Raises:
            NoMenu: none was published, or none could be loaded yet.
        """
        held = self._held
        version = held.live.get(menu)
        if version is None:
            raise NoMenu(f"no version of the menu {menu} is live")
        return version, held.menus[version]

    def get(self, version_id: str) -> Menu | None:
        """Return the menu of this version, or None where it was withdrawn or is not known."""
        held = self._held
        if version_id in held.withdrawn:
            return None
        if version_id not in held.menus:
            self._take_up(version_id)
        return self._held.menus.get(version_id)

    def live_reviewed(self, menu: str) -> tuple[str, Menu | None]:
        """Return the id of the live version and the menu in its reviewed languages.

        None instead of the menu: it has none, or it names a number that is not set.

        Raises:
            NoMenu: none was published, or none could be loaded yet.
        """
        version, whole = self.live(menu)
        return version, self._narrow(version, whole)

    def get_reviewed(self, version_id: str) -> Menu | None:
        """Return the menu of this version in its reviewed languages; None where it has none, or ``get`` has none."""
        whole = self.get(version_id)
        return self._narrow(version_id, whole) if whole is not None else None

    def loaded(self) -> dict[str, str]:
        """Return the live version of each menu that this process could answer with now."""
        return dict(self._held.live)

    def refresh(self) -> bool:
        """Ask which versions are live and take up the new ones; False where SQL could not be asked.

        While nothing is loaded and SQL cannot be asked, the last good files stand in.
        """
        known = self._held.live
        try:
            with self._store.read() as tx, self._lock:
                changed = self._ask(tx)
        except Unavailable:
            if not self._held.live:
                self._read_files()
            return False
        for menu in changed:
            if menu in known:
                _log.info("menu %s: version %s is taken up", menu, self._held.live[menu])
            self._write_file(menu)
        return True

    def _narrow(self, version_id: str, menu: Menu) -> Menu | None:
        """Narrow a menu once: a version never changes, and a hop has no half millisecond to spare."""
        if version_id not in self._narrowed:
            if len(self._narrowed) > _KEPT:
                self._narrowed = {}
            names_unset = self._unset and self._unset & list_named(menu)
            self._narrowed[version_id] = None if names_unset else narrow_menu(menu)
        return self._narrowed.get(version_id)

    def _ask(self, tx: Tx) -> list[str]:
        before = self._held
        live = rows.live_ids(tx)
        menus = dict(before.menus)
        usable = dict(before.live)
        for menu, version in live.items():
            if version not in menus:
                loaded = _load_menu(rows.find_compiled(tx, version), version)
                if loaded is None:
                    continue
                menus[version] = loaded
            usable[menu] = version
        withdrawn = rows.list_withdrawn(tx, menus)
        self._held = _Held(usable, _keep_newest(menus, usable, withdrawn), withdrawn | before.withdrawn)
        return [menu for menu, version in usable.items() if before.live.get(menu) != version]

    def _take_up(self, version_id: str) -> None:
        try:
            with self._store.read() as tx:
                menu = _load_menu(rows.find_compiled(tx, version_id), version_id)
        except Unavailable:
            return
        with self._lock:
            held = self._held
            withdrawn = held.withdrawn if menu else held.withdrawn | {version_id}
            menus = {version_id: menu, **held.menus} if menu else held.menus
            self._held = _Held(held.live, menus, withdrawn)

    def _write_file(self, menu: str) -> None:
        version, _ = self.live(menu)
        try:
            with self._store.read() as tx:
                compiled = rows.find_compiled(tx, version)
            if compiled is not None:
                content = json.dumps({"version": version, "menu": compiled}, ensure_ascii=False)
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_file(self._folder / f"{menu}.json", content.encode())
        except (Unavailable, OSError):
            _log.warning("the live version of a menu could not be kept as a file")

    def _read_files(self) -> None:
        found = dict(read_kept_menus(self._folder))
        with self._lock:
            if not self._held.live:
                live = {menu.id: version for version, menu in found.items()}
                self._held = _Held(live, found)


def read_kept_menus(folder: Path) -> Iterator[tuple[str, Menu]]:
    """Yield the id and the menu of each live version that is kept as a file, for whoever cannot ask SQL."""
    for path in sorted(folder.glob("*.json")):
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            menu = _load_menu(kept["menu"], kept["version"])
        except (OSError, ValueError, KeyError, TypeError):
            _log.warning("a kept menu cannot be read")
            continue
        if menu is not None:
            yield kept["version"], menu


def _load_menu(compiled: str | None, version: str) -> Menu | None:
    if compiled is None:
        return None
    try:
        return load_menu(compiled)
    except ValueError:
        # A later release wrote it; the version that is live here goes on until this process is renewed.
        _log.warning("version %s cannot be read by this release", version)
        return None


def _keep_newest(menus: dict[str, Menu], live: dict[str, str], withdrawn: frozenset[str]) -> dict[str, Menu]:
    """Keep the live ones and the newest of the others: ids sort by time."""
    others = sorted(set(menus) - set(live.values()) - withdrawn, reverse=True)[:_KEPT]
    return {version: menus[version] for version in (*live.values(), *others)}


# The one rule between menus and phones: a line that reaches real phones offers only languages that were
# reviewed.
#
# Every door (a start, an account that was added, a publish, a rollback, a restore) leads to a turn, and
# every turn asks here: nothing is decided earlier than the words are sent, so no door can be forgotten.


class NothingReviewed(NoMenu):
    """No language of the live menu may reach real phones: none was reviewed, or it names a number that is not set."""


def find_served(parts: Services, channel: str) -> tuple[str, Menu]:
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


def find_texted(parts: Services, channel: str) -> tuple[str, Menu, bool]:
    """Return the live version, its menu for texts to this line, and whether the line may answer them.

    Where it may not, the whole menu still says what a text means: a refusal counts and a cry for help is heard.

    Raises:
        NoMenu: none was published, or none could be loaded yet.
    """
    try:
        return (*find_served(parts, channel), True)
    except NothingReviewed:
        return (*parts.versions.live(parts.channels[channel].config.menu), False)


def get_served(parts: Services, channel: str, version_id: str) -> Menu | None:
    """Return the menu of this version as callers of this line may see it; None where there is none for them."""
    if parts.channels[channel].contract.real:
        return parts.versions.get_reviewed(version_id)
    return parts.versions.get(version_id)


def list_unset(parts: Services, menu: Menu) -> tuple[str, ...]:
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


def find_held_back(parts: Services) -> tuple[HeldBack, ...]:
    """Return what does not reach real phones for want of a review or of a number; asks nobody."""
    return tuple(_find_held_back(parts))


def _find_held_back(parts: Services) -> Iterator[HeldBack]:
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
