"""A publish starts from what is live: whoever started from another version would undo what others did since."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.catalogue.problems import Problem
from gateway.engine.menu import Menu
from gateway.parts import Parts
from gateway.publishing.changes import (
    Change,
    Spread,
    compare,
    describe_changes,
    find_base,
    find_undone,
    spread,
)
from gateway.publishing.stored import NoVersion, menu_of
from gateway.store import versions
from gateway.store.engines import Tx
from gateway.store.versions import Version

_LOOKED_AT = 10
"""How many of the newest versions a folder may have been made from."""


class NotFromLive(Exception):
    """Nothing was published: the folder was made from another version than the one that is live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a folder changes.

    Attributes:
        changes: against what is live.
        base: the version that it was made from; None where nothing is live.
        undone: what it sets back of what is live.
        back: what it brings back of a version that was rolled back, and which one that was.
        moved: keys that would do something else than callers know.
    """

    changes: tuple[Change, ...] = ()
    base: Version | None = None
    undone: tuple[Change, ...] = ()
    back: tuple[Change, ...] = ()
    rolled_back: Version | None = None
    moved: tuple[Problem, ...] = ()


def find_difference(
    parts: Parts, live: Version | None, menu: Menu, files: Mapping[str, str], base: int | None = None
) -> Difference:
    """Return what these files would change, and from which version they were made.

    Args:
        parts: of the house.
        live: the version that callers get now.
        menu: what the files say.
        files: of the folder, by name.
        base: the number of the version that somebody says they were made from; None looks for the nearest one.

    Raises:
        NoVersion: there is no version of that number.
    """
    if live is None:
        return Difference()
    folder = spread(menu, files)
    with parts.store.read() as tx:
        known = versions.listed(tx, menu.id)
        spreads = {each.id: _spread_of(tx, each) for each in known if each.number in _near(known, live, base)}
    here = spreads[live.id]
    others = [each for each in known if each.id != live.id and each.id in spreads]
    named = [each for each in known if each.number == base]
    if base is not None and not named:
        raise NoVersion(f"the menu {menu.id} has no version {base}")
    found = find_base(folder, here, [spreads[each.id] for each in others])
    made_from = named[0] if named else live if found is None else others[found]
    newest = max(known, key=lambda each: each.number)
    return Difference(
        changes=compare(here, folder),
        base=made_from,
        undone=find_undone(folder, spreads[made_from.id], here) if made_from.id != live.id else (),
        back=find_undone(folder, spreads[newest.id], here) if newest.number > live.number else (),
        rolled_back=newest if newest.number > live.number else None,
    )


def refuse_other_base(live: Version | None, found: Difference) -> None:
    """Refuse what was not made from the live version.

    Raises:
        NotFromLive: it was made from another one; the words say what would be undone and what to do.
    """
    if live is None or found.base is None or found.base.id == live.id:
        return
    was = "was rolled back" if found.base.number > live.number else "is not live any more"
    does = "bring back" if found.base.number > live.number else "undo"
    undone = "\n".join(describe_changes(found.undone)) or "  nothing that is worded otherwise"
    raise NotFromLive(
        f"nothing was published: this folder was made from version {found.base.number}, which {was}; version "
        f"{live.number} is live, by {live.author or 'nobody named'}. It would {does}:\n{undone}\n"
        f"Take version {live.number} up first (`gateway menus export {live.number} FOLDER`), "
        f"or say --base {live.number} where you have, or --over where this is meant"
    )


def _near(known: tuple[Version, ...], live: Version, base: int | None) -> set[int]:
    newest = sorted((each.number for each in known), reverse=True)[:_LOOKED_AT]
    return {live.number, *newest, *([] if base is None else [base])}


def _spread_of(tx: Tx, version: Version) -> Spread:
    """Lay out a version; one of a format that this release cannot read says nothing."""
    menu = menu_of(tx, version.id)
    return spread(menu, versions.source(tx, version.id) or {}) if menu is not None else {}
