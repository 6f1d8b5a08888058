"""Makes a folder the next version of its menu, or an older version live again, and writes down who did it."""

import hashlib
import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.access import Actor, Permission, permit
from gateway.callbacks.windows import Hours, offered
from gateway.catalogue.check import Checked, check
from gateway.catalogue.folder import read_folder
from gateway.catalogue.pages import with_pages
from gateway.catalogue.problems import Level, Problem
from gateway.catalogue.proofs import Asked
from gateway.engine.compiled import UnreadableMenu, dump, load
from gateway.engine.menu import FORMAT, Menu
from gateway.messages import SMS_LIMITS, USSD_LIMITS, Limits
from gateway.parts import Parts
from gateway.publishing.reviews import refuse_lost_reviews
from gateway.store import audit, shifts, versions
from gateway.store.engines import Tx
from gateway.store.versions import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A version that is live now. ``fresh`` is False where it was live already; the problems are warnings."""

    version: Version
    fresh: bool = True
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSound:
    """Nothing was published: the folder has errors; what is live goes on."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A version, and whether callers get it now."""

    version: Version
    live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The version that callers get now, and its menu; nothing where none is live."""

    version: Version | None = None
    menu: Menu | None = None


class Overtaken(Exception):
    """Another version went live while this one was being made; look at it first, then publish again."""


class NoVersion(LookupError):
    """There is no such version to go back to."""


def publish(
    parts: Parts,
    files: Mapping[str, str],
    *,
    author: str,
    why: str,
    actor: Actor | None = None,
    without: Collection[str] = (),
) -> Published | NotSound:
    """Check a folder's files and make them the live version.

    Args:
        parts: of the house.
        files: texts of the folder by file name.
        author: who made it, as the list of versions shows it.
        why: in a few words.
        actor: who publishes; None for whoever runs the server.
        without: languages that callers may lose by it.

    Raises:
        Refused: the actor may not publish.
        ReviewsLost: a language would leave the lines that reach real phones.
        Overtaken: another version went live at the same moment.
    """
    if actor is not None:
        permit(actor, Permission.PUBLISH_MENUS)
    checked = check_files(parts, files)
    if checked.menu is None:
        return NotSound(problems=checked.problems)
    live = read_live(parts, checked.menu.id)
    refuse_lost_reviews(parts, live.menu, checked.menu, without=without)
    signed = _Signed(author=author, why=why, actor=actor)
    published = _write(parts, files, checked.menu, live, signed=signed)
    return replace(published, problems=checked.problems)


def first_start(parts: Parts, folder: Path, *, author: str = "gateway") -> tuple[Problem, ...]:
    """Publish the folder as version 1 where nothing is live yet; return the errors that keep it from being published.

    Drafts may pass here, so that a new house can be tried at once: no line shows them to real phones.
    """
    with parts.store.read() as tx:
        if versions.live_ids(tx):
            return ()
    files = folder_files(folder)
    checked = check_files(parts, files)
    if checked.menu is None:
        return tuple(problem for problem in checked.problems if problem.level is Level.ERROR)
    with suppress(Overtaken):  # another process of this house was faster, with the same folder
        _write(parts, files, checked.menu, Live(), signed=_Signed(author=author, why="first start"))
    return ()


def rollback(
    parts: Parts,
    menu: str,
    number: int | None = None,
    *,
    withdraw: bool = False,
    actor: Actor | None = None,
    without: Collection[str] = (),
) -> Version:
    """Make an older version live again: the one with this number, else the one before the live one.

    Args:
        parts: of the house.
        menu: whose versions are meant.
        number: of the version that shall be live.
        withdraw: take back the version that was live, so that sessions leave it at their next key.
        actor: who does it; None for whoever runs the server.
        without: languages that callers may lose by it.

    Raises:
        Refused: the actor may not publish.
        ReviewsLost: a language would leave the lines that reach real phones.
        NoVersion: there is none, or it was withdrawn.
        Overtaken: another version went live at the same moment.
    """
    if actor is not None:
        permit(actor, Permission.PUBLISH_MENUS)
    now = parts.clock.now()
    live = read_live(parts, menu)
    seen = live.version.id if live.version else None
    target, following = _find_target(parts, menu, seen, number)
    refuse_lost_reviews(parts, live.menu, following, without=without)
    with parts.store.write() as tx:
        if target.id != seen:
            _go_live(tx, target, seen=seen, act="menu.rollback", actor=actor, now=now)
            if withdraw and seen is not None:
                versions.withdraw(tx, seen, now=now)
                _note(tx, seen, "menu.withdraw", "", actor=actor, now=now)
    parts.versions.refresh()
    return target


def _find_target(
    parts: Parts, menu: str, seen: str | None, number: int | None
) -> tuple[Version, Menu | None]:
    """Return the version that is meant, with its menu."""
    with parts.store.read() as tx:
        target = _target(tx, menu, seen, number)
        return target, _menu_of(tx, target.id)


def read_live(parts: Parts, menu: str) -> Live:
    """Return what callers of this menu get now.

    Raises:
        Unavailable: SQL cannot be asked.
    """
    with parts.store.read() as tx:
        live = versions.live_id(tx, menu)
        if live is None:
            return Live()
        return Live(version=versions.get(tx, live), menu=_menu_of(tx, live))


def _menu_of(tx: Tx, version_id: str) -> Menu | None:
    """Return the menu of a version; None where this release cannot read it."""
    compiled = versions.ever_compiled(tx, version_id)
    try:
        return load(compiled) if compiled is not None else None
    except UnreadableMenu:
        return None


def folder_files(folder: Path) -> dict[str, str]:
    """Return the texts of a folder's files by name, none where it cannot be read.

    Bytes that are no UTF-8 are kept, for the check to refuse.
    """
    try:
        files = read_folder(folder)
    except OSError:
        return {}
    return {name: content.decode("utf-8", "surrogateescape") for name, content in files.items()}


def differs(parts: Parts, folder: Path) -> bool:
    """Say whether the folder holds something else than any live version was made of; an empty one says nothing.

    Raises:
        Unavailable: SQL cannot be asked.
    """
    files = folder_files(folder)
    with parts.store.read() as tx:
        live = versions.live_ids(tx).values()
        return bool(files) and all(versions.source(tx, version) != files for version in live)


def listed(parts: Parts, menu: str = "") -> tuple[Listed, ...]:
    """Return the versions of a menu, or of all, newest first."""
    with parts.store.read() as tx:
        live = set(versions.live_ids(tx).values())
        return tuple(Listed(version=each, live=each.id in live) for each in versions.listed(tx, menu))


def check_files(parts: Parts, files: Mapping[str, str]) -> Checked:
    """Check a folder's files for the channels, settings and hours of this house, today in its zone."""
    now = parts.clock.now()
    hours = _hours(parts, now)
    asked = Asked(
        today=now.astimezone(ZoneInfo(parts.line.zone)).date(),
        limits=_limits(parts),
        zone=parts.line.zone,
        settings=parts.line.for_engine().values,
        staffed=lambda windows: frozenset(offered(windows, hours, parts.line.zone, now)),
    )
    return check({name: text.encode("utf-8", "surrogateescape") for name, text in files.items()}, asked)


def _hours(parts: Parts, now: datetime) -> Hours:
    """Return when somebody is on duty: by the shifts and holidays of those who call, or else by the opening hours."""
    with parts.store.read() as tx:
        return shifts.hours(tx, "main", parts.line.hours, parts.line.zone, now)


def _limits(parts: Parts) -> tuple[Limits, ...]:
    contracts = [channel.contract for channel in parts.channels.values()]
    found = {each.name: each for contract in contracts for each in (contract.ussd, contract.sms)}
    return tuple(found.values()) or (USSD_LIMITS, SMS_LIMITS)


def _write(parts: Parts, files: Mapping[str, str], menu: Menu, live: Live, *, signed: "_Signed") -> Published:
    """Write the next version and make it live, unless it is what is live already, to the last comment."""
    now = parts.clock.now()
    compiled = dump(with_pages(menu, _limits(parts), parts.line.for_engine().values))
    written = json.dumps([compiled, dict(sorted(files.items()))])
    digest = hashlib.sha256(written.encode()).hexdigest()
    if live.version is not None and live.version.hash == digest:
        return Published(version=live.version, fresh=False)
    with parts.store.write() as tx:
        version = versions.add(
            tx,
            menu=menu.id,
            source=files,
            compiled=compiled,
            format=FORMAT,
            hash=digest,
            author=signed.author,
            why=signed.why,
            now=now,
        )
        seen = live.version.id if live.version else None
        _go_live(tx, version, seen=seen, act="menu.publish", actor=signed.actor, now=now)
    parts.versions.refresh()
    return Published(version=version)


def _go_live(
    tx: Tx, version: Version, *, seen: str | None, act: str, actor: Actor | None, now: datetime
) -> None:
    if not versions.point(tx, version.menu, version.id, seen=seen, now=now):
        raise Overtaken("another version went live at the same moment: look at it, then publish again")
    _note(tx, version.id, act, f"{version.menu} {version.number}", actor=actor, now=now)


def _note(tx: Tx, version_id: str, act: str, detail: str, *, actor: Actor | None, now: datetime) -> None:
    person = actor.person_id if actor else None
    audit.add(tx, now=now, person_id=person, act=act, kind="version", subject=version_id, detail=detail)


def _target(tx: Tx, menu: str, seen: str | None, number: int | None) -> Version:
    usable = [each for each in versions.listed(tx, menu) if each.withdrawn_at is None]
    if number is not None:
        found = [each for each in usable if each.number == number]
    else:
        live = versions.get(tx, seen) if seen else None
        found = [each for each in usable if live is not None and each.number < live.number]
    if not found:
        what = f"version {number}" if number is not None else "earlier version"
        raise NoVersion(f"the menu {menu} has no {what} to go back to")
    return found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    """Who makes a version, and why."""

    author: str
    why: str
    actor: Actor | None = None
