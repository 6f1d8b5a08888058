"""Edit one part of a YAML text and leave every other byte as it is: comments, quotes, line ends and order.

Each edit is proved: the new text is read again, and must differ from the old one in the edited part only.
"""

from __future__ import annotations

import json
import re
import unicodedata
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from gateway.menus.authoring.yaml_nodes import is_guessed
from gateway.menus.authoring.yaml_spans import NotEditable, Plain, Span, measure_spans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Path = tuple[str, ...]

_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_COMMENT = re.compile(r"[ \t]*(?:#[^\r\n]*)?")
_ESCAPED = {"\u0085": r"\u0085", "\u2028": r"\u2028", "\u2029": r"\u2029"}
"""Line ends of Unicode, which a YAML reader would fold inside quotes (YAML 1.2.2, 5.4)."""

_DAYS = frozenset({"valid_from", "checked_on", "expires_on"})


def read_part(text: str, path: Path) -> Plain | None:
    """Return the part at this path without places, or None.

    Raises:
        NotEditable: the text is no YAML of a menu.
    """
    found = measure_spans(text).find(path)
    return found.as_plain() if found is not None else None


def write_words(text: str, path: Path, words: str) -> str:
    """Return the text with other words at this path; a missing entry of a mapping is added.

    Raises:
        NotEditable: there is no such place, or it cannot be edited without touching others.
    """
    root = measure_spans(text)
    found = root.find(path)
    if found is None:
        return add_entry(text, path[:-1], path[-1], words)
    if found.text is None:
        raise NotEditable(f"{'.'.join(path)} is not one text")
    if found.text == words:
        return text
    written = _write_scalar(words, bare=not found.style, day=path[-1] in _DAYS)
    if found.style in {"|", ">"}:
        written += _line_end(text) if text[found.end - 1 : found.end] == "\n" else ""
    expected = _replace_part(root.as_plain(), path, words)
    return _prove(text[: found.start] + written + text[found.end :], expected)


def add_entry(text: str, path: Path, key: str, value: Plain) -> str:
    """Return the text with one more entry at the end of the mapping at this path.

    Raises:
        NotEditable: there is no such mapping, or it has the key already.
    """
    root = measure_spans(text)
    found = root.find(path)
    if found is None or found.keys is None or key in found.keys:
        raise NotEditable(f"{'.'.join(path)} takes no entry {key}")
    expected = _replace_part(root.as_plain(), (*path, key), value)
    entry = f"{_write_scalar(key, bare=True)}: {_write_flow(value, key)}"
    return _prove(_append(text, found, entry, dash=""), expected)


def add_item(text: str, path: Path, value: Plain) -> str:
    """Return the text with one more item at the end of the list at this path.

    Raises:
        NotEditable: there is no such list.
    """
    root = measure_spans(text)
    found = root.find(path)
    if found is None or found.keys is not None or found.text is not None:
        raise NotEditable(f"{'.'.join(path)} is no list")
    expected = _replace_part(root.as_plain(), (*path, str(len(found.parts))), value)
    return _prove(_append(text, found, _write_flow(value), dash="- "), expected)


def remove_part(text: str, path: Path) -> str:
    """Return the text without the entry or item at this path; of a block, its lines go with it.

    Raises:
        NotEditable: there is no such part, or it is the last one of its list or mapping.
    """
    root = measure_spans(text)
    parent = root.find(path[:-1])
    place = parent.place_of(path[-1]) if parent is not None else None
    if parent is None or place is None or len(parent.parts) < 2:  # noqa: PLR2004 - an empty one is no menu
        raise NotEditable(f"{'.'.join(path)} cannot be taken out")
    start, end = _find_region(text, parent, place)
    expected = _replace_part(root.as_plain(), path, None)
    return _prove(text[:start] + text[end:], expected)


def write_items(text: str, path: Path, items: Sequence[str]) -> str:
    """Return the text with other words in the list at this path; words that stay keep their place and their comments.

    A missing list is added, one word alone becomes a list, and a list without words is taken out.

    Raises:
        NotEditable: it holds more than words, is the last one of its mapping, or cannot be edited alone.
    """
    items = [unicodedata.normalize("NFC", each) for each in items]
    root = measure_spans(text)
    found = root.find(path)
    if found is None:
        return add_entry(text, path[:-1], path[-1], list(items)) if items else text
    if found.keys is not None or any(each.text is None for each in found.parts):
        raise NotEditable(f"{'.'.join(path)} is no list of words")
    if not items:
        return remove_part(text, path)
    expected = _replace_part(root.as_plain(), path, list(items))
    if found.text is not None and len(items) == 1:
        return write_words(text, path, items[0])
    if found.text is not None:
        written = _write_flow(list(items)) + (_line_end(text) if found.style in {"|", ">"} else "")
        return _prove(text[: found.start] + written + text[found.end :], expected)
    was = [str(each.text) for each in found.parts]
    # From the end to the beginning, so that the places before stay where they are.
    for what, low, high, start, end in reversed(
        SequenceMatcher(None, was, items, autojunk=False).get_opcodes()
    ):
        if what != "equal":
            text = _exchange_items(text, found, (low, high), items[start:end])
    return _prove(text, expected)


def move_item_down(text: str, path: Path, first: int) -> str:
    """Return the text with this item of the list at the path and the next one in each other's place.

    Raises:
        NotEditable: there is no such list, or no next item.
    """
    root = measure_spans(text)
    found = root.find(path)
    if found is None or found.keys is not None or not 0 <= first < len(found.parts) - 1:
        raise NotEditable(f"{'.'.join(path)} has no such items")
    upper, lower = found.parts[first : first + 2]
    ends = [each.end if found.flow else _end_with_comment(text, each.end) for each in (upper, lower)]
    plain = root.as_plain()
    items = _reach(plain, path)
    if not isinstance(items, list):
        raise NotEditable(f"{'.'.join(path)} is no list")
    items[first], items[first + 1] = items[first + 1], items[first]
    swapped = (
        text[: upper.start]
        + text[lower.start : ends[1]]
        + text[ends[0] : lower.start]
        + text[upper.start : ends[0]]
        + text[ends[1] :]
    )
    return _prove(swapped, plain)


def write_many(text: str, words: Mapping[Path, str]) -> str:
    """Return the text with other words at several places, read and proved once; missing entries are added.

    Raises:
        NotEditable: a place does not exist, or cannot be edited without touching others.
    """
    root = measure_spans(text)
    expected = root.as_plain()
    edits: list[tuple[int, Path, Span]] = []
    for path in words:
        found, parent = root.find(path), root.find(path[:-1])
        if parent is None or parent.keys is None or (found is not None and found.style in {"|", ">"}):
            raise NotEditable(f"{'.'.join(path)} cannot be written")
        edits.append((found.start if found is not None else parent.end, path, found or parent))
        expected = _replace_part(expected, path, words[path])
    # From the end to the beginning, so that the places before stay where they are.
    for _place, path, span in sorted(edits, key=lambda each: each[0], reverse=True):
        if span.keys is None:
            written = _write_scalar(words[path], bare=not span.style)
            text = text[: span.start] + written + text[span.end :]
        else:
            entry = f"{_write_scalar(path[-1], bare=True)}: {_write_flow(words[path], path[-1])}"
            text = _append(text, span, entry, dash="")
    return _prove(text, expected)


# How a part is written.


def _exchange_items(text: str, found: Span, place: tuple[int, int], fresh: Sequence[str]) -> str:
    """Put fresh words in the place of the items from the first to before the second number."""
    low, high = place
    parts = found.parts
    common = min(high - low, len(fresh))
    if high - low > common:
        start, end = _find_items(text, found, low + common, high)
        text = text[:start] + text[end:]
    if len(fresh) > common:
        text = _insert_items(text, found, low + common, fresh[common:])
    for at in reversed(range(common)):
        span = parts[low + at]
        written = _write_scalar(fresh[at], bare=not span.style)
        written += (
            _line_end(text) if span.style in {"|", ">"} and text[span.end - 1 : span.end] == "\n" else ""
        )
        text = text[: span.start] + written + text[span.end :]
    return text


def _find_items(text: str, found: Span, low: int, high: int) -> tuple[int, int]:
    """Return where these items of a list begin and end, with the comma or the lines that go with them."""
    parts = found.parts
    if not found.flow:
        return _find_region(text, found, low)[0], _find_region(text, found, high - 1)[1]
    if high < len(parts):
        comma = re.compile(r"[ \t]*,[ \t]*").match(text, parts[high - 1].end)
        return parts[low].start, comma.end() if comma else parts[high].start
    return (parts[low - 1].end if low else found.start + 1), parts[-1].end


def _insert_items(text: str, found: Span, place: int, fresh: Sequence[str]) -> str:
    """Put fresh words before the item of this place, or behind the last one."""
    written = [_write_scalar(each, bare=True) for each in fresh]
    parts = found.parts
    if found.flow:
        if place == 0:
            start = parts[0].start if parts else found.start + 1
            return f"{text[:start]}{', '.join(written)}{', ' if parts else ''}{text[start:]}"
        return f"{text[: parts[place - 1].end]}, {', '.join(written)}{text[parts[place - 1].end :]}"
    first = text.rfind("-", 0, parts[0].start)
    column = first - (text.rfind("\n", 0, first) + 1)
    ending = _line_end(text)
    lines = "".join(f"{' ' * column}- {each}{ending}" for each in written)
    if place < len(parts):
        start = _find_region(text, found, place)[0]
        return f"{text[:start]}{lines}{text[start:]}"
    end = _find_region(text, found, len(parts) - 1)[1]
    separate = "" if text[end - 1 : end] == "\n" else ending
    return f"{text[:end]}{separate}{lines}{text[end:]}"


def _write_scalar(words: str, *, bare: bool = False, day: bool = False) -> str:
    """Return a text as YAML: bare where that is as plain as it was, else in double quotes (YAML 1.2.2, 7.3.1)."""
    if (day and _DAY.fullmatch(words)) or (bare and _BARE.fullmatch(words) and not is_guessed(words)):
        return words
    written = json.dumps(words, ensure_ascii=False)
    return "".join(_ESCAPED.get(sign, sign) for sign in written)


def _write_flow(value: Plain, key: str = "") -> str:
    if isinstance(value, str):
        return _write_scalar(value, bare=True, day=key in _DAYS)
    if isinstance(value, list):
        return f"[{', '.join(_write_flow(each) for each in value)}]"
    pairs = (f"{_write_scalar(name, bare=True)}: {_write_flow(each, name)}" for name, each in value.items())
    return f"{{{', '.join(pairs)}}}"


def _append(text: str, found: Span, written: str, *, dash: str) -> str:
    """Put one more part behind the last one, in brackets or on a line of its own."""
    if found.flow:
        inside = text[found.start + 1 : found.end - 1]
        last = found.parts[-1].end if found.parts else found.start + 1
        comma = ", " if found.parts and "," not in text[last : found.end - 1] else ""
        space = " " if found.parts and not comma and not inside.endswith((" ", "\n")) else ""
        place = last if comma else found.end - 1
        return f"{text[:place]}{comma}{space}{written}{text[place:]}"
    first = found.key_starts[0] if found.key_starts else text.rfind("-", 0, found.parts[0].start)
    column = first - (text.rfind("\n", 0, first) + 1)
    end = _end_with_comment(text, found.end)
    line = f"{' ' * column}{dash}{written}"
    ending = _line_end(text)
    if text[end - 1 : end] == "\n":
        return f"{text[:end]}{line}{ending}{text[end:]}"
    return f"{text[:end]}{ending}{line}{text[end:]}"


def _find_region(text: str, parent: Span, place: int) -> tuple[int, int]:
    """Return where a part with its key, dash, comma and line begins and ends."""
    starts = parent.key_starts or [each.start for each in parent.parts]
    if parent.flow:
        if place + 1 < len(parent.parts):
            return starts[place], starts[place + 1]
        return parent.parts[place - 1].end, parent.parts[place].end
    line = text.rfind("\n", 0, starts[place]) + 1
    if text[line : starts[place]].strip(" -"):
        raise NotEditable("another part stands on the same line")
    end = _end_with_comment(text, parent.parts[place].end)
    after = text.find("\n", end - 1) if text[end - 1 : end] != "\n" else end - 1
    return line, len(text) if after < 0 else after + 1


def _end_with_comment(text: str, end: int) -> int:
    found = _COMMENT.match(text, end)
    rest = found.end() if found else end
    return rest if rest == len(text) or text[rest] in "\r\n" else end


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


# The proof of an edit.


def _reach(plain: Plain, path: Path) -> Plain:
    for step in path:
        plain = (
            plain[int(step)] if isinstance(plain, list) else plain[step] if isinstance(plain, dict) else ""
        )
    return plain


def _replace_part(plain: Plain, path: Path, value: Plain | None) -> Plain:
    """Change what is expected: the value at this path, or nothing there."""
    parent = _reach(plain, path[:-1])
    if isinstance(parent, dict):
        if value is None:
            del parent[path[-1]]
        else:
            parent[path[-1]] = value
    elif isinstance(parent, list):
        place = int(path[-1])
        parent[place : place + 1] = [] if value is None else [value]
    return plain


def _prove(text: str, expected: Plain) -> str:
    """Check that the text reads as expected, the order of keys included; both in NFC (UAX 15)."""
    found, wanted = (
        json.dumps(each, ensure_ascii=False) for each in (measure_spans(text).as_plain(), expected)
    )
    if found != unicodedata.normalize("NFC", wanted):
        raise NotEditable("this part cannot be edited without touching others; edit the file as a text")
    return text
