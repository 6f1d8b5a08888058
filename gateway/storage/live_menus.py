"""Hold compiled menus in memory: live versions, older ones in use by sessions, and a file copy for when SQL is down.

``find_served`` and ``find_texted`` are the single rule for real channels: they show reviewed languages only.
"""

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


_SHARED: dict[str, Menu] = {}
"""Version → menu that the processes of this machine share, as they were forked from one that had loaded it."""


def load_shared_menus(folder: Path, versions: Collection[str]) -> None:
    """Load file copies of live versions for the processes that will be forked from this one.

    They do not read the rows again: each would hold them in SQLite's cache of pages, and the text beside the menu.

    Args:
        folder: of the file copies.
        versions: those whose rows were read from SQL in this start, and are whole.
    """
    _SHARED.update((version, menu) for version, menu in read_saved_menus(folder) if version in versions)


class NoMenu(LookupError):
    """No version of this menu is live yet."""


@dataclass(slots=True)
class _Loaded:
    """The versions in memory; replaced as a whole, so that readers need no lock."""

    live: dict[str, str] = field(default_factory=dict)
    menus: dict[str, Menu] = field(default_factory=dict)
    withdrawn: frozenset[str] = frozenset()
    unreadable: dict[str, str] = field(default_factory=dict)


class Versions:
    """The menus of this process.

    ``refresh`` loads what was published. Only ``get`` also queries SQL, for a version that another process loaded
    first.
    """

    def __init__(self, store: Store, folder: Path, *, unset: Collection[str] = ()) -> None:
        """Start without menus.

        Args:
            store: the ledger.
            folder: for the file copies of live versions.
            unset: helpline numbers that are not set; a menu that names one is not shown on real channels.
        """
        self._store = store
        self._folder = folder
        self._unset = frozenset(unset)
        self._held = _Loaded()
        self._narrowed: dict[str, Menu | None] = {}
        self._lock = threading.Lock()

    def live(self, menu: str) -> tuple[str, Menu]:
        """Return the id of the live version and its menu; without I/O.

        Raises:
            NoMenu: none was published, or none could be loaded yet.
        """
        held = self._held
        version = held.live.get(menu)
        if version is None:
            raise NoMenu(f"no version of the menu {menu} is live")
        return version, held.menus[version]

    def get(self, version_id: str) -> Menu | None:
        """Return the menu of this version, or None where it is withdrawn or unknown."""
        held = self._held
        if version_id in held.withdrawn:
            return None
        if version_id not in held.menus:
            self._take_up(version_id)
        return self._held.menus.get(version_id)

    def live_reviewed(self, menu: str) -> tuple[str, Menu | None]:
        """Return the id of the live version, and its menu in the reviewed languages.

        The menu is None where no language is reviewed, or it names a number that is not set.

        Raises:
            NoMenu: none was published, or none could be loaded yet.
        """
        version, whole = self.live(menu)
        return version, self._narrow(version, whole)

    def get_reviewed(self, version_id: str) -> Menu | None:
        """Return this version's menu in its reviewed languages; None where it has none, or ``get`` finds none."""
        whole = self.get(version_id)
        return self._narrow(version_id, whole) if whole is not None else None

    def loaded(self) -> dict[str, str]:
        """Return menu → live version of what this process can serve now."""
        return dict(self._held.live)

    def list_unreadable(self) -> dict[str, str]:
        """Return menu → the version that should be live and cannot be read; ``loaded`` has what stands in for it."""
        return dict(self._held.unreadable)

    def list_whole(self) -> tuple[str, ...]:
        """Return the live versions that were read as SQL has them, without those that stand in for another."""
        return tuple(version for menu, version in self.loaded().items() if menu not in self._held.unreadable)

    def refresh(self) -> bool:
        """Load newly published versions; False where SQL was unavailable.

        While nothing is loaded and SQL is down, the file copies are used.
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

    def note_unset(self, unset: Collection[str]) -> None:
        """Take up which numbers of the helpline are not set, where a page set or emptied one."""
        if self._unset != frozenset(unset):
            self._unset = frozenset(unset)
            self._narrowed = {}

    def _narrow(self, version_id: str, menu: Menu) -> Menu | None:
        """Narrow a menu once and cache it: a version never changes, and a USSD hop must be fast."""
        if version_id not in self._narrowed:
            if len(self._narrowed) > _KEPT:
                self._narrowed = {}
            names_unset = self._unset and self._unset & list_named(menu)
            self._narrowed[version_id] = None if names_unset else narrow_menu(menu)
        return self._narrowed.get(version_id)

    def _ask(self, tx: Tx) -> list[str]:
        before = self._held
        live = rows.find_live_ids(tx)
        menus = dict(before.menus)
        usable = dict(before.live)
        unreadable: dict[str, str] = {}
        for menu, version in live.items():
            serves = version
            if version not in menus:
                told = before.unreadable.get(menu) == version
                loaded = _find_shared(tx, version)
                loaded = loaded or _load_menu(rows.find_compiled(tx, version), version, told=told)
                if loaded is None:
                    unreadable[menu] = version
                    found = None if menu in usable else self._find_last_good(tx, menu)
                    if found is None:
                        continue
                    serves, loaded = found
                menus[serves] = loaded
            usable[menu] = serves
        withdrawn = rows.list_withdrawn(tx, menus)
        kept = _keep_newest(menus, usable, withdrawn)
        self._held = _Loaded(usable, kept, withdrawn | before.withdrawn, unreadable)
        return [menu for menu, version in usable.items() if before.live.get(menu) != version]

    def _find_last_good(self, tx: Tx, menu: str) -> tuple[str, Menu] | None:
        """Return what callers read last, by the file copy, else the newest older version that can be read."""
        kept = {version: found for version, found in read_saved_menus(self._folder) if found.id == menu}
        for version in set(kept) - rows.list_withdrawn(tx, kept):
            return version, kept[version]
        for row in rows.list_versions(tx, menu):
            loaded = _load_menu(rows.find_compiled(tx, row.id), row.id, told=True)
            if loaded is not None:
                return row.id, loaded
        return None

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
            self._held = _Loaded(held.live, menus, withdrawn, held.unreadable)

    def _write_file(self, menu: str) -> None:
        version, _ = self.live(menu)
        if version in _SHARED and _is_saved(self._folder / f"{menu}.json", version):
            return
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
        found = dict(read_saved_menus(self._folder))
        with self._lock:
            if not self._held.live:
                live = {menu.id: version for version, menu in found.items()}
                self._held = _Loaded(live, found)


def read_saved_menus(folder: Path) -> Iterator[tuple[str, Menu]]:
    """Yield id and menu of each file copy of a live version."""
    for path in sorted(folder.glob("*.json")):
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            menu = _load_menu(kept["menu"], kept["version"])
        except (OSError, ValueError, KeyError, TypeError):
            _log.warning("a kept menu cannot be read")
            continue
        if menu is not None:
            yield kept["version"], menu


def _find_shared(tx: Tx, version: str) -> Menu | None:
    found = _SHARED.get(version)
    return None if found is None or rows.list_withdrawn(tx, [version]) else found


def _is_saved(path: Path, version: str) -> bool:
    """Say whether this is the copy of a version that was read whole when the processes were started."""
    begin = json.dumps({"version": version})[:-1]
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(len(begin)) == begin
    except (OSError, ValueError):
        return False


def _load_menu(compiled: str | None, version: str, *, told: bool = False) -> Menu | None:
    if compiled is None:
        return None
    try:
        return load_menu(compiled)
    except ValueError:
        # Damaged, or written by a later release; the last one that could be read stays live.
        if not told:
            _log.warning("version %s cannot be read by this release", version)
        return None


def _keep_newest(menus: dict[str, Menu], live: dict[str, str], withdrawn: frozenset[str]) -> dict[str, Menu]:
    """Keep the live versions and the newest of the others; ids sort by time."""
    others = sorted(set(menus) - set(live.values()) - withdrawn, reverse=True)[:_KEPT]
    return {version: menus[version] for version in (*live.values(), *others)}


# Review gate: a real channel shows reviewed languages only. It is checked in every turn instead of at a start,
# publish, rollback or restore, so that none of these can bypass it.


class NothingReviewed(NoMenu):
    """No language of the live menu may be shown: none is reviewed, or it names a number that is not set."""


def find_served(parts: Services, channel: str) -> tuple[str, Menu]:
    """Return the live version of a channel, and its menu as callers may see it.

    Raises:
        NoMenu: none was published, or none could be loaded yet.
        NothingReviewed: the channel is real, and no language is reviewed or a text names a number that is not set.
    """
    line = parts.channels[channel]
    if not line.contract.real:
        return parts.versions.live(line.config.menu)
    version, menu = parts.versions.live_reviewed(line.config.menu)
    if menu is None:
        raise NothingReviewed(f"no language of the menu {line.config.menu} may be shown")
    return version, menu


def find_texted(parts: Services, channel: str) -> tuple[str, Menu, bool]:
    """Return the live version, its menu for SMS on this channel, and whether the channel may answer.

    Where it may not, the whole menu still interprets texts: refusals and danger words are acted on.

    Raises:
        NoMenu: none was published, or none could be loaded yet.
    """
    try:
        return (*find_served(parts, channel), True)
    except NothingReviewed:
        return (*parts.versions.live(parts.channels[channel].config.menu), False)


def get_served(parts: Services, channel: str, version_id: str) -> Menu | None:
    """Return this version's menu as callers of the channel may see it; None where there is none."""
    if parts.channels[channel].contract.real:
        return parts.versions.get_reviewed(version_id)
    return parts.versions.get(version_id)


def list_unset(parts: Services, menu: Menu) -> tuple[str, ...]:
    """Return the helpline numbers that this menu names and that are not set."""
    return tuple(sorted(parts.line.unset & list_named(menu)))


_NAMED = 3
"""How many unreviewed texts are named where all are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldMenu:
    """What of one live menu is not shown on real channels.

    Attributes:
        menu: id of the menu.
        lines: real channels with this menu.
        offered: languages that they offer; none closes the channels.
        waiting: language → names of unreviewed texts.
        unset: numbers that its texts name and that are not set; any closes the channels.
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
    """Return how many texts of a language are unreviewed, with the first names."""
    more = ", …" if len(names) > _NAMED else ""
    texts = "text waits" if len(names) == 1 else "texts wait"
    return f"{language}: {len(names)} {texts} for a review ({', '.join(names[:_NAMED])}{more})"


def find_withheld(parts: Services) -> tuple[WithheldMenu, ...]:
    """Return what is not shown on real channels for want of a review or a number; without I/O."""
    return tuple(_find_withheld(parts))


def _find_withheld(parts: Services) -> Iterator[WithheldMenu]:
    lines: dict[str, list[str]] = {}
    for name, channel in parts.channels.items():
        if channel.contract.real:
            lines.setdefault(channel.config.menu, []).append(name)
    for menu_id, names in lines.items():
        if menu_id in parts.versions.loaded():
            _, menu = parts.versions.live(menu_id)
            waiting, unset = list_waiting(menu), list_unset(parts, menu)
            if waiting or unset:
                yield WithheldMenu(
                    menu=menu_id,
                    lines=tuple(names),
                    offered=() if unset else list_reviewed(menu),
                    waiting=waiting,
                    unset=unset,
                )
