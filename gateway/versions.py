"""Which menus this process holds: the live ones, older ones while sessions stand on them, a file for bad days."""

import json
import logging
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gateway.engine.compiled import load as load_menu
from gateway.engine.menu import Menu
from gateway.engine.offering import list_named, narrow_menu
from gateway.store import versions as rows
from gateway.store.engines import Store, Tx, Unavailable
from gateway.store.files import put

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
                loaded = _loaded(rows.compiled(tx, version), version)
                if loaded is None:
                    continue
                menus[version] = loaded
            usable[menu] = version
        withdrawn = rows.withdrawn(tx, menus)
        self._held = _Held(usable, _newest(menus, usable, withdrawn), withdrawn | before.withdrawn)
        return [menu for menu, version in usable.items() if before.live.get(menu) != version]

    def _take_up(self, version_id: str) -> None:
        try:
            with self._store.read() as tx:
                menu = _loaded(rows.compiled(tx, version_id), version_id)
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
                compiled = rows.compiled(tx, version)
            if compiled is not None:
                content = json.dumps({"version": version, "menu": compiled}, ensure_ascii=False)
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                put(self._folder / f"{menu}.json", content.encode())
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
            menu = _loaded(kept["menu"], kept["version"])
        except (OSError, ValueError, KeyError, TypeError):
            _log.warning("a kept menu cannot be read")
            continue
        if menu is not None:
            yield kept["version"], menu


def _loaded(compiled: str | None, version: str) -> Menu | None:
    if compiled is None:
        return None
    try:
        return load_menu(compiled)
    except ValueError:
        # A later release wrote it; the version that is live here goes on until this process is renewed.
        _log.warning("version %s cannot be read by this release", version)
        return None


def _newest(menus: dict[str, Menu], live: dict[str, str], withdrawn: frozenset[str]) -> dict[str, Menu]:
    """Keep the live ones and the newest of the others: ids sort by time."""
    others = sorted(set(menus) - set(live.values()) - withdrawn, reverse=True)[:_KEPT]
    return {version: menus[version] for version in (*live.values(), *others)}
