"""Runs the background thread that refreshes menus, keys and settings every second and flushes counters every ten.

Takes up the settings that pages changed, with a copy beside the live menus, so that a restart without SQL tells callers
no old number. Sets up logging.
"""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gateway.channels.contract import Calls
from gateway.foundation.services import BadSetting
from gateway.storage import settings
from gateway.storage.atomic_files import write_file
from gateway.storage.database import Store, Tx, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from gateway.foundation.services import Applied, LineState, Services

OF_CHANNEL, KEPT, HOURS = "ch.", "kept", "hours.hours"
"""Beginning of the keys of a channel's settings, block of the days of retention rules, and key of the opening hours."""

_OPTIONS = frozenset({"day_limit", "calls_a_day", "call_minutes"})
_COPY, _FORMAT = "settings", 1

_EVERY = 1.0
_SELDOM = 10

_log = logging.getLogger(__name__)


class Refresh:
    """Keeps a process's in-memory state in step with SQL.

    Args:
        often: called every second.
        seldom: called every ten seconds, and once more at the end.
    """

    def __init__(
        self, often: Sequence[Callable[[], object]], seldom: Sequence[Callable[[], object]] = ()
    ) -> None:
        self._often = often
        self._seldom = seldom
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="refresh", daemon=True)

    def start(self) -> None:
        """Start the daemon thread; the process may exit without stopping it."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and run the ``seldom`` calls once more, so that no count is lost."""
        self._over.set()
        self._thread.join(timeout=5)
        _do_quietly(self._seldom)

    def _run(self) -> None:
        seconds = 0
        while not self._over.wait(_EVERY):
            seconds += 1
            _do_quietly(self._often)
            if seconds % _SELDOM == 0:
                _do_quietly(self._seldom)


def _do_quietly(what: Sequence[Callable[[], object]]) -> None:
    for each in what:
        try:
            each()
        except Unavailable:
            return  # SQL is away; the next round tries again
        except Exception as error:  # noqa: BLE001 - this thread must survive any single error
            # No traceback: it may quote personal data.
            _log.error("refresh failed kind=%s", type(error).__name__)


# Logging. Every line gets a timestamp, including those of libraries.

LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"


def set_up_log(level: int = logging.INFO) -> None:
    """Log to stderr from this level up, with a timestamp on every line, including those of libraries."""
    logging.basicConfig(level=level, format=LINE)


def find_place(key: str) -> tuple[str, ...]:
    """Return where a setting stands in the file; empty for days of a retention rule, which no file holds."""
    if key.startswith(OF_CHANNEL):
        channel, _dot, name = key.removeprefix(OF_CHANNEL).rpartition(".")
        return ("channels", channel, *(("options",) if name in _OPTIONS else ()), name)
    block, _dot, name = key.partition(".")
    return () if block == KEPT else (block,) if key == HOURS else (block, name)


# Taking up: what was changed here or in another process, from SQL, or at a start without it from this machine's copy.


def renew_values(parts: Services) -> None:
    """Take up what pages changed; every process does so each second.

    Raises:
        Unavailable: the database cannot be reached; what is known goes on to count.
    """
    with parts.store.read() as tx:
        found = _list_counting(tx)
    if found != parts.own:
        take_values(parts, found)
        keep_copy(parts)


def find_values(store: Store, folder: Path) -> dict[str, Any]:
    """Return key → value that pages changed, at the start of a process; without SQL those of this machine's copy."""
    try:
        with store.read() as tx:
            return _list_counting(tx)
    except Unavailable:
        return read_copy(folder)


def _list_counting(tx: Tx) -> dict[str, Any]:
    return {key: one.value for key, one in settings.list_own(tx).items() if one.value is not None}


def take_values(parts: Services, found: Mapping[str, Any]) -> None:
    """Let changed values count in this process; one that the rules of the file no longer allow is left out."""
    places = [place for place in map(find_place, {*found, *parts.own}) if place]
    if places:  # else days of retention alone, which stand in no file
        channels = {place[1] for place in places if place[0] == "channels"}
        _take_state(parts, apply_values(parts.apply, found, channels & set(parts.channels)))
    parts.own = dict(found)


def _take_state(parts: Services, state: LineState) -> None:
    parts.line, parts.answers = state.line, state.answers
    parts.versions.note_unset(state.line.unset)
    for name, built in state.channels.items():
        running = parts.channels[name]
        running.config = replace(
            running.config,
            rate=built.config.rate,
            part_price=built.config.part_price,
            day_spend=built.config.day_spend,
            options=built.config.options,
        )
        if isinstance(running, Calls) and isinstance(built, Calls):
            running.bridging = built.bridging


def apply_values(apply: Applied, found: Mapping[str, Any], channels: Collection[str] = ()) -> LineState:
    """Return what follows from changed values; one that is refused, say by a later release, leaves the others alone."""
    changes = {place: value for key, value in found.items() if (place := find_place(key))}
    try:
        return apply(changes, channels)
    except BadSetting:
        sound = {place: value for place, value in changes.items() if _is_sound(apply, place, value)}
        return apply(sound, channels)


def _is_sound(apply: Applied, place: tuple[str, ...], value: object) -> bool:
    try:
        apply({place: value}, ())
    except BadSetting:
        _log.warning(
            "a changed setting does not count, since the file's rules refuse it: %s", ".".join(place)
        )
        return False
    return True


def keep_copy(parts: Services) -> None:
    """Write what counts beside the live menus, for a restart without SQL."""
    folder = parts.data_dir / "live"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_file(folder / _COPY, json.dumps({"format": _FORMAT, "values": parts.own}).encode())
    except OSError:
        _log.warning("the changed settings could not be kept as a file")


def read_copy(folder: Path) -> dict[str, Any]:
    """Return what this machine's copy holds; nothing where there is none or it cannot be read."""
    try:
        kept = json.loads((folder / _COPY).read_text(encoding="utf-8"))
        return dict(kept["values"]) if kept["format"] == _FORMAT else {}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError):
        _log.warning("the kept settings cannot be read")
        return {}
