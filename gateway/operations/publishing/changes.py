"""Compares menus part by part, and finds from which version a folder was made."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.foundation.services import Services
from gateway.menus.authoring.problems import Problem
from gateway.menus.engine.model import Menu
from gateway.menus.engine.serialization import dump_menu
from gateway.operations.publishing.stored import NoVersion, read_menu
from gateway.storage import versions
from gateway.storage.database import Tx
from gateway.storage.versions import Version

Path = tuple[str, ...]
Spread = Mapping[Path, str]
"""A menu laid out flat: path of a part, such as ("main", "text", "in lo") → its text."""

_REVIEWS = "reviews/"
_NOT_WRITTEN = frozenset(
    {"pages", "waiting", "format", "screens", "messages", "message_variants", "facts", "keywords"}
)
_LONGEST = 70
_OF_A_VALUE = 3
"""Length of the path of a fact's value: "fact", its name, from when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A part that differs between two menus; ``before`` or ``after`` is empty if one lacks it."""

    path: Path
    before: str
    after: str

    def __str__(self) -> str:
        place, *rest = self.path
        what = " ".join(rest)
        return f"{place} {what}: {_shorten_words(self.before)} → {_shorten_words(self.after)}"


def spread_menu(menu: Menu, files: Mapping[str, str]) -> Spread:
    """Return a menu laid out flat, with the reviews of its files; derived values are left out.

    ``files`` maps file names to their text.
    """
    fields = json.loads(dump_menu(menu))
    parts = [
        *_spread_screens(fields["screens"]),
        *_spread_messages(fields),
        *_spread_facts(fields["facts"]),
        *_spread_keywords(fields["keywords"]),
        *(
            (("menu", name), _plain_value(value))
            for name, value in fields.items()
            if name not in _NOT_WRITTEN
        ),
        *_spread_reviews(files),
    ]
    return {path: words for path, words in parts if words not in {"", "{}", "[]"}}


def compare_menus(before: Spread, after: Spread) -> tuple[Change, ...]:
    """Return every part that differs, in the order of the second menu, then the parts removed from the first."""
    paths = dict.fromkeys((*after, *before))
    return tuple(
        Change(path=path, before=before.get(path, ""), after=after.get(path, ""))
        for path in paths
        if before.get(path, "") != after.get(path, "")
    )


def find_base(folder: Spread, live: Spread, others: Sequence[Spread]) -> int | None:
    """Return the index of the version from which the folder was made; None if it was made from the live one.

    That is the version with the fewest differences: an edit of the live version changes only what it means to,
    while a folder made from an older one also reverts what was published since.
    """
    distances = [len(compare_menus(other, folder)) for other in others]
    least = min(distances, default=0)
    return distances.index(least) if distances and least < len(compare_menus(live, folder)) else None


def find_undone(folder: Spread, base: Spread, live: Spread) -> tuple[Change, ...]:
    """Return the changes of the live version that the folder would revert to its base."""
    return tuple(
        change for change in compare_menus(live, folder) if change.after == base.get(change.path, "")
    )


def describe_changes(changes: Iterable[Change], most: int = 40) -> list[str]:
    """Return the changes as lines, by screen; reviews are counted by language."""
    changes = tuple(changes)
    texts = [f"  {change}" for change in changes if change.path[0] != "review"]
    more = [f"  and {len(texts) - most} more"] if len(texts) > most else []
    reviews: dict[str, int] = {}
    for change in changes:
        if change.path[0] == "review":
            reviews[change.path[1]] = reviews.get(change.path[1], 0) + 1
    counted = [f"  reviews in {language}: {count} differ" for language, count in reviews.items()]
    return [*texts[:most], *more, *counted]


def tell_changes(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes as somebody reads them who does not write files.

    A new value of a fact is one line, with the value that it follows and its source; a new choice tells the screen
    that it leads to. Everything else stays as it is.
    """
    found = {change.path: change for change in changes}
    told = []
    for change in found.values():
        value, shown = found.get(change.path[:_OF_A_VALUE]), change
        if change.path[0] == "fact" and value is not None and not value.before:
            if change is not value and change.path[-1] != "source":
                continue
        elif change.path[-1] == "leads to":
            shown = replace(change, before=_find_target(change.before), after=_find_target(change.after))
        if shown.before != shown.after:
            told.append(shown)
    return tuple(told)


def _find_target(words: str) -> str:
    """Return where a choice leads; its plain value if it leads to no screen."""
    fields = json.loads(words) if words.startswith("{") else {}
    return str(fields.get("to") or words) if isinstance(fields, dict) else words


def _spread_screens(screens: Mapping[str, dict[str, Any]]) -> Iterator[tuple[Path, str]]:
    for name, screen in screens.items():
        yield from _spread_text((name, "text"), screen["text"])
        yield from _spread_variants(name, screen["variants"])
        seen: dict[str, int] = {}
        for choice in screen["choices"]:
            seen[choice["key"]] = seen.get(choice["key"], 0) + 1
            key = f"key {choice['key']}" + (f" ({seen[choice['key']]})" if seen[choice["key"]] > 1 else "")
            yield from _spread_text((name, key), choice["label"])
            yield (
                (name, key, "leads to"),
                _plain_value({field: choice[field] for field in choice if field != "label"}),
            )
        rest = {field: screen[field] for field in screen if field not in {"text", "variants", "choices"}}
        yield (name, "is"), _plain_value(rest)


def _spread_messages(fields: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    for name, text in fields["messages"].items():
        yield from _spread_text(("message", name), text)
    for name, variants in fields.get("message_variants", {}).items():
        yield from _spread_variants(f"message {name}", variants)


def _spread_variants(place: str, variants: Iterable[dict[str, Any]]) -> Iterator[tuple[Path, str]]:
    for variant in variants:
        yield from _spread_text((place, f"text if {_plain_value(variant['only_if'])}"), variant["text"])


def _spread_facts(facts: Mapping[str, dict[str, Any]]) -> Iterator[tuple[Path, str]]:
    for name, fact in facts.items():
        for value in fact["values"]:
            since = f"from {value['valid_from']}"
            for field in value:
                if field not in {"valid_from", "value"}:
                    yield ("fact", name, since, field), _plain_value(value[field])
            yield ("fact", name, since), value["value"]


def _spread_keywords(keywords: Iterable[dict[str, Any]]) -> Iterator[tuple[Path, str]]:
    found: dict[Path, list[str]] = {}
    for word in keywords:
        leads = word["to"] or word["reaction"]
        for language, words in word["words"].items():
            found.setdefault(("words for", leads, f"in {language}"), []).extend(words)
        if word["danger"]:
            found.setdefault(("words of danger for", leads), []).append("yes")
    for path, words in found.items():
        yield path, ", ".join(words)


def _spread_reviews(files: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    for name, text in files.items():
        if name.startswith(_REVIEWS):
            language = name.removeprefix(_REVIEWS).rsplit(".", 1)[0]
            for line in text.splitlines():
                key, colon, mark = line.strip().partition(": ")
                if colon:
                    yield ("review", language, key), mark


def _spread_text(path: Path, text: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    for language, words in text.items():
        yield (*path, f"in {language}"), words


def _plain_value(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _shorten_words(words: str) -> str:
    plain = " ".join(words.split())
    if not plain:
        return "nothing"
    return f"“{plain[:_LONGEST]}…”" if len(plain) > _LONGEST else f"“{plain}”"


# A publish must start from the live version; from an older one it would revert what others published since.

_LOOKED_AT = 10
"""How many of the newest versions are considered as a folder's base."""


class NotFromLive(Exception):
    """Nothing was published, because the folder was made from another version than the live one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderDifference:
    """What publishing a folder would change.

    Attributes:
        changes: differences from the live version.
        base: the version it was made from; None if none is live.
        undone: changes of the live version that it reverts.
        back: changes of a rolled-back version that it would bring back.
        rolled_back: that version.
        moved: keys with another meaning than in the live version.
    """

    changes: tuple[Change, ...] = ()
    base: Version | None = None
    undone: tuple[Change, ...] = ()
    back: tuple[Change, ...] = ()
    rolled_back: Version | None = None
    moved: tuple[Problem, ...] = ()


def find_difference(
    parts: Services, live: Version | None, menu: Menu, files: Mapping[str, str], base: int | None = None
) -> FolderDifference:
    """Return what these files would change, and from which version they were made.

    Args:
        parts: the services of this process.
        live: the live version.
        menu: the compiled menu of the files.
        files: file name → text.
        base: number of the version that the author names as the base; None finds the nearest one.

    Raises:
        NoVersion: there is no version of that number.
    """
    if live is None:
        return FolderDifference()
    folder = spread_menu(menu, files)
    with parts.store.read() as tx:
        known = versions.list_versions(tx, menu.id)
        spreads = {
            each.id: _spread_of(tx, each) for each in known if each.number in _find_near(known, live, base)
        }
    here = spreads[live.id]
    others = [each for each in known if each.id != live.id and each.id in spreads]
    named = [each for each in known if each.number == base]
    if base is not None and not named:
        raise NoVersion(f"the menu {menu.id} has no version {base}")
    found = find_base(folder, here, [spreads[each.id] for each in others])
    made_from = named[0] if named else live if found is None else others[found]
    newest = max(known, key=lambda each: each.number)
    return FolderDifference(
        changes=compare_menus(here, folder),
        base=made_from,
        undone=find_undone(folder, spreads[made_from.id], here) if made_from.id != live.id else (),
        back=find_undone(folder, spreads[newest.id], here) if newest.number > live.number else (),
        rolled_back=newest if newest.number > live.number else None,
    )


def refuse_other_base(live: Version | None, found: FolderDifference) -> None:
    """Check that the folder was made from the live version.

    Raises:
        NotFromLive: it was not; the message says what would be reverted and what to do.
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


def _find_near(known: tuple[Version, ...], live: Version, base: int | None) -> set[int]:
    newest = sorted((each.number for each in known), reverse=True)[:_LOOKED_AT]
    return {live.number, *newest, *([] if base is None else [base])}


def _spread_of(tx: Tx, version: Version) -> Spread:
    """Return a version laid out flat; empty if this release cannot read its format."""
    menu = read_menu(tx, version.id)
    return spread_menu(menu, versions.find_source(tx, version.id) or {}) if menu is not None else {}
