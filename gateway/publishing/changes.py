"""What differs between two menus, by screen and in words, and from which version a folder was made."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.engine.compiled import dump
from gateway.engine.menu import Menu

Path = tuple[str, ...]
Spread = Mapping[Path, str]
"""A menu laid out flat: where a part stands → what it says."""

_REVIEWS = "reviews/"
_NOT_WRITTEN = frozenset(
    {"pages", "waiting", "format", "screens", "messages", "message_variants", "facts", "keywords"}
)
_LONGEST = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One part that two menus word differently; empty where one of them has no such part."""

    path: Path
    before: str
    after: str

    def __str__(self) -> str:
        place, *rest = self.path
        what = " ".join(rest)
        return f"{place} {what}: {_short(self.before)} → {_short(self.after)}"


def spread(menu: Menu, files: Mapping[str, str]) -> Spread:
    """Lay a menu out flat, with the reviews that its files hold; what is only reckoned from it is left out."""
    fields = json.loads(dump(menu))
    parts = [
        *_screens(fields["screens"]),
        *_messages(fields),
        *_facts(fields["facts"]),
        *_keywords(fields["keywords"]),
        *((("menu", name), _plain(value)) for name, value in fields.items() if name not in _NOT_WRITTEN),
        *_reviews(files),
    ]
    return {path: said for path, said in parts if said not in {"", "{}", "[]"}}


def compare(before: Spread, after: Spread) -> tuple[Change, ...]:
    """Return every part that differs, in the order of the second menu, then what is gone from the first."""
    paths = dict.fromkeys((*after, *before))
    return tuple(
        Change(path=path, before=before.get(path, ""), after=after.get(path, ""))
        for path in paths
        if before.get(path, "") != after.get(path, "")
    )


def find_base(folder: Spread, live: Spread, others: Sequence[Spread]) -> int | None:
    """Return which of the other versions the folder was made from; None where it was made from the live one.

    It was made from the version from which it differs least. Whoever edits what is live changes nothing else, so what
    an older folder would undo makes it differ more from the live version than from its own.
    """
    distances = [len(compare(other, folder)) for other in others]
    least = min(distances, default=0)
    return distances.index(least) if distances and least < len(compare(live, folder)) else None


def find_undone(folder: Spread, base: Spread, live: Spread) -> tuple[Change, ...]:
    """Return what the folder would set back: it says what its base said, and the live version says something else."""
    return tuple(change for change in compare(live, folder) if change.after == base.get(change.path, ""))


def describe_changes(changes: Iterable[Change], most: int = 40) -> list[str]:
    """Return the changes as lines, screen by screen; reviews are counted by language."""
    changes = tuple(changes)
    texts = [f"  {change}" for change in changes if change.path[0] != "review"]
    more = [f"  and {len(texts) - most} more"] if len(texts) > most else []
    reviews: dict[str, int] = {}
    for change in changes:
        if change.path[0] == "review":
            reviews[change.path[1]] = reviews.get(change.path[1], 0) + 1
    counted = [f"  reviews in {language}: {count} differ" for language, count in reviews.items()]
    return [*texts[:most], *more, *counted]


def _screens(screens: Mapping[str, dict[str, Any]]) -> Iterator[tuple[Path, str]]:
    for name, screen in screens.items():
        yield from _text((name, "text"), screen["text"])
        yield from _variants(name, screen["variants"])
        seen: dict[str, int] = {}
        for choice in screen["choices"]:
            seen[choice["key"]] = seen.get(choice["key"], 0) + 1
            key = f"key {choice['key']}" + (f" ({seen[choice['key']]})" if seen[choice["key"]] > 1 else "")
            yield from _text((name, key), choice["label"])
            yield (
                (name, key, "leads to"),
                _plain({field: choice[field] for field in choice if field != "label"}),
            )
        rest = {field: screen[field] for field in screen if field not in {"text", "variants", "choices"}}
        yield (name, "is"), _plain(rest)


def _messages(fields: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    for name, text in fields["messages"].items():
        yield from _text(("message", name), text)
    for name, variants in fields.get("message_variants", {}).items():
        yield from _variants(f"message {name}", variants)


def _variants(place: str, variants: Iterable[dict[str, Any]]) -> Iterator[tuple[Path, str]]:
    for variant in variants:
        yield from _text((place, f"text if {_plain(variant['only_if'])}"), variant["text"])


def _facts(facts: Mapping[str, dict[str, Any]]) -> Iterator[tuple[Path, str]]:
    for name, fact in facts.items():
        for value in fact["values"]:
            since = f"from {value['valid_from']}"
            for field in value:
                if field not in {"valid_from", "value"}:
                    yield ("fact", name, since, field), _plain(value[field])
            yield ("fact", name, since), value["value"]


def _keywords(keywords: Iterable[dict[str, Any]]) -> Iterator[tuple[Path, str]]:
    found: dict[Path, list[str]] = {}
    for word in keywords:
        leads = word["to"] or word["reaction"]
        for language, words in word["words"].items():
            found.setdefault(("words for", leads, f"in {language}"), []).extend(words)
        if word["danger"]:
            found.setdefault(("words of danger for", leads), []).append("yes")
    for path, words in found.items():
        yield path, ", ".join(words)


def _reviews(files: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    for name, text in files.items():
        if name.startswith(_REVIEWS):
            language = name.removeprefix(_REVIEWS).rsplit(".", 1)[0]
            for line in text.splitlines():
                key, colon, mark = line.strip().partition(": ")
                if colon:
                    yield ("review", language, key), mark


def _text(path: Path, text: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    for language, words in text.items():
        yield (*path, f"in {language}"), words


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _short(words: str) -> str:
    plain = " ".join(words.split())
    if not plain:
        return "nothing"
    return f"“{plain[:_LONGEST]}…”" if len(plain) > _LONGEST else f"“{plain}”"
