"""Publishes a folder as the next version of its menu, or rolls back to an older one, with an audit entry."""

import hashlib
import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.domain.callbacks.windows import Hours, list_offered_windows
from gateway.domain.events import SMS_LIMITS, USSD_LIMITS, Limits
from gateway.domain.permissions import Actor, AuditAct, Permission, check_permission
from gateway.foundation.services import Services
from gateway.menus.authoring.check import Checked, check_menu
from gateway.menus.authoring.checks import CheckContext
from gateway.menus.authoring.pages import add_pages
from gateway.menus.authoring.problems import Level, Problem
from gateway.menus.engine.model import FORMAT, Menu
from gateway.menus.engine.serialization import dump_menu
from gateway.operations.publishing.changes import FolderDifference, find_difference, refuse_other_base
from gateway.operations.publishing.publish_rules import (
    refuse_failing_conversations,
    refuse_lost_reviews,
    refuse_moved_keys,
)
from gateway.operations.publishing.stored import (
    Live,
    NoVersion,
    drop_tests,
    read_live,
    read_live_menus,
    read_menu,
    read_whole_folder,
)
from gateway.storage import audit, versions
from gateway.storage.database import Tx
from gateway.storage.duty import find_hours
from gateway.storage.versions import Version

_LONGEST_WHY = 200
_LONGEST_AUTHOR = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A live version.

    Attributes:
        version: the version.
        fresh: False if it was live already.
        problems: warnings.
        difference: what changed for callers.
    """

    version: Version
    fresh: bool = True
    problems: tuple[Problem, ...] = ()
    difference: FolderDifference = field(default_factory=FolderDifference)


@dataclass(frozen=True, slots=True, kw_only=True)
class WentBack:
    """An older version that is live again; ``moved`` describes each key whose meaning changed."""

    version: Version
    moved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSound:
    """Nothing was published, because the folder has errors; the live version stays."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedVersion:
    """A version, and whether it is live."""

    version: Version
    live: bool


class Overtaken(Exception):
    """Another version went live in the meantime; look at it, then publish again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishAllowances:
    """What the publisher permits in advance.

    Attributes:
        without: languages that callers may lose.
        base: number of the version that the folder was made from; None if not given.
        over: it may revert what others published since.
        untested: it may go live although a conversation test fails.
        move_keys: the reason why keys about danger and consent change; empty if they must not.
    """

    without: tuple[str, ...] = ()
    base: int | None = None
    over: bool = False
    untested: bool = False
    move_keys: str = ""


def publish_menu(
    parts: Services,
    files: Mapping[str, str],
    *,
    author: str,
    why: str,
    actor: Actor | None = None,
    allowed: PublishAllowances = PublishAllowances(),
) -> Published | NotSound:
    """Check a folder's files and make them the live version.

    Args:
        parts: the services of this process.
        files: file name → text, including the conversation tests.
        author: the name shown in the list of versions.
        why: the reason, in a few words.
        actor: who publishes; None for the server's operator.
        allowed: what the publisher permits in advance.

    Raises:
        NotPermitted: the actor may not publish.
        NotFromLive: the folder was made from another version than the live one.
        ConversationFails: a conversation test of the folder fails.
        ReviewsLost: a language would no longer reach real phones.
        NoVersion: there is no such base.
        Overtaken: another version went live at the same moment.
    """
    if actor is not None:
        check_permission(actor, Permission.PUBLISH_MENUS)
    checked = check_files(parts, files, moves_keys=bool(allowed.move_keys.strip()))
    if checked.menu is None:
        return NotSound(problems=checked.problems)
    live = read_live(parts, checked.menu.id)
    found = find_difference(parts, live.version, checked.menu, files, allowed.base)
    _refuse_faulty(parts, files, checked.menu, live, found, allowed)
    signed = _Signed(author=author, why=_with_reason(why, allowed.move_keys), actor=actor)
    published = _write_version(parts, files, checked.menu, live, signed=signed)
    return replace(published, problems=checked.problems, difference=found)


def _with_reason(why: str, move_keys: str) -> str:
    """Return the reason of the publish with the reason why keys move, for the audit log."""
    moved = f"keys moved: {move_keys}" if move_keys.strip() else ""
    return "; ".join(each for each in (why, moved) if each)


def _refuse_faulty(
    parts: Services,
    files: Mapping[str, str],
    menu: Menu,
    live: Live,
    found: FolderDifference,
    allowed: PublishAllowances,
) -> None:
    if not allowed.over:
        refuse_other_base(live.version, found)
    if not allowed.untested:
        today = parts.clock.now().astimezone(ZoneInfo(parts.line.zone)).date()
        refuse_failing_conversations(menu, files, parts.line.zone, live=live.menu, today=today)
    refuse_lost_reviews(parts, live.menu, menu, without=allowed.without)


def preview_difference(
    parts: Services, files: Mapping[str, str], base: int | None = None
) -> FolderDifference | NotSound:
    """Return what publishing these files would change, and from which version they were made; nothing is written.

    Moved keys do not block the preview: ``moved`` names them.
    """
    checked = check_files(parts, files, moves_keys=True)
    if checked.menu is None:
        return NotSound(problems=checked.problems)
    live = read_live(parts, checked.menu.id)
    found = find_difference(parts, live.version, checked.menu, files, base)
    return replace(found, moved=tuple(each for each in checked.problems if each.code == "key-moved"))


def publish_first(parts: Services, folder: Path, *, author: str = "gateway") -> tuple[Problem, ...]:
    """Publish the folder as version 1 if nothing is live yet; return the errors that prevent it.

    Unreviewed drafts are allowed here so that a new installation can be tried at once: real channels do not
    show them.
    """
    with parts.store.read() as tx:
        if versions.find_live_ids(tx):
            return ()
    files = read_whole_folder(folder)
    checked = check_files(parts, files)
    if checked.menu is None:
        return tuple(problem for problem in checked.problems if problem.level is Level.ERROR)
    with suppress(Overtaken):  # another process of this installation published the same folder first
        _write_version(parts, files, checked.menu, Live(), signed=_Signed(author=author, why="first start"))
    return ()


def roll_back_menu(
    parts: Services,
    menu: str,
    number: int | None = None,
    *,
    withdraw: bool = False,
    author: str = "",
    why: str = "",
    actor: Actor | None = None,
    without: Collection[str] = (),
    move_keys: str = "",
) -> WentBack:
    """Make an older version live again: the one with this number, or else the one before the live one.

    Args:
        parts: the services of this process.
        menu: the menu's name.
        number: the version to make live.
        withdraw: withdraw the version that was live, so that sessions leave it at their next key.
        author: the name in the record if there is no actor.
        why: the reason, in a few words.
        actor: who does it; None for the server's operator.
        without: languages that callers may lose.
        move_keys: the reason why keys about danger and consent change; empty if they must not.

    Raises:
        NotPermitted: the actor may not publish.
        ReviewsLost, KeysMoved: callers would lose a language, or a familiar key would do something else.
        NoVersion, Overtaken: no such version, or it is withdrawn; another version went live at the same moment.
    """
    if actor is not None:
        check_permission(actor, Permission.PUBLISH_MENUS)
    live = read_live(parts, menu)
    target, following = _find_target(parts, menu, live.version, number)
    refuse_lost_reviews(parts, live.menu, following, without=without)
    moved = refuse_moved_keys(live.menu, following, move_keys=move_keys)
    signed = _Signed(author=author, why=_with_reason(why, move_keys), actor=actor)
    if live.version is None or target.id != live.version.id:
        _go_back(parts, target, live.version, signed=signed, withdraw=withdraw)
    return WentBack(version=target, moved=moved)


def _go_back(
    parts: Services, target: Version, live: Version | None, *, signed: "_Signed", withdraw: bool
) -> None:
    now = parts.clock.now()
    with parts.store.write() as tx:
        _go_live(tx, target, live=live, act=AuditAct.MENU_ROLLBACK, signed=signed, now=now)
        if withdraw and live is not None:
            versions.withdraw_version(tx, live.id, now=now)
            _note_act(
                tx, live.id, AuditAct.MENU_WITHDRAW, f"{live.menu} {live.number}", signed=signed, now=now
            )
    parts.versions.refresh()


def _find_target(
    parts: Services, menu: str, live: Version | None, number: int | None
) -> tuple[Version, Menu | None]:
    """Return the version to roll back to, with its menu."""
    with parts.store.read() as tx:
        target = _find_rollback_target(tx, menu, live.id if live else None, number)
        return target, read_menu(tx, target.id)


def list_versions(parts: Services, menu: str = "") -> tuple[ListedVersion, ...]:
    """Return the versions of a menu, or of all menus, newest first."""
    with parts.store.read() as tx:
        live = set(versions.find_live_ids(tx).values())
        return tuple(
            ListedVersion(version=each, live=each.id in live) for each in versions.list_versions(tx, menu)
        )


def check_files(parts: Services, files: Mapping[str, str], *, moves_keys: bool = False) -> Checked:
    """Check a folder's files (file name → text) against this installation's channels, settings, hours and live menu."""
    context = make_check_context(parts, moves_keys=moves_keys)
    texts = drop_tests(files)
    return check_menu(
        {name: text.encode("utf-8", "surrogateescape") for name, text in texts.items()}, context
    )


def make_check_context(parts: Services, *, moves_keys: bool = False) -> CheckContext:
    """Return the context of a menu check: channels, settings, opening hours, today's date and the live menu."""
    now = parts.clock.now()
    hours = _find_hours(parts, now)
    return CheckContext(
        today=now.astimezone(ZoneInfo(parts.line.zone)).date(),
        limits=list_limits(parts),
        zone=parts.line.zone,
        settings=parts.line.for_engine().values,
        staffed=lambda windows: frozenset(list_offered_windows(windows, hours, parts.line.zone, now)),
        live=read_live_menus(parts),
        moves_keys=moves_keys,
    )


def _find_hours(parts: Services, now: datetime) -> Hours:
    """Return when somebody is on duty: by shifts and holidays, or by the opening hours if there are no shifts."""
    with parts.store.read() as tx:
        return find_hours(tx, parts.line.hours, parts.line.zone, now)


def list_limits(parts: Services) -> tuple[Limits, ...]:
    """Return the limits for which a version is cut: those of the configured channels."""
    contracts = [channel.contract for channel in parts.channels.values()]
    found = {each.name: each for contract in contracts for each in (contract.ussd, contract.sms)}
    return tuple(found.values()) or (USSD_LIMITS, SMS_LIMITS)


def _write_version(
    parts: Services, files: Mapping[str, str], menu: Menu, live: Live, *, signed: "_Signed"
) -> Published:
    """Write the next version and make it live, unless its files equal the live ones byte for byte."""
    now = parts.clock.now()
    compiled = dump_menu(add_pages(menu, list_limits(parts), parts.line.for_engine().values))
    written = json.dumps([compiled, dict(sorted(files.items()))])
    digest = hashlib.sha256(written.encode()).hexdigest()
    if live.version is not None and live.version.hash == digest:
        return Published(version=live.version, fresh=False)
    with parts.store.write() as tx:
        version = versions.add_version(
            tx,
            menu=menu.id,
            source=files,
            compiled=compiled,
            format=FORMAT,
            hash=digest,
            author=signed.author[:_LONGEST_AUTHOR],
            why=signed.why[:_LONGEST_WHY],
            now=now,
        )
        _go_live(tx, version, live=live.version, act=AuditAct.MENU_PUBLISH, signed=signed, now=now)
    parts.versions.refresh()
    return Published(version=version)


def _go_live(
    tx: Tx, version: Version, *, live: Version | None, act: AuditAct, signed: "_Signed", now: datetime
) -> None:
    if not versions.point_live(tx, version.menu, version.id, seen=live.id if live else None, now=now):
        raise Overtaken("another version went live at the same moment: look at it, then publish again")
    came_from = f" from {live.number}" if live else ""
    _note_act(tx, version.id, act, f"{version.menu} {version.number}{came_from}", signed=signed, now=now)


def _note_act(
    tx: Tx, version_id: str, act: AuditAct, detail: str, *, signed: "_Signed", now: datetime
) -> None:
    """Add an audit entry with the author and the reason."""
    person = signed.actor.person_id if signed.actor else None
    by = f", by {signed.author}" if signed.author and signed.actor is None else ""
    why = f": {signed.why}" if signed.why else ""
    detail_words = f"{detail}{by}{why}"[:_LONGEST_WHY]
    audit.add_entry(
        tx, now=now, person_id=person, act=act, kind="version", subject=version_id, detail=detail_words
    )


def _find_rollback_target(tx: Tx, menu: str, seen: str | None, number: int | None) -> Version:
    known = versions.list_versions(tx, menu)
    usable = [each for each in known if each.withdrawn_at is None]
    if number is not None:
        found = [each for each in usable if each.number == number]
        if not found and any(each.number == number for each in known):
            raise NoVersion(
                f"version {number} of the menu {menu} was withdrawn and cannot come back as it is; "
                f"`gateway menus export {number} FOLDER` gives its files, to be mended and published"
            )
    else:
        live = versions.get_version(tx, seen) if seen else None
        found = [each for each in usable if live is not None and each.number < live.number]
    if not found:
        what = f"version {number}" if number is not None else "earlier version"
        raise NoVersion(f"the menu {menu} has no {what} to go back to")
    return found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    """Who publishes a version, and why."""

    author: str
    why: str
    actor: Actor | None = None
