"""Read an author's folder, and generate the files of a new one in the chosen languages.

Its YAML files are read by name, the conversation tests separately, and files left unread are reported. A new folder
has known texts filled in and the others empty.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

from gateway.menus.authoring.problems import Level, Place, Problem
from gateway.menus.authoring.yaml_nodes import MAX_BYTES

_ENDING = re.compile(r"\.ya?ml", re.IGNORECASE)
_HEAD = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:\s*#[^\n]*\n)*\s*schema\s*:", re.IGNORECASE)
_FIRST = 2000
"""Bytes in which a menu file must declare its schema, comments included."""


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return relative path → bytes of each YAML file without the tests; of a too large file only the beginning.

    Raises:
        OSError: the folder cannot be read.
    """
    if folder.is_file():
        return {folder.name: _read_beginning(folder)}
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    paths = sorted(
        path
        for path in folder.rglob("*.y*ml")
        if path.suffix in {".yaml", ".yml"} and path.is_file() and _lies_in(folder, path)
    )
    below = {path.relative_to(folder): path for path in paths}
    return {
        name.as_posix(): _read_beginning(path)
        for name, path in below.items()
        if name.parts[0] != "tests" and not any(part.startswith(".") for part in name.parts)
    }


def read_tests(folder: Path) -> dict[str, bytes]:
    """Return relative path → bytes of each file of conversation tests."""
    paths = sorted(path for path in (folder / "tests").rglob("*.yaml") if _lies_in(folder, path))
    return {path.relative_to(folder).as_posix(): _read_beginning(path) for path in paths}


def find_unread(folder: Path) -> tuple[Problem, ...]:
    """Report files that look like a part of the menu but are not read because of their name."""
    if not folder.is_dir():
        return ()
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder)
        if not _lies_in(folder, path):
            found.append(_report_elsewhere(name.as_posix()))
            continue
        hidden = any(part.startswith(".") for part in name.parts)
        in_tests = name.parts[0] == "tests"
        read = path.suffix == ".yaml" or (path.suffix == ".yml" and not in_tests)
        if not read and not hidden and _looks_like_a_menu(path):
            found.append(_report_unread(name.as_posix(), name.with_name(_plain_name(name.name)).as_posix()))
    return tuple(found)


def _lies_in(folder: Path, path: Path) -> bool:
    """Say whether a file is inside the folder: a symbolic link out of it could publish foreign files."""
    return path.resolve().is_relative_to(folder.resolve())


def _report_elsewhere(name: str) -> Problem:
    return Problem(
        code="file-not-read",
        place=Place(name, 1, 1),
        level=Level.WARNING,
        message=f"'{name}' is a link to a file outside of the folder, and is not read",
        hint="put a copy of the file into the folder",
    )


def _looks_like_a_menu(path: Path) -> bool:
    """Say whether the name contains a YAML ending anywhere, or the first lines are those of a menu."""
    return bool(_ENDING.search(path.name)) or _HEAD.search(_read_beginning(path)[:_FIRST]) is not None


def _plain_name(name: str) -> str:
    return f"{_ENDING.split(name)[0].split('.')[0].rstrip()}.yaml"


def _report_unread(name: str, plain: str) -> Problem:
    return Problem(
        code="file-not-read",
        place=Place(name, 1, 1),
        level=Level.WARNING,
        message=f"'{name}' looks like a part of the menu, and is not read",
        hint=f"give it the name {plain}, or move it out of the folder",
    )


def _read_beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


NAMES = {
    "en": ("English", "English"),
    "km": ("ខ្មែរ", "Khmer"),
    "lo": ("ລາວ", "Phasa Lao"),
    "lo-Latn": ("Lao (ABC)", "Lao (ABC)"),
    "my": ("မြန်မာ", "Burmese"),
    "th": ("ไทย", "Phasa Thai"),
    "vi": ("Tiếng Việt", "Tieng Viet"),
}
"""Language tag → its own name, and a name in GSM-7 letters; of other languages the tag is used."""

_WORDED = ("en", "lo", "lo-Latn", "th")
_ENTRY = re.compile(rf"( *)({'|'.join(_WORDED)}):(?: (.*))?")
_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?")
_FILES = ("callback.yaml", "danger.yaml", "messages.yaml", "screens.yaml")
_KEYS = "12345678"


class BadLanguage(ValueError):
    """An invalid language tag; the message says how tags are written."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """The starter's entry of one language: the rest of its line, and the lines below it."""

    indent: str
    tag: str
    value: str
    below: tuple[str, ...]


def start_menu(name: str, languages: Sequence[str], today: date) -> dict[str, str]:
    """Return relative path → content of a new menu's files.

    Args:
        name: id of the menu.
        languages: tags, in the order of the choice.
        today: first day of the facts.

    Raises:
        BadLanguage: a tag is invalid or repeated, or there are more than the first screen has keys for.
    """
    odd = [tag for tag in languages if not _TAG.fullmatch(tag)]
    if odd or not languages or len(languages) > len(_KEYS) or len(set(languages)) < len(languages):
        raise BadLanguage(
            f"write one to {len(_KEYS)} different tags like km, en or lo-Latn, parted by commas"
        )
    made = {"menu.yaml": _make_head(name, languages)}
    for file in _FILES:
        text = (files("gateway.menus.authoring") / "starter" / file).read_text(encoding="utf-8")
        text = text.replace("@@TODAY@@", today.isoformat())
        text = text.replace(
            "@@YEAR@@", today.replace(year=today.year + 1, day=min(today.day, 28)).isoformat()
        )
        made[file] = "\n".join(_in_languages(text.split("\n"), languages))
    return {**made, "tests/first.yaml": "\n".join(_make_conversations(languages))}


def _make_main(languages: Sequence[str]) -> str:
    return "en" if "en" in languages else languages[0]


def _make_head(name: str, languages: Sequence[str]) -> str:
    main = _make_main(languages)
    named = ", ".join(f'{tag}: "{NAMES.get(tag, (tag, tag))[0]}"' for tag in languages)
    others = [tag for tag in languages if tag != main]
    fallback = "fallback:\n" + "".join(f"  {tag}: [{main}]\n" for tag in others) if others else ""
    lines = "".join(
        f'      - {{key: "{key}", language: {tag.partition("-")[0] if tag.partition("-")[0] in languages else tag}, '
        f'script: {tag}, to: main, label: {{{main}: "{NAMES.get(tag, (tag, tag))[1]}"}}}}\n'
        for key, tag in zip(_KEYS, languages, strict=False)
    )
    return (
        "# Its languages, where things begin, and the first screen, in letters that every phone shows.\n"
        f"schema: 1\nmenu: {name}\nlanguages: {{{named}}}\n{fallback}written_in: {main}\n"
        "start: language\nhome: main\noffer: offer\nsos: sos\ncall_me: call_me\n\n"
        f'screens:\n  language:\n    text: {{{main}: "{{price}}\\nInfo line. Choose:"}}\n    choices:\n{lines}'
        f'      - {{key: "9", to: sos, label: {{{main}: SOS}}}}\n'
    )


def _in_languages(lines: Sequence[str], languages: Sequence[str]) -> Iterator[str]:
    """Yield the starter's lines with each text in these languages; unknown ones are left empty."""
    at = 0
    while at < len(lines):
        block: list[_Entry] = []
        while entry := _find_entry(lines, at, block[0].indent if block else None):
            block.append(entry)
            at += 1 + len(entry.below)
        if block:
            yield from _translate_block(block, languages)
        else:
            yield lines[at]
            at += 1


def _find_entry(lines: Sequence[str], at: int, indent: str | None) -> _Entry | None:
    found = _ENTRY.fullmatch(lines[at]) if at < len(lines) else None
    if found is None or (indent is not None and found[1] != indent):
        return None
    deeper = f"{found[1]} "
    end = at + 1
    while end < len(lines) and lines[end].startswith(deeper):
        end += 1
    return _Entry(found[1], found[2], found[3] or "", tuple(lines[at + 1 : end]))


def _translate_block(block: Sequence[_Entry], languages: Sequence[str]) -> Iterator[str]:
    known = {entry.tag: entry for entry in block}
    first = block[0]
    if first.tag not in languages and not first.below:
        yield f"{first.indent}# {first.tag}: {first.value}"
    written = any(tag in known for tag in languages)
    for tag in languages:
        entry = known.get(tag)
        if entry is not None:
            yield f"{first.indent}{tag}: {entry.value}".rstrip()
            yield from entry.below
        elif written and tag in _WORDED:
            continue  # texts for staff: a fallback language is used
        elif first.below:
            yield f"{first.indent}{tag}:"
            yield first.indent + '  days: ["", "", "", "", "", "", ""]'
        else:
            yield f"{first.indent}{tag}: " + ('[""]' if first.value.startswith("[") else '""')


def _make_conversations(languages: Sequence[str]) -> Iterator[str]:
    """Yield, for each language, a test up to the code, one to the danger numbers, and one of a refusal."""
    for key, tag in zip(_KEYS, languages, strict=False):
        yield f"- it: asks for a call in {tag} and reads the code"
        yield "  steps:"
        yield '    - {dial: "*123*4#", screen: language}'
        for keys, screen in (
            (key, "main"),
            ("7", "danger"),
            ("2", "phone_seen"),
            ("2", "when"),
            ("1", "consent"),
        ):
            yield f'    - {{sends: "{keys}", screen: {screen}}}'
        yield (
            '    - {sends: "1", contains: "{code}", effects: [{callback: {topic: other, danger: "no", '
            "phone_seen: sometimes, when: weekday_morning}}]}"
        )
        yield f"- it: reads the danger numbers in {tag}"
        yield "  steps:"
        yield '    - {dial: "*123*4#", screen: language}'
        yield f'    - {{sends: "{key}", screen: main}}'
        yield '    - {sends: "9", contains: "{phone.police}"}'
        yield f"- it: does not want to be called, in {tag}"
        yield "  steps:"
        yield '    - {dial: "*123*4#", screen: language}'
        for keys, screen in ((key, "main"), ("7", "danger"), ("2", "phone_seen"), ("1", "when")):
            yield f'    - {{sends: "{keys}", screen: {screen}}}'
        yield '    - {sends: "4", screen: no_call, ends: true, effects: [refuse]}'
    yield ""
